"""Articles of one batch: which article each item is, whether its text is new, and everything that follows from it.

Known articles are loaded in bulk, items are applied to them in memory in their order, and what came of it is written
with one statement per table.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, insert, or_, select, update

from foiscrawl import revision
from foiscrawl.items import ArticleItem, Fetch, Outcome
from foiscrawl.revision import Change, Reading
from foiscrawl.storage import current, edits, labels, revision_rows, searchable, terms
from foiscrawl.storage.addresses import Address
from foiscrawl.storage.bulk import among, numbers, run_many, texts
from foiscrawl.storage.models import articles as table
from foiscrawl.storage.models import revisions
from foiscrawl.urls import same_site, url_key


@dataclass(frozen=True, slots=True)
class Sheet:
    """An article item on its way: with its fetch, the row of `fetches`, and all addresses that show it.

    canonical   key of the address that the page calls its own; else of the one that answered
    final       key of the one that answered
    answered    keys of all that were asked for: the first, redirect hops, the last
    addresses   key -> address, of these and those that the page names
    capture_id  row of `captures` that it was read from; None: nothing was kept
    """

    item: ArticleItem
    fetch: Fetch
    fetch_id: int
    taken_at: datetime
    canonical: str
    final: str
    answered: set[str]
    addresses: dict[str, str]
    capture_id: int | None = None


@dataclass(slots=True)
class Article:
    """A row of `articles` in memory; `id` is 0 until it is stored. The last fields are what the batch did to it.

    facts        what is compared at every look beside the hash: see `edits.facts`
    reading      its current revision; None where the page shows nothing else, and it was not loaded
    earlier      content hashes of the revisions before that one
    shown        the sheet that showed it last
    moved_from   key of the canonical address it had before the batch, when that was another one
    """

    id: int
    source_id: str | None
    canonical_url: str
    url_key: str
    state: str
    first_seen_at: datetime
    last_seen_at: datetime
    last_checked_at: datetime
    revision_count: int
    content_hash: str
    signature: bytes | None
    licence: str | None
    noarchive: bool
    terms_read: terms.Means | None
    facts: edits.Facts = (None, None, None)
    reading: Reading | None = None
    earlier: set[str] = field(default_factory=set)
    shown: Sheet | None = None
    text: labels.Text | None = None
    moved_from: str | None = None

    def values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _MUTABLE}


@dataclass(slots=True)
class Stored:
    """What became of the sheets: their articles and outcomes in the same order, and the new revisions.

    seen        of each sheet: when its article had last answered with its text; None: it is new
    changed     of each sheet: whether it shows an edit of what was stored
    revisions   with their changes; None for the first text of an article
    """

    articles: list[Article] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    revisions: list[tuple[Article, int, Sheet, Change | None]] = field(default_factory=list)
    seen: list[datetime | None] = field(default_factory=list)
    changed: list[bool] = field(default_factory=list)


_COLUMNS = [one.name for one in fields(Article) if one.name in table.c]
_MUTABLE = _COLUMNS[1:]
_SELECT = select(*(table.c[name] for name in _COLUMNS), *edits.FACTS).outerjoin(
    revisions, and_(revisions.c.article_id == table.c.id, revisions.c.number == table.c.revision_count)
)
_BY_ID = _SELECT.where(among(table.c.id, numbers("ids")))
_BY_IDENTITY = _SELECT.where(
    table.c.site_id == bindparam("site_id"),
    or_(
        and_(table.c.source_id.is_not(None), among(table.c.source_id, texts("source_ids"))),
        and_(table.c.source_id.is_(None), among(table.c.url_key, texts("keys"))),
    ),
)
_INSERT = insert(table).returning(table.c.id, table.c.source_id, table.c.url_key)
_UPDATE = update(table).where(table.c.id == bindparam("row_id")).values({name: bindparam(name) for name in _MUTABLE})
_INSERT_REVISION = insert(revisions)
_CHECKED = update(table).where(table.c.id == bindparam("row_id")).values(last_checked_at=bindparam("at"))
_SEEN = _CHECKED.values(last_seen_at=bindparam("at"))


def sheet(item: ArticleItem, fetch_id: int, taken_at: datetime, capture_id: int | None = None) -> Sheet:
    """Raises ValueError for an item that has no fetch or no content hash."""
    fetch = item.fetch
    if fetch is None or item.content_hash is None:
        raise ValueError(f"an article without fetch or content hash cannot be stored: {item.url}")
    final = fetch.final_url
    # A page may name another paper's address as canonical; that is no address of this article on this site.
    canonical = item.canonical_url if item.canonical_url and _here(item.canonical_url, final) else final
    keys = {
        url: url_key(url)
        for url in dict.fromkeys((canonical, final, *fetch.redirects, fetch.url, item.url, *item.aliases))
        if _here(url, final)
    }
    found: dict[str, str] = {}
    for url, key in keys.items():
        found.setdefault(key, url)
    answered = {keys[url] for url in (final, fetch.url, *fetch.redirects) if url in keys}
    return Sheet(item, fetch, fetch_id, taken_at, keys[canonical], keys[final], answered, found, capture_id)


def _here(url: str, final: str) -> bool:
    return url == final or same_site(url, final)


def store(
    conn: Connection,
    site_id: int,
    sheets: Sequence[Sheet],
    rows: dict[str, Address],
    corrections: Sequence[str] = (),
    *,
    hold: bool = False,
) -> Stored:
    """Write articles, revisions, current lists and labels.

    rows          the frontier's rows of the sheets' addresses
    corrections   patterns of correction notes, of the site file
    hold          an edit of a stored article is not believed yet: its outcome is `quarantined`, nothing is written
    """
    find = _finder(conn, site_id, sheets, rows)
    stored = Stored(articles=[find(one) for one in sheets])
    stored.seen = [one.last_seen_at if one.id else None for one in stored.articles]
    _load_changed(conn, stored.articles, sheets)
    for article, one in zip(stored.articles, sheets, strict=True):
        stored.outcomes.append(_apply(article, one, stored, corrections, hold=hold))
    distinct = list({id(one): one for one in stored.articles}.values())
    known = {one.id for one in distinct if one.id}
    seen = [(one, terms.Seen(one.shown.item, one.shown.fetch_id, one.terms_read)) for one in distinct if one.shown]
    for article, look in seen:
        article.terms_read = terms.read(look.before, look.item)
    _write(conn, site_id, distinct)
    shown = {article.id: look for article, look in seen}
    replaced = current.write(conn, {id_: one.item for id_, one in shown.items()}, known, terms.ended(shown))
    terms.note(conn, replaced, shown)
    run_many(conn, _INSERT_REVISION, [_revision(*one) for one in stored.revisions])
    searchable.add(conn, [_searched(article.id, number, one.item) for article, number, one, _ in stored.revisions])
    labels.relabel(conn, {one.id: one.text for one in distinct if one.text is not None})
    return stored


def seen_again(conn: Connection, at: dict[int, datetime], *, answered: bool) -> None:
    """Note a look at known articles that brought no text. answered: the site said that they are as before."""
    run_many(conn, _SEEN if answered else _CHECKED, [{"row_id": id_, "at": moment} for id_, moment in at.items()])


# --- identity --------------------------------------------------------------------------------------------------------


def _finder(
    conn: Connection, site_id: int, sheets: Sequence[Sheet], rows: dict[str, Address]
) -> Callable[[Sheet], Article]:
    """The way from a sheet to its article: same source id; where either has none, same canonical address."""
    holders = {key: row.article_id for key, row in rows.items() if row.article_id and row.canonical_key == key}
    wanted = {
        "site_id": site_id,
        "source_ids": {one.item.source_id for one in sheets if one.item.source_id},
        "keys": {one.canonical for one in sheets},
    }
    known = _loaded(conn.execute(_BY_IDENTITY, wanted))
    missing = {holders[one.canonical] for one in sheets if one.canonical in holders} - known.keys()
    if missing:
        known |= _loaded(conn.execute(_BY_ID, {"ids": missing}))
    by_source = {one.source_id: one for one in known.values() if one.source_id is not None}
    without = {one.url_key: one for one in known.values() if one.source_id is None}
    at = {key: known[id_] for key, id_ in holders.items() if id_ in known}

    def find(one: Sheet) -> Article:
        source_id, key = one.item.source_id, one.canonical
        found = by_source.get(source_id) if source_id is not None else at.get(key)
        if found is None:
            found = without.get(key)
        if found is None:
            found = _fresh(one)
        if source_id is not None and found.source_id is None:
            for old in [old for old, one_ in without.items() if one_ is found]:
                del without[old]
            found.source_id = source_id
            by_source[source_id] = found
        elif found.source_id is None:
            without[key] = found
        at[key] = found
        return found

    return find


def _fresh(one: Sheet) -> Article:
    now = one.fetch.fetched_at
    return Article(
        id=0,
        source_id=None,
        canonical_url=one.addresses[one.canonical],
        url_key=one.canonical,
        state="live",
        first_seen_at=now,
        last_seen_at=now,
        last_checked_at=now,
        revision_count=0,
        content_hash="",
        signature=None,
        licence=None,
        noarchive=False,
        terms_read=terms.UNREAD,
    )


def _loaded(rows: Iterable[Sequence[Any]]) -> dict[int, Article]:
    """Articles by id, of rows with _COLUMNS and behind them the facts."""
    found: dict[int, Article] = {}
    for row in rows:
        *columns, byline, credit, published_at = row
        found[row[0]] = article = Article(*columns)
        article.facts = (byline, credit, published_at)
    return found


def _load_changed(conn: Connection, found: Sequence[Article], sheets: Sequence[Sheet]) -> None:
    """Load the current revision of each known article of which a page shows another text or other facts."""
    changed = {
        article.id: article
        for article, one in zip(found, sheets, strict=True)
        if article.id and not _shows_the_same(article, one.item)
    }
    for id_, (now, earlier) in edits.load(conn, changed).items():
        changed[id_].reading, changed[id_].earlier = now, earlier


def _shows_the_same(article: Article, item: ArticleItem) -> bool:
    return article.content_hash == item.content_hash and article.facts == edits.facts(item)


def _apply(article: Article, one: Sheet, stored: Stored, corrections: Sequence[str], *, hold: bool) -> Outcome:
    """Let the article become what the sheet shows; an edit of a stored one only when nothing is held."""
    item, at = one.item, one.fetch.fetched_at
    change = _edit(article, item, corrections)
    stored.changed.append(change is not None)
    if change is not None and hold and article.id:
        article.last_checked_at = at
        return Outcome.QUARANTINED
    if article.url_key != one.canonical:
        article.moved_from = article.moved_from or article.url_key
    article.url_key, article.canonical_url = one.canonical, one.addresses[one.canonical]
    article.licence, article.noarchive = item.licence, item.noarchive
    if at >= article.last_checked_at:  # a change that was held may be older than the last look
        article.state, article.last_checked_at = "live", at
    article.last_seen_at = max(article.last_seen_at, at)
    article.shown = one
    if not article.revision_count:
        _revise(article, one, None, stored)
        return Outcome.STORED
    if change is None:
        return Outcome.UNCHANGED
    _revise(article, one, change, stored)
    return Outcome.REVISED


def _edit(article: Article, item: ArticleItem, corrections: Sequence[str]) -> Change | None:
    """What the publisher has changed in a stored article; None: nothing, or it is new."""
    if not article.revision_count or _shows_the_same(article, item):
        return None
    assert article.reading is not None
    return revision.grade(article.reading, revision.reading(item), earlier=article.earlier, corrections=corrections)


def _revise(article: Article, one: Sheet, change: Change | None, stored: Stored) -> None:
    """Make what the sheet shows the current revision. change: None for the first one."""
    item, hash_ = one.item, one.item.content_hash or ""
    if article.content_hash != hash_:
        if article.text is None:
            known = article.id != 0
            article.text = labels.Text(
                hash_, None, (), article.content_hash if known else None, article.signature if known else None
            )
        article.text.content_hash, article.text.signature, article.text.bands = hash_, item.signature, item.bands
        article.content_hash, article.signature = hash_, item.signature
    if article.reading is not None:
        article.earlier.add(article.reading.content_hash)
    article.facts, article.reading = edits.facts(item), revision.reading(item)
    article.revision_count += 1
    stored.revisions.append((article, article.revision_count, one, change))


# --- rows ------------------------------------------------------------------------------------------------------------


def _write(conn: Connection, site_id: int, distinct: Iterable[Article]) -> None:
    new = [one for one in distinct if not one.id]
    run_many(conn, _UPDATE, [one.values() | {"row_id": one.id} for one in distinct if one.id])
    if new:
        rows = conn.execute(_INSERT, [one.values() | {"site_id": site_id} for one in new])
        # In the order of the parameters they would come one by one on SQLite; their identity tells them apart as well.
        ids = {(source_id, key): id_ for id_, source_id, key in rows}
        for one in new:
            one.id = ids[one.source_id, one.url_key]


def _revision(article: Article, number: int, one: Sheet, change: Change | None) -> dict[str, Any]:
    values = revision_rows.read_values(one.item) | {
        "article_id": article.id,
        "number": number,
        "fetch_id": one.fetch_id,
        "captured_at": one.fetch.fetched_at,
        "kind": revision.FIRST if change is None else change.kind,
        "change_size": None if change is None else change.size,
        "capture_id": one.capture_id,
    }
    return values | {"row_digest": revision_rows.row_digest(values)}


def _searched(article_id: int, number: int, item: ArticleItem) -> searchable.Text:
    published_at = None if item.published is None else item.published.at
    return searchable.Text(article_id, number, True, published_at, item.headline, item.standfirst, item.body_text)
