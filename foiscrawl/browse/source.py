"""The SQLite file that is shown: the archive itself, or a snapshot of a PostgreSQL one."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, make_url

from foiscrawl.errors import SchemaBehind, UsageError
from foiscrawl.storage.copying import Step, snapshots
from foiscrawl.storage.engine import shown, sqlite_file
from foiscrawl.storage.migrate import open_archive

Making = Callable[[Callable[[Step], None]], None]


@dataclass(frozen=True, slots=True)
class Source:
    """engine: read-only, of the file. note: a line for people; None: this is the archive itself."""

    file: Path
    engine: Engine
    note: str | None = None


@contextmanager
def opened(url: str, kept: Path | None, fresh: bool, making: Making) -> Iterator[Source]:
    """kept: where a snapshot stays, and is taken from unless `fresh`; None: it goes in the end.

    making: called with the work of making a snapshot, which it runs and shows. Raises FoiscrawlError.
    """
    file = sqlite_file(make_url(url)) if url.startswith("sqlite") else None
    if file is not None:
        if kept is not None:
            raise UsageError("--snapshot is of use with a PostgreSQL archive only; this one is a SQLite file already")
        with _disposed(open_archive(url, read_only=True)) as engine:
            yield Source(file, engine)
        return
    with tempfile.TemporaryDirectory(prefix="foiscrawl-") as folder:
        file = kept or Path(folder) / "snapshot.db"
        if file.exists() and not (file.is_file() and snapshots.is_snapshot(file)):
            raise UsageError(f"{file} is no snapshot of ours; name another file")
        if fresh or not file.exists():
            with _disposed(open_archive(url, read_only=True)) as archive:
                making(lambda step: snapshots.make(archive, file, step))
        try:
            engine = open_archive(f"sqlite:///{file}", read_only=True)
        except SchemaBehind as error:
            raise UsageError(f"{file} was made by another version of foiscrawl; make it anew with --fresh") from error
        with _disposed(engine):
            made = datetime.fromtimestamp(file.stat().st_mtime, UTC)
            yield Source(file, engine, f"A snapshot of {shown(make_url(url))}, made {made:%Y-%m-%d %H:%M} UTC.")


@contextmanager
def _disposed(engine: Engine) -> Iterator[Engine]:
    try:
        yield engine
    finally:
        engine.dispose()
