"""Sections and tags that an article got or lost: dated facts of their own, never a revision."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert

from foiscrawl.items import ArticleItem
from foiscrawl.storage.bulk import run_many
from foiscrawl.storage.current import Entry
from foiscrawl.storage.models import term_changes
from foiscrawl.text import comparable

Means = Mapping[str, Sequence[str | None]]  # as `articles.terms_read` has it: for each list the fields of a `Look`
_KINDS = {"article_sections": ("section", "sections"), "tags": ("tag", "tags")}  # table -> kind, field of the item
_MAY_BE_NONE = "tags"  # of the fields; WordPress gives every post a section
_INSERT = insert(term_changes)


class Look(NamedTuple):
    """By what means a list was read. origin None: the page has none."""

    layout: str
    extractor_version: str
    origin: str | None


UNREAD: Means = {name: list(Look("", "", None)) for _, name in _KINDS.values()}  # of an article that is new


@dataclass(frozen=True, slots=True)
class Seen:
    """What showed an article, its row of `fetches`, and the means of reading before it. None: not known."""

    item: ArticleItem
    fetch_id: int
    before: Means | None


def read(before: Means | None, item: ArticleItem) -> Means:
    """By what means the lists are read that an article has after this look."""
    after = dict(before or {})
    for _, name in _KINDS.values():
        old, new = _look(before, name), _looked(item, name)
        if new.origin is not None or (old is not None and (old.origin is None or _gone(old, item, name))):
            after[name] = list(new)
    return after


def ended(shown: Mapping[int, Seen]) -> set[tuple[str, int]]:
    """By table and article: the lists that have lost their last term, by all that a page can tell of it."""
    return {
        (table, id_)
        for id_, seen in shown.items()
        for table, (_, name) in _KINDS.items()
        if (old := _look(seen.before, name)) is not None and _gone(old, seen.item, name)
    }


def note(conn: Connection, replaced: Mapping[tuple[str, int], list[Entry]], shown: Mapping[int, Seen]) -> None:
    """Write what came and went.

    replaced   by table and article: the lists of known articles that the batch has replaced. A list that was read by
               other means than the one before it says nothing of what the publisher did.
    """
    rows: list[dict[str, Any]] = []
    for (table, id_), before in replaced.items():
        if table not in _KINDS:
            continue
        kind, name = _KINDS[table]
        seen = shown[id_]
        if _alike(_look(seen.before, name), _looked(seen.item, name), name):
            after = [(one.name, one.slug) for one in getattr(seen.item, name)]
            rows += _rows(before, after, article_id=id_, kind=kind, seen=seen)
    run_many(conn, _INSERT, rows)


def _look(means: Means | None, name: str) -> Look | None:
    found = (means or {}).get(name)
    return None if found is None else Look(*found)  # type: ignore[arg-type]


def _looked(item: ArticleItem, name: str) -> Look:
    origin = item.origins.get(name, "unknown") if getattr(item, name) else None
    return Look(item.layout, item.extractor_version, origin)


def _alike(old: Look | None, new: Look, name: str) -> bool:
    """Whether what differs between two lists is the publisher's doing."""
    if old is None or {"hint", "unknown"} & {old.origin, new.origin}:
        return False
    if old.origin is not None and new.origin is not None:
        return old.origin == new.origin
    return name == _MAY_BE_NONE and old[:2] == new[:2]


def _gone(old: Look, item: ArticleItem, name: str) -> bool:
    """Whether a list that is missing is one that the page no longer has: it is read as before, and where the list
    stood (JSON-LD, classes ...) it still says other things.
    """
    new = _looked(item, name)
    if old.origin is None or new.origin is not None or not _alike(old, new, name) or "truncated_tree" in item.flags:
        return False
    place = old.origin.partition(":")[0] + ":"
    return any(origin.startswith(place) for field, origin in item.origins.items() if field != name)


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
