"""Sources that shrink or stand still are told, and asked for again."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine

from foiscrawl.items import LinkHint, ListingItem, Outcome, OutcomeItem, UrlKind
from foiscrawl.site import Expect
from foiscrawl.storage import sources
from tests.storage.making import DAY, HOME, HOUR, MINUTE, NOON, Crawl, hint, url_row


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def listed(number: int, newest: datetime | None = None, found_in: str = "feed") -> list[LinkHint]:
    return [
        hint(f"{n}/", found_in=found_in, rank=n, published=newest and newest - n * MINUTE)
        for n in range(number)
    ]  # fmt: skip


def read(conn: Connection, at: datetime, hints: list[LinkHint], kind: UrlKind = UrlKind.FEED, **values) -> list[str]:
    """A run that reads this one source. Gives what is told of it."""
    crawl = Crawl(conn, at)
    crawl.read("source/", *hints, kind=kind, **values)
    return sources.judge(conn, crawl.run, Expect(), at)


@pytest.mark.parametrize(
    ("kind", "name"), [(UrlKind.FEED, "feed"), (UrlKind.SITEMAP, "sitemap")], ids=["feed", "sitemap"]
)
def test_a_list_that_falls_under_half_of_its_median_is_told(conn, kind, name):
    for hours, number in enumerate([10, 11, 9]):
        assert read(conn, NOON + hours * HOUR, listed(number, found_in=name), kind) == []

    assert read(conn, NOON + 3 * HOUR, listed(5, found_in=name), kind) == []
    told = read(conn, NOON + 4 * HOUR, listed(4, found_in=name), kind)

    assert told == [f"the {name} {HOME}source/ lists 4 entries, 10 as a rule"]


def test_only_the_last_seven_whole_readings_count_and_a_cut_one_is_judged(conn):
    hours = iter(range(99))
    for number in [100, 100, 100, *[10] * 7]:
        read(conn, NOON + next(hours) * HOUR, listed(number))
    for _ in range(9):
        told = read(conn, NOON + next(hours) * HOUR, listed(3), complete=False)
        assert told == [f"the feed {HOME}source/ lists 3 entries, 10 as a rule"]

    assert read(conn, NOON + next(hours) * HOUR, listed(6)) == []


def test_two_readings_are_no_rule_but_an_empty_feed_is_told_at_once(conn):
    assert read(conn, NOON, listed(10)) == []
    assert read(conn, NOON + HOUR, listed(10)) == []
    assert read(conn, NOON + 2 * HOUR, listed(1)) == []
    assert read(conn, NOON + 3 * HOUR, []) == [f"the feed {HOME}source/ lists nothing"]


def test_of_rest_the_sites_own_count_is_compared_and_not_the_length_of_an_answer(conn):
    for hours in range(3):
        assert read(conn, NOON + hours * HOUR, listed(100, found_in="rest"), UrlKind.REST, total=1000) == []

    assert read(conn, NOON + 3 * HOUR, listed(1, found_in="rest"), UrlKind.REST) == []
    told = read(conn, NOON + 4 * HOUR, listed(100, found_in="rest"), UrlKind.REST, total=400)
    assert told == [f"the REST list {HOME}source/ lists 400 entries, 1000 as a rule"]


def test_what_has_shrunk_is_asked_for_again_and_without_validators(conn):
    def at(hours: int, number: int) -> list[str]:
        crawl = Crawl(conn, NOON + hours * HOUR)
        fetch = crawl.fetch("source/", UrlKind.SITEMAP, etag=f'"{hours}"')
        crawl.write(ListingItem(hints=tuple(listed(number, found_in="sitemap")), fetch=fetch))
        return sources.judge(conn, crawl.run, Expect(), NOON + hours * HOUR)

    for hours in range(3):
        assert at(hours, 10) == []
    row, left_out = url_row(conn, "source/"), url_row(conn, "9/")
    assert (row.etag, row.next_fetch_at) == ('"2"', None)

    assert len(at(3, 2)) == 1
    row = url_row(conn, "source/")
    assert (row.etag, row.next_fetch_at) == (None, NOON + 3 * HOUR)
    assert url_row(conn, "9/") == left_out


def test_a_source_that_stands_still_is_told_when_three_of_its_usual_pauses_are_over(conn):
    """It brings something each hour by day and nothing for eleven hours of the night: 34 hours are too many."""
    moment = NOON - 6 * HOUR
    for _ in range(4):
        for hour in [*range(14)]:
            newest = moment + hour * HOUR
            assert read(conn, newest + MINUTE, listed(3, newest + MINUTE)) == []
        moment += DAY
    newest = moment - DAY + 13 * HOUR + MINUTE

    assert read(conn, newest + 30 * HOUR, listed(3, newest)) == []
    crawl = Crawl(conn, newest + 34 * HOUR)
    same = OutcomeItem(fetch=crawl.fetch("source/", UrlKind.FEED, status=304), outcome=Outcome.UNCHANGED, reason="304")
    crawl.write(same)

    told = sources.judge(conn, crawl.run, Expect(), newest + 34 * HOUR)
    assert told == [f"the newest entry of the feed {HOME}source/ is 34 h old; its longest pause of a day is 11 h"]
    assert read(conn, newest + 35 * HOUR, listed(3, newest + 35 * HOUR)) == []


def test_the_usual_pause_takes_days_and_is_not_spoilt_by_one_outage():
    days = [NOON + day * DAY + hour * HOUR for day in range(8) for hour in (0, 2, 8)]

    assert sources.usual_pause(days[:6]) is None
    assert sources.usual_pause(days) == timedelta(hours=16)
    assert sources.usual_pause([one for one in days if not DAY <= one - NOON < 4 * DAY]) == timedelta(hours=16)


def test_the_thresholds_are_those_of_the_site_file(conn):
    for hours in range(3):
        read(conn, NOON + hours * HOUR, listed(10))
    crawl = Crawl(conn, NOON + 3 * HOUR)
    crawl.read("source/", *listed(8), kind=UrlKind.FEED)

    assert sources.judge(conn, crawl.run, Expect(), crawl.now) == []
    assert len(sources.judge(conn, crawl.run, Expect(source_share=0.9), crawl.now)) == 1
