"""Parquet, by Arrow; loaded only where it is written."""

import sys
from collections.abc import Sequence
from datetime import datetime
from importlib.abc import MetaPathFinder
from typing import Any, BinaryIO

from foiscrawl.errors import UsageError
from foiscrawl.formats.values import Field, Type, iso, pieces, plain

ROWS = 10_000  # of a row group
TEXT = 6_000_000  # bytes of a row group before they are packed, about: what is kept in memory


class Parquet:
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
        for some in pieces(rows):
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
