"""What becomes of an answer: a further request of its visit, or the one item that settles it."""

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

from scrapy import Spider
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
from foiscrawl.spiders.course import Course
from foiscrawl.spiders.finding import Finder
from foiscrawl.spiders.job import Job
from foiscrawl.spiders.visit import Visit, header
from foiscrawl.storage.writer import Written
from foiscrawl.urls import same_site, skip_reason, tidy_url, url_key

logger = logging.getLogger(__name__)

RETRY_STATUSES = {408, 425, 429}  # and whatever is 500 or more


class Answering(Spider):
    """The receiving half of SiteSpider; the sending half is in `base`.

    course      how the run goes: what has ended it, what was given up, how long the site wants to be left alone
    visits      what is taken up and not settled, by url_id
    ready       what is to be sent, and not before when (monotonic)
    more_due    the frontier may hold something that is due and not taken up
    in_flight   requests handed to Scrapy and not answered; never more than CONCURRENT_REQUESTS, for what waits in
                Scrapy's own queue would still be sent after the site has asked for a pause
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

    def _send(self, visit: Visit, url: str, delay: float = 0.0) -> None:
        heapq.heappush(self.ready, (time.monotonic() + delay, next(self.order), visit, url))
        self.changed.set()

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
