"""Look for texts in PostgreSQL: an index finds them by their words, in no order.

Few are gathered and put in order. Of a word that stands in very many, the newest texts are read one by one instead
until enough have answered: that is soon.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    CompoundSelect,
    Connection,
    Row,
    Select,
    String,
    and_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from foiscrawl.search_query import Group, Query, Term
from foiscrawl.storage.models import search_texts
from foiscrawl.storage.search.filtering import COUNTED, Asked, Found, is_meant, within
from foiscrawl.storage.search.text import answers, is_of_headline

# As the migrations have indexed them.
WORDS = "array_to_tsvector(array_remove(string_to_array(headline || ' ' || standfirst || ' ' || body, ' '), ''))"
HEADLINE_WORDS = "array_to_tsvector(array_remove(string_to_array(headline, ' '), ''))"

# More texts than that are not gathered. Where each must be read besides, walking is the better way earlier.
GATHERED = 20_000
READ = 5_000
STEP, LONGEST_STEP = 100, 5_000  # texts that are read at once on the walk

_PLACE = search_texts.c.place
# For this transaction; NULL: as before.
_PLAN = select(
    *(
        func.set_config(name, bindparam(value, type_=String), literal_column("true"))
        for name, value in (
            ("enable_seqscan", "scans"),
            ("plan_cache_mode", "plans"),
            ("parallel_setup_cost", "parallel"),
            ("parallel_tuple_cost", "parallel"),
        )
    )
)
_ABOVE_ALL = (1 << 63) - 1


def find(conn: Connection, query: Query, asked: Asked, limit: int) -> Found:
    """The first texts that answer, at most `limit` of each kind."""
    sides = [_side(query, headline=headline) for headline in (False, True)]
    given = {name: value for side in sides for name, value in side.parameters().items()}
    # The planner takes it for cheap to make the words of a text and would rather make those of all texts; to read a
    # text as well, and would leave many of them to one process. How many there are it knows by the words asked for.
    is_read = any(one.checked for one in sides)
    conn.execute(_PLAN, {"scans": "off", "plans": "force_custom_plan", "parallel": "0" if is_read else None})
    rows = conn.execute(_first(asked, *(one.checked for one in sides)), {**given, "limit": limit}).all()
    (places, total), (in_headline, _) = (
        _read(conn, query, asked, limit, side, [row for row in rows if row.headline == side.headline]) for side in sides
    )
    conn.execute(_PLAN, {"scans": None, "plans": None, "parallel": None})
    return Found(in_headline, places, total)


class _Side(NamedTuple):
    """One of the two indexes: of all words of a text, or of its headline's.

    match     what the words must match; None: none can
    checked   the question, where the words alone do not tell whether a text answers it
    """

    headline: bool
    match: str | None
    checked: Query | None

    @property
    def most(self) -> int:
        return GATHERED if self.checked is None else READ

    def parameters(self) -> dict[str, Any]:
        name = _name(self.headline)
        return {f"match_{name}": self.match, f"most_{name}": self.most + 1}


def _name(headline: bool) -> str:
    """Of a side, in what is asked of the server."""
    return "headline" if headline else "words"


def _side(query: Query, *, headline: bool) -> _Side:
    is_whole = _is_whole(query, headline=headline)
    return _Side(headline, expression(query, headline=headline), None if is_whole else query)


@lru_cache(maxsize=32)
def _first(asked: Asked, by_words: Query | None, by_headline: Query | None) -> CompoundSelect[Any]:
    """The first places of each side, and how many it has gathered."""
    sides = []
    for headline, checked in ((False, by_words), (True, by_headline)):
        name = _name(headline)
        gathered = _hits(asked, checked, headline=headline).limit(bindparam(f"most_{name}")).cte(f"hits_{name}")
        count = select(func.count()).select_from(gathered).scalar_subquery()
        first = select(gathered.c.place).order_by(gathered.c.place.desc()).limit(bindparam("limit")).subquery()
        sides.append(select(literal_column(str(headline)).label("headline"), first.c.place, count.label("gathered")))
    return union_all(*sides)


def _read(
    conn: Connection, query: Query, asked: Asked, limit: int, side: _Side, rows: Sequence[Row[Any]]
) -> tuple[list[int], int]:
    """Places, highest first, and how many there are, at most COUNTED + 1."""
    if rows and rows[0].gathered > side.most:
        return _walk(conn, answers(query, headline=side.headline), asked, limit), COUNTED + 1
    return sorted((row.place for row in rows), reverse=True), min(rows[0].gathered, COUNTED + 1) if rows else 0


def plain(query: Query, asked: Asked) -> Sequence[Select[Any]]:
    """The places of all answers, for a bare psql."""
    side = _side(query, headline=False)
    return [_hits(asked, side.checked, headline=False).params(match_words=side.match)]


def _hits(asked: Asked, checked: Query | None, *, headline: bool) -> Select[Any]:
    words: ColumnElement[str] = literal_column(HEADLINE_WORDS if headline else WORDS)
    indexed = words.op("@@")(cast(bindparam(f"match_{_name(headline)}", type_=String), TSQUERY))
    read = [] if checked is None else [answers(checked, headline=headline)]
    return select(_PLACE).where(indexed, *read, *_scope(asked), *is_meant(_PLACE, asked.wanted))


def _scope(asked: Asked) -> list[ColumnElement[bool]]:
    return [*within(_PLACE, asked.wanted), *([] if asked.history else [search_texts.c.current])]


def _walk(conn: Connection, is_answer: ColumnElement[bool], asked: Asked, limit: int) -> list[int]:
    """Read the newest texts until enough of them answer."""
    found: list[int] = []
    last, step = _ABOVE_ALL, STEP
    read = (
        select(_PLACE, and_(is_answer, *is_meant(_PLACE, asked.wanted)))
        .where(*_scope(asked), _PLACE.op("<", is_comparison=True)(bindparam("below")))
        .order_by(_PLACE.desc())
        .limit(bindparam("step"))
    )
    while len(found) < limit:
        rows = conn.execute(read, {"below": last, "step": step}).all()
        found += [place for place, is_hit in rows if is_hit]
        if len(rows) < step:
            break
        last, step = rows[-1][0], min(2 * step, LONGEST_STEP)
    return found[:limit]


# --- the language of tsquery ------------------------------------------------------------------------------------------


def expression(query: Query, *, headline: bool = False) -> str | None:
    """What the words of a text must match; it may match more than answers, unless `_is_whole`.

    headline: what is asked for must stand there; None: it cannot
    """
    groups = [found for one in query.groups if (found := _group(one, headline=headline)) is not None]
    return " | ".join(groups) or None


def _group(group: Group, *, headline: bool) -> str | None:
    if headline and not is_of_headline(group):
        return None
    without = [] if headline else [one for one in group.without if _is_word(one)]
    return f"({' & '.join([*map(_term, group.terms), *('!' + _term(one) for one in without)])})"


def _term(term: Term) -> str:
    """All words of a phrase: their order is not in the index, which forgets places in long texts."""
    words = [f"'{one}'" for one in term.stems]
    if term.prefix:
        words[-1] += ":*"
    return f"({' & '.join(words)})"


def _is_word(term: Term) -> bool:
    return len(term.stems) == 1 and term.field is None


def _is_whole(query: Query, *, headline: bool) -> bool:
    """Whether the words tell all, so that no text has to be read."""
    if headline:
        groups = [one for one in query.groups if is_of_headline(one)]
        return all(not one.without and all(len(term.stems) == 1 for term in one.terms) for one in groups)
    return all(_is_word(term) for one in query.groups for term in (*one.terms, *one.without))
