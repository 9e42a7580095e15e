"""docs/schema.md, out of the comments of the tables: `python -m foiscrawl.storage.schema_doc > docs/schema.md`."""

import sys

from sqlalchemy import Column, Table
from sqlalchemy.dialects import sqlite

from foiscrawl.storage.columns import Json, UtcDateTime
from foiscrawl.storage.models import metadata
from foiscrawl.storage.views import views

_HEAD = """\
# The schema of the archive

Generated from the comments in `foiscrawl/storage/models/` and `views.py` by `python -m foiscrawl.storage.schema_doc`;
do not edit. Ask the views first: they keep their columns, and give the same text on SQLite and PostgreSQL.

Moments are in UTC. Tables hold them as `timestamptz` on PostgreSQL and as text like `2026-11-23T04:05:06Z` on SQLite;
the views show that text on both. A column without « not null » is NULL where nothing is known.
"""


def schema_doc() -> str:
    parts = [_HEAD, "## Views\n", *map(_section, views.sorted_tables), "## Tables\n"]
    return "\n".join([*parts, *map(_section, metadata.tables.values())])


def _section(table: Table) -> str:
    lines = [f"### {table.name}\n", f"{table.comment}.\n", "| column | type | meaning |", "|---|---|---|"]
    lines += [f"| `{column.name}` | {type_of(column)} | {column.comment} |" for column in table.columns]
    return "\n".join([*lines, ""])


def type_of(column: Column[object]) -> str:
    if isinstance(column.type, UtcDateTime):
        name = "moment"
    elif column.type is Json:
        name = "JSON"
    else:
        name = column.type.compile(sqlite.dialect()).lower().replace("bigint", "integer")
    facts = [name]
    if column.primary_key:
        facts.append("key")
    elif not column.nullable:
        facts.append("not null")
    facts += [f"→ `{one.target_fullname}`" for one in sorted(column.foreign_keys, key=str)]
    return ", ".join(facts)


if __name__ == "__main__":
    sys.stdout.write(schema_doc())
