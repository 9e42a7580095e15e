"""Keeps what search compares: the stems of each revision, and its place among the answers.

Whoever inserts a revision or changes its headline, standfirst, body or date calls this in the same transaction; the
indexes follow by themselves.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, Select, TableValuedAlias, and_, delete, func, insert, select, update

from foiscrawl.stems import STEMS_VERSION, stem_text
from foiscrawl.storage.bulk import among, numbers, run_many
from foiscrawl.storage.models import revisions, search_texts

BATCH = 500  # texts whose stems are made in one transaction
# A dated text stands at (seconds since the year 1) * PER_SECOND and the following places, above all undated ones.
PER_SECOND = 4096
UNDATED_END = 1 << 42
SPILLED = 86_400 * PER_SECOND  # texts of one second reach no farther up than this
_FIRST = datetime(1, 1, 1, tzinfo=UTC)


class Text(NamedTuple):
    """A revision to be searched. place: where it has stood until now; None: nowhere."""

    article_id: int
    number: int
    current: bool
    published_at: datetime | None
    headline: str | None
    standfirst: str | None
    body: str
    place: int | None = None


def since(moment: datetime) -> int:
    """The first place of texts that were published in this second."""
    return int((moment - _FIRST).total_seconds()) * PER_SECOND


_SUPERSEDED = (
    update(search_texts)
    .where(among(search_texts.c.article_id, numbers("ids")), search_texts.c.current)
    .values(current=False)
)
_INSERT = insert(search_texts)
_LEAVE = delete(search_texts).where(among(search_texts.c.place, numbers("places")))
_TEXTS = (
    select(
        search_texts.c.article_id,
        search_texts.c.number,
        search_texts.c.current,
        revisions.c.published_at,
        revisions.c.headline,
        revisions.c.standfirst,
        revisions.c.body_text,
        search_texts.c.place,
    )
    .join(
        revisions,
        and_(revisions.c.article_id == search_texts.c.article_id, revisions.c.number == search_texts.c.number),
    )
    .order_by(search_texts.c.place)
    .with_for_update(of=search_texts)  # nobody supersedes a text while it is replaced
)
_OF_REVISIONS = _TEXTS.where(among(revisions.c.id, numbers("ids")))
_OLD = search_texts.c.stems_version < STEMS_VERSION
_NEXT = _TEXTS.where(_OLD).limit(BATCH)
_WAITING = select(func.count()).select_from(search_texts).where(_OLD)


def add(conn: Connection, texts: Sequence[Text]) -> None:
    """New revisions. Where an article has several, they come in their order."""
    if not texts:
        return
    latest = {one.article_id: one.number for one in texts}
    known = {one.article_id for one in texts if one.number > 1}
    if known:
        conn.execute(_SUPERSEDED, {"ids": known})
    _insert(conn, [one._replace(current=one.number == latest[one.article_id]) for one in texts])


def renew(conn: Connection, revision_ids: Collection[int]) -> None:
    """These revisions have other texts or dates than before."""
    if revision_ids:
        _replace(conn, [Text(*row) for row in conn.execute(_OF_REVISIONS, {"ids": revision_ids})])


def waiting(conn: Connection) -> int:
    """How many texts are not searchable yet, or only by older stems."""
    return int(conn.execute(_WAITING).scalar_one())


def catch_up(engine: Engine, step: Callable[[int, int], object]) -> int:
    """Make all stems that are waited for, some in each transaction: cut short, it goes on where it was.

    step: called with how many are done, and of how many. Gives how many were done.
    """
    with engine.connect() as conn:
        total = waiting(conn)
    done = 0
    while total:
        with engine.begin() as conn:
            found = _catch_up(conn)
        if not found:
            break
        done += found
        step(done, max(total, done))
    return done


def _catch_up(conn: Connection) -> int:
    texts = [Text(*row) for row in conn.execute(_NEXT)]
    _replace(conn, texts)
    return len(texts)


def _replace(conn: Connection, texts: Sequence[Text]) -> None:
    """A text keeps its place unless its date has changed: the order of answers is not to change by itself."""
    if texts:
        conn.execute(_LEAVE, {"places": [one.place for one in texts]})
        _insert(conn, [one if _is_in_place(one) else one._replace(place=None) for one in texts])


def _is_in_place(text: Text) -> bool:
    if text.place is None or text.published_at is None:
        return text.place is not None and text.place < UNDATED_END
    return text.place // PER_SECOND == since(text.published_at) // PER_SECOND


def _insert(conn: Connection, texts: Sequence[Text]) -> None:
    free = _Places(conn, texts)
    rows = [
        {
            "place": one.place if one.place is not None else free.take(one),
            "article_id": one.article_id,
            "number": one.number,
            "current": one.current,
            "stems_version": STEMS_VERSION,
            "headline": stem_text(one.headline),
            "standfirst": stem_text(one.standfirst),
            "body": stem_text(one.body),
        }
        for one in texts
    ]
    run_many(conn, _INSERT, rows)


# --- places ----------------------------------------------------------------------------------------------------------

_LAST_UNDATED = select(func.max(search_texts.c.place)).where(search_texts.c.place < UNDATED_END)


def _last_of(values: TableValuedAlias) -> Select[Any]:
    """For each of these firsts the last place of the same second that is taken; None: none is."""
    first = values.c.value
    taken = select(func.max(search_texts.c.place)).where(
        search_texts.c.place >= first, search_texts.c.place < first + PER_SECOND
    )
    return select(first, taken.correlate(values).scalar_subquery())


_LAST = {
    "sqlite": _last_of(func.json_each(numbers("firsts")).table_valued("value")),
    "postgresql": _last_of(func.unnest(numbers("firsts")).table_valued("value").render_derived()),
}


class _Places:
    """Free places for these texts."""

    def __init__(self, conn: Connection, texts: Sequence[Text]) -> None:
        self._conn = conn
        homeless = [one for one in texts if one.place is None]
        self._next = self._free({since(one.published_at) for one in homeless if one.published_at is not None})
        self._undated = 1
        if any(one.published_at is None for one in homeless):
            self._undated = (conn.execute(_LAST_UNDATED).scalar() or 0) + 1

    def take(self, text: Text) -> int:
        if text.published_at is None:
            self._undated += 1
            return self._undated - 1
        first = since(text.published_at)
        while (place := self._next[first]) == first + PER_SECOND:  # a second that is full goes on in the next one
            first += PER_SECOND
            if first not in self._next:
                self._next |= self._free([first])
        self._next[first] = place + 1
        return place

    def _free(self, firsts: Collection[int]) -> dict[int, int]:
        if not firsts:
            return {}
        rows = self._conn.execute(_LAST[self._conn.dialect.name], {"firsts": firsts})
        return {first: first if last is None else last + 1 for first, last in rows}
