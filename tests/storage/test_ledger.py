"""Runs: how they begin, end, die; and how far back an update goes."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine

from foiscrawl.items import Outcome, UrlKind
from foiscrawl.storage import ledger, queries
from foiscrawl.storage.models import fetches, runs, sites, urls
from tests.storage.making import DAY, HOME, HOUR, MINUTE, NOON, SITE, Crawl, article, hint, rows, url_row


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def test_a_site_enters_the_archive_once_and_its_address_may_move(conn: Connection):
    first = ledger.enter_site(conn, SITE, HOME, NOON)

    second = ledger.enter_site(conn, SITE, "https://www.essai.test/", NOON + DAY)

    row = rows(conn, sites)[0]
    assert first == second == row["id"]
    assert (row["name"], row["home"], row["created_at"]) == ("essai", "https://www.essai.test/", NOON)


def test_a_run_is_entered_with_what_it_was_asked_for(conn: Connection):
    site_id = ledger.enter_site(conn, SITE, HOME, NOON)

    run = ledger.begin_run(
        conn,
        SITE,
        site_id,
        NOON,
        mode="backfill",
        since=NOON - DAY,
        sections=["High-Tech", "Société"],
        arguments={"mode": "backfill"},
        versions={"foiscrawl": "1"},
    )

    row = rows(conn, runs)[0]
    assert (row["id"], row["mode"], row["outcome"], row["ended_at"]) == (run.id, "backfill", "running", None)
    assert (row["arguments"], row["versions"]) == ({"mode": "backfill"}, {"foiscrawl": "1"})
    assert row["started_at"] == row["heartbeat_at"] == NOON
    assert (run.update, run.oldest, run.sections) == (False, NOON - DAY, frozenset({"high tech", "societe"}))


def test_a_beat_moves_the_sign_of_life_and_nothing_else(conn: Connection):
    crawl = Crawl(conn)
    before = rows(conn, runs)[0]

    ledger.heartbeat(conn, crawl.run, NOON + MINUTE)

    assert rows(conn, runs)[0] == before | {"heartbeat_at": NOON + MINUTE}


def test_a_run_that_ends_leaves_no_address_without_an_outcome(conn: Connection):
    crawl = Crawl(conn)
    crawl.store(article("un/"))
    crawl.fetch("deux/")

    left = ledger.end_run(
        conn, crawl.run, "degraded", NOON + HOUR, exit_code=3, reason="mauvais jour", resume_at=NOON + DAY
    )

    row = rows(conn, runs)[0]
    assert left == 1
    assert (row["outcome"], row["ended_at"], row["exit_code"], row["reason"], row["resume_at"]) == (
        "degraded",
        NOON + HOUR,
        3,
        "mauvais jour",
        NOON + DAY,
    )
    assert [one["outcome"] for one in rows(conn, fetches)] == ["stored", "interrupted"]
    assert Crawl(conn, NOON + DAY).take() == ["deux/"]


def test_a_run_that_died_is_closed_at_its_last_sign_of_life_and_what_it_had_in_hand_is_due(conn: Connection):
    crawl = Crawl(conn)
    crawl.store(article("un/"))
    crawl.fetch("deux/")
    ledger.heartbeat(conn, crawl.run, NOON + MINUTE)

    dead = ledger.settle_crashed(conn, crawl.run.site_id, NOON + HOUR)

    row = rows(conn, runs)[0]
    assert dead == [crawl.run.id]
    assert (row["outcome"], row["ended_at"]) == ("crashed", NOON + MINUTE)
    assert [(one["outcome"], one["reason"]) for one in rows(conn, fetches)] == [
        ("stored", None),
        ("interrupted", "run_crashed"),
    ]
    assert rows(conn, fetches)[1]["settled_at"] == NOON + HOUR
    assert ledger.settle_crashed(conn, crawl.run.site_id, NOON + DAY) == []
    assert Crawl(conn, NOON + DAY).take() == ["deux/"]


def test_the_dead_runs_of_another_site_are_none_of_our_business(conn: Connection):
    Crawl(conn, site=replace(SITE, name="autre"))
    crawl = Crawl(conn)

    assert ledger.settle_crashed(conn, crawl.run.site_id, NOON + HOUR) == [crawl.run.id]


# --- the horizon -----------------------------------------------------------------------------------------------------


def horizon(conn: Connection) -> object:
    return rows(conn, sites)[0]["horizon_at"]


def test_the_first_run_on_an_empty_archive_sets_how_far_back_updates_go(conn: Connection):
    first = Crawl(conn).run
    second = Crawl(conn, NOON + 10 * DAY).run

    assert first.horizon == second.horizon == horizon(conn) == NOON - 30 * DAY
    assert first.oldest == NOON - 30 * DAY


def test_a_back_fill_looks_beyond_the_horizon_and_when_done_there_is_none_left(conn: Connection):
    back_fill = Crawl(conn, mode="backfill")
    back_fill.store(article("un/"))

    back_fill.end_run("done")

    assert back_fill.run.oldest is None
    assert horizon(conn) is None
    assert Crawl(conn, NOON + DAY).run.oldest is None


def test_a_back_fill_since_a_day_moves_the_horizon_to_that_day_but_never_forward(conn: Connection):
    Crawl(conn, mode="backfill", since=NOON - 90 * DAY).end_run("done")
    Crawl(conn, mode="backfill", since=NOON - 5 * DAY).end_run("done")

    assert horizon(conn) == NOON - 90 * DAY


@pytest.mark.parametrize(
    ("outcome", "wanted"), [("interrupted", {}), ("done", {"until": NOON - DAY}), ("done", {"sections": ["monde"]})]
)
def test_a_back_fill_that_did_not_see_everything_leaves_the_horizon(conn: Connection, outcome, wanted):
    Crawl(conn, mode="backfill", **wanted).end_run(outcome)

    assert horizon(conn) == NOON - 30 * DAY


def test_the_site_is_verified_at_the_address_that_named_itself(conn: Connection):
    crawl = Crawl(conn)

    ledger.verify_site(conn, crawl.run.site_id, "https://www.essai.test/", NOON + MINUTE)

    row = rows(conn, sites)[0]
    assert (row["home"], row["verified_at"]) == ("https://www.essai.test/", NOON + MINUTE)


def test_only_the_last_run_that_ended_can_ask_the_next_to_keep_away(conn: Connection):
    crawl = Crawl(conn)
    ledger.end_run(conn, crawl.run, "degraded", NOON, exit_code=3, resume_at=NOON + DAY)
    asked = ledger.resume_at(conn, crawl.run.site_id)

    Crawl(conn, NOON + 2 * DAY).end_run()

    assert asked == NOON + DAY
    assert ledger.resume_at(conn, crawl.run.site_id) is None


# --- what people read ------------------------------------------------------------------------------------------------


def test_a_summary_counts_every_outcome_and_what_is_open(conn: Connection):
    crawl = Crawl(conn)
    crawl.read("", hint("un/"), hint("deux/"), kind=UrlKind.HOME, skipped={"tag": 4})
    crawl.store(article("un/"), article("deux/"))
    crawl.end("trois/", Outcome.FAILED)
    crawl.fetch("quatre/")

    summary = queries.run_summary(conn, crawl.run.id)

    assert summary == queries.last_run(conn, crawl.run.site_id)
    assert {name: number for name, number in summary.counts.items() if number} == {"read": 1, "stored": 2, "failed": 1}
    assert set(summary.counts) == set(Outcome)
    assert (summary.open, summary.taken, summary.skipped) == (1, 5, {"tag": 4})
    assert (summary.mode, summary.outcome, summary.started_at, summary.ended_at) == ("update", "running", NOON, None)


def test_there_is_no_summary_of_a_run_that_never_was(conn: Connection):
    site_id = ledger.enter_site(conn, SITE, HOME, NOON)

    assert queries.run_summary(conn, 1) is None
    assert queries.last_run(conn, site_id) is None


def test_the_queue_counts_what_is_due_by_kind(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(hint("un/"), hint("deux/"), hint("feed/", UrlKind.FEED), hint("vieux/", published=NOON - 90 * DAY))
    crawl.end("trois/", Outcome.FAILED)

    queue = queries.queue(conn, crawl.run, NOON)

    assert (queue.by_kind, queue.due, queue.share) == ({"article": 2, "feed": 1}, 3, None)


def test_a_back_fill_tells_its_share_of_what_is_known_or_of_what_the_site_says_it_has(conn: Connection):
    crawl = Crawl(conn, mode="backfill")
    empty = queries.queue(conn, crawl.run, NOON).share
    crawl.learn(*(hint(f"article-{number}/") for number in range(4)))
    crawl.store(article("article-0/"))
    of_known = queries.queue(conn, crawl.run, NOON).share

    crawl.read("rest/", kind=UrlKind.REST, total=10)

    assert (empty, of_known, queries.queue(conn, crawl.run, NOON).share) == (None, 0.25, 0.1)


def test_an_archive_is_empty_until_it_holds_an_article(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(hint("un/"))
    before = queries.is_empty(conn, crawl.run.site_id)

    crawl.store(article("un/"))

    assert (before, queries.is_empty(conn, crawl.run.site_id)) == (True, False)


def test_what_was_left_outside_is_counted(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(hint("un/"), hint("vieux/", published=NOON - 90 * DAY))

    assert queries.outside(conn, crawl.run.site_id) == 1
    assert url_row(conn, "vieux/").state == "outside"
    assert len(rows(conn, urls)) == 2


def test_a_back_fill_began_with_the_first_run_after_the_last_that_was_done(conn: Connection):
    Crawl(conn, NOON, "backfill").end_run("done")
    Crawl(conn, NOON + HOUR, "backfill").end_run("interrupted")
    Crawl(conn, NOON + 2 * HOUR).end_run("done")
    last = Crawl(conn, NOON + 3 * HOUR, "backfill")

    assert queries.backfill_began(conn, last.run) == NOON + HOUR


def test_a_list_counts_as_read_from_the_moment_it_was_read(conn: Connection):
    crawl = Crawl(conn)
    crawl.read("liste/")
    key, site_id = "essai.test/liste", crawl.run.site_id

    assert queries.was_read_since(conn, site_id, key, NOON)
    assert not queries.was_read_since(conn, site_id, key, NOON + MINUTE)
    assert not queries.was_read_since(conn, site_id, "essai.test/autre", NOON)
