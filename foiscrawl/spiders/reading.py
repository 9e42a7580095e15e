"""From an answer to the item that settles its visit: which reader a page goes to, and what that means for the run."""

from dataclasses import dataclass, replace

from scrapy.http import Response

from foiscrawl.items import ArticleItem, ListingItem, Outcome, OutcomeItem, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.exchange import Answer, Cut, More, Told, read_page
from foiscrawl.parsing.feed import parse_feed
from foiscrawl.parsing.listing import parse_listing
from foiscrawl.parsing.menu import parse_front, site_titles
from foiscrawl.parsing.rest import parse_rest
from foiscrawl.parsing.sitemap import parse_sitemap
from foiscrawl.spiders.finding import Finder
from foiscrawl.spiders.job import Job
from foiscrawl.spiders.visit import Visit
from foiscrawl.storage import queries
from foiscrawl.text import comparable
from foiscrawl.urls import same_site, url_key


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


def _answer(response: Response) -> Answer:
    headers = {
        name.decode("latin-1").lower(): [value.decode("latin-1") for value in values]
        for name, values in response.headers.items()
    }
    return Answer(response.url, response.body, headers)


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
            return parse_listing(_answer(response).document(), site, number, now=now)


async def _home(response: Response, visit: Visit, job: Job, finder: Finder) -> Reading:
    page = _answer(response).document()
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


def _article(response: Response, visit: Visit, job: Job) -> ArticleItem | OutcomeItem | More | Cut:
    taken = visit.taken
    told = Told(taken.announced_id, taken.published_at, taken.section)
    found = read_page(_answer(response), visit.pages, visit.fetch(job.now()), job.site, told)
    item = found.item if isinstance(found, Cut) else found
    read = [*visit.pages.read, *([item] if isinstance(item, ArticleItem) else [])]
    if any(one.noarchive or any(flag.startswith("tdm:") for flag in one.flags) for one in read):
        visit.withhold()
        if isinstance(item, ArticleItem) and item.fetch is not None:
            item = replace(item, fetch=replace(item.fetch, exchanges=()))
            return Cut(item) if isinstance(found, Cut) else item
    return found


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
