"""Looks at stored articles that nothing has announced: silent edits are found, the budget is kept, 304 is no proof."""

import zlib
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from foiscrawl.urls import url_key
from tests.newsroom import Article
from tests.newsroom.answer import Answer
from tests.newsroom.faults import Exchange
from tests.newsroom.sections import SECTIONS
from tests.rehearsal import Rehearsal, on_sqlite, rehearse

CLOSED = {"sitemaps": "none", "rest": "404", "feeds": False}


@dataclass
class Tagged:
    """Articles with an ETag: by default an honest one.

    lying      one that never changes, so that whoever sends it gets 304 whatever was edited
    restless   another one at every fetch
    """

    lying: bool = False
    restless: bool = False
    asked: list[tuple[str, str | None]] = field(default_factory=list)

    async def __call__(self, exchange: Exchange) -> Any:
        answer = exchange.answer()
        sent = exchange.request.headers.get("If-None-Match")
        self.asked.append((exchange.request.path, sent))
        tag = '"toujours"' if self.lying else f'"{zlib.crc32(answer.body)}"'
        if self.restless:
            tag = f'"{len(self.asked)}"'
        if sent == tag:
            return exchange.send(Answer(304, b"", "", {"ETag": tag}))
        return exchange.send(replace(answer, headers={**answer.headers, "ETag": tag}))


def kinds(here: Rehearsal, article: Article) -> list[str]:
    return [one.kind for one in here.revisions(article)]


def looked(here: Rehearsal) -> int:
    """Requests for articles in the last crawl."""
    return sum(here.server.site.kind(one) == "article" for one in here.server.paths())


def test_silent_edits_are_found_by_looks_that_come_ever_less_often_and_anew_after_an_edit(database_url):
    with rehearse(database_url, articles=6, oddities=()) as here:
        news, old = here.newsroom.publish(), here.plain()[-1]
        here.crawl()
        for hours, kind, value in (
            (1.1, "byline", "Personnes"),
            (1.1, "letter", None),
            (0.5, "headline", "Un autre titre que personne n’annonce"),
            (1, None, None),
            (6, "date", None),
            (1.1, None, None),
            (24, "touch", None),
        ):
            here.clock.forward(hours=hours)
            if kind is not None:
                here.newsroom.edit(news, kind, value, silently=True)
                here.newsroom.edit(old, kind, value, silently=True)
            here.crawl()
        here.clock.forward(days=30)
        here.crawl()

    # The headline was edited half an hour before the next look; a section page that shows the new one brought one.
    assert kinds(here, news) == ["first", "byline", "body", "headline", "published"]
    assert [one.change_size for one in here.revisions(news)][:3] == [None, 0, 2]
    assert kinds(here, old) == ["first", "headline,body,byline", "published"]
    history = here.ask("SELECT revision, kind FROM article_history WHERE source_id = :id", id=str(news.id))
    assert sorted(tuple(one) for one in history) == list(enumerate(kinds(here, news), 1))
    assert here.ask("SELECT count(*) FROM revisions WHERE kind = 'first'") == [(7,)]


@on_sqlite
def test_looks_keep_to_the_budget_the_longest_due_first_and_all_means_all(database_url):
    with rehearse(database_url, articles=320, days=18, oddities=(), same_second=0) as here:
        here.crawl()
        here.clock.forward(days=31)
        here.crawl("recheck=none")
        assert here.outcomes() == {}
        waiting = here.ask("SELECT url_key, next_check_at FROM urls WHERE next_check_at IS NOT NULL ORDER BY 2, id")
        assert len(waiting) == 320

        here.crawl()
        assert set(here.outcomes()) == {one.url_key for one in waiting[:300]}
        assert looked(here) == 300
        here.crawl()
        assert set(here.outcomes()) == {one.url_key for one in waiting[300:]}
        here.crawl()
        assert here.outcomes() == {}
        assert len(here.server.requests) <= len(SECTIONS) + 6

        here.crawl("recheck=all", "max_articles=9")
        first = set(here.outcomes())
        here.crawl("recheck=all")
        assert len(first) == 9
        assert set(here.outcomes()) == {one.url_key for one in waiting} - first


@on_sqlite
def test_a_server_that_says_not_modified_of_what_was_edited_is_found_out_within_a_week(database_url):
    with rehearse(database_url, articles=3, oddities=(), **CLOSED) as here:
        liar = Tagged(lying=True)
        here.server.faults.add("kind:article", liar)
        news = here.newsroom.publish()
        path = here.newsroom.path(news)
        here.crawl()
        full = here.ask(
            "SELECT last_full_at, etag FROM urls WHERE url_key = :key", key=url_key(here.newsroom.url(news))
        )
        here.newsroom.edit(news, "byline", "Personnes", silently=True)
        outcomes = []
        for hours in (1, 71, 96):
            here.clock.forward(hours=hours)
            here.crawl()
            outcomes.append(here.outcome(news))

        assert outcomes == ["unchanged:not_modified"] * 2 + ["revised"]
        assert [sent for asked, sent in liar.asked if asked == path] == [None, '"toujours"', '"toujours"', None]
        assert full[0].etag == '"toujours"'
        assert kinds(here, news) == ["first", "byline"]
        assert here.row(news)["byline"] == "Personnes"


@on_sqlite
def test_validators_save_bytes_are_not_sent_after_an_announcement_and_a_restless_etag_is_no_edit(database_url):
    with rehearse(database_url, articles=3, oddities=()) as here:
        tagged = Tagged()
        here.server.faults.add("kind:article", tagged)
        news = here.newsroom.publish()
        path = here.newsroom.path(news)
        here.crawl()
        (whole,) = here.ask("SELECT size FROM fetches WHERE outcome = 'stored' ORDER BY id DESC LIMIT 1")
        here.clock.forward(hours=1)
        here.crawl()
        assert here.outcome(news) == "unchanged:not_modified"
        (bare,) = here.ask("SELECT size FROM fetches WHERE reason = 'not_modified' AND kind = 'article'")
        assert bare.size < whole.size / 10

        here.newsroom.edit(news, "touch")
        here.clock.forward(hours=5)
        tagged.asked.clear()
        here.crawl()
        assert here.outcome(news) == "unchanged"
        assert [sent for asked, sent in tagged.asked if asked == path] == [None]

        tagged.restless = True
        here.clock.forward(days=1)
        here.crawl()
        assert here.outcome(news) == "unchanged"
        assert kinds(here, news) == ["first"]


@on_sqlite
def test_rest_is_asked_in_utc_and_with_an_overlap_for_what_was_saved_by_a_clock_that_is_behind(database_url):
    with rehearse(database_url, articles=6, oddities=(), **{**CLOSED, "rest": "open"}) as here:
        first, second, third = here.plain()[:3]
        here.newsroom.edit(first, "body")
        here.crawl()
        mark = here.newsroom.articles[first.id].modified
        here.clock.forward(hours=1)
        here.newsroom.edit(second, "body")
        second.modified = mark - timedelta(minutes=5)
        here.newsroom.edit(third, "body")
        here.newsroom.changed()
        here.crawl("recheck=none")

    assert {article.id: here.outcome(article) for article in (first, second, third)} == {
        first.id: None,
        second.id: "revised",
        third.id: "revised",
    }
    asked = [parse_qs(urlsplit(one.path).query) for one in here.server.requests if "/wp-json/" in one.path]
    assert asked[0]["modified_after"] == [f"{mark - timedelta(minutes=10):%Y-%m-%dT%H:%M:%S}Z"]
