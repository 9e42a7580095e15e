"""Put one question of `foiscrawl query`, and write its answer while it comes."""

import os
import sys
import time
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from rich.console import Console
from rich.status import Status

from foiscrawl.commands import refused
from foiscrawl.commands.query_formats import writer
from foiscrawl.errors import FoiscrawlError, TimeLimit, UsageError, cannot_write
from foiscrawl.formats import Field, Type

if TYPE_CHECKING:  # Scrapy loads every module of commands before it runs one
    from foiscrawl.storage.asking import Reader
    from foiscrawl.storage.asking.answer import Answer

_MEMORY = 2**30  # bytes that the process may grow by
_MEMORY_PARQUET = 2**33  # Arrow reserves addresses that it does not use


class Output:
    """Where an answer goes: the standard output, or a file that is there only when it is whole."""

    def __init__(self, file: Path | None, *, force: bool) -> None:
        self.file = file
        self._force = force
        self._part = None if file is None else file.with_name(f".{file.name}.{os.getpid()}.part")
        if file is None and sys.stdout is None:
            raise UsageError("the standard output is closed; write to a file with -o FILE")
        self.terminal = file is None and sys.stdout.isatty()
        self.stream = cast("BinaryIO", sys.stdout.buffer if file is None else None)

    def __enter__(self) -> "Output":
        if self._part is not None:
            try:
                self.stream = self._part.open("xb")
            except OSError as error:
                raise self.refused(error) from error
        return self

    def __exit__(self, type_: type[BaseException] | None, _error: object, _trace: TracebackType | None) -> None:
        if self._part is None or self.file is None:
            return
        try:
            self.stream.close()
            if type_ is None:
                self._place(self._part, self.file)
        except OSError as error:
            raise self.refused(error) from error
        finally:
            self.discard()

    def refused(self, error: OSError) -> FoiscrawlError:
        """Our error for that of a write."""
        if self.file is None:
            drop_output()
        return cannot_write(self.file or "the output", error)

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

    status = Console(stderr=True).status("Asking …")
    try:
        with status, reader.ask(sql, values, seconds=seconds, give_up=give_up) as answer:
            _write(answer, output, format_, formulas=formulas, progress=status)
    except MemoryError:
        raise UsageError("the answer needs more memory than a question may use") from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output.refused(error) from error


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


def drop_output() -> None:
    """Nobody reads any more, or nothing can be written: else Python complains when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _write(answer: "Answer", output: Output, format_: str, *, formulas: bool, progress: Status) -> None:
    began, count = time.monotonic(), 0
    batches = iter(answer.batches)
    first = next(batches, [])
    fields = _fields(answer, first, format_)
    out = writer(format_, output.stream, fields, formulas=formulas, terminal=output.terminal)
    if output.file is None:
        progress.stop()  # it would stand between the rows
    try:
        for batch in chain([first], batches):
            if format_ == "parquet":
                _check_types(batch, fields)
            out.write(batch)
            count += len(batch)
            if output.file is None:
                output.stream.flush()
            progress.update(f"{count:,} rows")
        out.close()
    finally:
        if format_ == "parquet":  # its writer would write its end later, where there is no file any more
            out.close()
    if output.terminal and format_ == "table":
        print(f"({count:,} {'row' if count == 1 else 'rows'}, {time.monotonic() - began:.2f} s)", file=sys.stderr)


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
