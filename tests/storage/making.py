"""Builders for the storage tests: hints, items, and a crawl that takes addresses up and settles them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, event, func, select, update

from foiscrawl import fingerprint
from foiscrawl.items import (
    Access,
    ArticleItem,
    Fetch,
    Instant,
    LinkHint,
    ListingItem,
    Outcome,
    OutcomeItem,
    PageKind,
    QuarantineItem,
    UrlKind,
)
from foiscrawl.site import Layout, Listing, Menu, Site
from foiscrawl.storage import frontier, ledger
from foiscrawl.storage.frontier import Taken
from foiscrawl.storage.models import articles, fetches, urls
from foiscrawl.storage.recorder import Recorder
from foiscrawl.storage.writer import Item, Written, write

HOME = "https://essai.test/"
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
SITE = Site(
    name="essai",
    title="Essai",
    home=HOME,
    menu=Menu(links=("nav a",)),
    listing=Listing(cards=("article",)),
    generic=Layout(name="generic"),
)


def instant(at: datetime | None) -> Instant | None:
    return None if at is None else Instant(at, at.isoformat())


def hint(
    path: str,
    kind: UrlKind = UrlKind.ARTICLE,
    found_in: str = "rest",
    *,
    published: datetime | None = None,
    modified: datetime | None = None,
    **values: Any,
) -> LinkHint:
    return LinkHint(HOME + path, kind, found_in, published=instant(published), modified=instant(modified), **values)


def words(*names: str, count: int = 60) -> str:
    """A text of so many words, all different; texts of different names have none in common."""
    return " ".join(f"{name}{number}" for name in names for number in range(count // len(names)))


def article(path: str, body: str = "Un texte court.", **values: Any) -> ArticleItem:
    """An article as the pipelines hand it over, but for its fetch; it calls itself canonical where it stands."""
    defaults = {"canonical_url": HOME + path, "source_id": None, "headline": "Titre", "access": Access.OPEN}
    item = ArticleItem(page_kind=PageKind.ARTICLE, url=HOME + path, body_text=body, **{**defaults, **values})
    signature = fingerprint.signature(body)
    return replace(
        item,
        content_hash=fingerprint.content_hash(item.headline, item.standfirst, body),
        signature=signature,
        bands=fingerprint.bands(signature) if signature is not None else (),
    )


class Crawl:
    """One run on one connection, at one moment."""

    def __init__(
        self, conn: Connection, now: datetime = NOON, mode: str = "update", *, site: Site = SITE, **wanted: Any
    ) -> None:
        self.conn = conn
        self.now = now
        site_id = ledger.enter_site(conn, site, site.home, now)
        self.run = ledger.begin_run(conn, site, site_id, now, mode=mode, **wanted)
        self.taken: dict[str, Taken] = {}

    def learn(self, *hints: LinkHint) -> frontier.Learned:
        return frontier.learn(self.conn, self.run, hints, self.now)

    def take(self, kind: UrlKind = UrlKind.ARTICLE, limit: int = 1000) -> list[str]:
        """Paths of what was due."""
        taken = frontier.take(self.conn, self.run, [kind], limit, self.now)
        self.taken |= {one.url: one for one in taken}
        return [one.url.removeprefix(HOME) for one in taken]

    def fetch(self, path: str, kind: UrlKind = UrlKind.ARTICLE, **values: Any) -> Fetch:
        """Take this address up, after making it due if it is not, and have it answer 200 where it was asked."""
        url = HOME + path
        if url not in self.taken:
            self.take(kind)
        if url not in self.taken:
            self.learn(hint(path, kind, modified=self.now))
            # Whatever policy thinks of it: an alias is due only through its canonical address, and so on.
            self.conn.execute(update(urls).where(urls.c.url == url).values(next_fetch_at=self.now))
            self.take(kind)
        defaults = {"url": url, "kind": kind, "final_url": url, "fetched_at": self.now, "status": 200, "size": 1000}
        return Fetch(url_id=self.taken[url].url_id, **{**defaults, **values})

    def fetch_id(self, path: str) -> int:
        """The row of `fetches` of an address that was taken up."""
        wanted = (fetches.c.run_id == self.run.id, fetches.c.url_id == self.taken[HOME + path].url_id)
        return int(self.conn.execute(select(fetches.c.id).where(*wanted)).scalar_one())

    def write(self, *items: Item, recorder: Recorder | None = None) -> list[Written]:
        return write(self.conn, self.run, items, self.now, recorder)

    def store(self, *items: ArticleItem, **values: Any) -> list[Written]:
        """Each item as the answer of its own address."""
        return self.write(*(replace(one, fetch=self.fetch(one.url.removeprefix(HOME), **values)) for one in items))

    def read(self, path: str, *hints: LinkHint, kind: UrlKind = UrlKind.LISTING, **values: Any) -> Written:
        """Settle a list with these hints."""
        return self.write(ListingItem(hints=hints, fetch=self.fetch(path, kind), **values))[0]

    def end(self, path: str, outcome: Outcome, reason: str = "why", **values: Any) -> Written:
        """Settle an address without article or hints."""
        return self.write(OutcomeItem(fetch=self.fetch(path), outcome=outcome, reason=reason, **values))[0]

    def quarantine(self, item: ArticleItem, reason: str = "no_body") -> Written:
        fetched = replace(item, fetch=self.fetch(item.url.removeprefix(HOME)))
        return self.write(QuarantineItem(article=fetched, reason=reason))[0]

    def end_run(self, outcome: str = "done") -> int:
        return ledger.end_run(self.conn, self.run, outcome, self.now, exit_code=0)


def url_row(conn: Connection, path: str) -> Row[Any]:
    return conn.execute(select(urls).where(urls.c.url == HOME + path)).one()


def article_row(conn: Connection, id_: int | None) -> Row[Any]:
    return conn.execute(select(articles).where(articles.c.id == id_)).one()


def rows(conn: Connection, table: Table) -> list[dict[str, Any]]:
    """The whole table, in the order of its key."""
    return [dict(row) for row in conn.execute(select(table).order_by(*table.primary_key)).mappings()]


def count(conn: Connection, table: Table) -> int:
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def statements(conn: Connection, work: Callable[[], object]) -> list[tuple[str, Any]]:
    """What `work` sends to the database: each statement with its parameters, of many sets the first."""
    found: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, many: bool) -> None:
        found.append((statement, parameters[0] if many else parameters))

    event.listen(conn, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(conn, "before_cursor_execute", note)
    return found
