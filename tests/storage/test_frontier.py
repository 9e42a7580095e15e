"""What is due is taken up once, handed back whole, and found by an index however much is known."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, text

from foiscrawl.items import LinkHint, ListingItem, Outcome, OutcomeItem, UrlKind
from foiscrawl.storage import frontier, queries
from foiscrawl.storage.frontier import Taken
from foiscrawl.storage.models import fetches, urls
from tests.storage.making import DAY, HOME, HOUR, MINUTE, NOON, Crawl, article, hint, rows, statements, url_row, words

OLD = NOON - 90 * DAY


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


# --- taking up -------------------------------------------------------------------------------------------------------


def test_taking_an_address_up_gives_what_is_known_of_it_and_opens_its_fetch(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(hint("un/", found_in="listing", published=NOON - HOUR, section="Monde", source_id="7"))
    written = crawl.store(article("un/", source_id="7"), etag='"a"', last_modified="lundi")[0]
    later = Crawl(conn, NOON + HOUR)
    later.learn(hint("un/", modified=NOON + HOUR))
    before = rows(conn, urls)

    taken = frontier.take(conn, later.run, [UrlKind.ARTICLE], 10, later.now)

    assert taken == [
        Taken(
            url_id=written.url_id,
            url=HOME + "un/",
            kind=UrlKind.ARTICLE,
            found_in="listing",
            page=1,
            section="Monde",
            attempts=0,
            etag='"a"',
            last_modified="lundi",
            article_id=written.article_id,
            source_id="7",
            announced_id="7",
            published_at=NOON - HOUR,
            modified_at=NOON + HOUR,
            last_fetched_at=NOON,
            last_full_at=NOON,
            checks_from=NOON,
        )
    ]
    opened = rows(conn, fetches)[1]
    assert (opened["run_id"], opened["url_id"], opened["kind"]) == (later.run.id, written.url_id, "article")
    assert (opened["taken_at"], opened["settled_at"], opened["outcome"]) == (NOON + HOUR, None, None)
    assert rows(conn, urls) == before


def test_addresses_come_in_the_order_of_their_kind_then_longest_due_first(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(hint("b/"), hint("a/"), hint("monde/", UrlKind.LISTING), hint("feed/", UrlKind.FEED))
    crawl.now -= HOUR
    crawl.learn(hint("c/"), hint("s.xml", UrlKind.SITEMAP), hint("rest/", UrlKind.REST), hint("", UrlKind.HOME))

    taken = frontier.take(conn, crawl.run, reversed(UrlKind), 100, NOON)

    paths = [one.url.removeprefix(HOME) for one in taken]
    assert paths == ["", "rest/", "s.xml", "feed/", "monde/", "c/", "b/", "a/"]


def test_no_more_are_taken_than_were_asked_for_and_only_of_the_kinds_that_were(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(*(hint(f"a{number}/") for number in range(3)), hint("feed/", UrlKind.FEED))

    mixed = frontier.take(conn, crawl.run, [UrlKind.ARTICLE, UrlKind.FEED], 2, NOON)
    assert [one.url for one in mixed] == [HOME + "feed/", HOME + "a0/"]
    assert crawl.take(limit=1) == ["a1/"]
    assert crawl.take(limit=2) == ["a2/"]
    assert crawl.take(UrlKind.LISTING) == []


def test_a_limit_of_articles_does_not_limit_lists(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(*(hint(f"a{number}/") for number in range(3)), *(hint(f"f{one}/", UrlKind.FEED) for one in range(3)))

    taken = frontier.take(conn, crawl.run, list(UrlKind), 100, NOON, most_articles=1)
    none = frontier.take(conn, crawl.run, list(UrlKind), 100, NOON, most_articles=0)

    assert [one.url.removeprefix(HOME) for one in taken] == ["f0/", "f1/", "f2/", "a0/"]
    assert none == []


def test_of_articles_and_section_pages_only_those_of_the_sections_that_were_asked_for_are_taken(conn: Connection):
    Crawl(conn).learn(
        hint("un/", section="High-Tech"),
        hint("deux/", section="Monde"),
        hint("trois/"),
        hint("high-tech/", UrlKind.LISTING, section="High-Tech"),
        hint("monde/", UrlKind.LISTING, section="Monde"),
        hint("", UrlKind.HOME),
    )
    crawl = Crawl(conn, sections=["high tech"])

    taken = frontier.take(conn, crawl.run, list(UrlKind), 100, NOON)

    assert [one.url.removeprefix(HOME) for one in taken] == ["", "high-tech/", "un/"]


def test_a_run_never_gets_an_address_twice_even_if_it_became_due_anew(conn: Connection):
    crawl = Crawl(conn)
    crawl.end("un/", Outcome.FAILED)
    crawl.now += 2 * MINUTE

    assert url_row(conn, "un/").next_fetch_at == NOON + MINUTE
    assert crawl.take() == []
    assert Crawl(conn, NOON + HOUR).take() == ["un/"]


def test_what_is_due_later_is_not_taken_unless_it_is_asked_for(conn: Connection):
    Crawl(conn).read("monde/")
    crawl = Crawl(conn, NOON + MINUTE)

    assert crawl.take(UrlKind.LISTING) == []
    early = frontier.take(conn, crawl.run, [UrlKind.LISTING], 10, crawl.now, due_by=NOON + HOUR)
    assert [one.url for one in early] == [HOME + "monde/"]


def test_what_is_handed_back_is_interrupted_and_still_due(conn: Connection):
    crawl = Crawl(conn)
    crawl.store(article("un/"))
    crawl.learn(hint("deux/"), hint("trois/"))
    crawl.take()
    ids = [one.url_id for one in crawl.taken.values()]

    released = frontier.release(conn, crawl.run, ids, NOON + MINUTE)

    assert released == 2
    assert [row["outcome"] for row in rows(conn, fetches)] == ["stored", "interrupted", "interrupted"]
    assert Crawl(conn, NOON + HOUR).take() == ["deux/", "trois/"]


# --- the site's own sources ------------------------------------------------------------------------------------------


def test_the_sources_of_a_site_are_due_in_every_run(conn: Connection):
    sources = [hint("", UrlKind.HOME, "site"), hint("feed/", UrlKind.FEED, "site")]
    for hour in range(3):
        crawl = Crawl(conn, NOON + hour * HOUR)
        planted = frontier.plant(conn, crawl.run, sources, crawl.now)
        taken = (crawl.take(UrlKind.HOME), crawl.take(UrlKind.FEED))
        crawl.read("", kind=UrlKind.HOME)
        crawl.read("feed/", kind=UrlKind.FEED)

        assert planted == [True, True]
        assert taken == ([""], ["feed/"])


# --- the past --------------------------------------------------------------------------------------------------------


def test_a_back_fill_opens_what_updates_left_outside_bit_by_bit(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(*(hint(f"vieux-{number}/", published=OLD) for number in range(3)), hint("monde/", UrlKind.LISTING))
    crawl.end_run()
    back_fill = Crawl(conn, NOON + HOUR, "backfill")

    opened = [frontier.open_outside(conn, back_fill.run, back_fill.now, limit=2) for _ in range(3)]

    assert opened == [2, 1, 0]
    assert back_fill.take() == ["vieux-0/", "vieux-1/", "vieux-2/"]


def test_a_back_fill_opens_only_what_it_was_asked_for(conn: Connection):
    Crawl(conn, sections=["aucune"]).learn(
        hint("un/", published=NOON - 5 * DAY, section="Monde"),
        hint("deux/", published=NOON - 3 * DAY, section="Monde"),
        hint("trois/", published=NOON - 3 * DAY, section="Économie"),
        hint("quatre/", published=NOON - DAY, section="Monde"),
        hint("cinq/", published=NOON - 5 * DAY, modified=NOON - 3 * DAY, section="MONDE"),
    )
    asked_for = {"since": NOON - 4 * DAY, "until": NOON - 2 * DAY, "sections": ["monde"]}
    back_fill = Crawl(conn, NOON + HOUR, "backfill", **asked_for)

    frontier.open_outside(conn, back_fill.run, back_fill.now)

    assert back_fill.take() == ["deux/", "cinq/"]


def test_an_update_puts_back_what_an_unfinished_back_fill_left_due(conn: Connection):
    back_fill = Crawl(conn, mode="backfill")
    back_fill.learn(hint("vieux/", published=OLD), hint("neuf/", published=NOON), hint("sans-date/"))
    back_fill.end("vieille-erreur/", Outcome.FAILED)
    back_fill.end_run("interrupted")
    update = Crawl(conn, NOON + HOUR)

    frontier.plant(conn, update.run, [], update.now)

    assert update.take() == ["neuf/", "sans-date/", "vieille-erreur/"]
    assert (url_row(conn, "vieux/").state, url_row(conn, "vieux/").next_fetch_at) == ("outside", None)


# --- at size ---------------------------------------------------------------------------------------------------------

MANY = 20_000


@pytest.fixture
def large(conn: Connection) -> Crawl:
    """A run on an archive that knows many addresses, none of them due."""
    crawl = Crawl(conn)
    common = {"site_id": crawl.run.site_id, "kind": "article", "state": "known", "found_in": "rest"}
    seen = {"first_seen_at": NOON, "last_seen_at": NOON, "first_run_id": crawl.run.id, "last_fetched_at": NOON}
    conn.execute(
        insert(urls),
        [
            {**common, **seen, "url": f"{HOME}article-{number}/", "url_key": f"essai.test/article-{number}"}
            for number in range(MANY)
        ],
    )
    conn.execute(text("ANALYZE"))
    return Crawl(conn, NOON + HOUR)


def test_the_start_of_a_run_reads_no_table_from_end_to_end(large: Crawl):
    seen = statements(large.conn, lambda: _start(large))

    plans = {statement: _plan(large.conn, statement, values) for statement, values in seen}
    scans = {statement: plan for statement, plan in plans.items() if _scans(plan)}

    assert len(plans) >= 6
    assert scans == {}


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_settling_reads_no_table_from_end_to_end(large: Crawl):
    stored = [article(f"neuf-{number}/", words(f"mot{number}"), source_id=str(number)) for number in range(3)]
    large.store(*stored[:2])
    later = Crawl(large.conn, NOON + 2 * HOUR)
    fetched = [replace(one, fetch=later.fetch(one.url.removeprefix(HOME))) for one in stored]
    fetched[1] = replace(
        fetched[1], headline="Neuf", content_hash="0" * 64, signature=fetched[2].signature, bands=fetched[2].bands
    )
    others = [OutcomeItem(fetch=later.fetch("article-1/"), outcome=Outcome.GONE, reason="http_404")]
    others.append(ListingItem(hints=(hint("autre/"),), fetch=later.fetch("s.xml", UrlKind.SITEMAP)))

    seen = statements(later.conn, lambda: later.write(*fetched, *others))

    scans = {f"SCAN {name}" for name in ("urls", "articles", "original", "fetches", "revisions", "near_bands", "tags")}
    # An INSERT's plan tells of foreign keys that SQLite looks at only while one is violated.
    plans = {one: _plan(later.conn, one, values) for one, values in seen if not one.startswith("INSERT")}
    assert len(plans) >= 20
    assert {one: plan for one, plan in plans.items() if scans & set(plan)} == {}


def test_hundreds_of_hints_take_as_many_statements_as_one(large: Crawl):
    counts = []
    for number in (1, 1000):
        hints = [hint(f"article-{one}/", modified=NOON + HOUR) for one in range(number)]
        hints += [hint(f"nouveau-{number}-{one}/") for one in range(number)]
        counts.append(len(statements(large.conn, lambda told=hints: large.learn(*told))))

    assert counts[0] == counts[1] <= 4


def _start(crawl: Crawl) -> None:
    conn, run, now = crawl.conn, crawl.run, crawl.now
    frontier.plant(conn, run, [hint("", UrlKind.HOME, "site")], now)
    frontier.preview(conn, run, [hint(f"article-{number}/") for number in range(1000)], now)
    crawl.learn(*(LinkHint(f"{HOME}article-{number}/", UrlKind.ARTICLE, "feed") for number in range(50)))
    frontier.take(conn, run, list(UrlKind), 8, now)
    queries.queue(conn, run, now)
    queries.run_counts(conn, run.id)


def _plan(conn: Connection, statement: str, values: Any) -> list[str]:
    command = "EXPLAIN" if conn.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    return [str(row[-1]) for row in conn.exec_driver_sql(f"{command} {statement}", values)]


def _scans(plan: list[str]) -> bool:
    return any(one.startswith("SCAN urls") or "Seq Scan on urls" in one for one in plan)
