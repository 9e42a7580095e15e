"""From the answers of one visit to its article: the one way, for a page that has just come and for a stored one.

A crawl reads each answer when it comes and asks for what `read_page` wants next; `reread` walks through the stored
answers of a visit in the same way and makes no request.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import urljoin

from foiscrawl.items import ArticleItem, Exchange, Fetch, Instant, Outcome, OutcomeItem, Term
from foiscrawl.parsing.article import join_pages, parse_article
from foiscrawl.parsing.coding import CutBodyError, decoded
from foiscrawl.parsing.document import Document
from foiscrawl.site import Site
from foiscrawl.urls import tidy_url, url_key

AGENT = "foiscrawl"
PAGES_MAX = 50  # of one article; more is a trap
HTML = ("text/html", "application/xhtml+xml")

_VALUED = {"max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer with status 200.

    body      content coding undone
    headers   all values of each header in order, by lower-case name
    """

    url: str
    body: bytes = field(repr=False)
    headers: Mapping[str, list[str]]

    def header(self, name: str) -> str | None:
        """The last value."""
        values = self.headers.get(name.lower())
        return values[-1] if values else None

    def document(self) -> Document:
        _, found, charset = (self.header("Content-Type") or "").partition("charset=")
        return Document(self.url, self.body, charset.strip(" \"';") or None if found else None)


@dataclass(frozen=True, slots=True)
class Told:
    """What the list that led to an article told of it."""

    source_id: str | None = None
    published_at: datetime | None = None
    section: str | None = None


@dataclass(slots=True)
class Pages:
    """An article of several pages on its way. read: the pages so far; asked: addresses of its further pages."""

    read: list[ArticleItem] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def clear(self) -> None:
        self.read.clear()
        self.asked.clear()


@dataclass(frozen=True, slots=True)
class More:
    """The visit goes on: this further page of the article is to be fetched."""

    url: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The page ends too early: ask again, or else settle with this item."""

    item: ArticleItem


def read_page(
    answer: Answer, pages: Pages, fetch: Fetch, site: Site, told: Told
) -> ArticleItem | OutcomeItem | More | Cut:
    """Read the next page of a visit, by the layout that was valid when it was fetched. Raises nothing."""
    forbidden = forbids(answer.headers.get("x-robots-tag", ()), answer.headers.get("tdm-reservation", ()))
    if forbidden is not None:
        return OutcomeItem(fetch=fetch, outcome=Outcome.REFUSED, reason=forbidden)
    content_type = (answer.header("Content-Type") or "text/html").partition(";")[0].strip().lower()
    if content_type not in HTML:
        return OutcomeItem(fetch=fetch, outcome=Outcome.SKIPPED, reason="not_html")
    item = parse_article(answer.document(), site, fetch.fetched_at)
    if "incomplete" in item.flags:
        return Cut(replace(item, fetch=fetch))
    if not pages.read or url_key(item.url) != url_key(pages.read[0].url):  # past the end leads back to the first
        pages.read.append(item)
    further = [url for page in pages.read for url in page.next_pages if url not in pages.asked]
    if further and len(pages.asked) < PAGES_MAX:
        pages.asked.append(further[0])
        return More(further[0])
    return completed(replace(join_pages(pages.read[0], pages.read[1:]), fetch=fetch), told)


def reread(exchanges: Iterable[Exchange], fetch: Fetch, site: Site, told: Told) -> ArticleItem | OutcomeItem | None:
    """The item that the visit with these answers gives today; None when none of them is a whole page.

    fetch   the visit as far as its rows tell it; `fetched_at` chooses the layout. The item's own has the address that
            answered and the redirects in their places.
    """
    pages, redirects = Pages(), list[str]()
    rest: ArticleItem | None = None
    target = ""  # where the last answer sent us
    for one in exchanges:
        if url_key(one.url) == url_key(fetch.url) != target:  # the visit began anew: the answer before it never came
            pages.clear()
            redirects.clear()
        answer, rest, target = _answer(one), None, ""
        if answer is None:
            if 300 <= one.status < 400:
                redirects.append(one.url)
                target = _target(one)
            continue
        mine = replace(fetch, final_url=one.url, status=one.status, redirects=tuple(redirects))
        found = read_page(answer, pages, mine, site, told)
        if isinstance(found, Cut):
            rest = found.item
        elif isinstance(found, More):
            target = url_key(found.url)
        else:
            return found
    return rest


def _target(one: Exchange) -> str:
    """Key of the address that a redirect leads to."""
    location = next((value for name, value in one.response if name.lower() == "location"), "")
    return url_key(tidy_url(urljoin(one.url, location.replace("\\", "/"))))


def _answer(one: Exchange) -> Answer | None:
    """None for what is no whole page: redirects, errors, cut bodies."""
    if one.status >= 300 or one.truncated is not None:
        return None
    headers: dict[str, list[str]] = {}
    for name, value in one.response:
        headers.setdefault(name.lower(), []).append(value)
    try:
        body = decoded(one.body, ",".join(headers.get("content-encoding", ())))
    except CutBodyError:
        return None
    return Answer(one.url, body, headers)


def forbids(robots: Sequence[str], reservations: Sequence[str]) -> str | None:
    """Why an answer with these X-Robots-Tag and TDM-Reservation headers must not be kept, or None."""
    if _forbids_archiving(robots, AGENT):
        return "noarchive"
    return "tdm_reserved" if reservations and reservations[-1].strip() == "1" else None


def _forbids_archiving(values: Sequence[str], agent: str) -> bool:
    """Whether an X-Robots-Tag for everybody or for us says noarchive or none."""
    for raw in values:
        told = "*"
        for part in raw.lower().split(","):
            name, colon, rest = (one.strip() for one in part.partition(":"))
            if colon and name not in _VALUED:
                told, name = name, rest
            if told in {"*", agent} and name in {"noarchive", "none"}:
                return True
    return False


def completed(item: ArticleItem, told: Told) -> ArticleItem:
    """What the page does not tell and the list that led to it did: some themes print no number, date or section."""
    known: dict[str, Any] = {}
    if item.source_id is None and told.source_id is not None and item.fetch is not None and not item.fetch.redirects:
        known["source_id"] = told.source_id  # not after a redirect: it may lead to another article
    if item.published is None and told.published_at is not None:
        known["published"] = Instant(told.published_at, told.published_at.isoformat(), zone="+00:00")
    if not item.sections and item.section is None and told.section is not None:
        known |= {"section": told.section, "sections": (Term(told.section),)}
    return replace(item, **known, origins={**item.origins, **dict.fromkeys(known, "hint")}) if known else item
