"""Who stood where, from which reading to which."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, select

from foiscrawl.items import LinkHint, ListingItem, Outcome, OutcomeItem, UrlKind
from foiscrawl.storage.models import fetches, places, sightings
from foiscrawl.storage.views import section_fronts
from tests.storage.making import DAY, HOME, HOUR, MINUTE, NOON, Crawl, article, count, hint, rows, statements, url_row

SECTION = hint("monde/", UrlKind.LISTING, "menu", section="Monde")


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def ranked(*paths: str, found_in: str = "listing") -> list[LinkHint]:
    return [hint(path, found_in=found_in, rank=rank) for rank, path in enumerate(paths, start=1)]


def read(conn: Connection, hours: float, *hints: LinkHint, path: str = "monde/", **values: Any) -> Crawl:
    """A run of its own, so many hours after noon, that reads this list."""
    crawl = Crawl(conn, NOON + hours * HOUR)
    crawl.learn(SECTION)
    crawl.read(path, *hints, **values)
    return crawl


def stood(conn: Connection, place: str = "listing") -> list[tuple[int, str, str, str | None]]:
    """Rank, path, from, to; the moments as hours and minutes."""
    order = section_fronts.c.rank, section_fronts.c.from_at
    found = conn.execute(select(section_fronts).where(section_fronts.c.place == place).order_by(*order))
    return [(row.rank, row.url.removeprefix(HOME), row.from_at[11:16], row.to_at and row.to_at[11:16]) for row in found]


def test_an_unchanged_reading_adds_no_row_and_touches_none(conn):
    first = read(conn, 0, *ranked("un/", "deux/"))
    before = rows(conn, sightings)

    for hours in range(1, 25):
        last = read(conn, hours, *ranked("un/", "deux/"))

    assert rows(conn, sightings) == before
    assert {(row["from_run_id"], row["to_run_id"]) for row in before} == {(first.run.id, None)}
    (place,) = rows(conn, places)
    assert (place["kind"], place["section"], place["url_id"]) == ("listing", "Monde", url_row(conn, "monde/").id)
    assert (place["last_run_id"], place["last_read_at"]) == (last.run.id, NOON + DAY)
    assert {row.read_at for row in conn.execute(select(section_fronts))} == {"2026-11-24T12:00:00Z"}


def test_a_change_closes_with_the_reading_before_and_leaves_what_stayed(conn):
    first = read(conn, 0, *ranked("un/", "deux/", "trois/"))
    second = read(conn, 1, *ranked("un/", "deux/", "trois/"))
    third = read(conn, 2, *ranked("un/", "quatre/", "trois/", "cinq/"))

    assert stood(conn) == [
        (1, "un/", "12:00", None),
        (2, "deux/", "12:00", "13:00"),
        (2, "quatre/", "14:00", None),
        (3, "trois/", "12:00", None),
        (4, "cinq/", "14:00", None),
    ]
    runs = {(row["rank"], row["from_run_id"], row["to_run_id"]) for row in rows(conn, sightings)}
    assert {one for one in runs if one[0] == 2} == {(2, first.run.id, second.run.id), (2, third.run.id, None)}


def test_what_is_put_on_top_moves_all_the_others(conn):
    read(conn, 0, *ranked("un/", "deux/"))
    read(conn, 1, *ranked("neuf/", "un/"))
    read(conn, 2, *ranked("un/", "deux/"))

    assert stood(conn) == [
        (1, "un/", "12:00", "12:00"),
        (1, "neuf/", "13:00", "13:00"),
        (1, "un/", "14:00", None),
        (2, "deux/", "12:00", "12:00"),
        (2, "un/", "13:00", "13:00"),
        (2, "deux/", "14:00", None),
    ]


def test_who_was_first_at_six_is_one_select(conn):
    read(conn, 0, *ranked("un/", "deux/"))
    read(conn, 5.5, *ranked("deux/", "un/"))
    last = read(conn, 6.5, *ranked("trois/", "deux/"))
    last.store(article("deux/", headline="Second titre", section="Monde"))

    at_six = conn.exec_driver_sql(
        "SELECT url, headline FROM section_fronts WHERE place = 'listing' AND section = 'Monde' AND rank = 1"
        " AND from_at <= '2026-11-23T18:00:00Z' ORDER BY from_at DESC LIMIT 1"
    ).all()

    assert [tuple(row) for row in at_six] == [(HOME + "deux/", "Second titre")]


@pytest.mark.parametrize(
    "reading",
    [
        {"hints": ranked("un/"), "complete": False},
        {"hints": ranked("un/"), "status": 500},
        {"hints": []},
        {"hints": ranked("fil/", found_in="ticker")},
    ],
    ids=["cut", "error", "empty", "only what stands on every page"],
)
def test_a_list_that_could_not_be_read_closes_nothing(conn, reading):
    read(conn, 0, *ranked("un/", "deux/"), *ranked("tete/", found_in="featured"))
    before = rows(conn, sightings), rows(conn, places)

    crawl = Crawl(conn, NOON + HOUR)
    fetch = crawl.fetch("monde/", UrlKind.LISTING, status=reading.get("status", 200))
    crawl.write(ListingItem(hints=tuple(reading["hints"]), complete=reading.get("complete", True), fetch=fetch))

    assert (rows(conn, sightings), rows(conn, places)) == before


def test_a_strip_without_a_list_below_it_is_a_place_and_says_nothing_of_the_list(conn):
    read(conn, 0, *ranked("un/"), *ranked("tete/", found_in="featured"))
    read(conn, 1, *ranked("autre/", found_in="featured"))

    assert stood(conn, "featured") == [(1, "tete/", "12:00", "12:00"), (1, "autre/", "13:00", None)]
    assert stood(conn) == [(1, "un/", "12:00", None)]


def test_a_strip_that_is_taken_down_is_closed_with_the_list_that_was_read(conn):
    read(conn, 0, *ranked("un/"), *ranked("tete/", "un/", found_in="featured"))
    read(conn, 1, *ranked("un/"))

    assert stood(conn, "featured") == [(1, "tete/", "12:00", "12:00"), (2, "un/", "12:00", "12:00")]
    assert stood(conn) == [(1, "un/", "12:00", None)]


def test_each_list_of_the_front_page_is_a_place_and_of_a_section_page_only_its_own(conn):
    around = [*ranked("a/", "b/", found_in="ticker"), *ranked("a/", found_in="widget")]
    read(conn, 0, *ranked("a/", "c/", found_in="front"), *around, path="", kind=UrlKind.HOME)
    read(conn, 1, *ranked("a/"), *ranked("c/", found_in="featured"), *around)

    found = {(row["kind"], row["section"]) for row in rows(conn, places)}
    assert found == {
        ("front", None), ("ticker", None), ("widget", None), ("listing", "Monde"), ("featured", "Monde"),
    }  # fmt: skip
    assert count(conn, sightings) == 2 + 2 + 1 + 1 + 1
    assert stood(conn, "ticker") == [(1, "a/", "12:00", None), (2, "b/", "12:00", None)]


def test_a_front_page_at_another_address_ends_what_stood_at_the_old_one(conn):
    read(conn, 0, *ranked("a/", "b/", found_in="front"), path="", kind=UrlKind.HOME)
    read(conn, 1, *ranked("a/", "c/", found_in="front"), path="accueil/", kind=UrlKind.HOME)

    assert stood(conn, "front") == [
        (1, "a/", "12:00", "12:00"),
        (1, "a/", "13:00", None),
        (2, "b/", "12:00", "12:00"),
        (2, "c/", "13:00", None),
    ]


def test_a_front_page_that_was_read_for_some_sections_only_says_nothing(conn):
    read(conn, 0, *ranked("a/", found_in="front"), path="", kind=UrlKind.HOME)
    crawl = Crawl(conn, NOON + HOUR, sections=["monde"])
    crawl.read("", SECTION, *ranked("b/", found_in="front"), kind=UrlKind.HOME)
    crawl.read("monde/", *ranked("b/"))

    assert stood(conn, "front") == [(1, "a/", "12:00", None)]
    assert stood(conn) == [(1, "b/", "13:00", None)]
    listed = dict(conn.execute(select(fetches.c.kind, fetches.c.listed).where(fetches.c.run_id == crawl.run.id)).all())
    assert listed == {"home": None, "listing": 1}


def test_further_pages_of_a_list_are_no_places(conn):
    crawl = read(conn, 0, *ranked("un/"))
    crawl.learn(hint("monde/page/2/", UrlKind.LISTING, "listing", page=2))
    crawl.read("monde/page/2/", *ranked("deux/"))

    assert count(conn, places) == 1
    assert stood(conn) == [(1, "un/", "12:00", None)]


def test_of_two_addresses_at_one_rank_the_first_is_noted_and_an_address_may_stand_twice(conn):
    read(conn, 0, hint("a/", found_in="listing", rank=1), hint("b/", found_in="listing", rank=1),
         hint("a/", found_in="listing", rank=3), hint("c/", found_in="listing"))  # fmt: skip

    assert stood(conn) == [(1, "a/", "12:00", None), (3, "a/", "12:00", None)]


def test_a_feed_that_answers_304_says_that_nothing_changed(conn):
    read(conn, 0, *ranked("un/", found_in="feed"), path="feed/", kind=UrlKind.FEED)
    crawl = Crawl(conn, NOON + HOUR)
    fetch = crawl.fetch("feed/", UrlKind.FEED, status=304)
    crawl.write(OutcomeItem(fetch=fetch, outcome=Outcome.UNCHANGED, reason="not_modified"))

    (place,) = rows(conn, places)
    assert (place["kind"], place["last_run_id"], place["last_read_at"]) == ("feed", crawl.run.id, NOON + HOUR)
    assert stood(conn, "feed") == [(1, "un/", "12:00", None)]

    read(conn, 2, *ranked("deux/", found_in="feed"), path="feed/", kind=UrlKind.FEED)
    assert stood(conn, "feed") == [(1, "un/", "12:00", "13:00"), (1, "deux/", "14:00", None)]


def test_an_empty_feed_is_not_asked_for_with_its_validators(conn):
    """Else it would answer 304, and what stood in it before would be taken to stand there still."""
    crawl = Crawl(conn)
    for path, hints in (("feed/", ()), ("autre/feed/", tuple(ranked("un/", found_in="feed")))):
        crawl.write(ListingItem(hints=hints, fetch=crawl.fetch(path, UrlKind.FEED, etag='"1"')))

    assert (url_row(conn, "feed/").etag, url_row(conn, "autre/feed/").etag) == (None, '"1"')


def test_listed_declared_and_newest_are_counted_for_lists(conn):
    crawl = Crawl(conn)
    dated = [hint(f"{n}/", found_in="rest", rank=n, published=NOON - n * HOUR, modified=NOON - n * MINUTE)
             for n in (2, 3)]  # fmt: skip
    crawl.read("wp-json/", *dated, dated[0], kind=UrlKind.REST, total=40)
    crawl.read("sitemap.xml", hint("1.xml", UrlKind.SITEMAP, "sitemap"), kind=UrlKind.SITEMAP)
    crawl.read("monde/", *ranked("a/", "b/"), *ranked("b/", "c/", found_in="featured"),
               *ranked("d/", found_in="widget"), hint("monde/page/2/", UrlKind.LISTING, "listing", page=2))  # fmt: skip
    crawl.store(article("a/"))

    columns = fetches.c.kind, fetches.c.listed, fetches.c.declared, fetches.c.newest_at
    settled = conn.execute(select(*columns).where(fetches.c.outcome.is_not(None)))
    assert sorted(map(tuple, settled)) == [
        ("article", None, None, None),
        ("listing", 3, None, None),
        ("rest", 2, 40, NOON - 2 * MINUTE),
        ("sitemap", 1, None, None),
    ]


def test_a_cut_sitemap_is_read_again_whatever_its_index_says(conn):
    crawl = Crawl(conn)
    crawl.read("1.xml", hint("un/", found_in="sitemap"), kind=UrlKind.SITEMAP, complete=False)

    assert url_row(conn, "1.xml").next_fetch_at == NOON + MINUTE
    crawl.read("2.xml", hint("un/", found_in="sitemap"), kind=UrlKind.SITEMAP)
    assert url_row(conn, "2.xml").next_fetch_at is None


def test_a_reading_takes_as_many_statements_for_a_hundred_cards_as_for_two(conn):
    read(conn, 0, *ranked("un/"))

    def sent(number: int, hours: int) -> int:
        return len(statements(conn, lambda: read(conn, hours, *ranked(*(f"{hours}-{n}/" for n in range(number))))))

    assert sent(2, 1) == sent(100, 2)
