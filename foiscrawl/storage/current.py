"""The lists of an article's current state: sections, authors, tags, pictures, links. Rewritten where they differ."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Delete, Select, Table, delete, select

from foiscrawl.items import ArticleItem
from foiscrawl.storage.bulk import BulkInsert, among, numbers
from foiscrawl.storage.models import article_sections, authors, images, links, tags

Entry = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class _List:
    """entries: what an item says. sticky: an item that says nothing leaves what was known."""

    name: str
    entries: Callable[[ArticleItem], list[Entry]]
    sticky: bool
    select: Select[Any]
    delete: Delete
    insert: BulkInsert


def _list(table: Table, columns: str, entries: Callable[[ArticleItem], list[Entry]], *, sticky: bool = False) -> _List:
    of_articles = among(table.c.article_id, numbers("ids"))
    names = tuple(columns.split())
    return _List(
        table.name,
        entries,
        sticky,
        select(table.c.article_id, *(table.c[name] for name in names))
        .where(of_articles)
        .order_by(table.c.article_id, table.c.position),
        delete(table).where(of_articles),
        BulkInsert(table, ("article_id", "position", *names)),
    )


# Sections, authors and tags are facts about the article: a page on which our selectors find none is no proof that
# there are none. Pictures and links are part of what the body shows, and go with it.
_LISTS = (
    _list(article_sections, "name slug", lambda item: [(one.name, one.slug) for one in item.sections], sticky=True),
    _list(authors, "name", lambda item: [(one,) for one in item.authors], sticky=True),
    _list(tags, "name slug", lambda item: [(one.name, one.slug) for one in item.tags], sticky=True),
    _list(
        images,
        "url role caption credit alt",
        lambda item: [(one.url, one.role, one.caption, one.credit, one.alt) for one in item.images],
    ),
    _list(links, "url text kind", lambda item: [(one.url, one.text, one.kind) for one in item.links]),
)


def write(
    conn: Connection,
    shown: Mapping[int, ArticleItem],
    known: Collection[int],
    ended: Collection[tuple[str, int]] = (),
) -> dict[tuple[str, int], list[Entry]]:
    """Make the lists of these articles what the items show.

    known   the articles that may have rows already
    ended   by table and article: lists that are empty now, by more than that the item says nothing

    Gives the lists of known articles that were replaced, as they were: by table and article.
    """
    replaced: dict[tuple[str, int], list[Entry]] = {}
    for one in _LISTS:
        stored = _stored(conn, one, known)
        stale: list[int] = []
        rows: list[tuple[int | str | None, ...]] = []
        for id_, item in shown.items():
            wanted, before = one.entries(item), stored.get(id_, [])
            if wanted == before or (one.sticky and not wanted and (one.name, id_) not in ended):
                continue
            if id_ in known:
                replaced[one.name, id_] = before
            if before:
                stale.append(id_)
            rows += [(id_, place, *entry) for place, entry in enumerate(wanted, 1)]
        if stale:
            conn.execute(one.delete, {"ids": stale})
        one.insert(conn, rows)
    return replaced


def _stored(conn: Connection, one: _List, known: Collection[int]) -> dict[int, list[Entry]]:
    found: dict[int, list[Entry]] = {}
    if known:
        for id_, *entry in conn.execute(one.select, {"ids": known}):
            found.setdefault(id_, []).append(tuple(entry))
    return found


def differences(conn: Connection, shown: Mapping[int, ArticleItem]) -> dict[int, dict[str, list[Entry]]]:
    """The lists of these articles that `write` would replace, as they are: by article and table."""
    found: dict[int, dict[str, list[Entry]]] = {}
    for one in _LISTS:
        stored = _stored(conn, one, shown)
        for id_, item in shown.items():
            wanted, before = one.entries(item), stored.get(id_, [])
            if wanted != before and (wanted or not one.sticky):
                found.setdefault(id_, {})[one.name] = before
    return found


def entries(name: str, item: ArticleItem) -> list[list[str | None]]:
    """What an item says for the list of this table."""
    return next([list(entry) for entry in one.entries(item)] for one in _LISTS if one.name == name)
