"""Whether a run was well enough for what it missed to count."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, update

from foiscrawl.items import Outcome, OutcomeItem, UrlKind
from foiscrawl.storage import canaries
from foiscrawl.storage.models import removals as table
from foiscrawl.storage.models import runs, urls
from foiscrawl.storage.removals import Judged
from tests.storage.making import (
    DAY,
    HOME,
    NOON,
    Crawl,
    count,
    rows,
)
from tests.storage.vanishing import MISSED, WITNESSES, close, miss, removed, state, stock


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


@pytest.mark.parametrize(
    ("how", "complaint"),
    [
        ({"home": False}, "the front page could not be read"),
        ({"alive": 1}, "of 3 articles that are known to be live 1 answered"),
        ({"alive": 0}, "of 3 articles that are known to be live 0 answered"),
        ({"is_whole": False}, "the run was ended early"),
        ({"source": None}, "no list could be read"),
    ],
)
def test_a_run_whose_canaries_fail_counts_for_nothing_and_says_so(conn: Connection, how, complaint):
    (id_,) = stock(conn, "un/")

    judged = miss(conn, 0, "un/", **how)

    assert judged == Judged(complaint)
    assert judged.problem == f"{complaint}, so no article counts as missing"
    assert (state(conn, id_), count(conn, table)) == ("live", 0)
    assert [one["canaries"] for one in rows(conn, runs)] == [None, "failing"]
    miss(conn, 14, "un/")
    assert (state(conn, id_), removed(conn)[0]["looks"]) == ("suspected", 1)


def test_a_run_without_missing_articles_is_judged_too_and_calls_no_canaries(conn: Connection):
    stock(conn)
    assert close(Crawl(conn, NOON + DAY)) == Judged()
    assert close(Crawl(conn, NOON + 2 * DAY), home=False) == Judged()

    assert [one["canaries"] for one in rows(conn, runs)] == [None, "well", "failing"]


def test_a_run_in_which_enough_known_articles_answered_calls_no_canaries(conn: Connection):
    (id_,) = stock(conn, "un/")
    crawl = Crawl(conn, NOON + DAY)
    crawl.end("un/", *MISSED)
    for path in WITNESSES[:3]:
        crawl.end(path, Outcome.UNCHANGED, "same")
    assert canaries.call(conn, crawl.run, crawl.now) == []

    close(crawl)

    assert state(conn, id_) == "suspected"


def test_canaries_are_live_articles_of_the_wanted_sections_that_this_run_has_not_asked(conn: Connection):
    _, other, _ = stock(conn, "un/", "deux/", "trois/")
    for path, section in (
        ("deux/", "Culture"),
        ("temoin-1/", "Culture"),
        ("trois/", "Culture"),
        ("temoin-2/", "Monde"),
    ):
        conn.execute(update(urls).where(urls.c.url == HOME + path).values(section=section))
    miss(conn, 0, "trois/")
    conn.execute(update(urls).where(urls.c.url == HOME + "trois/").values(next_fetch_at=None))

    crawl = Crawl(conn, NOON + DAY, sections=["culture"])
    crawl.end("temoin-1/", Outcome.UNCHANGED)
    conn.execute(update(urls).where(urls.c.url == HOME + "un/").values(section="Culture"))
    crawl.end("un/", *MISSED)

    assert [one.article_id for one in canaries.call(conn, crawl.run, crawl.now)] == [other]


def test_sources_count_as_failing_only_where_the_site_has_some_and_the_run_asked_them(conn: Connection):
    (id_,) = stock(conn, "un/")

    def list_only(days: float, *asked: str) -> Judged:
        crawl = Crawl(conn, NOON + days * DAY)
        for path in asked:
            crawl.write(*_failed(crawl, path))
        crawl.end("un/", *MISSED)
        return close(crawl, source=UrlKind.LISTING)

    # A site without a feed, though each run asks for one.
    assert list_only(0, "flux/").complaint is None
    # It has one: the runs that ask in vain do not count, those that do not ask do.
    close(Crawl(conn, NOON + DAY), source=UrlKind.FEED)
    assert list_only(2, "flux/").complaint == "no feed, sitemap or REST list could be read"
    assert list_only(3).complaint is None
    # It had one once.
    assert list_only(40, "flux/").complaint is None
    assert state(conn, id_) == "removed"


def _failed(crawl: Crawl, path: str) -> list[Any]:
    return [OutcomeItem(fetch=crawl.fetch(path, UrlKind.FEED), outcome=Outcome.GONE, reason="http_404")]
