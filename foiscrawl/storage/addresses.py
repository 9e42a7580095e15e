"""Rows of the frontier in memory: loaded by key, changed by policy, saved in one statement."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from foiscrawl.storage.bulk import among, numbers, run_many, texts
from foiscrawl.storage.models import articles, urls


@dataclass(slots=True)
class Address:
    """One row of `urls`, as far as policy needs it.

    canonical_key   url_key of its article's canonical address; None without an article
    """

    id: int
    url_key: str
    kind: str
    state: str
    next_fetch_at: datetime | None
    attempts: int
    reason: str | None
    page: int
    section: str | None
    source_id: str | None
    title: str | None
    published_at: datetime | None
    modified_at: datetime | None
    etag: str | None
    last_modified: str | None
    article_id: int | None
    first_run_id: int
    last_fetched_at: datetime | None
    next_check_at: datetime | None = None
    checks_from: datetime | None = None
    last_full_at: datetime | None = None
    canonical_key: str | None = None

    def values(self) -> dict[str, Any]:
        """What may change, with the id as `row_id`."""
        return dict(zip(_MUTABLE, self.snapshot(), strict=True), row_id=self.id)

    def snapshot(self) -> tuple[Any, ...]:
        """What may change, to be compared."""
        return _VALUES(self)


_COLUMNS = [one.name for one in fields(Address) if one.name != "canonical_key"]
_MUTABLE = [name for name in _COLUMNS if name not in ("id", "url_key", "page", "first_run_id")]
_VALUES = attrgetter(*_MUTABLE)
_LOAD = select(*(urls.c[name] for name in _COLUMNS), articles.c.url_key).outerjoin(
    articles, articles.c.id == urls.c.article_id
)
_BY_KEY = _LOAD.where(urls.c.site_id == bindparam("site_id"), among(urls.c.url_key, texts("keys")))
_BY_ID = _LOAD.where(among(urls.c.id, numbers("ids")))
_CANONICAL = _LOAD.where(among(urls.c.article_id, numbers("ids")), urls.c.url_key == articles.c.url_key)
_SAVE = update(urls).where(urls.c.id == bindparam("row_id")).values({name: bindparam(name) for name in _MUTABLE})
_SEEN = update(urls).where(among(urls.c.id, numbers("ids"))).values(last_seen_at=bindparam("now"))


def by_key(conn: Connection, site_id: int, keys: Collection[str]) -> dict[str, Address]:
    """The known ones among these keys."""
    if not keys:
        return {}
    rows = conn.execute(_BY_KEY, {"site_id": site_id, "keys": keys})
    return {row.url_key: row for row in (Address(*tuple(one)) for one in rows)}


def by_id(conn: Connection, ids: Collection[int]) -> dict[int, Address]:
    if not ids:
        return {}
    rows = conn.execute(_BY_ID, {"ids": ids})
    return {row.id: row for row in (Address(*tuple(one)) for one in rows)}


def canonical(conn: Connection, article_ids: Collection[int]) -> dict[int, Address]:
    """The rows of the canonical addresses of these articles, which carry their schedules; by article."""
    if not article_ids:
        return {}
    found = (Address(*tuple(one)) for one in conn.execute(_CANONICAL, {"ids": article_ids}))
    return {row.article_id: row for row in found if row.article_id is not None}


def save(conn: Connection, rows: Iterable[Address]) -> None:
    """Write rows that are stored already."""
    run_many(conn, _SAVE, [row.values() for row in rows])


def seen(conn: Connection, ids: Collection[int], now: datetime) -> None:
    """Note that these addresses have been listed, and nothing else."""
    if ids:
        conn.execute(_SEEN, {"ids": ids, "now": now})
