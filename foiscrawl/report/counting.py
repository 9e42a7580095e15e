"""From rows of answers to the numbers of plots: steps without gaps, the largest series, names that a person reads."""

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import Any

LARGEST = 7  # series that have a line of their own; there are eight ways to draw one
SHOWN = 30  # letters of a name beside a plot
NO_SECTION = "no section told"
Table = list[tuple[str, list[float]]]


def every_step(first: str, last: str) -> list[str]:
    """All days or months (as they are spelt: 2026-11-23 or 2026-11) from the first to the last."""
    if len(first) == 7:
        start, end = ((int(one[:4]) * 12 + int(one[5:]) - 1) for one in (first, last))
        return [f"{one // 12:04}-{one % 12 + 1:02}" for one in range(start, end + 1)]
    return _days(first, last, 1)


def every_week(first: str, last: str) -> list[str]:
    """The Mondays from the first to the last."""
    return _days(first, last, 7)


def _days(first: str, last: str, apart: int) -> list[str]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [(start + timedelta(days=one)).isoformat() for one in range(0, (end - start).days + 1, apart)]


def steps_of(rows: Iterable[Sequence[Any]], unit: str) -> list[str]:
    """The steps between the least and the greatest first cell of these rows; rows without a day are left out."""
    told = [row[0] for row in rows if row[0] is not None]
    if not told:
        return []
    return (every_week if unit == "week" else every_step)(min(told), max(told))


def series_of(rows: Iterable[tuple[Any, Any, int]], steps: Sequence[str], names: Sequence[Any]) -> Table:
    """(step, name, number) as one row of numbers for each name, in the order of the names."""
    place = {one: number for number, one in enumerate(steps)}
    found = {name: [0.0] * len(steps) for name in names}
    for step, name, number in rows:
        if step is not None:
            found[name][place[step]] += number
    return list(found.items())


def largest(series: Table) -> Table:
    """The largest series, the largest first, and the sum of the others."""
    ordered = sorted(series, key=lambda one: (-sum(one[1]), one[0] is None, one[0] or ""))
    if len(ordered) <= LARGEST + 1:
        return ordered
    rest = [sum(values) for values in zip(*(one[1] for one in ordered[LARGEST:]), strict=True)]
    return [*ordered[:LARGEST], (f"{len(ordered) - LARGEST} other sections", rest)]


def shortened(name: str) -> str:
    return name if len(name) <= SHOWN else name[: SHOWN - 1] + "…"
