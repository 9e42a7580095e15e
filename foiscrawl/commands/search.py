"""`foiscrawl search "terres rares"`: the articles that answer, headlines first, newest first."""

import argparse
from typing import Any

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.commands.filters import add_filters
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.search_query import Query, parse

MOST = 1_000  # answers on a page
DEEPEST = 100_000  # answers up to the end of a page


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "QUESTION [--section NAME] [--since DATE] [--limit 20] [--page 2] [--history] [--json | --sql]"

    def short_desc(self) -> str:
        return "Search the texts of the archive, blind to accents, case and inflection"

    def long_desc(self) -> str:
        return (
            'Words that stand side by side must all be there. "terres rares" is a phrase, -chine leaves out, OR binds '
            "looser, minist* is the beginning of a word, headline:, standfirst: and body: name where a word stands. "
            "Articles that their headline alone makes an answer come first, then the newest. Exit code 0, also where "
            "nothing is found."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--limit", metavar="N", type=int, default=20, help="answers on a page (default 20)")
        parser.add_argument("--page", metavar="N", type=int, default=1, help="which page of answers (default 1)")
        parser.add_argument("--history", action="store_true", help="search superseded revisions too, each on its own")
        parser.add_argument("--json", action="store_true", help="print one JSON document, for programs")
        parser.add_argument("--sql", action="store_true", help="print SQL that finds the same texts in sqlite3 or psql")
        add_filters(parser)

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        self._query = _query(args)
        if not 1 <= opts.limit <= MOST:
            raise UsageError(f"--limit={opts.limit} must lie between 1 and {MOST:,}")
        if not 1 <= opts.page <= DEEPEST // opts.limit:
            raise UsageError(f"--page={opts.page} must lie between 1 and {DEEPEST // opts.limit:,}")
        if opts.json and opts.sql:
            raise UsageError("--json and --sql cannot be asked for together")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy loads every command before it runs one.
        from foiscrawl.commands.search_text import as_json, lines

        assert self.settings is not None
        try:
            found = self._ask(opts)
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return
        if opts.sql:
            say([found])
        else:
            asked = " ".join(args)
            say([as_json(found, asked, opts)] if opts.json else lines(found, asked, opts))

    def _ask(self, opts: argparse.Namespace) -> Any:
        """A Result, or with --sql a text. Raises FoiscrawlError."""
        from foiscrawl.commands.filters import read_filter
        from foiscrawl.storage.search import search, sql

        with self.reading() as conn:
            wanted = read_filter(conn, opts)
            if opts.sql:
                return sql(conn, self._query, wanted, limit=opts.limit, history=opts.history)
            offset = (opts.page - 1) * opts.limit
            return search(conn, self._query, wanted, limit=opts.limit, offset=offset, history=opts.history)


def _query(args: list[str]) -> Query:
    """Raises UsageError. A question of several words may stand without quotes of the shell, as typed."""
    args = [one for one in args if one != "--"]  # what stands before a question that begins with a minus
    if not args:
        raise UsageError('give a question, as in: foiscrawl search "terres rares"')
    for one in args:
        if one.startswith("--"):
            raise UsageError(f"unknown option {one}; see foiscrawl search --help")
    return parse(" ".join(args))
