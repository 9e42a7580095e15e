"""Link hints into the frontier: what is new, what has changed, what is not wanted by this run.

Many hints in a few statements; in any order, and as often as one likes, with the same result.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Connection, bindparam, exists, insert, select

from foiscrawl.items import Instant, LinkHint, UrlKind
from foiscrawl.recheck import (
    GONE_AGAIN,
    KnownChild,
    Learned,
    announces_change,
    due_children,
    newest,
    within,
)
from foiscrawl.storage import addresses
from foiscrawl.storage.addresses import Address
from foiscrawl.storage.bulk import run_many
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.models import fetches, urls
from foiscrawl.text import comparable
from foiscrawl.urls import tidy_url, url_key

# The order in which kinds are fetched; also, of two kinds named for one address, the earlier one is believed: a page
# of the site's frame that is listed among the articles (the front page in a sitemap) stays what it is.
KINDS = (UrlKind.HOME, UrlKind.REST, UrlKind.SITEMAP, UrlKind.FEED, UrlKind.LISTING, UrlKind.ARTICLE)
_RANK = {kind.value: rank for rank, kind in enumerate(KINDS)}
_TITLED = ("listing", "featured")  # where a section page prints the title in full
_INSERT = insert(urls)
_TAKEN = select(exists().where(fetches.c.run_id == bindparam("run_id"), fetches.c.url_id == bindparam("url_id")))
_HEARD = attrgetter(
    "kind", "state", "next_fetch_at", "title", "section", "source_id", "published_at", "modified_at"
)  # what a hint may change in a row


@dataclass(slots=True)
class _Heard:
    """All that the hints of one batch say about one address."""

    url_key: str
    url: str
    kind: UrlKind
    found_in: str
    page: int
    published: datetime | None = None
    modified: datetime | None = None
    title: str | None = None
    section: str | None = None
    source_id: str | None = None
    sections: set[str] = field(default_factory=set)
    only_sitemap: bool = True


@dataclass(slots=True)
class _Plan:
    """What is to be written: rows to insert, rows to update, ids that were merely seen again."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: dict[int, Address] = field(default_factory=dict)
    seen: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)

    def count(self, *names: str) -> None:
        for name in names:
            self.counts[name] = self.counts.get(name, 0) + 1

    def learned(self) -> Learned:
        return Learned(**self.counts)


def learn(
    conn: Connection, run: Run, hints: Sequence[LinkHint], now: datetime, *, first_reading: bool = False
) -> Learned:
    """Take link hints into the frontier. Gives what the article hints among them told.

    first_reading   the hints come from a sitemap that had never been read: see `_wanted`
    """
    plan = _plan(conn, run, hints, now, first_reading=first_reading)
    run_many(conn, _INSERT, plan.new)
    addresses.save(conn, plan.changed.values())
    addresses.seen(conn, plan.seen, now)
    return plan.learned()


def preview(conn: Connection, run: Run, hints: Sequence[LinkHint], now: datetime) -> Learned:
    """What `learn` would give, with nothing written: for the decision whether a list is walked on."""
    return _plan(conn, run, hints, now, first_reading=False).learned()


def _plan(conn: Connection, run: Run, hints: Iterable[LinkHint], now: datetime, *, first_reading: bool) -> _Plan:
    now = now.replace(microsecond=0)
    heard = _merge(hints)
    rows = addresses.by_key(conn, run.site_id, list(heard))
    plan = _Plan(seen=[row.id for row in rows.values()])
    canonical = _canonical_rows(conn, run.site_id, rows)
    children = [one for one in heard.values() if one.kind is UrlKind.SITEMAP and one.found_in == "sitemap"]
    due = dict(zip((one.url_key for one in children), _due_children(run, children, rows), strict=True))
    for key, one in heard.items():
        row = rows.get(key)
        target = canonical.get(key, row)
        if row is None or target is None:
            is_article = one.kind is UrlKind.ARTICLE
            wanted = _wanted(one, None, run, first_reading) if is_article else due.get(key, True)
            _add(plan, run, one, now, wanted=wanted)
            continue
        before = _HEARD(target)
        if one.kind is UrlKind.ARTICLE and target.kind == UrlKind.ARTICLE:
            _article(plan, run, one, target, now, first_run=row.first_run_id, first_reading=first_reading)
        else:
            _frame(conn, run, one, target, now, due.get(key, True))
        if _HEARD(target) != before:
            plan.changed[target.id] = target
    return plan


