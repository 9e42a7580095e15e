"""How plots look, and how a figure becomes a piece of the page: an SVG whose text is text, that loads nothing."""

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib as mpl
from lxml import etree
from matplotlib.axes import Axes
from matplotlib.collections import PolyCollection
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

WIDTH = 8.6  # inches; a page of paper shows it at four fifths
# Okabe and Ito's colours, told apart by those who see two of three primaries; and in grey by these lines and marks.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a8a8a")
DASHES = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (6, 2, 1, 2)), "-", (0, (5, 2)), (0, (1, 1.5)), "-")
MARKS = ("o", "s", "^", "D", "v", "P", "X", ".")
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---", "++")
_SVG, _HREF = "http://www.w3.org/2000/svg", "{http://www.w3.org/1999/xlink}href"
_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "foiscrawl",
    "text.parse_math": False,
    "font.family": ["DejaVu Sans"],
    "font.size": 9.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "grid.color": "#d8d8d8",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "axes.titlesize": 9.0,
    "axes.titlelocation": "left",
    "xtick.direction": "out",
}


@contextmanager
def style() -> Iterator[None]:
    """matplotlib's own defaults and ours, whatever its user has set; quiet about letters that its font lacks."""
    with mpl.rc_context(), warnings.catch_warnings():
        mpl.rcdefaults()
        mpl.rcParams.update(_STYLE)
        # It measures with its own font; the browser that shows the text has others.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def figure(height: float, rows: int = 1) -> tuple[Figure, list[Axes]]:
    made = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = made.subplots(rows, 1, squeeze=False, sharex=True)
    return made, list(axes[:, 0])


def boxes(axes: Axes, corners: Iterable[tuple[float, float, float, float]], **options: Any) -> PolyCollection:
    """Rectangles (left, bottom, right, top) as one thing to draw: bars of their own take ten times as long."""
    shapes = [((left, low), (right, low), (right, high), (left, high)) for left, low, right, high in corners]
    made = PolyCollection(shapes, **options)
    axes.add_collection(made, autolim=False)
    return made


def bars_at_steps(
    axes: Axes, values: Sequence[float], below: Sequence[float] | None = None, **options: Any
) -> PolyCollection:
    """A bar at 0, 1, 2 ... for each value that is not 0."""
    lows = below or [0.0] * len(values)
    places = [(place, low, value) for place, (low, value) in enumerate(zip(lows, values, strict=True)) if value]
    corners = ((place - 0.43, low, place + 0.43, low + value) for place, low, value in places)
    return boxes(axes, corners, **options)


def counts(axes: Axes, label: str, top: float, *, axis: str = "y") -> None:
    """An axis of whole numbers from 0 to `top`, with thousands set apart."""
    one = axes.yaxis if axis == "y" else axes.xaxis
    one.set_major_locator(MaxNLocator(nbins=5, integer=True))
    one.set_major_formatter(FuncFormatter(lambda value, _place: f"{value:,.0f}"))
    if axis == "y":
        axes.set_ylim(0, max(top, 1) * 1.05)
        axes.set_ylabel(label)
    else:
        axes.set_xlim(0, max(top, 1) * 1.12)
        axes.set_xlabel(label)


def steps(axes: Axes, names: list[str]) -> None:
    """Days, weeks or months at 0, 1, 2 ... of the x axis, as many of them named as have room."""
    every = max(1, -(-len(names) // (9 if names and len(names[0]) > 7 else 12)))
    if names and len(names[0]) == 7 and every > 1:  # by whole years, or halves or quarters of them
        every = next((one for one in (3, 6, 12, 24, 36, 60, 120) if one >= every), every)
    first = next((one for one, name in enumerate(names) if every % 12 == 0 and name.endswith("-01")), 0)
    at = list(range(first, len(names), every))
    axes.set_xticks(
        at, [names[one][:4] if every % 12 == 0 and names[one].endswith("-01") else names[one] for one in at]
    )
    axes.set_xlim(-0.6, max(len(names), 1) - 0.4)


def svg(made: Figure, key: str, title: str, described: str) -> str:
    """The figure for a page: ids are its own, `title` and `described` are what a screen reader says."""
    written = io.BytesIO()
    made.savefig(written, format="svg", metadata={"Creator": None, "Date": None, "Format": None, "Type": None})
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True)
    root = etree.fromstring(written.getvalue(), parser)
    for one in root.iter(f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"):
        one.getparent().remove(one)  # type: ignore[union-attr]
    text = etree.tostring(root, encoding="unicode")
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', text))
    for one in root.iter():
        name = one.get("id")
        if name is not None and name not in used:
            del one.attrib["id"]
        elif name is not None:
            one.set("id", f"{key}-{name}")
        for attribute, value in dict(one.attrib).items():
            if attribute in ("href", _HREF):
                one.set(attribute, str(value).replace("#", f"#{key}-", 1))
            elif "url(#" in str(value):
                one.set(attribute, str(value).replace("url(#", f"url(#{key}-"))
    root.set("role", "img")
    root.set("aria-labelledby", f"{key}-title {key}-desc")
    for place, (name, words) in enumerate((("title", title), ("desc", described))):
        element = etree.Element(f"{{{_SVG}}}{name}", id=f"{key}-{name}")
        element.text = words
        root.insert(place, element)
    for one in ("width", "height"):
        root.attrib.pop(one, "")
    etree.cleanup_namespaces(root)
    return etree.tostring(root, encoding="unicode").replace("\n", " ")
