"""What all formats share: fields, and values as text."""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Literal

Type = Literal["text", "integer", "real", "boolean", "instant", "json", "binary"]
_COUNTED = 500  # rows that are handed on between two looks at how much text waits

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_ARMED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")


@dataclass(frozen=True, slots=True)
class Field:
    """One column. json: JSON as text, or values that can be written as JSON."""

    name: str
    type: Type
    comment: str = ""


def disarm(cell: str) -> str:
    """The text so that no spreadsheet takes it for a formula; see the rule above."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def rearm(cell: str) -> str:
    """The very text again, of a cell that `disarm` gave."""
    return cell[1:] if _ARMED.match(cell) else cell


def iso(moment: datetime) -> str:
    """The instant as the archive writes it: UTC, with fractions of a second only where there are any."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def plain(value: Any, type_: Type = "text") -> Any:
    """The value as text, number, boolean or None; the same for all formats that are text."""
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if type_ == "json":
        return json.dumps(value, ensure_ascii=False, default=str)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, datetime):
        return iso(value) if value.tzinfo else value.isoformat()
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | dict | tuple):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)


def pieces(rows: Sequence[Sequence[object]]) -> Iterator[Sequence[Sequence[object]]]:
    return (rows[first : first + _COUNTED] for first in range(0, len(rows), _COUNTED))
