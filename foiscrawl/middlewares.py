"""What every request must pass: the scope of the run, robots.txt, the resolver guard; and the check for cut bodies.

A refusal is an IgnoreRequest; its reason is left in `request.meta["refused"]`, where the spider's errback finds it.
"""

import asyncio
import ipaddress
import logging
import struct
import time
import zlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn, Self
from urllib.parse import urljoin, urlsplit

from protego import Protego
from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware
from scrapy.exceptions import IgnoreRequest, NotConfigured, ResponseDataLossError
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Headers, Request, Response
from scrapy.http.request import NO_CALLBACK
from scrapy.resolver import CachingThreadedResolver
from scrapy.utils._compression import _DecompressionMaxSizeExceeded
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError

from foiscrawl.items import Exchange
from foiscrawl.parsing.coding import CutBodyError, TooLargeError, unfold
from foiscrawl.parsing.tdmrep import reserved_paths
from foiscrawl.storage import policies
from foiscrawl.urls import same_site

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

ROBOTS_MAX_BYTES = 500 * 1024  # RFC 9309, 2.5
ROBOTS_MAX_HOPS = 5  # RFC 9309, 2.3.1.2
ROBOTS_MAX_AGE = timedelta(hours=24)  # RFC 9309, 2.4
TDMREP = "/.well-known/tdmrep.json"  # W3C TDM Reservation Protocol
CRAWL_DELAY_MAX = 60.0  # seconds; a longer one is a typing error or a way to say Disallow


def refuse(request: Request, reason: str) -> NoReturn:
    request.meta["refused"] = reason
    raise IgnoreRequest(reason)


class Scope:
    """Lets a request pass only to the site of this run: exact host and port, robots.txt and retries included."""

    def __init__(self, crawler: "Crawler") -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        spider: Any = self.crawler.spider
        if not same_site(request.url, spider.job.home):
            refuse(request, "off_site")


@dataclass(frozen=True)
class Robots:
    """What robots.txt says to us. `unavailable` names why it could not be read, which means Disallow: /."""

    rules: Protego | None = None
    unavailable: str | None = None
    sitemaps: tuple[str, ...] = ()


class RobotsGate:
    """robots.txt as RFC 9309 wants it: 4xx allows, 5xx or no answer at all forbids unless a copy of today is kept.

    Stock Scrapy crawls on when robots.txt answers 5xx. Also applies Crawl-delay and refuses a site whose
    /.well-known/tdmrep.json reserves text and data mining.
    """

    def __init__(self, crawler: "Crawler") -> None:
        if not crawler.settings.getbool("ROBOTSTXT_OBEY"):
            raise NotConfigured("ROBOTSTXT_OBEY is off")
        self.crawler = crawler
        self.agent: str = crawler.settings["ROBOTSTXT_USER_AGENT"]
        self.robots: asyncio.Task[Robots] | None = None
        self.read_at = 0.0  # monotonic
        self.reserved: tuple[str, ...] = ()

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    @property
    def spider(self) -> Any:
        return self.crawler.spider

    async def process_request(self, request: Request) -> None:
        if request.meta.get("policy"):
            return
        robots = await self.read()
        if robots.unavailable:
            refuse(request, "robots_unavailable")
        if robots.rules is not None and not robots.rules.can_fetch(request.url, self.agent):
            refuse(request, "robots")
        path = urlsplit(request.url).path
        if any(path.startswith(one) for one in self.reserved):
            refuse(request, "tdm_reserved")

    async def read(self) -> Robots:
        """The rules, read by whoever comes first and again after a day; an error is raised to all who wait."""
        age = time.monotonic() - self.read_at
        if self.robots is None or (self.robots.done() and age > ROBOTS_MAX_AGE.total_seconds()):
            self.read_at = time.monotonic()
            self.robots = asyncio.get_running_loop().create_task(self._read())
        return await asyncio.shield(self.robots)

    async def _read(self) -> Robots:
        robots = await self._robots()
        self._slow_down(robots)
        tdmrep = urljoin(self.spider.job.home, TDMREP)
        if not robots.unavailable and (robots.rules is None or robots.rules.can_fetch(tdmrep, self.agent)):
            self.reserved = await self._reservations()
        self.spider.job.declared_sitemaps = robots.sitemaps
        return robots

    async def _robots(self) -> Robots:
        response = await self._fetch("/robots.txt")
        status, now = response.status if response is not None else 0, self.spider.job.now()
        if response is not None and 200 <= status < 300:
            text = response.body[:ROBOTS_MAX_BYTES].decode("utf-8-sig", errors="replace")
            await self._keep("robots", "/robots.txt", status, text)
        elif 400 <= status < 500 and status != 429:
            return Robots()
        else:
            kept = await self.spider.job.archive.call(policies.kept, self.spider.job.run.site_id, "robots")
            if kept is None or now - kept.fetched_at > ROBOTS_MAX_AGE:
                if response is not None:
                    self.spider.course.keep_away(response, now)
                return Robots(unavailable=f"HTTP {status}" if status else "no answer")
            logger.warning("robots.txt answered %s; obeying the copy of %s", status or "nothing", kept.fetched_at)
            text = kept.body
        rules = Protego.parse(text)
        return Robots(rules=rules, sitemaps=tuple(rules.sitemaps))

    async def _reservations(self) -> tuple[str, ...]:
        """Path prefixes that /.well-known/tdmrep.json reserves; read at most once a day."""
        job = self.spider.job
        kept = await job.archive.call(policies.kept, job.run.site_id, "tdmrep")
        if kept is not None and job.now() - kept.fetched_at <= ROBOTS_MAX_AGE:
            return reserved_paths(kept.body)
        response = await self._fetch(TDMREP)
        if response is None or response.status >= 500:
            return reserved_paths(kept.body) if kept is not None else ()
        text = response.body.decode("utf-8-sig", errors="replace") if response.status == 200 else ""
        await self._keep("tdmrep", TDMREP, response.status, text)
        return reserved_paths(text)

    async def _fetch(self, path: str) -> Response | None:
        """The answer for a policy file, redirects followed inside the site; None: there is none."""
        url = urljoin(self.spider.job.home, path)
        for _hop in range(ROBOTS_MAX_HOPS + 1):
            request = Request(url, meta={"policy": True}, callback=NO_CALLBACK, dont_filter=True)
            try:
                response = await self.crawler.engine.download_async(request)
            except IgnoreRequest:
                return None  # it leads off the site, where we do not go; so we do not know the rules
            except Exception as error:
                logger.warning("%s gave no answer: %s", url, type(error).__name__)
                return None
            location = response.headers.get("Location")
            if not (300 <= response.status < 400 and location):
                return response
            url = urljoin(url, location.decode("latin-1"))
        return Response(url, status=404)  # RFC 9309: more than five redirects may count as "unavailable", which allows

    async def _keep(self, kind: str, path: str, status: int, body: str) -> None:
        job = self.spider.job
        await job.archive.call(policies.keep, job.run.site_id, kind, urljoin(job.home, path), status, body, job.now())

    def _slow_down(self, robots: Robots) -> None:
        """Apply Crawl-delay as the floor of every later gap, AutoThrottle's included."""
        asked = robots.rules.crawl_delay(self.agent) if robots.rules is not None else None
        if asked is None or asked <= 0:
            return
        delay = min(float(asked), CRAWL_DELAY_MAX)
        downloader = self.crawler.engine.downloader
        downloader._delay = max(downloader._delay, delay)
        for slot in downloader.slots.values():
            slot.delay = max(slot.delay, delay)
        throttle = self.crawler.get_extension(AutoThrottle)
        if throttle is not None:
            throttle.mindelay = max(throttle.mindelay, delay)
        logger.info("robots.txt asks for %g s between requests", delay)


