"""A section page: its articles, and where the list goes on."""

from collections.abc import Iterator
from datetime import datetime

from foiscrawl.items import LinkHint, ListingItem, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.cards import read_cards
from foiscrawl.parsing.document import Document
from foiscrawl.parsing.hints import Collector
from foiscrawl.site import Site
from foiscrawl.urls import address_reason, page_number, url_key


def parse_listing(page: Document, site: Site, number: int, *, now: datetime) -> ListingItem:
    """The hints of page `number` of a section. Past the end it is empty; raises NotASource for what is no list."""
    if page.tree.css_first("body.error404"):
        if number > 1:
            return ListingItem()
        raise NotASource("not_found")
    if page.tree.css_first("body.single, body.single-post"):
        raise NotASource("is_article")
    collector = Collector(site, now)
    origins = read_cards(page, site.listing, collector, "listing")
    following = _next_page(page, site, number) if "listing" in origins else None  # an empty page leads nowhere
    if following:
        origins["next"] = following[0]
    return collector.item(next_page=following[1] if following else None, origins=origins, complete=page.is_complete)


def _next_page(page: Document, site: Site, number: int) -> tuple[str, LinkHint] | None:
    """The link that leads further back, and the selector that found it.

    Of several links the nearest page counts. No link counts that leads to this page, to an earlier one, to the front
    page or off the site: each of these would be a walk without end.
    """
    for selector in site.listing.next:
        onward = sorted(_onward(page, site, number, selector))
        if onward:
            target, url = onward[0]
            return selector, LinkHint(url=url, kind=UrlKind.LISTING, found_in="listing", page=target)
    return None


def _onward(page: Document, site: Site, number: int, selector: str) -> Iterator[tuple[int, str]]:
    here = url_key(page.url)
    for link in page.all((selector,)):
        href = (link.attributes.get("href") or "").strip()
        if not href or href.startswith("#"):  # load-more by script only
            continue
        url = page.absolute(href)
        if address_reason(url, site.home) or url_key(url) in (here, url_key(site.home)):
            continue
        target = page_number(url)
        if target is not None and target > number:
            yield target, url
