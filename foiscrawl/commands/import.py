"""`foiscrawl import FILE`: a complete copy of an archive back into an empty one, SQLite or PostgreSQL."""

import argparse
from pathlib import Path

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, say
from foiscrawl.commands.export import run_interruptible
from foiscrawl.commands.moving import Moving
from foiscrawl.errors import UsageError
from foiscrawl.spiders.job import database_url


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "FILE"

    def short_desc(self) -> str:
        return "Fill an empty archive with the rows of a SQLite archive, such as an export"

    def long_desc(self) -> str:
        return (
            "The archive is that of FOISCRAWL_DATABASE_URL. It is filled whole or not at all: into PostgreSQL each row "
            "is compared afterwards, into SQLite pages are copied and checked. "
            "The raw answers are files of their own: copy the folder of captures, too."
        )

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        if len(args) != 1:
            raise UsageError("name one SQLite file, as in: foiscrawl import archive.db")
        opts.source = Path(args[0])
        if not opts.source.is_file():
            raise UsageError(f"there is no file {opts.source}")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        self.exitcode = run_interruptible(lambda: self._import(opts.source))

    def _import(self, source: Path) -> None:
        # Imported here: Scrapy loads every command before it runs one.
        from foiscrawl.storage.copying.importing import import_archive

        assert self.settings is not None
        with Moving("import") as moving:
            rows = import_archive(source, database_url(self.settings), moving)
        say([f"{rows['articles']:,} articles with {rows['revisions']:,} revisions are in the archive"])
