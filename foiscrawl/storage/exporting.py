"""Rows for people outside: articles and revisions, each with what it needs to be trusted and to be used lawfully.

A row carries its own proof (raw answer, digests, versions) and the site's own word on its use, so that it can be read
without the archive.
"""

import json
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    Select,
    and_,
    cast,
    func,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from foiscrawl.formats import Field, Type
from foiscrawl.parsing.tdmrep import reserves
from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.columns import Json, UtcDateTime
from foiscrawl.storage.filters import Filter, conditions
from foiscrawl.storage.models import (
    article_sections,
    articles,
    authors,
    captures,
    fetches,
    images,
    policies,
    revisions,
    sites,
    tags,
)

BATCH = 1_000  # rows
_NUMBERS = 10_000  # of rows, fetched at a time
UNDATED = "undated"
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_DUPLICATE, _NEAR = articles.alias("d"), articles.alias("n")
_POLICY = {kind: policies.alias(kind) for kind in ("robots", "tdmrep")}
_CURRENT = and_(revisions.c.article_id == articles.c.id, revisions.c.number == articles.c.revision_count)
LISTS: Mapping[str, Any] = {
    "authors": authors.c.name, "sections": article_sections.c.name, "tags": tags.c.name, "images": images.c.url
}  # fmt: skip
_KEYS: Mapping[str, Any] = {"articles": articles.c.id, "revisions": revisions.c.id}
_LIST_COMMENTS = {
    "authors": "Names of its authors, as a JSON array in the page's order",
    "sections": "Names of all its sections, as a JSON array in the page's order",
    "tags": "Names of its tags, as a JSON array in the page's order",
    "images": "Addresses of its pictures, as a JSON array in the page's order",
}


class Column(NamedTuple):
    """source: None where `rows` puts the values in."""

    field: Field
    source: ColumnElement[Any] | None


class Site(NamedTuple):
    """What every row of a site says alike: the values of _OF_SITE, as the driver gives them.

    reserves: what tells of an address whether the site's tdmrep.json reserves it; None: it was never asked for one
    """

    cells: tuple[Any, ...]
    reserves: Callable[[str], bool] | None


def _of(column: Any, name: str | None = None, comment: str | None = None) -> Column:
    kind: Type = "text"
    if isinstance(column.type, UtcDateTime):
        kind = "instant"
    elif column.type is Json:
        kind = "json"
    elif column.type.python_type in (int, bool, float):
        kind = {int: "integer", bool: "boolean", float: "real"}[column.type.python_type]  # type: ignore[assignment]
    return Column(Field(name or column.name, kind, comment or str(column.comment)), column)


