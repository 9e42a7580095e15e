from datetime import UTC, datetime, timedelta

import pytest

from foiscrawl.items import Instant, Outcome, UrlKind
from foiscrawl.recheck import (
    KnownChild,
    Learned,
    announces_change,
    checks_from,
    due_children,
    may_be_conditional,
    next_check,
    next_look,
    past_cache,
    retry_at,
    retry_pause,
    walk_on,
    within,
)
from foiscrawl.site import Cadence

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
CADENCE = Cadence(listing_minutes=50, closed_source_hours=24, retry_minutes=(1, 10, 60))


@pytest.mark.parametrize(
    ("attempts", "delay"), [(1, MINUTE), (2, 10 * MINUTE), (3, HOUR), (4, DAY), (5, DAY), (400, DAY)]
)
def test_a_failed_address_is_tried_after_the_minutes_of_the_site_file_and_then_daily(attempts, delay):
    assert retry_at(attempts, NOON, CADENCE) == NOON + delay


def test_a_site_that_asks_for_more_time_gets_it_and_one_that_asks_for_less_does_not():
    assert retry_at(1, NOON, CADENCE, timedelta(hours=3)) == NOON + 3 * HOUR
    assert retry_at(1, NOON, CADENCE, timedelta(seconds=-5)) == NOON + MINUTE


def test_pauses_within_a_run_double_and_never_vanish():
    assert [retry_pause(attempt, gap=1.0) for attempt in (1, 2, 3)] == [2.0, 4.0, 8.0]
    assert retry_pause(1, gap=0.0) == 0.2


def test_a_page_older_than_a_change_announced_just_now_came_from_a_cache_and_is_asked_for_again():
    announced = NOON - 5 * MINUTE

    assert past_cache(announced, announced - HOUR, NOON) == NOON + 10 * MINUTE
    assert past_cache(announced, None, NOON) == NOON + 10 * MINUTE
    assert past_cache(announced, announced, NOON) is None
    assert past_cache(NOON - HOUR, announced - DAY, NOON) is None
    assert past_cache(None, announced, NOON) is None


HOURS = (1, 6, 24, 72)


@pytest.mark.parametrize(
    ("age", "rung"),
    [
        (timedelta(), HOUR),
        (59 * MINUTE, HOUR),
        (HOUR, 6 * HOUR),
        (5 * HOUR, 6 * HOUR),
        (6 * HOUR, DAY),
        (2 * DAY, 3 * DAY),
        (3 * DAY, 6 * DAY),
        (10 * DAY, 12 * DAY),
        (12 * DAY, 15 * DAY),
        (4000 * DAY, 4002 * DAY),
    ],
)
def test_looks_are_counted_from_publication_or_edit_and_go_on_every_last_rung(age, rung):
    assert next_check(NOON - age, NOON, HOURS) == NOON - age + rung


def test_an_article_from_the_future_is_looked_at_like_one_of_now():
    assert next_check(NOON + DAY, NOON, HOURS) == NOON + HOUR


def test_looks_begin_with_the_publication_where_that_is_believable_else_with_the_first_fetch():
    assert checks_from(Instant(NOON - 900 * DAY, "2024"), NOON) == NOON - 900 * DAY
    assert checks_from(Instant(NOON + DAY, "demain"), NOON) == NOON
    assert checks_from(Instant(None, "0000-00-00", flag="zero"), NOON) == NOON
    assert checks_from(None, NOON) == NOON


def test_a_look_may_be_answered_with_304_while_the_next_one_comes_within_a_week_of_the_last_full_answer():
    assert may_be_conditional(NOON - 4 * DAY, NOON, NOON + 3 * DAY)
    assert not may_be_conditional(NOON - 4 * DAY, NOON, NOON + 3 * DAY + MINUTE)
    assert not may_be_conditional(NOON - MINUTE, NOON, NOON + 23 * DAY)
    assert not may_be_conditional(NOON + HOUR, NOON, NOON + DAY)
    assert not may_be_conditional(None, NOON, NOON + HOUR)


def test_a_settled_article_is_due_when_a_list_announces_a_change():
    assert next_look(Outcome.STORED, UrlKind.ARTICLE, 1, 0, NOON, CADENCE) is None
    assert next_look(Outcome.UNCHANGED, UrlKind.ARTICLE, 1, 0, NOON, CADENCE) is None


@pytest.mark.parametrize(
    ("outcome", "kind", "page", "attempts", "delay"),
    [
        (Outcome.FAILED, UrlKind.ARTICLE, 1, 4, DAY),
        (Outcome.FAILED, UrlKind.FEED, 1, 4, MINUTE),
        (Outcome.GONE, UrlKind.ARTICLE, 1, 1, MINUTE),
        (Outcome.GONE, UrlKind.ARTICLE, 1, 3, HOUR),
        (Outcome.GONE, UrlKind.ARTICLE, 1, 4, None),
        (Outcome.QUARANTINED, UrlKind.ARTICLE, 1, 4, None),
        (Outcome.REFUSED, UrlKind.ARTICLE, 1, 1, 7 * DAY),
        (Outcome.GONE, UrlKind.REST, 1, 1, DAY),
        (Outcome.REFUSED, UrlKind.SITEMAP, 1, 1, DAY),
        (Outcome.GONE, UrlKind.LISTING, 9, 1, None),
        (Outcome.READ, UrlKind.LISTING, 1, 0, 50 * MINUTE),
        (Outcome.READ, UrlKind.LISTING, 2, 0, None),
        (Outcome.READ, UrlKind.FEED, 1, 0, None),
        (Outcome.SKIPPED, UrlKind.ARTICLE, 1, 0, None),
    ],
)
def test_when_an_address_is_due_again_depends_on_how_it_ended_and_what_it_is(outcome, kind, page, attempts, delay):
    expected = None if delay is None else NOON + delay

    assert next_look(outcome, kind, page, attempts, NOON, CADENCE) == expected


