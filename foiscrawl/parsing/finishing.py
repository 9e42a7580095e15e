"""What is made of an article that was read, before it is stored: text cleaned, believed or not, fingerprinted.

Pure functions, for the pipelines of a crawl and for stored captures that are read again.
"""

from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from foiscrawl import fingerprint
from foiscrawl.items import (
    Access,
    ArticleItem,
    BodyLink,
    Fetch,
    Image,
    Instant,
    Outcome,
    OutcomeItem,
    PageKind,
    QuarantineItem,
    Term,
)
from foiscrawl.text import clean_text

# No one takes a headline of this length for one; it is the page's whole text in the wrong element.
HEADLINE_MAX = 2_000


def finished(item: ArticleItem, known_hash: str | None = None) -> ArticleItem | QuarantineItem | OutcomeItem:
    """All three, as the pipelines of a crawl do it.

    known_hash   content hash of the text as it is stored: the same text gets no signature, which is stored as well
    """
    believed = validate(normalise(item))
    if not isinstance(believed, ArticleItem):
        return believed
    found = fingerprint.content_hash(believed.headline, believed.standfirst, believed.body_text)
    return replace(believed, content_hash=found) if found == known_hash else fingerprinted(believed)


def normalise(item: ArticleItem) -> ArticleItem:
    changed = {}
    for name in _TEXTUAL:
        value = getattr(item, name)
        if value and (clean := _clean(value)) != value:
            changed[name] = clean
    return replace(item, **changed) if changed else item


_TEXTUAL = tuple(
    one.name
    for one in fields(ArticleItem)
    if one.name
    not in {"page_kind", "embeds", "word_count", "access", "noarchive", "origins", "fetch", "signature", "bands"}
)


_PARTS = {kind: attrgetter(*(one.name for one in fields(kind))) for kind in (Term, Image, BodyLink)}


def _clean(value: Any) -> Any:
    """The same value with every text in it cleaned; empty texts stay as they are."""
    match value:
        case str():
            return value if value.isascii() and value.isprintable() else clean_text(value)
        case tuple():
            return tuple(map(_clean, value))
        case Term() | Image() | BodyLink():
            parts = _PARTS[type(value)](value)
            clean = tuple(map(_clean, parts))
            return value if clean == parts else type(value)(*clean)
        case Instant():
            raw = clean_text(value.raw)
            return value if raw == value.raw else replace(value, raw=raw)
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
