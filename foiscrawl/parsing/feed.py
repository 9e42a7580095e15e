"""RSS and Atom feeds to link hints. feedparser reads the many dialects; the dates are read from its raw strings."""

import re
from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import feedparser

from foiscrawl.items import LinkHint, ListingItem, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.hints import Collector, plain
from foiscrawl.site import Site
from foiscrawl.urls import page_number, post_id, skip_reason

TAGS_MAX = 40_000  # outside CDATA; feedparser takes 50 µs for each, so a hostile 10 MiB would take minutes

_ENTITY = re.compile(rb"<!ENTITY[^<>]*>?")  # no feed needs its own entities; bombs and thefts do
_CDATA = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|$)", re.DOTALL)
_TEXT = re.compile(rb"(<content:encoded>\s*)<!\[CDATA\[.*?(?:\]\]>|$)", re.DOTALL)  # not asked for, half of the time
_FEED_END = re.compile(rb"</(?:rss|feed|(?:\w+:)?RDF)\s*>")
_ENTRY_END = re.compile(rb"</(?:item|entry)\s*>")


def parse_feed(body: bytes, url: str, *, site: Site, now: datetime) -> ListingItem:
    """The hints of a feed's entries. Raises NotASource for a page that is no feed and for a feed of comments.

    An entry that a cut-off body ends in is left out: its address may be cut as well.
    """
    if skip_reason(url, site.home) == "comment_feed":
        raise NotASource("comment_feed")
    body = _TEXT.sub(rb"\1", _ENTITY.sub(b"", body))
    if _CDATA.sub(b"", body).count(b"<") > TAGS_MAX:
        raise NotASource("too_large")
    parsed = _parsed(body, url)
    if not parsed.get("version"):
        raise NotASource("not_a_feed")
    complete = _FEED_END.search(body) is not None
    entries = parsed["entries"] if complete else parsed["entries"][: len(_ENTRY_END.findall(body))]
    links = [_link(entry) for entry in entries]
    if links and all(link and "#comment-" in link for link in links):
        raise NotASource("comment_feed")
    collector = Collector(site, now)
    for rank, (entry, link) in enumerate(zip(entries, links, strict=True), start=1):
        if link is None:
            collector.skipped["entry_without_link"] += 1
        else:
            collector.add(_hint(entry, link, rank, collector))
    return collector.item(next_page=_next_page(url) if entries else None, complete=complete)


def _parsed(body: bytes, url: str) -> Mapping[str, Any]:
    """feedparser's reading of these bytes, given as a stream: it would open a text that looks like a path or URL."""
    headers = {"content-location": url, "content-type": "application/xml"}
    parsed: Mapping[str, Any] = feedparser.parse(
        BytesIO(body), response_headers=headers, sanitize_html=False, resolve_relative_uris=False
    )
    return parsed


def _link(entry: Mapping[str, Any]) -> str | None:
    """The entry's address, or its guid where that is one."""
    guid = entry.get("id", "")
    return entry.get("link") or (guid if guid.startswith(("http://", "https://")) else None)


def _hint(entry: dict[str, Any], link: str, rank: int, collector: Collector) -> LinkHint:
    terms = [tag["term"] for tag in entry.get("tags", []) if tag.get("term")]
    return LinkHint(
        url=link,
        kind=UrlKind.ARTICLE,
        found_in="feed",
        title=plain(entry.get("title")),
        published=collector.instant(_own(entry, "published")),
        modified=collector.instant(_own(entry, "updated")),
        section=plain(terms[0]) if terms else None,
        source_id=post_id(entry.get("id", "")),
        rank=rank,
    )


def _own(entry: dict[str, Any], name: str) -> str | None:
    """A field that the feed printed; asked the usual way, feedparser gives `published` for a missing `updated`."""
    value: str | None = dict.get(entry, name)
    return value


def _next_page(url: str) -> LinkHint:
    """The same feed one page further back; WordPress answers 404 past the end."""
    number = (page_number(url) or 1) + 1
    parts = urlsplit(url)
    query = [(name, value) for name, value in parse_qsl(parts.query) if name != "paged"]
    address = parts._replace(query=urlencode([*query, ("paged", str(number))]), fragment="").geturl()
    return LinkHint(url=address, kind=UrlKind.FEED, found_in="feed", page=number)
