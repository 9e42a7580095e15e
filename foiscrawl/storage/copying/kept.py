"""Which rows a copy of some of the articles needs, so that each of them is the very row of the archive.

What comes along with the chosen articles:
- down: all that hangs on an article (revisions, lists, addresses with all their fetches and sightings, looks, removals,
  held changes, re-readings), all raw answers of a fetch that comes along, and of each site its sections and policies;
- up: every row that a row of these refers to, and so on. Thus the article that another is a duplicate of comes along,
  with all that hangs on it, and so do the runs, lists and addresses in question.
What does not: other addresses of the frontier, other fetches of the same runs, quarantined pages.
"""

import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, Self

from sqlalchemy import Connection, Select, Table, and_, select

from foiscrawl.storage.bulk import among, numbers
from foiscrawl.storage.copying.whole_rows import COUNTED, tables
from foiscrawl.storage.filters import Filter, conditions
from foiscrawl.storage.models import articles, captures, fetches, metadata, revisions, sightings, urls

IDS = 500  # in one question


class Kept:
    """Numbers of rows by table, in a file of SQLite's own that goes when it is closed: there may be millions."""

    def __init__(self) -> None:
        self._scratch = sqlite3.connect("", isolation_level=None)
        self._scratch.execute("PRAGMA journal_mode = OFF")
        self._scratch.execute(
            "CREATE TABLE kept (name TEXT, id INTEGER, done INTEGER DEFAULT 0, PRIMARY KEY (name, id))"
        )
        self._scratch.execute("CREATE INDEX waiting ON kept (name, id) WHERE done = 0")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._scratch.close()

    def add(self, name: str, ids: Iterable[int]) -> None:
        self._scratch.executemany("INSERT OR IGNORE INTO kept (name, id) VALUES (?, ?)", [(name, one) for one in ids])

    def count(self, name: str) -> int:
        (found,) = self._scratch.execute("SELECT count(*) FROM kept WHERE name = ?", (name,)).fetchone()
        return int(found)

    def next_waiting(self) -> tuple[str, list[int]] | None:
        """Some rows of one table that were not looked at yet."""
        one = self._scratch.execute("SELECT name FROM kept WHERE done = 0 LIMIT 1").fetchone()
        if one is None:
            return None
        asked = "SELECT id FROM kept WHERE name = ? AND done = 0 ORDER BY id LIMIT ?"
        ids = [id_ for (id_,) in self._scratch.execute(asked, (one[0], IDS))]
        self._scratch.executemany("UPDATE kept SET done = 1 WHERE name = ? AND id = ?", [(one[0], id_) for id_ in ids])
        return one[0], ids

    def batches(self, name: str) -> Iterator[list[int]]:
        last = -1
        while True:
            asked = "SELECT id FROM kept WHERE name = ? AND id > ? ORDER BY id LIMIT ?"
            ids = [id_ for (id_,) in self._scratch.execute(asked, (name, last, IDS))]
            if not ids:
                return
            yield ids
            last = ids[-1]


def keep(conn: Connection, wanted: Filter, kept: Kept) -> int:
    """Fill `kept`; gives how many articles the filter itself means, without those that come along."""
    current = and_(revisions.c.article_id == articles.c.id, revisions.c.number == articles.c.revision_count)
    chosen = select(articles.c.id).join(revisions, current).where(*conditions(wanted))
    for ids in conn.execute(chosen.execution_options(yield_per=IDS)).scalars().partitions():
        kept.add("articles", ids)
    meant = kept.count("articles")
    while (waiting := kept.next_waiting()) is not None:
        name, ids = waiting
        for target, asked in _FOLLOWED[name]:
            kept.add(target, (one for one in conn.execute(asked, {"ids": ids}).scalars() if one is not None))
    return meant


def parent_of(table: Table) -> tuple[str, str]:
    """The column by which rows of a table are chosen, and the table whose numbers stand in it."""
    if "id" in table.c:
        return "id", table.name
    return ("article_id", "articles") if "article_id" in table.c else ("site_id", "sites")


def _followed(table: Table) -> Iterator[tuple[str, Select[Any]]]:
    """The questions that lead from rows of a table to others: the table of those, and how they are found."""
    if "id" not in table.c:
        return
    these = among(table.c.id, numbers("ids"))
    for column in table.c:
        for key in column.foreign_keys:
            if key.column.name == "id":
                yield key.column.table.name, select(column).where(these).distinct()
    for child in tables():
        for column in child.c:
            if "id" in child.c and (child.name, column.name) != ("quarantine", "id") and _hangs(column, table):
                yield child.name, select(child.c.id).where(among(column, numbers("ids")))
    if table is articles:
        # Lists come along for the sake of a sighting, and their own fetches need not.
        own = select(urls.c.id).where(among(urls.c.article_id, numbers("ids")))
        for child in (fetches, sightings):
            yield child.name, select(child.c.id).where(child.c.url_id.in_(own))


def _hangs(column: Any, table: Table) -> bool:
    refers = any(key.column is table.c.id for key in column.foreign_keys)
    if table is articles:
        return refers and column.name == "article_id" and column.table is not fetches
    if table is fetches:
        return refers and column.table is captures
    if table is revisions:
        return refers
    return refers and table.name == "sites" and column.table.name == "sections"


_FOLLOWED = {one.name: list(_followed(one)) for one in metadata.tables.values() if one.name != COUNTED}
