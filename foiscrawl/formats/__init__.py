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
Parquet  zstd, row groups of about 10,000 rows or 6 MB at most, comments in the metadata of the schema.

In all: instants are in UTC (`2026-11-23T04:05:06Z`), bytes are hexadecimal digits where there is text only.
"""

from collections.abc import Sequence
from typing import BinaryIO, Protocol

from foiscrawl.formats.lines import Csv, JsonLines
from foiscrawl.formats.parquet import Parquet
from foiscrawl.formats.values import Field, Type, disarm, iso, plain, rearm

__all__ = ["FORMATS", "Field", "FileWriter", "Type", "Writer", "disarm", "iso", "plain", "rearm", "writer"]

FORMATS = ("csv", "jsonl", "parquet")


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
            return Csv(out, fields, formulas=formulas)
        case "jsonl":
            return JsonLines(out, fields)
        case "parquet":
            return Parquet(out, fields)
    raise ValueError(f"no such format: {format}")
