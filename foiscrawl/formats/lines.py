"""The two formats of lines: CSV and JSON Lines."""

import json
import math
import re
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

from foiscrawl.formats.values import Field, Type, disarm, pieces, plain

_QUOTED = re.compile(r'[",\r\n]')


class _Lines:
    """What the two formats of lines share: nothing waits."""

    waiting = 0

    def __init__(self, out: BinaryIO, line: Callable[[Sequence[object]], str]) -> None:
        self._out = out
        self._line = line

    def write(self, rows: Sequence[Sequence[object]]) -> None:
        for some in pieces(rows):
            self._out.write("".join(map(self._line, some)).encode())

    def flush(self) -> None:
        self._out.flush()

    def close(self) -> None:
        self._out.flush()

    def abandon(self) -> None:
        return


class Csv(_Lines):
    def __init__(self, out: BinaryIO, fields: Sequence[Field], *, formulas: bool) -> None:
        types = [one.type for one in fields]

        def line(row: Sequence[object]) -> str:
            cells = [_cell(value, type_, formulas) for value, type_ in zip(row, types, strict=True)]
            return ",".join(cells) + "\r\n"

        super().__init__(out, line)
        names = [_cell(one.name, "text", formulas) for one in fields]
        out.write((",".join(names) + "\r\n").encode())


def _cell(value: Any, type_: Type, formulas: bool) -> str:
    if value is None:
        return ""
    told = plain(value, type_)
    if isinstance(told, bool) or type_ == "boolean":
        return "true" if told else "false"
    if not isinstance(told, str):
        return str(told)
    if not formulas:
        told = disarm(told)
    return '"' + told.replace('"', '""') + '"' if not told or _QUOTED.search(told) else told


class JsonLines(_Lines):
    def __init__(self, out: BinaryIO, fields: Sequence[Field]) -> None:
        encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode
        keys = [f"{encode(one.name)}:" for one in fields]
        types = [one.type for one in fields]

        def value(raw: Any, type_: Type) -> str:
            if type_ == "json" and isinstance(raw, str):
                return _one_line(raw)
            if type_ == "json":
                return encode(raw)
            if type_ == "boolean" and raw is not None:
                raw = bool(raw)
            told = plain(raw)
            return "null" if isinstance(told, float) and not math.isfinite(told) else encode(told)

        def line(row: Sequence[object]) -> str:
            cells = [key + value(raw, type_) for key, raw, type_ in zip(keys, row, types, strict=True)]
            return "{" + ",".join(cells) + "}\n"

        super().__init__(out, line)


def _one_line(raw: str) -> str:
    """JSON text as it stands, unless it has line ends between its parts; text that is no JSON as a string."""
    try:
        read = json.loads(raw)
    except ValueError:
        return json.dumps(raw, ensure_ascii=False)
    return raw if "\n" not in raw and "\r" not in raw else json.dumps(read, ensure_ascii=False)
