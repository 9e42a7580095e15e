"""`foiscrawl gaps SITE`: what the archive lacks of what the site declares; --fetch goes after it."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from scrapy.exceptions import UsageError as ScrapyUsageError
from sqlalchemy import Connection

from foiscrawl.commands import refused, say
from foiscrawl.commands.crawl import Command as Crawl
from foiscrawl.commands.crawl import summary
from foiscrawl.commands.gaps_text import as_json, as_text, count_of, sentence, what_became
from foiscrawl.errors import ExitCode, FoiscrawlError, UsageError
from foiscrawl.site import load_site
from foiscrawl.spiders.arguments import EARLIEST, nearest, parse_arguments
from foiscrawl.spiders.checks import start_of
from foiscrawl.spiders.job import database_url
from foiscrawl.storage import gaps
from foiscrawl.storage.filters import UnknownName
from foiscrawl.storage.gaps import Report, Unstored, Wanted


class Command(Crawl):
    def syntax(self) -> str:
        return "[options] <site>"

    def short_desc(self) -> str:
        return "Compare the archive with what the site declares; --fetch goes after what is missing"

    def long_desc(self) -> str:
        return (
            "Tells of all articles that the site has told of what became of them, per section and day. Days of --since "
            "and --until are in the site's own time, those that are shown in UTC. "
            "Exit codes: 0 complete, 3 something is missing, 2 wrong use; with --fetch also those of crawl."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        for name, meaning in (
            ("since", "only articles published since then"),
            ("until", "only articles published until then"),
        ):
            parser.add_argument(f"--{name}", metavar="DATE", help=meaning)
        parser.add_argument("--section", metavar="NAME", help="only articles of this section")
        parser.add_argument("--all", action="store_true", help="what was left aside as too old is wanted, too")
        parser.add_argument("--list", action="store_true", help="name each article that is not stored, and why")
        parser.add_argument("--json", action="store_true", help="for programs: one JSON object")
        parser.add_argument("--fetch", action="store_true", help="make what is missing due and crawl (-a as for crawl)")

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        super().process_options(args, opts)
        if opts.spargs and not opts.fetch:
            raise ScrapyUsageError("-a is for the run of --fetch", print_help=False)
        for name in ("since", "until", "sections"):
            if name in opts.spargs:
                raise ScrapyUsageError(f"-a {name}= is not for gaps; use --{name.rstrip('s')}", print_help=False)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        assert self.settings is not None
        try:
            now = start_of(self.settings["FOISCRAWL_NOW"]) or datetime.now(UTC)
            site = self.site(args)
            with _reading(database_url(self.settings)) as conn:
                wanted = _wanted(conn, site, opts, now)
                told = gaps.report(conn, wanted)
                articles = gaps.not_stored(conn, wanted) if opts.list or opts.fetch else []
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return
        too = _left_aside_too(opts)
        if opts.fetch and told.lacking(left_aside=too):
            self._fetch(args, opts, wanted, told, articles)
            return
        self.exitcode = _exit_code(told, too)
        shown = articles if opts.list else None
        say(as_json(told, wanted, too, now, shown) if opts.json else as_text(told, wanted, too, now, shown))

    def _fetch(
        self, args: list[str], opts: argparse.Namespace, wanted: Wanted, told: Report, articles: list[Unstored]
    ) -> None:
        """Go after what is missing, and tell what became of it."""
        assert self.settings is not None
        too = _left_aside_too(opts)
        states = {"missing", "failed"} | ({"left_aside"} if too else set())
        sent = [one.url_id for one in articles if one.state in states]
        sent += [one.url_id for one in told.lists if too or one.state != "outside"]
        spargs = dict(opts.spargs)
        if too and not opts.until:  # what lists tell anew is wanted from then on, too
            spargs["since"] = opts.since or EARLIEST.isoformat()
        if not opts.json:
            say([sentence(told, wanted, too), f"Going after {count_of(len(sent), 'address')}."])
        spider = self.crawl(args, spargs, sent)
        if spider is None or spider.course.failure is not None or not spider.job.begun:
            if spider is not None and spider.course.failure is not None:
                refused(spider.course.failure)
            return
        try:
            with _reading(database_url(self.settings)) as conn:
                after, became = gaps.report(conn, wanted), gaps.became(conn, spider.job.run.id, sent)
                shown = gaps.not_stored(conn, wanted) if opts.list else None
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return
        if self.exitcode in (ExitCode.DONE, ExitCode.DEGRADED):
            self.exitcode = max(self.exitcode, _exit_code(after, too))
        now = spider.job.now()
        if opts.json:
            say(as_json(after, wanted, too, now, shown, became))
        else:
            say([*summary(spider), "", *what_became(became), "", *as_text(after, wanted, too, now, shown)])


@contextmanager
def _reading(url: str) -> Iterator[Connection]:
    # Imported here: Scrapy loads every command before it runs one, and Alembic takes a quarter of a second.
    from foiscrawl.storage.opened import read_archive

    try:
        with read_archive(url) as conn:
            yield conn
    except UnknownName as error:
        raise UsageError(f"this archive holds nothing of {error.name} yet: crawl it first") from error


def _wanted(conn: Connection, site: str, opts: argparse.Namespace, now: datetime) -> Wanted:
    given = {name: getattr(opts, name) for name in ("since", "until") if getattr(opts, name) is not None}
    dates = parse_arguments(given, load_site(site), now)
    sections: tuple[str, ...] | None = None
    if opts.section is not None:
        known = gaps.sections(conn, site)
        sections = gaps.spelt(known, opts.section)
        if not sections:
            raise UsageError(f"no article stands in a section {opts.section}; {nearest(opts.section, known)}")
    return Wanted(site, dates.since, dates.until, sections)


def _left_aside_too(opts: argparse.Namespace) -> bool:
    return bool(opts.all or opts.since or opts.until)


def _exit_code(told: Report, too: bool) -> int:
    return int(ExitCode.DEGRADED if told.lacking(left_aside=too) else ExitCode.DONE)
