"""Rows for eyes and for one JSON document: the formats of `foiscrawl query` beside those of `foiscrawl.formats`.

Nothing in them reaches a terminal as it stands in the archive: what a terminal would obey is shown as an escape.
"""

import json
import math
import re
import shutil
from collections.abc import Sequence
from typing import BinaryIO, cast

from rich.cells import cell_len, set_cell_size

from foiscrawl.formats import FORMATS as FILES
from foiscrawl.formats import Field, Writer, plain
from foiscrawl.formats import writer as file_writer
from foiscrawl.text import harmless

FORMATS = ("table", *FILES, "json", "markdown")
SUFFIXES = {
    ".csv": "csv",
    ".json": "json",
    ".jsonl": "jsonl",
    ".md": "markdown",
    ".parquet": "parquet",
    ".txt": "table",
}
_NARROWEST = 6  # characters of a column, where a table has to be made narrower
_WIDEST = 60  # of a column where nobody says how wide a line may be
_MARKDOWN = re.compile(r"([\\`*_\[\]|])")


def writer(name: str, out: BinaryIO, fields: Sequence[Field], *, formulas: bool, terminal: bool) -> Writer:
    """A writer for one of FORMATS; `terminal`: the stream is one."""
    match name:
        case "table":
            return _Table(out, fields, shutil.get_terminal_size().columns if terminal else None)
        case "json":
            return _Json(out, fields)
        case "markdown":
            return _Markdown(out, fields)
    safe = cast("BinaryIO", _ForTerminal(out)) if terminal else out
    return file_writer(name, safe, fields, formulas=formulas)


class _ForTerminal:
    """A stream for text that was not made for a terminal, such as CSV."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out

    def write(self, data: bytes) -> int:
        return self._out.write(harmless(data.decode().replace("\r\n", "\n")).encode())

    def flush(self) -> None:
        self._out.flush()


class _Lines:
    """What the formats here share: nothing waits but in the stream."""

    waiting = 0

    def __init__(self, out: BinaryIO, fields: Sequence[Field]) -> None:
        self._out = out
        self._fields = fields

    def _say(self, lines: Sequence[str]) -> None:
        self._out.write("".join(f"{one}\n" for one in lines).encode())

    def flush(self) -> None:
        self._out.flush()


class _Json(_Lines):
    """One array; an object a line. ASCII, as all JSON of ours that is printed."""

    def __init__(self, out: BinaryIO, fields: Sequence[Field]) -> None:
        super().__init__(out, fields)
        self._before = "[\n"

    def write(self, rows: Sequence[Sequence[object]]) -> None:
        for row in rows:
            values = {one.name: _number(plain(value)) for one, value in zip(self._fields, row, strict=True)}
            self._out.write(f"{self._before}{json.dumps(values)}".encode())
            self._before = ",\n"

    def close(self) -> None:
        self._out.write(b"[]\n" if self._before == "[\n" else b"\n]\n")
        self.flush()


class _Markdown(_Lines):
    def __init__(self, out: BinaryIO, fields: Sequence[Field]) -> None:
        super().__init__(out, fields)
        self._say([_row([_marked(one.name) for one in fields]), _row(["---"] * len(fields))])

    def write(self, rows: Sequence[Sequence[object]]) -> None:
        self._say([_row([_marked(plain(value)) for value in row]) for row in rows])

    def close(self) -> None:
        self.flush()


class _Table(_Lines):
    """Columns as wide as the first rows ask for; what is longer is cut and ends with …; `width`: that of a line."""

    def __init__(self, out: BinaryIO, fields: Sequence[Field], width: int | None) -> None:
        super().__init__(out, fields)
        self._width = width
        self._widths: list[int] = []

    def write(self, rows: Sequence[Sequence[object]]) -> None:
        if not self._widths:
            self._begin(rows)
        self._say([self._line(row) for row in rows])

    def close(self) -> None:
        if not self._widths:
            self._begin([])
        self.flush()

    def _begin(self, rows: Sequence[Sequence[object]]) -> None:
        names = [_shown(one.name, _WIDEST) for one in self._fields]
        wanted = [[cell_len(one)] for one in names]
        for row in rows:
            for number, value in enumerate(row):
                wanted[number].append(cell_len(_shown(value, _WIDEST if self._width is None else self._width)))
        widths = [max(one) for one in wanted]
        if self._width is not None:
            widths = _narrowed(widths, self._width - 2 * (len(widths) - 1))
        self._widths = [max(one, 1) for one in widths]
        told = [_fitted(one, width) for one, width in zip(names, self._widths, strict=True)]
        self._say(["  ".join(told).rstrip(), "  ".join("─" * one for one in self._widths)])

    def _line(self, row: Sequence[object]) -> str:
        cells = []
        for value, width in zip(row, self._widths, strict=True):
            told = _shown(value, width + 1)
            number = isinstance(value, int | float) and cell_len(told) <= width
            cells.append(told.rjust(width) if number else _fitted(told, width))
        return "  ".join(cells).rstrip()


def _narrowed(widths: list[int], room: int) -> list[int]:
    """The widest columns give way, down to a least width."""
    widths = list(widths)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widest = max(widths)
        next_ = max([one for one in widths if one < widest] + [_NARROWEST])
        many = widths.count(widest)
        cut = max(widest - -(-(sum(widths) - room) // many), next_)
        widths = [cut if one == widest else one for one in widths]
    return widths


def _shown(value: object, room: int) -> str:
    """A cell in one line; NULL differs from the text NULL, and both from empty text."""
    if value is None:
        return "NULL"
    told = plain(value)
    if not isinstance(told, str):
        return str(told)
    if told == "NULL":
        return "'NULL'"
    return harmless(told[: 4 * room]).replace("\n", "⏎")  # letters of no width stand in a text, but not many


def _fitted(text: str, width: int) -> str:
    """Cut or filled up to so many places on a terminal."""
    return set_cell_size(text, width) if cell_len(text) <= width else set_cell_size(text, width - 1) + "…"


def _marked(value: object) -> str:
    if value is None:
        return "*NULL*"
    told = _MARKDOWN.sub(r"\\\1", harmless(str(value))).replace("&", "&amp;").replace("<", "&lt;")
    return told.replace("\n", "<br>")


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _number(value: object) -> object:
    """JSON has no NaN and no infinity."""
    return None if isinstance(value, float) and not math.isfinite(value) else value
