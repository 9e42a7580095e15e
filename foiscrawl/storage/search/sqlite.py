"""Look for texts in SQLite: the FTS5 tables give them in the order of their places.

So only those that are shown are read.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Connection, Select, String, bindparam, column, literal_column, select, table

from foiscrawl.search_query import Group, Query, Term
from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.models import search_texts
from foiscrawl.storage.search.filtering import COUNTED, Asked, Found, is_meant, within
from foiscrawl.storage.search.text import answers, is_of_headline

_READ = 200  # of so few texts the headlines are read, rather than looking a second time
_CURRENT = table("article_search", column("rowid", BigInteger))
_SUPERSEDED = table("revision_search", column("rowid", BigInteger))


def find(conn: Connection, query: Query, asked: Asked, limit: int) -> Found:
    """The first texts that answer, at most `limit` of each kind."""
    match, in_headline = expression(query), expression(query, headline=True)
    assert match is not None
    # Where several words must be brought together every pass costs, so there is one, which counts as well.
    places = _look(conn, match, asked, max(limit, COUNTED + 1))
    if in_headline is None:
        headed = []
    elif len(places) <= (COUNTED if _has_phrase(query) else _READ):
        headed = _headed(conn, query, places)
    else:
        headed = _look(conn, in_headline, asked, limit)
    return Found(headed, places[:limit], min(len(places), COUNTED + 1))


def _has_phrase(query: Query) -> bool:
    return any(len(term.stems) > 1 for group in query.groups for term in group.terms)


def _look(conn: Connection, match: str, asked: Asked, limit: int) -> list[int]:
    found: list[int] = []
    for statement in _statements(asked):
        found += conn.execute(statement, {"match": match, "most": limit}).scalars().all()
    return sorted(found, reverse=True)[:limit]


def _headed(conn: Connection, query: Query, places: Sequence[int]) -> list[int]:
    """Those of these texts that their headline alone makes an answer."""
    wanted = select(search_texts.c.place).where(
        among(search_texts.c.place, numbers("places")), answers(query, headline=True)
    )
    return sorted(conn.execute(wanted, {"places": places}).scalars(), reverse=True)


@lru_cache(maxsize=32)
def _statements(asked: Asked) -> list[Select[Any]]:
    return [
        select(searched.c.rowid)
        .where(
            literal_column(searched.name).op("MATCH")(bindparam("match", type_=String)),
            *within(searched.c.rowid, asked.wanted),
            *is_meant(searched.c.rowid, asked.wanted),
        )
        .order_by(literal_column("rowid").desc())
        .limit(bindparam("most"))
        for searched in ((_CURRENT, _SUPERSEDED) if asked.history else (_CURRENT,))
    ]


def plain(query: Query, asked: Asked) -> Sequence[Select[Any]]:
    """The places of all answers, for a bare sqlite3."""
    return [one.limit(None).order_by(None).params(match=expression(query)) for one in _statements(asked)]


# --- the language of FTS5 ---------------------------------------------------------------------------------------------


def expression(query: Query, *, headline: bool = False) -> str | None:
    """What FTS5 matches. headline: what is asked for must stand there; None: it cannot."""
    groups = [found for one in query.groups if (found := _group(one, headline=headline)) is not None]
    return " OR ".join(groups) or None


def _group(group: Group, *, headline: bool) -> str | None:
    if headline and not is_of_headline(group):
        return None
    found = " AND ".join(_term(one, "headline" if headline else one.field) for one in group.terms)
    if group.without:
        found = f"({found}) NOT ({' OR '.join(_term(one, one.field) for one in group.without)})"
    return f"({found})"


def _term(term: Term, field: str | None) -> str:
    words = f'"{" ".join(term.stems)}"' + (" *" if term.prefix else "")
    return words if field is None else f"{field} : {words}"
