"""SiteSpider: draws due addresses from the frontier, sends the requests, and gives each address exactly one outcome.

Everything that is sent goes through `start()`, one door: first requests, redirect hops, retries, further pages. So a
pause that the site asked for holds for all of them, and stopping the run is leaving that loop. Callbacks yield items
only; what a page says is read in `reading`.
"""

import asyncio
import heapq
import time
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any, Self

from scrapy import signals
from scrapy.http import Request

from foiscrawl.errors import FoiscrawlError
from foiscrawl.items import Outcome, OutcomeItem, UrlKind
from foiscrawl.spiders.answering import Answering
from foiscrawl.spiders.course import Budget
from foiscrawl.spiders.job import Job, begin, prepare
from foiscrawl.spiders.judging import judge, judge_left
from foiscrawl.spiders.visit import Visit
from foiscrawl.storage import canaries, frontier, removals
from foiscrawl.storage.frontier import Taken

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


SITEMAP_MAX_BYTES = 50 * 1024 * 1024  # sitemaps.org


class SiteSpider(Answering):
    """The spider of one site; a subclass only names it. See docs/architecture.md for the way of an article.

    articles_left   how many articles may still be taken up; None: as many as there are
    sent            requests handed to Scrapy so far
    budget          what the looks at stored articles may cost; None outside that phase
    """

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self.articles_left = job.arguments.max_articles
        self.sent = 0
        self.budget: Budget | None = None

    @classmethod
    def from_crawler(cls, crawler: "Crawler", job: Job | None = None, **raw: Any) -> Self:
        spider = super().from_crawler(crawler, job or prepare(crawler.settings, cls.name, raw))
        crawler.signals.connect(spider.on_item_error, signals.item_error)
        return spider

    async def start(self) -> AsyncIterator[Any]:
        course = self.course
        try:
            course.resume_at = await begin(self.job)
            if course.resume_at is not None:
                course.degraded = f"the site asked to be left alone until {course.resume_at:%Y-%m-%d %H:%M} UTC"
                return
            await judge_left(self.job)
            async for kinds in self.finder.phases():
                async for request in self._phase(kinds):
                    yield request
            async for request in self._look_again():
                yield request
            called = await self._call_canaries()
            async for request in self._phase(()):
                yield request
            await self._judge_run(called)
            course.degraded = course.degraded or course.poor or self.finder.problem
        except FoiscrawlError as error:
            course.failure = error

    async def _look_again(self) -> AsyncIterator[Request | OutcomeItem]:
        """Stored articles of which nothing announces a change, within the budget."""
        if self.job.arguments.recheck == "none" or self.finder.problem is not None:
            return
        self.budget = Budget.of(self.job.site.recheck, self.job.arguments.recheck, self.sent)
        async for request in self._phase((UrlKind.ARTICLE,)):
            yield request
        self.budget = None

    async def _call_canaries(self) -> list[int]:
        """Take up articles known to be live, where others are missing and hardly one answered. Gives their ids."""
        if self.course.is_over:
            return []
        called = await self.job.archive.call(canaries.call, self.job.run, self.job.now())
        for taken in called:
            self._visit(taken)
        return [one.article_id for one in called if one.article_id is not None]

    async def _judge_run(self, called: list[int]) -> None:
        """Believe what the run saw of stored articles, or hold it: first the changed texts, then what is missing."""
        course, job = self.course, self.job
        if course.failure is not None:
            return
        is_whole = course.degraded is None
        doubt = await judge(job, job.run)
        if doubt is not None:
            course.doubted(doubt)
        judged = await job.archive.call(removals.judge, job.run, job.now(), called=called, is_whole=is_whole)
        course.degraded = course.degraded or judged.problem

    async def _phase(self, kinds: tuple[UrlKind, ...]) -> AsyncIterator[Request | OutcomeItem]:
        """Requests of these kinds until nothing of them is due and nothing is under way that could bring more."""
        self.more_due = True
        while not self.course.is_over:
            self.changed.clear()
            if self.more_due and len(self.visits) <= self._window // 2:
                await self._take_up(kinds)
            wait = self._until_next()
            if self.course.is_over:
                return
            if wait == 0:
                yield self._next()
            elif not self.visits:
                return
            else:
                await self._changed_within(wait)

    def _next(self) -> Request | OutcomeItem:
        """The request whose turn it is; or the end of its visit, when it cannot or need not be sent any more."""
        _, _, visit, url = heapq.heappop(self.ready)
        if visit.taken.kind in self.course.given_up:
            return self.outcome(visit, Outcome.FAILED, "given_up")
        try:
            request = self._request(visit, url)
        except ValueError:
            return self.outcome(visit, Outcome.FAILED, "malformed")
        visit.depart()
        self.sent += 1
        self.in_flight += 1
        return request

    @property
    def _window(self) -> int:
        """Addresses taken up at a time: enough to keep the downloader busy, few to hand back when stopped."""
        return 4 * int(self.crawler.settings.getint("CONCURRENT_REQUESTS"))

    async def _take_up(self, kinds: tuple[UrlKind, ...]) -> None:
        kinds = tuple(one for one in kinds if one not in self.course.given_up)
        room = self._window - len(self.visits)
        left = room if self.articles_left is None else self.articles_left
        if room <= 0 or not kinds:
            return
        self.more_due = False
        if self.budget is not None and self.course.rechecks_are_hopeless:
            return
        if self.budget is None:
            due_by = self.finder.due_by(kinds)
            found = await self.job.archive.call(
                frontier.take, self.job.run, kinds, room, self.job.now(), most_articles=left, due_by=due_by
            )
        else:
            room = min(room, self.budget.room(self.sent, len(self.visits)))
            found = await self.finder.checks(room, left)
        self.more_due = self.more_due or len(found) == room
        for taken in found:
            self._visit(taken)
            if self.articles_left is not None:
                self.articles_left -= taken.kind is UrlKind.ARTICLE

    def _visit(self, taken: Taken) -> None:
        visit = self.visits[taken.url_id] = Visit(taken)
        self._send(visit, self.finder.address(taken))

    def _until_next(self) -> float:
        """Seconds until the first request may go; infinite when none is waiting, or an answer must come first."""
        if not self.ready or self.in_flight >= self.crawler.settings.getint("CONCURRENT_REQUESTS"):
            return float("inf")
        return max(0.0, self.ready[0][0] - time.monotonic(), self.course.pause)

    async def _changed_within(self, seconds: float) -> None:
        try:
            await asyncio.wait_for(self.changed.wait(), None if seconds == float("inf") else seconds)
        except TimeoutError:
            return

    def _request(self, visit: Visit, url: str) -> Request:
        """Raises ValueError for what is no address."""
        meta: dict[str, Any] = {"download_maxsize": SITEMAP_MAX_BYTES} if visit.taken.kind is UrlKind.SITEMAP else {}
        return Request(
            url,
            callback=self.on_response,
            errback=self.on_failure,
            cb_kwargs={"visit": visit},
            headers=self.finder.validators(visit),
            meta=meta,
            dont_filter=True,
        )
