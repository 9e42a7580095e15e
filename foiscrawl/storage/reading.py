"""The processes that read stored texts again: this one, and as many more as are wanted. They write nothing.

A process begins with this module, so that it imports no more than reading takes.
"""

import gc
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from pathlib import Path

from foiscrawl.errors import FoiscrawlError
from foiscrawl.site import Site
from foiscrawl.storage import rereadings
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.rereading import Read, from_captures
from foiscrawl.storage.rereadings import CHUNK, Reread

AHEAD = 2  # portions given to each further process: one that it reads, and the next
WAITING_MAX = 64  # portions read before an earlier one is
SMALLEST = 8  # revisions; towards the end portions become smaller, so that all processes end together


class _Worker:
    """What a process needs for its portions: a connection of its own."""

    def __init__(self, url: str, folder: Path, site: Site) -> None:
        self.engine = make_engine(url, read_only=True)
        self.site = site
        self.read: Read = from_captures(folder)

    def __call__(self, ids: Sequence[int]) -> list[Reread]:
        with self.engine.connect() as conn:
            return rereadings.read_again(conn, self.site, self.read, ids)


_worker: _Worker | None = None  # of this process, when it is one of the pool


def _begin(url: str, folder: Path, site: Site) -> None:
    global _worker
    _worker = _Worker(url, folder, site)
    gc.freeze()


def _work(ids: Sequence[int]) -> list[Reread]:
    assert _worker is not None
    return _worker(ids)


def read_all(url: str, folder: Path, site: Site, ids: Sequence[int], processes: int) -> Iterator[list[Reread]]:
    """Read these revisions again, in their order, some at a time. Raises FoiscrawlError when a process dies."""
    worker = _Worker(url, folder, site)
    gc.freeze()  # what is loaded by now stays until the end: no collection need go through it
    try:
        if processes == 1:
            yield from map(worker, rereadings.chunks(ids))
        else:
            yield from _shared(worker, (url, folder, site), ids, processes)
    finally:
        gc.unfreeze()
        worker.engine.dispose()


def _shared(
    worker: _Worker, begin: tuple[str, Path, Site], ids: Sequence[int], processes: int
) -> Iterator[list[Reread]]:
    """This process reads as well, whenever the others have enough: they need half a second to begin."""
    # Not forked: whoever calls this may have threads and open connections.
    pool = ProcessPoolExecutor(processes - 1, get_context("spawn"), _begin, begin)
    waiting: deque[Future[list[Reread]]] = deque()
    try:
        for one in _portions(ids, processes):
            if sum(not future.done() for future in waiting) < AHEAD * (processes - 1):
                waiting.append(pool.submit(_work, one))
            else:
                waiting.append(Future())
                waiting[-1].set_result(worker(one))
            while waiting and (waiting[0].done() or len(waiting) > WAITING_MAX):
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool as error:
        raise FoiscrawlError("a process that read captures has died; what was applied before stays") from error
    finally:
        pool.shutdown(cancel_futures=True)


def _portions(ids: Sequence[int], processes: int) -> Iterator[Sequence[int]]:
    start = 0
    while start < len(ids):
        size = max(SMALLEST, min(CHUNK, (len(ids) - start) // (4 * processes)))
        yield ids[start : start + size]
        start += size
