"""A PostgreSQL archive as one SQLite file, as it stood at one moment: for what can read SQLite only."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, Table, insert, select
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import UsageError
from foiscrawl.storage.bulk import run_many
from foiscrawl.storage.engine import make_engine, translate
from foiscrawl.storage.migrate import upgrade
from foiscrawl.storage.models import metadata

_BATCH, _LARGE = 1000, 100  # rows at once; of tables that hold texts
_MARK = 0x666F6973  # SQLite's application_id: « fois »
_COUNTED = "article_counts"  # triggers on revisions keep it


def make(source: Engine, file: Path, step: Callable[[int], object]) -> None:
    """Copy all rows into a new file, which has its name when it is whole. An older one is replaced.

    step: told how many rows were copied since it was told last. Raises UsageError where the file cannot be made,
    DatabaseError and DiskFull.
    """
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    target = make_engine(f"sqlite:///{part}")
    try:
        upgrade(target)
        _copy(source, target, step)
        target.dispose()
        part.replace(file)
    except OSError as error:
        raise UsageError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        target.dispose()
        for name in ("", "-wal", "-shm"):
            part.with_name(part.name + name).unlink(missing_ok=True)


def is_snapshot(file: Path) -> bool:
    """Whether `make` has made this file."""
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as opened:
        try:
            (mark,) = opened.execute("PRAGMA application_id").fetchone()
        except sqlite3.DatabaseError:  # no database at all
            return False
    return bool(mark == _MARK)


def _copy(source: Engine, target: Engine, step: Callable[[int], object]) -> None:
    one_moment = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    engine = source
    try:
        with source.connect().execution_options(**one_moment) as reader, target.connect() as writer:
            engine = target
            raw: Any = writer.connection.driver_connection
            raw.execute("PRAGMA foreign_keys = OFF")  # some tables refer to each other
            raw.execute(f"PRAGMA application_id = {_MARK}")
            raw.execute("PRAGMA synchronous = OFF")  # a file that is cut short is thrown away
            with writer.begin():
                for table in metadata.sorted_tables:
                    if table.name != _COUNTED:
                        _copy_table(reader, writer, table, step)
            raw.execute("PRAGMA journal_mode = DELETE")  # one file, and none beside it
    except DBAPIError as error:
        raise translate(error, engine.url) from error


def _copy_table(reader: Connection, writer: Connection, table: Table, step: Callable[[int], object]) -> None:
    batch = _LARGE if "body_text" in table.c or "body" in table.c else _BATCH
    rows = reader.execution_options(yield_per=batch).execute(select(table))
    for some in rows.mappings().partitions():
        run_many(writer, insert(table), [_plain(row) for row in some])
        step(len(some))


def _plain(row: Any) -> dict[str, Any]:
    return {name: bytes(one) if isinstance(one, memoryview) else one for name, one in row.items()}
