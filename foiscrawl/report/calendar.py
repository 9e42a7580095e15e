"""The calendar: one cell a day, weeks from left to right, days of the week from top to bottom, a block a year."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from foiscrawl.report.drawing import WIDTH, boxes

YEARS_A_FIGURE = 6  # so that a page of paper holds it
SHORT = 26  # weeks up to which the days alone are drawn, with their numbers in them
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def calendars(by_day: Mapping[date, int]) -> list[Figure]:
    """One or several figures; years without any article have none. Days from the first to the last have a cell."""
    first, last = min(by_day), max(by_day)
    top = max(by_day.values())
    if (last - first).days < 7 * SHORT:
        return [_figure([(first, last)], by_day, top, first, last)]
    years = sorted({one.year for one in by_day})
    blocks = [(date(year, 1, 1), date(year, 12, 31)) for year in years]
    parts = [blocks[one : one + YEARS_A_FIGURE] for one in range(0, len(blocks), YEARS_A_FIGURE)]
    return [_figure(part, by_day, top, first, last) for part in parts]


def _figure(
    blocks: Sequence[tuple[date, date]], by_day: Mapping[date, int], top: int, first: date, last: date
) -> Figure:
    short = blocks[0] == (first, last) and (last - first).days < 7 * SHORT
    columns = max(12, (_monday(last) - _monday(first)).days // 7 + 1) if short else 54
    cell = (WIDTH - 1.2) / columns
    tall = min(cell, 0.34) * 8.4
    made = Figure(figsize=(WIDTH, tall * len(blocks) + 0.75), layout="constrained")
    ratios = [*(7 for _ in blocks[1:]), 9]  # the key stands below the last
    axes = made.subplots(len(blocks), 1, squeeze=False, height_ratios=ratios)[:, 0]
    for one, (start, end) in zip(axes, blocks, strict=True):
        _block(one, start, end, by_day, top, (first, last), columns, numbers=short and cell > 0.25)
        one.set_ylabel(str(start.year) if start.year == end.year else f"{start.year}-{end.year}", fontweight="bold")
    _key(axes[-1], top, columns)
    return made


def _key(axes: Axes, top: int, columns: int) -> None:
    """What the shades mean; drawn of cells, for matplotlib's own bar is a picture, which the page does not load."""
    marks = sorted({0, *(max(1, round(top * one / 5)) for one in range(1, 6))})
    inch = columns / (WIDTH - 1.2)  # in cells
    step, side = 0.62 * inch, 0.13 * inch
    corners = [(place * step, 7.9, place * step + side, 7.9 + side) for place in range(len(marks))]
    faces = [_shade(one, top) if one else "white" for one in marks]
    boxes(axes, corners, facecolor=faces, edgecolor="#777777", linewidth=0.5, clip_on=False)
    for (_, _, right, _), count in zip(corners, marks, strict=True):
        axes.text(right + 0.06 * inch, 7.9 + side / 2, f"{count:,}", va="center", fontsize=8)
    axes.text(len(marks) * step, 7.9 + side / 2, "articles per day", va="center", fontsize=8)


def _shade(count: int, top: int) -> Any:
    return mpl.colormaps["cividis_r"](count / max(top, 1))


def _block(
    axes: Axes,
    start: date,
    end: date,
    by_day: Mapping[date, int],
    top: int,
    within: tuple[date, date],
    columns: int,
    *,
    numbers: bool,
) -> None:
    cells, faces = [], []
    origin = _monday(start)
    day = max(start, within[0])
    while day <= min(end, within[1]):
        x, y = (day - origin).days // 7, day.weekday()
        count = by_day.get(day, 0)
        cells.append((x + 0.06, y + 0.06, x + 0.94, y + 0.94))
        faces.append(_shade(count, top) if count else "white")
        if numbers and count:
            ink = "black" if count / top < 0.55 else "white"
            axes.text(x + 0.5, y + 0.52, str(count), ha="center", va="center", fontsize=7, color=ink)
        day += timedelta(days=1)
    boxes(axes, cells, facecolor=faces, edgecolor="#999999", linewidth=0.4)
    axes.set_xlim(0, columns)
    axes.set_ylim(9 if axes.get_subplotspec().is_last_row() else 7, 0)  # type: ignore[union-attr]
    axes.set_aspect("equal", anchor="W")
    axes.grid(visible=False)
    months = _months(start, end, origin)
    axes.set_xticks(list(months), list(months.values()), ha="left", fontsize=8)
    axes.xaxis.tick_top()
    axes.set_yticks([0.5, 2.5, 4.5, 6.5], [DAYS[one] for one in (0, 2, 4, 6)], fontsize=7)
    axes.tick_params(length=0, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _months(start: date, end: date, origin: date) -> dict[float, str]:
    """Where each month is named: over the week of its first day. A first month that ends in that week has no room."""
    firsts = [start] + [date(year, month, 1) for year in range(start.year, end.year + 1) for month in range(1, 13)]
    found = [((one - origin).days // 7, MONTHS[one.month - 1]) for one in firsts if start <= one <= end]
    found = sorted(dict(found).items())
    nexts = [*(place for place, _ in found[1:]), 999]
    return {place + 0.1: name for (place, name), after in zip(found, nexts, strict=True) if after - place > 1}


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
