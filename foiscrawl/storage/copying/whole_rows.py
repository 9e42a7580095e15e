"""Rows of one archive into another, whatever the two databases: read, written and proved to be the same."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Select, Table, func, insert, select

from foiscrawl.storage.bulk import among, numbers, run_many
from foiscrawl.storage.columns import Json
from foiscrawl.storage.models import metadata

BATCH = 1_000  # rows
LARGE = 100  # rows of tables that hold texts: a text may have megabytes
COUNTED = "article_counts"  # triggers on revisions keep it

Row = tuple[Any, ...]
Sums = dict[str, tuple[int, int]]  # for each table how many rows, and the sum of their digests


_COUNTS = metadata.tables[COUNTED]
_TABLES = [*(one for one in metadata.sorted_tables if one is not _COUNTS), _COUNTS]


def tables() -> list[Table]:
    """All of them, in an order in which they can be filled; what triggers keep comes last."""
    return _TABLES


def batch_of(table: Table) -> int:
    return LARGE if any(one.name.startswith("body") for one in table.c) else BATCH


def question(table: Table) -> Select[Any]:
    """All columns but those that the database computes itself, in the order of the key."""
    return select(*columns(table)).order_by(*table.primary_key.columns)


def columns(table: Table) -> list[Any]:
    return [one for one in table.c if one.computed is None]


def read(conn: Connection, table: Table) -> Iterator[list[Row]]:
    """All rows, a batch at a time, through a cursor of the server's."""
    rows = conn.execute(question(table).execution_options(yield_per=batch_of(table)))
    for some in rows.partitions():
        yield [_values(row) for row in some]


def read_these(conn: Connection, table: Table, column: str, ids: Iterable[list[int]]) -> Iterator[list[Row]]:
    """The rows whose column is among these, for each list of them."""
    asked = question(table).where(among(table.c[column], numbers("ids")))
    for some in ids:
        found = [_values(row) for row in conn.execute(asked, {"ids": some})]
        for first in range(0, len(found), batch_of(table)):
            yield found[first : first + batch_of(table)]


def _values(row: Sequence[Any]) -> Row:
    return tuple(bytes(one) if isinstance(one, memoryview) else one for one in row)


def write(conn: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Append; on PostgreSQL by COPY."""
    names = [one.name for one in columns(table)]
    if conn.dialect.name != "postgresql":
        run_many(conn, insert(table), [dict(zip(names, row, strict=True)) for row in rows])
        return
    kinds = [one.type is Json for one in columns(table)]
    quote = conn.dialect.identifier_preparer.quote
    driver: Any = conn.connection.driver_connection
    with (
        driver.cursor() as cursor,
        cursor.copy(f"COPY {quote(table.name)} ({', '.join(map(quote, names))}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(
                [
                    json.dumps(one, ensure_ascii=False) if is_json and one is not None else one
                    for one, is_json in zip(row, kinds, strict=True)
                ]
            )


def counts(conn: Connection) -> dict[str, int]:
    return {one.name: int(conn.execute(select(func.count()).select_from(one)).scalar_one()) for one in tables()}


class Sum:
    """The number of rows and a sum of their SHA-256 digests: the same for the same rows, in whatever order."""

    def __init__(self) -> None:
        self.rows = 0
        self.digest = 0

    def add(self, rows: Iterable[Row]) -> None:
        for row in rows:
            told = [json.dumps(one, sort_keys=True) if isinstance(one, dict | list) else one for one in row]
            self.digest += int.from_bytes(hashlib.sha256(repr(told).encode(errors="surrogatepass")).digest())
            self.rows += 1

    @property
    def told(self) -> tuple[int, int]:
        return self.rows, self.digest % 2**256


def sums(conn: Connection) -> Sums:
    """Of every table."""
    found = {}
    for table in tables():
        one = Sum()
        for rows in read(conn, table):
            one.add(rows)
        found[table.name] = one.told
    return found
