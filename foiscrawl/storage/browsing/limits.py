"""Questions that end when their time is over, on a SQLite file that is only read."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

_STEPS = 1000  # of SQLite's machine between two looks at the clock; about 0.1 ms


class TooSlow(Exception):
    """The question was given up. Raised out of `limited`."""


@contextmanager
def limited(conn: Connection, seconds: float) -> Iterator[None]:
    """What is asked inside raises TooSlow when all of it together takes longer."""
    raw = conn.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    until = time.monotonic() + seconds
    raw.set_progress_handler(lambda: time.monotonic() >= until, _STEPS)
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
            raise TooSlow from error
        raise
    finally:
        raw.set_progress_handler(None, _STEPS)
