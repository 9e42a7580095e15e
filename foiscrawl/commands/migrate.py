"""`foiscrawl migrate`: create or upgrade the archive's tables."""

import argparse
from typing import ClassVar

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError as ScrapyUsageError

from foiscrawl.commands import check_pairs, refuse_in_one_line, refused, say
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.spiders.checks import check_settings
from foiscrawl.spiders.job import database_url
from foiscrawl.storage.engine import make_engine


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, object]] = {"LOG_ENABLED": False}

    def syntax(self) -> str:
        return ""

    def short_desc(self) -> str:
        return "Create or upgrade the tables of the archive (SQLite does it at the first crawl by itself)"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        refuse_in_one_line(parser)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            check_pairs("-s", opts.set)
            super().process_options(args, opts)
            assert self.settings is not None
            check_settings(self.settings)
            if args:
                raise UsageError(f"unknown argument {args[0]}; foiscrawl migrate takes none")
        except (FoiscrawlError, OSError) as error:
            raise ScrapyUsageError(error, print_help=False) from error

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
