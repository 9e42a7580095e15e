"""The articles in their current text, narrowed by section, author and month: a page of the list, and how many there are.

For SQLite. An article counts in each of its sections and for each of its authors. Months are those of publication, in
UTC. The index on `revisions.published_at` gives order and months without touching the texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, Text, and_, exists, func, select, type_coerce

from foiscrawl.errors import UsageError
from foiscrawl.storage.limits import TooSlow, limited
from foiscrawl.storage.models import article_sections, articles, authors, revisions

UNDATED = "undated"
PAGE = 50  # articles
DEEPEST = 200  # pages that one may turn to; older ones are found by their month
MOST = 40  # values of a facet that are shown
PATIENCE = 4.0  # s for the counts of one facet

_newer = revisions.alias("newer")
_is_current = ~exists(select(_newer.c.id)).where(
    _newer.c.article_id == revisions.c.article_id, _newer.c.number == revisions.c.number + 1
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which articles; None: all. month: 2026-11, or undated."""

    section: str | None = None
    author: str | None = None
    month: str | None = None

    def __bool__(self) -> bool:
        return any((self.section, self.author, self.month))


@dataclass(frozen=True, slots=True)
class Entry:
    """An article as a list shows it."""

    id: int
    headline: str | None
    standfirst: str | None
    section: str | None
    byline: str | None
    credit: str | None
    published_at: datetime | None
    state: str
    revisions: int
    duplicate_of_id: int | None


@dataclass(frozen=True, slots=True)
class Facet:
    """counts: value and number of articles, narrowed by all that is wanted but this facet; None: it took too long.

    more: there are other values, with fewer articles.
    """

    name: str
    counts: list[tuple[str, int]] | None
    more: bool = False


def check_month(month: str) -> str:
    """Raises UsageError for what is neither a month nor `undated`."""
    if month != UNDATED:
        try:
            datetime.strptime(month, "%Y-%m")  # noqa: DTZ007
        except ValueError:
            raise UsageError(f"{month} is no month; it looks like 2026-11") from None
    return month


def entries(conn: Connection, wanted: Wanted, page: int = 1, size: int = PAGE) -> list[Entry]:
    """One page of the list, newest first, those without a date last."""
    rows = (
        select(
            articles.c.id,
            revisions.c.headline,
            revisions.c.standfirst,
            revisions.c.section,
            revisions.c.byline,
            revisions.c.credit,
            revisions.c.published_at,
            articles.c.state,
            articles.c.revision_count,
            articles.c.duplicate_of_id,
        )
        .join(articles, and_(articles.c.id == revisions.c.article_id, articles.c.revision_count == revisions.c.number))
        .where(*_conditions(wanted, revisions.c.article_id))
        .order_by(revisions.c.published_at.desc(), revisions.c.article_id.desc())
        .limit(size)
        .offset((page - 1) * size)
    )
    return [Entry(*row) for row in conn.execute(rows)]


def total(conn: Connection, wanted: Wanted) -> int | None:
    """How many articles; None: counting takes too long."""
    if not wanted:
        return conn.execute(select(func.count()).select_from(articles)).scalar_one()
    current = select(func.count()).select_from(revisions)
    try:
        with limited(conn, PATIENCE):
            narrowed = current.where(_is_current, *_conditions(wanted, revisions.c.article_id))
            return conn.execute(narrowed).scalar_one()
    except TooSlow:
        return None


def facets(conn: Connection, wanted: Wanted) -> list[Facet]:
    """How many articles in each section, by each author and of each month."""
    return [
        _facet(conn, "section", _names(article_sections, replace(wanted, section=None))),
        _facet(conn, "author", _names(authors, replace(wanted, author=None))),
        _facet(conn, "month", _months(replace(wanted, month=None)), most=10_000),
    ]


def _facet(conn: Connection, name: str, counted: Select[Any], most: int = MOST) -> Facet:
    try:
        with limited(conn, PATIENCE):
            rows = [(value, number) for value, number in conn.execute(counted.limit(most + 1))]
    except TooSlow:
        return Facet(name, None)
    return Facet(name, rows[:most], more=len(rows) > most)


def _names(table: Any, wanted: Wanted) -> Select[Any]:
    number = func.count()
    counted = select(table.c.name, number).where(*_conditions(wanted, table.c.article_id))
    return counted.group_by(table.c.name).order_by(number.desc(), table.c.name)


def _months(wanted: Wanted) -> Select[Any]:
    month = func.substr(type_coerce(revisions.c.published_at, Text), 1, 7).label("month")
    counted = select(func.coalesce(month, UNDATED), func.count())
    return counted.where(_is_current, *_conditions(wanted, revisions.c.article_id)).group_by(month).order_by(month.desc())


def _conditions(wanted: Wanted, id_: Column[Any]) -> Iterator[ColumnElement[bool]]:
    for table, name in ((article_sections, wanted.section), (authors, wanted.author)):
        if name is not None:
            yield id_.in_(select(table.c.article_id).where(table.c.name == name))
    if wanted.month is not None:
        written = type_coerce(revisions.c.published_at, Text)
        if wanted.month == UNDATED:
            dated: tuple[ColumnElement[bool], ...] = (revisions.c.published_at.is_(None),)
        else:
            dated = written >= wanted.month, written < wanted.month + "~"  # sorts after all days and hours
        if id_ is revisions.c.article_id:
            yield from dated
        else:
            yield id_.in_(select(revisions.c.article_id).where(_is_current, *dated))
