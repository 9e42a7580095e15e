"""The current revisions of known articles, to be compared with what their pages show now."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from foiscrawl.items import ArticleItem, Instant
from foiscrawl.revision import Reading
from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.models import articles, revisions

# Byline, credit and publication: with the content hash all that can make a look an edit.
Facts = tuple[str | None, str | None, datetime | None]
FACTS = (revisions.c.byline, revisions.c.credit, revisions.c.published_at)

_OF_ARTICLES = among(articles.c.id, numbers("ids"))
_CURRENT = (
    select(revisions)
    .join(articles, articles.c.id == revisions.c.article_id)
    .where(_OF_ARTICLES, revisions.c.number == articles.c.revision_count)
)
_EARLIER = (
    select(revisions.c.article_id, revisions.c.content_hash)
    .join(articles, articles.c.id == revisions.c.article_id)
    .where(_OF_ARTICLES, revisions.c.number < articles.c.revision_count)
)


def facts(item: ArticleItem) -> Facts:
    published = item.published.at if item.published is not None else None
    return item.byline, item.credit, published.replace(microsecond=0) if published is not None else None


def load(conn: Connection, ids: Collection[int]) -> dict[int, tuple[Reading, set[str]]]:
    """For each of these articles its current revision, and the content hashes of those before it."""
    if not ids:
        return {}
    found = {row.article_id: (_reading(row), set[str]()) for row in conn.execute(_CURRENT, {"ids": ids})}
    for id_, content_hash in conn.execute(_EARLIER, {"ids": ids}):
        found[id_][1].add(content_hash)
    return found


def _reading(row: Row[Any]) -> Reading:
    published = None
    if row.published_raw is not None:
        published = Instant(
            row.published_at, row.published_raw, row.published_precision, row.published_zone, row.published_flag
        )
    return Reading(
        row.headline,
        row.standfirst,
        row.body_text,
        row.byline,
        row.credit,
        published,
        row.content_hash,
        row.layout,
        row.extractor_version,
        row.origins,
        "published:disputed" in row.flags,
    )
