"""The fields of an article that are short: names, addresses, instants, terms. Each tries its origins, best first."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import unquote, urlsplit

from foiscrawl.items import Instant, Term
from foiscrawl.parsing.document import node_text
from foiscrawl.parsing.readers import Readers, shortlink_id
from foiscrawl.site import Layout, Site
from foiscrawl.text import clean_line, comparable, parse_instant, slugify
from foiscrawl.urls import same_site, skip_reason

Value = TypeVar("Value")

_SEPARATOR = re.compile(r"\s[-–—|·•»]\s")
_BY = re.compile(r"^(?:par|by)\s+", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2,3}(?![a-z])")
_DAY = timedelta(days=1)
_AUTHORS_MAX, _TERMS_MAX = 20, 50


@dataclass(slots=True)
class Fields:
    """Reads the fields of one page; `origins` and `flags` fill up as it goes."""

    readers: Readers
    layout: Layout
    site: Site
    now: datetime
    origins: dict[str, str] = field(default_factory=dict)
    flags: list[str] = field(default_factory=list)

    def source_id(self) -> str | None:
        """The publisher's post id. Origins that name another one are flagged: it may be a stranger's page."""
        found = list(self._each(self.layout.source_id, shortlink_id))
        if not found:
            return None
        value, self.origins["source_id"] = found[0]
        ids = self.readers.article_ids
        if any(other != value for other, _ in found) or (ids and value not in ids):
            self.flags.append("source_id:disputed")
        return value

    def canonical_url(self) -> str | None:
        """What the page says is its address, when that can be an article of this site at all."""
        for origin in self.layout.canonical_url:
            for raw in filter(str.strip, self.readers.strings(origin)):
                url = self.readers.page.absolute(raw)
                if not same_site(url, self.site.home):
                    self._flag("canonical:other_host" if url else "canonical:unreadable")
                elif reason := skip_reason(url, self.site.home):
                    self._flag(f"canonical:{reason}")
                else:
                    self.origins["canonical_url"] = origin
                    return url
        return None

    def headline(self) -> str | None:
        """The title as shown. The site's own name is a logo, not a title."""
        names = {comparable(one) for one in (self.site.title, *self.readers.page.meta.get("og:site_name", ()))} - {""}

        def accept(raw: str) -> str | None:
            line = clean_line(raw)
            return line if line and comparable(line) not in names else None

        found = self.readers.first(self.layout.headline, accept)
        if found is None:
            return None
        line, self.origins["headline"] = found
        return self._without_site_name(line, names) if found[1].startswith("meta:") else line

    @staticmethod
    def _without_site_name(title: str, names: set[str]) -> str:
        separators = list(_SEPARATOR.finditer(title))
        if separators and comparable(title[separators[-1].end() :]) in names:
            return title[: separators[-1].start()].strip()
        return title

    def standfirst(self) -> str | None:
        return self._line("standfirst", self.layout.standfirst)

    def authors(self) -> tuple[str, ...]:
        """Everyone whom the first origin that knows a name names, in page order."""
        for origin in self.layout.byline:
            names = dict.fromkeys(name for raw in self._all(origin) if (name := _person(raw)))
            if names:
                self.origins["byline"] = origin
                return tuple(names)[:_AUTHORS_MAX]
        return ()

    def _all(self, origin: str) -> Iterator[str]:
        return self.readers.siblings(origin) if origin.startswith("css:") else self.readers.strings(origin)

    def instant(self, name: str, origins: tuple[str, ...]) -> Instant | None:
        """The first believable moment; else the first that was printed at all, with its flag.

        The visible date is compared with what metadata say; further css origins are other places for the same.
        """
        unbelieved: Instant | None = None
        chosen: Instant | None = None
        for value, origin in self._each(origins, self._parse):
            if value.at is None:
                unbelieved = unbelieved or value
            elif chosen is None:
                chosen, self.origins[name] = value, origin
            elif chosen.at is not None and abs(value.at - chosen.at) > _DAY:
                self._flag(f"{name}:disputed")
            if chosen is not None and origin.startswith("css:"):
                break
        result = chosen or unbelieved
        if result is not None and result.flag:
            self._flag(f"{name}:{result.flag}")
        return result

    def _parse(self, raw: str) -> Instant | None:
        return parse_instant(raw, site_zone=self.site.timezone, now=self.now) if raw.strip() else None

    def section(self) -> str | None:
        return self._line("section", self.layout.section)

    def terms(self, name: str, origins: tuple[str, ...], label: str | None = None) -> tuple[Term, ...]:
        """Sections or tags: names of the first origin that gives some, with the slugs that the page's classes give.

        label   the visible one, which names a slug when neither a list of names nor a link to the term does
        """
        slugs = self._slugs(origins)
        for origin in origins:
            if origin.startswith("class:"):
                name_of = {slugify(label): label} if label else {}
                name_of |= {slug: name for name, slug in self._links(origins)} if slugs else {}
                names = [name_of.get(slug, slug) for slug in slugs]
            else:
                names = [part for raw in self._all(origin) for part in _names(raw, slugs)]
            if names:
                self.origins[name] = origin
                unique = list(dict.fromkeys(names))[:_TERMS_MAX]
                return _matched(unique, slugs) if slugs else self._linked(unique, origins)
        return ()

    def _linked(self, names: list[str], origins: tuple[str, ...]) -> tuple[Term, ...]:
        """Names with the slugs that the links to the terms end in, for themes that print no classes."""
        slug_of = {comparable(name): slug for name, slug in self._links(origins)}
        return tuple(Term(name, slug_of.get(comparable(name))) for name in names)

    def _links(self, origins: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        """The page's links to terms: the name that each shows, and the slug that its address ends in."""
        for node in (node for origin in origins for node in self.readers.nodes(origin)):
            name, href = clean_line(node_text(node)), node.attributes.get("href") or ""
            if name:
                yield name, unquote(urlsplit(self.readers.page.absolute(href)).path.rstrip("/").rpartition("/")[2])

    def _slugs(self, origins: tuple[str, ...]) -> list[str]:
        """Slugs as the post's classes give them; a number stands there for a name that has no Latin letters."""
        classes = next((one for one in origins if one.startswith("class:")), None)
        found = self.readers.strings(classes) if classes else ()
        return [unquote(one) for one in dict.fromkeys(found) if not one.isdecimal()]

    def language(self) -> str | None:
        found = self.readers.first(self.layout.language, _language)
        if found is None:
            return None
        value, self.origins["language"] = found
        return value

    def licence(self) -> str | None:
        """The licence that the page gives for its text: an address, else its name."""
        line = self._line("licence", self.layout.licence)
        return self.readers.page.absolute(line) if line and self.origins["licence"].startswith("link:") else line

    def _line(self, name: str, origins: tuple[str, ...]) -> str | None:
        found = self.readers.first(origins, clean_line)
        if found is None:
            return None
        value, self.origins[name] = found
        return value

    def _each(self, origins: tuple[str, ...], accept: Callable[[str], Value | None]) -> Iterator[tuple[Value, str]]:
        """What each origin says that says anything acceptable."""
        for origin in origins:
            value = next((one for raw in self.readers.strings(origin) if (one := accept(raw)) is not None), None)
            if value is not None:
                yield value, origin

    def _flag(self, flag: str) -> None:
        if flag not in self.flags:
            self.flags.append(flag)


def _person(raw: str) -> str | None:
    """A name, without « Par »; article:author and some graphs give an address instead, which names nobody."""
    line = clean_line(raw)
    name = clean_line(_BY.sub("", line)) if line else None
    return None if name is None or name.startswith(("http://", "https://", "//")) else name


def _language(raw: str) -> str | None:
    """ "fr" of "fr-FR" or "fr_FR"; None for "French"."""
    found = _LANGUAGE.match(raw.strip().lower())
    return found[0] if found else None


def _names(raw: str, slugs: list[str]) -> list[str]:
    """The names in a string: « Économie, Société » are two, unless the page has a term of that whole name."""
    parts = [raw] if slugify(raw) in slugs else raw.split(",")
    return [name for part in parts if (name := clean_line(part))]


def _matched(names: list[str], slugs: list[str]) -> tuple[Term, ...]:
    """Names with their slugs: equal when slugged, or the only two that are left over."""
    by_form = {slugify(slug): slug for slug in slugs}
    slug_of = {name: by_form.get(slugify(name)) for name in names}
    unnamed = [slug for slug in slugs if slug not in slug_of.values()]
    unmatched = [name for name in names if slug_of[name] is None]
    if len(unnamed) == len(unmatched) == 1:
        slug_of[unmatched[0]] = unnamed[0]
    return tuple(Term(name, slug_of[name]) for name in names)