def test_only_a_modification_later_than_anything_known_announces_a_change():
    assert announces_change(NOON, NOON - MINUTE, NOON + HOUR)
    assert not announces_change(NOON, NOON, None)
    assert not announces_change(NOON - MINUTE, NOON, None)
    assert announces_change(NOON, None, NOON - MINUTE)
    assert not announces_change(NOON, None, NOON)
    assert not announces_change(None, None, NOON)


def test_an_old_article_that_was_edited_lately_is_within_and_one_without_dates_too():
    assert within(NOON - 90 * DAY, NOON, NOON - DAY, None)
    assert not within(NOON - 90 * DAY, NOON - 80 * DAY, NOON - DAY, None)
    assert within(None, None, NOON - DAY, NOON)
    assert not within(NOON + DAY, None, None, NOON)
    assert within(NOON - DAY, NOON + DAY, None, NOON)


# --- sitemap indexes -----------------------------------------------------------------------------------------------

READ = KnownChild(NOON, NOON)


def test_all_children_of_a_new_index_are_read_when_they_tell_their_age():
    assert due_children([(NOON - DAY, None), (NOON, None)], update=True, since=None) == [True, True]


def test_a_child_that_holds_nothing_young_enough_is_not_read():
    assert due_children([(NOON - 40 * DAY, None), (NOON, None)], update=True, since=NOON - 30 * DAY) == [False, True]


def test_an_update_reads_only_children_changed_after_the_newest_change_that_was_known():
    announced = [
        (NOON - HOUR, KnownChild(NOON - DAY, NOON)),  # entries moved in from another child
        (NOON + HOUR, READ),
        (NOON, READ),
    ]

    assert due_children(announced, update=True, since=None) == [False, True, False]


def test_a_child_that_turns_up_later_is_read_whatever_its_age():
    assert due_children([(NOON, READ), (NOON - HOUR, None)], update=True, since=None) == [False, True]


def test_a_child_that_was_announced_and_never_read_is_read():
    assert due_children([(NOON, READ), (NOON, KnownChild(NOON, None))], update=True, since=None) == [False, True]


def test_without_ages_an_update_reads_the_last_child_and_a_back_fill_all():
    new = [(None, None), (None, None), (None, None)]
    known = [(None, KnownChild(None, None)), (None, READ)]

    assert due_children(new, update=True, since=None) == [False, False, True]
    assert due_children(known, update=True, since=None) == [False, True]
    assert due_children(new, update=False, since=None) == [True, True, True]


def test_when_a_child_without_age_turns_up_the_one_before_it_is_read_once_more():
    known = KnownChild(None, NOON)

    assert due_children([(None, known), (None, known), (None, None)], update=True, since=None) == [False, True, True]


def test_a_back_fill_does_not_read_again_what_was_read_since_its_lastmod():
    announced = [(NOON - HOUR, READ), (NOON + HOUR, READ), (NOON, None)]

    assert due_children(announced, update=False, since=None) == [False, True, True]


# --- walking lists -------------------------------------------------------------------------------------------------


def test_an_update_walks_on_while_a_page_tells_something_new():
    assert walk_on(Learned(new=1, known=9, before=9), update=True)
    assert walk_on(Learned(modified=1, known=9, before=10), update=True)


def test_an_update_stops_after_a_page_that_was_known_before_this_run():
    assert not walk_on(Learned(known=10, before=10), update=True)


def test_what_this_run_learnt_itself_stops_an_update_only_when_a_whole_source_told_it():
    learned = Learned(known=5, repeated=5, before=5)

    assert walk_on(learned, update=True)
    assert not walk_on(learned, update=True, complete_source=True)


def test_a_back_fill_walks_to_the_end():
    assert walk_on(Learned(known=10, before=10), update=False)
    assert walk_on(Learned(repeated=10), update=False, complete_source=True)


@pytest.mark.parametrize("update", [True, False])
def test_nobody_walks_on_where_all_is_older_than_wanted_or_nothing_is_listed(update):
    assert not walk_on(Learned(new=10, older=10), update=update)
    assert walk_on(Learned(new=10, older=9), update=update)
    assert not walk_on(Learned(), update=update)


def test_a_feed_is_walked_back_to_a_page_of_known_entries_unless_a_fuller_source_was_read():
    overflow, overlap, known = Learned(new=10), Learned(new=9, modified=1, before=1), Learned(known=10, before=10)

    assert walk_on(overflow, update=True, feed=True)
    assert walk_on(overlap, update=True, feed=True)
    assert not walk_on(known, update=True, feed=True)
    assert not walk_on(overflow, update=True, feed=True, complete_source=True)


def test_a_back_fill_leaves_a_feed_that_repeats_what_a_fuller_source_has_told():
    repeats, tells = Learned(repeated=10), Learned(new=1, repeated=9)

    assert walk_on(repeats, update=False, feed=True)
    assert not walk_on(repeats, update=False, feed=True, complete_source=True)
    assert walk_on(tells, update=False, feed=True, complete_source=True)
