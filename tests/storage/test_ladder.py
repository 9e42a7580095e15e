"""When stored articles are looked at again, and which a run takes up for it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, update

from foiscrawl.items import Outcome
from foiscrawl.site import Recheck
from foiscrawl.storage import frontier, ladder, queries
from foiscrawl.storage.models import articles, urls
from tests.storage.making import DAY, HOME, HOUR, MINUTE, NOON, SITE, Crawl, article, hint, instant, statements, url_row


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def checks(crawl: Crawl, limit: int = 100, **values: datetime) -> list[str]:
    """Paths of what is taken up to be looked at again."""
    taken = frontier.take_checks(crawl.conn, crawl.run, limit, crawl.now, **values)
    crawl.taken |= {one.url: one for one in taken}
    assert all(one.by_ladder is not bool(values) for one in taken)
    return [one.url.removeprefix(HOME) for one in taken]


def schedule(conn: Connection, path: str) -> tuple[datetime | None, datetime | None, datetime | None]:
    row = url_row(conn, path)
    return row.checks_from, row.next_check_at, row.last_full_at


def test_looks_are_counted_from_publication_then_from_the_last_edit(conn: Connection):
    item = article("un/", source_id="1", published=instant(NOON - 30 * MINUTE))
    first = Crawl(conn)
    first.learn(hint("un/"))
    first.store(item)
    assert schedule(conn, "un/") == (NOON - 30 * MINUTE, NOON + 30 * MINUTE, NOON)

    looked = Crawl(conn, NOON + 31 * MINUTE)
    assert checks(looked) == ["un/"]
    looked.store(item)
    assert schedule(conn, "un/") == (NOON - 30 * MINUTE, NOON + 5 * HOUR + 30 * MINUTE, looked.now)

    edited = Crawl(conn, NOON + 6 * HOUR)
    assert checks(edited) == ["un/"]
    assert edited.store(replace(item, byline="B."))[0].outcome is Outcome.REVISED
    assert schedule(conn, "un/") == (edited.now, edited.now + HOUR, edited.now)


def test_a_look_that_brings_no_text_moves_the_next_one_and_no_full_answer(conn: Connection):
    Crawl(conn).store(article("un/", source_id="1"))
    later = Crawl(conn, NOON + HOUR)
    assert checks(later) == ["un/"]

    later.end("un/", Outcome.UNCHANGED, "not_modified")

    assert schedule(conn, "un/") == (NOON, NOON + 6 * HOUR, NOON)


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.GONE, Outcome.REFUSED])
def test_what_fails_or_is_gone_is_tried_again_in_its_own_time_and_not_by_ladder(conn: Connection, outcome: Outcome):
    Crawl(conn).store(article("un/", source_id="1"))
    later = Crawl(conn, NOON + HOUR)
    checks(later)
    later.end("un/", outcome)
    conn.execute(update(urls).values(next_check_at=NOON))

    assert url_row(conn, "un/").next_fetch_at is not None
    assert checks(Crawl(conn, NOON + DAY)) == []


def test_only_live_articles_that_this_run_has_not_taken_up_are_looked_at_longest_due_first(conn: Connection):
    stored = Crawl(conn)
    for path, age in (("b/", 10 * MINUTE), ("a/", 20 * MINUTE), ("removed/", 30 * MINUTE), ("announced/", 5 * MINUTE)):
        stored.store(article(path, path, source_id=path, published=instant(NOON - age)))
    removed = url_row(conn, "removed/").article_id
    conn.execute(update(articles).where(articles.c.id == removed).values(state="removed"))
    later = Crawl(conn, NOON + HOUR)
    later.learn(hint("announced/", modified=NOON + MINUTE))

    assert later.take() == ["announced/"]  # once, although its time had come as well
    assert checks(later, limit=1) == ["a/"]
    assert checks(later) == ["b/"]
    assert checks(later) == []
    other = Crawl(conn, NOON + HOUR)
    other.learn(hint("announced/", modified=NOON + 2 * MINUTE))
    assert checks(other) == ["a/", "b/"]


def test_sections_and_dates_that_were_asked_for_bound_the_looks_too(conn: Connection):
    stored = Crawl(conn)
    for path, section, age in (("un/", "Monde", DAY), ("deux/", "Culture", DAY), ("trois/", "Monde", 9 * DAY)):
        stored.learn(hint(path, section=section, published=NOON - age))
        stored.store(article(path, path, source_id=path, published=instant(NOON - age)))
    late = NOON + 40 * DAY

    assert sorted(checks(Crawl(conn, late, sections=["monde"]))) == ["trois/", "un/"]
    assert sorted(checks(Crawl(conn, late, since=NOON - 2 * DAY))) == ["deux/", "un/"]
    assert checks(Crawl(conn, late, until=NOON - 2 * DAY)) == ["trois/"]


def test_all_articles_are_those_not_asked_for_since_the_series_began(conn: Connection):
    stored = Crawl(conn)
    stored.store(article("un/", "un", source_id="1"), article("deux/", "deux", source_id="2"))
    first = Crawl(conn, NOON + MINUTE, arguments={"recheck": "all"})
    began = queries.checks_began(conn, first.run)
    assert began == first.now
    assert checks(first, limit=1, not_since=began) == ["un/"]
    first.store(article("un/", "un", source_id="1"))
    first.end_run("interrupted")

    second = Crawl(conn, NOON + HOUR, arguments={"recheck": "all"})
    assert queries.checks_began(conn, second.run) == began
    assert checks(second, not_since=began) == ["deux/"]
    second.store(article("deux/", "deux", source_id="2"))
    second.end_run()

    partial = Crawl(conn, NOON + 2 * HOUR, arguments={"recheck": "all", "max_articles": "1"})
    assert queries.checks_began(conn, partial.run) == partial.now
    partial.end_run()
    third = Crawl(conn, NOON + 3 * HOUR, arguments={"recheck": "all"})
    assert queries.checks_began(conn, third.run) == partial.now
    assert sorted(checks(third, not_since=partial.now)) == ["deux/", "un/"]


def test_an_article_that_moves_takes_its_schedule_along(conn: Connection):
    Crawl(conn).store(article("un/", source_id="1"))
    moved = Crawl(conn, NOON + HOUR)
    moved.learn(hint("deux/"))
    moved.store(article("deux/", source_id="1"))

    assert schedule(conn, "deux/") == (NOON, NOON + 6 * HOUR, moved.now)
    assert url_row(conn, "un/").next_check_at is None
    assert checks(Crawl(conn, NOON + 9 * DAY)) == ["deux/"]


def test_looks_begin_anew_for_edits_that_are_applied_later(conn: Connection):
    written = Crawl(conn).store(article("un/", source_id="1"), article("deux/", "deux", source_id="2"))
    late = Crawl(conn, NOON + 5 * DAY)

    ladder.start_anew(conn, late.run, [written[0].article_id or 0], late.now)

    assert schedule(conn, "un/") == (late.now, late.now + HOUR, NOON)
    assert schedule(conn, "deux/") == (NOON, NOON + HOUR, NOON)


def test_the_rungs_are_those_of_the_site_file(conn: Connection):
    site = replace(SITE, recheck=Recheck(hours=(2, 4)))
    Crawl(conn, site=site).store(article("un/", source_id="1"))

    assert schedule(conn, "un/")[1] == NOON + 2 * HOUR


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_what_is_due_is_found_by_an_index(conn: Connection):
    Crawl(conn).store(article("un/", source_id="1"))
    crawl = Crawl(conn, NOON + HOUR)

    ((sql, values), *_) = statements(conn, lambda: checks(crawl))

    plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any("ix_urls_check" in line for line in plan), plan
    assert not any(line.startswith("SCAN") for line in plan), plan
