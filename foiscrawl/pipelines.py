"""Normalise -> Validate -> Fingerprint -> Store, in this order. Each is a thin shell over a pure function.

An item that is no ArticleItem passes the first three untouched. Nothing is dropped: Validate turns what it does not
believe into a QuarantineItem and what is no article into an OutcomeItem, so every fetch reaches Store.
"""

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Self

from foiscrawl import fingerprint
from foiscrawl.errors import FoiscrawlError
from foiscrawl.items import (
    Access,
    ArticleItem,
    BodyLink,
    Fetch,
    Image,
    Instant,
    ListingItem,
    Outcome,
    OutcomeItem,
    PageKind,
    QuarantineItem,
    Term,
)
from foiscrawl.text import clean_text

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


Item = ArticleItem | ListingItem | OutcomeItem | QuarantineItem

# No one takes a headline of this length for one; it is the page's whole text in the wrong element.
HEADLINE_MAX = 2_000


class Normalise:
    """Text that both databases can hold and that compares as equal when it reads as equal."""

    def process_item(self, item: Item) -> Item:
        return normalise(item) if isinstance(item, ArticleItem) else item


class Validate:
    """Keeps what is no believable article out of the archive, with the reason."""

    def process_item(self, item: Item) -> Item:
        return validate(item) if isinstance(item, ArticleItem) else item


class Fingerprint:
    """Adds the content hash and the near-duplicate signature."""

    def process_item(self, item: Item) -> Item:
        return fingerprinted(item) if isinstance(item, ArticleItem) else item


class Store:
    """Hands the outcome to the writer; done when its transaction has been committed."""

    def __init__(self, crawler: "Crawler") -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    async def process_item(self, item: Item) -> Item:
        spider: Any = self.crawler.spider
        try:
            written = await spider.job.archive.put(item)
        except FoiscrawlError as error:  # told once, when the run ends; a traceback for each item in hand would hide it
            spider.fail(error)
        else:
            spider.settled(written)
        return item


def normalise(item: ArticleItem) -> ArticleItem:
    return replace(item, **{name: _clean(getattr(item, name)) for name in _TEXTUAL})


_TEXTUAL = tuple(
    one.name
    for one in fields(ArticleItem)
    if one.name
    not in {"page_kind", "embeds", "word_count", "access", "noarchive", "origins", "fetch", "signature", "bands"}
)


def _clean(value: Any) -> Any:
    """The same value with every text in it cleaned; empty texts stay as they are."""
    match value:
        case str():
            return value if value.isascii() and value.isprintable() else clean_text(value)
        case tuple():
            return tuple(_clean(one) for one in value)
        case Term() | Image() | BodyLink():
            return type(value)(*(_clean(getattr(value, one.name)) for one in fields(value)))
        case Instant():
            return replace(value, raw=clean_text(value.raw))
        case _:
            return value


def validate(item: ArticleItem) -> ArticleItem | QuarantineItem | OutcomeItem:
    fetch = _fetch(item)
    if item.noarchive:
        return OutcomeItem(fetch=fetch, outcome=Outcome.REFUSED, reason="noarchive")
    if any(one.startswith("tdm:") for one in item.flags):
        return OutcomeItem(fetch=fetch, outcome=Outcome.REFUSED, reason="tdm_reserved")
    if item.page_kind in _NO_ARTICLE:
        return OutcomeItem(fetch=fetch, outcome=Outcome.SKIPPED, reason=f"is_{item.page_kind}")
    reason = _doubt(item)
    return QuarantineItem(article=item, reason=reason) if reason else item


_NO_ARTICLE = {PageKind.PAGE, PageKind.ATTACHMENT, PageKind.ARCHIVE, PageKind.HOME}


def _doubt(item: ArticleItem) -> str | None:
    """Why this page is not believed, or None."""
    if item.page_kind is PageKind.PROTECTED or item.access is Access.PROTECTED:
        return "protected"
    if item.page_kind is PageKind.NOT_FOUND:
        return "soft_404"
    if item.page_kind is PageKind.CONSENT:
        return "consent"
    if "incomplete" in item.flags:
        return "incomplete"
    if item.headline is not None and len(item.headline) > HEADLINE_MAX:
        return "headline_too_long"
    if not item.body_text and not item.images and not item.embeds:
        return "no_body"
    if item.headline is None and item.source_id is None:
        return "no_headline"
    return None


def fingerprinted(item: ArticleItem) -> ArticleItem:
    signature = fingerprint.signature(item.body_text)
    return replace(
        item,
        content_hash=fingerprint.content_hash(item.headline, item.standfirst, item.body_text),
        signature=signature,
        bands=fingerprint.bands(signature) if signature is not None else (),
    )


def _fetch(item: ArticleItem) -> Fetch:
    if item.fetch is None:
        raise ValueError(f"an article without its fetch reached the pipelines: {item.url}")
    return item.fetch
