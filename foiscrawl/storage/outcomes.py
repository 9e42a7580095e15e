"""An address after its outcome: its state, and when it is due again."""

from dataclasses import dataclass
from datetime import datetime

from foiscrawl import recheck
from foiscrawl.items import Fetch, Outcome, UrlKind
from foiscrawl.storage import ladder
from foiscrawl.storage.addresses import Address
from foiscrawl.storage.ledger import Run
from foiscrawl.urls import url_key


@dataclass(frozen=True, slots=True)
class OpenFetch:
    """A row of `fetches` that waits for its outcome."""

    id: int
    url_id: int
    kind: UrlKind
    taken_at: datetime


# How an outcome leaves the address. What is not in it (interrupted) leaves it alone.
_STATE = {
    Outcome.STORED: "known",
    Outcome.REVISED: "known",
    Outcome.UNCHANGED: "known",
    Outcome.READ: "known",
    Outcome.SKIPPED: "dropped",
    Outcome.GONE: "gone",
    Outcome.REFUSED: "refused",
    Outcome.QUARANTINED: "failed",
    Outcome.FAILED: "failed",
}
_BAD = {Outcome.GONE, Outcome.REFUSED, Outcome.QUARANTINED, Outcome.FAILED}


def settle_address(
    row: Address, opened: OpenFetch, fetch: Fetch, outcome: Outcome, reason: str | None, now: datetime, run: Run
) -> None:
    if outcome not in _STATE:
        return
    due = row.next_fetch_at
    row.state, row.reason = _STATE[outcome], None if outcome is Outcome.UNCHANGED else reason
    row.attempts = row.attempts + 1 if outcome in _BAD else 0
    row.last_fetched_at = fetch.fetched_at
    kind = UrlKind(row.kind)
    row.next_fetch_at = recheck.next_look(outcome, kind, row.page, row.attempts, now, run.cadence)
    if kind is UrlKind.ARTICLE:
        ladder.looked(row, run, now)
        row.next_fetch_at = unless_due_anew(due, opened.taken_at, now, row.next_fetch_at)


def unless_due_anew(
    due: datetime | None, taken_at: datetime, now: datetime, scheduled: datetime | None
) -> datetime | None:
    """A change that was announced while an article was being fetched is not forgotten: it stays due."""
    return due if due is not None and taken_at < due <= now else scheduled


def keep_validators(row: Address, fetch: Fetch) -> None:
    """The ETag belongs to the address that answered, which after a redirect is another one."""
    if url_key(fetch.final_url) == row.url_key:
        row.etag, row.last_modified = fetch.etag, fetch.last_modified
