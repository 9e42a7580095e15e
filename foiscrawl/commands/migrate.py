"""`foiscrawl migrate`: create or upgrade the archive's tables."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.errors import FoiscrawlError
from foiscrawl.spiders.job import database_url
from foiscrawl.storage.engine import make_engine

LINE_EVERY = 10_000  # texts


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return ""

    def short_desc(self) -> str:
        return "Create or upgrade the tables of the archive (SQLite does it at the first crawl by itself)"

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy loads every command before it runs one, and Alembic takes a quarter of a second.
        from foiscrawl.storage import migrate

        assert self.settings is not None
        try:
            engine = make_engine(database_url(self.settings))
            before, head = migrate.current_and_head(engine)
            migrate.upgrade(engine)
            with _progress() as step:
                made = migrate.make_searchable(engine, step)
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return
        say([f"already at {head}" if before == head else f"upgraded from {before or 'nothing'} to {head}"])
        if made:
            say([f"made {made:,} texts searchable"])


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """What is to be called with how many are done, and of how many: a bar on a terminal, else a line now and then."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("making texts searchable", total=None)

        def step(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            if not console.is_terminal and (done == total or done % LINE_EVERY == 0):
                print(f"made {done:,} of {total:,} texts searchable", file=sys.stderr, flush=True)

        yield step
