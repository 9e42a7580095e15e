"""The article among the things that a page's JSON-LD describes, and the values of its fields as strings."""

import html
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from foiscrawl.parsing.document import Document
from foiscrawl.urls import url_key

Thing = Mapping[str, Any]

_POSTS = frozenset(("BlogPosting", "LiveBlogPosting", "Report", "SocialMediaPosting"))  # and all that end in "Article"
_PAGES = frozenset(("WebPage", "ItemPage"))
_TAGS = re.compile(r"</?[A-Za-z][^<>]{0,300}>")
# What of a nested thing is its value, first match; `name` for all others.
_VALUE_KEYS = {
    "image": ("url", "contentUrl"),
    "inLanguage": ("alternateName", "name"),
    "license": ("url", "@id", "name"),
    "url": ("url", "@id"),
}
_DEPTH_MAX = 4


def article_things(page: Document, addresses: Collection[str]) -> list[Thing]:
    """What describes the article of this page, best first: articles, then the page itself (it has dates too).

    addresses   the page's own; where several articles are described, those of other addresses are left out
    """
    keys = _Keys(page)
    ours = set(map(url_key, addresses))
    articles = [thing for thing in page.jsonld if is_article(thing)]
    placed = [(thing, {keys[one] for one in _addresses(thing)}) for thing in articles]
    fitting = [thing for thing, own in placed if own & ours] or [thing for thing, own in placed if not own]
    if not fitting and len(articles) == 1:
        fitting = articles  # its address is out of date (moved site, http), but there is no other it could describe
    # Yoast's graph before the theme's flat copy: only the graph carries sections, keywords and language.
    fitting.sort(key=lambda thing: "@context" in thing and "articleSection" not in thing)
    pages = [thing for thing in page.jsonld if not _PAGES.isdisjoint(_kinds(thing))]
    return [*fitting, *(thing for thing in pages if any(keys[one] in ours for one in _addresses(thing)))]


class _Keys(dict[str, str]):
    """The key of each address as it is written; a graph repeats the page's own a dozen times."""

    def __init__(self, page: Document) -> None:
        super().__init__()
        self.page = page

    def __missing__(self, address: str) -> str:
        key = self[address] = url_key(self.page.absolute(address))
        return key


def is_article(thing: Thing) -> bool:
    return any(one.endswith("Article") or one in _POSTS for one in _kinds(thing))


def strings(things: Sequence[Thing], name: str, page: Document) -> Iterator[str]:
    """The values of a field, those of the first thing that has it: entities decoded, tags off."""
    for thing in things:
        found = list(_strings(thing.get(name), name, page, 0))
        if found:
            yield from found
            return


def _kinds(thing: Thing) -> list[str]:
    kinds = thing.get("@type")
    if isinstance(kinds, str):
        return [kinds]
    return [one for one in (kinds if isinstance(kinds, list) else [kinds]) if isinstance(one, str)]


def _addresses(thing: Thing) -> Iterator[str]:
    """The addresses a thing gives itself, without a graph's own "#article" marks."""
    of_page = thing.get("mainEntityOfPage")
    for one in (thing.get("url"), of_page.get("@id") if isinstance(of_page, dict) else of_page, thing.get("@id")):
        if isinstance(one, str) and one.startswith(("http://", "https://", "/")):
            yield one.partition("#")[0]


def _strings(value: Any, name: str, page: Document, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        text = _TAGS.sub("", html.unescape(html.unescape(value))).strip()
        if text:
            yield text
    elif isinstance(value, bool | int | float):
        yield str(value)
    elif isinstance(value, list) and depth < _DEPTH_MAX:
        for one in value[:100]:
            yield from _strings(one, name, page, depth + 1)
    elif isinstance(value, dict) and depth < _DEPTH_MAX:
        keys = _VALUE_KEYS.get(name, ("name",))
        whole = value if any(key in value for key in keys) else _referred(value.get("@id"), page)
        yield from next((found for key in keys if (found := [*_strings(whole.get(key), name, page, depth + 1)])), [])


def _referred(identity: Any, page: Document) -> Thing:
    """The thing that an {"@id": …} points to; an empty one when it is not on the page."""
    return next((one for one in page.jsonld if identity and one.get("@id") == identity and len(one) > 1), {})
