"""The archive of a running crawl: one thread, one connection, one transaction after the other.

The event loop hands work over and awaits it; what it has awaited is on the disk. While the thread writes one batch the
next one gathers: a slow disk makes larger transactions, and no queue is longer than there are pages in flight.
"""

import asyncio
import logging
import queue
import shutil
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Self, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import CaptureError, DatabaseError, DiskFull
from foiscrawl.items import ArticleItem, Outcome, OutcomeItem, QuarantineItem
from foiscrawl.storage.engine import first_line, sqlite_file, translate
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.lock import SiteLock, site_lock
from foiscrawl.storage.recorder import Recorder
from foiscrawl.storage.transactions import Transactions
from foiscrawl.storage.writer import Item, Written, write

P = ParamSpec("P")
T = TypeVar("T")

BATCH = 100  # items in one transaction
LINGER = 0.2  # s for which an article waits for others: forty in one transaction cost half of ten times four
# s beyond `wait` after which a server that neither answers nor refuses is given up: longer than any one try may take.
SILENCE = 60.0
LOOK = 0.5  # s between two looks whether an answer is still to be waited for
GRACE = 5.0  # s that each is waited for, however late: a slow disk must not turn a stopped run into a failed one

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Job:
    """An item for the writer, or a call. The loop owns `answer`; the thread leaves result or error here for it."""

    answer: asyncio.Future[Any]
    item: Item | None = None
    is_last: bool = False  # nothing comes behind it before it has been answered
    call: Callable[[Connection], Any] | None = None
    result: Any = None
    error: Exception | None = None


def utc_now() -> datetime:
    return datetime.now(UTC)


