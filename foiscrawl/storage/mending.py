"""What was fetched and not believed, read again by today's code: quarantined pages and held changes.

After a new [[layout]] block they mend: a page becomes the article that it is, and a held change that reads like the
stored text by now was our misreading.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, delete, select

from foiscrawl import judgement, revision
from foiscrawl.items import ArticleItem, Outcome
from foiscrawl.judgement import Tally
from foiscrawl.site import Site
from foiscrawl.storage import edits, held, relooks, reviews
from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.ledger import load_run
from foiscrawl.storage.models import alarms, articles, fetches, held_changes, quarantine, urls
from foiscrawl.storage.rereading import Read, item, store_late, visited
from foiscrawl.text import count_words

_QUARANTINED = (
    select(quarantine.c.id)
    .join(fetches, fetches.c.id == quarantine.c.fetch_id)
    .where(fetches.c.outcome == Outcome.QUARANTINED.value, fetches.c.capture_id.is_not(None))
    .order_by(quarantine.c.id)
)
_PAGES = (
    select(quarantine.c.id, quarantine.c.fetch_id, quarantine.c.last_at, fetches.c.run_id, articles.c.last_seen_at)
    .join(fetches, fetches.c.id == quarantine.c.fetch_id)
    .join(urls, urls.c.id == quarantine.c.url_id)
    .outerjoin(articles, articles.c.id == urls.c.article_id)
    .where(among(quarantine.c.id, numbers("ids")))
    .order_by(quarantine.c.last_at, quarantine.c.id)
)
_BELIEVED = delete(quarantine).where(among(quarantine.c.id, numbers("ids")))


@dataclass(frozen=True, slots=True)
class Mended:
    """Quarantined pages. believed: they are articles; passed: the article has answered since, with a text."""

    believed: int = 0
    doubted: int = 0
    passed: int = 0

    def __add__(self, other: "Mended") -> "Mended":
        return Mended(self.believed + other.believed, self.doubted + other.doubted, self.passed + other.passed)


def quarantined(conn: Connection, site_id: int) -> Sequence[int]:
    """Pages that were not believed, and of which the captures are kept."""
    return conn.execute(_QUARANTINED.where(quarantine.c.site_id == site_id)).scalars().all()


def mend(conn: Connection, site: Site, read: Read, ids: Sequence[int], now: datetime, *, write: bool) -> Mended:
    """Judge these pages again; with `write` those that are believed are stored and leave the quarantine."""
    rows = conn.execute(_PAGES, {"ids": ids}).all()
    wanted = [row for row in rows if row.last_seen_at is None or row.last_seen_at <= row.last_at]
    visits = visited(conn, {row.fetch_id: row.last_at for row in wanted})
    answers = read(conn, visits)
    readings = [(row, item(answers, site, visits[row.fetch_id])) for row in wanted]
    good = [(row, one) for row, one in readings if isinstance(one, ArticleItem)]
    if write and good:
        run = load_run(conn, good[0][0].run_id, site)
        store_late(conn, run, [(visits[row.fetch_id], one) for row, one in good], now)
        conn.execute(_BELIEVED, {"ids": [row.id for row, _ in good]})
    return Mended(len(good), len(wanted) - len(good), len(rows) - len(wanted))


@dataclass(slots=True)
class Plan:
    """What becomes of the held changes of a site by what they read like today.

    apply      ids to be applied, in the order in which they were seen: edits, and those that are `same`
    close      alarms of which nothing is left to be decided
    same       how many read like the stored text: they were misread
    edits      how many are edits
    doubtful   how many stay held: too many of their batch are different still, or too little is left of the text
    unread     how many cannot be read
    """

    apply: list[int] = field(default_factory=list)
    close: list[int] = field(default_factory=list)
    same: int = 0
    edits: int = 0
    doubtful: int = 0
    unread: int = 0


def plan(conn: Connection, site_id: int, site: Site, read: Read) -> Plan:
    """Judge the held changes of a site again. Writes nothing."""
    found = Plan()
    held_ids = reviews.held_of_site(conn, site_id)
    verdicts = _verdicts(conn, site, read, [id_ for id_, _ in held_ids])
    wanted: set[int] = set()
    for alarm_id in dict.fromkeys([*(alarm_id for _, alarm_id in held_ids), *_open(conn, site_id)]):
        own = [id_ for id_, alarm in held_ids if alarm == alarm_id]
        by = {name: [id_ for id_ in own if verdicts[id_] == name] for name in ("same", "edit", "collapsed", "unread")}
        believed = alarm_id is None or not _is_doubtful(conn, site, alarm_id, len(by["edit"]))
        wanted.update(by["same"], by["edit"] if believed else ())
        found.same += len(by["same"])
        found.edits += len(by["edit"]) if believed else 0
        found.doubtful += len(by["collapsed"]) + (0 if believed else len(by["edit"]))
        found.unread += len(by["unread"])
        if alarm_id is not None and believed and not by["collapsed"] and not by["unread"]:
            found.close.append(alarm_id)
    found.apply = [id_ for id_, _ in held_ids if id_ in wanted]
    return found


def _verdicts(conn: Connection, site: Site, read: Read, ids: Sequence[int]) -> dict[int, str]:
    """Of each held change beside the text that is stored: same, edit, collapsed or unread."""
    columns = held_changes.c.id, held_changes.c.article_id, held_changes.c.fetch_id, held_changes.c.seen_at
    rows = conn.execute(select(*columns).where(among(held_changes.c.id, numbers("ids"))), {"ids": ids}).all()
    visits = visited(conn, {row.fetch_id: row.seen_at for row in rows})
    stored = edits.load(conn, {row.article_id for row in rows})
    answers, found = read(conn, visits), {}
    for row in rows:
        one = item(answers, site, visits[row.fetch_id])
        if not isinstance(one, ArticleItem):
            found[row.id] = "unread"
            continue
        now, earlier = stored[row.article_id]
        change = revision.grade(now, revision.reading(one), earlier=earlier, corrections=site.edits.corrections)
        collapsed = judgement.has_collapsed(count_words(now.body_text), one.word_count, site.expect)
        found[row.id] = "same" if change is None else "collapsed" if collapsed else "edit"
    return found


def _open(conn: Connection, site_id: int) -> Sequence[int]:
    """Open alarms about changes, also those that hold none (any more): their pages went to quarantine."""
    of_site = alarms.c.site_id == site_id, alarms.c.kind.in_(held.KINDS), alarms.c.decided_at.is_(None)
    return conn.execute(select(alarms.c.id).where(*of_site)).scalars().all()


def _is_doubtful(conn: Connection, site: Site, alarm_id: int, left: int) -> bool:
    """Whether the edits that are left of an alarm's batch are too many still, of all that its runs looked at."""
    of_alarm = select(held_changes.c.run_id).where(held_changes.c.alarm_id == alarm_id)
    raised = select(alarms.c.run_id).where(alarms.c.id == alarm_id)
    run_ids = {*conn.execute(of_alarm).scalars(), *conn.execute(raised).scalars()}
    own = sum(relooks.tally(conn, one).own for one in run_ids)
    counted = Tally(looked=own, changed=left, own=own, own_changed=left)
    return judgement.doubt(counted, site.expect, alarm_open=False) is not None
