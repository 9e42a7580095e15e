"""All that the archive knows of one article, for the command `history`: its texts, terms and disappearances."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from rapidfuzz import fuzz, process
from sqlalchemy import Connection, select

from foiscrawl.storage.models import articles, captures, removals, revisions, sites, term_changes, urls
from foiscrawl.urls import same_site, url_key

LIKENESS = 60  # of 100: two addresses of which one may be meant for the other


@dataclass(frozen=True, slots=True)
class Revision:
    """One text of an article. kinds: what the publisher changed; None: stored before edits were graded."""

    number: int
    captured_at: datetime
    kinds: tuple[str, ...] | None
    change_size: int | None
    headline: str | None
    standfirst: str | None
    byline: str | None
    credit: str | None
    published_at: datetime | None
    modified_at: datetime | None
    word_count: int
    layout: str
    extractor_version: str
    capture_file: str | None
    capture_offset: int | None
    body_text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class TermChange:
    """A section or tag that came or went. kind: section or tag; change: added or removed."""

    seen_at: datetime
    kind: str
    change: str
    name: str


@dataclass(frozen=True, slots=True)
class Disappearance:
    """state: see the column removals.state."""

    state: str
    last_status: int | None
    looks: int
    first_failed_at: datetime
    confirmed_at: datetime | None
    returned_at: datetime | None


@dataclass(frozen=True, slots=True)
class History:
    id: int
    site: str
    source_id: str | None
    url: str
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    last_checked_at: datetime
    revisions: list[Revision]
    terms: list[TermChange]
    disappearances: list[Disappearance]


def find(conn: Connection, asked: str) -> int | None:
    """The article that an operator names: by any of its addresses, whole or without the host, or by its number.

    Raises ValueError for what can be no address.
    """
    if asked.isascii() and asked.isdecimal() and len(asked) < 19:
        found: int | None = conn.execute(select(articles.c.id).where(articles.c.id == int(asked))).scalar()
        return found
    for site in conn.execute(select(sites.c.id, sites.c.home).order_by(sites.c.id)):
        url = _absolute(asked, site.home)
        found = _at(conn, site.id, url_key(url)) or _by_source(conn, site, url)
        if found is not None:
            return found
    return None


def nearest(conn: Connection, asked: str) -> str | None:
    """The canonical address whose path is most like that of the address asked for; None: none is like it."""
    wanted = url_key(_absolute(asked, "https://any.invalid/")).partition("/")[2]
    if asked.isdecimal() or wanted.startswith("?"):  # numbers are not alike
        return None
    rows = conn.execute(select(articles.c.canonical_url, articles.c.url_key))
    known = {url: key.partition("/")[2] for url, key in rows}
    best = process.extractOne(wanted, known, scorer=fuzz.ratio, score_cutoff=LIKENESS)
    return str(best[2]) if best else None


def _absolute(asked: str, home: str) -> str:
    return asked if "://" in asked else urljoin(home, asked)


def _at(conn: Connection, site_id: int, key: str) -> int | None:
    alias = select(urls.c.article_id).where(urls.c.site_id == site_id, urls.c.url_key == key)
    own = select(articles.c.id).where(articles.c.site_id == site_id, articles.c.url_key == key)
    found: int | None = conn.execute(alias).scalar() or conn.execute(own).scalar()
    return found


def _by_source(conn: Connection, site: Any, url: str) -> int | None:
    """`?p=345` names an article by the publisher's number, whether or not any page has shown that address."""
    numbers = parse_qs(urlsplit(url).query).get("p", [])
    if len(numbers) != 1 or not same_site(url, site.home):
        return None
    named = select(articles.c.id).where(articles.c.site_id == site.id, articles.c.source_id == numbers[0])
    found: int | None = conn.execute(named).scalar()
    return found


_ARTICLE = select(
    articles.c.id,
    sites.c.name.label("site"),
    articles.c.source_id,
    articles.c.canonical_url.label("url"),
    articles.c.state,
    articles.c.first_seen_at,
    articles.c.last_seen_at,
    articles.c.last_checked_at,
).join(sites, sites.c.id == articles.c.site_id)
_REVISIONS = select(
    revisions.c.number,
    revisions.c.captured_at,
    revisions.c.kind,
    revisions.c.change_size,
    revisions.c.headline,
    revisions.c.standfirst,
    revisions.c.byline,
    revisions.c.credit,
    revisions.c.published_at,
    revisions.c.modified_at,
    revisions.c.word_count,
    revisions.c.layout,
    revisions.c.extractor_version,
    captures.c.file.label("capture_file"),
    captures.c.record_offset.label("capture_offset"),
    revisions.c.body_text,
).outerjoin(captures, captures.c.id == revisions.c.capture_id)
_TERMS = select(term_changes.c.seen_at, term_changes.c.kind, term_changes.c.change, term_changes.c.name)
_REMOVALS = select(
    removals.c.state,
    removals.c.last_status,
    removals.c.looks,
    removals.c.first_failed_at,
    removals.c.confirmed_at,
    removals.c.returned_at,
)


def history(conn: Connection, article_id: int) -> History:
    article = conn.execute(_ARTICLE.where(articles.c.id == article_id)).one()
    texts = conn.execute(_REVISIONS.where(revisions.c.article_id == article_id).order_by(revisions.c.number))
    terms = conn.execute(_TERMS.where(term_changes.c.article_id == article_id).order_by(term_changes.c.id))
    gone = conn.execute(_REMOVALS.where(removals.c.article_id == article_id).order_by(removals.c.id))
    return History(
        **article._mapping,
        revisions=[_revision(row._mapping) for row in texts],
        terms=[TermChange(*row) for row in terms],
        disappearances=[Disappearance(*row) for row in gone],
    )


def _revision(row: Mapping[Any, Any]) -> Revision:
    values = dict(row)
    kind = values.pop("kind")
    return Revision(**values, kinds=tuple(kind.split(",")) if kind else None)
