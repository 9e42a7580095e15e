"""Changed texts of known articles: put aside when they are seen, judged at the end of their run, applied or held.

A run that dies leaves them waiting, and the next one judges them. Each step is one transaction and may be repeated:
what was applied is not waiting any more.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, exists, insert, select, update

from foiscrawl import judgement
from foiscrawl.items import ArticleItem, Outcome
from foiscrawl.judgement import Doubt, Look
from foiscrawl.site import Site
from foiscrawl.storage import relooks
from foiscrawl.storage.articles import Sheet, Stored
from foiscrawl.storage.bulk import among, numbers, run_many
from foiscrawl.storage.ledger import Run, load_run
from foiscrawl.storage.models import alarms, fetches, held_changes, runs
from foiscrawl.storage.rereading import Read, item, store_late, visited

BATCH = 50  # changes in one transaction; each is parsed in it
KINDS = ("mass_change", "field_coverage")  # of alarms that hold changes

_INSERT = insert(held_changes)
_REGAINED = (
    update(held_changes)
    .where(
        among(held_changes.c.article_id, numbers("ids")),
        held_changes.c.reason == "collapsed",
        held_changes.c.state == "held",
    )
    .values(state="discarded", decided_at=bindparam("now", type_=held_changes.c.decided_at.type))
)
_DECIDE = (
    update(held_changes)
    .where(held_changes.c.id == bindparam("row_id"))
    .values(state=bindparam("now_state"), decided_at=bindparam("now"))
)
_WHY = update(fetches).where(fetches.c.id == bindparam("row_id")).values(reason=bindparam("why"))
_waiting = held_changes.c.state == "waiting"
_is_open = held_changes.c.decided_at.is_(None)


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of held changes that were read again.

    same         they read like the stored text by now
    unreadable   their captures give no article; they stay held
    """

    revised: int = 0
    same: int = 0
    unreadable: int = 0

    @property
    def total(self) -> int:
        return self.revised + self.same + self.unreadable

    def __add__(self, other: "Applied") -> "Applied":
        return Applied(self.revised + other.revised, self.same + other.same, self.unreadable + other.unreadable)


def reason(look: Look | None) -> str:
    """Why a changed text is put aside."""
    return "collapsed" if look is not None and "body" in look.lost else "change"


def put_aside(
    conn: Connection, run: Run, sheets: Sequence[Sheet], stored: Stored, looks: Mapping[int, Look], now: datetime
) -> None:
    """Keep the changed texts that were not believed. A collapsed one is over when its article reads whole again."""
    rows, regained = [], set()
    for one, article, outcome in zip(sheets, stored.articles, stored.outcomes, strict=True):
        why = reason(looks.get(one.fetch_id))
        if outcome is Outcome.QUARANTINED:
            state = "held" if why == "collapsed" else "waiting"
            row = {"run_id": run.id, "article_id": article.id, "fetch_id": one.fetch_id, "reason": why}
            rows.append(row | {"state": state, "seen_at": one.fetch.fetched_at})
        if why != "collapsed" and one.fetch_id in looks:
            regained.add(article.id)
    if regained:
        conn.execute(_REGAINED, {"ids": regained, "now": now})
    run_many(conn, _INSERT, rows)


# --- judging ----------------------------------------------------------------------------------------------------------


def unjudged(conn: Connection, site_id: int) -> list[int]:
    """Runs that left changes waiting, the oldest first."""
    left = exists().where(held_changes.c.run_id == runs.c.id, _waiting, _is_open)
    return list(conn.execute(select(runs.c.id).where(runs.c.site_id == site_id, left).order_by(runs.c.id)).scalars())


def judge(conn: Connection, run: Run, now: datetime) -> Doubt | None:
    """Hold what a run has seen, and raise one alarm; None: its changes are believed, apply them.

    While such an alarm is open no other is raised: what later runs must hold joins it.
    """
    tally = relooks.tally(conn, run.id)
    _tell_layout(conn, run, judgement.new_layout(tally), now)
    alarm_id = open_alarm(conn, run.site_id)
    doubt = judgement.doubt(tally, run.expect, alarm_open=alarm_id is not None)
    if doubt is not None:
        alarm_id = alarm_id or _raise(conn, run, doubt, now)
        _hold(conn, and_(held_changes.c.run_id == run.id, _is_open), alarm_id, doubt.kind)
    elif alarm_id is not None:  # the order of an article's changes: a later one waits for the one that is held
        own = held_changes.alias()
        earlier = exists().where(own.c.article_id == held_changes.c.article_id, own.c.alarm_id == alarm_id)
        _hold(conn, and_(held_changes.c.run_id == run.id, _waiting, _is_open, earlier), alarm_id, "mass_change")
    return doubt


def is_held(conn: Connection, run_id: int) -> bool:
    """Whether what this run has seen is not believed: then it must not remove anything either."""
    raised = exists().where(alarms.c.run_id == run_id, alarms.c.kind.in_(KINDS))
    joined = exists().where(
        held_changes.c.run_id == run_id, held_changes.c.reason.in_(KINDS), held_changes.c.state == "held"
    )
    return bool(conn.execute(select(raised | joined)).scalar())


