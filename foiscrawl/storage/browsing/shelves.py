"""The articles in their current text, narrowed by section, author and month: pages of the list, and counts.

For SQLite, which Datasette reads. An article counts in each of its sections and for each of its authors. Months are
those of publication, in UTC. The index on `revisions.published_at` gives order and months without touching the texts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Connection,
    Select,
    Table,
    Text,
    and_,
    exists,
    func,
    intersect,
    or_,
    select,
    type_coerce,
)

from foiscrawl.errors import UsageError
from foiscrawl.storage.browsing.limits import TooSlow, limited
from foiscrawl.storage.models import article_sections, articles, authors, revisions

FACETS = ("section", "author", "month")
UNDATED = "undated"
PAGE = 50  # articles
DEEPEST = 200  # pages that one may turn to; older ones are found by their month
MOST = 40  # values of a facet that are shown
_MONTHS = 2000  # all of them
PATIENCE = 4.0  # s for the counts of one facet

_newer = revisions.alias("newer")
# Few articles have more than one revision: for the others no second look at the index is needed.
_is_current = or_(
    revisions.c.article_id.not_in(select(_newer.c.article_id).where(_newer.c.number > 1)),
    ~exists(select(_newer.c.id)).where(
        _newer.c.article_id == revisions.c.article_id, _newer.c.number == revisions.c.number + 1
    ),
)
_published = type_coerce(revisions.c.published_at, Text)


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
    newest = (
        select(revisions.c.id)
        .where(_is_current, *_of(wanted))
        .order_by(revisions.c.published_at.desc(), revisions.c.article_id.desc())
        .limit(size)
        .offset((page - 1) * size)
        .subquery()
    )
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
        .join(articles, articles.c.id == revisions.c.article_id)
        .where(revisions.c.id.in_(select(newest.c.id)))
        .order_by(revisions.c.published_at.desc(), revisions.c.article_id.desc())
    )
    return [Entry(*tuple(row)) for row in conn.execute(rows)]


def total(conn: Connection, wanted: Wanted) -> int | None:
    """How many articles; None: counting takes too long."""
    picked = _picked(wanted)
    try:
        with limited(conn, PATIENCE):
            return conn.execute(select(func.count()).select_from(articles if picked is None else picked)).scalar_one()
    except TooSlow:
        return None


def facet(conn: Connection, name: str, wanted: Wanted) -> Facet:
    """How many articles there are in each section, by each author or of each month; name: one of FACETS."""
    if name == "month":
        counted, most = _months(replace(wanted, month=None)), _MONTHS
    elif name == "author":
        counted, most = _names(authors, replace(wanted, author=None)), MOST
    else:
        counted, most = _names(article_sections, replace(wanted, section=None)), MOST
    try:
        with limited(conn, PATIENCE):
            rows = [(value, number) for value, number in conn.execute(counted.limit(most + 2)) if value is not None]
    except TooSlow:
        return Facet(name, None)
    return Facet(name, rows[:most], more=len(rows) > most)


def _names(table: Table, wanted: Wanted) -> Select[Any]:
    """One row may have no name: those without any."""
    counted: Select[Any] = select(table.c.name, func.count())
    picked = _picked(wanted)
    if picked is not None:  # an outer join keeps SQLite from walking through the whole table for a few articles
        counted = counted.select_from(picked.outerjoin(table, table.c.article_id == picked.c.article_id))
    return counted.group_by(table.c.name).order_by(func.count().desc(), table.c.name)


def _months(wanted: Wanted) -> Any:
    month = func.substr(_published, 1, 7).label("month")
    counted: Any = select(func.coalesce(month, UNDATED), func.count()).where(_is_current, *_of(wanted))
    return counted.group_by(month).order_by(month.desc())


def _of(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """Conditions on a revision; none but that on the month may choose another index than that of the order."""
    if wanted.month is not None:
        yield _in_month(wanted.month)
    picked = _picked(replace(wanted, month=None))
    if picked is not None:
        yield (revisions.c.article_id + 0).in_(select(picked.c.article_id))


def _picked(wanted: Wanted) -> CTE | None:
    """The numbers of these articles; None: of all."""
    parts: list[Select[Any]] = []
    for table, name in ((article_sections, wanted.section), (authors, wanted.author)):
        if name is not None:
            parts.append(select(table.c.article_id).where(table.c.name == name))
    if wanted.month is not None:
        parts.append(select(revisions.c.article_id).where(_in_month(wanted.month), _is_current))
    return intersect(*parts).cte("picked") if parts else None


def _in_month(month: str) -> ColumnElement[bool]:
    if month == UNDATED:
        return revisions.c.published_at.is_(None)
    return and_(_published >= month, _published < month + "~")  # which sorts after all days and hours
