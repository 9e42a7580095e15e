"""One taken-up URL on its way to its one outcome."""

import re
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from scrapy.http import Response

from foiscrawl.items import Exchange, Fetch
from foiscrawl.parsing.exchange import Pages, forbids
from foiscrawl.storage.frontier import Taken


@dataclass
class Visit:
    """What is known of a visit while requests, redirects, retries and further pages go on.

    pages      the pages of a multi-page article that have been read and asked for so far
    exchanges  the raw answers, all of them; but none of a page that asks not to be archived
    """

    taken: Taken
    attempt: int = 1
    requests: int = 0
    size: int = 0
    elapsed: float = 0.0
    status: int | None = None
    final_url: str = ""
    redirects: list[str] = field(default_factory=list)
    pages: Pages = field(default_factory=Pages)
    etag: str | None = None
    last_modified: str | None = None
    sent: float = 0.0
    exchanges: list[Exchange] = field(default_factory=list)
    withheld: bool = False

    def depart(self) -> None:
        self.requests += 1
        self.sent = time.monotonic()

    def arrive(self, response: Response | None) -> None:
        """Count an answer, or that none came."""
        self.elapsed += time.monotonic() - self.sent
        if response is None:
            return
        self.size += len(response.body)
        self.status = response.status
        self.final_url = response.url
        self.etag = header(response, "ETag")
        self.last_modified = header(response, "Last-Modified")

    def keep(self, exchange: Exchange | None) -> None:
        """Keep a raw answer for the archive, unless it is one that must not be kept."""
        if exchange is None or self.withheld:
            return
        told = [value for name, value in exchange.response if name.lower() == "x-robots-tag"]
        reserved = [value for name, value in exchange.response if name.lower() == "tdm-reservation"]
        if not forbids(told, reserved):
            self.exchanges.append(exchange)

    def withhold(self) -> None:
        """What was answered must not be kept, nor what else comes of this visit."""
        self.withheld = True
        self.exchanges.clear()

    def start_over(self) -> None:
        """Forget the way so far; the next request asks for the first address again. What came remains evidence."""
        self.redirects.clear()
        self.pages.clear()

    def fetch(self, now: datetime) -> Fetch:
        return Fetch(
            url_id=self.taken.url_id,
            url=self.taken.url,
            kind=self.taken.kind,
            final_url=self.final_url or self.taken.url,
            fetched_at=now,
            requests=self.requests,
            status=self.status,
            size=self.size,
            elapsed=self.elapsed,
            redirects=tuple(self.redirects),
            etag=self.etag,
            last_modified=self.last_modified,
            exchanges=tuple(self.exchanges),
        )


def header(response: Response, name: str) -> str | None:
    value = response.headers.get(name)
    return value.decode("latin-1") if value else None


def header_values(response: Response, name: str) -> list[str]:
    return [value.decode("latin-1") for value in response.headers.getlist(name)]


def retry_after(response: Response, now: datetime) -> float | None:
    """Seconds that the server asks us to stay away; None where it does not ask or what it says makes no sense."""
    raw = header(response, "Retry-After")
    if raw is None:
        return None
    if re.fullmatch(r"\s*[0-9]+\s*", raw):
        seconds = float(raw)
    else:
        try:
            moment = parsedate_to_datetime(raw)
        except (ValueError, OverflowError):  # the second one for a zone of thousands of years
            return None
        seconds = ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now).total_seconds()
    return seconds if seconds > 0 else None
