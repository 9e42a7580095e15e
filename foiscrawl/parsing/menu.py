"""The front page: the sections that the menus show, the articles that stand on it, and what the site calls itself."""

import re
from datetime import datetime

from selectolax.lexbor import LexborNode

from foiscrawl.items import LinkHint, ListingItem, SectionHint, UrlKind
from foiscrawl.parsing.cards import read_cards
from foiscrawl.parsing.document import Document, node_text
from foiscrawl.parsing.hints import Collector
from foiscrawl.site import Site
from foiscrawl.text import clean_line, comparable
from foiscrawl.urls import skip_reason, url_key

LABEL_MAX = 60  # characters of a section's name

_NAMES_OF_SITES = ("WebSite", "Organization", "NewsMediaOrganization")
_LOGOS = ".logo-link img[alt], img.logo-image[alt], img.custom-logo[alt], .wp-block-site-logo img[alt]"
_SITE_TITLES = ".site-title, .wp-block-site-title"
_TITLE_PARTS = re.compile(r"\s+[-–—|»«·•:]\s+")


def parse_front(page: Document, site: Site, *, now: datetime) -> ListingItem:
    """Sections in menu order, a listing hint for each, and the articles of the front page, ticker and widgets."""
    collector = Collector(site, now)
    selector, sections = _sections(page, site, collector)
    for section in sections:
        collector.add(
            LinkHint(
                url=section.url,
                kind=UrlKind.LISTING,
                found_in="menu",
                title=section.name,
                section=section.name,
                rank=section.position,
            )
        )
    origins = {"menu": selector} if selector else {}
    origins |= read_cards(page, site.listing, collector, "front", every=True)
    names = site_titles(page)
    wanted = comparable(site.title)
    title = next((name for name in names if comparable(name) == wanted), names[0] if names else None)
    return collector.item(sections=tuple(sections), title=title, origins=origins, complete=page.is_complete)


def _sections(page: Document, site: Site, collector: Collector) -> tuple[str, list[SectionHint]]:
    """The sections of the first selector that finds any: a theme prints its menu twice or three times."""
    ignored = {comparable(label) for label in site.menu.ignore_labels}
    for selector in site.menu.links:
        sections: dict[str, SectionHint] = {}
        for link in page.all((selector,)):
            url, name = _target(link, page), clean_line(node_text(link))
            if url is None or name is None or comparable(name) in ignored:
                continue
            if len(name) > LABEL_MAX or _above(link, "article") is not None:  # a menu can show articles as well
                collector.skipped["not_a_label"] += 1
                continue
            reason = skip_reason(url, site.home)
            if reason not in (None, "section"):  # a section's address may say so, or look like any page's
                collector.skipped[reason] += 1
                continue
            hint = SectionHint(name=name, url=url, position=len(sections) + 1, parent=_parent_label(link))
            sections.setdefault(url_key(url), hint)
        if sections:
            return selector, list(sections.values())
    return "", []


def _target(link: LexborNode, page: Document) -> str | None:
    """Where a menu entry leads; None for the bare `#` of a group, which is no section itself."""
    href = (link.attributes.get("href") or "").strip()
    return page.absolute(href) if href and not href.startswith("#") else None


def _parent_label(link: LexborNode) -> str | None:
    """The label of the entry whose sub-menu holds this link, None at the top level."""
    item = _above(link, "li")
    group = _above(item, "li") if item is not None else None
    if group is None:
        return None
    for child in group.iter():
        if child.tag in ("a", "span", "button"):
            return clean_line(node_text(child))
    return None


def _above(node: LexborNode, tag: str) -> LexborNode | None:
    above = node.parent
    while above is not None and above.tag != tag:
        if above.tag in ("nav", "body"):
            return None
        above = above.parent
    return above


def site_titles(page: Document) -> tuple[str, ...]:
    """Every name that the page gives its site, likeliest first: meta data, logo, ends of the page title."""
    names: list[str | None] = list(page.meta.get("og:site_name", ()))
    for thing in page.jsonld:
        kinds = thing.get("@type")
        if any(kind in _NAMES_OF_SITES for kind in (kinds if isinstance(kinds, list) else [kinds])):
            names += [name for name in (thing.get("name"), thing.get("alternateName")) if isinstance(name, str)]
    names += [node.attributes.get("alt") for node in page.tree.css(_LOGOS)]
    names += [node.text() for node in page.tree.css(_SITE_TITLES)]
    if title := page.tree.css_first("head > title"):
        parts = _TITLE_PARTS.split(title.text().strip())
        names += [parts[-1], parts[0]]
    return tuple(dict.fromkeys(name for name in map(_line, names) if name))


def _line(raw: str | None) -> str | None:
    return clean_line(raw) if raw else None
