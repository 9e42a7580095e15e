"""Search: the same answers in the same order on both databases.

Articles that their headline alone makes an answer come first, then the others; within both the newest publication
first. That order stands in the archive (`search_texts.place`): it stays the same for years, and nothing is ranked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from types import ModuleType
from typing import Any

from sqlalchemy import Connection, Select, and_, select, union_all

from foiscrawl import snippets
from foiscrawl.search_query import Query
from foiscrawl.snippets import Piece
from foiscrawl.storage import searchable
from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.filters import Filter
from foiscrawl.storage.models import articles, revisions, search_texts, sites
from foiscrawl.storage.search import postgresql as search_postgresql
from foiscrawl.storage.search import sqlite as search_sqlite
from foiscrawl.storage.search.filtering import COUNTED, Asked

__all__ = ["COUNTED", "Hit", "Result", "search"]


@dataclass(frozen=True, slots=True)
class Hit:
    """An article, or with history one of its revisions, that answers.

    headline, snippet   in pieces, those that answer marked; the snippet is of standfirst and body
    in_headline         the headline alone answers
    captured_at         when this revision was fetched
    superseded_at       when the next one was; None: it is the current one
    """

    article_id: int
    revision: int
    site: str
    url: str
    state: str
    section: str | None
    published_at: datetime | None
    captured_at: datetime
    superseded_at: datetime | None
    in_headline: bool
    headline: list[Piece]
    snippet: list[Piece]


@dataclass(frozen=True, slots=True)
class Result:
    """One page of answers.

    count     how many there are in all; None: more than COUNTED
    more      whether there are further pages
    waiting   texts that are not searchable yet: `foiscrawl migrate` makes them so
    """

    hits: list[Hit]
    count: int | None
    more: bool
    waiting: int


_of_text = and_(revisions.c.article_id == search_texts.c.article_id, revisions.c.number == search_texts.c.number)
_OF_TEXTS: Select[Any] = (
    select(search_texts.c.place)
    .join(revisions, _of_text)
    .join(articles, articles.c.id == search_texts.c.article_id)
    .join(sites, sites.c.id == articles.c.site_id)
)
_later = revisions.alias("later")
_HITS: Select[Any] = (
    _OF_TEXTS.add_columns(
        articles.c.id,
        articles.c.canonical_url,
        articles.c.state,
        sites.c.name.label("site"),
        revisions.c.number,
        revisions.c.headline,
        revisions.c.standfirst,
        revisions.c.body_text,
        revisions.c.section,
        revisions.c.published_at,
        revisions.c.captured_at,
        _later.c.captured_at.label("superseded_at"),
    )
    .outerjoin(_later, and_(_later.c.article_id == revisions.c.article_id, _later.c.number == revisions.c.number + 1))
    .where(among(search_texts.c.place, numbers("places")))
)


def search(
    conn: Connection,
    query: Query,
    wanted: Filter | None = None,
    *,
    limit: int = 20,
    offset: int = 0,
    history: bool = False,
) -> Result:
    """The page of answers that begins after `offset` ones. history: superseded texts too, each revision a hit."""
    asked = Asked(wanted or Filter(), history)
    found = _engine(conn).find(conn, query, asked, offset + limit + 1)
    known = set(found.in_headline)
    places = [*found.in_headline, *(place for place in found.places if place not in known)]
    page = places[offset : offset + limit]
    hits = _hits(conn, query, page, known)
    count = found.total if found.total <= COUNTED else None
    return Result(hits, count, len(places) > offset + limit, searchable.waiting(conn))


def sql(conn: Connection, query: Query, wanted: Filter | None = None, *, limit: int, history: bool = False) -> str:
    """SQL that gives the same texts, newest first, in a bare sqlite3 or psql; nothing of ours is needed for it."""
    found: Sequence[Select[Any]] = _engine(conn).plain(query, Asked(wanted or Filter(), history))
    places = found[0].subquery() if len(found) == 1 else union_all(found[0], found[1]).subquery()
    newest = (
        select(revisions.c.published_at, revisions.c.number, revisions.c.headline, articles.c.canonical_url)
        .select_from(search_texts)
        .join(revisions, _of_text)
        .join(articles, articles.c.id == search_texts.c.article_id)
        .where(search_texts.c.place.in_(select(places)))
        .order_by(search_texts.c.place.desc())
        .limit(limit)
    )
    return f"{newest.compile(dialect=conn.dialect, compile_kwargs={'literal_binds': True})};".replace("%%", "%")


def _engine(conn: Connection) -> ModuleType:
    return search_postgresql if conn.dialect.name == "postgresql" else search_sqlite


def _hits(conn: Connection, query: Query, places: Sequence[int], first: set[int]) -> list[Hit]:
    rows = {row.place: row for row in conn.execute(_HITS, {"places": places})} if places else {}
    asked = snippets.wanted(query)
    return [_hit(rows[place], asked, in_headline=place in first) for place in places]


def _hit(row: Any, asked: snippets.Wanted, *, in_headline: bool) -> Hit:
    text = f"{row.standfirst}\n\n{row.body_text}" if row.standfirst else row.body_text
    return Hit(
        row.id,
        row.number,
        row.site,
        row.canonical_url,
        row.state,
        row.section,
        row.published_at,
        row.captured_at,
        row.superseded_at,
        in_headline,
        snippets.marked(row.headline, asked),
        snippets.snippet(text, asked),
    )
