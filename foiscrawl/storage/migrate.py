"""Bring an archive's schema to this program's version, and refuse one that is not ours or not ready."""

import logging
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError

import migrations
from foiscrawl.errors import SchemaBehind, UsageError
from foiscrawl.storage import searchable
from foiscrawl.storage.engine import check_server, make_engine, shown, sqlite_file, translate
from foiscrawl.storage.lock import refuse_while_running

_TOLD_EVERY = 20 * searchable.BATCH  # texts

log = logging.getLogger(__name__)


def open_archive(url: str, *, read_only: bool = False) -> Engine:
    """An engine for an archive whose schema is the one that this program knows.

    A new or older SQLite file is brought up to date at once, unless `read_only`. A PostgreSQL database is refused with
    SchemaBehind: many may use it, so a person decides when it changes.
    Raises UsageError, DatabaseError.
    """
    engine = make_engine(url, read_only=read_only)
    try:
        current, head = current_and_head(engine)
        if current != head:
            if read_only or sqlite_file(engine.url) is None:
                found = "has no tables yet" if current is None else f"has schema {current}, this program needs {head}"
                raise SchemaBehind(f"{shown(engine.url)} {found}: run `foiscrawl migrate`")
            upgrade(engine)
        if not read_only and sqlite_file(engine.url) is not None:
            make_searchable(engine, _tell)
    except BaseException:
        engine.dispose()
        raise
    return engine


def current_and_head(engine: Engine) -> tuple[str | None, str]:
    """The schema version of the database, None when it is empty, and the one that this program needs.

    Raises UsageError when the database is not an archive or was made by a newer foiscrawl, DatabaseError when it cannot
    be reached.
    """
    scripts = ScriptDirectory.from_config(_config())
    (head,) = scripts.get_heads()
    try:
        with engine.connect() as connection:
            if connection.dialect.name == "postgresql":
                check_server(
                    int(connection.scalar(text("SHOW server_version_num")) or 0),
                    str(connection.scalar(text("SHOW server_encoding"))),
                )
            return _current(connection, {script.revision for script in scripts.walk_revisions()}), head
    except DBAPIError as error:
        raise translate(error, engine.url) from error


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the schema up to date, in one transaction. A second migration at the same time waits for the first.

    Raises AlreadyRunning while a run has the archive open, UsageError and DatabaseError as `current_and_head` does.
    """
    current, head = current_and_head(engine)
    if current != head:
        _run(engine, command.upgrade, revision)


def make_searchable(engine: Engine, step: Callable[[int, int], object]) -> int:
    """Make the stems of the texts that an older version has left without them; gives how many.

    step: called now and then with how many are done, and of how many. May be cut short and repeated.
    Raises DatabaseError.
    """
    try:
        return searchable.catch_up(engine, step)
    except DBAPIError as error:
        raise translate(error, engine.url) from error


def _tell(done: int, total: int) -> None:
    if done == total or not done % _TOLD_EVERY:
        log.info("Made %d of %d texts searchable", done, total)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the schema back to an older version ("base": no tables; the data is gone)."""
    _run(engine, command.downgrade, revision)


def _current(connection: Connection, known: set[str]) -> str | None:
    version = MigrationContext.configure(connection).get_current_revision()
    where = shown(connection.engine.url)
    tables = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if version is None and tables:
        raise UsageError(f"{where} belongs to another program (it has a table {min(tables)!r}); name another database")
    if version is not None and version not in known:
        if not {"sites", "runs", "fetches", "revisions"} <= tables:
            raise UsageError(f"{where} belongs to another program (schema {version}); name another database")
        raise SchemaBehind(f"{where} was made by a newer foiscrawl (schema {version}): upgrade foiscrawl")
    return version


def _run(engine: Engine, step: Callable[[Config, str], None], revision: str) -> None:
    try:
        refuse_while_running(engine)
        with engine.connect() as connection:
            step(_config(connection), revision)
    except DBAPIError as error:
        raise translate(error, engine.url) from error


def _config(connection: Connection | None = None) -> Config:
    """Alembic's settings; a wheel has no pyproject.toml to read them from."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    return config
