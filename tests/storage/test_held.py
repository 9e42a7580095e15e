"""Changed texts of known articles: put aside, judged at the end of the run, applied from their captures or held."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, select

from foiscrawl.storage import held
from foiscrawl.storage.models import alarms, articles, fetches, held_changes, revisions, runs
from tests.storage.holding import Page, Past
from tests.storage.making import HOUR, rows, words


@pytest.fixture
def past(engine: Engine) -> Iterator[Past]:
    with engine.begin() as connection:
        yield Past(connection)


def edit(*pages: Page) -> None:
    for one in pages:
        one.body += f" {words(one.headline.replace(' ', ''), count=1)}"


def texts(conn: Connection) -> list[tuple[int, int, str]]:
    """Article, number and last word of each revision."""
    found = conn.execute(
        select(revisions.c.article_id, revisions.c.number, revisions.c.body_text).order_by(
            revisions.c.article_id, revisions.c.number
        )
    )
    return [(row[0], row[1], row[2].split()[-1]) for row in found]


def states(conn: Connection) -> list[tuple[str, str]]:
    return [(one["state"], one["reason"]) for one in rows(conn, held_changes)]


def open_alarms(conn: Connection) -> list[tuple[str, str | None]]:
    return [(one["kind"], one["subject"]) for one in rows(conn, alarms) if one["decided_at"] is None]


def test_a_change_waits_for_the_end_of_its_run_and_is_then_a_revision_as_of_the_look(past: Past):
    page, other = past.publish(2)
    edit(page)
    before = rows(past.conn, articles)[0], rows(past.conn, revisions)

    run = past.run()
    run.look([page, other])
    seen_at = past.now - (past.now - run.crawl.now)
    assert [(one.outcome, one.reason) for one in run.written] == [("quarantined", "change"), ("unchanged", None)]
    assert states(past.conn) == [("waiting", "change")]
    kept, now = rows(past.conn, articles)[0], rows(past.conn, revisions)
    assert now == before[1]
    assert {name for name in kept if kept[name] != before[0][name]} == {"last_checked_at"}

    past.now += HOUR
    run.judge()

    assert (run.doubt, run.applied.revised, run.applied.total) == (None, 1, 1)
    assert states(past.conn) == [("applied", "change")]
    first, second = [one for one in rows(past.conn, revisions) if one["article_id"] == kept["id"]]
    assert second["captured_at"] < seen_at + HOUR
    assert second["captured_at"] == rows(past.conn, held_changes)[0]["seen_at"]
    assert (second["number"], second["body_text"] != first["body_text"]) == (2, True)
    fetch = rows(past.conn, fetches)[-2]
    assert (fetch["outcome"], fetch["reason"], fetch["article_id"]) == ("revised", None, kept["id"])
    assert (rows(past.conn, runs)[-1]["relooked"], rows(past.conn, runs)[-1]["changed"]) == (2, 1)


def test_a_change_that_its_captures_do_not_give_stays_held_and_is_told(past: Past):
    (page,) = past.publish(1)
    edit(page)
    run = past.run()
    run.look([page])
    past.captures.clear()
    run.judge()

    assert (run.applied.revised, run.applied.unreadable) == (0, 1)
    assert states(past.conn) == [("held", "unreadable")]
    assert (rows(past.conn, fetches)[-1]["outcome"], rows(past.conn, fetches)[-1]["reason"]) == (
        "quarantined",
        "unreadable",
    )
    assert len(texts(past.conn)) == 1


def test_more_than_a_fifth_changed_unannounced_is_held_with_one_alarm(past: Past):
    pages = past.publish(44)
    edit(*pages[:11])

    run = past.look(pages)

    assert run.doubt is not None
    assert run.doubt.message == "11 of 44 articles changed although no list had announced it"
    assert held.is_held(past.conn, run.crawl.run.id)
    assert open_alarms(past.conn) == [("mass_change", None)]
    assert states(past.conn) == [("held", "mass_change")] * 11
    assert len(texts(past.conn)) == 44
    assert {one["reason"] for one in rows(past.conn, fetches) if one["outcome"] == "quarantined"} == {"mass_change"}


def test_a_fifth_and_what_lists_announced_are_believed(past: Past):
    pages = past.publish(60)
    edit(*pages[:12])
    assert past.look(pages).doubt is None

    edit(*pages[20:50])
    run = past.run()
    run.look(pages[20:50], announced=True)
    run.look(pages[50:])
    run.judge()

    assert (run.doubt, run.applied.revised) == (None, 30)
    assert open_alarms(past.conn) == []
    assert not held.is_held(past.conn, run.crawl.run.id)


def test_announced_changes_are_held_with_the_batch_they_came_in(past: Past):
    pages = past.publish(30)
    edit(*pages[:15])
    run = past.run()
    run.look(pages[:2], announced=True)
    run.look(pages[2:])
    run.judge()

    assert run.doubt is not None
    assert states(past.conn) == [("held", "mass_change")] * 15


def test_while_the_alarm_is_open_later_changes_join_it_until_a_run_shows_that_all_is_well(past: Past):
    pages = past.publish(40)
    edit(*pages[:15])
    past.look(pages)

    edit(pages[20])
    assert past.look(pages[20:21], announced=True).doubt is not None  # nothing shows that the site is well
    assert past.look(pages[21:30]).doubt is None
    edit(pages[25], pages[0])
    run = past.run()
    run.look([pages[0], pages[25]], announced=True)
    run.look(pages[26:40])
    run.judge()

    assert run.doubt is None
    assert [number for _, number, _ in texts(past.conn)].count(2) == 1  # the other one waits for what is held before it
    assert states(past.conn) == [("held", "mass_change")] * 17 + [("applied", "change")]
    assert len(open_alarms(past.conn)) == 1


def test_a_field_that_is_missing_from_most_articles_holds_the_batch(past: Past):
    pages = past.publish(30)
    for one in pages[:16]:
        one.byline, one.body_class = None, "single single-post post-layout-cover"  # another theme that shows none
    edit(pages[29])

    run = past.look(pages)

    assert run.doubt is not None
    assert run.doubt.message == "byline is missing from 16 of 30 articles that had it"
    assert open_alarms(past.conn)[-1:] == [("field_coverage", "byline")]
    assert set(states(past.conn)) == {("held", "field_coverage")}
    assert len(texts(past.conn)) == 30


def test_articles_of_which_nothing_can_be_read_any_more_raise_the_alarm_too(past: Past):
    pages = past.publish(12)
    for one in pages:
        one.content_class, one.body_class = "hash1 entry-content", "single single-post"
        one.body = ""

    run = past.look(pages)

    assert {(one.outcome, one.reason) for one in run.written} == {("quarantined", "no_body")}
    assert open_alarms(past.conn) == [("field_coverage", "body")]
    assert held.is_held(past.conn, run.crawl.run.id)


def test_a_new_design_with_the_same_texts_is_told_once_and_holds_nothing(past: Past):
    pages = past.publish(12)
    for one in pages:
        one.body_class = "single single-post post-layout-cover"
    edit(pages[0])

    assert past.look(pages).doubt is None
    past.look(pages)

    assert open_alarms(past.conn) == [("layout", "smartmag-cover")]
    assert states(past.conn) == [("applied", "change")]


def test_a_collapsed_text_is_held_by_itself_and_over_when_the_article_reads_whole_again(past: Past):
    page, other = past.publish(2)
    whole, page.body = page.body, words("reste", count=10)
    edit(other)

    run = past.look([page, other])
    assert (run.doubt, states(past.conn)) == (None, [("held", "collapsed"), ("applied", "change")])
    assert not held.is_held(past.conn, run.crawl.run.id)
    past.look([page])
    page.body = whole
    past.look([page])

    assert [state for state, _ in states(past.conn)] == ["discarded", "applied", "discarded"]
    assert open_alarms(past.conn) == []
    assert [number for id_, number, _ in texts(past.conn)] == [1, 1, 2]


def test_several_changes_of_one_article_are_applied_in_the_order_in_which_they_were_seen(past: Past):
    pages = past.publish(12)
    edit(*pages)
    past.look(pages)
    edit(pages[0])
    past.look(pages[:1])
    edit(pages[0])
    past.look(pages[:1], announced=True)
    ids = [one["id"] for one in rows(past.conn, held_changes)]

    applied = held.apply_held(past.conn, past.site, past.read, ids, past.now)
    again = held.apply_held(past.conn, past.site, past.read, ids, past.now)

    assert (applied.revised, again.total) == (14, 0)
    own = [one for one in texts(past.conn) if one[0] == rows(past.conn, held_changes)[0]["article_id"]]
    assert [number for _, number, _ in own] == [1, 2, 3, 4]
    found = [one for one in rows(past.conn, revisions) if one["article_id"] == own[0][0]]
    assert [one["word_count"] for one in found] == [120, 121, 122, 123]
    assert [one["captured_at"] for one in found] == sorted(one["captured_at"] for one in found)
    assert rows(past.conn, articles)[0]["revision_count"] == 4


def test_what_is_held_twice_in_the_same_words_is_one_revision(past: Past):
    pages = past.publish(12)
    edit(*pages)
    past.look(pages)
    past.look(pages)

    ids = [one["id"] for one in rows(past.conn, held_changes)]
    applied = held.apply_held(past.conn, past.site, past.read, ids, past.now)

    assert (applied.revised, applied.same) == (12, 12)
    assert [one["outcome"] for one in rows(past.conn, fetches)] == ["stored"] * 12 + ["revised"] * 12 + [
        "unchanged"
    ] * 12


def test_what_a_dead_run_left_waiting_is_found_and_judged_as_it_would_have_been(past: Past):
    pages = past.publish(12)
    edit(*pages)
    dead = past.run()
    dead.look(pages)
    past.now += HOUR

    assert held.unjudged(past.conn, dead.crawl.run.site_id) == [dead.crawl.run.id]
    dead.judge()
    assert held.unjudged(past.conn, dead.crawl.run.site_id) == []
    assert len(open_alarms(past.conn)) == 1
    dead.judge()  # it died again before it could go on
    assert len(open_alarms(past.conn)) == 1


def test_a_late_release_does_not_revive_what_was_removed_since_nor_move_its_schedule(past: Past):
    pages = past.publish(12)
    edit(*pages)
    past.look(pages)
    (first, *_) = rows(past.conn, articles)
    later = past.now + HOUR
    past.conn.execute(articles.update().values(state="removed", last_checked_at=later))
    ids = [one["id"] for one in rows(past.conn, held_changes)]

    held.apply_held(past.conn, replace(past.site), past.read, ids, later)

    after = rows(past.conn, articles)[0]
    assert (after["state"], after["last_checked_at"]) == ("removed", later)
    assert after["last_seen_at"] == rows(past.conn, held_changes)[0]["seen_at"] > first["last_seen_at"]
