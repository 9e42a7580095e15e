"""The runs: begun, alive, ended; and what a run that died has left behind."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, exists, insert, select, update

from foiscrawl.items import Outcome
from foiscrawl.site import Cadence, Edits, Expect, Recheck, Site
from foiscrawl.storage.models import articles, fetches, runs, sites
from foiscrawl.text import comparable


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run and what it wants.

    mode           "update" or "backfill"
    horizon        the site's: an update does not fetch what is older; None: no such limit
    since, until   what the operator asked for
    sections       comparable() forms of the sections asked for; empty: all
    """

    id: int
    site_id: int
    mode: str
    started_at: datetime
    horizon: datetime | None = None
    since: datetime | None = None
    until: datetime | None = None
    sections: frozenset[str] = frozenset()
    cadence: Cadence = field(default_factory=Cadence)
    expect: Expect = field(default_factory=Expect)
    recheck: Recheck = field(default_factory=Recheck)
    edits: Edits = field(default_factory=Edits)

    @property
    def update(self) -> bool:
        return self.mode == "update"

    @property
    def oldest(self) -> datetime | None:
        """The time from which this run wants articles; None: all."""
        return self.since or (self.horizon if self.update else None)


def enter_site(conn: Connection, site: Site, home: str, now: datetime) -> int:
    """The id of the site, which enters the archive when it is new."""
    found = conn.execute(select(sites.c.id).where(sites.c.name == site.name)).scalar()
    if found is not None:
        conn.execute(update(sites).where(sites.c.id == found).values(title=site.title, home=home))
        return int(found)
    added = insert(sites).values(name=site.name, title=site.title, home=home, created_at=now)
    return int(conn.execute(added.returning(sites.c.id)).scalar_one())


def begin_run(
    conn: Connection,
    site: Site,
    site_id: int,
    now: datetime,
    *,
    mode: str = "update",
    since: datetime | None = None,
    until: datetime | None = None,
    sections: Iterable[str] = (),
    arguments: Mapping[str, Any] | None = None,
    versions: Mapping[str, Any] | None = None,
) -> Run:
    """A new row in `runs`. The first run on an empty archive sets the site's horizon, whatever its mode: a back-fill
    ignores it, but the update after a back-fill that was cut short must not go on in its place."""
    horizon = conn.execute(select(sites.c.horizon_at).where(sites.c.id == site_id)).scalar_one()
    if horizon is None and _is_empty(conn, site_id):
        horizon = now.replace(microsecond=0) - timedelta(days=site.cadence.first_days)
        conn.execute(update(sites).where(sites.c.id == site_id).values(horizon_at=horizon))
    row = {
        "site_id": site_id,
        "mode": mode,
        "arguments": dict(arguments or {}),
        "started_at": now,
        "heartbeat_at": now,
        "outcome": "running",
        "skipped": {},
        "versions": dict(versions or {}),
    }
    return Run(
        id=conn.execute(insert(runs).values(row).returning(runs.c.id)).scalar_one(),
        site_id=site_id,
        mode=mode,
        started_at=now.replace(microsecond=0),
        horizon=horizon,
        since=since,
        until=until,
        sections=frozenset(comparable(one) for one in sections),
        cadence=site.cadence,
        expect=site.expect,
        recheck=site.recheck,
        edits=site.edits,
    )


def load_run(conn: Connection, run_id: int, site: Site) -> Run:
    """A run that has ended, for what is still to be settled of it. What it wanted is not needed any more."""
    row = conn.execute(select(runs.c.site_id, runs.c.mode, runs.c.started_at).where(runs.c.id == run_id)).one()
    return Run(
        id=run_id,
        site_id=row.site_id,
        mode=row.mode,
        started_at=row.started_at,
        cadence=site.cadence,
        expect=site.expect,
        recheck=site.recheck,
        edits=site.edits,
    )


def heartbeat(conn: Connection, run: Run, now: datetime) -> None:
    conn.execute(update(runs).where(runs.c.id == run.id).values(heartbeat_at=now))


def end_run(
    conn: Connection,
    run: Run,
    outcome: str,
    now: datetime,
    *,
    exit_code: int,
    reason: str | None = None,
    resume_at: datetime | None = None,
) -> int:
    """Record how the run ended. Gives the number of addresses it left open; they are settled as interrupted.

    A back-fill that was done to the end moves the site's horizon: from now on an update takes what is as old, too.
    """
    left = interrupt(conn, run.id, now, "run_ended")
    values = {"outcome": outcome, "ended_at": now, "heartbeat_at": now, "exit_code": exit_code, "reason": reason}
    conn.execute(update(runs).where(runs.c.id == run.id).values(values | {"resume_at": resume_at}))
    if not run.update and outcome == "done" and run.until is None and not run.sections:
        _lower_horizon(conn, run)
    return left


def settle_crashed(conn: Connection, site_id: int, now: datetime) -> list[int]:
    """Close the runs of this site that died: to be called by the holder of the site's lock, before `begin_run`.

    Gives their ids. What they had taken up is settled as interrupted and stays due: taking an address up does not
    touch `urls.next_fetch_at`, only settling it does. A run is recorded as ended at its last sign of life.
    """
    dead = select(runs.c.id).where(runs.c.site_id == site_id, runs.c.outcome == "running").order_by(runs.c.id)
    ids = [int(one) for one in conn.execute(dead).scalars()]
    for run_id in ids:
        interrupt(conn, run_id, now, "run_crashed")
        values = {"outcome": "crashed", "ended_at": runs.c.heartbeat_at, "reason": "died without ending"}
        conn.execute(update(runs).where(runs.c.id == run_id).values(values))
    return ids


_INTERRUPT = (
    update(fetches)
    .where(fetches.c.run_id == bindparam("of_run"), fetches.c.outcome.is_(None))
    .values(outcome=Outcome.INTERRUPTED.value, settled_at=bindparam("now"), reason=bindparam("why"))
)


def interrupt(conn: Connection, run_id: int, now: datetime, reason: str) -> int:
    """Settle what this run has open as interrupted; its addresses stay due. Gives how many."""
    return conn.execute(_INTERRUPT, {"of_run": run_id, "now": now, "why": reason}).rowcount


def _is_empty(conn: Connection, site_id: int) -> bool:
    return not conn.execute(select(exists().where(articles.c.site_id == site_id))).scalar()


def _lower_horizon(conn: Connection, run: Run) -> None:
    known = conn.execute(select(sites.c.horizon_at).where(sites.c.id == run.site_id)).scalar_one()
    if known is not None and (run.since is None or run.since < known):
        conn.execute(update(sites).where(sites.c.id == run.site_id).values(horizon_at=run.since))


def verify_site(conn: Connection, site_id: int, home: str, now: datetime) -> None:
    """The front page at this address has named itself as it should."""
    conn.execute(update(sites).where(sites.c.id == site_id).values(home=home, verified_at=now))


def resume_at(conn: Connection, site_id: int) -> datetime | None:
    """Until when the site asked not to be asked again, as the last run knew that did not die."""
    last = select(runs.c.resume_at).where(runs.c.site_id == site_id, runs.c.outcome.not_in(("running", "crashed")))
    return conn.execute(last.order_by(runs.c.id.desc()).limit(1)).scalar()
