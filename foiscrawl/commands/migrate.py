"""`foiscrawl migrate`: create or upgrade the archive's tables."""

import argparse

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.errors import FoiscrawlError
from foiscrawl.spiders.job import database_url
from foiscrawl.storage.engine import make_engine


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
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return
        say([f"already at {head}" if before == head else f"upgraded from {before or 'nothing'} to {head}"])
