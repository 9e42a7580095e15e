"""Rows for people outside: articles and revisions, each with what it needs to be trusted and to be used lawfully.

A row carries its own proof (raw answer, digests, versions) and the site's own word on its use, so that it can be read
without the archive.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    null,
    select,
    type_coerce,
)
from sqlalchemy.types import NullType

from foiscrawl.formats import Field, Type
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

BATCH = 500  # rows
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_DUPLICATE, _NEAR = articles.alias("d"), articles.alias("n")
_POLICY = {kind: policies.alias(kind) for kind in ("robots", "tdmrep")}
LISTS: Mapping[str, Any] = {
    "authors": authors.c.name, "sections": article_sections.c.name, "tags": tags.c.name, "images": images.c.url
}  # fmt: skip
_LIST_COMMENTS = {
    "authors": "Names of its authors, as a JSON array in the page's order",
    "sections": "Names of all its sections, as a JSON array in the page's order",
    "tags": "Names of its tags, as a JSON array in the page's order",
    "images": "Addresses of its pictures, as a JSON array in the page's order",
}


class Column(NamedTuple):
    field: Field
    source: ColumnElement[Any]


def _of(column: Any, name: str | None = None, comment: str | None = None) -> Column:
    kind: Type = "text"
    if isinstance(column.type, UtcDateTime):
        kind = "instant"
    elif column.type is Json:
        kind = "json"
    elif column.type.python_type in (int, bool, float):
        kind = {int: "integer", bool: "boolean", float: "real"}[column.type.python_type]  # type: ignore[assignment]
    return Column(Field(name or column.name, kind, comment or str(column.comment)), column)


_IDENTITY = [
    _of(sites.c.name, "site"),
    _of(sites.c.title, "site_title"),
    _of(sites.c.home, "site_home"),
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
    Column(Field("licence", "text", "Licence that the site gives; NULL: none was read"), null()),
    _of(articles.c.noarchive, comment="True: the page asks not to be shown from an archive, as of the last look"),
    Column(
        Field("tdm_reserved", "boolean", "Whether the site's tdmrep.json, as last read, reserves text and data "
              "mining at this address; NULL: none was ever read. Pages that reserved it themselves were not stored"),
        null(),
    ),
    _of(_POLICY["tdmrep"].c.fetched_at, "tdm_read_at", "When the site's tdmrep.json was last asked for; NULL: never"),
    _of(_POLICY["robots"].c.fetched_at, "robots_read_at", "When the robots.txt that was obeyed was last read; NULL: "
        "there was none"),
]  # fmt: skip
_ARTICLE = [
    _of(articles.c.id, comment="Number of the article in the archive"),
    *_IDENTITY,
    *_TEXT,
    *(Column(Field(name, "json", words), literal("[]")) for name, words in _LIST_COMMENTS.items()),
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


def size(conn: Connection, table: str, wanted: Filter) -> int:
    return int(conn.execute(_joined(table, select(func.count()), wanted)).scalar_one())


def rows(conn: Connection, table: str, wanted: Filter, reserved: Mapping[str, Any]) -> Iterator[list[list[Any]]]:
    """Rows as the writers of `formats` take them, in the order of their numbers, a batch at a time.

    reserved: for each site whose tdmrep.json was read, what tells of an address whether it is reserved
    """
    key = TABLES[table][0].source
    # Without types: SQLite gives moments as the text that they are stored as, which the writers take.
    columns = [type_coerce(_shown(one), NullType()).label(one.field.name) for one in TABLES[table]]
    every: Any = select(*columns)
    asked = _joined(table, every, wanted).where(key > bindparam("last")).order_by(key).limit(BATCH)
    names = [one.field.name for one in TABLES[table]]
    site, url, tdm = (names.index(one) for one in ("site", "url", "tdm_reserved"))
    places = [(names.index(name), column) for name, column in LISTS.items() if table == "articles"]
    last = -1
    while found := [list(row) for row in conn.execute(asked, {"last": last}).all()]:
        last = found[-1][0]
        for row in found:
            if row[site] in reserved:
                row[tdm] = reserved[row[site]](row[url])
        for place, column in places:
            _put_lists(conn, column, place, found)
        yield found


def tdm_files(conn: Connection) -> dict[str, str]:
    """The tdmrep.json of each site that was ever asked for one; empty where it has none."""
    asked = select(sites.c.name, policies.c.body).join(sites).where(policies.c.kind == "tdmrep")
    return {name: body or "" for name, body in conn.execute(asked)}


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


def _joined(table: str, asked: Select[Any], wanted: Filter) -> Select[Any]:
    """For revisions a filter means the articles by their current revision, as it does everywhere."""
    current = and_(revisions.c.article_id == articles.c.id, revisions.c.number == articles.c.revision_count)
    met = conditions(wanted)
    if table == "articles":
        joined = asked.select_from(articles).join(revisions, current).where(*met)
    else:
        joined = asked.select_from(revisions).join(articles, articles.c.id == revisions.c.article_id)
        if met:
            chosen = select(articles.c.id).join(revisions, current).where(*met)
            joined = joined.where(articles.c.id.in_(chosen.correlate(None)))
    joined = joined.join(sites, sites.c.id == articles.c.site_id)
    joined = joined.outerjoin(captures, captures.c.id == revisions.c.capture_id)
    if table == "articles":
        joined = joined.outerjoin(_DUPLICATE, _DUPLICATE.c.id == articles.c.duplicate_of_id)
        joined = joined.outerjoin(_NEAR, _NEAR.c.id == articles.c.near_duplicate_of_id)
    for kind, policy in _POLICY.items():
        joined = joined.outerjoin(policy, and_(policy.c.site_id == articles.c.site_id, policy.c.kind == kind))
    return joined


def _shown(column: Column) -> ColumnElement[Any]:
    return cast(column.source, Text) if column.field.type == "json" else column.source


def _put_lists(conn: Connection, column: Any, place: int, found: list[list[Any]]) -> None:
    table = column.table
    asked = select(table.c.article_id, column).where(among(table.c.article_id, numbers("ids")))
    listed: dict[int, list[str]] = {row[0]: [] for row in found}
    for id_, name in conn.execute(asked.order_by(table.c.article_id, table.c.position), {"ids": list(listed)}).all():
        listed[id_].append(name)
    for row in found:
        row[place] = _JSON(listed[row[0]]) if listed[row[0]] else "[]"
