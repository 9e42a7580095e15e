"""What a run tells while it runs and when it has ended: its counts, what is left to do, what it passed over."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, func, select

from foiscrawl.items import Access, Outcome, UrlKind
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import articles, fetches, runs, urls


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run. counts: each outcome, also those that did not occur; open: taken up and not settled."""

    id: int
    mode: str
    started_at: datetime
    ended_at: datetime | None
    outcome: str
    exit_code: int | None
    reason: str | None
    resume_at: datetime | None
    counts: dict[str, int]
    open: int
    skipped: dict[str, int]

    @property
    def taken(self) -> int:
        return self.open + sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Queue:
    """What is still to do. due: by kind, without zeros. share: of a back-fill, how much is done, 0 to 1; else None."""

    by_kind: dict[str, int]
    share: float | None

    @property
    def due(self) -> int:
        return sum(self.by_kind.values())


def article_at(conn: Connection, site_id: int, key: str) -> int | None:
    """The article that the address with this key shows, as far as is known."""
    return conn.execute(select(urls.c.article_id).where(urls.c.site_id == site_id, urls.c.url_key == key)).scalar()


_COUNTS = (
    select(fetches.c.outcome, func.count()).where(fetches.c.run_id == bindparam("run_id")).group_by(fetches.c.outcome)
)
_DUE = (
    select(urls.c.kind, func.count())
    .where(
        urls.c.site_id == bindparam("site_id"),
        urls.c.kind.in_([kind.value for kind in UrlKind]),  # leads SQLite to the index
        urls.c.next_fetch_at.is_not(None),
        urls.c.next_fetch_at <= bindparam("now"),
    )
    .group_by(urls.c.kind)
)
_STATES = (
    select(urls.c.state, func.count())
    .where(urls.c.site_id == bindparam("site_id"), urls.c.kind == UrlKind.ARTICLE.value)
    .group_by(urls.c.state)
)


def run_counts(conn: Connection, run_id: int) -> dict[str, int]:
    """How many addresses ended with each outcome; all outcomes, zeros too. What is open is not counted."""
    found = {row[0]: row[1] for row in conn.execute(_COUNTS, {"run_id": run_id})}
    return {one.value: found.get(one.value, 0) for one in Outcome}


def doubted(conn: Connection, run_id: int) -> int:
    """How many pages of a run were not believed. A page behind a password is no such thing: the site wants it so."""
    of_run = fetches.c.run_id == run_id, fetches.c.outcome == Outcome.QUARANTINED.value
    return conn.execute(select(func.count()).where(*of_run, fetches.c.reason != Access.PROTECTED.value)).scalar_one()


def run_summary(conn: Connection, run_id: int) -> RunSummary | None:
    """None when there is no such run."""
    return _summary(conn, select(runs).where(runs.c.id == run_id))


def last_run(conn: Connection, site_id: int) -> RunSummary | None:
    """The run of this site that began last; None before the first."""
    return _summary(conn, select(runs).where(runs.c.site_id == site_id).order_by(runs.c.id.desc()).limit(1))


def _summary(conn: Connection, statement: Select[Any]) -> RunSummary | None:
    row = conn.execute(statement).one_or_none()
    if row is None:
        return None
    is_open = fetches.c.run_id == row.id, fetches.c.outcome.is_(None)
    return RunSummary(
        id=row.id,
        mode=row.mode,
        started_at=row.started_at,
        ended_at=row.ended_at,
        outcome=row.outcome,
        exit_code=row.exit_code,
        reason=row.reason,
        resume_at=row.resume_at,
        counts=run_counts(conn, row.id),
        open=conn.execute(select(func.count()).where(*is_open)).scalar_one(),
        skipped=dict(row.skipped),
    )


def queue(conn: Connection, run: Run, now: datetime) -> Queue:
    """How much is due, and how far a back-fill has come.

    The share is that of the articles looked at among all that are known; where the site says that it has more, of
    these.
    """
    due = {row[0]: row[1] for row in conn.execute(_DUE, {"site_id": run.site_id, "now": now})}
    return Queue(due, None if run.update else _share(conn, run))


def _share(conn: Connection, run: Run) -> float | None:
    states = {row[0]: row[1] for row in conn.execute(_STATES, {"site_id": run.site_id})}
    waiting = states.get("new", 0) + states.get("outside", 0)
    done = sum(states.values()) - waiting
    declared = conn.execute(select(runs.c.declared_total).where(runs.c.id == run.id)).scalar()
    total = max(done + waiting, declared or 0)
    return done / total if total else None


def is_empty(conn: Connection, site_id: int) -> bool:
    """Whether the archive holds no article of this site."""
    return not conn.execute(select(exists().where(articles.c.site_id == site_id))).scalar()


def outside(conn: Connection, site_id: int) -> int:
    """How many articles are known and were left aside because they are older than the horizon."""
    older = urls.c.site_id == site_id, urls.c.kind == UrlKind.ARTICLE.value, urls.c.state == "outside"
    return conn.execute(select(func.count()).where(*older)).scalar_one()


def backfill_began(conn: Connection, run: Run) -> datetime:
    """When the back-fill that this run belongs to began: with the first run after the last one that came to its end."""
    mine = runs.c.site_id == run.site_id, runs.c.mode == "backfill"
    ended = select(func.max(runs.c.id)).where(*mine, runs.c.outcome == "done").scalar_subquery()
    first = select(func.min(runs.c.started_at)).where(*mine, runs.c.id > func.coalesce(ended, 0))
    began: datetime = conn.execute(first).scalar_one()
    return began


def checks_began(conn: Connection, run: Run) -> datetime:
    """When looking at all articles began that this run goes on with: with the first such run after the last one that
    came to its end."""
    told = runs.c.arguments["recheck"].as_string() == "all"
    ended = select(func.max(runs.c.id)).where(
        runs.c.site_id == run.site_id,
        told,
        runs.c.outcome == "done",
        runs.c.arguments["max_articles"].as_string().is_(None),
    )
    first = select(func.min(runs.c.started_at)).where(
        runs.c.site_id == run.site_id, told, runs.c.id > func.coalesce(ended.scalar_subquery(), 0)
    )
    began: datetime = conn.execute(first).scalar_one()
    return began


def was_read(conn: Connection, url_id: int) -> bool:
    """Whether this list was ever read."""
    read = fetches.c.url_id == url_id, fetches.c.outcome == Outcome.READ.value
    return bool(conn.execute(select(exists().where(*read))).scalar())


def was_read_since(conn: Connection, site_id: int, key: str, moment: datetime) -> bool:
    """Whether the list at this address (`url_key`) has been read since then."""
    row = urls.c.site_id == site_id, urls.c.url_key == key, urls.c.state == "known"
    return bool(conn.execute(select(exists().where(*row, urls.c.last_fetched_at >= moment))).scalar())