class RawAnswer:
    """Leaves each answer of a visit in `request.meta["exchange"]`, with the body as it was sent.

    Also of a body that broke off, which then fails as it would without.
    """

    def __init__(self, crawler: "Crawler") -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    def process_response(self, request: Request, response: Response) -> Response:
        cut = "dataloss" in response.flags
        if "visit" in request.cb_kwargs:
            spider: Any = self.crawler.spider
            request.meta["exchange"] = Exchange(
                url=request.url,
                at=spider.job.now().replace(microsecond=0),
                status=response.status,
                request=(*_lines(request.headers), ("Host", urlsplit(request.url).netloc)),  # Twisted adds it last
                response=_lines(response.headers),
                body=response.body,
                protocol=response.protocol or "HTTP/1.1",
                truncated="disconnect" if cut else None,
            )
        if cut:
            raise ResponseDataLossError("the connection was lost before the end of the body")
        return response


def _lines(headers: Headers) -> tuple[tuple[str, str], ...]:
    """One character for each byte."""
    return tuple(
        (name.decode("latin-1"), value.decode("latin-1")) for name, values in headers.items() for value in values
    )


class WholeBody(HttpCompressionMiddleware):
    """Scrapy's unfolding; refuses a gzip body that ends early, where Scrapy hands over what is there as a clean 200."""

    @staticmethod
    def _decode(body: bytes, encoding: bytes, max_size: int) -> bytes:
        try:
            if encoding in {b"gzip", b"x-gzip"}:
                return unfold(body, max_size)
            return HttpCompressionMiddleware._decode(body, encoding, max_size)
        except TooLargeError as error:
            raise _DecompressionMaxSizeExceeded(error.args[0], max_size) from error
        except CutBodyError as error:
            raise ResponseDataLossError(str(error)) from error
        except (OSError, EOFError, struct.error, zlib.error) as error:
            raise ResponseDataLossError(f"the body cannot be unfolded: {error}") from error


class GuardedResolver(CachingThreadedResolver):
    """Refuses names that resolve to an address that is not public, except the very host that home= names.

    Sits below every middleware, so retries, redirects and robots.txt pass it as well.
    """

    def __init__(self, reactor: Any, cache_size: int, timeout: float, open_host: str | None) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.open_host = open_host

    @classmethod
    def from_crawler(cls, crawler: "Crawler", reactor: Any) -> Self:
        settings = crawler.settings
        size = settings.getint("DNSCACHE_SIZE") if settings.getbool("DNSCACHE_ENABLED") else 0
        return cls(reactor, size, settings.getfloat("DNS_TIMEOUT"), settings.get("FOISCRAWL_OPEN_HOST"))

    def getHostByName(self, name: str, timeout: Any = ()) -> "Deferred[str]":  # noqa: N802 (Twisted's name)
        found = super().getHostByName(name, timeout)
        found.addCallback(self._check, name)
        return found

    def _check(self, address: str, name: str) -> str:
        if name != self.open_host and not ipaddress.ip_address(address).is_global:
            raise DNSLookupError(f"{name} resolves to {address}, which is not a public address")
        return address
