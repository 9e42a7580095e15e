"""`foiscrawl query --schema`: what can be asked, in the words of the columns' comments."""

from collections.abc import Iterator
from typing import Any


def schema(*, tables: bool) -> Iterator[str]:
    """Lines: the views, then the tables if they are wanted."""
    # Imported here: Scrapy loads every module of commands before it runs one.
    from foiscrawl.storage.models import metadata
    from foiscrawl.storage.views import views

    for table in views.sorted_tables:
        yield from _described(table)
    if tables:
        for table in metadata.tables.values():
            yield from _described(table)


def _described(table: Any) -> Iterator[str]:
    from foiscrawl.storage.schema_doc import type_of

    rows = [(column.name, type_of(column), str(column.comment)) for column in table.columns]
    names, types = (max(len(row[place]) for row in rows) for place in (0, 1))
    yield f"{table.name}: {table.comment}"
    for name, type_, comment in rows:
        yield f"  {name:{names}}  {type_:{types}}  {comment}"
    yield ""
