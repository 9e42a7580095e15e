"""How pages ask the archive: in a thread, on a connection that only reads; counts are kept until the file changes."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from foiscrawl.storage import overview, shelves
from foiscrawl.storage.shelves import Facet, Wanted

P = ParamSpec("P")
T = TypeVar("T")

_THREADS = 3
_KEPT = 200  # answers


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
        return await self._once(("counts", wanted), lambda conn: (shelves.total(conn, wanted), shelves.facets(conn, wanted)))

    async def overview(self) -> overview.Overview:
        return await self._once("overview", overview.overview)

    async def _once(self, key: Any, question: Callable[[Connection], T]) -> T:
        stamp = _stamp(self.file)
        kept = self._kept.get(key)
        if kept is not None and kept[0] == stamp:
            found: T = kept[1]
            return found
        found = await self.ask(question)
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = stamp, found
        return found


def _stamp(file: Path) -> tuple[tuple[int, int] | None, ...]:
    """Moves with each commit of whoever writes: the file, or the log beside it."""
    return tuple(_state(one) for one in (file, file.with_name(f"{file.name}-wal")))


def _state(file: Path) -> tuple[int, int] | None:
    try:
        told = file.stat()
    except FileNotFoundError:
        return None
    return told.st_mtime_ns, told.st_size
