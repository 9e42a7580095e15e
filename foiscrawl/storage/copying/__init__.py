"""A whole archive, or what belongs to some of its articles, as one new SQLite file.

The copy is of one moment, also while a run writes: one snapshot of PostgreSQL, one read transaction of SQLite. It is
made under another name beside its place and renamed when it is whole and proved; whatever ends the program before,
leaves nothing at the place.
"""

import os
import secrets
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sqlalchemy import Connection, Engine, Table, func, select
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import DatabaseError, cannot_write
from foiscrawl.storage.copying import whole_rows
from foiscrawl.storage.copying.kept import Kept, keep, parent_of
from foiscrawl.storage.engine import make_engine, translate
from foiscrawl.storage.filters import Filter
from foiscrawl.storage.migrate import upgrade
from foiscrawl.storage.opened import snapshot

EVERYTHING = Filter()
_LEFT = ("", "-wal", "-shm", "-journal")  # what SQLite puts beside a file
_OFTEN = 200_000  # steps of SQLite's machine between two looks at how far it is

Step = Callable[[int, int], object]  # told how much is done, and of how much: rows or pages


@dataclass(frozen=True, slots=True)
class Copied:
    """rows: of each table. meant: how many articles the filter itself means; the others came along."""

    rows: dict[str, int]
    meant: int


def copy_archive(source: Engine, target: Path, step: Step, wanted: Filter = EVERYTHING) -> Copied:
    """Copy to a file, which replaces one that is there.

    Without a filter a SQLite archive is copied page by page (VACUUM INTO); everything else row by row, and each table
    is read back and compared. wanted: as `filters.resolve` gives it.
    Raises UsageError when the file cannot be made, DiskFull, DatabaseError.
    """
    with placed(target) as part:
        try:
            if wanted == EVERYTHING and sqlite_file_of(source) is not None:
                vacuum(source, part, step)
                return _checked(part)
            return _by_rows(source, part, step, wanted)
        except DBAPIError as error:
            raise translate(error, source.url) from error
        except sqlite3.Error as error:
            raise translate(DBAPIError("", None, error), source.url) from error


def sqlite_file_of(engine: Engine) -> Path | None:
    """As `sqlite_file`, also of an engine that only reads."""
    if engine.dialect.name != "sqlite":
        return None
    return Path(unquote(str(engine.url.database).removeprefix("file:")))


@contextmanager
def placed(target: Path) -> Iterator[Path]:
    """A file of another name in the same folder, empty and for nobody else to read; renamed at the end or removed."""
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        yield part
        with part.open("rb") as made:
            os.fsync(made.fileno())
        part.replace(target)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        for end in _LEFT:
            part.with_name(part.name + end).unlink(missing_ok=True)


def vacuum(source: Engine, part: Path, step: Step) -> None:
    """The whole of a SQLite archive into this file, which is empty; whatever its schema. Raises sqlite3.Error."""
    connection = source.raw_connection()  # VACUUM works outside a transaction only, and SQLAlchemy begins one
    try:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        pages, size = (driver.execute(f"PRAGMA {one}").fetchone()[0] for one in ("page_count", "page_size"))

        def look() -> int:
            step(min(part.stat().st_size // size, pages), pages)
            return 0

        driver.set_progress_handler(look, _OFTEN)
        try:
            driver.execute("VACUUM INTO ?", (str(part),))
        finally:
            driver.set_progress_handler(None, 0)
    finally:
        connection.close()


def _checked(part: Path) -> Copied:
    copy = make_engine(f"sqlite:///{part}", read_only=True)
    try:
        with copy.connect() as conn:
            told = [one for (one,) in conn.exec_driver_sql("PRAGMA quick_check").all()]
            if told != ["ok"]:
                raise DatabaseError(f"the copy is damaged ({told[0]}); run `foiscrawl verify`")
            _check_references(conn)
            rows = whole_rows.counts(conn)
    finally:
        copy.dispose()
    return Copied(rows, rows["articles"])


def _by_rows(source: Engine, part: Path, step: Step, wanted: Filter) -> Copied:
    target = make_engine(f"sqlite:///{part}")
    try:
        upgrade(target)
        with snapshot(source) as conn, unchecked(target) as out:
            if wanted == EVERYTHING:
                read, meant = copy_rows(conn, out, step), 0
            else:
                with Kept() as kept:
                    meant = keep(conn, wanted, kept)
                    read = copy_rows(conn, out, step, kept)
            prove(out, read)
            _check_references(out)
            out.commit()
        one_file(target)
    finally:
        target.dispose()
    rows = {name: count for name, (count, _) in read.items()}
    return Copied(rows, meant or rows["articles"])


def _check_references(conn: Connection) -> None:
    broken = conn.exec_driver_sql("PRAGMA foreign_key_check").all()
    if broken:
        raise DatabaseError(f"{len(broken)} rows of the copy refer to nothing, the first in {broken[0][0]}")


@contextmanager
def unchecked(target: Engine) -> Iterator[Connection]:
    """A connection to a SQLite archive of ours alone, on which foreign keys wait until all is there."""
    with target.connect() as conn:
        driver = conn.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("PRAGMA foreign_keys = OFF")
        driver.execute("PRAGMA synchronous = OFF")  # the file is put on the disk as a whole at the end
        yield conn


def one_file(target: Engine) -> None:
    """All of it in the file itself, nothing in a log beside."""
    with target.connect() as conn:
        driver = conn.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        driver.execute("PRAGMA journal_mode = DELETE")


def copy_rows(source: Connection, target: Connection, step: Step, kept: Kept | None = None) -> whole_rows.Sums:
    """All rows, or those that are kept, of every table; gives what was read.

    What the triggers of the target keep is theirs in a copy of some articles; in a whole one it is as it was.
    """
    total = sum(_size(source, one, kept) for one in whole_rows.tables())
    done, read = 0, {}
    for table in whole_rows.tables():
        found = whole_rows.Sum()
        if table.name == whole_rows.COUNTED:
            if kept is not None:
                continue
            target.execute(table.delete())
        for rows in _rows(source, table, kept):
            found.add(rows)
            whole_rows.write(target, table, rows)
            done += len(rows)
            step(min(done, total), total)
        read[table.name] = found.told
    return read


def prove(target: Connection, read: whole_rows.Sums) -> None:
    """Read everything back. Raises DatabaseError naming the first table that is not what was read."""
    written = whole_rows.sums(target)
    for name, told in read.items():
        if written[name] != told:
            raise DatabaseError(f"the copy of {name} is not equal: {written[name][0]} rows of {told[0]}")


def _rows(source: Connection, table: Table, kept: Kept | None) -> Iterator[list[whole_rows.Row]]:
    if kept is None:
        return whole_rows.read(source, table)
    column, parent = parent_of(table)
    return whole_rows.read_these(source, table, column, kept.batches(parent))


def _size(source: Connection, table: Table, kept: Kept | None) -> int:
    if kept is None:
        return int(source.execute(select(func.count()).select_from(table)).scalar_one())
    return kept.count(table.name) if "id" in table.c else 0
