"""When an address is looked at (again), and whether a list is walked on. Policy only: no clock, no SQL, no network."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from foiscrawl.items import Instant, Outcome, UrlKind
from foiscrawl.site import Cadence

DAILY = timedelta(days=1)
# What the site forbade may be allowed one day; asking the robots gate again costs no request.
REFUSED_AGAIN = timedelta(days=7)
# A page that is listed although it was gone has come back, or a stale cache gave the 404; asked at most this often.
GONE_AGAIN = DAILY
# A page cache serves the old text for some minutes after a list has announced the change: how long that is reckoned
# with, and when such a page is asked for again.
CACHED = timedelta(hours=1)
CACHED_AGAIN = timedelta(minutes=10)
# A server may say « not modified » of what it did change: as often at least an article is asked for whole.
FULL_AGAIN = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Learned:
    """What the article hints of one page told; each address counts once.

    new        addresses that nobody knew
    modified   known ones that became due: announced as changed, listed under another title, or no longer left aside
    known      known before this run, and nothing new
    repeated   learnt earlier in this run, and nothing new
    before     of all: known before this run
    older      of all: last changed before the time from which this run wants articles
    """

    new: int = 0
    modified: int = 0
    known: int = 0
    repeated: int = 0
    before: int = 0
    older: int = 0

    @property
    def total(self) -> int:
        return self.new + self.modified + self.known + self.repeated


def retry_at(attempts: int, now: datetime, cadence: Cadence, retry_after: timedelta | None = None) -> datetime:
    """When a failed address is tried again: after the minutes of the site file, then daily, never before Retry-After.

    attempts   failures in a row, this one included
    """
    steps = cadence.retry_minutes
    delay = timedelta(minutes=steps[attempts - 1]) if 0 < attempts <= len(steps) else DAILY
    return now + max(delay, retry_after or timedelta())


def retry_pause(attempt: int, gap: float) -> float:
    """Seconds before the next request for an address whose `attempt`-th request of this run failed; doubles each time.

    gap   seconds between any two requests
    """
    return max(gap, 0.1) * 2.0**attempt


def checks_from(published: Instant | None, now: datetime) -> datetime:
    """From when on the looks at an article are counted that was stored now: its publication where that is believable.

    Also a publication of long ago: a back-fill of ten thousand old articles must not bring as many looks in its first
    hours, before those at the news.
    """
    at = published.at if published is not None and published.flag is None else None
    return at if at is not None and at <= now else now


def next_check(since: datetime, now: datetime, hours: Sequence[int]) -> datetime:
    """When an article is looked at again although nothing announces a change.

    since   publication or last edit
    hours   after it, ascending; then again every last of them
    """
    since = min(since, now)
    last = timedelta(hours=hours[-1])
    later = (since + timedelta(hours=one) for one in hours)
    return next((at for at in later if at > now), since + last * ((now - since) // last + 1))


def may_be_conditional(last_full: datetime | None, now: datetime, following: datetime) -> bool:
    """Whether a look may ask « only if modified »: an answer 304 saves bytes and proves nothing.

    following   when the look after this one will be: it must not come too late to find out what this one was not told
    """
    return last_full is not None and last_full <= now and following - last_full <= FULL_AGAIN


def next_look(
    outcome: Outcome, kind: UrlKind, page: int, attempts: int, now: datetime, cadence: Cadence
) -> datetime | None:
    """When an address is due again after this outcome; None: when somebody lists it anew.

    The looks at a stored article that nothing has announced are not among it: see `next_check`.

    page       number of the list page; deeper pages move on and are asked for only when the page before names them
    attempts   failures in a row, this one included
    """
    match outcome:
        case Outcome.FAILED:  # a list is wanted by every run: an outage of a day must not make it a daily one
            return retry_at(attempts if kind is UrlKind.ARTICLE else 1, now, cadence)
        case Outcome.GONE | Outcome.REFUSED if kind is not UrlKind.ARTICLE:
            return now + timedelta(hours=cadence.closed_source_hours) if page == 1 else None
        case Outcome.GONE | Outcome.QUARANTINED:  # a cache may hold an old 404 or a consent wall: some more looks
            return retry_at(attempts, now, cadence) if attempts <= len(cadence.retry_minutes) else None
        case Outcome.REFUSED:
            return now + REFUSED_AGAIN
        case Outcome.READ | Outcome.UNCHANGED if kind is UrlKind.LISTING and page == 1:
            return now + timedelta(minutes=cadence.listing_minutes)
        case _:
            return None


def announces_change(modified: datetime | None, known: datetime | None, last_fetched: datetime | None) -> bool:
    """Whether a list's `modified` is later than anything known: what lists said before, else our last look."""
    if modified is None:
        return False
    latest = known or last_fetched
    return latest is None or modified > latest


