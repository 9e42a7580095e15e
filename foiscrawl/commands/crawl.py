"""`scrapy crawl SITE -a NAME=VALUE`: Scrapy's own command, with everything checked before it starts and an exit code
that tells what happened."""

import argparse
import gc
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.crawler import Crawler
from scrapy.exceptions import UsageError as ScrapyUsageError
from scrapy.settings import SETTINGS_PRIORITIES

from foiscrawl.commands import check_pairs, refuse_in_one_line, refused, say
from foiscrawl.errors import ExitCode, FoiscrawlError, UsageError
from foiscrawl.settings import user_agent
from foiscrawl.spiders.arguments import nearest
from foiscrawl.spiders.base import SiteSpider
from foiscrawl.spiders.checks import check_settings
from foiscrawl.spiders.job import prepare

# What tells of the start-up and not of the crawl; -s LOG_LEVEL=INFO shows it. A filter: Scrapy sets the levels anew.
QUIET = (
    "scrapy.utils.log",
    "scrapy.addons",
    "scrapy.middleware",
    "scrapy.crawler",
    "scrapy.core.engine",
    "alembic.runtime.migration",
    "alembic.runtime.plugins",
)


# Seconds that a run which is told to stop waits for a database that is away; it must have ended within 30.
STOP_WAIT = 20.0


class _Crawler(Crawler):
    """Scrapy's; passes on to the archive that the run is to stop, which no signal of Scrapy's says in time."""

    async def stop_async(self) -> None:
        if isinstance(self.spider, SiteSpider):
            self.spider.job.archive.hurry(STOP_WAIT)
        await super().stop_async()


class Command(ScrapyCrawl):
    def short_desc(self) -> str:
        return "Archive a site: new and edited articles, or with -a mode=backfill all of them"

    def long_desc(self) -> str:
        return (
            "Arguments, each with -a: home=URL (another address of the same site), mode=update|backfill, "
            "recheck=due|all|none, "
            "sections=a,b, since=DATE, until=DATE, max_articles=N. "
            "Exit codes: 0 done, 2 wrong use, 3 degraded, 4 already running, 5 database, 6 disk, 7 interrupted."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        refuse_in_one_line(parser)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            check_pairs("-a", opts.spargs)
            check_pairs("-s", opts.set)
            super().process_options(args, opts)
            assert self.settings is not None
            check_settings(self.settings)
            if self.settings["LOG_FILE"]:
                Path(self.settings["LOG_FILE"]).open("a").close()
        except (FoiscrawlError, OSError) as error:
            raise ScrapyUsageError(error, print_help=False) from error
        if self.settings.getpriority("LOG_LEVEL") == SETTINGS_PRIORITIES["project"]:
            for name in QUIET:
                logging.getLogger(name).addFilter(_is_warning)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        spider = self.crawl(args, opts.spargs)
        if spider is not None:
            say(summary(spider))
            if spider.course.failure is not None:
                refused(spider.course.failure)

    def site(self, args: list[str]) -> str:
        """The one site that is named. Raises UsageError."""
        assert self.crawler_process is not None
        return _site(args, self.crawler_process.spider_loader.list())

    def crawl(self, args: list[str], spargs: Mapping[str, str], sent_after: Sequence[int] = ()) -> SiteSpider | None:
        """Run one crawl to its end and set the exit code. Gives its spider; None when it could not begin.

        sent_after   addresses (urls.id) that are due in this run, whenever they would be by themselves
        """
        assert self.crawler_process is not None
        assert self.settings is not None
        try:
            site = self.site(args)
            job = prepare(self.settings, site, spargs)
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return None
        job.sent_after = sent_after
        # With a delay of 0 the cap for one host alone does not hold (Scrapy 2.14 to 2.19); there is only one host here.
        most = min(map(self.settings.getint, ("CONCURRENT_REQUESTS", "CONCURRENT_REQUESTS_PER_DOMAIN")))
        self.settings.set("CONCURRENT_REQUESTS", most, priority="cmdline")
        self.settings.set("USER_AGENT", user_agent(self.settings["FOISCRAWL_CONTACT"]), priority="project")
        if job.arguments.home_named:  # the resolver guard lets this one host be a private address
            self.settings.set("FOISCRAWL_OPEN_HOST", urlsplit(job.home).hostname, priority="cmdline")
        crawler = _Crawler(self.crawler_process.spider_loader.load(site), self.settings)
        self.crawler_process.crawl(crawler, job=job)
        # Scrapy makes a record of each request and item for DEBUG, whatever the level, and drops it at the very end.
        logging.getLogger("scrapy").setLevel(self.settings["LOG_LEVEL"])
        gc.freeze()  # what is loaded by now stays loaded; to look through it again and again costs 5 % of a crawl
        gc.set_threshold(10_000)
        self.crawler_process.start()
        spider = crawler.spider
        if not isinstance(spider, SiteSpider) or self.crawler_process.bootstrap_failed:  # Scrapy has logged why
            self.exitcode = int(ExitCode.UNEXPECTED)
            return None
        self.exitcode = int(spider.course.exit_code)
        return spider


def _is_warning(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING


def summary(spider: SiteSpider) -> list[str]:
    """What a person wants to know when a run has ended."""
    told = spider.course.summary
    if told is None:
        return []
    seconds = ((told.ended_at or told.started_at) - told.started_at).total_seconds()
    counts = ", ".join(f"{number} {name}" for name, number in told.counts.items() if number)
    lines = [
        f"Run {told.id} {told.outcome} after {seconds:.0f} s: {told.taken} addresses taken up ({counts or 'none'})"
    ]
    if told.reason:
        lines.append(f"Reason: {told.reason}")
    if told.skipped:
        skipped = ", ".join(f"{number} {name}" for name, number in sorted(told.skipped.items()))
        lines.append(f"Links passed over: {skipped}")
    if spider.course.left_aside and told.mode == "update":
        lines.append(
            f"{spider.course.left_aside} older articles are known and were left aside; "
            f"fetch them with: scrapy crawl {spider.name} -a mode=backfill"
        )
    return lines


def _site(args: list[str], known: list[str]) -> str:
    for one in args:
        if one.startswith("-"):
            raise UsageError(f"unknown option {one}; see scrapy crawl --help")
    if len(args) != 1:
        raise UsageError(f"name one site, as in: scrapy crawl {known[0]}")
    if args[0] not in known:
        raise UsageError(f"there is no site {args[0]}; {nearest(args[0], known)}")
    return args[0]
