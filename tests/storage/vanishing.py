"""Runs in which articles are missing; for tests of removals and canaries."""

from typing import Any

from sqlalchemy import Connection, select

from foiscrawl.items import Outcome, UrlKind
from foiscrawl.storage import canaries, removals
from foiscrawl.storage.removals import Judged
from foiscrawl.storage.views import removed_articles
from tests.storage.making import (
    DAY,
    HOME,
    NOON,
    Crawl,
    article,
    article_row,
)

WITNESSES = tuple(f"temoin-{number}/" for number in range(1, 7))
MISSED = (Outcome.GONE, "http_404")


def stock(conn: Connection, *paths: str, **values: Any) -> list[int]:
    """Store articles with these paths, and six more that are known to be live. Gives the ids of the former."""
    crawl = Crawl(conn)
    written = crawl.store(
        *(article(path, f"Texte de {path}", source_id=str(100 + n), **values) for n, path in enumerate(paths)),
        *(article(path, f"Texte de {path}", source_id=path) for path in WITNESSES),
    )
    crawl.end_run()
    return [one.article_id for one in written[: len(paths)]]


def close(
    crawl: Crawl, *, home: bool = True, source: UrlKind | None = UrlKind.FEED, alive: int = 3, is_whole: bool = True
) -> Judged:
    """The end of a run, as the spider does it. alive: so many of the articles known to be live answer."""
    if home:
        crawl.read("", kind=UrlKind.HOME)
    if source is not None:
        crawl.read(f"{source}/", kind=source)
    called = canaries.call(crawl.conn, crawl.run, crawl.now)
    crawl.taken |= {one.url: one for one in called}
    for number, one in enumerate(called):
        crawl.end(one.url.removeprefix(HOME), *((Outcome.UNCHANGED, "same") if number < alive else MISSED))
    ids = [one.article_id for one in called if one.article_id is not None]
    judged = removals.judge(crawl.conn, crawl.run, crawl.now, called=ids, is_whole=is_whole)
    crawl.end_run()
    return judged


def miss(conn: Connection, days: float, *paths: str, outcome: Outcome = Outcome.GONE, reason: str = "http_404",
         **how: Any) -> Judged:  # fmt: skip
    """One run in which these addresses end so."""
    crawl = Crawl(conn, NOON + days * DAY)
    for path in paths:
        crawl.end(path, outcome, reason)
    return close(crawl, **how)


def removed(conn: Connection) -> list[dict[str, Any]]:
    """Rows of the view."""
    return [dict(row) for row in conn.execute(select(removed_articles)).mappings()]


def state(conn: Connection, id_: int) -> str:
    return str(article_row(conn, id_).state)
