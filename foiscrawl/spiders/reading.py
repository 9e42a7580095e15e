"""From an answer to the item that settles its visit: which reader a page goes to, and what that means for the run."""

from dataclasses import dataclass, replace
from typing import Any

from scrapy.http import Response

from foiscrawl.items import ArticleItem, Instant, ListingItem, Outcome, OutcomeItem, Term, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.article import join_pages, parse_article
from foiscrawl.parsing.document import Document
from foiscrawl.parsing.feed import parse_feed
from foiscrawl.parsing.listing import parse_listing
from foiscrawl.parsing.menu import parse_front, site_titles
from foiscrawl.parsing.rest import parse_rest
from foiscrawl.parsing.sitemap import parse_sitemap
from foiscrawl.spiders.finding import Finder
from foiscrawl.spiders.job import Job
from foiscrawl.spiders.visit import Visit, forbids, header, header_values
from foiscrawl.storage import queries
from foiscrawl.storage.frontier import Taken
from foiscrawl.text import comparable
from foiscrawl.urls import same_site, url_key

PAGES_MAX = 50  # of one article; more is a trap
HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class More:
    """The visit goes on: this further page of the article is to be fetched."""

    url: str


@dataclass(frozen=True, slots=True)
class Cut:
    """The page ends too early: ask again, or else settle with this item."""

    item: ArticleItem


@dataclass(frozen=True, slots=True)
class Stop:
    """The run must not go on: the operator has to change something."""

    reason: str
    message: str


Reading = ArticleItem | ListingItem | OutcomeItem | More | Cut | Stop


async def read(response: Response, visit: Visit, job: Job, finder: Finder) -> Reading:
    """Raises nothing for what a page may hold; a source that is none is settled as failed and asked much later."""
    if visit.taken.kind is UrlKind.ARTICLE:
        item = _article(response, visit, job)
        if isinstance(item, ArticleItem) and item.fetch and await _is_stranger(item, visit, job):
            # WordPress guesses dead addresses into other articles by a 301; the other one is found by itself.
            return OutcomeItem(fetch=item.fetch, outcome=Outcome.SKIPPED, reason="redirect_other_article")
        return item
    if visit.taken.kind is UrlKind.HOME:
        return await _home(response, visit, job, finder)
    try:
        listing = _list(response, visit, job)
    except NotASource as error:
        return finder.not_a_source(visit, str(error), job.now())
    return await finder.followed(replace(listing, fetch=visit.fetch(job.now())), visit)


def _document(response: Response) -> Document:
    content_type = header(response, "Content-Type") or ""
    _, found, charset = content_type.partition("charset=")
    return Document(response.url, response.body, charset.strip(" \"';") or None if found else None)


def _list(response: Response, visit: Visit, job: Job) -> ListingItem:
    """Raises NotASource."""
    site, now, number = job.site, job.now(), visit.taken.page
    match visit.taken.kind:
        case UrlKind.FEED:
            return parse_feed(response.body, response.url, site=site, now=now)
        case UrlKind.SITEMAP:
            return parse_sitemap(response.body, response.url, site=site, now=now)
        case UrlKind.REST:
            headers = {name.decode("latin-1"): value[-1].decode("latin-1") for name, value in response.headers.items()}
            return parse_rest(response.body, headers, response.url, number, site=site, now=now)
        case _:
            return parse_listing(_document(response), site, number, now=now)


async def _home(response: Response, visit: Visit, job: Job, finder: Finder) -> Reading:
    page = _document(response)
    names = site_titles(page)
    wanted = comparable(job.site.title)
    if not any(wanted in comparable(one) for one in names):
        says = f"it calls itself « {names[0]} »" if names else "it does not name itself"
        return Stop(
            "identity",
            f"the front page of {response.url} is not that of « {job.site.title} » ({says}); "
            f"give the right address with -a home=URL, or change home and title in sites/{job.site.name}.toml",
        )
    listing = replace(parse_front(page, job.site, now=job.now()), fetch=visit.fetch(job.now()))
    missing = await finder.enter(response.url, listing.sections)
    return Stop("sections", missing) if missing else finder.within_sections(listing)


def _article(response: Response, visit: Visit, job: Job) -> Reading:
    fetch = visit.fetch(job.now())
    forbidden = forbids(header_values(response, "X-Robots-Tag"), header_values(response, "TDM-Reservation"))
    if forbidden is not None:
        return OutcomeItem(fetch=fetch, outcome=Outcome.REFUSED, reason=forbidden)
    content_type = (header(response, "Content-Type") or "text/html").partition(";")[0].strip().lower()
    if content_type not in HTML:
        return OutcomeItem(fetch=fetch, outcome=Outcome.SKIPPED, reason="not_html")
    item = parse_article(_document(response), job.site, fetch.fetched_at)
    if item.noarchive or any(one.startswith("tdm:") for one in item.flags):
        visit.withhold()
        fetch = replace(fetch, exchanges=())
    if "incomplete" in item.flags:
        return Cut(replace(item, fetch=fetch))
    if not visit.pages or url_key(item.url) != url_key(visit.pages[0].url):  # past the end leads back to the first
        visit.pages.append(item)
    further = [url for page in visit.pages for url in page.next_pages if url not in visit.further]
    if further and len(visit.further) < PAGES_MAX:
        visit.further.append(further[0])
        return More(further[0])
    return completed(replace(join_pages(visit.pages[0], visit.pages[1:]), fetch=fetch), visit.taken)


async def _is_stranger(item: ArticleItem, visit: Visit, job: Job) -> bool:
    """Whether a redirect led to another article than the one that was asked for: by the publisher's number, and where
    a page prints none by what the archive knows of the address that the page calls its own."""
    taken = visit.taken
    if not visit.redirects:
        return False
    wanted = taken.source_id or taken.announced_id
    if wanted is not None and item.source_id is not None:
        return item.source_id != wanted
    if taken.article_id is None:
        return False
    shown = item.canonical_url if item.canonical_url and same_site(item.canonical_url, job.home) else visit.final_url
    known = await job.archive.call(queries.article_at, job.run.site_id, url_key(shown))
    return known not in {None, taken.article_id}


def completed(item: ArticleItem, taken: Taken) -> ArticleItem:
    """What the page does not tell and the list that led to it did: some themes print no number, date or section."""
    known: dict[str, Any] = {}
    if (
        item.source_id is None
        and taken.announced_id is not None
        and item.fetch is not None
        and not item.fetch.redirects
    ):
        known["source_id"] = taken.announced_id  # not after a redirect: it may lead to another article
    if item.published is None and taken.published_at is not None:
        known["published"] = Instant(taken.published_at, taken.published_at.isoformat(), zone="+00:00")
    if not item.sections and item.section is None and taken.section is not None:
        known |= {"section": taken.section, "sections": (Term(taken.section),)}
    return replace(item, **known, origins={**item.origins, **dict.fromkeys(known, "hint")}) if known else item
