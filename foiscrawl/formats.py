"""Rows into CSV, JSON Lines or Parquet: one writer for each format, over a binary stream. Knows of no database.

What a reader of the files may rely on:

CSV      UTF-8, RFC 4180 (commas, CR LF, quotes doubled), names in the first line. NULL is an empty cell, empty text is
         a quoted empty cell (`""`); readers that do not look at quotes take both for the same.
         A text that a spreadsheet would take for a formula gets one apostrophe before it: one whose first character,
         after any apostrophes, is = + - @, tab, line feed, carriage return or a full-width = + - @. So a cell that
         begins with apostrophes and one of these loses its first apostrophe to be the very text again (`disarm` and
         `rearm`). Numbers and instants are left as they are.
JSONL    One object per line, UTF-8, names in the order of the fields, NULL as null. Numbers that JSON does not have
         (NaN, infinity) are null.
Parquet  zstd, row groups of about ROWS rows or TEXT bytes at most, comments in the metadata of the schema.

In all: instants are in UTC (`2026-11-23T04:05:06Z`), bytes are hexadecimal digits where there is text only.
"""

import json
import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from importlib.abc import MetaPathFinder
from typing import Any, BinaryIO, Literal, Protocol

from foiscrawl.errors import UsageError

Type = Literal["text", "integer", "real", "boolean", "instant", "json", "binary"]
FORMATS = ("csv", "jsonl", "parquet")
ROWS = 10_000  # of a row group
TEXT = 6_000_000  # bytes of a row group before they are packed, about: what is kept in memory
_COUNTED = 500  # rows that are handed on between two looks at how much text waits

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
_ARMED = re.compile(r"'+[=+\-@\t\r\n＝＋－＠]")
_QUOTED = re.compile(r'[",\r\n]')


@dataclass(frozen=True, slots=True)
class Field:
    """One column. json: JSON as text, or values that can be written as JSON."""

    name: str
    type: Type
    comment: str = ""


class Writer(Protocol):
    """Writes rows to a stream, which stays open.

    An instant may be an aware datetime or ISO text with a zone; json may be text or what json.dumps takes.
    """

    def write(self, rows: Sequence[Sequence[object]]) -> None:
        """Append; values in the order of the fields."""

    def close(self) -> None:
        """Write what waits, and the end of the file. The file is not whole before."""

    @property
    def waiting(self) -> int:
        """About how many bytes wait in memory."""

    def flush(self) -> None:
        """Write what waits."""


class FileWriter(Writer, Protocol):
    """Of a file, which may be given up."""

    def abandon(self) -> None:
        """Write nothing more; the stream may be closed."""


def writer(
    format: str,  # noqa: A002 (the word for it)
    out: BinaryIO,
    fields: Sequence[Field],
    *,
    formulas: bool = False,
) -> FileWriter:
    """A writer for one of FORMATS; `formulas` leaves CSV cells as they are.

    Raises UsageError when Parquet is wanted and pyarrow is not installed.
    """
    match format:
        case "csv":
            return _Csv(out, fields, formulas=formulas)
        case "jsonl":
            return _JsonLines(out, fields)
        case "parquet":
            return _Parquet(out, fields)
    raise ValueError(f"no such format: {format}")


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


class _Lines:
    """What the two formats of lines share: nothing waits."""

    waiting = 0

    def __init__(self, out: BinaryIO, line: Callable[[Sequence[object]], str]) -> None:
        self._out = out
        self._line = line

    def write(self, rows: Sequence[Sequence[object]]) -> None:
        for some in _pieces(rows):
            self._out.write("".join(map(self._line, some)).encode())

    def flush(self) -> None:
        self._out.flush()

    def close(self) -> None:
        self._out.flush()

    def abandon(self) -> None:
        return


class _Csv(_Lines):
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


class _JsonLines(_Lines):
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


