"""Looks at articles that were known before the run: what each showed beside what is stored, counted for the run."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, select, update

from foiscrawl.items import ArticleItem, OutcomeItem, QuarantineItem
from foiscrawl.judgement import Look, Tally, from_json, has_collapsed, to_json
from foiscrawl.site import Expect
from foiscrawl.storage.addresses import Address
from foiscrawl.storage.articles import Sheet, Stored
from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import articles, revisions, runs
from foiscrawl.storage.outcomes import OpenFetch

# Pages of which not enough was read to be an article. The other doubts are answers of the site: consent, soft 404 ...
MISREAD = {"no_body", "no_headline", "headline_too_long"}


@dataclass(frozen=True, slots=True)
class Before:
    """The stored text of an article. seen_at: when it last answered with it; has: of judgement.FIELDS."""

    seen_at: datetime
    words: int
    layout: str
    has: frozenset[str]


_of_current = and_(revisions.c.article_id == articles.c.id, revisions.c.number == articles.c.revision_count)
_BEFORE = (
    select(
        articles.c.id,
        articles.c.last_seen_at,
        revisions.c.word_count,
        revisions.c.layout,
        revisions.c.headline.is_not(None),
        revisions.c.standfirst.is_not(None),
        revisions.c.byline.is_not(None),
        revisions.c.published_at.is_not(None),
        revisions.c.section.is_not(None),
    )
    .join(revisions, _of_current)
    .where(among(articles.c.id, numbers("ids")))
)
_NAMES = ("headline", "standfirst", "byline", "published", "sections")
_TALLY = select(runs.c.relooked, runs.c.changed, runs.c.relooks).where(runs.c.id == bindparam("run_id"))
_KEEP = update(runs).where(runs.c.id == bindparam("of_run"))


def looks(
    conn: Connection, run: Run, sheets: Sequence[Sheet], stored: Stored, rows: Iterable[Address]
) -> dict[int, Look]:
    """By id of the fetch, of those whose article was known before the run. rows: as they were when taken up."""
    asked = {row.id: row for row in rows}
    known = [
        (one, article.id, changed, seen)
        for one, article, changed, seen in zip(sheets, stored.articles, stored.changed, stored.seen, strict=True)
        if seen is not None and seen < run.started_at
    ]
    before = _before(conn, {id_ for _, id_, _, _ in known})
    found = {}
    for one, id_, changed, seen in known:
        announced = _announced(asked[one.fetch.url_id], one.taken_at, seen)
        found[one.fetch_id] = _look(before[id_], one.item, run.expect, announced=announced, changed=changed)
    return found


def of_doubted(
    conn: Connection,
    run: Run,
    items: Iterable[OutcomeItem | QuarantineItem],
    opened: Mapping[int, OpenFetch],
    rows: Mapping[int, Address],
) -> dict[int, Look]:
    """By id of the fetch, of known articles whose page could not be read as one any more."""
    doubted = [
        (one.article, rows[one.article.fetch.url_id])
        for one in items
        if isinstance(one, QuarantineItem) and one.reason in MISREAD and one.article.fetch is not None
    ]
    before = _before(conn, {row.article_id for _, row in doubted if row.article_id is not None})
    found = {}
    for item, row in doubted:
        if row.article_id is not None and before[row.article_id].seen_at < run.started_at:
            own, known = opened[row.id], before[row.article_id]
            announced = _announced(row, own.taken_at, known.seen_at)
            found[own.id] = _look(known, item, run.expect, announced=announced, changed=True)
    return found


def note(conn: Connection, run: Run, seen: Sequence[Look]) -> None:
    """Add these looks to the evidence of the run."""
    if not seen:
        return
    counted = tally(conn, run.id)
    for one in seen:
        counted = counted.plus(one)
    values = {"relooked": counted.looked, "changed": counted.changed, "relooks": to_json(counted)}
    conn.execute(_KEEP.values(values), {"of_run": run.id})


def tally(conn: Connection, run_id: int) -> Tally:
    return from_json(*conn.execute(_TALLY, {"run_id": run_id}).one())


def _before(conn: Connection, ids: Collection[int]) -> dict[int, Before]:
    if not ids:
        return {}
    found = {}
    for id_, seen_at, words, layout, *there in conn.execute(_BEFORE, {"ids": ids}):
        has = {name for name, yes in zip(_NAMES, there, strict=True) if yes} | ({"body"} if words else set())
        found[id_] = Before(seen_at, words, layout, frozenset(has))
    return found


def _look(before: Before, item: ArticleItem, expect: Expect, *, announced: bool, changed: bool) -> Look:
    shown = {
        "headline": item.headline is not None,
        "standfirst": item.standfirst is not None,
        "byline": item.byline is not None,
        "published": item.published is not None and item.published.at is not None,
        "sections": bool(item.section or item.sections),
        "body": item.word_count > 0 and not has_collapsed(before.words, item.word_count, expect),
    }
    lost = frozenset(name for name in before.has if not shown[name])
    return Look(announced, changed, before.has, lost, item.layout if item.layout != before.layout else None)


def _announced(row: Address, taken_at: datetime, seen_at: datetime) -> bool:
    """Whether a list had made it due, by what it said after we last saw the article."""
    if row.next_fetch_at is None or row.next_fetch_at > taken_at:
        return False
    return row.attempts == 0 or (row.modified_at is not None and row.modified_at > seen_at)
