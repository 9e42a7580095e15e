"""Who stood where: the lists of the site, one of them as it was read at a moment, and who led it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Select, func, or_, select

from foiscrawl.storage.models import articles, places, revisions, sightings, sites, urls


@dataclass(frozen=True, slots=True)
class Place:
    """kind: see the column places.kind."""

    id: int
    site: str
    kind: str
    section: str | None
    url: str
    last_read_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """One address at one rank, for a while. to_at None: it stands there still."""

    rank: int
    url: str
    article_id: int | None
    headline: str | None
    from_at: datetime
    to_at: datetime | None


@dataclass(frozen=True, slots=True)
class Front:
    """A list as it was read at one moment. earlier, later: the next readings that showed something else."""

    read_at: datetime
    earlier: datetime | None
    later: datetime | None
    standing: list[Standing]


_PLACES = (
    select(places.c.id, sites.c.name, places.c.kind, places.c.section, urls.c.url, places.c.last_read_at)
    .join(sites, sites.c.id == places.c.site_id)
    .join(urls, urls.c.id == places.c.url_id)
    .order_by(sites.c.name, places.c.kind, places.c.section)
)
_STANDING = (
    select(
        sightings.c.rank,
        func.coalesce(articles.c.canonical_url, urls.c.url),
        urls.c.article_id,
        func.coalesce(revisions.c.headline, urls.c.title),
        sightings.c.from_at,
        sightings.c.to_at,
    )
    .join(urls, urls.c.id == sightings.c.url_id)
    .outerjoin(articles, articles.c.id == urls.c.article_id)
    .outerjoin(revisions, (revisions.c.article_id == articles.c.id) & (revisions.c.number == articles.c.revision_count))
)


def all_places(conn: Connection) -> list[Place]:
    return [Place(*row) for row in conn.execute(_PLACES)]


def front(conn: Connection, place: Place, moment: datetime) -> Front | None:
    """The list as it was last read at or before the moment; None: it was not read before.

    Between two readings nobody knows. A reading that changed nothing left no row, so the moment that is given is the
    last one at which a change, or the end of one, was seen, or the very last reading.
    """
    here = sightings.c.place_id == place.id
    seen = [
        _edge(conn, here, column, func.max, column <= moment) for column in (sightings.c.from_at, sightings.c.to_at)
    ]
    known = [one for one in (*seen, place.last_read_at) if one is not None and one <= moment]
    if not known:
        return None
    read_at = max(known)
    stood = _STANDING.where(
        here, sightings.c.from_at <= read_at, or_(sightings.c.to_at.is_(None), sightings.c.to_at >= read_at)
    )
    rows = [Standing(*row) for row in conn.execute(stood.order_by(sightings.c.rank))]
    begun = max((one.from_at for one in rows), default=read_at)
    return Front(
        read_at=read_at,
        earlier=_edge(conn, here, sightings.c.to_at, func.max, sightings.c.to_at < begun),
        later=_edge(conn, here, sightings.c.from_at, func.min, sightings.c.from_at > read_at),
        standing=rows,
    )


def leaders(conn: Connection, place: Place, limit: int = 40) -> list[Standing]:
    """Who stood first, the latest at the head."""
    rows = _STANDING.where(sightings.c.place_id == place.id, sightings.c.rank == 1)
    return [Standing(*row) for row in conn.execute(rows.order_by(sightings.c.from_at.desc()).limit(limit))]


def _edge(conn: Connection, here: Any, column: Column[Any], least: Any, condition: Any) -> datetime | None:
    asked: Select[Any] = select(least(column)).where(here, condition)
    found: datetime | None = conn.execute(asked).scalar()
    return found
