"""Stored texts read again by today's code. What differs is our parser's doing: the revision changes in its place.

Reading and comparing (`read_again`) writes nothing and may run in any process; `apply` writes what it found.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, func, insert, select, update

from foiscrawl.errors import CaptureError
from foiscrawl.items import ArticleItem, Outcome, OutcomeItem, QuarantineItem
from foiscrawl.parsing.exchange import Told, reread
from foiscrawl.parsing.finishing import finished
from foiscrawl.site import Site
from foiscrawl.storage import current, labels, revision_rows, searchable
from foiscrawl.storage.bulk import among, numbers, run_many
from foiscrawl.storage.models import articles, fetches, rereadings, revisions, urls
from foiscrawl.storage.rereading import Answers, Read, Visited, visited

CHUNK = 64  # revisions read in one go, and written in one transaction

# How a text was read; not what was read.
_HOW = ("layout", "extractor_version", "origins", "flags")
_COLUMNS = (*_HOW, "headline", "standfirst", "byline", "credit", "body_text", "body_html", "access", "published_at",
            "published_raw", "published_precision", "published_zone", "published_flag", "modified_at", "modified_raw",
            "modified_precision", "modified_zone", "modified_flag", "section", "language", "word_count",
            "content_hash")  # fmt: skip
_SEARCHED = {"headline", "standfirst", "body_text", "published_at"}  # of these fields
_of_article = articles.c.id == revisions.c.article_id
_ROWS = (
    select(
        revisions,
        articles.c.source_id,
        articles.c.revision_count,
        articles.c.signature,
        articles.c.content_hash.label("article_hash"),
    )
    .join(articles, _of_article)
    .where(among(revisions.c.id, numbers("ids")))
    .order_by(revisions.c.id)
)
_LATEST = (
    select(urls.c.article_id, func.max(fetches.c.id))
    .join(fetches, fetches.c.url_id == urls.c.id)
    .where(
        among(urls.c.article_id, numbers("ids")),
        fetches.c.outcome.in_((Outcome.STORED.value, Outcome.REVISED.value, Outcome.UNCHANGED.value)),
        fetches.c.capture_id.is_not(None),
        fetches.c.status == 200,
    )
    .group_by(urls.c.article_id)
)
_TIMES = select(fetches.c.id, fetches.c.settled_at).where(among(fetches.c.id, numbers("ids")))
_UPDATE = (
    update(revisions)
    .where(revisions.c.id == bindparam("row_id"))
    .values({name: bindparam(name) for name in (*_COLUMNS, "row_digest")})
)
_UPDATE_ARTICLE = (
    update(articles)
    .where(articles.c.id == bindparam("row_id"))
    .values(content_hash=bindparam("new_hash"), signature=bindparam("new_signature"))
)
_INSERT = insert(rereadings)


@dataclass(frozen=True, slots=True)
class Reread:
    """A revision that was read again.

    before    the fields that differ, as they are stored, fit for JSON; of the current revision lists too, by table
    after     the same fields as they are read now
    item      to be written; None when the row is as it would be written, which most are: they travel light
    lists     the item whose lists are the article's current ones; None when they are as before
    problem   why it could not be read as an article: no_captures, damaged, or why it is not believed any more
    """

    revision_id: int
    article_id: int
    url: str
    from_layout: str
    to_layout: str
    from_version: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    item: ArticleItem | None = None
    lists: ArticleItem | None = None
    problem: str | None = None
    text: labels.Text | None = None


def ids(conn: Connection, site_id: int, *, since: datetime | None = None, layout: str | None = None) -> Sequence[int]:
    """The revisions of a site. since: captured then or later; layout: read by it."""
    wanted = select(revisions.c.id).join(articles, _of_article).where(articles.c.site_id == site_id)
    if since is not None:
        wanted = wanted.where(revisions.c.captured_at >= since)
    if layout is not None:
        wanted = wanted.where(revisions.c.layout == layout)
    return conn.execute(wanted.order_by(revisions.c.id)).scalars().all()


def read_again(conn: Connection, site: Site, read: Read, revision_ids: Sequence[int]) -> list[Reread]:
    """Read these revisions from their captures and compare. Writes nothing."""
    rows = conn.execute(_ROWS, {"ids": revision_ids}).all()
    visits = visited(conn, {row.fetch_id: row.captured_at for row in rows})
    shown = {row.article_id: row for row in rows if row.number == row.revision_count}
    latest = {row[0]: row[1] for row in conn.execute(_LATEST, {"ids": shown})} if shown else {}
    answers, found, lists = read(conn, visits), [], dict[int, ArticleItem]()
    for row in rows:
        one, item = _read(answers, site, row, visits[row.fetch_id])
        found.append(one)
        if item is not None and row.article_id in shown and latest.get(row.article_id) == row.fetch_id:
            lists[row.article_id] = item
    lists |= _later(conn, site, read, shown, {id_: one for id_, one in latest.items() if id_ not in lists})
    differing = current.differences(conn, lists)
    return [
        _with_lists(one, lists[one.article_id], differing[one.article_id])
        if one.article_id in differing and rows[place].number == rows[place].revision_count
        else one
        for place, one in enumerate(found)
    ]


def _read(answers: Answers, site: Site, row: Row[Any], visit: Visited) -> tuple[Reread, ArticleItem | None]:
    """What the revision reads like now, and its item, also where nothing is to be written."""
    item = _item(answers, site, row, visit)
    same = {"from_layout": row.layout, "to_layout": row.layout, "from_version": row.extractor_version}
    told = Reread(row.id, row.article_id, visit.fetch.url, **same)
    if isinstance(item, str):
        return replace(told, problem=item), None
    values = revision_rows.read_values(item)
    stored = row._mapping
    changed = [name for name in _COLUMNS if values[name] != stored[name] and _cut(values[name]) != stored[name]]
    if not changed and row.row_digest is not None:
        return told, item
    differing = [name for name in changed if name not in _HOW]
    text = None
    if "content_hash" in differing and row.number == row.revision_count:
        text = labels.Text(item.content_hash or "", item.signature, item.bands, row.article_hash, row.signature)
    found = replace(
        told,
        to_layout=item.layout,
        before={name: _plain(stored[name]) for name in differing},
        after={name: _plain(values[name]) for name in differing},
        item=item,
        text=text,
    )
    return found, item


def _item(answers: Answers, site: Site, row: Row[Any], visit: Visited) -> ArticleItem | str:
    """The item, or why there is none. What a list had told when it was stored is told again."""
    hinted = {name for name, origin in row.origins.items() if origin == "hint"}
    told = Told(
        row.source_id if "source_id" in hinted else visit.told.source_id,
        row.published_at if "published" in hinted else visit.told.published_at,
        row.section if "section" in hinted else visit.told.section,
    )
    try:
        exchanges = answers(row.fetch_id)
    except CaptureError:
        return "damaged"
    found = reread(exchanges, visit.fetch, site, told)
    if isinstance(found, ArticleItem):
        done = finished(found, row.content_hash)
        if isinstance(done, ArticleItem):
            return done
        return done.reason
    return found.reason if isinstance(found, OutcomeItem | QuarantineItem) else "no_captures"


def _later(
    conn: Connection, site: Site, read: Read, shown: Mapping[int, Row[Any]], fetch_ids: Mapping[int, int]
) -> dict[int, ArticleItem]:
    """What the last looks showed at articles of which they brought no new text: their lists are the current ones."""
    wanted = {one: id_ for id_, one in fetch_ids.items() if one != shown[id_].fetch_id}
    if not wanted:
        return {}
    times = {row.id: row.settled_at for row in conn.execute(_TIMES, {"ids": wanted})}
    answers, found = read(conn, wanted), {}
    for fetch_id, visit in visited(conn, times).items():
        row = shown[wanted[fetch_id]]
        try:
            item = reread(answers(fetch_id), visit.fetch, site, visit.told)
        except CaptureError:
            continue  # the captures of looks are proved by `foiscrawl verify`; the text itself was read
        if isinstance(item, ArticleItem):
            done = finished(item, row.content_hash)
            if isinstance(done, ArticleItem):
                found[wanted[fetch_id]] = done
    return found


def _with_lists(one: Reread, item: ArticleItem, differing: Mapping[str, Sequence[Any]]) -> Reread:
    before = {**one.before, **{name: [list(entry) for entry in entries] for name, entries in differing.items()}}
    after = {**one.after, **{name: current.entries(name, item) for name in differing}}
    return replace(one, before=before, after=after, lists=item)


# --- writing ----------------------------------------------------------------------------------------------------------


def apply(conn: Connection, found: Sequence[Reread], now: datetime) -> int:
    """Write these readings in the places of the old ones. Gives how many differed. May be repeated."""
    rows, kept = [], []
    for one in found:
        if one.item is not None:
            values = revision_rows.read_values(one.item)
            rows.append(values | {"row_id": one.revision_id, "row_digest": revision_rows.row_digest(values)})
        if one.before:
            version = one.item.extractor_version if one.item is not None else one.from_version
            kept.append(
                {
                    "revision_id": one.revision_id,
                    "read_at": now,
                    "from_version": one.from_version,
                    "to_version": version,
                    "from_layout": one.from_layout,
                    "to_layout": one.to_layout,
                    "before": one.before,
                }
            )
    run_many(conn, _UPDATE, rows)
    searchable.renew(conn, [one.revision_id for one in found if not _SEARCHED.isdisjoint(one.before)])
    run_many(conn, _INSERT, kept)
    texts = {one.article_id: one.text for one in found if one.text is not None}
    hashed = [
        {"row_id": id_, "new_hash": one.content_hash, "new_signature": one.signature} for id_, one in texts.items()
    ]
    run_many(conn, _UPDATE_ARTICLE, hashed)
    shown = {one.article_id: one.lists for one in found if one.lists is not None}
    current.write(conn, shown, set(shown))
    labels.relabel(conn, texts)
    return len(kept)


def equal_neighbours(conn: Connection, site_id: int) -> int:
    """Revisions that read like the one before them by now. They stay: each was an edit when it was seen."""
    before = revisions.alias("before")
    same = and_(
        before.c.article_id == revisions.c.article_id,
        before.c.number == revisions.c.number - 1,
        before.c.content_hash == revisions.c.content_hash,
        *(
            func.coalesce(before.c[name], "") == func.coalesce(revisions.c[name], "")
            for name in ("byline", "credit", "published_raw")
        ),
    )
    counted = select(func.count()).select_from(revisions).join(before, same).join(articles, _of_article)
    return conn.execute(counted.where(articles.c.site_id == site_id)).scalar_one()


def chunks(all_ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(all_ids), CHUNK):
        yield all_ids[start : start + CHUNK]


def _cut(value: Any) -> Any:
    """As the database gives it back."""
    return value.replace(microsecond=0) if isinstance(value, datetime) else value


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
