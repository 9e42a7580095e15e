"""What templates are given: words for moments and names, addresses of pages, and cleaned bodies."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import nh3
from markupsafe import Markup

from foiscrawl import telling
from foiscrawl.text import harmless

# No attribute at all: nothing can be loaded, followed, styled or run.
_CLEANER = nh3.Cleaner(
    tags={"p", "br", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "em", "strong", "i", "b"}
    | {"sup", "sub", "cite", "q", "table", "tr", "td"},
    attributes={},
    clean_content_tags={"script", "style", "svg", "math", "template", "noscript", "iframe", "object"},
    link_rel=None,
)
PLACES = {
    "front": "Front page",
    "ticker": "Ticker",
    "widget": "Widget",
    "featured": "Strip above",
    "listing": "Section",
    "feed": "Feed",
}


def finished(value: Any) -> Any:
    """Each value that a template prints: absent is empty, and what reorders or hides letters is shown as what it is."""
    if value is None:
        return ""
    if isinstance(value, str) and not hasattr(value, "__html__"):
        return harmless(value)
    return value


def body(html: str, text: str) -> Markup:
    """The body as paragraphs, lists and emphasis alone, whatever was stored."""
    cleaned = _CLEANER.clean(html).strip()
    if cleaned:
        return Markup(harmless(cleaned))  # noqa: S704  cleaned in the line above
    return Markup("\n").join(Markup("<p>{}</p>").format(harmless(one)) for one in text.split("\n\n") if one.strip())


def moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else ""


def machine(at: datetime) -> str:
    """For the attribute `datetime`."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def number(value: int) -> str:
    return f"{value:,}"


def count(value: int, name: str) -> str:
    """1,234 articles"""
    return f"{value:,} {name}" if value == 1 else f"{value:,} {name}s"


def size(octets: int) -> str:
    return f"{octets:,} bytes" if octets < 10_000 else f"{octets / 1000:,.0f} kB"


def place(kind: str, section: str | None) -> str:
    """ "Section Politique" """
    name = PLACES.get(kind, kind)
    return f"{name} {section}" if section else name


def link(path: str, **values: Any) -> str:
    """A page of ours with these parameters; those that are None are left out."""
    told = {name: value for name, value in values.items() if value is not None}
    return f"{path}?{urlencode(told)}" if told else path


def is_web(url: str | None) -> bool:
    """Only what a browser fetches by http becomes a link; whatever else a site calls its address stays text."""
    return bool(url) and str(url).startswith(("https://", "http://"))


HELPERS = {
    "body_of": body,
    "changes": telling.changes,
    "count": count,
    "disappearance": telling.disappearance,
    "is_web": is_web,
    "label": telling.label,
    "link": link,
    "machine": machine,
    "moment": moment,
    "number": number,
    "place_name": place,
    "side": telling.side,
    "size": size,
    "title_of": telling.title,
}
