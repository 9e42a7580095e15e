"""Load a site file (`sites/*.toml`) into a frozen `Site`; refuse one that is wrong, naming file and key.

A field's type says what its value must be; `Annotated` adds a check that tells what is wrong with a value, or None.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from datetime import date, datetime
from importlib import resources
from typing import Annotated, Any, Union, get_args, get_origin

from foiscrawl import checks
from foiscrawl.errors import UsageError

Text = Annotated[str, checks.text]
Texts = tuple[Text, ...]
Count = Annotated[int, checks.count]
Selectors = tuple[Annotated[str, checks.selector], ...]
Origins = tuple[Annotated[str, checks.origin], ...]
Alternatives = tuple[Annotated[tuple[Annotated[str, checks.path], ...], checks.some], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cadence:
    """How often what is looked at; see the site file for the units."""

    first_days: Count = 30
    listing_minutes: Count = 50
    closed_source_hours: Count = 24
    retry_minutes: Annotated[tuple[Count, ...], checks.some] = (1, 10, 60)
    missing_hours: Annotated[tuple[Count, ...], checks.some] = (1, 24, 72, 168, 336)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recheck:
    """When a stored article is looked at again although nothing announced a change, and how much of that a run does.

    hours               after publication or the last edit, ascending; then again every last of them
    requests, minutes   at most so many of them in one run
    """

    hours: Annotated[tuple[Count, ...], checks.some] = (1, 6, 24, 72, 168, 720)
    requests: Count = 300
    minutes: Count = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Edits:
    """corrections: patterns of the notes in which the publisher owns up to a correction; at a paragraph's start."""

    corrections: tuple[Annotated[str, checks.pattern], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Machine-readable sources. Each entry is a list of alternatives, paths relative to home, best first."""

    feeds: Alternatives = ()
    sitemaps: Alternatives = ()
    rest: Alternatives = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    links: Annotated[Selectors, checks.some]
    ignore_labels: Texts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """Selectors of a section page; each list is tried in order and the first that finds something serves.

    ticker, widgets   all of them together: lists of the newest articles that stand on any page
    outside           all of them together: parts of a page whose cards belong to no list of the page
    """

    cards: Annotated[Selectors, checks.some]
    featured: Selectors = ()
    title: Selectors = ("h2 a",)
    date: Selectors = ("time[datetime]",)
    section: Selectors = ()
    next: Selectors = ("a[rel='next']",)
    ticker: Selectors = ()
    widgets: Selectors = ()
    outside: Selectors = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One version of the article page: for each field its origins, best first.

    match   a CSS selector that must find something on the page; "" matches every page
    """

    name: Annotated[str, checks.name]
    match: Annotated[str, checks.match] = ""
    valid_from: date = date.min
    valid_until: date = date.max
    source_id: Origins = ()
    canonical_url: Origins = ()
    headline: Origins = ()
    standfirst: Origins = ()
    byline: Origins = ()
    published: Origins = ()
    modified: Origins = ()
    section: Origins = ()
    sections: Origins = ()
    tags: Origins = ()
    language: Origins = ()
    licence: Origins = ()
    body: Origins = ()
    featured_image: Origins = ()
    featured_caption: Origins = ()
    next_pages: Origins = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What is cut from a body; see the site file. `credit_selectors` find the source line where its class survived."""

    selectors: Selectors = ()
    credit_selectors: Selectors = ()
    exact: Texts = ()
    starts: Texts = ()
    starts_max_words: Count = 60
    subscriber_marker: str = ""
    promo_hosts: Texts = ()
    credit: tuple[Annotated[str, checks.pattern], ...] = ()
    shortcodes: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRules:
    subscriber: Selectors = ()
    truncated_endings: Texts = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refuse:
    """Pages in an article's place: texts of title or headline, and selectors of login and challenge forms."""

    not_found: Texts = ()
    consent: Texts = ()
    challenge: Selectors = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a run may look like; see the site file."""

    max_failed_share: Annotated[float, checks.share] = 0.1
    consecutive_failures: Count = 20
    max_changed_share: Annotated[float, checks.share] = 0.2
    changed_least: Count = 10
    collapsed_share: Annotated[float, checks.share] = 0.4
    collapsed_words: Count = 60
    source_share: Annotated[float, checks.share] = 0.5
    source_pauses: Count = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Everything that is known of one site. `generic` is the layout for a page that no other matches."""

    name: Annotated[str, checks.name]
    title: Text
    home: Annotated[str, checks.home]
    home_verified: bool = False
    timezone: Annotated[str, checks.zone] = "UTC"
    language: Text | None = None
    cadence: Cadence = field(default_factory=Cadence)
    recheck: Recheck = field(default_factory=Recheck)
    edits: Edits = field(default_factory=Edits)
    sources: Sources = field(default_factory=Sources)
    menu: Menu
    listing: Listing
    generic: Layout
    layouts: tuple[Layout, ...] = ()
    noise: Noise = field(default_factory=Noise)
    access: AccessRules = field(default_factory=AccessRules)
    refuse: Refuse = field(default_factory=Refuse)
    expect: Expect = field(default_factory=Expect)

    def layouts_at(self, moment: datetime) -> tuple[Layout, ...]:
        """The layouts valid on that day, newest first, the generic one last."""
        day = moment.date()
        valid = tuple(one for one in self.layouts if one.valid_from <= day <= one.valid_until)
        return (*valid, self.generic)


def site_names() -> tuple[str, ...]:
    """Names of the site files that the package ships."""
    folder = resources.files("foiscrawl.sites")
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


def load_site(name: str) -> Site:
    """The site of this name. Raises UsageError with file and key when it is missing or wrong."""
    if name not in site_names():
        raise UsageError(f"there is no site file for {name!r}; known sites: {', '.join(site_names())}")
    return parse_site(resources.files("foiscrawl.sites").joinpath(f"{name}.toml").read_text("utf-8"), f"{name}.toml")


def parse_site(text: str, file: str) -> Site:
    """The site that the text of a site file describes. `file` is its name, for messages and as the site's name."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(f"{file}: not valid TOML: {error}") from error
    article = table.pop("article", {})
    blocks = table.pop("layout", [])
    for key in ("generic", "layouts"):  # made of [article] and [[layout]]
        if key in table:
            raise UsageError(
                f"{file}: unknown key {key!r}; did you mean {'article' if key == 'generic' else 'layout'!r}?"
            )
    table["generic"] = {"name": "generic", **_typed(article, dict, f"{file} [article]")}
    where = f"{file} [[layout]]"
    table["layouts"] = [{**article, **_typed(block, dict, where)} for block in _typed(blocks, list, where)]
    site: Site = _build(Site, table, file)
    _check(site, file)
    return site


def _build(cls: type, table: Mapping[str, Any], where: str) -> Any:
    known = {one.name: one for one in fields(cls)}
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            raise UsageError(f"{where}: unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    for key, one in known.items():
        if key not in table and one.default is MISSING and one.default_factory is MISSING:
            raise UsageError(f"{where}: key {key!r} is missing")
    return cls(**{key: _value(value, known[key].type, f"{where} {_shown(known[key])}") for key, value in table.items()})


def _shown(one: "Field[Any]") -> str:
    """The field's name as the site file writes it."""
    name = {"generic": "article", "layouts": "[layout]"}.get(one.name, one.name)
    return f"[{name}]" if is_dataclass(one.type) or name != one.name else name


def _value(value: Any, wanted: Any, where: str) -> Any:
    """The TOML value as the type of its field wants it: tables become dataclasses, lists tuples."""
    if get_origin(wanted) is Annotated:
        kind, check = get_args(wanted)
        value = _value(value, kind, where)
        complaint = check(value)
        if complaint:
            raise UsageError(f"{where}: {value!r}: {complaint}")
        return value
    if get_origin(wanted) is Union:  # with None, which TOML cannot say
        return _value(value, get_args(wanted)[0], where)
    if get_origin(wanted) is tuple:
        kind = get_args(wanted)[0]
        return tuple(_value(one, kind, _place(one, where)) for one in _typed(value, list, where))
    if isinstance(wanted, type) and is_dataclass(wanted):
        return _build(wanted, _typed(value, dict, where), where)
    return _typed(value, wanted, where)


_KINDS = {
    list: "a list",
    dict: "a table",
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
}


def _place(value: Any, where: str) -> str:
    """The place of one table of several, with the name that the table has."""
    return f"{where} {value['name']}" if isinstance(value, dict) and "name" in value else where


def _typed(value: Any, wanted: type, where: str) -> Any:
    kinds = {wanted, int} if wanted is float else {wanted}  # exactly: a bool is no int here, a date and time no date
    if type(value) not in kinds:
        raise UsageError(f"{where}: {value!r} is not {_KINDS.get(wanted, 'a ' + wanted.__name__)}")
    return value


def _check(site: Site, file: str) -> None:
    """What is wrong between fields that are each right."""
    if file != f"{site.name}.toml":
        raise UsageError(f"{file} name: {site.name!r}: it is not the name of the file")
    hours = site.recheck.hours
    if list(hours) != sorted(set(hours)):
        raise UsageError(f"{file} [recheck] hours: {list(hours)}: each must be more than the one before")
    names = [one.name for one in (*site.layouts, site.generic)]
    for layout in site.layouts:
        if names.count(layout.name) > 1:
            raise UsageError(f"{file} [[layout]] name: {layout.name!r}: two layouts have this name")
        if layout.valid_from > layout.valid_until:
            raise UsageError(
                f"{file} [[layout]] {layout.name} valid_until: {layout.valid_until}: it is before valid_from"
            )
