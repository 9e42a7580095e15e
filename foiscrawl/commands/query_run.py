"""Put one question of `foiscrawl query`, and write its answer while it comes."""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from rich.console import Console

from foiscrawl.commands import refused
from foiscrawl.commands.query_formats import writer
from foiscrawl.errors import TimeLimit, UsageError
from foiscrawl.formats import Field, Type, Writer

if TYPE_CHECKING:  # Scrapy loads every module of commands before it runs one
    from foiscrawl.storage.asking import Reader
    from foiscrawl.storage.asking_answer import Answer

_MEMORY = 2**30  # bytes that the process may grow by
_MEMORY_PARQUET = 2**33  # Arrow reserves addresses that it does not use


class Output:
    """Where an answer goes: the standard output, or a file that is there only when it is whole."""

    def __init__(self, file: Path | None, *, force: bool) -> None:
        self.file = file
        self.terminal = file is None and sys.stdout.isatty()
        self._force = force
        self._part = None if file is None else file.with_name(f".{file.name}.{os.getpid()}.part")
        self.stream: BinaryIO = sys.stdout.buffer

    def __enter__(self) -> "Output":
        if self._part is not None:
            try:
                self.stream = self._part.open("xb")
            except OSError as error:
                raise UsageError(f"{self.file} cannot be written: {error.strerror}") from error
        return self

    def __exit__(self, type_: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if self._part is None or self.file is None:
            return
        try:
            self.stream.close()
            if type_ is None:
                self._place(self._part, self.file)
        except OSError as error:
            raise UsageError(f"{self.file} cannot be written: {error.strerror}") from error
        finally:
            self.discard()

    def discard(self) -> None:
        if self._part is not None:
            self._part.unlink(missing_ok=True)

    def _place(self, part: Path, file: Path) -> None:
        if not self._force and file.exists():
            raise UsageError(f"{file} has come meanwhile; write over it with --force")
        part.replace(file)


def run(
    reader: "Reader",
    sql: str,
    values: dict[str, str],
    seconds: float,
    output: Output,
    format_: str,
    *,
    formulas: bool,
) -> None:
    """Raises what `Reader.ask` raises, UsageError for an answer that the format cannot hold, and BrokenPipeError."""

    def give_up() -> None:
        """The database does not obey. It cannot hold us up: it is a library that reads, or a server that goes on."""
        output.discard()
        code = refused(TimeLimit(f"stopped after {seconds:g} s; --limit-seconds allows a question more"))
        sys.stderr.flush()
        os._exit(code)

    began, count = time.monotonic(), 0
    with reader.ask(sql, values, seconds=seconds, give_up=give_up) as answer:
        batches = iter(answer.batches)
        first = next(batches, [])
        fields = _fields(answer, first, format_)
        out = writer(format_, output.stream, fields, formulas=formulas, terminal=output.terminal)
        try:
            with Console(stderr=True).status("Asking …") as status:
                batch = first
                while batch:
                    _write(out, batch, fields, format_, output)
                    count += len(batch)
                    if output.file is not None:
                        status.update(f"{count:,} rows")
                    batch = next(batches, [])
                out.close()
        except MemoryError:
            raise UsageError("the answer needs more memory than a question may use") from None
    if output.terminal and format_ == "table":
        print(f"({count:,} {'row' if count == 1 else 'rows'}, {time.monotonic() - began:.2f} s)", file=sys.stderr)


def bound_memory(*, parquet: bool) -> None:
    """A server may send a row of a gigabyte; this process must not grow without end for it."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    except (ImportError, OSError):  # not Linux
        return
    most = pages * resource.getpagesize() + (_MEMORY_PARQUET if parquet else _MEMORY)
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))


def _write(out: Writer, batch: Sequence[Sequence[Any]], fields: Sequence[Field], format_: str, output: Output) -> None:
    try:
        if format_ == "parquet":
            _check_types(batch, fields)
        out.write(batch)
        if output.file is None:
            output.stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise UsageError(f"{output.file or 'the output'} cannot be written: {error.strerror}") from error


def _fields(answer: "Answer", first: Sequence[Sequence[Any]], format_: str) -> list[Field]:
    """The columns for the writers. SQLite tells no types; the first rows show them."""
    names = [one.name for one in answer.columns]
    twice = next((one for one in names if names.count(one) > 1), None)
    if twice is not None and format_ in ("json", "jsonl", "parquet"):
        raise UsageError(f"two columns of the answer are called {twice}; give one another name with AS")
    return [
        Field(one.name, cast("Type", one.type or _seen_type([row[number] for row in first])))
        for number, one in enumerate(answer.columns)
    ]


def _seen_type(values: Sequence[Any]) -> Type:
    kinds = {type(one) for one in values} - {type(None)}
    if kinds == {int}:
        return "integer"
    if kinds and kinds <= {int, float}:
        return "real"
    return "binary" if kinds == {bytes} else "text"


def _check_types(batch: Sequence[Sequence[Any]], fields: Sequence[Field]) -> None:
    """Raises UsageError for a value that is not of the kind of its column's first rows, which only SQLite allows."""
    kinds: dict[str, tuple[type, ...]] = {"integer": (int,), "real": (int, float), "binary": (bytes,)}
    for number, field in enumerate(fields):
        kind = kinds.get(field.type)
        if kind and not all(row[number] is None or isinstance(row[number], kind) for row in batch):
            raise UsageError(f"the column {field.name} is not {field.type} in each row; write CAST({field.name} AS …)")
