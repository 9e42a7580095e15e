"""The run's row: its sign of life while it goes on, and what became of it when it ends."""

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals

from foiscrawl.errors import ExitCode, FoiscrawlError
from foiscrawl.storage import ledger, queries

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

HEARTBEAT = 30.0  # seconds


class RunLedger:
    """Beats while the run goes on; at its end hands back what was not settled and records the outcome.

    Leaves the exit code, the summary and the number of articles left aside on the spider, for the command to tell.
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
        job = spider.job
        if not job.begun:  # the database went away before the run could be entered
            spider.exit_code = spider.failure.exit_code if spider.failure is not None else ExitCode.UNEXPECTED
            await job.archive.close()
            return
        try:
            outcome, code, why = await self._verdict(spider, reason)
            await job.archive.call(
                ledger.end_run, job.run, outcome, job.now(), exit_code=int(code), reason=why, resume_at=spider.resume_at
            )
            spider.exit_code = code
            spider.summary = await job.archive.call(queries.run_summary, job.run.id)
            spider.left_aside = await job.archive.call(queries.outside, job.run.site_id)
        except FoiscrawlError as error:
            spider.failure = spider.failure or error
            spider.exit_code = spider.failure.exit_code
        finally:
            await job.archive.close()

    async def _verdict(self, spider: Any, reason: str) -> tuple[str, ExitCode, str | None]:
        if spider.failure is not None:
            return "failed", spider.failure.exit_code, str(spider.failure)
        if reason != "finished":
            return (
                ("interrupted", ExitCode.INTERRUPTED, reason)
                if reason == "shutdown"
                else ("failed", ExitCode.UNEXPECTED, reason)
            )
        if spider.degraded is not None:
            return "degraded", ExitCode.DEGRADED, spider.degraded
        counts = await spider.job.archive.call(queries.run_counts, spider.job.run.id)
        failed, doubted, taken = counts.get("failed", 0), counts.get("quarantined", 0), sum(counts.values())
        bad, share = failed + doubted, spider.job.site.expect.max_failed_share
        if bad > 2 and bad > share * taken:
            told = f"of {taken} addresses {failed} failed and {doubted} were not believed"
            return "degraded", ExitCode.DEGRADED, told
        return "done", ExitCode.DONE, None
