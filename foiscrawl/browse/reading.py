"""How pages ask the archive: in a thread, on a connection that only reads; counts are kept until the file changes."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from foiscrawl.storage.browsing import overview, shelves
from foiscrawl.storage.browsing.shelves import Facet, Wanted

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 3
_KEPT = 200  # answers
_LONG = 0.2  # s; what took longer is asked anew only after _LONGER times as long: a crawl changes the file every second
_LONGER = 20


@dataclass
class Shelf:
    """The archive that the pages show.

    engine  read-only, of the SQLite file
    note    a line for the front page, as that this is a snapshot; None: nothing to say
    """

    engine: Engine
    file: Path
    note: str | None = None
    _kept: dict[Any, Any] = field(default_factory=dict)
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(_THREADS, "archive"))

    async def ask(self, question: Callable[Concatenate[Connection, P], T], *args: P.args, **more: P.kwargs) -> T:
        """What the question finds; its arguments come behind the connection."""

        def asked() -> T:
            with self.engine.connect() as conn:
                return question(conn, *args, **more)

        return await asyncio.get_running_loop().run_in_executor(self._pool, asked)

    async def counts(self, wanted: Wanted) -> tuple[int | None, list[Facet]]:
        """How many articles there are, and the facets: what costs time in a large archive."""
        total = self._once(("total", wanted), lambda conn: shelves.total(conn, wanted))
        facets = asyncio.gather(*(self.facet(name, wanted) for name in shelves.FACETS))
        return await total, await facets

    async def facet(self, name: str, wanted: Wanted) -> Facet:
        return await self._once((name, wanted), lambda conn: shelves.facet(conn, name, wanted))

    async def figures(self) -> overview.Overview:
        return await self._once("figures", overview.overview)

    async def last_runs(self) -> list[overview.RunLine]:
        return await self._once("runs", lambda conn: overview.newest_runs(conn, 1))

    async def _once(self, key: Any, question: Callable[[Connection], T]) -> T:
        """From memory while the file has not changed; what took long, also for a while after it has."""
        stamp, now = _stamp(self.file), time.monotonic()
        kept = self._kept.get(key)
        if kept is not None and (kept.stamp == stamp or now < kept.until):
            found: T = kept.answer
            return found
        found = await self.ask(question)
        took = time.monotonic() - now
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = _Answer(found, stamp, now + (_LONGER * took if took > _LONG else 0))
        return found


@dataclass(frozen=True, slots=True)
class _Answer:
    answer: Any
    stamp: Any
    until: float


def _stamp(file: Path) -> tuple[tuple[int, int] | None, ...]:
    """Moves with each commit of whoever writes: the file, or the log beside it."""
    return tuple(_state(one) for one in (file, file.with_name(f"{file.name}-wal")))


def _state(file: Path) -> tuple[int, int] | None:
    try:
        told = file.stat()
    except FileNotFoundError:
        return None
    return told.st_mtime_ns, told.st_size
