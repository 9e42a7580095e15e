"""What the archive lacks of what the site declares: reads only, but for `make_due`, which the crawl after it calls.

The accounts are the view `coverage`: one row for each article that the site has told of. Absence from a list says
nothing here; what counts is what was told of and is not stored.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, func, or_, select, union, update

from foiscrawl.storage.bulk import among, numbers, texts
from foiscrawl.storage.declared import Declared, UnreadList, declared, unread_lists
from foiscrawl.storage.filters import UnknownName
from foiscrawl.storage.models import articles, fetches, sites, urls
from foiscrawl.storage.views import coverage
from foiscrawl.text import comparable

STATES = ("stored", "refused", "failed", "gone", "no_article", "left_aside", "missing")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked about: articles of these dates (unknown dates always are), of these sections as they are spelt.

    sections   None: of all, and of those whose section nobody knows
    """

    site: str
    since: datetime | None = None
    until: datetime | None = None
    sections: tuple[str, ...] | None = None

    @property
    def all(self) -> bool:
        return self.since is None and self.until is None and self.sections is None


@dataclass(frozen=True, slots=True)
class Day:
    """How many articles of one section and day of publication (UTC) are in which state; see STATES."""

    section: str | None
    day: str | None
    counts: dict[str, int]

    @property
    def seen(self) -> int:
        return sum(self.counts.values())


@dataclass(frozen=True, slots=True)
class Numbers:
    """The publisher's numbers between the least and the greatest that are known.

    unknown   how many of them nobody listed; WordPress gives numbers to pages, pictures and drafts as well
    ranges    the unknown ones, each from-to inclusive
    """

    least: int
    greatest: int
    known: int
    ranges: tuple[tuple[int, int], ...] = field(repr=False)

    @property
    def unknown(self) -> int:
        return self.greatest - self.least + 1 - self.known


@dataclass(frozen=True, slots=True)
class Unstored:
    """An article that the site has told of and that is not stored; the moments are ISO 8601 text in UTC."""

    url_id: int
    url: str
    state: str
    reason: str | None
    section: str | None
    published_at: str | None
    found_in: str
    last_tried_at: str | None
    due_at: str | None


@dataclass(frozen=True, slots=True)
class Report:
    """reasons: state -> reason -> how many. declared: None where the site never told, or only a part is asked about."""

    days: list[Day]
    reasons: dict[str, dict[str, int]]
    declared: Declared | None
    lists: list[UnreadList]
    numbers: Numbers | None

    @property
    def seen(self) -> int:
        return sum(day.seen for day in self.days)

    def total(self, state: str) -> int:
        return sum(day.counts[state] for day in self.days)

    def lacking(self, *, left_aside: bool) -> int:
        """How much is missing that could be had: articles, and lists that may name some.

        left_aside   what lies beyond the horizon is wanted too
        """
        lacking = self.total("missing") + self.total("failed") + (self.declared.unlisted if self.declared else 0)
        lists = [one for one in self.lists if left_aside or one.state != "outside"]
        return lacking + len(lists) + (self.total("left_aside") if left_aside else 0)


def site_id(conn: Connection, name: str) -> int | None:
    """None when no run has entered this site into the archive."""
    return conn.execute(select(sites.c.id).where(sites.c.name == name)).scalar()


def sections(conn: Connection, site: str) -> list[str]:
    """The sections that articles are known to stand in, as they are spelt."""
    named = select(coverage.c.section).where(coverage.c.site == site, coverage.c.section.is_not(None)).distinct()
    return sorted(conn.execute(named).scalars())


def spelt(known: Collection[str], wanted: str) -> tuple[str, ...]:
    """Those of the known sections that are meant by a label or by the name in an address."""
    meant = {comparable(wanted), comparable(wanted.replace("-", " "))}
    return tuple(one for one in known if comparable(one) in meant)


def report(conn: Connection, wanted: Wanted) -> Report:
    """Raises UnknownName when the archive does not know the site."""
    number = site_id(conn, wanted.site)
    if number is None:
        raise UnknownName("site", wanted.site, [])
    days, reasons = _days(conn, wanted)
    return Report(
        days=days,
        reasons=reasons,
        declared=declared(conn, number) if wanted.all else None,
        lists=unread_lists(conn, number),
        numbers=_numbers(conn, number, wanted),
    )


