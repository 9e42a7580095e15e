"""The run's row: its sign of life while it goes on, and what became of it when it ends."""

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from foiscrawl.errors import ExitCode, FoiscrawlError
from foiscrawl.storage import ledger, queries, sources

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

HEARTBEAT = 30.0  # seconds


class RunLedger:
    """Beats while the run goes on; at its end hands back what was not settled and records the outcome.

    Leaves the exit code, the summary and the number of articles left aside on the spider's course, for the command.
    """

    def __init__(self, crawler: "Crawler") -> None:
        self.crawler = crawler
        self.beating: asyncio.Task[None] | None = None
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    def spider_opened(self, spider: Any) -> None:
        self.beating = asyncio.get_running_loop().create_task(self._beat(spider))

    async def _beat(self, spider: Any) -> None:
        job = spider.job
        while True:
            await asyncio.sleep(HEARTBEAT)
            with contextlib.suppress(FoiscrawlError):  # whoever stores next will meet the same error and end the run
                await job.archive.call(ledger.heartbeat, job.run, job.now())

    async def spider_closed(self, spider: Any, reason: str) -> None:
        if self.beating is not None:
            self.beating.cancel()
        job, course = spider.job, spider.course
        if not job.begun:  # the database went away before the run could be entered
            course.exit_code = course.failure.exit_code if course.failure is not None else ExitCode.UNEXPECTED
            await job.archive.close()
            return
        try:
            outcome, code, why = await self._verdict(spider, reason)
            await job.archive.call(
                ledger.end_run, job.run, outcome, job.now(), exit_code=int(code), reason=why, resume_at=course.resume_at
            )
            course.exit_code = code
            course.summary = await job.archive.call(queries.run_summary, job.run.id)
            course.left_aside = await job.archive.call(queries.outside, job.run.site_id)
        except FoiscrawlError as error:
            course.failure = course.failure or error
            course.exit_code = course.failure.exit_code
        finally:
            await job.archive.close()

    async def _verdict(self, spider: Any, reason: str) -> tuple[str, ExitCode, str | None]:
        course = spider.course
        if course.failure is not None:
            return "failed", course.failure.exit_code, str(course.failure)
        if reason != "finished":
            return (
                ("interrupted", ExitCode.INTERRUPTED, reason)
                if reason == "shutdown"
                else ("failed", ExitCode.UNEXPECTED, reason)
            )
        job = spider.job
        told = await job.archive.call(sources.judge, job.run, job.site.expect, job.now())
        poor = course.degraded or await self._failures(job)
        if poor or told:
            return "degraded", ExitCode.DEGRADED, "; ".join([*([poor] if poor else []), *told])
        return "done", ExitCode.DONE, None

    async def _failures(self, job: Any) -> str | None:
        """What is wrong when too many addresses failed; None when they did not."""
        counts = await job.archive.call(queries.run_counts, job.run.id)
        doubted = await job.archive.call(queries.doubted, job.run.id)
        failed, taken = counts["failed"], sum(counts.values())
        bad, share = failed + doubted, job.site.expect.max_failed_share
        if bad > 2 and bad > share * taken:
            return f"of {taken} addresses {failed} failed and {doubted} were not believed"
        return None
