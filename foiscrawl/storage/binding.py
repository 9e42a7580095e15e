"""One article, however many addresses: each address that led to it becomes a row of its own that names it.

Only the canonical address carries the schedule; the others are never due by themselves.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert

from foiscrawl import recheck
from foiscrawl.items import Outcome, UrlKind
from foiscrawl.storage import addresses, ladder
from foiscrawl.storage.addresses import Address
from foiscrawl.storage.articles import Article, Sheet, Stored
from foiscrawl.storage.bulk import run_many
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import urls
from foiscrawl.storage.outcomes import unless_due_anew
from foiscrawl.urls import tidy_url

_INSERT = insert(urls)


def known(conn: Connection, run: Run, sheets: Sequence[Sheet]) -> dict[str, Address]:
    """The frontier's rows of the sheets' addresses, by key; with those that were asked for, whatever the pages name."""
    rows = addresses.by_key(conn, run.site_id, {key for one in sheets for key in one.addresses})
    asked = addresses.by_id(conn, {one.fetch.url_id for one in sheets} - {row.id for row in rows.values()})
    return rows | {row.url_key: row for row in asked.values()}


def bind(
    conn: Connection,
    run: Run,
    sheets: Sequence[Sheet],
    stored: Stored,
    rows: dict[str, Address],
    now: datetime,
    *,
    late: bool = False,
) -> None:
    """Write the addresses of the articles that a batch stored.

    rows   those that are known, by key
    late   the fetches were settled long ago: what has been scheduled since, and validators, stay
    """
    moved = {one.moved_from for one in stored.articles if one.moved_from is not None} - rows.keys()
    rows |= addresses.by_key(conn, run.site_id, moved)
    by_id = {row.id: row for row in rows.values()}
    before = {row.id: row.snapshot() for row in rows.values()}
    written: dict[str, str] = {}
    for one, article, outcome in zip(sheets, stored.articles, stored.outcomes, strict=True):
        asked = by_id[one.fetch.url_id]
        if outcome is Outcome.QUARANTINED:
            _hold(one, asked, run, now)
            continue
        for key, url in one.addresses.items():
            if key not in rows:
                rows[key] = _row(run, key)
                written[key] = url
        old = rows.get(article.moved_from or "")
        if old is not None and old.article_id == article.id and article.moved_from != article.url_key:
            old.next_fetch_at = None
            ladder.hand_over(old, rows[one.canonical])
        _attach(one, article, outcome, asked, rows, run, now, late=late)
        if not late:
            rows[one.final].etag, rows[one.final].last_modified = one.fetch.etag, one.fetch.last_modified
    addresses.save(conn, [row for row in rows.values() if row.id and row.snapshot() != before[row.id]])
    run_many(conn, _INSERT, [_new(run, rows[key], url, now) for key, url in written.items()])


def _hold(one: Sheet, asked: Address, run: Run, now: datetime) -> None:
    """The address of a changed text that is not believed yet: nothing that the page says of addresses is, either.

    Without validators the next look brings the whole page again, and not « as before ».
    """
    asked.state, asked.reason, asked.attempts = "known", None, 0
    asked.etag = asked.last_modified = None
    asked.last_fetched_at = asked.last_full_at = one.fetch.fetched_at
    ladder.looked(asked, run, now)
    due = _past_cache(one, Outcome.REVISED, asked, now)
    asked.next_fetch_at = unless_due_anew(asked.next_fetch_at, one.taken_at, now, due)


def _attach(
    one: Sheet,
    article: Article,
    outcome: Outcome,
    asked: Address,
    rows: dict[str, Address],
    run: Run,
    now: datetime,
    *,
    late: bool,
) -> None:
    canonical = rows[one.canonical]
    answered = one.answered | {asked.url_key}
    own = [rows[key] for key in one.addresses if _may_take(rows[key], article, key in answered, canonical)]
    own = list({id(row): row for row in (*own, asked)}.values())
    due = _past_cache(one, outcome, canonical, now)
    due = due or recheck.next_look(outcome, UrlKind.ARTICLE, 1, 0, now, run.cadence)
    for row in own:
        due = unless_due_anew(row.next_fetch_at, one.taken_at, now, due)
    ladder.read(canonical, run, one.item.published, now, edited=outcome is Outcome.REVISED)
    canonical.last_full_at = recheck.newest(canonical.last_full_at, one.fetch.fetched_at)
    for row in own:
        row.state, row.reason, row.attempts, row.article_id = "known", None, 0, article.id
        if not (late and row is canonical):
            row.next_fetch_at = due if row is canonical else None
        if row is not canonical:
            row.next_check_at = None
        if row is canonical or row.url_key in answered:
            row.last_fetched_at = recheck.newest(row.last_fetched_at, one.fetch.fetched_at)


def _past_cache(one: Sheet, outcome: Outcome, canonical: Address, now: datetime) -> datetime | None:
    """When the page is to be asked for again because a cache has served the one from before the announced change."""
    modified = one.item.modified
    if modified is not None:
        exact = modified.at is not None and modified.precision == "second"
        return recheck.past_cache(canonical.modified_at, modified.at, now) if exact else None
    if outcome is not Outcome.UNCHANGED:
        return None  # many a theme shows no such date; a new text is answer enough
    published = one.item.published
    return recheck.past_cache(canonical.modified_at, published.at if published is not None else None, now)


def _may_take(row: Address, article: Article, answered: bool, canonical: Address) -> bool:
    """Addresses that led here belong to the article; one that the page merely names is not taken from another."""
    if row.kind != UrlKind.ARTICLE:
        return False
    return answered or row is canonical or row.article_id in (None, article.id)


def _row(run: Run, key: str) -> Address:
    return Address(
        id=0,
        url_key=key,
        kind=UrlKind.ARTICLE.value,
        state="known",
        next_fetch_at=None,
        attempts=0,
        reason=None,
        page=1,
        section=None,
        source_id=None,
        title=None,
        published_at=None,
        modified_at=None,
        etag=None,
        last_modified=None,
        article_id=None,
        first_run_id=run.id,
        last_fetched_at=None,
    )


def _new(run: Run, row: Address, url: str, now: datetime) -> dict[str, object]:
    values = row.values() | {
        "site_id": run.site_id,
        "url_key": row.url_key,
        "url": tidy_url(url),
        "found_in": "article",
        "first_seen_at": now,
        "last_seen_at": now,
        "first_run_id": run.id,
    }
    del values["row_id"]
    return values
