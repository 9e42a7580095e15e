"""Look for texts in SQLite: the FTS5 tables give them in the order of their places.

So only those that are shown are read.
"""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, bindparam, column, func, literal_column, select, table

from foiscrawl.search_query import Group, Query, Term
from foiscrawl.storage.search_filter import COUNTED, Asked, Found, is_meant, within

_CURRENT = table("article_search", column("rowid", BigInteger))
_SUPERSEDED = table("revision_search", column("rowid", BigInteger))


def look(conn: Connection, query: Query, asked: Asked, limit: int, *, headline: bool = False) -> list[int]:
    """The places of the first texts that answer. headline: those that the headline alone answers."""
    match = expression(query, headline=headline)
    if match is None:
        return []
    found: list[int] = []
    for statement in _statements(asked):
        newest = statement.order_by(literal_column("rowid").desc()).limit(limit)
        found += conn.execute(newest, {"match": match}).scalars().all()
    return sorted(found, reverse=True)[:limit]


def find(conn: Connection, query: Query, asked: Asked, limit: int) -> Found:
    """The places of the first texts that answer, and how many do."""
    match, count = expression(query), 0
    for statement in _statements(asked):
        counted = select(func.count()).select_from(statement.limit(COUNTED + 1).subquery())
        count += conn.execute(counted, {"match": match}).scalar_one()
    return Found(look(conn, query, asked, limit), min(count, COUNTED + 1))


def _statements(asked: Asked) -> Iterable[Select[Any]]:
    for searched in (_CURRENT, _SUPERSEDED) if asked.history else (_CURRENT,):
        place = searched.c.rowid
        yield select(place).where(
            literal_column(searched.name).op("MATCH")(bindparam("match")),
            *within(place, asked.wanted),
            *is_meant(place, asked.wanted),
        )


# --- the language of FTS5 ---------------------------------------------------------------------------------------------


def expression(query: Query, *, headline: bool = False) -> str | None:
    """What FTS5 matches. headline: what is asked for must stand there; None: it cannot."""
    groups = [found for one in query.groups if (found := _group(one, headline=headline)) is not None]
    return " OR ".join(groups) or None


def _group(group: Group, *, headline: bool) -> str | None:
    if headline and any(one.field not in (None, "headline") for one in group.terms):
        return None
    found = " AND ".join(_term(one, "headline" if headline else one.field) for one in group.terms)
    if group.without:
        found = f"({found}) NOT ({' OR '.join(_term(one, one.field) for one in group.without)})"
    return f"({found})"


def _term(term: Term, field: str | None) -> str:
    words = f'"{" ".join(term.stems)}"' + (" *" if term.prefix else "")
    return words if field is None else f"{field} : {words}"
