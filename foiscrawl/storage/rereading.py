"""Fetches that were settled before, read again from their captures by today's code."""

import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from foiscrawl.errors import CaptureError
from foiscrawl.items import ArticleItem, Exchange, Fetch, Outcome, OutcomeItem, QuarantineItem, UrlKind
from foiscrawl.parsing.exchange import Told, reread
from foiscrawl.parsing.finishing import finished
from foiscrawl.site import Site
from foiscrawl.storage import articles, captures
from foiscrawl.storage.articles import Sheet
from foiscrawl.storage.binding import bind, known
from foiscrawl.storage.bulk import among, numbers, run_many
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import captures as captured
from foiscrawl.storage.models import fetches, sites, urls

log = logging.getLogger(__name__)

# The answers of a fetch, by its id; empty where none are stored. Raises CaptureError.
Answers = Callable[[int], Sequence[Exchange]]
# Those of some fetches, by their ids.
Read = Callable[[Connection, Collection[int]], Answers]
Item = ArticleItem | QuarantineItem | OutcomeItem


@dataclass(frozen=True, slots=True)
class Visited:
    """A settled fetch as its rows tell it. told: what lists have told of its address until today."""

    fetch_id: int
    run_id: int
    taken_at: datetime
    fetch: Fetch
    told: Told


_VISITED = (
    select(
        fetches.c.id,
        fetches.c.run_id,
        fetches.c.taken_at,
        fetches.c.url_id,
        fetches.c.final_url,
        urls.c.url,
        urls.c.source_id,
        urls.c.published_at,
        urls.c.section,
    )
    .join(urls, urls.c.id == fetches.c.url_id)
    .where(among(fetches.c.id, numbers("ids")))
)
_CAPTURES = (
    select(captured.c.id, captured.c.fetch_id, captured.c.url)
    .where(among(captured.c.fetch_id, numbers("ids")))
    .order_by(captured.c.fetch_id, captured.c.position)
)
_SETTLE = (
    update(fetches)
    .where(fetches.c.id == bindparam("row_id"))
    .values(outcome=bindparam("now_outcome"), reason=None, article_id=bindparam("of_article"))
)


def from_captures(folder: Path) -> Read:
    """The answers that stand in the WARC files of this folder."""
    return lambda conn, fetch_ids: captures.Answers(conn, folder, fetch_ids)


def site_of(conn: Connection, site: Site) -> tuple[int | None, Site]:
    """The site's number in this archive, None when it has none yet; and the site with the home that was crawled."""
    row = conn.execute(select(sites.c.id, sites.c.home).where(sites.c.name == site.name)).one_or_none()
    return (None, site) if row is None else (row.id, replace(site, home=row.home))


def visited(conn: Connection, at: Mapping[int, datetime]) -> dict[int, Visited]:
    """By id of the fetch. at: when each page came, which chooses the layout."""
    found = {}
    for row in conn.execute(_VISITED, {"ids": at}):
        fetch = Fetch(row.url_id, row.url, UrlKind.ARTICLE, row.final_url or row.url, at[row.id])
        told = Told(row.source_id, row.published_at, row.section)
        found[row.id] = Visited(row.id, row.run_id, row.taken_at, fetch, told)
    return found


def item(answers_of: Answers, site: Site, one: Visited) -> Item | None:
    """What the pipelines would hand to the writer; None when the captures hold no whole page, or are damaged."""
    try:
        answers = answers_of(one.fetch_id)
    except CaptureError as error:
        log.warning("%s", error)
        return None
    found = reread(answers, one.fetch, site, one.told)
    return finished(found) if isinstance(found, ArticleItem) else found


def store_late(
    conn: Connection, run: Run, items: Sequence[tuple[Visited, ArticleItem]], now: datetime
) -> list[tuple[Outcome, int]]:
    """Store what fetches that were settled long ago have brought, and settle them anew.

    Gives for each its outcome and its article.
    """
    if not items:
        return []
    places = _capture_ids(conn, [visit.fetch_id for visit, _ in items])
    sheets: list[Sheet] = [
        articles.sheet(one, visit.fetch_id, visit.taken_at, places.get((visit.fetch_id, one.url)))
        for visit, one in items
    ]
    rows = known(conn, run, sheets)
    stored = articles.store(conn, run.site_id, sheets, rows, run.edits.corrections)
    bind(conn, run, sheets, stored, rows, now, late=True)
    results = [(outcome, article.id) for outcome, article in zip(stored.outcomes, stored.articles, strict=True)]
    settled: list[dict[str, Any]] = [
        {"row_id": sheet.fetch_id, "now_outcome": outcome.value, "of_article": article_id}
        for sheet, (outcome, article_id) in zip(sheets, results, strict=True)
    ]
    run_many(conn, _SETTLE, settled)
    return results


def _capture_ids(conn: Connection, fetch_ids: Sequence[int]) -> dict[tuple[int, str], int]:
    """Of each fetch and address the last capture."""
    rows = conn.execute(_CAPTURES, {"ids": fetch_ids})
    return {(row.fetch_id, row.url): row.id for row in rows}
