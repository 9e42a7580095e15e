"""The folder that `foiscrawl export` makes: files of rows, and datapackage.json that tells what they are."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from foiscrawl.formats import Field, FileWriter, iso, writer

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {"text": "string", "integer": "integer", "real": "number", "boolean": "boolean", "instant": "datetime",
          "json": "array", "binary": "string"}  # fmt: skip
_MEDIA = {"csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}


class Behind:
    """Carries out calls in a thread of its own, one after another, at most one behind who asks for them.

    So the database is read while what was read before is packed and written; both leave Python's lock for long.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._last: Future[object] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._thread.shutdown()

    def __call__(self, work: Callable[..., object], *arguments: object) -> None:
        """Raises what the call before has raised."""
        self.settle()
        self._last = self._thread.submit(work, *arguments)

    def settle(self) -> None:
        if self._last is not None:
            self._last.result()


@dataclass
class Rows:
    """The files of one table, one after another: one, or for Parquet one for each month of publication."""

    folder: Path
    name: str
    format: str
    fields: Sequence[Field]
    formulas: bool
    counts: dict[str, int] = field(default_factory=dict)  # rows, by the path of the file
    _file: BinaryIO | None = None
    _writer: FileWriter | None = None

    def begin(self, month: str | None) -> None:
        """End the file before, if any, and begin that of this month, or that of all rows."""
        self.close()
        path = f"{self.name}/month={month}/part-0.{self.format}" if month else f"{self.name}.{self.format}"
        self.counts[path] = 0
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        self._file = file.open("xb")
        self._writer = writer(self.format, self._file, self.fields, formulas=self.formulas)

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Append to the file that was begun last."""
        assert self._writer is not None
        self._writer.write(rows)
        self.counts[next(reversed(self.counts))] += len(rows)

    def close(self) -> None:
        """The end of the last file."""
        if self._writer is not None:
            self._writer.close()
        self.abandon()

    def abandon(self) -> None:
        if self._writer is not None:
            self._writer.abandon()
        if self._file is not None:
            self._file.close()
        self._file = self._writer = None

    def resource(self, title: str) -> dict[str, Any]:
        """What the manifest says of them; they are read again for their digests."""
        files = [_told(self.folder, path, count) for path, count in sorted(self.counts.items())]
        told = {
            "name": self.name,
            "title": title,
            "path": [one["path"] for one in files] if len(files) > 1 else files[0]["path"],
            "format": self.format,
            "mediatype": _MEDIA[self.format],
            "encoding": "utf-8",
            "bytes": sum(one["bytes"] for one in files),
            "rows": sum(one["rows"] for one in files),
            "files": files,
            "schema": {
                "fields": [
                    {"name": one.name, "type": _TYPES[one.type], "description": one.comment}
                    | ({"constraints": {"required": True, "unique": True}} if one is self.fields[0] else {})
                    for one in self.fields
                ],
                "primaryKey": [self.fields[0].name],
                "missingValues": [""],
            },
        }
        return told | ({"hash": files[0]["hash"]} if len(files) == 1 else {"partitionedBy": ["month"]})


def _told(folder: Path, path: str, rows: int) -> dict[str, Any]:
    with (folder / path).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"path": path, "rows": rows, "bytes": stream.tell(), "hash": f"sha256:{digest}"}


def write_manifest(folder: Path, told: Mapping[str, Any]) -> None:
    text = json.dumps({"$schema": PROFILE, **told}, ensure_ascii=False, indent=2, default=iso)
    (folder / "datapackage.json").write_text(text + "\n", "utf-8")
