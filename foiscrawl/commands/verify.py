"""`foiscrawl verify`: read the whole archive again, and name all that is not as it was written."""

import argparse
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.errors import ExitCode, FoiscrawlError, UsageError
from foiscrawl.spiders.job import capture_folder


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return "Read the whole archive again, and name all that is not as it was written"

    def long_desc(self) -> str:
        return (
            "Checks each raw answer against its row and its digests, each WARC file for what no row names, each text "
            "against its digests, counts against counters, and the database itself. "
            f"Exit codes: 0 nothing is damaged, {int(ExitCode.DAMAGED)} something is, 2 wrong use, 5 database."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--since", metavar="DATE", help="only raw answers of runs that began then or later, and texts since then"
        )
        parser.add_argument(
            "--quick", action="store_true", help="do not unpack raw answers; every byte of them is read all the same"
        )

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        super().check(args, opts)
        opts.since = _moment(opts.since)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        began, damaged = time.monotonic(), 0
        checked: list[_Steps] = []
        try:
            with _bar() as bar:
                for finding in self._findings(opts, bar, checked):
                    damaged += finding.damage
                    say([f"{'DAMAGED' if finding.damage else 'note'}: {finding.item}: {finding.what}"])
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return
        told = " and ".join(f"{one.items:,} {one.name}" for one in checked)
        found = f"{damaged:,} items are damaged" if damaged else "nothing is damaged"
        say([f"{told} checked in {time.monotonic() - began:.0f} s: {found}"])
        self.exitcode = int(ExitCode.DAMAGED if damaged else ExitCode.DONE)

    def _findings(self, opts: argparse.Namespace, bar: Progress, checked: list["_Steps"]) -> Iterator[Any]:
        # Imported here: Scrapy loads every command before it runs one.
        from foiscrawl.storage import verify_files, verify_rows

        assert self.settings is not None
        with self.reading() as conn:
            yield from verify_rows.database(conn)
            yield from verify_rows.counts(conn)
            checked.append(_Steps(bar, "texts", verify_rows.size(conn, opts.since)))
            yield from verify_rows.texts(conn, since=opts.since, step=checked[-1])
            checked.append(_Steps(bar, "raw answers", verify_files.size(conn, opts.since)))
            folder = capture_folder(self.settings)
            yield from verify_files.files(conn, folder, since=opts.since, quick=opts.quick, step=checked[-1])


class _Steps:
    """Called for each item with its size; moves the bar and counts."""

    def __init__(self, bar: Progress, name: str, total: int) -> None:
        self.name = name
        self.items = 0
        self._bar = bar
        self._task = bar.add_task(name, total=total)

    def __call__(self, size: int) -> None:
        self.items += 1
        self._bar.advance(self._task, size)


def _bar() -> Progress:
    """On a terminal only; what is found goes to the standard output meanwhile."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    return Progress(
        *columns,
        console=console,
        transient=True,
        disable=not console.is_terminal,
        redirect_stdout=False,
        redirect_stderr=False,
    )


def _moment(raw: str | None) -> datetime | None:
    """The instant that --since names, in UTC where it names no zone. Raises UsageError."""
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise UsageError(f"--since {raw} is no date; it must look like 2026-11-23") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
