"""Run work in a transaction exactly once, through locks, restarts of the server and lost connections."""

import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import AlreadyRunning, DatabaseError, DiskFull, FoiscrawlError
from foiscrawl.storage.engine import first_line, is_passing, shown, translate
from foiscrawl.storage.lock import SiteLock

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 5.0  # s between tries while the database is away

log = logging.getLogger(__name__)


class _InDoubtError(Exception):
    """The connection went while COMMIT was on its way: the server knows whether it arrived, we do not."""

    def __init__(self, number: str, result: Any) -> None:
        super().__init__(number)
        self.number = number
        self.result = result


class Transactions:
    """`wait`: seconds for which a database that is away or locked is waited for. `broken`: why it was given up.

    `deadline`: monotonic; nothing is waited for beyond it
    """

    def __init__(self, engine: Engine, lock: SiteLock, wait: float) -> None:
        self.broken: FoiscrawlError | None = None
        self.deadline = float("inf")
        self._engine = engine
        self._lock = lock
        self._wait = wait

    def run(self, work: Callable[[Connection], T]) -> T:
        """What `work` returns, once that is committed. Whatever else happens, nothing of it is stored.

        `work` may be called several times, each time after the one before was undone. What it raises is raised here.
        Raises DiskFull; DatabaseError when the wait was in vain, and from then on at once.
        """
        if self.broken is not None:
            raise self.broken
        doubt: _InDoubtError | None = None
        away_since: float | None = None
        pause = FIRST_PAUSE
        while True:
            try:
                result = self._try(work, doubt, again=away_since is not None)
            except _InDoubtError as error:
                doubt, why = error, "the connection was lost during a commit"
            except DBAPIError as error:
                if not is_passing(error):
                    ours = translate(error, self._engine.url)
                    if isinstance(ours, DiskFull):
                        raise ours from error
                    raise
                why = first_line(error)
            else:
                if away_since is not None:
                    log.info("The database is back after %.1f s", time.monotonic() - away_since)
                return result
            if away_since is None:
                away_since = time.monotonic()
                log.warning("The database is away (%s); waiting up to %.0f s", why, self._wait)
            now = time.monotonic()
            if now + pause > min(away_since + self._wait, self.deadline):
                where, seconds = shown(self._engine.url), now - away_since
                self.broken = DatabaseError(f"{where} stayed away for {seconds:.0f} s: {why}")
                raise self.broken
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    def _try(self, work: Callable[[Connection], T], doubt: _InDoubtError | None, *, again: bool) -> T:
        if again:
            self._hold_lock()
        with self._engine.connect() as connection:
            if doubt is not None and self._arrived(connection, doubt):
                result: T = doubt.result
                return result
            with connection.begin() as transaction:
                result = work(connection)
                number = self._number(connection)
                try:
                    transaction.commit()
                except DBAPIError as error:
                    if number is not None and error.connection_invalidated:
                        raise _InDoubtError(number, result) from error
                    raise
                return result

    def _hold_lock(self) -> None:
        """PostgreSQL frees a lock with the connection; another run may have taken it while the server was away."""
        try:
            self._lock.acquire()
        except AlreadyRunning as error:
            self.broken = error
            raise

    def _number(self, connection: Connection) -> str | None:
        """PostgreSQL's number of this transaction, None when it wrote nothing. SQLite's commits are never in doubt."""
        if connection.dialect.name != "postgresql":
            return None
        number: str | None = connection.scalar(text("SELECT CAST(pg_current_xact_id_if_assigned() AS text)"))
        return number

    def _arrived(self, connection: Connection, doubt: _InDoubtError) -> bool:
        with connection.begin():
            state = connection.scalar(text("SELECT pg_xact_status(CAST(:number AS xid8))"), {"number": doubt.number})
        if state == "in progress":  # the old connection's server process has not noticed yet
            raise doubt
        return bool(state == "committed")
