"""One run per site and archive: a lock that dies with the process that holds it, so that none is ever stale."""

import glob
import zlib
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import AlreadyRunning, DatabaseError
from foiscrawl.storage.engine import sqlite_file

# Advisory locks of PostgreSQL have a class and a number in it. 0 is the migration's (migrations/env.py), the rest are
# sites.
LOCK_CLASS = 0x666F6973


class SiteLock(Protocol):
    def acquire(self) -> None:
        """Take the lock. Harmless when it is ours.

        Raises AlreadyRunning at once when another run has it, DatabaseError when the file cannot be locked, the
        driver's error when PostgreSQL cannot be reached.
        """

    def release(self) -> None:
        """Give it back."""


def site_lock(engine: Engine, site: str) -> SiteLock:
    file = sqlite_file(engine.url)
    return _PostgresLock(engine, site) if file is None else _FileLock(file, site)


def refuse_while_running(engine: Engine) -> None:
    """Raises AlreadyRunning when a run of any site has this archive open."""
    file = sqlite_file(engine.url)
    if file is not None:
        for path in file.parent.glob(f"{glob.escape(file.name)}.*.lock"):
            lock = _FileLock(file, path.name.removeprefix(f"{file.name}.").removesuffix(".lock"))
            lock.acquire()
            lock.release()
        return
    held = text(
        "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = :class AND objid <> 0"
        " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with engine.connect() as connection:
        if connection.scalar(held, {"class": LOCK_CLASS}):
            raise AlreadyRunning("a run has this archive open; try again when it has ended")


class _FileLock:
    """`flock` on a file beside the database. The file stays; the lock on it is the kernel's."""

    def __init__(self, file: Path, site: str) -> None:
        self._site = site
        self._path = file.with_name(f"{file.name}.{site}.lock")
        # Taken by one thread and given back by another.
        self._lock = FileLock(self._path, timeout=0, mode=0o600, thread_local=False)

    def acquire(self) -> None:
        if self._lock.is_locked:
            return
        try:
            self._lock.acquire()
        except Timeout:
            raise AlreadyRunning(f"another run of {self._site} is at work (it holds {self._path})") from None
        except (OSError, NotImplementedError) as error:
            raise DatabaseError(f"{self._path} cannot be locked: {error}") from error

    def release(self) -> None:
        self._lock.release()


class _PostgresLock:
    """A session's advisory lock: the server frees it when the connection ends."""

    def __init__(self, engine: Engine, site: str) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._site = site
        self._number = zlib.crc32(site.encode()) % 0x7FFFFFFF + 1
        self._connection: Connection | None = None

    def acquire(self) -> None:
        if self._connection is not None:
            if self._alive(self._connection):
                return
            self._drop()
        self._connection = self._engine.connect()
        try:
            taken = self._connection.scalar(
                text("SELECT pg_try_advisory_lock(:class, :number)"), {"class": LOCK_CLASS, "number": self._number}
            )
        except DBAPIError:
            self._drop()
            raise
        if not taken:
            self._drop()
            raise AlreadyRunning(f"another run of {self._site} is at work in this archive")

    def release(self) -> None:
        self._drop()

    def _alive(self, connection: Connection) -> bool:
        try:
            connection.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def _drop(self) -> None:
        """End the session itself: pooled, it would keep the lock."""
        if self._connection is not None:
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