# --- reading the hints ---------------------------------------------------------------------------------------------


def _merge(hints: Iterable[LinkHint]) -> dict[str, _Heard]:
    heard: dict[str, _Heard] = {}
    for hint in hints:
        key = url_key(hint.url)
        one = heard.get(key)
        if one is None:
            one = heard[key] = _Heard(key, hint.url, hint.kind, hint.found_in, hint.page)
        elif _RANK[hint.kind] < _RANK[one.kind]:
            one.kind, one.page = hint.kind, hint.page
        one.url = min(one.url, hint.url)
        one.found_in = min(one.found_in, hint.found_in)
        one.published = newest(one.published, _at(hint.published))
        one.modified = newest(one.modified, _at(hint.modified))
        one.source_id = _first(one.source_id, hint.source_id)
        one.only_sitemap &= hint.found_in == "sitemap"
        if hint.section:
            one.section = _first(one.section, hint.section)
            one.sections.add(hint.section)
        if hint.title and hint.found_in in _TITLED:
            one.title = _first(one.title, hint.title)
    return heard


def _first(a: str | None, b: str | None) -> str | None:
    """One of the two, the same in whatever order they come."""
    return min((one for one in (a, b) if one), default=None)


def _at(instant: Instant | None) -> datetime | None:
    return instant.at.replace(microsecond=0) if instant is not None and instant.at is not None else None


def _canonical_rows(conn: Connection, site_id: int, rows: Mapping[str, Address]) -> dict[str, Address]:
    """For each alias among the rows the row of its article's canonical address, which carries the schedule."""
    aliases = {key: row.canonical_key for key, row in rows.items() if row.canonical_key not in (None, key)}
    found = addresses.by_key(conn, site_id, {key for key in aliases.values() if key})
    return {
        key: rows.get(canonical, found[canonical])
        for key, canonical in aliases.items()
        if canonical in found and found[canonical].article_id == rows[key].article_id
    }


# --- policy --------------------------------------------------------------------------------------------------------


def _wanted(one: _Heard, row: Address | None, run: Run, first_reading: bool) -> bool:
    """Whether this run wants an article that has never been fetched.

    Hints without any date are wanted, but for those of a sitemap that an update reads for the first time: these are
    the site's whole past. They are no reason later either to open what was left outside then.
    """
    if not _asked_for(one, run):
        return False
    published, modified = _dates(one, row)
    if published is None and modified is None and run.update and one.only_sitemap:
        return row is None and not first_reading
    return within(published, modified, run.oldest, run.until)


def _asked_for(one: _Heard, run: Run) -> bool:
    """Whether it stands in a section that was asked for; one whose section nobody knows does."""
    return not run.sections or not one.sections or any(comparable(name) in run.sections for name in one.sections)


def _dates(one: _Heard, row: Address | None) -> tuple[datetime | None, datetime | None]:
    if row is None:
        return one.published, one.modified
    return newest(one.published, row.published_at), newest(one.modified, row.modified_at)


def _article(
    plan: _Plan, run: Run, one: _Heard, row: Address, now: datetime, *, first_run: int, first_reading: bool
) -> None:
    """Let an article's row hear the hint; count what it told."""
    told = "repeated" if first_run == run.id else "known"
    plan.count(*(["before"] if first_run != run.id else []), *_older(run, one, row))
    if row.state in ("new", "outside"):
        if row.state == "outside" and _wanted(one, row, run, first_reading):
            row.state, row.next_fetch_at = "new", now
            told = "modified"
        elif row.state == "new" and first_run == run.id and not within(*_dates(one, row), run.oldest, run.until):
            row.state, row.next_fetch_at = "outside", None  # whoever named it first in this run told no date
        _note(run, one, row)
    elif _asked_for(one, run) and within(*_dates(one, row), run.since, run.until):
        # A fetched article that this run was not asked for hears nothing: the next run must find the change still new.
        if announces_change(one.modified, row.modified_at, row.last_fetched_at) or _retitled(one, row):
            row.next_fetch_at = now
            told = "modified"
        elif _is_missing(row) and row.last_fetched_at is not None and row.last_fetched_at <= now - GONE_AGAIN:
            row.next_fetch_at = now
        _note(run, one, row)
    plan.count(told)


