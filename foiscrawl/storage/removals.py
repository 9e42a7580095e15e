"""Disappearances: judged at the end of each run from the looks of all runs that were well, held where they are many."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, insert, select, update

from foiscrawl import removal
from foiscrawl.removal import RULE, Judgement, Look, Verdict
from foiscrawl.storage import canaries
from foiscrawl.storage.bulk import among, numbers, run_many
from foiscrawl.storage.held import is_held
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.looks import ANSWERED
from foiscrawl.storage.models import alarms, articles, looks, removals, revisions, runs

MASS = "mass_removal"


@dataclass(frozen=True, slots=True)
class Judged:
    """What a run's last act gave.

    complaint   why the looks of this run do not count; None: they do, or there were none
    confirmed   articles that are believed to be gone by now
    held        articles that would be, but are too many at once: they wait for a person
    """

    complaint: str | None = None
    confirmed: int = 0
    held: int = 0

    @property
    def problem(self) -> str | None:
        """Why the run is degraded; None: it is not for this."""
        if self.held:
            return f"{self.held} articles would be removed at once: they are held until foiscrawl review decides"
        if self.complaint is not None:
            return f"{self.complaint}, so no article counts as missing"
        return None


@dataclass(frozen=True, slots=True)
class Held:
    """A removal that waits for a person. state: what it would become, "removed" or "withdrawn"."""

    alarm_id: int
    article_id: int
    url: str
    headline: str | None
    state: str
    looks: int
    last_status: int | None
    first_failed_at: datetime
    last_failed_at: datetime


@dataclass(frozen=True, slots=True)
class _Open:
    """A row of `removals` that is not over. since: only looks after it count, for a person has discarded the others."""

    id: int
    state: str
    since: datetime | None


_CANDIDATES = select(looks.c.article_id).where(
    looks.c.run_id == bindparam("run_id"), looks.c.verdict != ANSWERED
).distinct()  # fmt: skip
_SUSPECTED = (
    select(removals.c.article_id)
    .join(articles, articles.c.id == removals.c.article_id)
    .where(
        articles.c.site_id == bindparam("site_id"), removals.c.state == "suspected", removals.c.returned_at.is_(None)
    )
)
_LOOKS = (
    select(looks.c.article_id, looks.c.looked_at, looks.c.verdict, looks.c.status, runs.c.canaries)
    .join(runs, runs.c.id == looks.c.run_id)
    .where(among(looks.c.article_id, numbers("ids")))
    .order_by(looks.c.id)
)
_OPEN = (
    select(removals.c.article_id, removals.c.id, removals.c.state, alarms.c.decision, alarms.c.decided_at)
    .outerjoin(alarms, alarms.c.id == removals.c.alarm_id)
    .where(among(removals.c.article_id, numbers("ids")), removals.c.returned_at.is_(None))
)
_EVIDENCE = ("looks", "last_status", "first_failed_at", "last_failed_at")
_UPDATE = (
    update(removals).where(removals.c.id == bindparam("row_id")).values({one: bindparam(one) for one in _EVIDENCE})
)
_SETTLED = ("state", "rule", "confirmed_at", "alarm_id")
_SETTLE = (
    update(removals)
    .where(removals.c.article_id == bindparam("of_article"), removals.c.returned_at.is_(None))
    .values({one: bindparam(one) for one in _SETTLED})
)
_STATE = update(articles).where(articles.c.id == bindparam("row_id")).values(state=bindparam("state"))
_HELD = (
    select(
        removals.c.alarm_id,
        removals.c.article_id,
        articles.c.canonical_url,
        revisions.c.headline,
        removals.c.looks,
        removals.c.last_status,
        removals.c.first_failed_at,
        removals.c.last_failed_at,
    )
    .join(articles, articles.c.id == removals.c.article_id)
    .outerjoin(revisions, (revisions.c.article_id == articles.c.id) & (revisions.c.number == articles.c.revision_count))
    .where(removals.c.state == "held")
    .order_by(removals.c.alarm_id, removals.c.id)
)


# --- at the end of a run ---------------------------------------------------------------------------------------------


def judge(conn: Connection, run: Run, now: datetime, *, called: Sequence[int], is_whole: bool) -> Judged:
    """Say whether the run was well, and if so judge what its looks and those before it tell.

    called     articles known to be live that `canaries.call` took up
    is_whole   the run went through its phases; one that was ended early proves nothing

    To be called once, when everything that the run took up is settled. Looks of a run that dies before never count.
    """
    complaint = canaries.complaint(conn, run, called) if is_whole else "the run was ended early"
    conn.execute(update(runs).where(runs.c.id == run.id).values(canaries="well" if complaint is None else "failing"))
    if complaint is not None:
        return Judged(complaint if canaries.has_failing_looks(conn, run) else None)
    ids = {*conn.execute(_CANDIDATES, {"run_id": run.id}).scalars()}
    ids |= {*conn.execute(_SUSPECTED, {"site_id": run.site_id}).scalars()}
    if not ids:
        return Judged()
    judged, known = _judge(conn, ids)
    _keep(conn, judged, known)
    ripe = {
        id_: one.state
        for id_, one in judged.items()
        if one.is_confirmed and (id_ not in known or known[id_].state == "suspected")
    }
    if not ripe or _doubts_itself(conn, run):
        return Judged()
    live = articles.c.site_id == run.site_id, articles.c.state.in_(("live", "suspected"))
    if len(ripe) > removal.most_at_once(conn.execute(select(func.count()).where(*live)).scalar_one()):
        alarm_id = _alarm(conn, run, len(ripe), now)
        _settle(conn, dict.fromkeys(ripe, "held"), alarm_id=alarm_id)
        return Judged(held=len(ripe))
    _settle(conn, ripe, at=now)
    return Judged(confirmed=len(ripe))


def _judge(conn: Connection, ids: Collection[int]) -> tuple[dict[int, Judgement], dict[int, _Open]]:
    """What the looks say of these articles, without those of which they say nothing; and their open removals."""
    known = {
        row.article_id: _Open(row.id, row.state, row.decided_at if row.decision == "discarded" else None)
        for row in conn.execute(_OPEN, {"ids": list(ids)})
    }
    taken: dict[int, list[Look]] = {}
    for row in conn.execute(_LOOKS, {"ids": list(ids)}):
        since = known[row.article_id].since if row.article_id in known else None
        counts = row.canaries == "well" and (since is None or row.looked_at > since)
        taken.setdefault(row.article_id, []).append(Look(row.looked_at, Verdict(row.verdict), counts, row.status))
    judged = {id_: removal.judge(some) for id_, some in taken.items()}
    return {id_: one for id_, one in judged.items() if one is not None}, known


def _keep(conn: Connection, judged: Mapping[int, Judgement], known: Mapping[int, _Open]) -> None:
    """Write the evidence; what is new is suspected from now on."""
    new = {id_: one for id_, one in judged.items() if id_ not in known}
    run_many(
        conn,
        insert(removals),
        [{"article_id": id_, "state": "suspected", "rule": RULE, **_evidence(one)} for id_, one in new.items()],
    )
    run_many(conn, _STATE, [{"row_id": id_, "state": "suspected"} for id_ in new])
    run_many(
        conn, _UPDATE, [{"row_id": known[id_].id, **_evidence(one)} for id_, one in judged.items() if id_ in known]
    )


def _evidence(one: Judgement) -> dict[str, Any]:
    return dict(zip(_EVIDENCE, (one.looks, one.last_status, one.first_at, one.last_at), strict=True))


def _doubts_itself(conn: Connection, run: Run) -> bool:
    """What this run has read is held: what it did not see is not believed either."""
    return is_held(conn, run.id)


def _alarm(conn: Connection, run: Run, number: int, now: datetime) -> int:
    """The open alarm of the site, raised if there is none."""
    mine = alarms.c.site_id == run.site_id, alarms.c.kind == MASS, alarms.c.decided_at.is_(None)
    found = conn.execute(select(alarms.c.id).where(*mine)).scalar()
    if found is not None:
        return int(found)
    message = f"{number} articles would be removed at once"
    row = {"site_id": run.site_id, "run_id": run.id, "kind": MASS, "message": message, "raised_at": now}
    return int(conn.execute(insert(alarms).values(row).returning(alarms.c.id)).scalar_one())


def _settle(
    conn: Connection, states: Mapping[int, str], *, at: datetime | None = None, alarm_id: int | None = None
) -> None:
    """Give the open removals of these articles their states. at: when they are believed; None: they are not."""
    rows = [
        {"of_article": id_, "state": state, "rule": RULE, "confirmed_at": at, "alarm_id": alarm_id}
        for id_, state in states.items()
    ]
    run_many(conn, _SETTLE, rows)
    if at is not None:
        run_many(conn, _STATE, [{"row_id": id_, "state": state} for id_, state in states.items()])


# --- for a person ----------------------------------------------------------------------------------------------------


def held(conn: Connection, site_id: int) -> list[Held]:
    """What waits for a person, by alarm and age."""
    rows = conn.execute(_HELD.where(articles.c.site_id == site_id)).all()
    judged, _ = _judge(conn, [row.article_id for row in rows])
    states = {id_: one.state for id_, one in judged.items()}
    return [
        Held(alarm, id_, url, headline, states.get(id_, "suspected"), *rest)
        for alarm, id_, url, headline, *rest in rows
    ]


def release(conn: Connection, alarm_id: int, now: datetime) -> int:
    """A person believes it: what the alarm holds is removed or withdrawn. Gives how many."""
    ids = _of_alarm(conn, alarm_id)
    judged, _ = _judge(conn, ids)
    states = {id_: judged[id_].state for id_ in ids if id_ in judged and judged[id_].is_confirmed}
    _settle(conn, states, at=now, alarm_id=alarm_id)
    # What today's rule no longer believes goes on being looked at.
    _settle(conn, {id_: "suspected" for id_ in ids if id_ not in states})
    _decide(conn, alarm_id, "released", now)
    return len(states)


def discard(conn: Connection, alarm_id: int, now: datetime) -> int:
    """A person does not believe it: the articles are suspected again, and only later looks count. Gives how many."""
    ids = _of_alarm(conn, alarm_id)
    _settle(conn, dict.fromkeys(ids, "suspected"), alarm_id=alarm_id)
    _decide(conn, alarm_id, "discarded", now)
    return len(ids)


def _of_alarm(conn: Connection, alarm_id: int) -> list[int]:
    mine = removals.c.alarm_id == alarm_id, removals.c.state == "held"
    return [int(one) for one in conn.execute(select(removals.c.article_id).where(*mine)).scalars()]


def _decide(conn: Connection, alarm_id: int, decision: str, now: datetime) -> None:
    conn.execute(update(alarms).where(alarms.c.id == alarm_id).values(decision=decision, decided_at=now))
