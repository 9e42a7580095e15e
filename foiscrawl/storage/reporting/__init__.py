"""Answers to the questions of the report: each with the very SQL that ran, which runs anywhere as it is printed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Connection,
    and_,
    case,
    null,
    or_,
    select,
    text,
)
from sqlalchemy.dialects import sqlite

from foiscrawl.storage.filters import Filter, conditions
from foiscrawl.storage.models import articles, revisions, sites
from foiscrawl.storage.reporting.sql import (
    CREDITED,
    EDITS,
    KINDS,
    LOCAL,
    PERIODS,
    QUESTIONS,
    RUNS,
    SENT,
    STEPS,
    Question,
)
from foiscrawl.storage.views import coverage_by_day, run_accounting

DAYS_SHOWN, WEEKS_SHOWN = 62, 400  # days of a period up to which its plots go by day, by week
_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of one question. sql: what ran, without parameters. unit: what one step is (day, week or month)."""

    sql: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    unit: str


@dataclass(frozen=True, slots=True)
class Answers:
    """All that the report tells. first, last: days of publication, of the zone; None: no article has a date."""

    database: str
    schema: str
    titles: dict[str, str]
    first: date | None
    last: date | None
    by_key: dict[str, Answer]

    def __getitem__(self, key: str) -> Answer:
        return self.by_key[key]


def ask(conn: Connection, wanted: Filter, zone: ZoneInfo, step: Callable[[], object]) -> Answers:
    """step   called after each question, of which there are len(QUESTIONS)"""
    asking = _Asking(conn, wanted, zone)
    found = {}
    for one in QUESTIONS:
        found[one.key] = asking.answer(one)
        step()
    return Answers(
        database=_version(conn),
        schema=str(conn.scalar(text("SELECT version_num FROM alembic_version"))),
        titles={row.name: row.title for row in conn.execute(select(sites).order_by(sites.c.id))},
        first=asking.first,
        last=asking.last,
        by_key=found,
    )


