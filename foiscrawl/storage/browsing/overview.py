"""The archive at a glance, for its front page: how much there is, what the last runs did, what has disappeared."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select

from foiscrawl.items import Outcome
from foiscrawl.storage.models import articles, fetches, removals, revisions, runs, sections, sites

RUNS = 60  # newest runs that are listed


@dataclass(frozen=True, slots=True)
class Overview:
    """sites: name, title and home of each. sections: of the menu. removed: disappearances that last."""

    sites: list[Row[Any]]
    articles: int
    revisions: int
    sections: int
    removed: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class RunLine:
    """run: its row. counts: addresses by outcome, those that did not occur left out; open: not settled."""

    run: Row[Any]
    counts: dict[str, int]
    open: int

    @property
    def taken(self) -> int:
        return self.open + sum(self.counts.values())


def overview(conn: Connection) -> Overview:
    gone = removals.c.returned_at.is_(None), removals.c.state.in_(("removed", "withdrawn"))
    return Overview(
        sites=list(conn.execute(select(sites.c.name, sites.c.title, sites.c.home).order_by(sites.c.id))),
        articles=_count(conn, articles),
        revisions=_count(conn, revisions),
        sections=_count(conn, sections),
        removed=conn.execute(select(func.count()).select_from(removals).where(*gone)).scalar_one(),
        since=conn.execute(select(func.min(runs.c.started_at))).scalar(),
    )


def _count(conn: Connection, table: Any) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def newest_runs(conn: Connection, limit: int = RUNS) -> list[RunLine]:
    """The newest first."""
    rows = list(
        conn.execute(
            select(runs, sites.c.name.label("site"))
            .join(sites, sites.c.id == runs.c.site_id)
            .order_by(runs.c.id.desc())
            .limit(limit)
        )
    )
    counted = select(fetches.c.run_id, fetches.c.outcome, func.count()).where(
        fetches.c.run_id.in_([row.id for row in rows])
    )
    counts: dict[int, dict[str | None, int]] = {row.id: {} for row in rows}
    for run_id, outcome, number in conn.execute(counted.group_by(fetches.c.run_id, fetches.c.outcome)):
        counts[run_id][outcome] = number
    order = [one.value for one in Outcome]
    return [
        RunLine(row, {one: counts[row.id][one] for one in order if one in counts[row.id]}, counts[row.id].get(None, 0))
        for row in rows
    ]


def disappearances(conn: Connection, state: str | None, page: int, size: int) -> list[Row[Any]]:
    """Removals with the article's headline, the latest first; state None: all."""
    found = (
        select(removals, revisions.c.headline, articles.c.canonical_url, revisions.c.published_at)
        .join(articles, articles.c.id == removals.c.article_id)
        .join(revisions, and_(revisions.c.article_id == articles.c.id, revisions.c.number == articles.c.revision_count))
        .order_by(removals.c.first_failed_at.desc(), removals.c.id.desc())
    )
    if state is not None:
        found = found.where(removals.c.state == state)
    return list(conn.execute(found.limit(size).offset((page - 1) * size)))


def disappearance_counts(conn: Connection) -> dict[str, int]:
    counted = select(removals.c.state, func.count()).group_by(removals.c.state).order_by(removals.c.state)
    return {row[0]: row[1] for row in conn.execute(counted)}