def _is_missing(row: Address) -> bool:
    """It was gone, or led elsewhere although the archive has an article of it."""
    return row.state == "gone" or (row.state == "dropped" and row.article_id is not None)


def _older(run: Run, one: _Heard, row: Address | None) -> list[str]:
    last = newest(*_dates(one, row))
    return ["older"] if last is not None and run.oldest is not None and last < run.oldest else []


def _retitled(one: _Heard, row: Address) -> bool:
    return bool(one.title and row.title and comparable(one.title) != comparable(row.title))


def _note(run: Run, one: _Heard, row: Address) -> None:
    row.published_at, row.modified_at = _dates(one, row)
    if run.sections and _asked_for(one, run):  # of an article's sections the one by which this run takes it up
        row.section = one.section or row.section
    row.section = row.section or one.section
    row.source_id = one.source_id or row.source_id  # a freed address may be given to another article
    if row.title is None or _retitled(one, row):
        row.title = one.title or row.title


def _frame(conn: Connection, run: Run, one: _Heard, row: Address, now: datetime, wanted: bool) -> None:
    """Let the row of a list hear a hint, or that of an address that is taken for a list and an article at once."""
    if one.kind is UrlKind.ARTICLE or (row.article_id is not None and row.kind == UrlKind.ARTICLE):
        return
    if _RANK[one.kind] < _RANK[row.kind]:
        row.kind = one.kind.value
    row.modified_at = newest(row.modified_at, one.modified)
    if wanted and not _keeps_away(row, now) and not _read_in_this_run(conn, run, row, now):
        row.state = "new" if row.state == "outside" else row.state
        row.next_fetch_at = _first_due(run, one, row, now)


def _keeps_away(row: Address, now: datetime) -> bool:
    """It is closed or failing, and its time has not come. The front page is asked for in every run."""
    if row.kind == UrlKind.HOME or row.state not in ("failed", "refused", "gone"):
        return False
    return row.next_fetch_at is not None and row.next_fetch_at > now


def _read_in_this_run(conn: Connection, run: Run, row: Address, now: datetime) -> bool:
    """A look that lies in the future is none of this run: the machine's clock has been put back since."""
    looked, began = row.last_fetched_at, run.started_at.replace(microsecond=0)
    if row.state != "known" or looked is None or not began <= looked <= now:
        return False
    # The run before may have looked in the very second in which this one began.
    return looked > began or bool(conn.execute(_TAKEN, {"run_id": run.id, "url_id": row.id}).scalar())


def _first_due(run: Run, one: _Heard, row: Address, now: datetime) -> datetime:
    """Now, but in an update for a section page that was read lately."""
    if not run.update or one.kind is not UrlKind.LISTING or one.page > 1 or row.state != "known":
        return now
    if row.last_fetched_at is None:
        return now
    return max(now, row.last_fetched_at + timedelta(minutes=run.cadence.listing_minutes))


def _due_children(run: Run, children: Sequence[_Heard], rows: Mapping[str, Address]) -> list[bool]:
    def announced() -> Iterator[tuple[datetime | None, KnownChild | None]]:
        for one in children:
            row = rows.get(one.url_key)
            yield one.modified, None if row is None else KnownChild(row.modified_at, row.last_fetched_at)

    return due_children(announced(), update=run.update, since=run.oldest)


def _add(plan: _Plan, run: Run, one: _Heard, now: datetime, *, wanted: bool) -> None:
    if one.kind is UrlKind.ARTICLE:
        plan.count("new", *_older(run, one, None))
    plan.new.append(
        {
            "site_id": run.site_id,
            "url_key": one.url_key,
            "url": tidy_url(one.url),
            "kind": one.kind.value,
            "state": "new" if wanted else "outside",
            "next_fetch_at": now if wanted else None,
            "found_in": one.found_in,
            "page": one.page,
            "section": one.section,
            "source_id": one.source_id,
            "title": one.title,
            "published_at": one.published,
            "modified_at": one.modified,
            "first_seen_at": now,
            "last_seen_at": now,
            "first_run_id": run.id,
        }
    )
