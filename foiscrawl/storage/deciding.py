"""What a person decides on what is held: release or discard, in transactions that may be repeated."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from foiscrawl.items import ArticleItem
from foiscrawl.site import Site
from foiscrawl.storage import held
from foiscrawl.storage.held import Applied
from foiscrawl.storage.rereading import from_captures, item, site_of, visited
from foiscrawl.storage.reviews import Change
from foiscrawl.storage.transactions import Transactions


def release(
    transactions: Transactions, site: Site, folder: Path, ids: Sequence[int], now: datetime, alarm_id: int | None = None
) -> Applied:
    """Apply these changes, read by today's code, in their order; then close the alarm.

    Killed in between it leaves the rest held and the alarm open; to be called again.
    """
    _, known = transactions.run(partial(site_of, site=site))
    applied = Applied()
    for chunk in held.batches(ids):
        applied += transactions.run(
            partial(held.apply_held, site=known, read=from_captures(folder), ids=chunk, now=now)
        )
    if alarm_id is not None:
        transactions.run(partial(held.decide, alarm_id=alarm_id, decision="released", now=now))
    return applied


def discard(transactions: Transactions, ids: Sequence[int], now: datetime, alarm_id: int | None = None) -> int:
    """Do not believe them; captures and rows stay. Gives how many."""
    return transactions.run(partial(_discard, ids=ids, now=now, alarm_id=alarm_id))


def _discard(conn: Connection, ids: Sequence[int], now: datetime, alarm_id: int | None) -> int:
    gone = held.discard(conn, ids, now)
    if alarm_id is not None:
        held.decide(conn, alarm_id, "discarded", now)
    return gone


def readings(
    conn: Connection, site: Site, folder: Path, changes: Sequence[Change]
) -> list[tuple[Change, ArticleItem | None]]:
    """What today's code reads in the captures of these changes; None where that is no article."""
    _, known = site_of(conn, site)
    visits = visited(conn, {one.fetch_id: one.seen_at for one in changes})
    answers = from_captures(folder)(conn, visits)
    found = ((one, item(answers, known, visits[one.fetch_id])) for one in changes)
    return [(one, reading if isinstance(reading, ArticleItem) else None) for one, reading in found]
