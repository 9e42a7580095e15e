"""Sitemaps to link hints, of WordPress, Yoast, Rank Math or Google News: an index gives sitemaps, a list articles."""

import re
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import cast

from lxml import etree

from foiscrawl.items import LinkHint, ListingItem, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.hints import Collector, plain
from foiscrawl.site import Site
from foiscrawl.urls import url_key

INFLATED_MAX = 50 * 1024 * 1024  # bytes of one sitemap; the limit of sitemaps.org
URLS_MAX = 100_000  # twice the limit of sitemaps.org; more is a fault

_CHUNK = 1 << 16
_BARE_AMPERSAND = re.compile(rb"&(?!#?\w+;)")
_ROOTS = {"urlset": "url", "sitemapindex": "sitemap"}

# What a child sitemap holds, from the names that WordPress, Yoast and Rank Math give; an unknown name is read.
_NO_ARTICLES = {
    "page": "page",
    "category": "section",
    "post_tag": "tag",
    "tag": "tag",
    "post_format": "section",
    "author": "author",
    "users": "author",
    "attachment": "attachment",
    "web-story": "web_story",
}
_CHILD = re.compile(
    r"/(?:wp-sitemap-(?:posts-|taxonomies-)?)?(" + "|".join(_NO_ARTICLES) + r")-(?:sitemap)?[0-9]*\.xml(?:\.gz)?$"
)


def parse_sitemap(body: bytes, url: str, *, site: Site, now: datetime) -> ListingItem:
    """The hints of a sitemap, plain or gzipped. Raises NotASource for what is no sitemap.

    Of a cut-off or oversized sitemap the whole entries are given, with `complete` false.
    """
    body, inflated = _inflate(body)
    body = body.lstrip(b"\xef\xbb\xbf \t\r\n")  # a blank line first and bare ampersands: common faults of plugins
    body = _BARE_AMPERSAND.sub(b"&amp;", body, count=URLS_MAX)
    root, entries = _read(body)
    whole = _whole_entries(body, root)
    collector = Collector(site, now, limit=URLS_MAX)
    for rank, entry in enumerate(entries[:whole], start=1):
        _collect(entry, rank, root, url, collector)
    return collector.item(complete=inflated and whole is None)


def _inflate(body: bytes) -> tuple[bytes, bool]:
    """The XML of a plain or gzipped body, and whether it is whole."""
    if not body.startswith(b"\x1f\x8b"):
        return body, True
    inflater = zlib.decompressobj(wbits=31)
    try:
        inflated = inflater.decompress(body, INFLATED_MAX)
    except zlib.error as error:
        raise NotASource("bad_gzip") from error
    return inflated, inflater.eof


_Events = Iterator[tuple[str, "etree._Element"]]
_Entry = dict[str, str]  # name of a child -> its text: loc, lastmod, news:title, news:publication_date


def _read(body: bytes) -> tuple[str, list[_Entry]]:
    """The kind of root and its entries. Nothing outside the body is read, and no entity is expanded."""
    tags = [f"{{*}}{name}" for pair in _ROOTS.items() for name in pair]  # the thousand others need not be told to us
    parser = etree.XMLPullParser(
        ("start", "end"),
        tag=tags,
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    root = ""
    entries: list[_Entry] = []
    try:
        for event, element in _events(parser, body):
            name = _name(element)
            if not root and (element.getparent() is not None or name not in _ROOTS):
                break
            root = root or name
            if event == "end" and name == _ROOTS[root]:
                entries.append(_fields(element))
                _forget(element)
    except etree.XMLSyntaxError as error:
        if not root:
            raise NotASource("not_a_sitemap") from error
    if not root:
        raise NotASource("not_a_sitemap")
    return root, entries


def _events(parser: "etree.XMLPullParser", body: bytes) -> "_Events":
    for start in range(0, len(body), _CHUNK):
        parser.feed(body[start : start + _CHUNK])
        yield from cast("_Events", parser.read_events())
    parser.close()
    yield from cast("_Events", parser.read_events())


def _name(element: "etree._Element") -> str:
    return str(element.tag).rpartition("}")[2]


def _fields(entry: "etree._Element") -> _Entry:
    found: _Entry = {}
    for child in entry.iterchildren(etree.Element):
        name = _name(child)
        if name == "news":
            found |= {f"news:{key}": value for key, value in _fields(child).items()}
        elif len(child) == 0 and child.text:  # an entity in it is a child: the text before it would be a cut address
            found.setdefault(name, child.text.strip())
    return found


def _forget(element: "etree._Element") -> None:
    """Give back the memory of what has been read."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        del parent[: parent.index(element)]


def _whole_entries(body: bytes, root: str) -> int | None:
    """How many entries a cut-off body holds whole; None when the body is closed properly."""
    if re.search(rb"</(?:\w+:)?" + root.encode() + rb"\s*>", body):
        return None
    return len(re.findall(rb"</(?:\w+:)?" + _ROOTS[root].encode() + rb"\s*>", body))


def _collect(entry: _Entry, rank: int, root: str, own_url: str, collector: Collector) -> None:
    url = entry.get("loc")
    if not url:
        collector.skipped["entry_without_link"] += 1
        return
    modified = collector.instant(entry.get("lastmod"))
    if root == "sitemapindex":
        child = _CHILD.search(url)
        if child:
            collector.skipped[_NO_ARTICLES[child[1]]] += 1
        elif url_key(url) == url_key(own_url):
            collector.skipped["itself"] += 1
        else:
            collector.add(LinkHint(url=url, kind=UrlKind.SITEMAP, found_in="sitemap", modified=modified, rank=rank))
        return
    collector.add(
        LinkHint(
            url=url,
            kind=UrlKind.ARTICLE,
            found_in="sitemap",
            title=plain(entry.get("news:title")),
            published=collector.instant(entry.get("news:publication_date")),
            modified=modified,
            rank=rank,
        )
    )
