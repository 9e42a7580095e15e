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
from datetime import datetime, timedelta
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
from foiscrawl.errors import ExitCode, FoiscrawlError, UsageError
from foiscrawl.items import Outcome, OutcomeItem, UrlKind
from foiscrawl.spiders import reading
from foiscrawl.spiders.finding import Finder
from foiscrawl.spiders.job import Job, begin, prepare
from foiscrawl.spiders.visit import Visit, header, retry_after
from foiscrawl.storage import frontier
from foiscrawl.storage.queries import RunSummary
from foiscrawl.storage.writer import Written
from foiscrawl.urls import same_site, skip_reason, tidy_url, url_key

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

RETRY_STATUSES = {408, 425, 429}  # and whatever is 500 or more
PAUSE_MAX = 3600.0  # seconds a run waits because the site asks; for more it ends and the next run keeps away
PAUSE_KEPT = timedelta(hours=24)  # at most this is believed of a Retry-After for the next run
SITEMAP_MAX_BYTES = 50 * 1024 * 1024  # sitemaps.org


class SiteSpider(Spider):
    """The spider of one site; a subclass only names it. See docs/architecture.md for the way of an article.

    visits      what is taken up and not settled, by url_id
    ready       what is to be sent, and not before when (monotonic)
    more_due    the frontier may hold something that is due and not taken up
    given_up    kinds of lists of which too many failed in a row
    in_flight   requests handed to Scrapy and not answered; never more than CONCURRENT_REQUESTS, for what waits in
                Scrapy's own queue would still be sent after the site has asked for a pause
    not_before  monotonic; the site asked us to keep away until then
    failure     what ended the run early and is not the site's doing
    degraded    what ended the run early, or made it poor, and is
    """

    # These three are filled by the run's ledger when it is closed; a second SIGTERM leaves no time for that.
    exit_code = ExitCode.INTERRUPTED
    summary: RunSummary | None = None
    left_aside = 0

    def __init__(self, job: Job) -> None:
        super().__init__()
        self.job = job
        self.finder = Finder(job)
        self.visits: dict[int, Visit] = {}
        self.ready: list[tuple[float, int, Visit, str]] = []
        self.more_due = True
        self.in_flight = 0
        self.order = itertools.count()
        self.changed = asyncio.Event()
        self.not_before = 0.0
        self.failures_in_row = 0
        self.given_up: set[UrlKind] = set()
        self.articles_taken = 0
        self.failure: FoiscrawlError | None = None
        self.degraded: str | None = None
        self.resume_at: datetime | None = None

    @classmethod
    def from_crawler(cls, crawler: "Crawler", job: Job | None = None, **raw: Any) -> Self:
        spider = super().from_crawler(crawler, job or prepare(crawler.settings, cls.name, raw))
        crawler.signals.connect(spider.on_item_error, signals.item_error)
        return spider

    # --- sending -----------------------------------------------------------------------------------------------

    async def start(self) -> AsyncIterator[Any]:
        try:
            self.resume_at = await begin(self.job)
            if self.resume_at is not None:
                self.degraded = f"the site asked to be left alone until {self.resume_at:%Y-%m-%d %H:%M} UTC"
                return
            async for kinds in self.finder.phases():
                async for request in self._phase(kinds):
                    yield request
            self.degraded = self.degraded or self.finder.problem
        except FoiscrawlError as error:
            self.failure = error

    async def _phase(self, kinds: tuple[UrlKind, ...]) -> AsyncIterator[Request | OutcomeItem]:
        """Requests of these kinds until nothing of them is due and nothing is under way that could bring more."""
        self.more_due = True
        while not self._ending:
            self.changed.clear()
            if self.more_due and len(self.visits) <= self._window // 2:
                await self._take_up(kinds)
            wait = self._until_next()
            if self._ending:
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
        if visit.taken.kind in self.given_up:
            return self.outcome(visit, Outcome.FAILED, "given_up")
        try:
            request = self._request(visit, url)
        except ValueError:
            return self.outcome(visit, Outcome.FAILED, "malformed")
        visit.depart()
        self.in_flight += 1
        return request

    @property
    def _ending(self) -> bool:
        return self.failure is not None or self.degraded is not None

    @property
    def _window(self) -> int:
        """Addresses taken up at a time: enough to keep the downloader busy, few to hand back when stopped."""
        return 4 * int(self.crawler.settings.getint("CONCURRENT_REQUESTS"))

    async def _take_up(self, kinds: tuple[UrlKind, ...]) -> None:
        kinds = tuple(one for one in kinds if one not in self.given_up)
        room = self._window - len(self.visits)
        most = self.job.arguments.max_articles
        left = room if most is None else most - self.articles_taken
        if room <= 0 or not kinds:
            return
        self.more_due = False
        due_by = self.finder.due_by(kinds)
        found = await self.job.archive.call(
            frontier.take, self.job.run, kinds, room, self.job.now(), most_articles=left, due_by=due_by
        )
        self.more_due = self.more_due or len(found) == room
        for taken in found:
            visit = Visit(taken)
            self.visits[taken.url_id] = visit
            self.articles_taken += taken.kind is UrlKind.ARTICLE
            self._send(visit, self.finder.address(taken))

    def _until_next(self) -> float:
        """Seconds until the first request may go; infinite when none is waiting, or an answer must come first."""
        if not self.ready or self.in_flight >= self.crawler.settings.getint("CONCURRENT_REQUESTS"):
            return float("inf")
        return max(0.0, self.ready[0][0] - time.monotonic(), self.not_before - time.monotonic())

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
            headers=self.finder.validators(visit.taken),
            meta=meta,
            dont_filter=True,
        )

    # --- answers -----------------------------------------------------------------------------------------------

    async def on_response(self, response: Response, visit: Visit) -> AsyncIterator[Any]:
        self._arrived(visit, response)
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
        self._arrived(visit, None)
        error = failure.value
        refused: str | None = request.meta.get("refused")
        if isinstance(error, FoiscrawlError):  # the robots gate could not read or keep its copy
            self.fail(error)
        elif refused is not None:
            if refused == "robots_unavailable":
                self.degraded = "robots.txt could not be read, which forbids everything (RFC 9309)"
            yield self.outcome(visit, Outcome.REFUSED, refused)
        elif isinstance(error, IgnoreRequest | DownloadCancelledError):  # both size limits end here
            yield self.outcome(visit, Outcome.REFUSED, "too_large")
        elif (item := self._retry(visit, _failure_reason(error))) is not None:
            logger.info("%s: %s", request.url, failure.getErrorMessage())
            yield item

    def _arrived(self, visit: Visit, response: Response | None) -> None:
        visit.arrive(response)
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
            if not self.finder.validators(visit.taken):  # an answer to a question that was not asked
                return self._retry(visit, "http_304")
            self.failures_in_row = 0
            self.finder.unchanged(visit)
            return self.outcome(visit, Outcome.UNCHANGED, "not_modified")
        if status >= 400:
            self._count_failure(visit.taken.kind, f"http_{status}")
            return self.finder.closed(visit, status, self.job.now())
        item = await reading.read(response, visit, self.job, self.finder)
        if isinstance(item, reading.Cut):
            return self._retry(visit, "cut_page") and item.item
        self.failures_in_row = 0
        if isinstance(item, reading.More):
            self._send(visit, item.url)
            return None
        if isinstance(item, reading.Stop):
            self.failure = UsageError(item.message)
            return self.outcome(visit, Outcome.REFUSED, item.reason)
        return item

    def _redirect(self, response: Response, visit: Visit) -> OutcomeItem | None:
        location = header(response, "Location")
        if location is None:
            return self.outcome(visit, Outcome.FAILED, "redirect_without_address")
        target = tidy_url(response.urljoin(location.replace("\\", "/")))  # as browsers read it
        if target in {response.url, *visit.redirects}:
            return self.outcome(visit, Outcome.FAILED, "redirect_loop")
        if len(visit.redirects) >= self.crawler.settings.getint("REDIRECT_MAX_TIMES"):
            return self.outcome(visit, Outcome.FAILED, "redirect_chain")
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
        seconds = retry_after(response, self.job.now())
        if seconds is not None and seconds > PAUSE_MAX:
            self.keep_away(response)
            self.degraded = f"the site asks to be left alone until {self.resume_at:%Y-%m-%d %H:%M} UTC (Retry-After)"
            return self.outcome(visit, Outcome.FAILED, f"http_{response.status}", retry_at=self.resume_at)
        if response.status == 429:
            self._slow_down(response.request)
        if seconds is not None:
            self.not_before = max(self.not_before, time.monotonic() + seconds)
        return self._retry(visit, f"http_{response.status}", least=seconds or 0.0)

    def keep_away(self, response: Response) -> None:
        """Pass on to the next run what Retry-After asks, within reason."""
        seconds = retry_after(response, self.job.now())
        if seconds is not None:
            self.resume_at = self.job.now() + min(timedelta(seconds=min(seconds, 1e9)), PAUSE_KEPT)

    def _slow_down(self, request: Request | None) -> None:
        """Double the gap between requests; AutoThrottle shortens it again when the site is well."""
        slot = self.crawler.engine.downloader.slots.get(request.meta.get("download_slot", "") if request else "")
        if slot is not None:
            most = self.crawler.settings.getfloat("AUTOTHROTTLE_MAX_DELAY")
            slot.delay = max(slot.delay, min(max(2 * slot.delay, 0.01), most))

    def _retry(self, visit: Visit, reason: str, least: float = 0.0) -> OutcomeItem | None:
        """Ask again later in this run, or settle as failed when that was the last attempt."""
        self._count_failure(visit.taken.kind, reason)
        if visit.attempt > self.crawler.settings.getint("RETRY_TIMES") or self._ending:
            return self.outcome(visit, Outcome.FAILED, reason)
        gap = self.crawler.settings.getfloat("DOWNLOAD_DELAY")
        pause = max(least, recheck.retry_pause(visit.attempt, gap))
        visit.attempt += 1
        visit.start_over()
        self._send(visit, self.finder.address(visit.taken), delay=pause)
        return None

    def _count_failure(self, kind: UrlKind, reason: str) -> None:
        """So many without one good answer between them: something is wrong with the site, or it wants us to go.

        Lists are given up at half of it, for the articles behind what is known may still be had.
        """
        self.failures_in_row += 1
        most, told = self.job.site.expect.consecutive_failures, f"{self.failures_in_row} failures in a row"
        if self.failures_in_row >= most:
            self.degraded = f"{told}, the last one {reason}"
        elif self.failures_in_row >= most // 2 and kind not in {UrlKind.HOME, UrlKind.ARTICLE, *self.given_up}:
            self.given_up.add(kind)
            self.finder.problem = f"{told}, the last one {reason}; no more {kind} pages were asked for"

    # --- settling ----------------------------------------------------------------------------------------------

    def outcome(self, visit: Visit, outcome: Outcome, reason: str, retry_at: datetime | None = None) -> OutcomeItem:
        return OutcomeItem(fetch=visit.fetch(self.job.now()), outcome=outcome, reason=reason, retry_at=retry_at)

    def settled(self, written: Written) -> None:
        """The transaction that holds this outcome has been committed."""
        self.visits.pop(written.url_id)
        self.crawler.stats.inc_value(f"foiscrawl/{written.outcome}")
        self.more_due = self.more_due or written.learned is not None
        self.changed.set()

    def fail(self, error: FoiscrawlError) -> None:
        """End the run: its archive takes nothing any more. What is in hand stays open and is handed back."""
        self.failure = self.failure or error
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