def past_cache(announced: datetime | None, shown: datetime | None, now: datetime) -> datetime | None:
    """When an article is fetched again whose page is older than the change that a list announced; None: it is not.

    shown   when the page says that it was last changed
    """
    if announced is None or now - announced >= CACHED or (shown is not None and shown >= announced):
        return None
    return now + CACHED_AGAIN


def newest(*dates: datetime | None) -> datetime | None:
    """The latest of the dates that are known."""
    latest = None
    for one in dates:
        if one is not None and (latest is None or one > latest):
            latest = one
    return latest


def within(
    published: datetime | None, modified: datetime | None, since: datetime | None, until: datetime | None
) -> bool:
    """Whether an article lies in the time a run wants; an article without dates does.

    The start is compared with the newest date, since an old article that was edited lately is news; the end with the
    publication alone, since an edit after it does not make an article younger.
    """
    last = newest(published, modified)
    if since is not None and last is not None and last < since:
        return False
    return until is None or published is None or published <= until


def due_children(
    announced: Iterable[tuple[datetime | None, "KnownChild | None"]], *, update: bool, since: datetime | None
) -> list[bool]:
    """Which children of a sitemap index are read, in the index's order.

    announced   for each child its lastmod, and what is known of it (None: nothing)

    With lastmod: those nobody knew, and those changed after the newest change that was known of any child (entries
    migrate between children when articles are edited, so a child's own mark would call for most of them).
    Without: from the last one back to the first that is known, for core sitemaps put the oldest first; on the first
    reading the last one alone. A back-fill reads all that were not read since their lastmod.
    """
    listed = list(announced)
    mark = newest(*(child.modified for _, child in listed if child is not None))
    tail = _undated_tail(listed)
    return [
        _child_due(lastmod, child, mark, update=update, since=since, in_tail=place in tail)
        for place, (lastmod, child) in enumerate(listed)
    ]


@dataclass(frozen=True, slots=True)
class KnownChild:
    """modified: newest lastmod ever announced. read_at: when it was last fetched, None: never."""

    modified: datetime | None
    read_at: datetime | None


def _undated_tail(listed: list[tuple[datetime | None, KnownChild | None]]) -> set[int]:
    undated = [place for place, (lastmod, _) in enumerate(listed) if lastmod is None]
    if all(child is None for _, child in listed):
        return set(undated[-1:])
    tail = set()
    for place in reversed(undated):
        tail.add(place)
        if listed[place][1] is not None:
            break
    return tail


def _child_due(
    lastmod: datetime | None,
    child: KnownChild | None,
    mark: datetime | None,
    *,
    update: bool,
    since: datetime | None,
    in_tail: bool,
) -> bool:
    if lastmod is None:
        return in_tail or not update
    if since is not None and lastmod < since:
        return False  # nothing in it is younger than its lastmod
    if child is None or child.read_at is None:
        return True
    if not update:
        return lastmod > child.read_at
    return lastmod > (mark or child.read_at)


def walk_on(learned: Learned, *, update: bool, feed: bool = False, complete_source: bool = False) -> bool:
    """Whether the next page of a list is asked for, after a page that told this.

    A back-fill goes to the end. An update stops after a page that told nothing new: all its articles were known before
    this run, or were learnt in it from a source that was read completely. Both stop where all is older than wanted, or
    where nothing is listed. When a fuller source was read a feed is not walked, or by a back-fill only while it tells
    something new: the section pages, which go to the end, list what it lists.

    feed              the list is a feed
    complete_source   a source that covers the whole site was read to its end in this run
    """
    if learned.older == learned.total:  # also 0 of 0
        return False
    if not update:
        return not (feed and complete_source and learned.new == 0)
    if feed and complete_source:
        return False
    return learned.new + learned.modified > 0 or (learned.repeated > 0 and not complete_source)
