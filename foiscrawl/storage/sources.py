"""Feeds, sitemaps and REST lists that have shrunk or stand still: an alarm each, which removes nothing.

Judged at a run's end from the rows of `fetches`. A list that has shrunk is asked for again by the next run, whatever
its index or validators say, so what was missed is found after the next good reading.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from foiscrawl.items import Outcome, UrlKind
from foiscrawl.site import Expect
from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import fetches, urls

READINGS = 7  # with which a reading is compared
LEAST = 3  # readings, or days, from which something can be called usual
LOOKED_BACK = 250  # readings from which the usual pause is learnt: ten days of hourly runs

_COLUMNS = (fetches.c.kind, fetches.c.listed, fetches.c.declared, fetches.c.newest_at, fetches.c.reason)
_READ_NOW = (
    select(*_COLUMNS, fetches.c.outcome, urls.c.id.label("url_id"), urls.c.url)
    .join(urls, urls.c.id == fetches.c.url_id)
    .where(
        fetches.c.run_id == bindparam("run_id"),
        fetches.c.kind.in_([UrlKind.FEED.value, UrlKind.SITEMAP.value, UrlKind.REST.value]),
        fetches.c.outcome.in_([Outcome.READ.value, Outcome.UNCHANGED.value]),
        urls.c.page == 1,
    )
    .order_by(fetches.c.id)
)
_BEFORE = (
    select(*_COLUMNS)
    .where(
        fetches.c.url_id == bindparam("url_id"),
        fetches.c.run_id < bindparam("run_id"),
        fetches.c.outcome == Outcome.READ.value,
        fetches.c.reason.is_(None),  # read whole
        fetches.c.listed.is_not(None),
    )
    .order_by(fetches.c.id.desc())
    .limit(LOOKED_BACK)
)
_ANEW = (
    update(urls)
    .where(among(urls.c.id, numbers("ids")))
    .values(etag=None, last_modified=None, next_fetch_at=bindparam("now"))
)


def judge(conn: Connection, run: Run, expect: Expect, now: datetime) -> list[str]:
    """One line for each source that this run read and that is not as it used to be."""
    told: list[str] = []
    shrunk: list[int] = []
    for source in conn.execute(_READ_NOW, {"run_id": run.id}).all():
        before = conn.execute(_BEFORE, {"url_id": source.url_id, "run_id": run.id}).all()
        line = _shrunk(source, before, expect)
        if line is not None:
            told.append(line)
            shrunk.append(source.url_id)
        elif (line := _stale(source, before, expect, now)) is not None:
            told.append(line)
    if shrunk:
        conn.execute(_ANEW, {"ids": shrunk, "now": now})
    return told


def _shrunk(source: Any, before: Sequence[Any], expect: Expect) -> str | None:
    number = _entries(source)
    if source.outcome != Outcome.READ or number is None:
        return None
    if source.kind == UrlKind.FEED and number == 0 and any(_entries(one) for one in before):
        return f"the feed {source.url} lists nothing"
    usual = [one for one in map(_entries, before) if one is not None][:READINGS]
    if len(usual) < LEAST or number >= expect.source_share * median(usual):
        return None
    return f"the {_name(source)} {source.url} lists {number} entries, {median(usual):.0f} as a rule"


def _entries(row: Any) -> int | None:
    """How long the list is. A page of REST is as long as the question asked for: there the site's own count tells."""
    number: int | None = row.declared if row.kind == UrlKind.REST else row.listed
    return number


def _stale(source: Any, before: Sequence[Any], expect: Expect, now: datetime) -> str | None:
    known = [one for one in (source.newest_at, *(row.newest_at for row in before)) if one is not None]
    usual = usual_pause(known)
    if not known or usual is None or now - known[0] <= expect.source_pauses * usual:
        return None
    age, pause = _hours(now - known[0]), _hours(usual)
    return f"the newest entry of the {_name(source)} {source.url} is {age} old; its longest pause of a day is {pause}"


def usual_pause(newest: Iterable[datetime]) -> timedelta | None:
    """How long a list is used to bring nothing new: the middle one of the longest pauses that ended on each day.

    By days, since a night without news is no alarm; the middle one, since an outage in the past is no habit.
    newest   dates of the newest entry that readings showed, in any order
    None: it was seen to move on fewer days than tell anything
    """
    moments = sorted(set(newest))
    longest: dict[date, timedelta] = {}
    for earlier, later in pairwise(moments):
        day = later.date()
        longest[day] = max(longest.get(day, timedelta()), later - earlier)
    last = sorted(longest)[-READINGS:]
    return timedelta(seconds=median(longest[day].total_seconds() for day in last)) if len(last) >= LEAST else None


def _name(source: Any) -> str:
    return "REST list" if source.kind == UrlKind.REST else str(source.kind)


def _hours(duration: timedelta) -> str:
    hours = duration.total_seconds() / 3600
    return f"{hours / 24:.0f} days" if hours >= 48 else f"{hours:.0f} h"
