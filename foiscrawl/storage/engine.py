"""Reach a database: SQLite file or PostgreSQL, with what durability asks for and errors that a person can act on."""

import json
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError

from foiscrawl.errors import DatabaseError, DiskFull, FoiscrawlError, UsageError

BUSY_TIMEOUT = 30  # s that SQLite waits for another writer
WAL_KEPT = 64 * 1024 * 1024  # bytes of write-ahead log that stay on the disk after a checkpoint
_SQLITE_MINIMUM = (3, 38, 0)  # JSON functions are always in from here on
_POSTGRESQL_MINIMUM = 15
_EXAMPLES = "sqlite:///data/foiscrawl.db or postgresql://user@host/name"
_POSTGRESQL_ARGUMENTS = {"application_name": "foiscrawl", "connect_timeout": 10, "keepalives_idle": 30}
# What a PostgreSQL server answers when the URL, not the server, is wrong (it sends no code at this point).
_REFUSALS = ("authentication failed", "does not exist", "no pg_hba.conf entry", "is not permitted to log in")
# SQLSTATE classes and codes of a server that is away, stopping, full of connections, or asks to try again.
_PASSING = ("08", "57P01", "57P02", "57P03", "53300", "40001", "40P01", "55P03")


def make_engine(url: str, *, read_only: bool = False) -> Engine:
    """An engine for the archive. Makes the SQLite file and its folder; connects to nothing.

    Transactions are real on both databases: on SQLite they hold DDL too and a writer takes the lock at BEGIN, since a
    reader that turns writer half-way is refused at once when somebody else has written meanwhile.
    Raises UsageError when the URL is of no use.
    """
    parsed = _parse(url)
    if parsed.get_backend_name() == "postgresql":
        return _postgresql(parsed, read_only=read_only)
    return _sqlite(parsed, read_only=read_only)


def sqlite_file(url: URL) -> Path | None:
    """Where the archive's SQLite file is; None on PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return None
    if url.database in (None, "", ":memory:") or str(url.database).startswith("file:"):
        raise UsageError("the database URL names no SQLite file; it looks like sqlite:///data/foiscrawl.db")
    return Path(str(url.database))


def shown(url: URL) -> str:
    """The URL for a message, without any password."""
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.difference_update_query(["password", "sslpassword"]).render_as_string(hide_password=True)


def check_server(version: int, encoding: str) -> None:
    """Refuse a PostgreSQL that is too old or cannot hold every character."""
    if version // 10000 < _POSTGRESQL_MINIMUM:
        raise UsageError(f"PostgreSQL {version // 10000} is too old; {_POSTGRESQL_MINIMUM} or newer is needed")
    if encoding != "UTF8":
        raise UsageError(f"the database's encoding is {encoding}; make one with ENCODING 'UTF8'")


def is_passing(error: DBAPIError) -> bool:
    """True when the same work may succeed later: a lost connection, a lock, a server that restarts."""
    if isinstance(error.orig, sqlite3.Error):
        name = getattr(error.orig, "sqlite_errorname", "")
        return str(name).startswith(("SQLITE_BUSY", "SQLITE_LOCKED"))
    code = getattr(error.orig, "sqlstate", None)
    return error.connection_invalidated or (code is not None and str(code).startswith(_PASSING)) or _unreached(error)


def translate(error: DBAPIError, url: URL) -> FoiscrawlError:
    """Our error for the driver's, in one line that holds no value of a row and no password."""
    where, why = shown(url), first_line(error)
    if isinstance(error.orig, sqlite3.Error):
        name = str(getattr(error.orig, "sqlite_errorname", ""))
        if name == "SQLITE_FULL":
            return DiskFull(f"{where}: the disk is full")
        if name == "SQLITE_NOTADB":
            return UsageError(f"{where} is not a SQLite database")
        if name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
            return UsageError(f"{where} cannot be written: {why}")
        return DatabaseError(f"{where}: {why}")
    state = getattr(error.orig, "sqlstate", None)
    if state == "53100":
        return DiskFull(f"{where}: the server's disk is full")
    if state == "42501":  # most likely a role of grant-reader, which may read the views
        return UsageError(f"{where}: {why}; as this role ask with `foiscrawl query`, else name the owner's URL")
    if _unreached(error) and any(words in str(error.orig) for words in _REFUSALS):
        return UsageError(f"{where}: {why}")
    return DatabaseError(f"{where}: {why}")


def first_line(error: Exception) -> str:
    """What happened, without the lines in which a driver repeats the row."""
    told = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    lines = str(told).strip().splitlines()
    return (lines[0] if lines else type(told).__name__)[:200]


def _unreached(error: DBAPIError) -> bool:
    """True when the driver could not even connect; it has no SQLSTATE then."""
    return type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout") and (
        getattr(error.orig, "sqlstate", None) is None
    )


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # `from None`: the URL may hold a password
        raise UsageError(f"the database URL cannot be read; it looks like {_EXAMPLES}") from None
    if parsed.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg"):
        raise UsageError(f"database driver {parsed.drivername!r} is unknown; use {_EXAMPLES}")
    return parsed


def _postgresql(url: URL, *, read_only: bool) -> Engine:
    arguments: dict[str, Any] = {key: value for key, value in _POSTGRESQL_ARGUMENTS.items() if key not in url.query}
    try:
        engine = _engine(url, connect_args=arguments, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise UsageError("PostgreSQL needs the extra `postgres`: pip install 'foiscrawl[postgres]'") from error
    if read_only:
        engine = engine.execution_options(postgresql_readonly=True)
    return engine


def _sqlite(url: URL, *, read_only: bool) -> Engine:
    if sqlite3.sqlite_version_info < _SQLITE_MINIMUM:
        needed = ".".join(map(str, _SQLITE_MINIMUM))
        raise UsageError(f"this Python has SQLite {sqlite3.sqlite_version}; {needed} or newer is needed")
    file = sqlite_file(url)
    assert file is not None
    if file.exists() and not file.is_file():
        raise UsageError(f"{file} is not a file")
    if read_only:
        if not file.exists():
            raise UsageError(f"there is no archive at {file} yet; the first crawl makes it")
        target = url.set(database=f"file:{quote(str(file))}", query={"mode": "ro", "uri": "true"})
    else:
        _make_file(file)
        target = url
    engine = _engine(target, connect_args={"timeout": BUSY_TIMEOUT})

    @event.listens_for(engine, "connect")
    def configure(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # else the driver opens transactions itself, and none before DDL
        connection.execute("PRAGMA foreign_keys = ON")
        if not read_only:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute(f"PRAGMA journal_size_limit = {WAL_KEPT}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine


def _make_file(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        if not file.exists():
            file.touch(mode=0o600)  # SQLite gives its -wal and -shm files the same mode
    except OSError as error:
        raise UsageError(f"{file} cannot be made: {error.strerror}") from error


def _engine(url: URL, **options: Any) -> Engine:
    # hide_parameters: an error's text must not hold a body. ensure_ascii: JSON columns are read by people.
    serializer = json.JSONEncoder(ensure_ascii=False).encode
    return create_engine(url, hide_parameters=True, json_serializer=serializer, **options)