def open_alarm(conn: Connection, site_id: int) -> int | None:
    """The alarm that holds changes of this site and waits for a person."""
    of_site = alarms.c.site_id == site_id, alarms.c.kind.in_(KINDS), alarms.c.decided_at.is_(None)
    found: int | None = conn.execute(select(alarms.c.id).where(*of_site).order_by(alarms.c.id).limit(1)).scalar()
    return found


def _raise(conn: Connection, run: Run, doubt: Doubt, now: datetime) -> int:
    values = {"site_id": run.site_id, "run_id": run.id, "kind": doubt.kind, "subject": doubt.subject}
    added = insert(alarms).values(values | {"message": doubt.message, "raised_at": now}).returning(alarms.c.id)
    return int(conn.execute(added).scalar_one())


def _hold(conn: Connection, which: ColumnElement[bool], alarm_id: int, kind: str) -> None:
    """A collapsed text keeps its reason: it is over when the article reads whole again."""
    found = conn.execute(select(held_changes.c.fetch_id).where(which, _waiting)).scalars().all()
    conn.execute(update(held_changes).where(which, held_changes.c.state == "held").values(alarm_id=alarm_id))
    held = {"state": "held", "alarm_id": alarm_id, "reason": kind}
    conn.execute(update(held_changes).where(which, _waiting).values(held))
    run_many(conn, _WHY, [{"row_id": one, "why": kind} for one in found])


def _tell_layout(conn: Connection, run: Run, layout: str | None, now: datetime) -> None:
    """One alarm for each new design; it holds nothing."""
    if layout is None:
        return
    told = alarms.c.site_id == run.site_id, alarms.c.kind == "layout", alarms.c.subject == layout
    if not conn.execute(select(exists().where(*told))).scalar():
        _raise(conn, run, Doubt("layout", f"most pages are read by layout {layout} now, texts as before", layout), now)


# --- applying ---------------------------------------------------------------------------------------------------------


def apply_waiting(conn: Connection, site: Site, read: Read, run_id: int, now: datetime) -> Applied:
    """Apply the next changes that a run has left waiting; to be called until nothing comes of it."""
    return _apply(conn, site, read, and_(held_changes.c.run_id == run_id, _waiting, _is_open), now)


def apply_held(conn: Connection, site: Site, read: Read, ids: Sequence[int], now: datetime) -> Applied:
    """Apply those of these changes that are still held; at most BATCH, as one transaction should hold no more."""
    return _apply(conn, site, read, and_(among(held_changes.c.id, numbers("ids")), _is_open), now, ids)


def batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    """Cut for `apply_held`."""
    for start in range(0, len(ids), BATCH):
        yield ids[start : start + BATCH]


def _apply(
    conn: Connection,
    site: Site,
    read: Read,
    which: ColumnElement[bool],
    now: datetime,
    ids: Sequence[int] = (),
) -> Applied:
    """In the order in which they were seen, each as a revision of its own."""
    columns = held_changes.c.id, held_changes.c.run_id, held_changes.c.fetch_id, held_changes.c.seen_at
    wanted = select(*columns).where(which).order_by(held_changes.c.seen_at, held_changes.c.id).limit(BATCH)
    rows = conn.execute(wanted, {"ids": ids} if ids else {}).all()
    if not rows:
        return Applied()
    visits = visited(conn, {row.fetch_id: row.seen_at for row in rows})
    answers = read(conn, visits)
    readings = [(row, item(answers, site, visits[row.fetch_id])) for row in rows]
    good = [(row, one) for row, one in readings if isinstance(one, ArticleItem)]
    run = load_run(conn, rows[0].run_id, site)
    results = store_late(conn, run, [(visits[row.fetch_id], one) for row, one in good], now)
    decided: list[dict[str, Any]] = []
    for (row, _), (outcome, _) in zip(good, results, strict=True):
        state = "discarded" if outcome is Outcome.UNCHANGED else "applied"
        decided.append({"row_id": row.id, "now_state": state, "now": now})
    run_many(conn, _DECIDE, decided)
    bad = [row for row, one in readings if not isinstance(one, ArticleItem)]
    _set_apart(conn, [row.id for row in bad], [row.fetch_id for row in bad])
    revised = sum(one["now_state"] == "applied" for one in decided)
    return Applied(revised, len(decided) - revised, len(bad))


def _set_apart(conn: Connection, ids: Sequence[int], fetch_ids: Sequence[int]) -> None:
    """What cannot be read from its captures stays held by itself, for a newer reading code."""
    if ids:
        of_these = among(held_changes.c.id, numbers("ids"))
        conn.execute(update(held_changes).where(of_these).values(state="held", reason="unreadable"), {"ids": ids})
        run_many(conn, _WHY, [{"row_id": one, "why": "unreadable"} for one in fetch_ids])


def discard(conn: Connection, ids: Sequence[int], now: datetime) -> int:
    """Do not believe these; rows and captures stay. Gives how many were still held."""
    which = among(held_changes.c.id, numbers("ids"))
    gone = update(held_changes).where(which, _is_open).values(state="discarded", decided_at=now)
    return conn.execute(gone, {"ids": ids}).rowcount


def decide(conn: Connection, alarm_id: int, decision: str, now: datetime) -> None:
    """Close an alarm: released or discarded."""
    of_alarm = alarms.c.id == alarm_id, alarms.c.decided_at.is_(None)
    conn.execute(update(alarms).where(*of_alarm).values(decided_at=now, decision=decision))
