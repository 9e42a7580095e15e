"""`foiscrawl browse`: the archive in a web browser, on this machine only."""

import argparse
import signal
import sys
import time
import webbrowser
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.errors import ExitCode, FoiscrawlError, UsageError
from foiscrawl.spiders.job import database_url

PORT = 8001
QUIET = 30  # s between two lines where there is no terminal


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "[--port PORT] [--open] [--snapshot FILE [--fresh]]"

    def short_desc(self) -> str:
        return "Open the archive in a web browser: articles, fronts, removals, tables, SQL"

    def long_desc(self) -> str:
        return (
            "Serves pages on 127.0.0.1 until Ctrl-C. The archive is only read, a crawl may go on meanwhile. What is "
            "archived is shown as cleaned text: no script of it runs and nothing is loaded from elsewhere. Of a "
            "PostgreSQL archive a snapshot is made and shown."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--port", default=str(PORT), metavar="PORT", help=f"port on 127.0.0.1 (default {PORT}; 0: any free one)"
        )
        parser.add_argument("--open", action="store_true", help="show it in this machine's web browser")

        parser.add_argument(
            "--snapshot", metavar="FILE", help="of PostgreSQL: keep the snapshot here, and show it again next time"
        )
        parser.add_argument("--fresh", action="store_true", help="make the snapshot anew")

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        super().check(args, opts)
        if not (opts.port.isascii() and opts.port.isdecimal() and len(opts.port) < 6 and int(opts.port) < 65536):
            raise UsageError(f"--port {opts.port} is no port; it is a number from 0 to 65535")
        if opts.fresh and opts.snapshot is None:
            raise UsageError("--fresh is of use with --snapshot only")
        if opts.snapshot is not None and not Path(opts.snapshot).parent.is_dir():
            raise UsageError(f"there is no folder {Path(opts.snapshot).parent}")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            _serve(database_url(self.settings), opts)
        except FoiscrawlError as error:
            self.exitcode = refused(error)
        except KeyboardInterrupt:  # while a snapshot is made
            self.exitcode = ExitCode.INTERRUPTED


def _serve(url: str, opts: argparse.Namespace) -> None:
    # Imported here: Scrapy loads every command before it runs one, and the extra may be absent.
    try:
        from foiscrawl.browse import server
    except ModuleNotFoundError as error:
        if str(error.name).startswith("foiscrawl"):
            raise
        raise UsageError("browse needs the extra `browse`: pip install 'foiscrawl[browse]'") from error
    from foiscrawl.browse.source import opened

    signal.signal(signal.SIGTERM, signal.default_int_handler)  # else a snapshot that is being made would stay
    kept = Path(opts.snapshot) if opts.snapshot is not None else None
    with (
        server.listen(int(opts.port)) as door,
        opened(url, kept, opts.fresh, _making) as source,
    ):
        if source.note:
            say([source.note])
        made = server.make(source.file, source.engine, source.note)
        server.serve(made, door, lambda address: _started(address, opts.open))


def _making(work: Callable[[Callable[[int, int], object]], None]) -> None:
    """Make a snapshot, and say on stderr how far it is: a bar on a terminal, else a line now and then."""
    console = Console(stderr=True)
    columns = TextColumn("snapshot"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("", total=None)
        told = time.monotonic()

        def step(done: int, total: int) -> None:
            nonlocal told
            bar.update(task, completed=done, total=total)
            if not console.is_terminal and time.monotonic() - told >= QUIET:
                told = time.monotonic()
                print(f"foiscrawl: {done:,} of {total:,} rows copied", file=sys.stderr)

        work(step)


def _started(address: str, show: bool) -> None:
    say([f"The archive is at {address} (only on this machine; Ctrl-C ends it)"])
    if show and not webbrowser.open(address):
        print("foiscrawl: no web browser was found; open the address yourself", file=sys.stderr)
