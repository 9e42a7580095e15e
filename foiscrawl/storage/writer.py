"""Settle what a run took up: each item ends its fetch, in one transaction with all that it gave."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from foiscrawl import removal
from foiscrawl.items import (
    Access,
    ArticleItem,
    Exchange,
    Fetch,
    ListingItem,
    Outcome,
    OutcomeItem,
    PageKind,
    QuarantineItem,
    UrlKind,
)
from foiscrawl.judgement import Look
from foiscrawl.recheck import Learned
from foiscrawl.storage import addresses, articles, captures, held, looks, relooks, sightings
from foiscrawl.storage.addresses import Address
from foiscrawl.storage.binding import bind, known
from foiscrawl.storage.bulk import Upsert, among, numbers, run_many
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.listings import settle_list
from foiscrawl.storage.models import fetches, quarantine
from foiscrawl.storage.outcomes import OpenFetch, settle_address, unless_due_anew
from foiscrawl.storage.recorder import Recorder

__all__ = ["Item", "Run", "SettleError", "Written", "write"]

Item = ArticleItem | ListingItem | OutcomeItem | QuarantineItem


class SettleError(RuntimeError):
    """An item for an address that this run has not taken up, or has settled already: a bug of the caller."""


@dataclass(frozen=True, slots=True)
class Written:
    """What an item came to.

    learned   for a list, what its hints told
    look      for a page of an article that was known before the run, what it showed
    """

    url_id: int
    kind: UrlKind
    outcome: Outcome
    reason: str | None = None
    article_id: int | None = None
    learned: Learned | None = None
    look: Look | None = None


# Outcomes that need neither article nor list.
_PLAIN = {Outcome.UNCHANGED, Outcome.SKIPPED, Outcome.GONE, Outcome.REFUSED, Outcome.FAILED, Outcome.INTERRUPTED}

_OPEN = select(fetches.c.id, fetches.c.url_id, fetches.c.kind, fetches.c.taken_at).where(
    fetches.c.run_id == bindparam("run_id"), among(fetches.c.url_id, numbers("ids")), fetches.c.outcome.is_(None)
)
_SETTLED = (
    "settled_at", "outcome", "reason", "status", "final_url", "requests", "size", "elapsed_ms",
    "article_id", "capture_id",
)  # fmt: skip
_SETTLE = update(fetches).where(fetches.c.id == bindparam("row_id")).values({one: bindparam(one) for one in _SETTLED})
_QUARANTINE = Upsert(
    quarantine,
    ("url_id",),
    lambda new: (
        {one: new[one] for one in ("fetch_id", "reason", "headline", "item", "last_at")}
        | {"looks": quarantine.c.looks + 1}
    ),
)


def write(
    conn: Connection,
    run: Run,
    items: Sequence[Item],
    now: datetime,
    recorder: Recorder | None = None,
    *,
    hold: bool = False,
) -> list[Written]:
    """Settle these items in their order, in bulk. Gives what each came to, in the same order.

    recorder   of the raw answers; without one they are not kept
    hold       changed texts of known articles are put aside, to be judged at the end of the run (see `held`)

    Raises SettleError when an item's address is not open in this run, ValueError for an item that cannot be stored,
    DiskFull and CaptureError when raw answers cannot be written.
    """
    opened = _opened(conn, run, [_fetch(one).url_id for one in items])
    kept = _keep(conn, run, items, opened, recorder, now)
    written: dict[int, Written] = {}
    for one in items:
        if isinstance(one, ListingItem):
            own = opened[_fetch(one).url_id]
            reason, learned = settle_list(conn, run, one, _fetch(one), own, now)
            written[own.url_id] = Written(own.url_id, own.kind, Outcome.READ, reason, learned=learned)
    _articles(conn, run, [one for one in items if isinstance(one, ArticleItem)], opened, kept, written, now, hold=hold)
    _others(
        conn,
        run,
        [one for one in items if isinstance(one, OutcomeItem | QuarantineItem)],
        opened,
        written,
        now,
        hold=hold,
    )
    results = [written[_fetch(one).url_id] for one in items]
    relooks.note(conn, run, [one.look for one in results if one.look is not None])
    settled = [_settled(one, opened[what.url_id], kept, what, now) for one, what in zip(items, results, strict=True)]
    run_many(conn, _SETTLE, settled)
    return results


def _fetch(item: Item) -> Fetch:
    fetch = item.article.fetch if isinstance(item, QuarantineItem) else item.fetch
    if fetch is None:
        raise ValueError(f"a {type(item).__name__} without its fetch cannot be settled")
    return fetch


def _opened(conn: Connection, run: Run, url_ids: Sequence[int]) -> dict[int, OpenFetch]:
    rows = conn.execute(_OPEN, {"run_id": run.id, "ids": url_ids})
    found = {row.url_id: OpenFetch(row.id, row.url_id, UrlKind(row.kind), row.taken_at) for row in rows}
    wrong = sorted({one for one in url_ids if one not in found or url_ids.count(one) > 1})
    if wrong:
        raise SettleError(f"not open in run {run.id}, or settled twice: addresses {wrong}")
    return found


def _keep(
    conn: Connection,
    run: Run,
    items: Sequence[Item],
    opened: Mapping[int, OpenFetch],
    recorder: Recorder | None,
    now: datetime,
) -> dict[int, list[int]]:
    """The raw answers of these items: ids of their rows in `captures` by id of the fetch."""
    if recorder is None:
        return {}
    found: dict[int, Sequence[Exchange]] = {}
    for one in items:
        fetch = _fetch(one)
        if fetch.exchanges:
            found[opened[fetch.url_id].id] = fetch.exchanges
    return captures.keep(conn, run, recorder, found, now)


def _settled(
    item: Item, opened: OpenFetch, kept: Mapping[int, Sequence[int]], what: Written, now: datetime
) -> dict[str, Any]:
    fetch = _fetch(item)
    ids = kept.get(opened.id)
    return {
        "row_id": opened.id,
        "settled_at": now,
        "outcome": what.outcome.value,
        "reason": what.reason,
        "status": fetch.status,
        "final_url": fetch.final_url,
        "requests": fetch.requests,
        "size": fetch.size,
        "elapsed_ms": round(fetch.elapsed * 1000),
        "article_id": what.article_id,
        "capture_id": ids[-1] if ids else None,
    }


# --- articles ------------------------------------------------------------------------------------------------------


def _articles(
    conn: Connection,
    run: Run,
    items: Sequence[ArticleItem],
    opened: Mapping[int, OpenFetch],
    kept: Mapping[int, Sequence[int]],
    written: dict[int, Written],
    now: datetime,
    *,
    hold: bool,
) -> None:
    if not items:
        return
    sheets = []
    for item in items:
        own = opened[_fetch(item).url_id]
        sheets.append(articles.sheet(item, own.id, own.taken_at, _first_page(item, kept.get(own.id, ()))))
    rows = known(conn, run, sheets)
    before = {key: looks.holder(row) for key, row in rows.items()}
    stored = articles.store(conn, run.site_id, sheets, rows, run.edits.corrections, hold=hold)
    compared = relooks.looks(conn, run, sheets, stored, rows.values()) if hold else {}
    held.put_aside(conn, run, sheets, stored, compared, now)
    bind(conn, run, sheets, stored, rows, now)
    shown = list(zip(sheets, stored.articles, strict=True))
    believed = [
        pair for pair, outcome in zip(shown, stored.outcomes, strict=True) if outcome is not Outcome.QUARANTINED
    ]
    pages = ((before.get(one.final), article.id, rows[one.final], one.fetch, one.fetch_id) for one, article in believed)
    looks.displaced(conn, run, pages)
    looks.answered(conn, run, [looks.Answer(to.id, to.url_key, one.fetch, one.fetch_id) for one, to in shown])
    for one, article, outcome in zip(sheets, stored.articles, stored.outcomes, strict=True):
        kind, look = opened[one.fetch.url_id].kind, compared.get(one.fetch_id)
        reason = held.reason(look) if outcome is Outcome.QUARANTINED else None
        written[one.fetch.url_id] = Written(one.fetch.url_id, kind, outcome, reason, article.id, look=look)


def _first_page(item: ArticleItem, kept: Sequence[int]) -> int | None:
    """The capture of the page that the article was read from; of several pages, the first one."""
    found = [id_ for id_, one in zip(kept, _fetch(item).exchanges, strict=bool(kept)) if one.url == item.url]
    return found[-1] if found else None


# --- what ends without article or hints ----------------------------------------------------------------------------


def _others(
    conn: Connection,
    run: Run,
    items: Sequence[OutcomeItem | QuarantineItem],
    opened: Mapping[int, OpenFetch],
    written: dict[int, Written],
    now: datetime,
    *,
    hold: bool,
) -> None:
    rows = addresses.by_id(conn, [_fetch(one).url_id for one in items])
    compared = relooks.of_doubted(conn, run, items, opened, rows) if hold else {}
    failed = looks.failed(conn, run, [look for one in items if (look := _look(one, rows, opened)) is not None])
    kept: list[dict[str, Any]] = []
    answered: dict[int, datetime] = {}
    missing: dict[int, datetime] = {}
    same: list[int] = []
    for item in items:
        fetch = _fetch(item)
        row, own = rows[fetch.url_id], opened[fetch.url_id]
        outcome, due = _outcome(item), row.next_fetch_at
        if isinstance(item, QuarantineItem):
            kept.append(_quarantined(run, item, own, now))
        elif outcome not in _PLAIN:
            raise ValueError(f"outcome {outcome} needs an article or a list: {fetch.url}")
        settle_address(row, own, fetch, outcome, item.reason, now, run)
        if row.id in failed:
            row.next_fetch_at = unless_due_anew(due, own.taken_at, now, failed[row.id])
        if isinstance(item, OutcomeItem) and item.retry_at is not None:
            row.next_fetch_at = item.retry_at
        if row.article_id is not None and (row.id in failed or outcome in (Outcome.UNCHANGED, Outcome.GONE)):
            (answered if outcome is Outcome.UNCHANGED else missing)[row.article_id] = fetch.fetched_at
        if own.kind is UrlKind.FEED and fetch.status == 304:
            same.append(own.url_id)
        shown = compared.get(own.id)
        written[fetch.url_id] = Written(fetch.url_id, own.kind, outcome, item.reason, row.article_id, look=shown)
    sightings.still(conn, run, same, now)
    addresses.save(conn, rows.values())
    _same(conn, run, [(rows[_fetch(one).url_id], one) for one in items if _outcome(one) is Outcome.UNCHANGED], opened)
    articles.seen_again(conn, answered, answered=True)
    articles.seen_again(conn, missing, answered=False)
    _QUARANTINE(conn, kept)


def _same(
    conn: Connection,
    run: Run,
    found: Sequence[tuple[Address, OutcomeItem | QuarantineItem]],
    opened: Mapping[int, OpenFetch],
) -> None:
    """Articles of which the site said that they are as before: they stand where they stood, and nobody else does."""
    shown = [(row.article_id, row, _fetch(one), opened[row.id].id) for row, one in found]
    looks.displaced(conn, run, [(None, id_, row, fetch, own) for id_, row, fetch, own in shown if id_ is not None])
    answers = [
        looks.Answer(id_, row.canonical_key, fetch, own)
        for id_, row, fetch, own in shown
        if id_ is not None and row.canonical_key is not None
    ]
    looks.answered(conn, run, answers)


def _outcome(item: OutcomeItem | QuarantineItem) -> Outcome:
    return item.outcome if isinstance(item, OutcomeItem) else Outcome.QUARANTINED


def _look(
    item: OutcomeItem | QuarantineItem, rows: Mapping[int, Address], opened: Mapping[int, OpenFetch]
) -> looks.Seen | None:
    """What the outcome says of an article that the address showed; None: nothing."""
    fetch, verdict = _fetch(item), removal.verdict(_outcome(item), item.reason)
    if verdict is None or fetch.kind is not UrlKind.ARTICLE:
        return None
    return looks.Seen(rows[fetch.url_id], fetch, opened[fetch.url_id].id, verdict)


def _quarantined(run: Run, item: QuarantineItem, opened: OpenFetch, now: datetime) -> dict[str, Any]:
    return {
        "site_id": run.site_id,
        "url_id": opened.url_id,
        "fetch_id": opened.id,
        "reason": item.reason,
        "headline": item.article.headline,
        "item": _fields(item),
        "first_at": now,
        "last_at": now,
        "looks": 1,
    }


def _fields(item: QuarantineItem) -> dict[str, Any]:
    """The fields of a page as read, fit for JSON. A protected page keeps nothing of what stands behind its password."""
    article = replace(item.article, fetch=None)  # asdict would go through the raw answers as well
    if item.reason == "protected" or article.access is Access.PROTECTED or article.page_kind is PageKind.PROTECTED:
        article = replace(article, standfirst=None, body_text="", body_html="", images=(), links=())
    found = asdict(article)
    for name in ("fetch", "signature", "bands", "content_hash"):
        del found[name]
    for name in ("published", "modified"):
        if found[name] is not None and found[name]["at"] is not None:
            found[name]["at"] = found[name]["at"].isoformat()
    return found
