"""Sightings: which address stood at which rank of which list, from which reading to which.

An unchanged reading moves `places.last_run_id` and `last_read_at` and nothing else. A change closes a row with the
reading before, the last one that saw it there. What was not read whole says nothing, so it closes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from foiscrawl.items import Fetch, LinkHint, ListingItem, UrlKind
from foiscrawl.storage.addresses import Address, by_key
from foiscrawl.storage.bulk import among, numbers, run_many
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import places, sightings
from foiscrawl.urls import url_key

# The lists of a page by its kind: its own one first. Ticker and widgets stand on every page of the site and are the
# same on each; the front page, which every run reads, stands for all.
_LISTS = {
    UrlKind.HOME: ("front", "featured", "ticker", "widget"),
    UrlKind.LISTING: ("listing", "featured"),
    UrlKind.FEED: ("feed",),
}
_SINGLE = ("front", "ticker", "widget")  # of which a site has one, wherever its front page is

Ranks = dict[int, int]  # rank -> urls.id


@dataclass(frozen=True, slots=True)
class _Reading:
    """One list as one reading found it."""

    run: Run
    kind: str
    url_id: int
    section: str | None
    ranks: Ranks
    at: datetime


_PLACE = select(places.c.id, places.c.last_run_id, places.c.last_read_at).where(
    places.c.site_id == bindparam("site_id"),
    places.c.kind == bindparam("kind"),
    places.c.url_id == bindparam("url_id"),
)
_NEW_PLACE = insert(places).returning(places.c.id)
_OPEN = select(sightings.c.id, sightings.c.rank, sightings.c.url_id).where(
    sightings.c.place_id == bindparam("place_id"), sightings.c.to_run_id.is_(None)
)
_ADD = insert(sightings)
_CLOSE = (
    update(sightings)
    .where(among(sightings.c.id, numbers("ids")))
    .values(to_run_id=bindparam("of_run"), to_at=bindparam("at"))
)
_READ = (
    update(places)
    .where(places.c.id == bindparam("place_id"))
    .values(last_run_id=bindparam("of_run"), last_read_at=bindparam("at"), section=bindparam("of_section"))
)
_STILL = (
    update(places)
    .where(among(places.c.url_id, numbers("ids")), places.c.kind == "feed")
    .values(last_run_id=bindparam("of_run"), last_read_at=bindparam("at"))
)
_ELSEWHERE = select(places.c.id, places.c.last_run_id, places.c.last_read_at).where(
    places.c.site_id == bindparam("site_id"),
    places.c.kind == bindparam("kind"),
    places.c.url_id != bindparam("url_id"),
)


def record(conn: Connection, run: Run, row: Address, item: ListingItem, fetch: Fetch) -> None:
    """Note who stands where on the page that was read; its hints have been learnt. Nothing for a page that does not
    count: a further page of a list, one that was not read whole, the front page of a run that looks at some sections
    only (the rest of it was put aside)."""
    kind = UrlKind(row.kind)
    lists = _LISTS.get(kind)
    if lists is None or row.page != 1 or not item.complete or fetch.status != 200:
        return
    if kind is UrlKind.HOME and run.sections:
        return
    found = _by_list(item.hints, lists)
    ids = _ids(conn, run, found)
    for name in lists:
        # Empty is believed of a strip when the list below it was found; else it is another page, or another design.
        if name not in found and lists[0] not in found:
            continue
        ranks: Ranks = {}
        for hint in found.get(name, ()):
            if hint.rank is not None:
                ranks.setdefault(hint.rank, ids[url_key(hint.url)])
        _read(conn, _Reading(run, name, row.id, row.section, ranks, fetch.fetched_at))


def still(conn: Connection, run: Run, url_ids: Sequence[int], at: datetime) -> None:
    """Feeds that answered 304: what stood in them stands there still."""
    if url_ids:
        conn.execute(_STILL, {"ids": url_ids, "of_run": run.id, "at": at})


def _by_list(hints: Iterable[LinkHint], lists: Sequence[str]) -> dict[str, list[LinkHint]]:
    found: dict[str, list[LinkHint]] = {}
    for hint in hints:
        if hint.kind is UrlKind.ARTICLE and hint.found_in in lists:
            found.setdefault(hint.found_in, []).append(hint)
    return found


def _ids(conn: Connection, run: Run, found: Mapping[str, Sequence[LinkHint]]) -> dict[str, int]:
    keys = {url_key(hint.url) for hints in found.values() for hint in hints}
    return {key: row.id for key, row in by_key(conn, run.site_id, keys).items()}


def _read(conn: Connection, reading: _Reading) -> None:
    where = {"site_id": reading.run.site_id, "kind": reading.kind, "url_id": reading.url_id}
    place = conn.execute(_PLACE, where).one_or_none()
    if place is None:
        if not reading.ranks:
            return
        seen = {"section": reading.section, "last_run_id": reading.run.id, "last_read_at": reading.at}
        place_id, standing = conn.execute(_NEW_PLACE, where | seen).scalar_one(), {}
    else:
        place_id = place.id
        standing = {row.id: (row.rank, row.url_id) for row in conn.execute(_OPEN, {"place_id": place_id})}
        gone = [id_ for id_, (rank, url_id) in standing.items() if reading.ranks.get(rank) != url_id]
        _close(conn, gone, place.last_run_id, place.last_read_at)
        seen = {"of_section": reading.section, "of_run": reading.run.id, "at": reading.at}
        conn.execute(_READ, seen | {"place_id": place_id})
    if reading.kind in _SINGLE:
        _close_elsewhere(conn, where)
    stood = set(standing.values())
    run_many(conn, _ADD, [_row(place_id, reading, *one) for one in reading.ranks.items() if one not in stood])


def _row(place_id: int, reading: _Reading, rank: int, url_id: int) -> dict[str, Any]:
    seen = {"place_id": place_id, "url_id": url_id, "rank": rank}
    return seen | {"from_run_id": reading.run.id, "from_at": reading.at}


def _close(conn: Connection, ids: Sequence[int], run_id: int, at: datetime) -> None:
    if ids:
        conn.execute(_CLOSE, {"ids": ids, "of_run": run_id, "at": at})


def _close_elsewhere(conn: Connection, where: Mapping[str, Any]) -> None:
    """A front page that has moved to another address stands at the old one no more."""
    for place in conn.execute(_ELSEWHERE, where).all():
        ids = [row.id for row in conn.execute(_OPEN, {"place_id": place.id})]
        _close(conn, ids, place.last_run_id, place.last_read_at)