class _Asking:
    """The texts of one report: the parts that hold the filter are made once."""

    def __init__(self, conn: Connection, wanted: Filter, zone: ZoneInfo) -> None:
        self._conn = conn
        self._wanted = wanted
        self._zone = zone
        self._name = conn.dialect.name
        self._parts = {
            "chosen": _named("chosen", self._literal(_chosen(wanted))),
            "began": _named("began", self._literal(_began(wanted))),
            "covered": _named("covered", self._literal(_covered(wanted))),
            "edits": EDITS[self._name],
            "gaps": RUNS[self._name],
            "credited": CREDITED,
            "kinds": KINDS,
            "sent": SENT,
        }
        self.first, self.last = self._period("chosen", zone)
        self._parts["local"] = self._local()
        self._units = {
            "published": unit_of(self.first, self.last),
            "runs": unit_of(*self._period("began", ZoneInfo("UTC"))),
        }

    def answer(self, question: Question) -> Answer:
        unit = self._units[question.of]
        moment = _as_text("{0}", self._name)
        words = {
            "{first}": moment.replace("{0}", "min(published_at)"),
            "{last}": moment.replace("{0}", "max(published_at)"),
            "{step}": STEPS[unit][self._name].replace("{0}", question.by),
        }
        asked = question.text
        for name, value in words.items():
            asked = asked.replace(name, value)
        sql = self._with(question.parts, asked)
        rows = [tuple(map(_plain, row)) for row in self._run(sql)]
        return Answer(sql, question.columns, rows, unit)

    def _period(self, part: str, zone: ZoneInfo) -> tuple[date | None, date | None]:
        """The first and last day of what is asked for."""
        found = self._run(self._with((part,), PERIODS[part]))[0]
        first, last = (_day(one, zone) for one in found)
        return first, last

    def _with(self, parts: tuple[str, ...], asked: str) -> str:
        return "WITH " + ",\n".join(self._parts[one] for one in parts) + "\n" + asked

    def _run(self, sql: str) -> list[Any]:
        """As it is printed: no parameters, so that no driver reads a per cent sign in it."""
        return list(self._conn.execution_options(no_parameters=True).exec_driver_sql(sql))

    def _local(self) -> str:
        if self._name == "postgresql":
            return self._literal(text(LOCAL[self._name]).bindparams(zone=self._zone.key))
        moments = changes_of_clock(self._zone, self.first, self.last)
        rows: list[str] = []
        values: dict[str, str | int] = {}
        for number, (start, end, minutes) in enumerate(moments):
            rows.append(f"(:from_{number}, :to_{number}, :minutes_{number})")
            values |= {f"from_{number}": start, f"to_{number}": end, f"minutes_{number}": minutes}
        listed = self._literal(text(f",\n{_INDENT}".join(rows)).bindparams(**values))
        return "\n".join(("zone(from_at, to_at, minutes) AS (VALUES", _INDENT + listed, "),", LOCAL["sqlite"]))

    def _literal(self, statement: ClauseElement) -> str:
        """As text, with each value in it as the database spells it."""
        dialect = self._conn.dialect if self._name == "postgresql" else sqlite.dialect()
        made = str(statement.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
        # psycopg's compiler doubles each per cent sign for a driver that is given parameters; here none are.
        return made.replace("%%", "%") if self._name == "postgresql" else made


def _named(name: str, body: str) -> str:
    lines = "\n".join(_INDENT + line.rstrip() for line in body.splitlines())
    return f"{name} AS (\n{lines}\n)"


def _chosen(wanted: Filter) -> Any:
    copy = case(
        (articles.c.duplicate_of_id.is_not(None), "exact"), (articles.c.near_duplicate_of_id.is_not(None), "near")
    )
    current = and_(revisions.c.article_id == articles.c.id, revisions.c.number == articles.c.revision_count)
    columns = (
        articles.c.id,
        articles.c.state,
        articles.c.revision_count,
        revisions.c.section,
        revisions.c.credit,
        revisions.c.published_at,
        revisions.c.published_precision,
    )
    return (
        select(*columns, copy.label("copy")).select_from(articles).join(revisions, current).where(*conditions(wanted))
    )


def _began(wanted: Filter) -> Any:
    """Runs, of the site and within the days that are asked for; text of one form sorts as moments do."""
    view = run_accounting.c
    met: list[ColumnElement[bool]] = [view.site == wanted.site] if wanted.site else []
    met += [view.started_at >= _iso(wanted.since)] if wanted.since else []
    met += [view.started_at <= _iso(wanted.until)] if wanted.until else []
    columns = view.run_id, view.site, view.started_at, view.outcome, view.taken, view.silent
    return select(*columns).where(*met)


def _covered(wanted: Filter) -> Any:
    """Days of UTC; of a section that is the main one of an article, or the one under which it was listed."""
    view = coverage_by_day.c
    met: list[ColumnElement[bool]] = [view.site == wanted.site] if wanted.site else []
    met += [view.section.in_(wanted.sections)] if wanted.sections else []
    met += [or_(view.day.is_(null()), view.day >= _iso(wanted.since)[:10])] if wanted.since else []
    met += [or_(view.day.is_(null()), view.day <= _iso(wanted.until)[:10])] if wanted.until else []
    return select(coverage_by_day).where(*met)


def changes_of_clock(zone: ZoneInfo, first: date | None, last: date | None) -> list[tuple[str, str, int]]:
    """(from, to, minutes ahead of UTC) from before the first to after the last day; `to` is excluded."""
    at = datetime.combine(first or date(2000, 1, 1), datetime.min.time(), UTC) - timedelta(days=2)
    end = datetime.combine(last or date(2000, 1, 1), datetime.min.time(), UTC) + timedelta(days=3)
    found, start, minutes = [], at, _ahead(at, zone)
    while at < end:
        at += timedelta(minutes=15)  # the finest step by which clocks have been changed since 1990
        if _ahead(at, zone) != minutes:
            found.append((_iso(start), _iso(at), minutes))
            start, minutes = at, _ahead(at, zone)
    return [*found, (_iso(start), _iso(end), minutes)]


def _ahead(at: datetime, zone: ZoneInfo) -> int:
    ahead = at.astimezone(zone).utcoffset()
    assert ahead is not None
    return int(ahead.total_seconds()) // 60


def unit_of(first: date | None, last: date | None) -> str:
    """What the plots of this period go by: few points say more by day, many by month."""
    if first is None or last is None:
        return "day"
    days = (last - first).days + 1
    return "day" if days <= DAYS_SHOWN else "week" if days <= WEEKS_SHOWN else "month"


def _day(moment: Any, zone: ZoneInfo) -> date | None:
    if moment is None:
        return None
    read = moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)
    return read.astimezone(zone).date()


def _as_text(expression: str, name: str) -> str:
    if name == "postgresql":
        return f"to_char({expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    return expression


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _plain(value: Any) -> Any:
    """Sums are Decimal on PostgreSQL; hours are compared to the minute."""
    if isinstance(value, float):
        return round(value, 2)
    return int(value) if type(value).__name__ == "Decimal" else value


def _version(conn: Connection) -> str:
    if conn.dialect.name == "postgresql":
        return f"PostgreSQL {conn.scalar(text('SHOW server_version'))}"
    return f"SQLite {conn.scalar(text('SELECT sqlite_version()'))}"
