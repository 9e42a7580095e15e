"""What a page is, who may read it and whether it may be kept: judged from the page alone, with the evidence."""

import re
from collections.abc import Iterable, Sequence

from foiscrawl.items import Access, PageKind
from foiscrawl.parsing.document import Document
from foiscrawl.parsing.readers import Readers
from foiscrawl.parsing.structured import is_article, strings
from foiscrawl.site import AccessRules, Refuse
from foiscrawl.text import clean_line, comparable

AGENT = "foiscrawl"  # the name that robots metas may address
_BELIEVABLE = 30  # words; fewer under a title like « Maintenance » are the notice, not an article
_ARTICLE_WORDS = 200  # words from which a page without any class or metadata is taken for an article
_PART = 0.5  # of the words that the page declares for itself; less is a part of the text
_MISSING = 100  # words
_FALSE, _TRUE = frozenset(("false", "no", "0")), frozenset(("true", "yes", "1"))


def kind_by_classes(readers: Readers) -> PageKind:
    """What WordPress says in the classes of <body>; UNKNOWN for a page that has none of its classes."""
    classes = readers.body_classes
    if "error404" in classes:
        return PageKind.NOT_FOUND
    if "attachment" in classes or "single-attachment" in classes:
        return PageKind.ATTACHMENT
    has_form = bool(readers.page.css("input[name='post_password']"))
    is_single = "single" in classes or "single-post" in classes
    if has_form and (is_single or not classes & {"archive", "blog", "home", "search"}):
        return PageKind.PROTECTED
    if is_single:
        return PageKind.ARTICLE
    if "home" in classes:
        return PageKind.HOME
    if classes & {"archive", "blog", "search", "search-results", "search-no-results"}:
        return PageKind.ARCHIVE
    if "page" in classes and any(one.startswith("page-id-") for one in classes):
        return PageKind.PAGE
    return PageKind.UNKNOWN


def kind_by_content(
    kind: PageKind, readers: Readers, refuse: Refuse, headline: str | None, words: int, *, has_media: bool
) -> PageKind:
    """Correct an article or unknown page by what stands on it: error and consent pages answer with any class."""
    if kind not in (PageKind.ARTICLE, PageKind.UNKNOWN):
        return kind
    is_described = _is_described(readers)
    is_believable = words >= _BELIEVABLE and (kind is PageKind.ARTICLE or is_described)
    if not is_believable:
        shown = _titles(readers.page, headline)
        if _says(shown, refuse.not_found):
            return PageKind.NOT_FOUND
        if _says(shown, refuse.consent) or (not has_media and _has_challenge(readers.page, refuse.challenge)):
            return PageKind.CONSENT
    if kind is PageKind.UNKNOWN and (is_described or (headline and words >= _ARTICLE_WORDS)):
        return PageKind.ARTICLE
    return kind


def _is_described(readers: Readers) -> bool:
    og_type = readers.page.meta.get("og:type", ("",))[0].strip().lower()
    return og_type == "article" or any(map(is_article, readers.things))


def _titles(page: Document, headline: str | None) -> list[str]:
    nodes = [*page.tree.css("title")[:1], *page.tree.css("h1")[:2]]
    return [comparable(one) for one in (headline, *(node.text() for node in nodes)) if one]


def _says(shown: Iterable[str], texts: Iterable[str]) -> bool:
    wanted = [f" {comparable(one)} " for one in texts]
    return any(one in f" {title} " for title in shown for one in wanted)


def _has_challenge(page: Document, selectors: Sequence[str]) -> bool:
    return page.first(selectors) is not None


def access(
    readers: Readers, rules: AccessRules, kind: PageKind, body_text: str, words: int
) -> tuple[Access, str | None]:
    """Who may read the text, and what says so; UNKNOWN and None when nothing does."""
    if kind is PageKind.PROTECTED:
        return Access.PROTECTED, "css:input[name='post_password']"
    free = {one.rpartition("/")[2].lower() for one in strings(readers.things, "isAccessibleForFree", readers.page)}
    if free & _FALSE:
        return Access.SUBSCRIBER, "jsonld:isAccessibleForFree"
    tree = readers.page.tree
    if tree.css_first(", ".join(rules.subscriber) or "_") is not None:  # one walk for all: nearly every page has none
        found = next(one for one in rules.subscriber if tree.css_first(one) is not None)
        return Access.SUBSCRIBER, f"css:{found}"
    tail = clean_line(body_text[-200:]) or ""
    for ending in rules.truncated_endings:
        if tail.casefold().endswith(ending.casefold()):
            return Access.TRUNCATED, f"ending:{ending}"
    declared = _number(next(strings(readers.things, "wordCount", readers.page), ""))
    if words < declared * _PART and declared - words >= _MISSING:
        return Access.TRUNCATED, f"jsonld:wordCount {declared}, found {words}"
    if free & _TRUE:
        return Access.OPEN, "jsonld:isAccessibleForFree"
    return Access.UNKNOWN, None


def _number(raw: str) -> int:
    return int(raw) if raw.isdecimal() and len(raw) < 10 else 0


def forbids_archiving(page: Document) -> bool:
    """Whether a robots meta, for all or for us, says noarchive or none."""
    said = (*page.meta.get("robots", ()), *page.meta.get(AGENT, ()))
    return any(not {"noarchive", "none"}.isdisjoint(re.split(r"[\s,]+", one.lower())) for one in said)


def reserves_mining(page: Document) -> bool:
    """Whether the page reserves text and data mining (TDM Reservation Protocol)."""
    return any(one.strip() == "1" for one in page.meta.get("tdm-reservation", ()))
