"""The way back: a whole archive out of a SQLite file into one that is empty, SQLite or PostgreSQL.

Killed at any moment, the target is empty or whole: a SQLite file is made beside its place and renamed, and in
PostgreSQL everything is one transaction.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import AddConstraint, DropConstraint

from foiscrawl.errors import UsageError, cannot_write
from foiscrawl.storage.copying import Step, copy_archive, copy_rows, one_file, prove, vacuum, whole_rows
from foiscrawl.storage.engine import make_engine, shown, sqlite_file, translate
from foiscrawl.storage.lock import refuse_while_running
from foiscrawl.storage.migrate import current_and_head, upgrade
from foiscrawl.storage.opened import snapshot


def import_archive(file: Path, url: str, step: Step) -> dict[str, int]:
    """Fill an archive that has no rows; gives the rows of each table. A missing SQLite file is made.

    Of an older schema, a temporary copy is upgraded; the file itself is only read.
    Raises UsageError for a file that is no archive and for a target that is not empty, DiskFull, DatabaseError,
    AlreadyRunning.
    """
    with _current(file) as source:
        target = make_engine(url)
        try:
            upgrade(target)
            refuse_while_running(target)
            _refuse_filled(target)
            place = sqlite_file(target.url)
            if place is None:
                return _into_postgresql(source, target, step)
            one_file(target)  # a log that stayed would be taken for that of the new file
            target.dispose()
            return copy_archive(source, place, step).rows
        except DBAPIError as error:
            raise translate(error, target.url) from error
        finally:
            target.dispose()


@contextmanager
def _current(file: Path) -> Iterator[Engine]:
    """The archive to be read, at the schema of this program."""
    engine = make_engine(f"sqlite:///{file}", read_only=True)
    try:
        found, head = current_and_head(engine)
        if found is None:
            raise UsageError(f"{file} is no archive: it has no tables")
        if found == head:
            yield engine
            return
        with tempfile.TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as folder:
            copy = Path(folder, file.name)
            vacuum(engine, copy, lambda _done, _of: None)
            upgraded = make_engine(f"sqlite:///{copy}")
            upgrade(upgraded)
            upgraded.dispose()
            newer = make_engine(f"sqlite:///{copy}", read_only=True)
            try:
                yield newer
            finally:
                newer.dispose()
    except OSError as error:
        raise cannot_write(file, error) from error
    finally:
        engine.dispose()


def _refuse_filled(target: Engine) -> None:
    with target.connect() as conn:
        for table in whole_rows.tables():
            if conn.execute(select(table).limit(1)).first() is not None:
                raise UsageError(f"{shown(target.url)} is not empty ({table.name} has rows); name another database")


def _into_postgresql(source: Engine, target: Engine, step: Step) -> dict[str, int]:
    """Foreign keys are dropped and made anew in the same transaction: some refer in a circle, and PostgreSQL checks
    them all at once faster than row by row."""
    keys = [key for table in whole_rows.tables() for key in table.foreign_key_constraints]
    with snapshot(source) as conn, target.begin() as out:
        for key in keys:
            out.execute(DropConstraint(key))
        read = copy_rows(conn, out, step)
        prove(out, read)
        for key in keys:
            out.execute(AddConstraint(key, isolate_from_table=False))  # else the models would lose it
        for table in whole_rows.tables():
            if "id" in table.c:
                _number_on(out, table)
    return {name: count for name, (count, _) in read.items()}


def _number_on(conn: Connection, table: Table) -> None:
    """The next row gets the number after the highest."""
    highest = select(func.max(table.c.id)).scalar_subquery()
    sequence = func.pg_get_serial_sequence(table.name, "id")
    conn.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))
