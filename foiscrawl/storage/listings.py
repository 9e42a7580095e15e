"""What a menu, listing, feed, sitemap or REST page gave: hints, sections, counts; and the outcome of its address."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urlsplit

from sqlalchemy import Connection, bindparam, select, update

from foiscrawl.items import Fetch, ListingItem, Outcome, SectionHint, UrlKind
from foiscrawl.recheck import Learned, newest, retry_at
from foiscrawl.storage import addresses, sightings
from foiscrawl.storage.bulk import Upsert
from foiscrawl.storage.hints import learn
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import fetches, runs, sections, urls
from foiscrawl.storage.outcomes import OpenFetch, keep_validators, settle_address
from foiscrawl.urls import tidy_url, url_key

_SECTIONS = Upsert(
    sections,
    ("site_id", "url_key"),
    lambda new: {one: new[one] for one in ("url", "name", "slug", "parent", "position", "last_seen_at")},
)


def settle_list(
    conn: Connection, run: Run, item: ListingItem, fetch: Fetch, opened: OpenFetch, now: datetime
) -> tuple[str | None, Learned]:
    """Take what a page listed into the frontier, settle its address. Gives the reason to record and what was learnt."""
    first_reading = _first_reading(conn, run, opened) if opened.kind is UrlKind.SITEMAP and run.update else False
    learned = learn(conn, run, item.hints, now, first_reading=first_reading)
    row = addresses.by_id(conn, [opened.url_id])[opened.url_id]
    reason = None if item.complete else "incomplete"
    settle_address(row, opened, fetch, Outcome.READ, reason, now, run)
    if item.complete and item.hints:  # else the next look must not be answered with 304
        keep_validators(row, fetch)
    elif opened.kind is UrlKind.SITEMAP and not item.complete:  # no later lastmod may call for what was cut off
        row.next_fetch_at = retry_at(1, now, run.cadence)
    addresses.save(conn, [row])
    sightings.record(conn, run, row, item, fetch)
    _SECTIONS(conn, [_section(run, one, now) for one in _distinct(item.sections)])
    _count(conn, run, item)
    _count_entries(conn, run, item, fetch, opened)
    return reason, learned


# Where a page lists what is its own to list, and not that of every page: LinkHint.found_in.
_OWN = {UrlKind.HOME: ("front", "featured"), UrlKind.LISTING: ("listing", "featured")}


_COUNTED = (
    update(fetches)
    .where(fetches.c.id == bindparam("row_id"))
    .values({one: bindparam(one) for one in ("listed", "declared", "newest_at")})
)


def _count_entries(conn: Connection, run: Run, item: ListingItem, fetch: Fetch, opened: OpenFetch) -> None:
    """Into the row of `fetches`: how much the page listed, how much there is, how new its newest is."""
    if fetch.status != 200 or (opened.kind is UrlKind.HOME and run.sections):  # of that front page most was put aside
        return
    places = _OWN.get(opened.kind, (opened.kind.value,))
    listed = [one for one in item.hints if one.kind in (UrlKind.ARTICLE, UrlKind.SITEMAP) and one.found_in in places]
    told = (one.at for hint in listed for one in (hint.published, hint.modified) if one is not None)
    number = len({url_key(one.url) for one in listed})
    values = {"row_id": opened.id, "listed": number, "declared": item.total, "newest_at": newest(*told)}
    conn.execute(_COUNTED, values)


def _first_reading(conn: Connection, run: Run, opened: OpenFetch) -> bool:
    """Whether the entries of a sitemap are the site's past: it is read for the first time, and did not turn up later.

    A sitemap that turns up after the site's sitemaps were read is the next volume, and what stands in it is news.
    """
    read = select(fetches.c.id).where(fetches.c.outcome == Outcome.READ.value).limit(1)
    if conn.execute(read.where(fetches.c.url_id == opened.url_id)).first() is not None:
        return False
    learnt = select(urls.c.first_run_id).where(urls.c.id == opened.url_id).scalar_subquery()
    earlier = (
        read.join(runs, runs.c.id == fetches.c.run_id)
        .where(runs.c.site_id == run.site_id, runs.c.id < learnt)
        .where(fetches.c.kind == UrlKind.SITEMAP.value)
    )
    return conn.execute(earlier).first() is None


def _distinct(found: Iterable[SectionHint]) -> list[SectionHint]:
    """The first of each address: a menu shows a section twice, and one statement cannot update a row twice."""
    by_key: dict[str, SectionHint] = {}
    for one in found:
        by_key.setdefault(url_key(one.url), one)
    return list(by_key.values())


def _section(run: Run, one: SectionHint, now: datetime) -> dict[str, Any]:
    slug = unquote(urlsplit(one.url).path).rstrip("/").rpartition("/")[2]
    return {
        "site_id": run.site_id,
        "url_key": url_key(one.url),
        "url": tidy_url(one.url),
        "name": one.name,
        "slug": slug or None,
        "parent": one.parent,
        "position": one.position,
        "first_seen_at": now,
        "last_seen_at": now,
    }


def _count(conn: Connection, run: Run, item: ListingItem) -> None:
    """Into the run's row: links that were skipped, and how many articles the site says it has."""
    if not item.skipped and item.total is None:
        return
    row = conn.execute(select(runs.c.skipped, runs.c.declared_total).where(runs.c.id == run.id)).one()
    skipped = dict(row.skipped)
    for reason, number in item.skipped.items():
        skipped[reason] = skipped.get(reason, 0) + number
    total = max((one for one in (row.declared_total, item.total) if one is not None), default=None)
    conn.execute(update(runs).where(runs.c.id == run.id).values(skipped=skipped, declared_total=total))
