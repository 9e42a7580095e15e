"""The plots, but for the calendar: numbers in, a figure out."""

import math
from collections.abc import Mapping, Sequence
from itertools import cycle, islice

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullFormatter

from foiscrawl.report.drawing import COLOURS, DASHES, HATCHES, MARKS, bars_at_steps, boxes, counts, figure, steps

DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Series = Sequence[tuple[str, Sequence[float]]]  # name for a person, and a number for each step


def lines(names: list[str], series: Series, label: str) -> Figure:
    """One line for each of up to eight series, named at its side in the order of the list, dashed and marked."""
    made, (axes,) = figure(3.9)
    every = max(1, len(names) // 12)
    for (name, values), colour, dash, mark in zip(series, COLOURS, DASHES, MARKS, strict=False):
        shown = {"marker": mark, "markersize": 4, "markevery": every}
        axes.plot(range(len(names)), values, color=colour, linestyle=dash, linewidth=1.3, label=name, **shown)  # type: ignore[arg-type]
    counts(axes, label, max(max(values) for _, values in series))
    steps(axes, names)
    if len(series) > 1:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=8, handlelength=3.4, labelspacing=0.9)
    return made


def stacks(names: list[str], series: Series, label: str) -> Figure:
    """Bars upon each other, told apart by hatching as well as by colour."""
    made, (axes,) = figure(3.2)
    below = [0.0] * len(names)
    edge = 0.5 if len(names) < 130 else 0.0
    for (name, values), colour, hatch in zip(series, COLOURS, islice(cycle(HATCHES), len(series)), strict=False):
        bars_at_steps(axes, values, below, facecolor=colour, hatch=hatch, label=name, edgecolor="white", linewidth=edge)
        below = [one + two for one, two in zip(below, values, strict=True)]
    counts(axes, label, max(below))
    steps(axes, names)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=6, fontsize=8, handleheight=1.2)
    return made


def bars(names: Sequence[str], values: Sequence[int], label: str) -> Figure:
    """Bars from left to right with their names before and their numbers behind them."""
    made, (axes,) = figure(0.75 + 0.25 * len(names))
    drawn = axes.barh(range(len(names)), values, 0.72, color=COLOURS[0])
    axes.bar_label(drawn, [f"{one:,}" for one in values], padding=3, fontsize=8)
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(visible=False)
    counts(axes, label, max(values), axis="x")
    return made


def columns(names: Sequence[str], values: Sequence[int], label: str, below: str) -> Figure:
    """Bars side by side with their numbers above them."""
    made, (axes,) = figure(2.9)
    drawn = axes.bar(range(len(names)), values, 0.8, color=COLOURS[0])
    axes.bar_label(drawn, [f"{one:,}" if one else "" for one in values], padding=2, fontsize=8)
    axes.set_xticks(range(len(names)), names, fontsize=8)
    axes.set_xlabel(below)
    counts(axes, label, max(values) * 1.06)
    return made


def week(table: Mapping[tuple[int, int], int]) -> Figure:
    """Weekdays (1 Monday) by hours, each cell with its number."""
    made, (axes,) = figure(3.0)
    top = max([*table.values(), 1])
    colours = mpl.colormaps["cividis_r"]
    cells, shades = [], []
    for day in range(1, 8):
        for hour in range(24):
            count = table.get((day, hour), 0)
            shade = colours(count / top) if count else "white"
            cells.append((hour + 0.03, day - 0.97, hour + 0.97, day - 0.03))
            shades.append(shade)
            if count:
                ink = "black" if count / top < 0.55 else "white"
                short = f"{count / 1000:.0f}k" if count >= 10_000 else str(count)
                axes.text(hour + 0.5, day - 0.48, short, ha="center", va="center", fontsize=7, color=ink)
    boxes(axes, cells, facecolor=shades, edgecolor="#b0b0b0", linewidth=0.5)
    axes.set_xlim(0, 24)
    axes.set_ylim(7, 0)
    axes.grid(visible=False)
    axes.set_xticks(range(0, 25, 2), [f"{one} h" for one in range(0, 25, 2)])
    axes.set_yticks([one + 0.5 for one in range(7)], DAYS)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    return made


def rows(names: list[str], series: Series, label: str) -> Figure:
    """Each series in a row of its own with its own scale: what is rare stays visible beside what is common."""
    made, axes = figure(0.6 + 0.85 * len(series), len(series))
    for one, (name, values) in zip(axes, series, strict=True):
        bars_at_steps(one, values, facecolor=COLOURS[0])
        counts(one, "", max(values))
        one.set_yticks([0, max([*values, 1])])
        one.set_title(f"{name} ({sum(values):,.0f})", fontsize=8, pad=3)
    steps(axes[-1], names)
    made.supylabel(label, fontsize=9)
    return made


def share(names: list[str], values: Sequence[float | None], label: str) -> Figure:
    """Per cent by step; a step without articles has no point."""
    made, (axes,) = figure(2.8)
    gaps = [float("nan") if one is None else one for one in values]
    axes.plot(range(len(names)), gaps, color=COLOURS[0], marker="o", markersize=3.5, linewidth=1.2)
    steps(axes, names)
    axes.set_ylim(0, max([5, *(one for one in values if one is not None)]) * 1.08)
    axes.set_ylabel(label)
    return made


def spread(names: list[str], values: Sequence[float | None], label: str) -> Figure:
    """Values of very different sizes, each a mark; 0 and nothing have none."""
    made, (axes,) = figure(2.6)
    marked = [(place, one) for place, one in enumerate(values) if one]
    axes.semilogy([place for place, _ in marked], [one for _, one in marked], "o", color=COLOURS[0], markersize=3.5)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,g}"))
    axes.yaxis.set_minor_formatter(NullFormatter())
    sizes = [one for _, one in marked] or [1]
    axes.set_ylim(10 ** math.floor(math.log10(min(sizes)) - 0.05), 10 ** math.ceil(math.log10(max(sizes)) + 0.05))
    axes.set_ylabel(label)
    steps(axes, names)
    return made


def means(names: list[str], series: Series) -> Figure:
    """Two quantities of different units, one above the other."""
    made, axes = figure(3.6, len(series))
    for one, (name, values), colour in zip(axes, series, COLOURS, strict=False):
        bars_at_steps(one, values, facecolor=colour)
        counts(one, name, max(values))
    steps(axes[-1], names)
    return made
