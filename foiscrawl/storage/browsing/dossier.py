"""What the archive knows of one article besides its history: names, addresses, copies, looks, places, raw answers."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, and_, or_, select

from foiscrawl.storage.models import (
    article_sections,
    articles,
    authors,
    captures,
    fetches,
    images,
    links,
    looks,
    places,
    removals,
    revisions,
    runs,
    sightings,
    tags,
    urls,
)

MOST = 200  # rows of each kind

Rows = list[Row[Any]]


@dataclass(frozen=True, slots=True)
class Dossier:
    """Rows as the tables hold them, in the order of the page or the newest first; of each kind at most `MOST`."""

    article: Row[Any]
    current: Row[Any]
    sections: list[str]
    authors: list[str]
    tags: list[str]
    images: Rows
    links: Rows
    addresses: Rows
    copies: Rows
    looks: Rows
    removals: Rows
    stood: Rows
    captures: Rows


def dossier(conn: Connection, article_id: int) -> Dossier:
    """Of an article that is there."""
    article = conn.execute(select(articles).where(articles.c.id == article_id)).one()
    current = conn.execute(
        select(revisions).where(revisions.c.article_id == article_id, revisions.c.number == article.revision_count)
    ).one()
    addresses = _rows(
        conn, select(urls).where(urls.c.article_id == article_id).order_by(urls.c.first_seen_at, urls.c.id)
    )
    at = [one.id for one in addresses]
    return Dossier(
        article=article,
        current=current,
        sections=_list(conn, article_sections, article_id, "name"),
        authors=_list(conn, authors, article_id, "name"),
        tags=_list(conn, tags, article_id, "name"),
        images=_rows(conn, select(images).where(images.c.article_id == article_id).order_by(images.c.position)),
        links=_rows(conn, select(links).where(links.c.article_id == article_id).order_by(links.c.position)),
        addresses=addresses,
        copies=_rows(conn, _copies(article)),
        looks=_rows(conn, _looks(article_id)),
        removals=_rows(
            conn, select(removals).where(removals.c.article_id == article_id).order_by(removals.c.id.desc())
        ),
        stood=_rows(conn, _stood(at)),
        captures=_rows(conn, _captures(at)),
    )


def _rows(conn: Connection, asked: Select[Any]) -> Rows:
    return list(conn.execute(asked.limit(MOST)))


def _list(conn: Connection, table: Table, article_id: int, column: str) -> list[str]:
    asked = select(table.c[column]).where(table.c.article_id == article_id).order_by(table.c.position)
    return list(conn.execute(asked).scalars())


def _copies(article: Row[Any]) -> Select[Any]:
    """Articles that this one is a copy of, and those that are copies of it."""
    own = [one for one in (article.duplicate_of_id, article.near_duplicate_of_id) if one is not None]
    return (
        select(
            articles.c.id,
            articles.c.canonical_url,
            articles.c.duplicate_of_id,
            articles.c.near_duplicate_of_id,
            articles.c.near_similarity,
            revisions.c.headline,
            revisions.c.published_at,
        )
        .join(revisions, and_(revisions.c.article_id == articles.c.id, revisions.c.number == articles.c.revision_count))
        .where(
            or_(
                articles.c.id.in_(own),
                articles.c.duplicate_of_id == article.id,
                articles.c.near_duplicate_of_id == article.id,
            )
        )
        .order_by(articles.c.id)
    )


def _looks(article_id: int) -> Select[Any]:
    return (
        select(looks.c.looked_at, looks.c.status, looks.c.verdict, runs.c.canaries, looks.c.run_id, urls.c.url)
        .join(runs, runs.c.id == looks.c.run_id)
        .join(urls, urls.c.id == looks.c.url_id)
        .where(looks.c.article_id == article_id)
        .order_by(looks.c.id.desc())
    )


def _stood(at: list[int]) -> Select[Any]:
    return (
        select(
            places.c.id,
            places.c.kind,
            places.c.section,
            sightings.c.rank,
            sightings.c.from_at,
            sightings.c.to_at,
            places.c.last_read_at,
        )
        .join(places, places.c.id == sightings.c.place_id)
        .where(sightings.c.url_id.in_(at))
        .order_by(sightings.c.from_at.desc(), places.c.kind, places.c.section, sightings.c.rank)
    )


def _captures(at: list[int]) -> Select[Any]:
    return (
        select(
            captures.c.captured_at,
            captures.c.status,
            captures.c.record,
            captures.c.file,
            captures.c.record_offset,
            captures.c.record_length,
            captures.c.url,
            captures.c.truncated,
            fetches.c.outcome,
        )
        .join(fetches, fetches.c.id == captures.c.fetch_id)
        .where(fetches.c.url_id.in_(at))
        .order_by(captures.c.id.desc())
    )
