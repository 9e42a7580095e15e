"""SiteSpider: draws due addresses from the frontier, sends the requests, and gives each address exactly one outcome.

Everything that is sent goes through `start()`, one door: first requests, redirect hops, retries, further pages. So a
pause that the site asked for holds for all of them, and stopping the run is leaving that loop. Callbacks yield items
only; what a page says is read in `reading`.
"""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from scrapy import Spider, signals
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadTimeoutError,
    IgnoreRequest,
    ResponseDataLossError,
)
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from foiscrawl import recheck
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.items import Outcome, OutcomeItem, UrlKind
from foiscrawl.parsing.exchange import Cut, More
from foiscrawl.spiders import reading
from foiscrawl.spiders.course import Budget, Course
from foiscrawl.spiders.finding import Finder
from foiscrawl.spiders.job import Job, begin, prepare
from foiscrawl.spiders.judging import judge, judge_left
from foiscrawl.spiders.visit import Visit, header
from foiscrawl.storage import canaries, frontier, removals
from foiscrawl.storage.frontier import Taken
from foiscrawl.storage.writer import Written
from foiscrawl.urls import same_site, skip_reason, tidy_url, url_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

RETRY_STATUSES = {408, 425, 429}  # and whatever is 500 or more
SITEMAP_MAX_BYTES = 50 * 1024 * 1024  # sitemaps.org


