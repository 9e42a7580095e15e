"""An archive that is opened to be read: all that is read is of one moment, whatever is written meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from foiscrawl.storage.engine import translate
from foiscrawl.storage.migrate import open_archive


@contextmanager
def read_archive(url: str) -> Iterator[Connection]:
    """Raises what `open_archive` raises, and DatabaseError, DiskFull out of what is asked inside."""
    engine = open_archive(url, read_only=True)
    try:
        with snapshot(engine) as conn:
            yield conn
    except DBAPIError as error:
        raise translate(error, engine.url) from error
    finally:
        engine.dispose()


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection to which the archive stands still."""
    if engine.dialect.name == "postgresql":  # SQLite's transactions are so anyway
        engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    with engine.connect() as conn:
        yield conn
