"""`foiscrawl export OUT`: hand the archive on, or some of its articles, as files of rows or as a whole archive."""

import argparse
import gc
import secrets
import shutil
import signal
import sys
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

from scrapy.commands import ScrapyCommand
from scrapy.settings import BaseSettings

from foiscrawl import __version__
from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.commands.filters import add_filters, read_filter
from foiscrawl.commands.moving import Moving
from foiscrawl.errors import ExitCode, FoiscrawlError, UsageError, cannot_write
from foiscrawl.spiders.arguments import nearest
from foiscrawl.spiders.job import database_url

FORMATS = ("parquet", "csv", "jsonl", "sqlite")
_SUFFIXES = {".db": "sqlite", ".sqlite": "sqlite", ".sqlite3": "sqlite"}


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "OUT [options]"

    def short_desc(self) -> str:
        return "Hand the archive on: Parquet, CSV or JSON Lines with a manifest, or a complete copy in SQLite"

    def long_desc(self) -> str:
        return (
            "OUT is a new folder with the files and datapackage.json, or for sqlite one file, an archive again. It is "
            "there only when it is whole. Exit codes: 0 done, 2 wrong use, 5 database, "
            f"{int(ExitCode.DISK)} disk full, {int(ExitCode.INTERRUPTED)} interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--format", metavar="FORMAT", help=f"{', '.join(FORMATS)} (default: sqlite for OUT.db, else parquet)"
        )
        parser.add_argument("--history", action="store_true", help="all revisions, too; sqlite always has them")
        parser.add_argument("--force", action="store_true", help="replace an existing OUT")
        parser.add_argument("--formulas", action="store_true", help="leave CSV cells as they are, for programs")
        add_filters(parser)

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1 or not args[0].strip():
            raise UsageError("name one folder or file to be made, as in: foiscrawl export articles")
        if args[0].startswith("-"):
            raise UsageError(f"unknown option {args[0]}; a name that begins with - is written ./{args[0]}")
        opts.out = Path(args[0])
        opts.format = opts.format or _SUFFIXES.get(opts.out.suffix.lower(), "parquet")
        if opts.format not in FORMATS:
            raise UsageError(f"--format {opts.format} is unknown; {nearest(opts.format, FORMATS)}")
        if opts.formulas and opts.format != "csv":
            raise UsageError(f"--formulas is of use with CSV only, not with {opts.format}")
        _check_place(opts.out, is_file=opts.format == "sqlite", force=opts.force)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        self.exitcode = run_interruptible(lambda: _export(opts, self.settings))


def run_interruptible(work: Any) -> int:
    """The exit code. SIGTERM is taken as Ctrl-C is, so that nothing is left behind."""

    def stop(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        work()
    except FoiscrawlError as error:
        return refused(error)
    except KeyboardInterrupt:
        print("foiscrawl: interrupted; nothing was left behind", file=sys.stderr)
        return int(ExitCode.INTERRUPTED)
    return 0


def _check_place(out: Path, *, is_file: bool, force: bool) -> None:
    try:
        if not out.parent.is_dir():
            raise UsageError(f"there is no folder {out.parent}")
        if not (out.exists() or out.is_symlink()):
            return
        if not force:
            raise UsageError(f"{out} exists; name another or replace it with --force")
        if out.is_symlink() or (is_file and not out.is_file()) or (not is_file and not _is_package(out)):
            what = "a SQLite file" if is_file else "a folder that an export has made"
            raise UsageError(f"{out} is not {what}; it is not replaced")
    except (OSError, ValueError) as error:
        raise UsageError(f"{out} cannot be used: {getattr(error, 'strerror', None) or error}") from error


def _is_package(out: Path) -> bool:
    """Only what an export has made is ever removed."""
    return out.is_dir() and (out / "datapackage.json").is_file()


def _export(opts: argparse.Namespace, settings: BaseSettings) -> None:
    # Imported here: Scrapy loads every command before it runs one.
    from sqlalchemy.exc import DBAPIError

    from foiscrawl.storage.copying import copy_archive
    from foiscrawl.storage.engine import translate
    from foiscrawl.storage.migrate import open_archive
    from foiscrawl.storage.opened import snapshot

    engine = open_archive(database_url(settings), read_only=True)
    try:
        with snapshot(engine) as conn:
            wanted = read_filter(conn, opts)
            if opts.format != "sqlite":
                with _folder(opts.out) as folder, Moving("rows") as moving:
                    told = _package(conn, folder, wanted, opts, moving)
        if opts.format == "sqlite":
            with Moving("archive") as moving:
                copied = copy_archive(engine, opts.out, moving, wanted)
            more = copied.rows["articles"] - copied.meant
            came = f", {more:,} of them because others refer to them" if more else ""
            told = f"{copied.rows['articles']:,} articles{came}"
    except DBAPIError as error:
        raise translate(error, engine.url) from error
    finally:
        engine.dispose()
    say([f"{opts.out}: {told}"])


@contextmanager
def _folder(out: Path) -> Iterator[Path]:
    """A folder beside the place, which gets its name at the end and goes when there is none."""
    part = out.with_name(f".{out.name}.{secrets.token_hex(4)}.part")
    old = out.with_name(f".{out.name}.{secrets.token_hex(4)}.old")
    try:
        part.mkdir(mode=0o700)
        yield part
        if out.exists():
            out.rename(old)
        part.rename(out)
    except OSError as error:
        raise cannot_write(out, error) from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if old.exists():
            if out.exists():
                shutil.rmtree(old, ignore_errors=True)
            else:
                old.rename(out)


def _package(conn: Any, folder: Path, wanted: Any, opts: argparse.Namespace, moving: Moving) -> str:
    from foiscrawl.commands.export_package import Behind, Rows, write_manifest
    from foiscrawl.storage import exporting
    from foiscrawl.storage.migrate import head

    gc.freeze()  # else what the program has loaded is looked through again and again, a tenth of the time
    names = ["articles", "revisions"] if opts.history else ["articles"]
    known = exporting.known_sites(conn)
    chosen = {name: exporting.months(conn, name, wanted) for name in names}
    of = sum(len(numbers) for months in chosen.values() for numbers in months.values())
    packed, done, resources = opts.format == "parquet", 0, []
    for name, months in chosen.items():
        rows = Rows(folder, name, opts.format, exporting.fields(name), opts.formulas)
        files: Any = months if packed and months else {None: array("q", sorted(chain(*months.values())))}
        try:
            with Behind() as behind:
                for month, numbers in files.items():
                    behind(rows.begin, month)
                    for some in exporting.rows(conn, name, numbers, known, encoded=packed):
                        behind(rows.write, some)
                        done += len(some)
                        moving(done, of)
                behind(rows.close)
                behind.settle()
        finally:
            rows.abandon()
        resources.append(rows.resource(exporting.COMMENTS[name]))
    first, last = exporting.collected(conn)
    manifest = {
        "name": "foiscrawl-export",
        "title": "Articles of a foiscrawl archive",
        "created": datetime.now(UTC).replace(microsecond=0),
        "version": __version__,
        "sources": exporting.sources(conn),
        "resources": resources,
        "foiscrawl": {
            "version": __version__,
            "schema": head(),
            "command": ["foiscrawl", "export", *sys.argv[2:]],
            "filter": wanted.told(),
            "first_fetch": first,
            "last_fetch": last,
            "formulas_disarmed": opts.format == "csv" and not opts.formulas,
        },
    }
    write_manifest(folder, manifest)
    return ", ".join(f"{one['rows']:,} {one['name']}" for one in resources)
