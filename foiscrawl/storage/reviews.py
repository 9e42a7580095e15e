"""What waits for a person: open alarms with what they hold, and changes that are held by themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.models import alarms, articles, held_changes, revisions, sites


@dataclass(frozen=True, slots=True)
class Alarm:
    """An alarm. changes, articles: what it holds; first_at, last_at: when these were seen."""

    id: int
    site_id: int
    site: str
    run_id: int
    kind: str
    subject: str | None
    message: str
    raised_at: datetime
    decision: str | None
    changes: int
    articles: int
    first_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """A held change, beside the headline that is stored."""

    id: int
    site: str
    article_id: int
    fetch_id: int
    url: str
    headline: str | None
    reason: str
    state: str
    seen_at: datetime


_of_alarm = (held_changes.c.alarm_id == alarms.c.id) & held_changes.c.decided_at.is_(None)
_ALARMS = (
    select(
        alarms.c.id,
        alarms.c.site_id,
        sites.c.name,
        alarms.c.run_id,
        alarms.c.kind,
        alarms.c.subject,
        alarms.c.message,
        alarms.c.raised_at,
        alarms.c.decision,
        func.count(held_changes.c.id),
        func.count(held_changes.c.article_id.distinct()),
        func.min(held_changes.c.seen_at),
        func.max(held_changes.c.seen_at),
    )
    .join(sites, sites.c.id == alarms.c.site_id)
    .outerjoin(held_changes, _of_alarm)
    .group_by(alarms.c.id, sites.c.name)
    .order_by(alarms.c.id)
)
_CHANGES = (
    select(
        held_changes.c.id,
        sites.c.name,
        held_changes.c.article_id,
        held_changes.c.fetch_id,
        articles.c.canonical_url,
        revisions.c.headline,
        held_changes.c.reason,
        held_changes.c.state,
        held_changes.c.seen_at,
    )
    .join(articles, articles.c.id == held_changes.c.article_id)
    .join(sites, sites.c.id == articles.c.site_id)
    .join(
        revisions,
        (revisions.c.article_id == articles.c.id) & (revisions.c.number == articles.c.revision_count),
    )
    .order_by(held_changes.c.seen_at, held_changes.c.id)
)


def open_alarms(conn: Connection) -> list[Alarm]:
    return [Alarm(*row) for row in conn.execute(_ALARMS.where(alarms.c.decided_at.is_(None)))]


def alarm(conn: Connection, alarm_id: int) -> Alarm | None:
    row = conn.execute(_ALARMS.where(alarms.c.id == alarm_id)).one_or_none()
    return Alarm(*row) if row is not None else None


def of_alarm(conn: Connection, alarm_id: int) -> list[Change]:
    """What an alarm holds still, in the order in which it was seen."""
    return _changes(conn, _CHANGES.where(held_changes.c.alarm_id == alarm_id, held_changes.c.state == "held"))


def alone(conn: Connection) -> list[Change]:
    """Changes that are held without an alarm."""
    return _changes(conn, _CHANGES.where(held_changes.c.alarm_id.is_(None), held_changes.c.state == "held"))


def change(conn: Connection, change_id: int) -> Change | None:
    return next(iter(_changes(conn, _CHANGES.where(held_changes.c.id == change_id))), None)


def held_of_site(conn: Connection, site_id: int) -> list[tuple[int, int | None]]:
    """All held changes of a site in the order in which they were seen: id, and alarm where there is one."""
    wanted = select(held_changes.c.id, held_changes.c.alarm_id).join(
        articles, articles.c.id == held_changes.c.article_id
    )
    of_site = wanted.where(articles.c.site_id == site_id, held_changes.c.state == "held")
    return [(row[0], row[1]) for row in conn.execute(of_site.order_by(held_changes.c.seen_at, held_changes.c.id))]


def texts(conn: Connection, article_ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Headline and body of the current revisions, by article."""
    wanted = (
        select(articles.c.id, revisions.c.headline, revisions.c.body_text)
        .join(
            revisions,
            (revisions.c.article_id == articles.c.id) & (revisions.c.number == articles.c.revision_count),
        )
        .where(among(articles.c.id, numbers("ids")))
    )
    return {row[0]: (row[1] or "", row[2]) for row in conn.execute(wanted, {"ids": article_ids})}


def _changes(conn: Connection, statement: Select[Any]) -> list[Change]:
    return [Change(*row) for row in conn.execute(statement)]
