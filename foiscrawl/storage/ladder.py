"""When a stored article is looked at again although nothing has announced a change; its canonical address tells it."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from foiscrawl import recheck
from foiscrawl.items import Instant
from foiscrawl.storage import addresses
from foiscrawl.storage.addresses import Address
from foiscrawl.storage.ledger import Run


def read(row: Address, run: Run, published: Instant | None, now: datetime, *, edited: bool) -> None:
    """After its text was read. edited: the publisher has changed it, so that the looks begin anew."""
    if edited:
        row.checks_from = now
    elif row.checks_from is None:
        row.checks_from = recheck.checks_from(published, now)
    _climb(row, run, now)


def looked(row: Address, run: Run, now: datetime) -> None:
    """After a look that brought no text: not modified, gone, failed. An address without a schedule gets none."""
    if row.next_check_at is not None:
        row.checks_from = row.checks_from or row.published_at or row.last_fetched_at
        _climb(row, run, now)


def start_anew(conn: Connection, run: Run, article_ids: Collection[int], now: datetime) -> None:
    """After edits of stored articles that were not applied by the look that saw them."""
    rows = addresses.canonical(conn, article_ids).values()
    for row in rows:
        read(row, run, None, now, edited=True)
    addresses.save(conn, rows)


def hand_over(old: Address, new: Address) -> None:
    """The article has another canonical address from now on."""
    new.checks_from = new.checks_from or old.checks_from
    old.next_check_at = old.checks_from = None


def _climb(row: Address, run: Run, now: datetime) -> None:
    row.next_check_at = recheck.next_check(row.checks_from or now, now, run.recheck.hours)
