"""How far a crawl goes: the window of the first update, the back-fill, and what the operator asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from foiscrawl.urls import url_key
from tests.crawling import crawl
from tests.newsroom.faults import Exchange
from tests.rehearsal import Rehearsal, Rewritten, on_sqlite, rehearse

CLOSED = {"sitemaps": "none", "rest": "404", "feeds": False}


def young(here: Rehearsal) -> set[str]:
    """Articles of the 30 days before now, by key of the address."""
    return {key for key, one in here.public().items() if one.modified >= here.clock() - timedelta(days=30)}


def test_an_empty_archive_takes_the_last_30_days_and_a_backfill_the_rest(database_url):
    with rehearse(database_url, articles=30, days=200, oddities=()) as here:
        here.crawl()
        wanted = young(here)
        assert 3 <= len(wanted) <= 10
        assert set(here.archived()) == set(here.outcomes()) == wanted
        assert f"{30 - len(wanted)} older articles are known and were left aside" in here.ended.out
        assert "scrapy crawl francaisfois -a mode=backfill" in here.ended.out

        here.clock.forward(days=2)
        here.crawl("recheck=none")
        assert here.outcomes() == {}

        here.crawl("mode=backfill")
        assert set(here.archived()) == set(here.public())
        assert set(here.outcomes()) == set(here.public()) - wanted

        here.clock.forward(hours=1)
        late = here.newsroom.publish(at=here.clock() - timedelta(days=150))
        here.crawl("recheck=none")
        assert here.outcomes() == {url_key(here.newsroom.url(late)): "stored"}
        assert "left aside" not in here.ended.out


@on_sqlite
def test_an_undated_sitemap_is_no_reason_to_fetch_the_past_but_what_it_names_later_is_news(database_url):
    with rehearse(database_url, articles=30, days=200, oddities=(), **{**CLOSED, "sitemaps": "core"}) as here:
        here.crawl()
        # The ticker of every page names the eight newest without a date.
        newest = {url_key(here.newsroom.url(one)) for one in here.plain()[:8]}
        assert young(here) <= set(here.archived()) <= young(here) | newest
        assert "left aside" in here.ended.out

        here.clock.forward(hours=1)
        news = [here.newsroom.publish(section="non-classe", at=here.clock() - timedelta(days=9)) for _ in range(3)]
        here.crawl()
        assert here.outcomes() == {url_key(here.newsroom.url(one)): "stored" for one in news}

        here.crawl("mode=backfill")
        assert set(here.archived()) == set(here.public())


@pytest.mark.parametrize(
    "options",
    [
        CLOSED,
        {**CLOSED, "pagination": "load-more"},
        {**CLOSED, "pagination": "load-more-blind", "rest": "open"},
        {**CLOSED, "pagination": "load-more-blind", "sitemaps": "core"},
        {**CLOSED, "pagination": "load-more-blind", "feeds": True},
    ],
    ids=["numbers alone", "load-more alone", "blind and rest", "blind and sitemap", "blind and feeds"],
)
@on_sqlite
def test_a_backfill_finds_everything_however_the_lists_are_paged(options, database_url):
    with rehearse(database_url, articles=40, days=300, page_size=4, same_second=0, oddities=(), **options) as here:
        here.crawl("mode=backfill")

    assert set(here.archived()) == set(here.public())


@pytest.mark.parametrize("options", [{}, CLOSED], ids=["all", "listings alone"])
@on_sqlite
def test_what_is_published_while_a_backfill_runs_is_there_after_the_next_update(options, database_url):
    with rehearse(database_url, articles=30, days=300, page_size=4, same_second=0, oddities=(), **options) as here:

        def publish() -> None:
            here.clock.forward(seconds=1)
            here.newsroom.publish(section="actualites")

        here.server.faults.add("kind:listing", Meanwhile(publish), every=5, times=3)
        here.server.faults.add("kind:article", Meanwhile(publish), every=6, times=3)
        here.crawl("mode=backfill")
        assert len(here.public()) == 36

        here.server.faults.clear()
        here.clock.forward(hours=1)
        here.crawl()

    assert set(here.archived()) == set(here.public())


@dataclass
class Meanwhile:
    """Spoils nothing: something happens in the newsroom, then comes the right answer."""

    happens: Callable[[], None]

    async def __call__(self, exchange: Exchange) -> Any:
        self.happens()
        return exchange.send(exchange.answer())


@on_sqlite
def test_max_articles_is_kept_to_exactly_and_the_next_run_goes_on(database_url):
    with rehearse(database_url, articles=16, oddities=()) as here:
        here.crawl("max_articles=5")
        assert list(here.outcomes().values()) == ["stored"] * 5
        here.crawl("mode=backfill", "max_articles=7")
        assert list(here.outcomes().values()) == ["stored"] * 7
        here.crawl()
        assert list(here.outcomes().values()) == ["stored"] * 4

    assert set(here.archived()) == set(here.public())


@on_sqlite
def test_since_and_until_are_whole_days_of_the_sites_own_time(database_url):
    with rehearse(database_url, articles=24, days=90, oddities=()) as here:
        publish = here.newsroom.publish
        first = publish(at=datetime(2026, 9, 30, 22, 0, tzinfo=UTC))  # midnight in Paris, in summer
        before = publish(at=datetime(2026, 9, 30, 21, 59, 59, tzinfo=UTC))
        last = publish(at=datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC))  # the last second of the day, in winter
        after = publish(at=datetime(2026, 10, 31, 23, 0, tzinfo=UTC))
        edited = publish(at=datetime(2026, 8, 1, tzinfo=UTC), modified=datetime(2026, 10, 5, tzinfo=UTC))
        here.crawl("mode=backfill", "since=2026-10-01", "until=2026-10-31")
        found = {row["source_id"] for row in here.archived().values()}

        here.clock.forward(hours=1)
        here.crawl("since=2026-08-25")

    assert {str(one.id) for one in (first, last, edited)} <= found
    assert not {str(one.id) for one in (before, after)} & found
    assert found == {
        str(one.id)
        for one in here.public().values()
        if one.modified >= first.published and one.published <= last.published
    }
    assert set(here.archived()) == {
        key for key, one in here.public().items() if one.modified >= datetime(2026, 8, 24, 22, tzinfo=UTC)
    }


@pytest.mark.parametrize(
    ("asked", "slugs"),
    [
        ("politique", {"politique"}),
        ("Communiqué de Presse,HIGH-TECH", {"communique-de-presse", "high-tech"}),
        ("economie", {"economie"}),  # by its address
        ("Argent", {"economie"}),  # by its name in the menu
    ],
)
@on_sqlite
def test_sections_are_asked_for_by_label_or_address_and_nothing_else_is_fetched(asked, slugs, database_url):
    with rehearse(database_url, articles=24, oddities=()) as here:
        here.server.faults.add("/", Rewritten('/category/economie/">Economie<', '/category/economie/">Argent<'))
        for one in ("politique", "high-tech", "economie", "communique-de-presse"):
            here.newsroom.publish(section=one)
            here.newsroom.publish(sections=["culture", one])
        here.crawl(f"sections={asked}")

    assert set(here.archived()) == {
        key for key, one in here.public().items() if slugs & {slug for _, slug in one.sections}
    }
    assert {path for path in here.server.paths() if "/category/" in path} == {f"/category/{one}/" for one in slugs}


@on_sqlite
def test_sections_that_were_not_asked_for_are_left_alone_also_when_they_are_due(database_url):
    with rehearse(database_url, articles=12, oddities=()) as here:
        here.crawl()
        here.clock.forward(hours=1)
        mine, other = here.newsroom.publish(section="politique"), here.newsroom.publish(section="culture")
        here.crawl("sections=politique")

        assert here.outcomes() == {url_key(here.newsroom.url(mine)): "stored"}
        assert [path for path in here.server.paths() if "/category/" in path] == ["/category/politique/"]

        here.clock.forward(hours=1)
        here.crawl()
        assert here.outcome(other) == "stored"


@on_sqlite
def test_a_backfill_of_a_section_leaves_the_rest_of_the_past_alone(database_url):
    with rehearse(database_url, articles=24, days=300, oddities=()) as here:
        here.newsroom.publish(sections=["culture", "politique"], at=here.clock() - timedelta(days=90))
        here.newsroom.publish(section="politique", at=here.clock() - timedelta(days=200))
        here.crawl()
        recent = set(here.archived())
        here.crawl("mode=backfill", "sections=politique")

    politics = {key for key, one in here.public().items() if "politique" in dict(one.sections).values()}
    assert set(here.archived()) == recent | politics


@on_sqlite
def test_a_section_that_the_menu_does_not_show_ends_the_run_with_a_word_of_help(database_url):
    with rehearse(database_url, articles=3, oddities=()) as here:
        ended = crawl(f"{here.server.url}/", database_url, "sections=politik")

    assert ended.code == 2
    assert "there is no section politik in the menu; did you mean politique?" in ended.err
    assert here.archived() == {}
