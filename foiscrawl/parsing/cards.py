"""The cards of a list: which elements are cards, in which place of the page, and what a card says of its article."""

import re
from collections.abc import Callable, Sequence

from selectolax.lexbor import LexborNode

from foiscrawl.items import Instant, LinkHint, UrlKind
from foiscrawl.parsing.document import Document, node_text
from foiscrawl.parsing.hints import Collector
from foiscrawl.site import Listing
from foiscrawl.text import clean_line

_POST = re.compile(r"(?:^|\s)post-([0-9]{1,19})(?=\s|$)")


def read_cards(
    page: Document, rules: Listing, collector: Collector, found_in: str, *, every: bool = False
) -> dict[str, str]:
    """Collect the hints of all cards of a page; returns place -> selector that found its cards.

    The main cards are those of the first selector that finds some, or of all selectors together (`every`), less what
    stands in the strip above the list, in the ticker, in a widget or in a part of the page that is no list.
    """
    root = page.tree.root
    if root is None:
        return {}
    ticker, widgets = _all(root, rules.ticker), _all(root, rules.widgets)
    strip, featured = first_match(root, rules.featured)
    apart = {node.mem_id for node in (*ticker, *widgets, *featured)}
    outside = {node.mem_id for node in _all(root, rules.outside)}
    selectors = (", ".join(rules.cards),) if every else rules.cards
    selector, main = first_match(root, selectors, lambda one: one.mem_id not in apart and not _within(one, outside))
    for place, cards in ((found_in, main), ("featured", featured), ("ticker", ticker), ("widget", widgets)):
        for rank, card in enumerate(cards, start=1):
            _collect(card, page, rules, collector, place, rank)
    return {place: found for place, found in ((found_in, selector), ("featured", strip)) if found}


def first_match(
    node: LexborNode, selectors: Sequence[str], wanted: Callable[[LexborNode], bool] = lambda _: True
) -> tuple[str, list[LexborNode]]:
    """The first selector that finds a wanted element, and all it finds in document order; ("", []) when none does."""
    for selector in selectors:
        found = {one.mem_id: one for one in node.css(selector) if wanted(one)}
        if found:
            return selector, list(found.values())
    return "", []


def _all(node: LexborNode, selectors: Sequence[str]) -> list[LexborNode]:
    return first_match(node, (", ".join(selectors),))[1] if selectors else []


def _within(node: LexborNode, places: set[int]) -> bool:
    above: LexborNode | None = node
    while above is not None and above.mem_id not in places:
        above = above.parent
    return above is not None


def _first(card: LexborNode, selectors: Sequence[str]) -> LexborNode | None:
    for one in selectors:
        found = card.css_first(one)
        if found is not None:
            return found
    return None


def _collect(card: LexborNode, page: Document, rules: Listing, collector: Collector, place: str, rank: int) -> None:
    link = card if card.tag == "a" else _first(card, rules.title)
    href = (link.attributes.get("href") or "").strip() if link is not None else ""
    if link is None or not href or href.startswith("#"):
        collector.skipped["card_without_link"] += 1
        return
    published, modified = _dates(card, rules, collector)
    # Most cards of widgets name no section: one question instead of one for each selector.
    label = _first(card, rules.section) if card.css_first(", ".join(rules.section) or "_") is not None else None
    number = _POST.search(f"{card.id or ''} {card.attributes.get('class') or ''}")
    collector.add(
        LinkHint(
            url=page.absolute(href),
            kind=UrlKind.ARTICLE,
            found_in=place,
            title=clean_line(node_text(link)),
            published=published,
            modified=modified,
            section=clean_line(node_text(label)) if label is not None else None,
            source_id=number[1] if number else None,
            rank=rank,
        )
    )


def _dates(card: LexborNode, rules: Listing, collector: Collector) -> tuple[Instant | None, Instant | None]:
    """Published and modified. A theme can be told to print the day of the last change in the place of the first."""
    node = _first(card, rules.date)
    if node is None:
        return None, None
    moment = collector.instant(node.attributes.get("datetime") or node.text())
    classes = f"{node.attributes.get('class') or ''} {node.parent.attributes.get('class') or '' if node.parent else ''}"
    return (None, moment) if {"date-modified", "updated"} & set(classes.split()) else (moment, None)