class SiteSpider(Spider):
    """The spider of one site; a subclass only names it. See docs/architecture.md for the way of an article.

    course      how the run goes: what has ended it, what was given up, how long the site wants to be left alone
    visits      what is taken up and not settled, by url_id
    ready       what is to be sent, and not before when (monotonic)
    more_due    the frontier may hold something that is due and not taken up
    in_flight   requests handed to Scrapy and not answered; never more than CONCURRENT_REQUESTS, for what waits in
                Scrapy's own queue would still be sent after the site has asked for a pause
    sent        requests handed to Scrapy so far
    budget      what the looks at stored articles may cost; None outside that phase
    """

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
        self.finder = Finder(job)
        self.course = Course(job.site.expect.consecutive_failures)
        self.visits: dict[int, Visit] = {}
        self.ready: list[tuple[float, int, Visit, str]] = []
        self.more_due = True
        self.in_flight = 0
        self.order = itertools.count()
        self.changed = asyncio.Event()
        self.articles_left = job.arguments.max_articles
        self.sent = 0
        self.budget: Budget | None = None

    @classmethod
    def from_crawler(cls, crawler: "Crawler", job: Job | None = None, **raw: Any) -> Self:
        spider = super().from_crawler(crawler, job or prepare(crawler.settings, cls.name, raw))
        crawler.signals.connect(spider.on_item_error, signals.item_error)
        return spider

    # --- sending -----------------------------------------------------------------------------------------------

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

    def _send(self, visit: Visit, url: str, delay: float = 0.0) -> None:
        heapq.heappush(self.ready, (time.monotonic() + delay, next(self.order), visit, url))
        self.changed.set()

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

    # --- answers -----------------------------------------------------------------------------------------------

    async def on_response(self, response: Response, visit: Visit) -> AsyncIterator[Any]:
        assert response.request is not None
        self._arrived(visit, response.request, response)
        try:
            item = await self._judge(response, visit)
        except FoiscrawlError as error:
            self.fail(error)
            return
        except Exception as error:
            logger.exception("%s could not be read; it is settled as failed", response.url)
            item = self.outcome(visit, Outcome.FAILED, f"error:{type(error).__name__}")
        if item is not None:
            yield item

    async def on_failure(self, failure: Failure) -> AsyncIterator[Any]:
        request: Request = failure.request  # type: ignore[attr-defined]
        visit: Visit = request.cb_kwargs["visit"]
        self._arrived(visit, request, None)
        error = failure.value
        refused: str | None = request.meta.get("refused")
        if isinstance(error, FoiscrawlError):  # the robots gate could not read or keep its copy
            self.fail(error)
        elif refused is not None:
            if refused == "robots_unavailable":
                self.course.degraded = "robots.txt could not be read, which forbids everything (RFC 9309)"
            yield self.outcome(visit, Outcome.REFUSED, refused)
        elif isinstance(error, IgnoreRequest | DownloadCancelledError):  # both size limits end here
            yield self.outcome(visit, Outcome.REFUSED, "too_large")
        elif (item := self._retry(visit, _failure_reason(error))) is not None:
            logger.info("%s: %s", request.url, failure.getErrorMessage())
            yield item

    def _arrived(self, visit: Visit, request: Request, response: Response | None) -> None:
        visit.arrive(response)
        visit.keep(request.meta.pop("exchange", None))
        self.in_flight -= 1
        self.changed.set()

    async def _judge(self, response: Response, visit: Visit) -> Any:
        """The item that settles the visit, or None when a further request is on its way."""
        status = response.status
        if status in RETRY_STATUSES or status >= 500:
            return self._come_back(response, visit)
        if 300 <= status < 400 and status != 304:
            return self._redirect(response, visit)
        if status == 304:
            if not self.finder.validators(visit):  # an answer to a question that was not asked
                return self._retry(visit, "http_304")
            self.course.answered_well()
            self.finder.unchanged(visit)
            return self.outcome(visit, Outcome.UNCHANGED, "not_modified")
        if status >= 400:
            if not visit.taken.is_missing:  # that it fails again tells nothing of the site
                self.course.failed(visit.taken.kind, f"http_{status}")
            return self.finder.closed(visit, status, self.job.now())
        item = await reading.read(response, visit, self.job, self.finder)
        if isinstance(item, Cut):
            return self._retry(visit, "cut_page") and item.item
        self.course.answered_well()
        if isinstance(item, More):
            self._send(visit, item.url)
            return None
        if isinstance(item, reading.Stop):
            self.course.fail(UsageError(item.message))
            return self.outcome(visit, Outcome.REFUSED, item.reason)
        return item

    def _redirect(self, response: Response, visit: Visit) -> OutcomeItem | None:
        location = header(response, "Location")
        if location is None:
            return self._failed(visit, "redirect_without_address")
        target = tidy_url(response.urljoin(location.replace("\\", "/")))  # as browsers read it
        if target in {response.url, *visit.redirects}:
            return self._failed(visit, "redirect_loop")
        if len(visit.redirects) >= self.crawler.settings.getint("REDIRECT_MAX_TIMES"):
            return self._failed(visit, "redirect_chain")
        if not same_site(target, self.job.home):
            return self.outcome(visit, Outcome.REFUSED, "redirect_off_site")
        if visit.taken.kind is UrlKind.ARTICLE:
            if url_key(target) == url_key(self.job.home):
                return self.outcome(visit, Outcome.SKIPPED, "redirect_home")
            reason = skip_reason(target, self.job.home)
            if reason is not None:
                return self.outcome(visit, Outcome.SKIPPED, f"redirect_{reason}")
        visit.redirects.append(response.url)
        self._send(visit, target)
        return None

    def _come_back(self, response: Response, visit: Visit) -> OutcomeItem | None:
        """An answer that says: not now."""
        seconds = self.course.asked_to_wait(response, self.job.now())
        if self.course.is_over:
            return self.outcome(visit, Outcome.FAILED, f"http_{response.status}", retry_at=self.course.resume_at)
        if response.status == 429:
            self._slow_down(response.request)
        return self._retry(visit, f"http_{response.status}", least=seconds)

    def _slow_down(self, request: Request | None) -> None:
        """Double the gap between requests; AutoThrottle shortens it again when the site is well."""
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", "") if request else "")
        if slot is not None:
            most = self.crawler.settings.getfloat("AUTOTHROTTLE_MAX_DELAY")
            slot.delay = max(slot.delay, min(max(2 * slot.delay, 0.01), most))

    def _failed(self, visit: Visit, reason: str) -> OutcomeItem:
        """To ask again would bring the same."""
        self.course.failed(visit.taken.kind, reason)
        return self.outcome(visit, Outcome.FAILED, reason)

    def _retry(self, visit: Visit, reason: str, least: float = 0.0) -> OutcomeItem | None:
        """Ask again later in this run, or settle as failed when that was the last attempt."""
        self.course.failed(visit.taken.kind, reason)
        if visit.attempt > self.crawler.settings.getint("RETRY_TIMES") or self.course.is_over:
            return self.outcome(visit, Outcome.FAILED, reason)
        gap = self.crawler.settings.getfloat("DOWNLOAD_DELAY")
        pause = max(least, recheck.retry_pause(visit.attempt, gap))
        visit.attempt += 1
        visit.start_over()
        self._send(visit, self.finder.address(visit.taken), delay=pause)
        return None

    # --- settling ----------------------------------------------------------------------------------------------

    def outcome(self, visit: Visit, outcome: Outcome, reason: str, retry_at: datetime | None = None) -> OutcomeItem:
        return OutcomeItem(fetch=visit.fetch(self.job.now()), outcome=outcome, reason=reason, retry_at=retry_at)

    def settled(self, written: Written) -> None:
        """The transaction that holds this outcome has been committed."""
        self.visits.pop(written.url_id)
        if written.look is not None:
            self.course.looked(written.look)
        self.crawler.stats.inc_value(f"foiscrawl/{written.outcome}")
        self.more_due = self.more_due or written.learned is not None
        self.changed.set()

    def fail(self, error: FoiscrawlError) -> None:
        """End the run: its archive takes nothing any more. What is in hand stays open and is handed back."""
        self.course.fail(error)
        self.changed.set()

    async def on_item_error(self, item: Any, failure: Failure) -> None:
        """A pipeline raised, which is a bug of ours: the address is settled as failed."""
        fetch = item.article.fetch if hasattr(item, "article") else item.fetch
        reason = f"error:{type(failure.value).__name__}"
        try:
            self.settled(await self.job.archive.put(OutcomeItem(fetch=fetch, outcome=Outcome.FAILED, reason=reason)))
        except FoiscrawlError as error:
            self.fail(error)


def _failure_reason(error: BaseException | None) -> str:
    match error:
        case ResponseDataLossError():
            return "cut_body"
        case DownloadTimeoutError():
            return "timeout"
        case CannotResolveHostError():
            return "no_such_host"
        case _:
            text = repr(error).lower()
            return "tls" if "ssl" in text or "certificate" in text else "connection"
