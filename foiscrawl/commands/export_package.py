"""The folder that `foiscrawl export` makes: files of rows, and datapackage.json that tells what they are."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from foiscrawl.formats import TEXT, Field, FileWriter, iso, writer

PROFILE = "https://datapackage.org/profiles/2.0/datapackage.json"
_TYPES = {"text": "string", "integer": "integer", "real": "number", "boolean": "boolean", "instant": "datetime",
          "json": "array", "binary": "string"}  # fmt: skip
_MEDIA = {"csv": "text/csv", "jsonl": "application/jsonl", "parquet": "application/vnd.apache.parquet"}
_WAITING = 2 * TEXT  # characters in memory, of all files of a table together


@dataclass
class Part:
    stream: BinaryIO
    writer: FileWriter
    rows: int = 0


@dataclass
class Rows:
    """The files of one table: one, or for Parquet one for each month of publication."""

    folder: Path
    name: str
    format: str
    fields: Sequence[Field]
    formulas: bool
    parts: dict[str, Part] = field(default_factory=dict)

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        if self.format != "parquet":
            self._append(f"{self.name}.{self.format}", rows)
            return
        month = [one.name for one in self.fields].index("published_at")
        found: dict[str, list[Sequence[Any]]] = {}
        for row in rows:
            found.setdefault(_month(row[month]), []).append(row)
        for name, some in found.items():
            self._append(f"{self.name}/month={name}/part-0.parquet", some)
        while sum(one.writer.waiting for one in self.parts.values()) > _WAITING:
            max(self.parts.values(), key=lambda one: one.writer.waiting).writer.flush()

    def _append(self, path: str, rows: Sequence[Sequence[Any]]) -> None:
        if path not in self.parts:
            file = self.folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            stream = file.open("xb")
            self.parts[path] = Part(stream, writer(self.format, stream, self.fields, formulas=self.formulas))
        self.parts[path].writer.write(rows)
        self.parts[path].rows += len(rows)

    def close(self) -> None:
        """The end of each file; a table without rows has one all the same."""
        if not self.parts:
            self._append(f"{self.name}.{self.format}", [])
        for one in self.parts.values():
            one.writer.close()
            one.stream.close()

    def abandon(self) -> None:
        for one in self.parts.values():
            one.writer.abandon()
            one.stream.close()

    def resource(self, title: str) -> dict[str, Any]:
        """What the manifest says of them; they are read again for their digests."""
        files = [_file(self.folder, path, one.rows) for path, one in sorted(self.parts.items())]
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


def _month(published: Any) -> str:
    if published is None:
        return "undated"
    return (iso(published) if isinstance(published, datetime) else str(published))[:7]


def _file(folder: Path, path: str, rows: int) -> dict[str, Any]:
    with (folder / path).open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return {"path": path, "rows": rows, "bytes": stream.tell(), "hash": f"sha256:{digest}"}


def write_manifest(folder: Path, told: Mapping[str, Any]) -> None:
    text = json.dumps({"$schema": PROFILE, **told}, ensure_ascii=False, indent=2, default=iso)
    (folder / "datapackage.json").write_text(text + "\n", "utf-8")