_OF_SITE = [
    _of(sites.c.name, "site"),
    _of(sites.c.title, "site_title"),
    _of(sites.c.home, "site_home"),
    _of(_POLICY["tdmrep"].c.fetched_at, "tdm_read_at", "When the site's tdmrep.json was last asked for; NULL: never"),
    _of(_POLICY["robots"].c.fetched_at, "robots_read_at", "When the robots.txt that was obeyed was last read; NULL: "
        "there was none"),
]  # fmt: skip
_IDENTITY = [
    *(Column(one.field, None) for one in _OF_SITE[:3]),
    _of(articles.c.source_id),
    _of(articles.c.canonical_url, "url"),
]
_TEXT = [_of(revisions.c[name]) for name in (
    "headline", "standfirst", "byline", "credit", "section", "published_at", "published_raw", "published_precision",
    "published_zone", "modified_at", "access", "language", "word_count", "body_text",
)]  # fmt: skip
_PROOF = [
    _of(revisions.c.captured_at),
    _of(revisions.c.content_hash),
    _of(revisions.c.row_digest),
    _of(revisions.c.layout),
    _of(revisions.c.extractor_version),
    _of(captures.c.file, "capture_file"),
    _of(captures.c.record_offset, "capture_offset"),
    _of(captures.c.digest, "capture_digest"),
]
_USE = [
    _of(articles.c.licence, comment="Licence that the page gives, as of the last look; NULL: it gives none"),
    _of(articles.c.noarchive, comment="True: the page asks not to be shown from an archive, as of the last look"),
    Column(
        Field("tdm_reserved", "boolean", "Whether the site's tdmrep.json, as last read, reserves text and data "
              "mining at this address; NULL: none was ever read. Pages that reserved it themselves were not stored"),
        None,
    ),
    *(Column(one.field, None) for one in _OF_SITE[3:]),
]  # fmt: skip
_ARTICLE = [
    _of(articles.c.id, comment="Number of the article in the archive"),
    *_IDENTITY,
    *_TEXT,
    *(Column(Field(name, "json", words), None) for name, words in _LIST_COMMENTS.items()),
    _of(articles.c.state),
    _of(articles.c.first_seen_at),
    _of(articles.c.last_seen_at),
    _of(_DUPLICATE.c.canonical_url, "duplicate_of_url", "Canonical address of the first article with this very text"),
    _of(_NEAR.c.canonical_url, "near_duplicate_of_url", "Canonical address of an earlier one with nearly this text"),
    _of(articles.c.revision_count, "revision", "Number of this revision, the current one"),
    *_PROOF,
    *_USE,
]  # fmt: skip
_REVISION = [
    _of(revisions.c.id, comment="Number of the row in the archive"),
    _of(articles.c.id, "article_id", "Number of the article in the archive"),
    *_IDENTITY,
    _of(revisions.c.number, "revision"),
    _of(revisions.c.kind),
    _of(revisions.c.change_size),
    *_TEXT,
    *_PROOF,
    *_USE,
]
TABLES: Mapping[str, list[Column]] = {"articles": _ARTICLE, "revisions": _REVISION}
COMMENTS = {
    "articles": "One row for each article, with its current revision",
    "revisions": "One row for each revision of each article; revision 1 is the first capture",
}


def fields(table: str) -> list[Field]:
    return [one.field for one in TABLES[table]]


def months(conn: Connection, table: str, wanted: Filter) -> dict[str, Sequence[int]]:
    """Numbers of the rows that are meant, in their order, by month of publication in UTC (`2026-11`, UNDATED).

    Eight bytes for each row. The indexes answer this, texts are not touched.
    """
    asked = _chosen(table, select(_KEYS[table], type_coerce(revisions.c.published_at, NullType())), wanted)
    found: dict[str, array[int]] = {}
    for number, published in conn.execute(asked, execution_options={"yield_per": _NUMBERS}):
        found.setdefault(_month(published), array("q")).append(number)
    return {month: array("q", sorted(found[month])) for month in sorted(found)}


def _month(published: Any) -> str:
    """Of a moment as the driver gives it."""
    if published is None:
        return UNDATED
    return f"{published.astimezone(UTC):%Y-%m}" if isinstance(published, datetime) else str(published)[:7]


def known_sites(conn: Connection) -> dict[int, Site]:
    """By the site's number."""
    body = _POLICY["tdmrep"].c.body
    asked = select(sites.c.id, *(type_coerce(one.source, NullType()) for one in _OF_SITE), body).select_from(sites)
    for kind, policy in _POLICY.items():
        asked = asked.outerjoin(policy, and_(policy.c.site_id == sites.c.id, policy.c.kind == kind))
    read = 1 + [one.field.name for one in _OF_SITE].index("tdm_read_at")
    return {
        row[0]: Site(tuple(row[1:-1]), None if row[read] is None else reserves(row[-1] or ""))
        for row in conn.execute(asked)
    }


