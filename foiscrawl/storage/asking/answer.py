"""What questions share on both databases: the answer that streams, the clock that stops it, the words of an error."""

import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from rapidfuzz import fuzz, process

from foiscrawl.errors import TimeLimit, UsageError
from foiscrawl.storage.models import metadata
from foiscrawl.storage.views import views

LARGEST = 32 * 1024 * 1024  # bytes of one value, and on SQLite of one row; a stored page has at most 10 MiB
GRACE = 0.3  # s after the limit in which the database has to obey, before `give_up` is called
_BATCH_ROWS, _BATCH_WEIGHT = 1000, 1_000_000  # a batch ends with the first of both; weight: characters and bytes
_LIKENESS = 60  # of 100: two names of which one may be meant for the other


@dataclass(frozen=True, slots=True)
class Column:
    """A column of an answer. type: integer, real, boolean, binary or text; None: SQLite does not tell beforehand."""

    name: str
    type: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back while it is asked; the batches can be walked once, and raise what `Reader.ask` raises."""

    columns: tuple[Column, ...]
    batches: Iterator[list[tuple[Any, ...]]]

    @property
    def rows(self) -> Iterator[tuple[Any, ...]]:
        return (row for batch in self.batches for row in batch)


class Watch:
    """Calls `stop`, once, when the seconds of a question are over; then `give_up`, should that not have helped.

    Both are called in a thread of its own, while the other one waits for the database.
    """

    def __init__(self, seconds: float, stop: Callable[[], None], give_up: Callable[[], None] | None = None) -> None:
        self.seconds = seconds
        self.ends_at = time.monotonic() + seconds
        self._stop = stop
        self._give_up = give_up
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="limit of a question")

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.ends_at

    def check(self) -> None:
        """Raises TimeLimit when the time is over."""
        if self.over:
            raise TimeLimit(f"stopped after {self.seconds:g} s; --limit-seconds allows a question more")

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, _type: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        if self._done.wait(self.seconds):
            return
        self._stop()
        if not self._done.wait(GRACE) and self._give_up is not None:
            self._give_up()


def batched(rows: Iterable[tuple[Any, ...]], watch: Watch) -> Iterator[list[tuple[Any, ...]]]:
    """The rows in lists of bounded size. Raises TimeLimit, and UsageError for a row beyond all measure."""
    batch: list[tuple[Any, ...]] = []
    weight = 0
    for row in rows:
        batch.append(row)
        for value in row:
            if isinstance(value, str | bytes):
                weight += len(value)
        if weight > LARGEST and len(batch) == 1:
            raise UsageError(f"a row of the answer is larger than {LARGEST // 2**20} MB")
        if len(batch) >= _BATCH_ROWS or weight >= _BATCH_WEIGHT:
            watch.check()
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch


def hint(message: str, names: frozenset[str]) -> str:
    """What a person may have meant, for an error that names a column or relation that is not there; else nothing.

    `names` are the words of the question: its relations tell which columns there are.
    """
    found = re.search(r"(no such column|no such table|column|relation|function):? \"?([^\s\"()]+)", message)
    if found is None or found[1] == "function":
        return ""
    relations = {table.name: table for table in (*views.tables.values(), *metadata.tables.values())}
    wanted = found[2].rpartition(".")[2]
    if found[1] in ("no such table", "relation"):
        near = process.extractOne(wanted.lower(), relations, scorer=fuzz.ratio, score_cutoff=_LIKENESS, processor=_name)
        meant = f"; did you mean {near[2]} ?" if near else ""
        return meant or "; `foiscrawl query --schema` lists the views"
    asked = [table for name, table in relations.items() if name in names]
    columns = sorted({column.name for table in asked for column in table.columns})
    best = process.extractOne(wanted.lower(), columns, scorer=fuzz.ratio, score_cutoff=_LIKENESS)
    return f"; did you mean {best[0]} ?" if best else "; `foiscrawl query --schema` lists the columns"


def _name(one: Any) -> str:
    return str(getattr(one, "name", one))
