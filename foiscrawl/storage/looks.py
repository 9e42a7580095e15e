"""Looks at articles that did not answer as these articles: the evidence on which `removals` judges.

An article is looked at where its canonical address is. Other addresses of it may vanish as they like. When its address
comes to show another article, each fetch of that one is a look at both.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, exists, func, insert, or_, select, update

from foiscrawl import removal
from foiscrawl.items import Fetch
from foiscrawl.removal import Verdict
from foiscrawl.storage.addresses import Address
from foiscrawl.storage.bulk import among, numbers, run_many, texts
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import articles, looks, removals, urls

ANSWERED = Verdict.ANSWERED.value


@dataclass(frozen=True, slots=True)
class Seen:
    """What the fetch of an address came to. fetch_id: its row in `fetches`."""

    row: Address
    fetch: Fetch
    fetch_id: int
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Answer:
    """A page that showed a known article. key: of the article's canonical address by now."""

    article_id: int
    key: str
    fetch: Fetch
    fetch_id: int


_LATER = looks.alias("later")
# Articles with failing looks and no answer since: when the first one was.
_MISSING = (
    select(looks.c.article_id, func.min(looks.c.looked_at).label("first"))
    .where(
        among(looks.c.article_id, numbers("ids")),
        looks.c.verdict != ANSWERED,
        ~exists().where(
            _LATER.c.article_id == looks.c.article_id, _LATER.c.id > looks.c.id, _LATER.c.verdict == ANSWERED
        ),
    )
    .group_by(looks.c.article_id)
)
# Articles that stand nowhere else and whose address shows another one by now.
_DISPLACED = (
    select(looks.c.url_id, looks.c.article_id)
    .join(articles, articles.c.id == looks.c.article_id)
    .join(urls, urls.c.id == looks.c.url_id)
    .where(
        among(looks.c.url_id, numbers("ids")),
        articles.c.url_key == urls.c.url_key,
        urls.c.article_id != articles.c.id,
        articles.c.state.in_(("live", "suspected")),
    )
    .distinct()
)
_CONFIRMED = select(articles.c.id).where(
    among(articles.c.id, numbers("ids")), articles.c.state.in_(("removed", "withdrawn"))
)
_INSERT = insert(looks)
_HASTEN = (
    update(urls)
    .where(
        urls.c.id == bindparam("row_id"),
        or_(urls.c.next_fetch_at.is_(None), urls.c.next_fetch_at > bindparam("at", type_=urls.c.next_fetch_at.type)),
    )
    .values(next_fetch_at=bindparam("at", type_=urls.c.next_fetch_at.type))
)
_RETURN = (
    update(removals)
    .where(removals.c.article_id == bindparam("of_article"), removals.c.returned_at.is_(None))
    .values(state="returned", returned_at=bindparam("at"), returned_url_id=bindparam("where"))
)
_LIVE = update(articles).where(among(articles.c.id, numbers("ids"))).values(state="live")
_IDS = select(urls.c.url_key, urls.c.id).where(
    urls.c.site_id == bindparam("site_id"), among(urls.c.url_key, texts("keys"))
)


def holder(row: Address) -> int | None:
    """The article whose canonical address this is; None: there is none, or it stands elsewhere."""
    return row.article_id if row.canonical_key == row.url_key else None


def failed(conn: Connection, run: Run, seen: Sequence[Seen]) -> dict[int, datetime | None]:
    """Note looks at addresses that did not answer as an article. Gives when each address is looked at again, by its id.

    Addresses that are no article's canonical one are left out.
    """
    if not seen:
        return {}
    displaced = _displaced(conn, [one.row.id for one in seen])
    at = [(holder(one.row), one) for one in seen]
    found = [(id_, one) for id_, one in at if id_ is not None]
    found += [(id_, one) for one in seen for id_ in displaced.get(one.row.id, ())]
    return _note(conn, run, found)


def displaced(conn: Connection, run: Run, pages: Iterable[tuple[int | None, int, Address, Fetch, int]]) -> None:
    """Note looks at articles whose address shows another one, and see that it is looked at as often as they need.

    pages   for each page that answered as an article: the article whose canonical address answered before it did, the
            article that was shown, the row of the address, the fetch and its row's id
    """
    shown = [
        (before, after, Seen(row, fetch, id_, Verdict.REDIRECT_STRANGER)) for before, after, row, fetch, id_ in pages
    ]
    known = _displaced(conn, [one.row.id for _, _, one in shown if one.row.id])
    found: list[tuple[int, Seen]] = []
    for before, after, one in shown:
        ids = {*known.get(one.row.id, ()), before} - {None, after}
        found += [(id_, one) for id_ in sorted(filter(None, ids))]
    due = _note(conn, run, found)
    run_many(conn, _HASTEN, [{"row_id": id_, "at": at} for id_, at in due.items() if at is not None])


def answered(conn: Connection, run: Run, answers: Sequence[Answer]) -> None:
    """Articles have answered: what was missing has returned. To be called when their addresses are written."""
    last = {one.article_id: one for one in answers}
    missing = _missing(conn, last)
    if not missing:
        return
    back = [last[id_] for id_ in sorted(missing)]
    rows = conn.execute(_IDS, {"site_id": run.site_id, "keys": {one.key for one in back}})
    where = {row.url_key: row.id for row in rows}
    conn.execute(
        _INSERT,
        [_row(run, one.article_id, where[one.key], one.fetch, one.fetch_id, Verdict.ANSWERED) for one in back],
    )
    conn.execute(
        _RETURN, [{"of_article": one.article_id, "at": one.fetch.fetched_at, "where": where[one.key]} for one in back]
    )
    conn.execute(_LIVE, {"ids": missing.keys()})


def _displaced(conn: Connection, url_ids: Collection[int]) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for url_id, article_id in conn.execute(_DISPLACED, {"ids": url_ids}) if url_ids else ():
        found.setdefault(url_id, []).append(article_id)
    return found


def _missing(conn: Connection, ids: Collection[int] | Mapping[int, object]) -> dict[int, datetime]:
    if not ids:
        return {}
    return {row.article_id: row.first for row in conn.execute(_MISSING, {"ids": list(ids)})}


def _note(conn: Connection, run: Run, found: Sequence[tuple[int, Seen]]) -> dict[int, datetime | None]:
    if not found:
        return {}
    conn.execute(_INSERT, [_row(run, id_, one.row.id, one.fetch, one.fetch_id, one.verdict) for id_, one in found])
    ids = {id_ for id_, _ in found}
    first = _missing(conn, ids)
    confirmed = set(conn.execute(_CONFIRMED, {"ids": ids}).scalars())
    due: dict[int, datetime | None] = {}
    for id_, one in found:
        at = removal.next_look(first[id_], one.fetch.fetched_at, run.cadence, confirmed=id_ in confirmed)
        before = due.get(one.row.id)
        due[one.row.id] = before if at is None or (before is not None and before < at) else at
    return due


def _row(run: Run, article_id: int, url_id: int, fetch: Fetch, fetch_id: int, verdict: Verdict) -> dict[str, object]:
    return {
        "article_id": article_id,
        "url_id": url_id,
        "fetch_id": fetch_id,
        "run_id": run.id,
        "looked_at": fetch.fetched_at,
        "status": fetch.status,
        "verdict": verdict.value,
    }