def rows(
    conn: Connection, table: str, chosen: Sequence[int], known: Mapping[int, Site], *, encoded: bool = False
) -> Iterator[list[tuple[Any, ...]]]:
    """The rows with these numbers, in their order, as the writers of `formats` take them, a batch at a time.

    encoded: bodies may be UTF-8 as bytes, for a writer that would encode them again
    """
    asked, lists = _questions(table, encoded=encoded and conn.dialect.name == "sqlite")
    names = [one.field.name for one in TABLES[table]]
    read = ["site_id", *(one.field.name for one in TABLES[table] if one.source is not None)]
    for first in range(0, len(chosen), BATCH):
        ids = {"ids": list(chosen[first : first + BATCH])}
        cells: dict[str, Sequence[Any]] = dict(zip(read, zip(*conn.execute(asked, ids), strict=True), strict=True))
        told = [known[one] for one in cells["site_id"]]
        cells |= zip((one.field.name for one in _OF_SITE), zip(*(one.cells for one in told), strict=True), strict=True)
        cells["tdm_reserved"] = [
            one.reserves(url) if one.reserves else None for one, url in zip(told, cells["url"], strict=True)
        ]
        for name, question in lists.items():
            names_of = defaultdict[int, list[str]](list)
            for number, one in conn.execute(question, ids):
                names_of[number].append(one)
            cells[name] = [_as_json(tuple(names_of[number])) for number in cells["id"]]
        yield list(zip(*(cells[name] for name in names), strict=True))


def sources(conn: Connection) -> list[dict[str, Any]]:
    """The sites, with what they ask of crawlers as last read, for the manifest."""
    found = []
    for row in conn.execute(select(sites).order_by(sites.c.id)).all():
        told = conn.execute(select(policies).where(policies.c.site_id == row.id).order_by(policies.c.kind)).all()
        asks = {
            one.kind: {"url": one.url, "read": one.fetched_at, "status": one.status, "body": one.body} for one in told
        }
        found.append({"title": row.title, "path": row.home, "name": row.name, "policies": asks})
    return found


def collected(conn: Connection) -> tuple[datetime | None, datetime | None]:
    """First and last fetch of the archive."""
    row = conn.execute(select(func.min(fetches.c.taken_at), func.max(fetches.c.taken_at))).one()
    return row[0], row[1]


def _chosen(table: str, asked: Select[Any], wanted: Filter) -> Select[Any]:
    """For revisions a filter means the articles by their current revision, as it does everywhere."""
    met = conditions(wanted)
    if table == "articles":
        return asked.select_from(articles).join(revisions, _CURRENT).where(*met)
    asked = asked.select_from(revisions)
    if met:
        chosen = select(articles.c.id).join(revisions, _CURRENT).where(*met)
        asked = asked.where(revisions.c.article_id.in_(chosen.correlate(None)))
    return asked


def _joined(table: str, asked: Select[Any]) -> Select[Any]:
    if table == "articles":
        joined = asked.select_from(articles).join(revisions, _CURRENT)
        joined = joined.outerjoin(_DUPLICATE, _DUPLICATE.c.id == articles.c.duplicate_of_id)
        joined = joined.outerjoin(_NEAR, _NEAR.c.id == articles.c.near_duplicate_of_id)
    else:
        joined = asked.select_from(revisions).join(articles, articles.c.id == revisions.c.article_id)
    return joined.outerjoin(captures, captures.c.id == revisions.c.capture_id)


@cache
def _questions(table: str, *, encoded: bool) -> tuple[Select[Any], dict[str, Select[Any]]]:
    """For the rows with some numbers, the site's first; and for each list. Made once: each is asked often."""
    key, ids = _KEYS[table], numbers("ids")
    shown = {one.field.name: one.source for one in TABLES[table] if one.source is not None}
    if encoded:
        shown["body_text"] = cast(shown["body_text"], LargeBinary)
    # Without types: SQLite gives moments as the text that they are stored as, which the writers take.
    every: Any = select(articles.c.site_id, *(type_coerce(one, NullType()).label(name) for name, one in shown.items()))
    lists = {}
    for name, column in LISTS.items() if table == "articles" else ():
        article_id, position = column.table.c.article_id, column.table.c.position
        asked = select(article_id, column).where(among(article_id, ids)).order_by(article_id, position)
        lists[name] = asked
    return _joined(table, every).where(among(key, ids)).order_by(key), lists


@lru_cache(maxsize=4096)
def _as_json(names: tuple[str, ...]) -> str:
    """The same few sections and authors stand at most articles."""
    return _JSON(names)
