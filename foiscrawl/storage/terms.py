"""Sections and tags that an article got or lost: dated facts of their own, never a revision."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select

from foiscrawl.items import ArticleItem
from foiscrawl.storage.bulk import among, numbers, run_many
from foiscrawl.storage.current import Entry
from foiscrawl.storage.models import revisions, term_changes
from foiscrawl.text import comparable

_KINDS = {"article_sections": ("section", "sections"), "tags": ("tag", "tags")}  # table -> kind, field of the item
_ORIGINS = (
    select(revisions.c.article_id, revisions.c.origins)
    .where(among(revisions.c.article_id, numbers("ids")))
    .order_by(revisions.c.number)
)
_INSERT = insert(term_changes)


@dataclass(frozen=True, slots=True)
class Seen:
    """What showed an article, and its row of `fetches`."""

    item: ArticleItem
    fetch_id: int


def note(conn: Connection, replaced: Mapping[tuple[str, int], list[Entry]], shown: Mapping[int, Seen]) -> None:
    """Write what came and went. To be called before the revisions of a batch are written.

    replaced   by table and article: the lists that the batch has replaced. A list that was read from another place of
               the page than that of the current revision says nothing of what the publisher did.
    """
    lists = [(table, id_, before) for (table, id_), before in replaced.items() if table in _KINDS]
    if not lists:
        return
    origins = {row.article_id: row.origins for row in conn.execute(_ORIGINS, {"ids": {id_ for _, id_, _ in lists}})}
    rows: list[dict[str, Any]] = []
    for table, id_, before in lists:
        kind, name = _KINDS[table]
        seen = shown[id_]
        origin = seen.item.origins.get(name)
        if origin is not None and origin != "hint" and origin == origins.get(id_, {}).get(name):
            after = [(one.name, one.slug) for one in getattr(seen.item, name)]
            rows += _rows(before, after, article_id=id_, kind=kind, seen=seen)
    run_many(conn, _INSERT, rows)


def _rows(
    before: Sequence[Entry], after: Sequence[Entry], *, article_id: int, kind: str, seen: Seen
) -> Iterator[dict[str, Any]]:
    at = seen.item.fetch.fetched_at if seen.item.fetch is not None else None
    for change, ours, theirs in (("removed", before, after), ("added", after, before)):
        known = {form for one in theirs for form in _forms(one)}
        for name, slug in (one for one in ours if known.isdisjoint(_forms(one))):
            yield {
                "article_id": article_id,
                "fetch_id": seen.fetch_id,
                "seen_at": at,
                "kind": kind,
                "change": change,
                "name": name,
                "slug": slug,
            }


def _forms(entry: Entry) -> set[str]:
    """By which a term is known again: one that is only spelt otherwise is the same."""
    name, slug = entry
    return {f"name:{comparable(name or '')}", *([f"slug:{slug}"] if slug else [])}