def _of(statement: Select[Any], wanted: Wanted) -> Select[Any]:
    """The rows of `coverage` that are asked about. Moments are text there, and text of one form sorts as they do."""
    published, modified = coverage.c.published_at, coverage.c.modified_at
    conditions: list[ColumnElement[bool]] = [coverage.c.site == wanted.site]
    if wanted.since is not None:
        known = func.coalesce(published, modified)
        conditions.append(or_(known.is_(None), known >= _text(wanted.since)))
    if wanted.until is not None:
        conditions.append(or_(published.is_(None), published <= _text(wanted.until)))
    if wanted.sections is not None:
        conditions.append(among(coverage.c.section, texts("sections")))
    chosen = statement.where(and_(*conditions))
    return chosen.params(sections=list(wanted.sections)) if wanted.sections is not None else chosen


def _text(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _days(conn: Connection, wanted: Wanted) -> tuple[list[Day], dict[str, dict[str, int]]]:
    by = coverage.c.section, coverage.c.day, coverage.c.state, coverage.c.reason
    days: dict[tuple[str | None, str | None], dict[str, int]] = {}
    reasons: dict[str, dict[str, int]] = {}
    for section, day, state, reason, number in conn.execute(_of(select(*by, func.count()).group_by(*by), wanted)):
        days.setdefault((section, day), dict.fromkeys(STATES, 0))[state] += number
        if state != "stored":
            why = reasons.setdefault(state, {})
            why[reason or ""] = why.get(reason or "", 0) + number
    order = sorted(days, key=lambda one: (one[0] or "", one[1] or ""))
    return [Day(section, day, days[section, day]) for section, day in order], reasons


def not_stored(conn: Connection, wanted: Wanted) -> list[Unstored]:
    """By state, and newest first."""
    order = case({state: place for place, state in enumerate(reversed(STATES))}, value=coverage.c.state)
    columns = [coverage.c[name] for name in Unstored.__dataclass_fields__]
    chosen = _of(select(*columns).where(coverage.c.state != "stored"), wanted)
    chosen = chosen.order_by(order, coverage.c.published_at.desc().nulls_last(), coverage.c.url_id)
    return [Unstored(*row) for row in conn.execute(chosen)]


def _numbers(conn: Connection, number: int, wanted: Wanted) -> Numbers | None:
    """None when the site tells no numbers, or none of what is asked about."""
    told = union(
        *(
            select(table.c.source_id).where(table.c.site_id == number, table.c.source_id.is_not(None))
            for table in (articles, urls)
        )
    )
    known = sorted(_whole(conn.execute(told).scalars()))
    if not wanted.all:
        chosen = _of(select(coverage.c.source_id).where(coverage.c.source_id.is_not(None)), wanted)
        within = sorted(_whole(conn.execute(chosen).scalars()))
        known = [one for one in known if within and within[0] <= one <= within[-1]]
    if not known:
        return None
    ranges = tuple((one + 1, following - 1) for one, following in pairwise(known) if following > one + 1)
    return Numbers(known[0], known[-1], len(known), ranges)


def _whole(raw: Iterable[object]) -> set[int]:
    return {int(one) for one in map(str, raw) if one.isascii() and one.isdigit()}


# --- going after them ------------------------------------------------------------------------------------------------

_DUE = (
    update(urls)
    .where(among(urls.c.id, numbers("ids")), urls.c.article_id.is_(None))
    .values(next_fetch_at=bindparam("now"))  # what was left aside stays so until it has answered
)
_BECAME = (
    select(urls.c.id, urls.c.url, urls.c.kind, fetches.c.outcome, fetches.c.reason)
    .outerjoin(fetches, and_(fetches.c.url_id == urls.c.id, fetches.c.run_id == bindparam("run_id")))
    .where(among(urls.c.id, numbers("ids")))
    .order_by(urls.c.id)
)


@dataclass(frozen=True, slots=True)
class Became:
    """What a run made of an address that it was sent after. outcome: None when it did not take it up."""

    url: str
    kind: str
    outcome: str | None
    reason: str | None


def make_due(conn: Connection, ids: Collection[int], now: datetime) -> int:
    """For the run that is about to begin and holds the site's lock. Gives how many; what is stored by now is not."""
    return conn.execute(_DUE, {"ids": ids, "now": now}).rowcount


def became(conn: Connection, run_id: int, ids: Collection[int]) -> list[Became]:
    rows = conn.execute(_BECAME, {"ids": ids, "run_id": run_id})
    return [Became(row.url, row.kind, row.outcome, row.reason) for row in rows]
