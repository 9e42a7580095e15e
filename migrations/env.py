"""Run migrations in one real transaction: killed at any moment, an archive is at the old version or at the new one.

The connection comes from `foiscrawl.storage.migrate`. A developer gives the database on the command line:
`alembic -x database=sqlite:///try.db revision --autogenerate -m "..."`.
"""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text

from foiscrawl.errors import DatabaseError
from foiscrawl.storage.columns import UtcDateTime
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.lock import LOCK_CLASS
from foiscrawl.storage.models import metadata
from foiscrawl.storage.models.search import is_ours

_OTHER_MIGRATION = "5min"  # how long we wait for another migration of this archive to end
_BUSY_TABLE = "30s"  # how long a statement waits for a table that somebody reads
_STATEMENT = "30min"  # rewriting the largest table must end within this


def _render(kind: str, column_type: Any, _autogen: AutogenContext) -> str | Literal[False]:
    """Spell our type out: a migration must mean the same when the models have long changed."""
    if kind == "type" and isinstance(column_type, UtcDateTime):
        return "MOMENT"
    return False


def _migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_item=_render,
        include_name=lambda name, kind, _parents: is_ours(name, kind),
        render_as_batch=True,
        transactional_ddl=True,  # Alembic takes SQLite for unable; with a real BEGIN it is not
    )
    with context.begin_transaction():  # on SQLite the engine takes the write lock here
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{_OTHER_MIGRATION}'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:class, 0)"), {"class": LOCK_CLASS})
            connection.execute(text(f"SET LOCAL lock_timeout = '{_BUSY_TABLE}'"))
            connection.execute(text(f"SET LOCAL statement_timeout = '{_STATEMENT}'"))
        context.run_migrations()
        if connection.dialect.name == "sqlite":
            broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
            if broken:
                raise DatabaseError(f"{len(broken)} rows would refer to nothing, the first in {broken[0][0]}; undone")


def _run(connection: Connection) -> None:
    """Batch mode drops a table and builds it anew. With foreign keys on that empties the tables that refer to it, and
    with the new way of renaming it fails for a view that shows it. Both switches work outside a transaction only."""
    if connection.dialect.name != "sqlite":
        _migrate(connection)
        return
    driver = connection.connection.dbapi_connection
    assert driver is not None
    cursor = driver.cursor()
    cursor.execute("PRAGMA foreign_keys = OFF")
    cursor.execute("PRAGMA legacy_alter_table = ON")
    try:
        _migrate(connection)
    finally:
        cursor.execute("PRAGMA legacy_alter_table = OFF")
        cursor.execute("PRAGMA foreign_keys = ON")


_given = context.config.attributes.get("connection")
if _given is not None:
    _run(_given)
else:
    with make_engine(context.get_x_argument(as_dictionary=True)["database"]).connect() as _own:
        _run(_own)