class Archive:
    """What a run reads and writes, from the event loop.

    run     set by the caller once the run has begun; `put` needs it
    """

    def __init__(
        self,
        engine: Engine,
        lock: SiteLock,
        *,
        wait: float,
        clock: Callable[[], datetime],
        recorder: Recorder | None = None,
    ) -> None:
        self.run: Run | None = None
        self._recorder = recorder
        self._engine = engine
        self._lock = lock
        self._patience = wait + SILENCE
        self._clock = clock
        self._transactions = Transactions(engine, lock, wait)
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._pressing = threading.Event()  # something is queued for which articles are not waited for
        self._asked: dict[asyncio.Future[Any], float] = {}  # what is unanswered, and since when (monotonic)
        self._watch: asyncio.TimerHandle | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="foiscrawl-archive", daemon=True)
        self._thread.start()

    @classmethod
    def open(
        cls,
        url: str,
        site: str,
        *,
        wait: float = 120.0,
        min_free: int = 0,
        clock: Callable[[], datetime] = utc_now,
        recorder: Recorder | None = None,
    ) -> Self:
        """Check the schema and the disk, take the lock of the site, start the thread.

        wait        seconds for which a database that is away or locked is waited for
        min_free    bytes that must be free on the disk of a SQLite archive and of the raw answers
        recorder    of the raw answers that items bring; without one they are not kept

        Raises UsageError, SchemaBehind, AlreadyRunning, DatabaseError, DiskFull.
        """
        # Imported here, with Alembic: a wrong argument is answered a quarter of a second sooner without it.
        from foiscrawl.storage.migrate import open_archive

        engine = open_archive(url)
        try:
            file = sqlite_file(engine.url)
            if file is not None:
                ensure_free_space(file.parent, min_free)
            if recorder is not None:
                ensure_free_space(recorder.prepare(), min_free)
            lock = site_lock(engine, site)
            lock.acquire()
        except DBAPIError as error:
            engine.dispose()
            raise translate(error, engine.url) from error
        except BaseException:
            engine.dispose()
            raise
        return cls(engine, lock, wait=wait, clock=clock, recorder=recorder)

    async def call(self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `function(connection, ...)` in a transaction of its own and return its result once that is committed.

        When it raises, that is raised here and nothing is stored. It may be called again after a lost connection.
        """
        answer = asyncio.get_running_loop().create_future()
        job = _Job(answer, call=lambda connection: function(connection, *args, **kwargs))
        return cast("T", await self._submit(job))

    async def put(self, item: Item, in_hand: float = float("inf")) -> Written:
        """Store an outcome; returns once the transaction that holds it is committed.

        in_hand: addresses that are taken up and not settled, this one included. When all are here, no article lingers.
        An item that cannot be stored is settled as failed, "store_error"; the others of its batch are stored.
        Raises DatabaseError, CaptureError, DiskFull: it is not stored, nor settled.
        """
        is_last = len(self._asked) + 1 >= in_hand
        job = _Job(asyncio.get_running_loop().create_future(), item=item, is_last=is_last)
        return cast("Written", await self._submit(job))

    def hurry(self, seconds: float) -> None:
        """The run has been told to end: a database that is away is waited for so long and no longer."""
        self._transactions.deadline = min(self._transactions.deadline, time.monotonic() + seconds)

    async def close(self) -> None:
        """Finish what is queued, stop the thread, give the lock back."""
        self._closed = True
        self._jobs.put(None)
        self._pressing.set()
        # A thread that hangs on a silent server is left to die with the process.
        await asyncio.to_thread(self._thread.join, 1.0 if self._transactions.broken else self._patience)
        if self._recorder is not None and not self._thread.is_alive():
            self._recorder.close()
        self._lock.release()
        self._engine.dispose()

    async def _submit(self, job: _Job) -> Any:
        if self._transactions.broken is not None:
            raise self._transactions.broken
        if self._closed:
            raise DatabaseError("the archive is closed")
        self._asked[job.answer] = time.monotonic()
        if self._watch is None:
            self._watch = job.answer.get_loop().call_later(LOOK, self._look)
        self._jobs.put(job)
        if job.call is not None or job.is_last or len(self._asked) >= BATCH:
            self._pressing.set()
        try:
            return await job.answer
        finally:
            del self._asked[job.answer]

    def _look(self) -> None:
        """Give up a database that has been silent for too long: whoever waits for it is told so."""
        now = time.monotonic()
        for answer, asked in self._asked.items():
            late = now > min(asked + self._patience, max(asked + GRACE, self._transactions.deadline))
            if late and not answer.done():
                self._transactions.broken = DatabaseError(f"the database has not answered for {now - asked:.0f} s")
                answer.set_exception(self._transactions.broken)
        self._watch = asyncio.get_running_loop().call_later(LOOK, self._look) if self._asked else None

    # --- On the thread -----------------------------------------------------------------------------------------------

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.call is not None:
                self._call(job)
            else:
                self._store(self._gather(job))
                if self._recorder is not None:
                    self._recorder.forget()

    def _gather(self, first: _Job) -> list[_Job]:
        """`first` and the items behind it. An article lingers for company, since nothing waits for one.

        A call does not wait for them: whoever makes one has seen everything settled that it builds on. Nothing else
        wakes the thread before the time is over, for to be woken for each item costs both threads.
        """
        batch, until = [first], time.monotonic() + (LINGER if isinstance(first.item, ArticleItem) else 0.0)
        open_ = not first.is_last
        while open_ and len(batch) < BATCH:
            left = until - time.monotonic()
            if left > 0:
                self._pressing.wait(left)
            self._pressing.clear()
            open_ = self._drain(batch) and left > 0
        return batch

    def _drain(self, batch: list[_Job]) -> bool:
        """Add the queued items to the batch, answer the calls among them. Whether more may come."""
        while len(batch) < BATCH:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return True
            if job is None:
                self._jobs.put(None)
                return False
            if job.call is not None:
                self._call(job)
            else:
                batch.append(job)
                if job.is_last:
                    return False
        return False

    def _call(self, job: _Job) -> None:
        assert job.call is not None
        self._try(job, partial(self._transactions.run, job.call))
        self._answer([job])

    def _try(self, job: _Job, work: Callable[[], Any]) -> None:
        try:
            job.result = work()
        except DBAPIError as error:
            job.error = translate(error, self._engine.url)
        except Exception as error:  # whatever it is, it belongs to the caller
            job.error = error

    def _answer(self, jobs: Sequence[_Job]) -> None:
        """One message to the loop for all of them. A loop that has closed has nobody left who waits."""
        with suppress(RuntimeError):
            jobs[0].answer.get_loop().call_soon_threadsafe(_deliver, jobs)

    def _store(self, batch: Sequence[_Job]) -> None:
        self._settle(batch)
        self._answer(batch)

    def _settle(self, batch: Sequence[_Job]) -> None:
        items = [cast("Item", job.item) for job in batch]
        try:
            results = self._transactions.run(partial(self._write, items))
        except Exception as error:
            if isinstance(error, DiskFull | CaptureError) or error is self._transactions.broken:
                for job in batch:
                    job.error = error
            elif len(batch) > 1:  # one at a time, to find the item that cannot be stored
                for job in batch:
                    self._settle([job])
            else:
                self._try(batch[0], partial(self._give_up, items[0], error))
        else:
            for job, result in zip(batch, results, strict=True):
                job.result = result

    def _write(self, items: Sequence[Item], connection: Connection) -> Sequence[Written]:
        if self.run is None:
            raise RuntimeError("put() before a run has begun")
        hold = self._recorder is not None  # without captures a changed text could not be read again
        results = write(connection, self.run, items, self._clock(), self._recorder, hold=hold)
        if len(results) != len(items):
            raise RuntimeError(f"{len(items)} items gave {len(results)} results")
        return results

    def _give_up(self, item: Item, error: Exception) -> Written:
        """Settle an item that cannot be stored. The log names address and place, never a value of the item."""
        fetch = item.article.fetch if isinstance(item, QuarantineItem) else item.fetch
        if fetch is None:
            raise error
        place = traceback.extract_tb(error.__traceback__)[-1]
        log.error(
            "%s cannot be stored: %s: %s (%s:%s)",
            fetch.url,
            type(error).__name__,
            first_line(error),
            Path(place.filename).name,
            place.lineno,
        )
        failed = OutcomeItem(fetch=fetch, outcome=Outcome.FAILED, reason="store_error")
        return self._transactions.run(partial(self._write, [failed]))[0]


def _deliver(jobs: Sequence[_Job]) -> None:
    for job in jobs:
        if job.answer.done():  # its caller was cancelled, or has given up
            continue
        if job.error is not None:
            job.answer.set_exception(job.error)
        else:
            job.answer.set_result(job.result)


def ensure_free_space(path: Path, minimum: int) -> None:
    """Raises DiskFull when the disk of this folder has fewer bytes free."""
    free = shutil.disk_usage(path).free
    if free < minimum:
        raise DiskFull(f"{path}: {free // 2**20} MB are free, {minimum // 2**20} MB are needed")
