"""The frontier: what is due is taken up here, and what was taken up is handed back here.

Taking an address up inserts its row in `fetches` and leaves `urls` alone: `next_fetch_at` moves only when the address
is settled, in one transaction with what it gave. So whatever a run that dies had in hand is still due.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, insert, not_, null, or_, select, update

from foiscrawl.items import LinkHint, Outcome, UrlKind
from foiscrawl.recheck import Learned
from foiscrawl.storage import addresses
from foiscrawl.storage.bulk import among, numbers, run_many, texts
from foiscrawl.storage.hints import KINDS, learn, preview
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import articles, fetches, urls
from foiscrawl.text import comparable
from foiscrawl.urls import url_key

__all__ = [
    "KINDS",
    "Learned",
    "Taken",
    "learn",
    "open_outside",
    "plant",
    "preview",
    "release",
    "shut_outside",
    "take",
    "take_checks",
    "take_these",
]


@dataclass(frozen=True, slots=True)
class Taken:
    """An address that this run has taken up, and owes an outcome.

    page               number of the list page that it is; 1 for articles
    etag, last_modified   of the last full answer
    section            section it was listed under; of a section page its own name
    article_id         article that it showed so far; with its source id, for telling a redirect to a stranger
    announced_id       source id of the article as a list announced it
    published_at       publication as a list announced it
    modified_at        newest change that a list announced
    last_full_at       when it last answered with its whole text
    checks_from        publication or last edit, from which its looks are counted
    by_ladder          it is looked at because its time has come, and nothing has announced a change
    """

    url_id: int
    url: str
    kind: UrlKind
    found_in: str
    page: int
    section: str | None
    attempts: int
    etag: str | None
    last_modified: str | None
    article_id: int | None
    source_id: str | None
    announced_id: str | None
    published_at: datetime | None
    modified_at: datetime | None
    last_fetched_at: datetime | None
    last_full_at: datetime | None = None
    checks_from: datetime | None = None
    by_ladder: bool = False

    @property
    def is_missing(self) -> bool:
        """An article of the archive that did not answer when it was last asked for."""
        return self.kind is UrlKind.ARTICLE and self.article_id is not None and self.attempts > 0


_OWN = fetches.alias("own")
_TAKEN = (
    select(
        urls.c.id,
        urls.c.url,
        urls.c.kind,
        urls.c.found_in,
        urls.c.page,
        urls.c.section,
        urls.c.attempts,
        urls.c.etag,
        urls.c.last_modified,
        urls.c.article_id,
        articles.c.source_id,
        urls.c.source_id.label("announced_id"),
        urls.c.published_at,
        urls.c.modified_at,
        urls.c.last_fetched_at,
        urls.c.last_full_at,
        urls.c.checks_from,
    )
    .outerjoin(articles, articles.c.id == urls.c.article_id)
    .where(
        urls.c.site_id == bindparam("site_id"),
        ~exists().where(_OWN.c.run_id == bindparam("run_id"), _OWN.c.url_id == urls.c.id),
    )
    .limit(bindparam("most"))
)
_DUE = _TAKEN.where(
    urls.c.kind == bindparam("kind"),
    urls.c.next_fetch_at.is_not(None),  # else SQLite does not see that the partial index serves
    urls.c.next_fetch_at <= bindparam("due_by"),
).order_by(urls.c.next_fetch_at, urls.c.id)
_DUE_OF_SECTIONS = _DUE.where(among(urls.c.section, texts("sections")))
_THESE = _TAKEN.where(among(urls.c.id, numbers("ids"))).order_by(urls.c.id)
# What was live when last seen. An address that fails or is gone has a time of its own at which it is tried again.
_CHECKS = _TAKEN.where(
    urls.c.kind == UrlKind.ARTICLE.value,
    urls.c.next_check_at.is_not(None),
    urls.c.state.in_(("known", "failed", "dropped")),
    articles.c.state == "live",
).order_by(urls.c.next_check_at, urls.c.id)
_TAKE = insert(fetches)


def take(
    conn: Connection,
    run: Run,
    kinds: Iterable[UrlKind],
    limit: int,
    now: datetime,
    *,
    most_articles: int | None = None,
    due_by: datetime | None = None,
) -> list[Taken]:
    """Take up at most `limit` addresses of these kinds that are due, in the order of KINDS, longest due first.

    An address that this run has already taken up is never given again, even if it became due anew. Of section pages and
    articles only those in the sections that were asked for are given.

    most_articles   at most so many of them are articles; None: no such limit
    due_by          take what is due until then; for section pages that are read before their time
    """
    wanted, taken = set(kinds), list[Taken]()
    for kind in (one for one in KINDS if one in wanted):
        most = limit - len(taken)
        if kind is UrlKind.ARTICLE and most_articles is not None:
            most = min(most, most_articles)
        if most > 0:
            taken += _due(conn, run, kind, most, due_by or now)
    _take(conn, run, taken, now)
    return taken


def take_checks(
    conn: Connection, run: Run, limit: int, now: datetime, *, not_since: datetime | None = None
) -> list[Taken]:
    """Take up at most `limit` stored articles that are to be looked at again, longest due first.

    Of the sections and publication dates that were asked for only; what this run has taken up already is not given.

    not_since   all live articles that were not asked for since then, due or not; None: what is due and announced by
                nobody
    """
    chosen = _CHECKS
    values: dict[str, Any] = {"site_id": run.site_id, "run_id": run.id, "most": limit}
    if not_since is None:
        chosen = chosen.where(urls.c.next_check_at <= now, urls.c.next_fetch_at.is_(None))
    else:
        chosen = chosen.where(or_(urls.c.last_fetched_at.is_(None), urls.c.last_fetched_at < not_since))
    if run.since is not None:
        chosen = chosen.where(or_(urls.c.published_at.is_(None), urls.c.published_at >= run.since))
    if run.until is not None:
        chosen = chosen.where(or_(urls.c.published_at.is_(None), urls.c.published_at <= run.until))
    if run.sections:
        chosen = chosen.where(among(urls.c.section, texts("sections")))
        values["sections"] = section_names(conn, run, urls.c.next_check_at.is_not(None))
    taken = [_taken(row) for row in conn.execute(chosen, values)]
    if not_since is None:
        taken = [replace(one, by_ladder=True) for one in taken]
    _take(conn, run, taken, now)
    return taken


def take_these(conn: Connection, run: Run, url_ids: Collection[int], now: datetime) -> list[Taken]:
    """Take up these addresses, due or not; not those that this run has taken up already."""
    values = {"site_id": run.site_id, "run_id": run.id, "most": len(url_ids), "ids": url_ids}
    taken = [_taken(row) for row in conn.execute(_THESE, values)]
    _take(conn, run, taken, now)
    return taken


def _take(conn: Connection, run: Run, taken: Sequence[Taken], now: datetime) -> None:
    run_many(
        conn,
        _TAKE,
        [{"run_id": run.id, "url_id": one.url_id, "kind": one.kind.value, "taken_at": now} for one in taken],
    )


def _due(conn: Connection, run: Run, kind: UrlKind, most: int, due_by: datetime) -> list[Taken]:
    values = {"site_id": run.site_id, "run_id": run.id, "kind": kind.value, "due_by": due_by, "most": most}
    if run.sections and kind in (UrlKind.LISTING, UrlKind.ARTICLE):
        names = section_names(conn, run, urls.c.next_fetch_at.is_not(None))
        rows = conn.execute(_DUE_OF_SECTIONS, values | {"sections": names})
    else:
        rows = conn.execute(_DUE, values)
    return [_taken(row) for row in rows]


def _taken(row: Iterable[Any]) -> Taken:
    id_, url, kind, *rest = row
    return Taken(id_, url, UrlKind(kind), *rest)


def section_names(conn: Connection, run: Run, *which: ColumnElement[bool]) -> list[str]:
    """The sections that were asked for, as the addresses that meet the conditions spell them."""
    spelt = select(urls.c.section).where(urls.c.site_id == run.site_id, urls.c.section.is_not(None), *which).distinct()
    return [one for one in conn.execute(spelt).scalars() if comparable(one) in run.sections]


_RELEASE = (
    update(fetches)
    .where(
        fetches.c.run_id == bindparam("of_run"),
        among(fetches.c.url_id, numbers("ids")),
        fetches.c.outcome.is_(None),
    )
    .values(outcome=Outcome.INTERRUPTED.value, settled_at=bindparam("now"), reason="released")
)


def release(conn: Connection, run: Run, url_ids: Collection[int], now: datetime) -> int:
    """Hand back what is not settled of these: outcome interrupted, still due. Gives how many there were."""
    return conn.execute(_RELEASE, {"of_run": run.id, "ids": url_ids, "now": now}).rowcount


def plant(conn: Connection, run: Run, hints: Sequence[LinkHint], now: datetime) -> list[bool]:
    """See that the site's own sources are known and due. For each: whether it is due now; a closed one is not.

    To be called at the start of a run, and again for the alternatives of a source that turns out closed.
    """
    shut_outside(conn, run)
    learn(conn, run, hints, now)
    rows = addresses.by_key(conn, run.site_id, {url_key(one.url) for one in hints})
    due = {key: row.next_fetch_at is not None and row.next_fetch_at <= now for key, row in rows.items()}
    return [due[url_key(one.url)] for one in hints]


def _older(since: ColumnElement[datetime]) -> ColumnElement[bool]:
    """The newest date that a list announced is older; never true of an article without dates."""
    published, modified = urls.c.published_at, urls.c.modified_at
    known = or_(published.is_not(None), modified.is_not(None))
    return and_(known, or_(published.is_(None), published < since), or_(modified.is_(None), modified < since))


_SHUT = (
    update(urls)
    .where(
        urls.c.site_id == bindparam("of_site"),
        urls.c.kind == UrlKind.ARTICLE.value,
        urls.c.next_fetch_at.is_not(None),
        urls.c.state == "new",
        _older(bindparam("since", type_=urls.c.published_at.type)),
    )
    .values(state="outside", next_fetch_at=null())
)


def shut_outside(conn: Connection, run: Run) -> int:
    """Before an update: put back what an unfinished back-fill has left due. Gives how many.

    Else the next hourly update would spend days on the site's past before it came to the news.
    """
    if not run.update or run.oldest is None:
        return 0
    return conn.execute(_SHUT, {"of_site": run.site_id, "since": run.oldest}).rowcount


def open_outside(conn: Connection, run: Run, now: datetime, limit: int = 10_000) -> int:
    """For a back-fill: make due at most `limit` of what earlier runs have left outside and this one wants.

    Gives how many. To be called again whenever nothing is due, until it gives 0.
    """
    wanted = [
        urls.c.site_id == run.site_id,
        urls.c.kind.in_([UrlKind.ARTICLE.value, UrlKind.SITEMAP.value]),
        urls.c.state == "outside",
    ]
    if run.oldest is not None:
        wanted.append(not_(_older(bindparam("since", run.oldest, type_=urls.c.published_at.type))))
    if run.until is not None:
        wanted.append(or_(urls.c.published_at.is_(None), urls.c.published_at <= run.until))
    values = {}
    if run.sections:  # what else stands in them is found by walking them
        values["sections"] = section_names(conn, run, *wanted)
        wanted.append(among(urls.c.section, texts("sections")))
    first = select(urls.c.id).where(*wanted).order_by(urls.c.id).limit(limit)
    opened = update(urls).where(urls.c.id.in_(first)).values(state="new", next_fetch_at=now)
    return conn.execute(opened, values).rowcount
