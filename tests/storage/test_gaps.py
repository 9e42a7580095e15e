"""What the archive lacks: the views `coverage` and `coverage_by_day`, and what `foiscrawl gaps` reads."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, select

from foiscrawl.items import Outcome, UrlKind
from foiscrawl.storage import frontier, gaps
from foiscrawl.storage.gaps import Day, Wanted
from foiscrawl.storage.views import coverage, coverage_by_day
from tests.storage.making import DAY, HOME, HOUR, MINUTE, NOON, SITE, Crawl, article, hint, instant, url_row

ALL = Wanted(SITE.name)
LATE = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)  # 0.30 h on the 23rd in Paris


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


@pytest.fixture
def crawl(conn: Connection) -> Crawl:
    """A run after which an address is in each state."""
    crawl = Crawl(conn, mode="backfill", since=NOON - 30 * DAY)
    crawl.learn(hint("ancien/", published=NOON - 40 * DAY, section="Monde"))
    crawl.learn(hint("jamais/", published=LATE, section="Monde", found_in="feed"))
    for path in ("interdit/", "casse/", "parti/", "page/"):
        crawl.learn(hint(path, published=LATE, section="Monde", source_id="30" if path == "casse/" else None))
    crawl.learn(hint("sans-date/", found_in="ticker"), hint("clos/", published=LATE, section="Monde"))
    crawl.store(
        article("un/", "Le premier texte.", section="Monde", source_id="10", published=instant(LATE)),
        article("deux/", "Le second texte.", section="Politique", source_id="12", published=instant(NOON)),
    )
    crawl.store(article("troisieme/", "Le texte sans date.", source_id="13"))
    crawl.end("interdit/", Outcome.REFUSED, "robots")
    crawl.end("casse/", Outcome.FAILED, "http_500")
    crawl.end("parti/", Outcome.GONE, "http_404")
    crawl.end("page/", Outcome.SKIPPED, "page")
    crawl.quarantine(article("clos/", "", access="protected"), reason="protected")
    crawl.end("sans-date/", Outcome.INTERRUPTED)
    return crawl


def days(conn: Connection) -> dict[tuple[str | None, str | None], dict[str, int]]:
    found = {}
    for row in conn.execute(select(coverage_by_day)).mappings():
        counts = {name: row[name] for name in ("seen", *gaps.STATES) if row[name]}
        found[row["section"], row["day"]] = counts
    return found


def test_each_article_that_was_told_of_is_counted_once_in_its_section_and_day(conn, crawl):
    assert days(conn) == {
        ("Monde", "2026-11-22"): {
            "seen": 7, "stored": 1, "refused": 2, "failed": 1, "gone": 1, "no_article": 1, "missing": 1,
        },
        ("Monde", "2026-10-14"): {"seen": 1, "left_aside": 1},
        ("Politique", "2026-11-23"): {"seen": 1, "stored": 1},
        (None, None): {"seen": 2, "stored": 1, "missing": 1},
    }  # fmt: skip


def test_an_article_with_many_addresses_is_one_and_one_whose_address_was_given_away_is_not_lost(conn, crawl):
    before = sum(one["seen"] for one in days(conn).values())
    # The same article at a second address, and a known one that moved to a third.
    crawl.learn(hint("?p=10"))
    fetch = crawl.fetch("?p=10", final_url=HOME + "un/", redirects=(HOME + "?p=10",))
    crawl.write(replace(article("un/", "Le premier texte.", section="Monde", source_id="10"), fetch=fetch))
    crawl.store(article("deux-bis/", "Le second texte.", section="Politique", source_id="12"))
    assert sum(one["seen"] for one in days(conn).values()) == before

    # Another article stands at the address of a known one.
    later = Crawl(conn, NOON + DAY)
    later.store(article("un/", "Un tout autre texte.", section="Monde", source_id="99"))

    assert sum(one["stored"] for one in days(conn).values() if "stored" in one) == 4
    assert conn.execute(select(coverage.c.source_id).where(coverage.c.url_id.is_(None))).scalars().all() == ["10"]


def test_the_report_closes_with_the_view(conn, crawl):
    told = gaps.report(conn, ALL)

    by_view = {(row.section, row.day): row for row in conn.execute(select(coverage_by_day))}
    assert {(day.section, day.day) for day in told.days} == set(by_view)
    for day in told.days:
        row = by_view[day.section, day.day]
        assert (day.seen, day.counts) == (row.seen, {state: getattr(row, state) for state in gaps.STATES})
    assert told.seen == sum(told.total(state) for state in gaps.STATES) == 11
    assert told.reasons == {
        "refused": {"robots": 1, "protected": 1},
        "failed": {"http_500": 1},
        "gone": {"http_404": 1},
        "no_article": {"page": 1},
        "left_aside": {"": 1},
        "missing": {"": 2},
    }
    assert (told.lacking(left_aside=False), told.lacking(left_aside=True)) == (3, 4)


def test_what_is_not_stored_is_named_with_its_reason_and_what_happens_next(conn, crawl):
    found = {one.url.removeprefix(HOME): one for one in gaps.not_stored(conn, ALL)}

    assert list(found)[:2] == ["jamais/", "sans-date/"]
    assert {path: (one.state, one.reason, one.found_in) for path, one in found.items()} == {
        "jamais/": ("missing", None, "feed"),
        "sans-date/": ("missing", None, "ticker"),
        "ancien/": ("left_aside", None, "rest"),
        "page/": ("no_article", "page", "rest"),
        "parti/": ("gone", "http_404", "rest"),
        "casse/": ("failed", "http_500", "rest"),
        "interdit/": ("refused", "robots", "rest"),
        "clos/": ("refused", "protected", "rest"),
    }
    failed, missing, aside = found["casse/"], found["jamais/"], found["ancien/"]
    assert (failed.last_tried_at, failed.due_at) == ("2026-11-23T12:00:00Z", "2026-11-23T12:01:00Z")
    assert (missing.last_tried_at, missing.due_at) == (None, "2026-11-23T12:00:00Z")
    assert (aside.due_at, aside.published_at) == (None, "2026-10-14T12:00:00Z")


@pytest.mark.parametrize(
    ("wanted", "states"),
    [
        (replace(ALL, since=LATE + MINUTE), {"stored": 2, "missing": 1}),  # those without a date may lie in it
        (replace(ALL, until=LATE - MINUTE), {"stored": 1, "missing": 1, "left_aside": 1}),
        (replace(ALL, sections=("Politique",)), {"stored": 1}),
        (replace(ALL, sections=("Monde",), since=LATE, until=LATE),
         {"stored": 1, "refused": 2, "failed": 1, "gone": 1, "no_article": 1, "missing": 1}),
    ],
    ids=["since", "until", "section", "all of them"],
)  # fmt: skip
def test_dates_and_section_choose(conn, crawl, wanted, states):
    told = gaps.report(conn, wanted)

    assert {state: told.total(state) for state in gaps.STATES if told.total(state)} == states
    assert told.declared is None
    assert len(gaps.not_stored(conn, wanted)) == sum(states.values()) - states.get("stored", 0)


def test_what_only_tells_its_last_change_was_not_published_later(conn):
    crawl = Crawl(conn, since=NOON - 9 * DAY)
    crawl.learn(hint("vieux/", found_in="sitemap", modified=NOON - 5 * DAY))

    assert gaps.report(conn, replace(ALL, since=NOON - 4 * DAY)).seen == 0
    assert gaps.report(conn, replace(ALL, since=NOON - 6 * DAY)).seen == 1


def test_a_section_is_meant_by_its_label_or_its_name_in_addresses():
    known = ["Jeux vidéo", "JEUX VIDÉO", "Jeux", "High-Tech"]

    assert gaps.spelt(known, "jeux-video") == ("Jeux vidéo", "JEUX VIDÉO")
    assert gaps.spelt(known, "high-tech") == ("High-Tech",)
    assert gaps.spelt(known, "jeu") == ()


def test_the_sections_and_a_site_that_nobody_crawled(conn, crawl):
    assert gaps.sections(conn, SITE.name) == ["Monde", "Politique"]
    with pytest.raises(LookupError):
        gaps.report(conn, Wanted("ailleurs"))


def test_what_rest_declares_is_compared_with_what_its_pages_listed(conn):
    def page(crawl: Crawl, number: int, listed: int, total: int | None) -> None:
        path = "wp-json/" if number == 1 else f"wp-json/?page={number}"
        crawl.learn(hint(path, UrlKind.REST, "rest", page=number))
        crawl.read(path, *(hint(f"{number}-{n}/") for n in range(listed)), kind=UrlKind.REST, total=total)

    first = Crawl(conn)
    assert gaps.report(conn, ALL).declared is None
    page(first, 1, 100, 250)
    page(first, 2, 99, 250)
    assert gaps.report(conn, ALL).declared == gaps.Declared(250, 199, NOON)
    page(first, 3, 50, 250)
    assert gaps.report(conn, ALL).declared == gaps.Declared(250, 249, NOON)

    update = Crawl(conn, NOON + HOUR)
    page(update, 1, 2, None)  # asked for what changed: this says nothing of the whole
    assert gaps.report(conn, ALL).declared == gaps.Declared(250, 249, NOON)

    again = Crawl(conn, NOON + DAY)
    page(again, 1, 100, 200)
    page(again, 2, 100, 200)
    told = gaps.report(conn, ALL)
    assert told.declared == gaps.Declared(200, 200, NOON + DAY)  # what was page three is none any more
    assert told.declared.unlisted == 0


def test_lists_that_were_not_read_are_told_and_shut_doors_are_not(conn):
    crawl = Crawl(conn)
    crawl.learn(hint("nouvelle/", UrlKind.LISTING, "menu"))
    crawl.read("entier.xml", hint("un/"), kind=UrlKind.SITEMAP)
    crawl.read("coupe.xml", hint("un/"), kind=UrlKind.SITEMAP, complete=False)
    for path, outcome, reason in (
        ("panne/", Outcome.FAILED, "http_500"),
        ("html/", Outcome.FAILED, "no_source:not_a_feed"),
        ("absent/", Outcome.GONE, "http_404"),
    ):
        crawl.fetch(path, UrlKind.FEED)
        crawl.end(path, outcome, reason)

    told = gaps.report(conn, ALL)
    assert [(one.url.removeprefix(HOME), one.state, one.reason) for one in told.lists] == [
        ("panne/", "failed", "http_500"),
        ("nouvelle/", "new", None),
        ("coupe.xml", "cut", "incomplete"),
    ]
    assert told.lacking(left_aside=False) == 4  # un/, which is due, and three lists


def test_numbers_that_nobody_listed(conn, crawl):
    told = gaps.report(conn, ALL).numbers
    assert told is not None
    assert (told.least, told.greatest, told.known, told.unknown) == (10, 30, 4, 17)
    assert told.ranges == ((11, 11), (14, 29))

    politics = gaps.report(conn, replace(ALL, sections=("Monde",))).numbers
    assert politics is not None
    assert (politics.least, politics.greatest, politics.known) == (10, 30, 4)  # those of other sections are known, too
    assert gaps.report(conn, replace(ALL, sections=("Ailleurs",))).numbers is None


def test_what_is_made_due_is_taken_by_the_run_and_what_is_stored_is_left(conn, crawl):
    ids = {path: url_row(conn, path).id for path in ("casse/", "ancien/", "un/", "parti/")}
    later = Crawl(conn, NOON + timedelta(seconds=20))

    assert gaps.make_due(conn, list(ids.values()), later.now) == 3
    assert set(later.take()) >= {"casse/", "ancien/", "parti/"}
    assert "un/" not in later.taken
    assert url_row(conn, "ancien/").state == "outside"  # and an update does not put it back
    gaps.make_due(conn, list(ids.values()), later.now)
    frontier.shut_outside(conn, later.run)
    assert url_row(conn, "ancien/").next_fetch_at == later.now
    later.store(article("casse/", "Enfin.", source_id="30"))
    later.end("parti/", Outcome.GONE, "http_410")

    became = gaps.became(conn, later.run.id, list(ids.values()))
    assert {one.url.removeprefix(HOME): (one.outcome, one.reason) for one in became} == {
        "casse/": ("stored", None),
        "ancien/": (None, None),
        "parti/": ("gone", "http_410"),
        "un/": (None, None),
    }


def test_a_day_tells_how_many_were_seen():
    assert Day(None, None, dict.fromkeys(gaps.STATES, 2)).seen == 14
