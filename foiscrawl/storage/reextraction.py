"""The whole archive read again: texts in as many processes as wanted, then what is quarantined or held."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import UsageError
from foiscrawl.site import Site
from foiscrawl.storage import desk, held, mending, rereadings
from foiscrawl.storage.engine import translate
from foiscrawl.storage.mending import Mended, Plan
from foiscrawl.storage.migrate import open_archive
from foiscrawl.storage.reading import read_all
from foiscrawl.storage.rereading import from_captures, site_of
from foiscrawl.storage.rereadings import Reread

Seen = Callable[[Sequence[Reread], int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be read again. since: texts captured then or later; layout: texts that it read."""

    url: str
    folder: Path
    site: Site
    processes: int = 1
    since: datetime | None = None
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What became, or would become, of the rest. equal: revisions that read like the one before them by now."""

    pages: Mended
    plan: Plan
    equal: int = 0


def preview(wanted: Wanted, now: datetime, seen: Seen) -> Done:
    """Write nothing. seen: called with some texts that were read again, and how many there are.

    Raises UsageError, DatabaseError.
    """
    engine = open_archive(wanted.url, read_only=True)
    try:
        with engine.connect() as conn:
            site_id, site = _known(conn, wanted)
            ids = rereadings.ids(conn, site_id, since=wanted.since, layout=wanted.layout)
            for found in read_all(wanted.url, wanted.folder, site, ids, wanted.processes):
                seen(found, len(ids))
            read, pages = from_captures(wanted.folder), Mended()
            for chunk in rereadings.chunks(mending.quarantined(conn, site_id)):
                pages += mending.mend(conn, site, read, chunk, now, write=False)
            return Done(pages, mending.plan(conn, site_id, site, read))
    except DBAPIError as error:
        raise translate(error, engine.url) from error
    finally:
        engine.dispose()


def apply(wanted: Wanted, now: datetime, seen: Seen, wait: float) -> Done:
    """Keep the new readings, some in each transaction; cut short it may be repeated.

    Raises UsageError, AlreadyRunning, DatabaseError, DiskFull.
    """
    with desk.writing(wanted.url, wanted.site.name, wait) as transactions:
        site_id, site = transactions.run(partial(_known, wanted=wanted))
        ids = transactions.run(partial(rereadings.ids, site_id=site_id, since=wanted.since, layout=wanted.layout))
        for found in read_all(wanted.url, wanted.folder, site, ids, wanted.processes):
            transactions.run(partial(rereadings.apply, found=found, now=now))
            seen(found, len(ids))
        read, pages = from_captures(wanted.folder), Mended()
        for chunk in rereadings.chunks(transactions.run(partial(mending.quarantined, site_id=site_id))):
            mend = partial(mending.mend, site=site, read=read, ids=chunk, now=now, write=True)
            pages += transactions.run(mend)
        plan = transactions.run(partial(mending.plan, site_id=site_id, site=site, read=read))
        for chunk in held.batches(plan.apply):
            transactions.run(partial(held.apply_held, site=site, read=read, ids=chunk, now=now))
        for alarm_id in plan.close:
            transactions.run(partial(held.decide, alarm_id=alarm_id, decision="released", now=now))
        return Done(pages, plan, transactions.run(partial(rereadings.equal_neighbours, site_id=site_id)))


def _known(conn: Connection, wanted: Wanted) -> tuple[int, Site]:
    """The site as this archive knows it. Raises UsageError."""
    site_id, site = site_of(conn, wanted.site)
    if site_id is None:
        raise UsageError(f"this archive holds nothing of {site.name}")
    return site_id, site
