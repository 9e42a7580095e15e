"""Looks at missing articles, the judgement at a run's end, and what a person decides."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, func, select, text

from foiscrawl.items import Outcome
from foiscrawl.removal import RULE
from foiscrawl.storage import ledger, removals
from foiscrawl.storage.models import alarms, articles, looks, revisions, runs
from foiscrawl.storage.models import removals as table
from foiscrawl.storage.removals import Judged
from tests.storage.making import (
    DAY,
    HOME,
    HOUR,
    MINUTE,
    NOON,
    Crawl,
    article,
    article_row,
    count,
    rows,
    statements,
    url_row,
)
from tests.storage.vanishing import MISSED, close, miss, removed, state, stock


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def test_three_looks_over_fourteen_days_make_a_removal_and_the_text_is_kept(conn: Connection):
    (id_,) = stock(conn, "un/")
    states = []
    for days in (0, 1, 7, 13, 14):
        judged = miss(conn, days, "un/")
        states.append((judged.confirmed, state(conn, id_)))

    assert states == [(0, "suspected")] * 4 + [(1, "removed")]
    assert removed(conn) == [
        {
            "article_id": id_,
            "url": f"{HOME}un/",
            "source_id": "100",
            "headline": "Titre",
            "state": "removed",
            "last_status": 200,  # of the builder's fetches
            "looks": 5,
            "first_failed_at": "2026-11-23T12:00:00Z",
            "confirmed_at": "2026-12-07T12:00:00Z",
            "returned_at": None,
            "rule": RULE,
        }
    ]
    assert [one["body_text"] for one in rows(conn, revisions) if one["article_id"] == id_] == ["Texte de un/"]
    assert {one["canaries"] for one in rows(conn, runs)[1:]} == {"well"}


@pytest.mark.parametrize(
    ("outcome", "reason", "verdict", "after", "state"),
    [
        (Outcome.GONE, "http_410", "gone", 1, "removed"),
        (Outcome.REFUSED, "http_451", "legal", 14, "withdrawn"),
        (Outcome.REFUSED, "http_403", "forbidden", 14, "withdrawn"),
        (Outcome.SKIPPED, "redirect_home", "redirect_home", 14, "removed"),
        (Outcome.SKIPPED, "redirect_other_article", "redirect_stranger", 14, "removed"),
    ],
)
def test_each_way_to_go_has_its_verdict_and_its_state(conn: Connection, outcome, reason, verdict, after, state):
    (id_,) = stock(conn, "un/")
    for days in (0, after / 2):
        miss(conn, days, "un/", outcome=outcome, reason=reason)
    assert article_row(conn, id_).state == "suspected"
    assert url_row(conn, "un/").next_fetch_at is not None

    miss(conn, after, "un/", outcome=outcome, reason=reason)

    assert article_row(conn, id_).state == state
    assert {one["verdict"] for one in rows(conn, looks)} == {verdict}
    assert removed(conn)[0]["state"] == state


def test_a_page_that_says_404_with_200_is_a_look_and_other_doubts_are_none(conn: Connection):
    (first, second) = stock(conn, "un/", "deux/")
    crawl = Crawl(conn, NOON + DAY)
    crawl.quarantine(article("un/", ""), "soft_404")
    crawl.quarantine(article("deux/", ""), "consent")
    close(crawl)

    assert [(one["article_id"], one["verdict"]) for one in rows(conn, looks)] == [(first, "soft_404")]
    assert (state(conn, first), state(conn, second)) == ("suspected", "live")


def test_a_missing_article_stays_due_and_one_that_was_never_stored_is_simply_gone(conn: Connection):
    stock(conn, "un/")
    offsets, at = [], NOON
    while len(offsets) < 7:
        Crawl(conn, at).end("un/", Outcome.GONE, "http_404")
        at = url_row(conn, "un/").next_fetch_at
        offsets.append((at - NOON) / HOUR)
    Crawl(conn).end("jamais/", Outcome.GONE, "http_404")

    assert offsets == [1, 24, 72, 168, 336, 360, 384]
    assert {one["url_id"] for one in rows(conn, looks)} == {url_row(conn, "un/").id}
    assert count(conn, table) == 0  # no run was judged


def test_what_is_believed_is_looked_at_monthly_and_a_look_more_changes_only_the_evidence(conn: Connection):
    (id_,) = stock(conn, "un/")
    for days in (0, 7, 14):
        miss(conn, days, "un/")
    before = removed(conn)[0]

    judged = miss(conn, 15, "un/")

    assert judged == Judged()
    assert url_row(conn, "un/").next_fetch_at == NOON + 45 * DAY
    assert removed(conn)[0] == before | {"looks": 4}
    assert state(conn, id_) == "removed"


def test_looks_of_a_run_that_died_never_count(conn: Connection):
    (id_,) = stock(conn, "un/")
    dead = Crawl(conn, NOON)
    dead.end("un/", *MISSED)
    ledger.settle_crashed(conn, dead.run.site_id, NOON + HOUR)
    miss(conn, 7, "un/")
    miss(conn, 14, "un/")

    assert state(conn, id_) == "suspected"
    assert (removed(conn)[0]["looks"], count(conn, looks)) == (2, 3)


def test_an_alias_that_vanishes_while_the_article_lives_is_no_removal(conn: Connection):
    (id_,) = stock(conn, "un/", aliases=(f"{HOME}?p=100",))
    assert url_row(conn, "?p=100").article_id == id_

    miss(conn, 1, "?p=100")

    assert (state(conn, id_), count(conn, looks), url_row(conn, "un/").state) == ("live", 0, "known")


# --- returns ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("believed", [False, True])
def test_an_article_that_answers_unchanged_is_back_and_gets_no_second_row(conn: Connection, believed):
    (id_,) = stock(conn, "un/")
    for days in (0, 7, 14) if believed else (0, 7):
        miss(conn, days, "un/")
    crawl = Crawl(conn, NOON + 15 * DAY)
    crawl.store(article("un/", "Texte de un/", source_id="100"))
    close(crawl)

    assert (state(conn, id_), article_row(conn, id_).revision_count) == ("live", 1)
    (row,) = rows(conn, table)
    assert (row["state"], row["returned_at"]) == ("returned", NOON + 15 * DAY)
    assert row["returned_url_id"] == url_row(conn, "un/").id
    assert (row["confirmed_at"] is not None) == believed
    assert rows(conn, looks)[-1]["verdict"] == "answered"
    assert (url_row(conn, "un/").state, url_row(conn, "un/").attempts) == ("known", 0)

    miss(conn, 20, "un/")  # the second disappearance is a row of its own, and starts anew
    assert [(one["state"], one["looks"]) for one in removed(conn)] == [
        ("returned", 3 if believed else 2),
        ("suspected", 1),
    ]


def test_an_article_that_comes_back_edited_has_one_revision_more(conn: Connection):
    (id_,) = stock(conn, "un/")
    for days in (0, 7, 14):
        miss(conn, days, "un/")
    Crawl(conn, NOON + 15 * DAY).store(article("un/", "Un texte tout neuf.", source_id="100"))

    assert (state(conn, id_), article_row(conn, id_).revision_count) == ("live", 2)
    assert removed(conn)[0]["state"] == "returned"


def test_an_article_that_comes_back_at_a_new_address_is_the_same_one(conn: Connection):
    (id_,) = stock(conn, "un/")
    for days in (0, 7, 14):
        miss(conn, days, "un/")
    crawl = Crawl(conn, NOON + 15 * DAY)
    crawl.store(article("neuf/", "Texte de un/", source_id="100"))
    close(crawl)

    assert (count(conn, articles), state(conn, id_)) == (7, "live")
    (row,) = rows(conn, table)
    assert (row["state"], row["returned_url_id"]) == ("returned", url_row(conn, "neuf/").id)
    assert url_row(conn, "un/").next_fetch_at is None


def test_an_article_that_was_missed_at_its_old_address_and_found_at_a_new_one_in_one_run_was_never_away(
    conn: Connection,
):
    (id_,) = stock(conn, "un/")
    crawl = Crawl(conn, NOON + DAY)
    crawl.end("un/", *MISSED)
    crawl.store(article("neuf/", "Texte de un/", source_id="100"))

    assert close(crawl) == Judged()
    assert (state(conn, id_), count(conn, table)) == ("live", 0)
    assert [one["verdict"] for one in rows(conn, looks)] == ["not_found", "answered"]


def test_a_304_for_a_missing_article_is_an_answer(conn: Connection):
    (id_,) = stock(conn, "un/")
    miss(conn, 0, "un/")
    assert state(conn, id_) == "suspected"

    Crawl(conn, NOON + DAY).end("un/", Outcome.UNCHANGED, "not_modified")

    assert (state(conn, id_), removed(conn)[0]["state"]) == ("live", "returned")


# --- freed addresses -------------------------------------------------------------------------------------------------


def test_an_article_whose_address_shows_another_one_is_missing_although_the_address_answers(conn: Connection):
    (old,) = stock(conn, "un/")
    for days in (0, 1, 7, 14):
        crawl = Crawl(conn, NOON + days * DAY)
        (written,) = crawl.store(article("un/", "Tout autre chose.", source_id="999"))
        close(crawl)
        assert state(conn, old) == ("removed" if days == 14 else "suspected")
        due = url_row(conn, "un/").next_fetch_at
        assert due == NOON + days * DAY + {0: HOUR, 1: 2 * DAY, 7: 7 * DAY, 14: DAY}[days]

        if days == 7:
            Crawl(conn, NOON + 8 * DAY).end("un/", Outcome.UNCHANGED, "not_modified")  # as much as the page itself
            assert (state(conn, old), count(conn, looks)) == ("suspected", 4)

    assert written.article_id != old
    assert state(conn, written.article_id) == "live"
    assert {(one["article_id"], one["verdict"]) for one in rows(conn, looks)} == {(old, "redirect_stranger")}

    crawl = Crawl(conn, NOON + 15 * DAY)  # of what is believed no more looks are taken there
    crawl.store(article("un/", "Tout autre chose.", source_id="999"))
    assert count(conn, looks) == 5
    assert url_row(conn, "un/").next_fetch_at is None


def test_when_the_taker_goes_too_both_are_missing_and_the_first_may_come_back(conn: Connection):
    (old,) = stock(conn, "un/")
    crawl = Crawl(conn, NOON)
    (taker,) = crawl.store(article("un/", "Tout autre chose.", source_id="999"))
    close(crawl)
    miss(conn, 1, "un/")
    assert {(one["article_id"], one["verdict"]) for one in rows(conn, looks)} == {
        (old, "redirect_stranger"), (old, "not_found"), (taker.article_id, "not_found"),
    }  # fmt: skip

    crawl = Crawl(conn, NOON + 2 * DAY)
    crawl.store(article("un/", "Texte de un/", source_id="100"))
    close(crawl)

    assert (state(conn, old), state(conn, taker.article_id)) == ("live", "suspected")
    assert {one["article_id"]: one["state"] for one in removed(conn)} == {
        old: "returned",
        taker.article_id: "suspected",
    }
    last = [(one["article_id"], one["verdict"]) for one in rows(conn, looks)][-2:]
    assert sorted(last) == [(old, "answered"), (taker.article_id, "redirect_stranger")]


def test_an_address_that_an_article_had_before_it_moved_may_be_taken_without_harm(conn: Connection):
    (moved,) = stock(conn, "un/")
    Crawl(conn, NOON + MINUTE).end("un/", *MISSED)
    Crawl(conn, NOON + HOUR).store(article("neuf/", "Texte de un/", source_id="100"))
    Crawl(conn, NOON + DAY).store(article("un/", "Tout autre chose.", source_id="999"))

    assert ([one["verdict"] for one in rows(conn, looks)], state(conn, moved)) == (["not_found", "answered"], "live")


# --- many at once ----------------------------------------------------------------------------------------------------


def many(conn: Connection, number: int = 6) -> list[int]:
    """So many articles, missed on the days 0 and 7."""
    paths = [f"article-{one}/" for one in range(number)]
    ids = stock(conn, *paths)
    for days in (0, 7):
        miss(conn, days, *paths)
    return ids


def test_five_may_go_at_once_and_six_are_held(conn: Connection):
    ids = many(conn, 11)

    assert miss(conn, 14, *(f"article-{one}/" for one in range(5))).confirmed == 5
    judged = miss(conn, 15, *(f"article-{one}/" for one in range(5, 11)))

    assert judged == Judged(held=6)
    assert "foiscrawl review" in judged.problem
    assert [state(conn, one) for one in ids] == ["removed"] * 5 + ["suspected"] * 6
    (alarm,) = rows(conn, alarms)
    assert (alarm["kind"], alarm["decision"], alarm["raised_at"]) == ("mass_removal", None, NOON + 15 * DAY)
    held = removals.held(conn, alarm["site_id"])
    assert [(one.article_id, one.state, one.looks, one.alarm_id) for one in held] == [
        (id_, "removed", 3, alarm["id"]) for id_ in ids[5:]
    ]
    assert (held[0].url, held[0].headline) == (f"{HOME}article-5/", "Titre")
    assert held[0].first_failed_at, held[0].last_failed_at == (NOON, NOON + 15 * DAY)


def test_one_in_a_hundred_of_a_large_site_may_go(conn: Connection):
    ids = many(conn, 6)
    (site_id,) = conn.execute(select(articles.c.site_id).distinct()).scalars()
    values = ", ".join(
        f"({site_id}, 'x{n}', 'https://x/{n}', 'x/{n}', 'live', '2026-01-01', '2026-01-01', '2026-01-01', 1, '')"
        for n in range(600)
    )
    columns = "site_id, source_id, canonical_url, url_key, state, first_seen_at, last_seen_at, last_checked_at"
    conn.execute(text(f"INSERT INTO articles ({columns}, revision_count, content_hash) VALUES {values}"))

    assert miss(conn, 14, *(f"article-{one}/" for one in range(6))).confirmed == len(ids)


def test_one_alarm_stays_open_however_many_batches_join_it(conn: Connection):
    ids = many(conn, 12)
    miss(conn, 14, *(f"article-{one}/" for one in range(6)))
    assert miss(conn, 15, *(f"article-{one}/" for one in range(12))) == Judged(held=6)

    assert count(conn, alarms) == 1
    assert len(removals.held(conn, rows(conn, alarms)[0]["site_id"])) == len(ids)


def test_a_released_batch_is_removed(conn: Connection):
    ids = many(conn)
    miss(conn, 14, *(f"article-{one}/" for one in range(6)))
    back = Crawl(conn, NOON + 15 * DAY)
    back.store(article("article-0/", "Texte de article-0/", source_id="100"))  # it came back while it was held
    (alarm,) = rows(conn, alarms)

    assert removals.release(conn, alarm["id"], NOON + 16 * DAY) == 5

    assert [state(conn, one) for one in ids] == ["live"] + ["removed"] * 5
    assert {(one["state"], one["confirmed_at"]) for one in removed(conn)} == {
        ("returned", None),
        ("removed", "2026-12-09T12:00:00Z"),
    }
    (alarm,) = rows(conn, alarms)
    assert (alarm["decision"], alarm["decided_at"]) == ("released", NOON + 16 * DAY)
    assert removals.held(conn, alarm["site_id"]) == []


def test_after_a_discarded_batch_only_later_looks_count(conn: Connection):
    ids = many(conn)
    paths = [f"article-{one}/" for one in range(6)]
    miss(conn, 14, *paths)
    (alarm,) = rows(conn, alarms)

    assert removals.discard(conn, alarm["id"], NOON + 14 * DAY + HOUR) == 6

    assert {state(conn, one) for one in ids} == {"suspected"}
    for days in (15, 16, 28):
        assert miss(conn, days, *paths) == Judged()
    assert {one["state"] for one in removed(conn)} == {"suspected"}
    assert miss(conn, 29, *paths[:2]).confirmed == 2
    assert miss(conn, 29.5, *paths[2:]).confirmed == 4
    assert {one["looks"] for one in removed(conn)} == {4}
    (alarm,) = rows(conn, alarms)
    assert alarm["decision"] == "discarded"


def test_a_run_that_doubts_what_it_read_removes_nothing_and_the_next_one_does(conn: Connection):
    (id_,) = stock(conn, "un/")
    for days in (0, 7):
        miss(conn, days, "un/")
    crawl = Crawl(conn, NOON + 14 * DAY)
    row = {"site_id": crawl.run.site_id, "run_id": crawl.run.id, "kind": "mass_change", "message": "beaucoup"}
    conn.execute(alarms.insert().values(**row, raised_at=crawl.now))
    crawl.end("un/", *MISSED)
    assert close(crawl) == Judged()
    assert state(conn, id_) == "suspected"

    assert close(Crawl(conn, NOON + 15 * DAY)).confirmed == 1  # with no further look at it
    assert state(conn, id_) == "removed"


# --- judging again ---------------------------------------------------------------------------------------------------

# The rule in SQL, as docs/architecture.md shows it.
AGAIN = """
WITH counted AS (
    SELECT l.article_id, l.looked_at, l.verdict
    FROM looks l JOIN runs r ON r.id = l.run_id AND r.canaries = 'well'
    WHERE l.verdict NOT IN ('answered', 'forbidden', 'legal')
      AND NOT EXISTS (
          SELECT 1 FROM looks a WHERE a.article_id = l.article_id AND a.verdict = 'answered' AND a.id > l.id
      )
)
SELECT article_id FROM counted GROUP BY article_id
HAVING count(*) >= 3 AND {days} >= 14
"""
DAYS = {
    "sqlite": "julianday(max(looked_at)) - julianday(min(looked_at))",
    "postgresql": "extract(epoch FROM max(looked_at) - min(looked_at)) / 86400",
}


def test_the_archive_can_be_judged_again_in_sql(conn: Connection):
    gone, back, _young = stock(conn, "un/", "deux/", "trois/")
    for days in (0, 7, 14):
        miss(conn, days, "un/", "deux/", *(["trois/"] if days else []))
    Crawl(conn, NOON + 15 * DAY).store(article("deux/", "Texte de deux/", source_id="101"))

    found = conn.execute(text(AGAIN.format(days=DAYS[conn.dialect.name]))).scalars().all()

    assert found == [gone]
    assert [one["article_id"] for one in removed(conn) if one["state"] == "removed"] == found
    assert back not in found


def test_a_batch_of_articles_that_were_never_missed_costs_two_questions_more(conn: Connection):
    stock(conn, "un/", "deux/")
    crawl = Crawl(conn, NOON + DAY)
    items = [
        replace(article(path, f"Texte de {path}", source_id=id_), fetch=crawl.fetch(path))
        for path, id_ in (("un/", "100"), ("deux/", "101"))
    ]

    sent = statements(conn, lambda: crawl.write(*items))

    assert len([one for one, _ in sent if "looks" in one]) == 2
    assert conn.execute(select(func.count()).select_from(looks)).scalar_one() == 0
