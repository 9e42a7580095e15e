"""`foiscrawl report -o report.html`: the archive in plots, each with its SQL, in one file."""

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn
from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.commands.files import check_new, write_whole
from foiscrawl.commands.filters import add_filters, read_filter, zone_of
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.spiders.checks import start_of

if TYPE_CHECKING:
    from sqlalchemy import URL


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "-o FILE [options]"

    def short_desc(self) -> str:
        return "Write one page of plots of what the archive holds, each with its SQL"

    def long_desc(self) -> str:
        return (
            "FILE is an HTML page that loads nothing and runs nothing, to be read, sent and printed. Options choose "
            "articles; what they cannot choose (runs have no section) says so on the page. Needs the extra `report`."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("-o", "--output", metavar="FILE", help="the file to write")
        parser.add_argument("--force", action="store_true", help="write over an existing FILE")
        add_filters(parser)

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        super().check(args, opts)
        if not opts.output:
            raise UsageError("name the file to write, as in: foiscrawl report -o report.html")
        check_new(Path(opts.output), force=opts.force)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            text = self._page(opts)
            write_whole(Path(opts.output), text)
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return
        plots = text.count('<div class="plot"')
        say([f"{opts.output}: {plots} plots, {len(text.encode()) / 1000:,.0f} kB"])

    def _page(self, opts: argparse.Namespace) -> str:
        # Imported here: Scrapy loads every command before it runs one, and matplotlib is an extra.
        from foiscrawl.storage import reporting
        from foiscrawl.storage.reporting.sql import QUESTIONS

        try:
            from foiscrawl.report.page import Frame, page, part_count
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != "matplotlib":
                raise
            raise UsageError("foiscrawl report needs the extra `report`: pip install 'foiscrawl[report]'") from error
        assert self.settings is not None
        now = start_of(self.settings["FOISCRAWL_NOW"]) or datetime.now(UTC)
        with _bar() as bar, self.reading() as conn:
            task = bar.add_task("reading", total=len(QUESTIONS) + part_count())

            def step() -> None:
                bar.advance(task)

            zone = zone_of(conn, opts, needed=True)
            wanted = read_filter(conn, opts)
            found = reporting.ask(conn, wanted, zone, step)
            bar.update(task, description="drawing")
            return page(found, Frame(_named(conn.engine.url), now, zone.key, wanted), step)


def _named(url: "URL") -> str:
    """The archive, without a password and without the folders of this machine."""
    from foiscrawl.storage.engine import shown

    return shown(url) if url.get_backend_name() == "postgresql" else Path(shown(url)).name


def _bar() -> Progress:
    """On a terminal only: elsewhere the few seconds pass in silence."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn())
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