class _Parquet:
    def __init__(self, out: BinaryIO, fields: Sequence[Field]) -> None:
        try:
            import pyarrow
            from pyarrow import parquet
        except ModuleNotFoundError as error:
            raise UsageError("Parquet needs the extra `export`: pip install 'foiscrawl[export]'") from error
        _leave_pandas_out(pyarrow)
        self._arrow = pyarrow
        self._fields = fields
        self._schema = pyarrow.schema([_arrow_field(pyarrow, one) for one in fields])
        # Without dictionaries: zstd makes up for them, and they cost time and memory.
        self._writer = parquet.ParquetWriter(out, self._schema, compression="zstd", use_dictionary=False)
        self._batches: list[Any] = []
        self._rows = self.waiting = 0

    def write(self, rows: Sequence[Sequence[object]]) -> None:
        # Into columns at once: Arrow keeps less memory than Python does, and knows how much it is.
        for some in _pieces(rows):
            columns = zip(self._fields, self._schema, zip(*some, strict=True), strict=True)
            arrays = [_array(self._arrow, ours.type, theirs.type, values) for ours, theirs, values in columns]
            batch = self._arrow.RecordBatch.from_arrays(arrays, schema=self._schema)
            self._batches.append(batch)
            self._rows += len(some)
            self.waiting += batch.nbytes
            if self._rows >= ROWS or self.waiting >= TEXT:
                self.flush()

    def flush(self) -> None:
        if self._batches:
            table = self._arrow.Table.from_batches(self._batches, self._schema)
            self._batches, self._rows, self.waiting = [], 0, 0
            self._writer.write_table(table)

    def close(self) -> None:
        self.flush()
        self._writer.close()

    def abandon(self) -> None:
        self._writer.is_open = False  # else it would write the end of the file when it is forgotten


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, *_: object) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname)


def _leave_pandas_out(arrow: Any) -> None:
    """At its first array Arrow loads pandas, if it is installed, only to know its types: 0.3 s and 45 MB for nothing.

    Who asks Arrow for pandas later gets it all the same.
    """
    if "pandas" not in sys.modules:
        finder = _NoPandas()
        sys.meta_path.insert(0, finder)
        try:
            arrow.array([])
        finally:
            sys.meta_path.remove(finder)


def _arrow_field(arrow: Any, field: Field) -> Any:
    types = {
        "text": arrow.string(),
        "integer": arrow.int64(),
        "real": arrow.float64(),
        "boolean": arrow.bool_(),
        "instant": arrow.timestamp("us", tz="UTC"),
        "json": arrow.string(),
        "binary": arrow.binary(),
    }
    metadata = {"comment": field.comment} if field.comment else None
    return arrow.field(field.name, types[field.type], metadata=metadata)


def _array(arrow: Any, ours: Type, theirs: Any, values: Sequence[Any]) -> Any:
    """One column. Instants that came as text are read by Arrow, all at once."""
    match ours:
        case "text" | "json":
            try:
                return arrow.array(values, theirs)  # texts and NULL, as nearly always
            except (arrow.ArrowTypeError, arrow.ArrowInvalid):
                pass
            return arrow.array([one if isinstance(one, str) else _text(one, ours) for one in values], theirs)
        case "boolean":
            return arrow.array([None if one is None else bool(one) for one in values], theirs)
        case "real":
            return arrow.array([None if one is None else float(one) for one in values], theirs)
        case "instant" if any(isinstance(one, str) for one in values):
            told = [iso(one) if isinstance(one, datetime) else one for one in values]
            return arrow.array(told, arrow.string()).cast(theirs)
    return arrow.array(values, theirs)


def _text(value: Any, type_: Type) -> str | None:
    told = plain(value, type_)
    return None if told is None else str(told)


def _pieces(rows: Sequence[Sequence[object]]) -> Iterator[Sequence[Sequence[object]]]:
    return (rows[first : first + _COUNTED] for first in range(0, len(rows), _COUNTED))
