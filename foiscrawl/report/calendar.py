"""The calendar: one cell a day, weeks from left to right, days of the week from top to bottom, a block a year."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from foiscrawl.report.drawing import WIDTH

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
    tall = min(cell, 0.34) * 8.6
    made = Figure(figsize=(WIDTH, tall * len(blocks) + 0.75), layout="constrained")
    axes = made.subplots(len(blocks), 1, squeeze=False)[:, 0]
    norm = Normalize(0, max(top, 1))
    for one, (start, end) in zip(axes, blocks, strict=True):
        cells = _block(one, start, end, by_day, norm, (first, last), columns, numbers=short and cell > 0.25)
        one.set_ylabel(str(start.year) if start.year == end.year else f"{start.year}-{end.year}", fontweight="bold")
    bar = made.colorbar(cells, ax=list(axes), orientation="horizontal", fraction=0.05, aspect=50, shrink=0.5, pad=0.02)
    bar.set_label("articles per day (white with a grey edge: none)", fontsize=8)
    bar.ax.xaxis.get_major_locator().set_params(integer=True)
    return made


def _block(
    axes: Axes,
    start: date,
    end: date,
    by_day: Mapping[date, int],
    norm: Normalize,
    within: tuple[date, date],
    columns: int,
    *,
    numbers: bool,
) -> PatchCollection:
    colours = mpl.colormaps["cividis_r"]
    cells, values, empty = [], [], []
    origin = _monday(start)
    months = {}
    day = max(start, within[0])
    while day <= min(end, within[1]):
        x, y = (day - origin).days // 7, day.weekday()
        count = by_day.get(day, 0)
        (cells if count else empty).append(Rectangle((x + 0.06, y + 0.06), 0.88, 0.88))
        values += [count] if count else []
        if numbers and count:
            ink = "black" if norm(count) < 0.55 else "white"
            axes.text(x + 0.5, y + 0.52, str(count), ha="center", va="center", fontsize=7, color=ink)
        day += timedelta(days=1)
    day = start
    while day <= end:
        if day.day == 1 or day == start:
            months[(day - origin).days // 7 + (1 if day.weekday() and day.day == 1 else 0)] = MONTHS[day.month - 1]
        day += timedelta(days=1)
    axes.add_collection(PatchCollection(empty, facecolor="white", edgecolor="#b0b0b0", linewidth=0.5))
    shown = PatchCollection(cells, cmap=colours, norm=norm, edgecolor="#777777", linewidth=0.25)
    shown.set_array(values)
    axes.add_collection(shown)
    axes.set_xlim(0, columns)
    axes.set_ylim(7, 0)
    axes.set_aspect("equal", anchor="W")
    axes.grid(visible=False)
    places = sorted(months)
    kept = [one for one, after in zip(places, [*places[1:], 999], strict=True) if after - one > 1]
    axes.set_xticks([one + 0.1 for one in kept], [months[one] for one in kept], ha="left", fontsize=8)
    axes.xaxis.tick_top()
    axes.set_yticks([0.5, 2.5, 4.5, 6.5], [DAYS[one] for one in (0, 2, 4, 6)], fontsize=7)
    axes.tick_params(length=0, pad=2)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return shown


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())
