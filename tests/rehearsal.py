"""A newsroom, its clock and an archive of it, for tests that crawl more than once and compare in between."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from foiscrawl.urls import url_key
from tests.crawling import QUICK, Ended, accounting, ask, crawl
from tests.newsroom import Article, Clock, Newsroom, Server, Truth, serve, truth_of
from tests.newsroom.faults import Exchange

TABLES = ("articles", "revisions", "article_sections", "authors", "tags", "images", "links", "near_bands", "quarantine")
TIMES = {"last_seen_at", "last_checked_at", "last_fetched_at", "next_fetch_at", "etag", "last_modified"}
TIMES |= {"next_check_at", "last_full_at"}

# For tests in which the database does not matter: the fixture `dialect` without PostgreSQL.
on_sqlite = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


@dataclass
class Rehearsal:
    """The crawl's clock is the newsroom's."""

    server: Server
    newsroom: Newsroom
    clock: Clock
    database_url: str
    ended: Ended = field(init=False)

    def crawl(self, *arguments: str, settings: Mapping[str, str] = QUICK) -> dict[str, Any]:
        """Run one crawl, with an empty log at the server. Gives its row of run_accounting."""
        self.server.forget()
        now = {"FOISCRAWL_NOW": self.clock().isoformat()}
        self.ended = crawl(f"{self.server.url}/", self.database_url, *arguments, settings=settings, env=now)
        self.clock.forward(minutes=2)  # longer than any crawl here, which the newsroom's clock does not wait for
        assert self.ended.code == 0, self.ended.out + self.ended.err
        told = accounting(self.database_url)
        assert (told["outcome"], told["silent"], told["open"]) == ("done", 0, 0)
        return told

    def ask(self, sql: str, **values: Any) -> list[Any]:
        return ask(self.database_url, sql, **values)

    def archived(self) -> dict[str, dict[str, Any]]:
        """Rows of articles_current by key of the address."""
        rows = self.ask("SELECT * FROM articles_current")
        found = {url_key(row.url): dict(row._mapping) for row in rows}
        assert len(found) == len(rows)
        return found

    def public(self) -> dict[str, Truth]:
        """What the archive should hold: articles that are out and ask for no password, by key of the address."""
        all_ = truth_of(self.newsroom).values()
        return {url_key(one.url): one for one in all_ if one.public and one.kind != "protected"}

    def plain(self) -> list[Article]:
        """Articles without any oddity, newest first."""
        found = [one for one in self.newsroom.articles.values() if one.oddity is None and one.kind == "article"]
        return sorted(found, key=lambda one: one.published, reverse=True)

    def outcomes(self) -> dict[str, str]:
        """How the articles that the last run took up ended, by key of the address."""
        rows = self.ask(
            "SELECT u.url_key, f.outcome, f.reason FROM fetches f JOIN urls u ON u.id = f.url_id"
            " WHERE f.kind = 'article' AND f.run_id = (SELECT max(id) FROM runs)"
        )
        return {row.url_key: row.outcome + (f":{row.reason}" if row.reason else "") for row in rows}

    def outcome(self, article: Article) -> str | None:
        """How the present address of an article ended in the last run; None: it was not taken up."""
        return self.outcomes().get(url_key(self.newsroom.url(article)))

    def row(self, article: Article) -> dict[str, Any]:
        """The one row of articles_current with this article's own number."""
        (found,) = self.ask("SELECT * FROM articles_current WHERE source_id = :id", id=str(article.id))
        return dict(found._mapping)

    def revisions(self, article: Article) -> list[Any]:
        return self.ask(
            "SELECT r.* FROM revisions r JOIN articles a ON a.id = r.article_id WHERE a.source_id = :id"
            " ORDER BY r.number",
            id=str(article.id),
        )

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Everything that a crawl which finds nothing new must leave alone."""
        return {name: self._rows(name) for name in (*TABLES, "urls", "sections")}

    def _rows(self, name: str) -> list[dict[str, Any]]:
        rows = [dict(row._mapping) for row in self.ask(f"SELECT * FROM {name}")]
        kept = [{column: value for column, value in row.items() if column not in TIMES} for row in rows]
        return sorted(kept, key=repr)


@contextmanager
def rehearse(database_url: str, **options: Any) -> Iterator[Rehearsal]:
    """A newsroom with these options; by default 48 articles of the last 18 days, each oddity among them."""
    clock = Clock()
    newsroom = Newsroom(now=clock, **{"articles": 48, "days": 18, **options})
    with serve(newsroom) as server:
        yield Rehearsal(server, newsroom, clock, database_url)


@dataclass
class Rewritten:
    """A fault of the newsroom: the right answer with one text in the place of another."""

    old: str
    new: str

    async def __call__(self, exchange: Exchange) -> Any:
        answer = exchange.answer()
        old = self.old.encode()
        assert old in answer.body, f"{exchange.request.path} has no {self.old!r}"
        return exchange.send(replace(answer, body=answer.body.replace(old, self.new.encode())))
