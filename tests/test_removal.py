"""The rule by which looks are judged."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.items import Outcome
from foiscrawl.removal import CLOSED, Look, Verdict, judge, most_at_once, next_look, verdict
from foiscrawl.site import Cadence

NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANSWERED, NOT_FOUND, GONE = Verdict.ANSWERED, Verdict.NOT_FOUND, Verdict.GONE
FORBIDDEN, LEGAL = Verdict.FORBIDDEN, Verdict.LEGAL
MISSING = sorted(set(Verdict) - CLOSED - {ANSWERED})


def looks(*taken: tuple[float, Verdict]) -> list[Look]:
    """Looks so many days after noon."""
    return [Look(NOON + days * DAY, verdict) for days, verdict in taken]


def state(*taken: tuple[float, Verdict]) -> str | None:
    found = judge(looks(*taken))
    return None if found is None else found.state


@pytest.mark.parametrize(
    ("outcome", "reason", "told"),
    [
        (Outcome.GONE, "http_404", NOT_FOUND),
        (Outcome.GONE, "http_410", GONE),
        (Outcome.REFUSED, "http_401", FORBIDDEN),
        (Outcome.REFUSED, "http_403", FORBIDDEN),
        (Outcome.QUARANTINED, "protected", FORBIDDEN),
        (Outcome.REFUSED, "http_451", LEGAL),
        (Outcome.REFUSED, "redirect_off_site", Verdict.REDIRECT_STRANGER),
        (Outcome.SKIPPED, "redirect_home", Verdict.REDIRECT_HOME),
        (Outcome.SKIPPED, "is_home", Verdict.REDIRECT_HOME),
        (Outcome.SKIPPED, "redirect_other_article", Verdict.REDIRECT_STRANGER),
        (Outcome.SKIPPED, "redirect_section", Verdict.REDIRECT_STRANGER),
        (Outcome.SKIPPED, "is_page", Verdict.REDIRECT_STRANGER),
        (Outcome.QUARANTINED, "soft_404", Verdict.SOFT_404),
        # What says nothing of the article:
        (Outcome.SKIPPED, "not_html", None),
        (Outcome.QUARANTINED, "consent", None),
        (Outcome.REFUSED, "robots", None),
        (Outcome.REFUSED, "robots_unavailable", None),
        (Outcome.REFUSED, "noarchive", None),
        (Outcome.REFUSED, "http_402", None),
        (Outcome.FAILED, "http_503", None),
        (Outcome.FAILED, "redirect_loop", None),
        (Outcome.FAILED, "timeout", None),
        (Outcome.FAILED, "cut_body", None),
        (Outcome.UNCHANGED, "not_modified", None),
        (Outcome.INTERRUPTED, "http_404", None),
    ],
)
def test_what_an_outcome_says_of_the_article(outcome, reason, told):
    assert verdict(outcome, reason) == told


def test_nothing_is_suspected_of_an_article_that_was_never_missed_or_has_answered_since():
    assert judge([]) is None
    assert state((0, NOT_FOUND), (1, ANSWERED)) is None
    assert state((0, NOT_FOUND), (7, NOT_FOUND), (14, NOT_FOUND), (15, ANSWERED)) is None


@pytest.mark.parametrize("missing", MISSING)
def test_three_looks_over_fourteen_days_and_not_a_second_less_are_a_removal(missing):
    second = 1 / 86_400

    assert state((0, missing), (7, missing), (14, missing)) == "removed"
    assert state((0, NOT_FOUND), (7, missing), (14, NOT_FOUND)) == "removed"
    if missing is not GONE:
        assert state((0, missing), (7, missing), (14 - second, missing)) == "suspected"
        assert state((0, missing), (14, missing)) == "suspected"


def test_an_answer_in_between_starts_the_days_anew():
    assert state((0, NOT_FOUND), (7, NOT_FOUND), (8, ANSWERED), (14, NOT_FOUND), (21, NOT_FOUND)) == "suspected"


def test_gone_twice_a_day_apart_is_enough_whatever_stands_between():
    assert state((0, GONE), (0.9, GONE)) == "suspected"
    assert state((0, GONE), (1, GONE)) == "removed"
    assert state((0, GONE), (0.5, NOT_FOUND), (1, GONE)) == "removed"
    assert state((0, NOT_FOUND), (2, GONE)) == "suspected"
    assert state((0, GONE), (0.5, ANSWERED), (1, GONE)) == "suspected"


@pytest.mark.parametrize("closed", sorted(CLOSED))
def test_a_closed_door_is_withdrawn_and_never_removed(closed):
    assert state((0, closed), (7, closed), (13, closed)) == "suspected"
    assert state((0, closed), (7, FORBIDDEN), (14, closed)) == "withdrawn"
    assert state((0, NOT_FOUND), (7, closed), (14, NOT_FOUND)) == "suspected"


def test_of_two_that_hold_the_last_look_decides():
    missed, shut = [(day, NOT_FOUND) for day in (0, 7, 14)], [(day, LEGAL) for day in (1, 8, 15)]

    assert state(*sorted(missed + shut)) == "withdrawn"
    assert state(*sorted(missed + shut), (16, NOT_FOUND)) == "removed"


def test_looks_of_runs_that_were_not_well_are_as_if_they_had_never_been_taken():
    taken = looks((0, NOT_FOUND), (7, NOT_FOUND), (14, NOT_FOUND))

    found = judge([replace(taken[0], counts=False), *taken[1:]])

    assert found is not None
    assert (found.state, found.looks, found.first_at) == ("suspected", 2, NOON + 7 * DAY)


def test_a_clock_that_was_put_back_gives_no_days():
    years = 3650
    assert state((0, NOT_FOUND), (-1, NOT_FOUND), (14, NOT_FOUND)) == "suspected"
    assert state((0, NOT_FOUND), (-years, NOT_FOUND), (-years + 1, NOT_FOUND), (1, NOT_FOUND)) == "suspected"
    assert state((0, NOT_FOUND), (-years, NOT_FOUND), (7, NOT_FOUND), (14, NOT_FOUND)) == "removed"


def test_a_judgement_shows_what_counted():
    found = judge([*looks((0, ANSWERED), (1, NOT_FOUND)), Look(NOON + 2 * DAY, LEGAL, status=451)])

    assert found is not None
    assert (found.looks, found.first_at, found.last_at, found.last_status) == (2, NOON + DAY, NOON + 2 * DAY, 451)
    assert not found.is_confirmed


TAKEN = st.lists(
    st.builds(
        Look,
        at=st.integers(-20 * 24, 60 * 24).map(lambda hours: NOON + hours * HOUR),
        verdict=st.sampled_from(Verdict),
        counts=st.booleans(),
    ),
    max_size=12,
)


@given(TAKEN)
def test_nothing_is_confirmed_without_its_evidence(taken):
    found = judge(taken)
    counted = [one for one in taken if one.counts and one.verdict is not ANSWERED]

    if found is not None and found.state == "removed":
        missed = [one.at for one in counted if one.verdict not in CLOSED]
        gone = [one.at for one in counted if one.verdict is GONE]
        long_missed = len(missed) >= 3 and max(missed) - min(missed) >= 14 * DAY
        assert long_missed or (len(gone) >= 2 and max(gone) - min(gone) >= DAY)
    if found is not None and found.state == "withdrawn":
        closed = [one.at for one in counted if one.verdict in CLOSED]
        assert len(closed) >= 3
        assert max(closed) - min(closed) >= 14 * DAY
    if taken and taken[-1].verdict is ANSWERED:
        assert found is None


@given(TAKEN)
def test_only_what_counts_matters_and_the_calendar_does_not(taken):
    found = judge(taken)

    assert judge([one for one in taken if one.counts or one.verdict is ANSWERED]) == found
    later = judge([replace(one, at=one.at + 1000 * DAY) for one in taken])
    assert (later and (later.state, later.looks)) == (found and (found.state, found.looks))


@given(TAKEN, st.sampled_from(sorted(set(Verdict) - {ANSWERED})))
def test_one_more_failing_look_never_makes_what_was_believed_doubtful(taken, verdict):
    before = judge(taken)
    after = judge([*taken, Look(NOON + 90 * DAY, verdict)])

    assert after is not None
    assert after.is_confirmed or before is None or not before.is_confirmed


def test_five_articles_or_one_in_a_hundred_may_go_at_once():
    assert [most_at_once(live) for live in (0, 200, 599, 600, 12_345)] == [5, 5, 5, 6, 123]


def test_missing_articles_are_looked_at_often_enough_to_be_believed_on_the_fourteenth_day():
    """Each look in the very moment in which it is due, and each a quarter of an hour late."""
    for late in (timedelta(), HOUR / 4):
        at, taken = NOON, [NOON]
        while at - NOON < 20 * DAY:
            at = (next_look(NOON, at, Cadence(), confirmed=False) or NOON) + late
            taken.append(at)
        steps = [0, 1, 24, 72, 168, 336]
        assert taken[:6] == [NOON + hours * HOUR + (late if hours else timedelta()) for hours in steps]
        assert {b - a for a, b in pairwise(taken[5:])} == {DAY + late}  # until it is believed
        assert judge([Look(one, NOT_FOUND) for one in taken[:6]]).state == "removed"
        assert judge([Look(one, NOT_FOUND) for one in taken[:5]]).state == "suspected"


def test_what_is_believed_is_looked_at_monthly_for_a_year():
    assert next_look(NOON, NOON + 14 * DAY, Cadence(), confirmed=True) == NOON + 44 * DAY
    assert next_look(NOON, NOON + 364 * DAY, Cadence(), confirmed=True) == NOON + 394 * DAY
    assert next_look(NOON, NOON + 365 * DAY, Cadence(), confirmed=True) is None


def test_a_clock_that_was_put_back_does_not_put_a_look_off_for_years():
    assert next_look(NOON, NOON - 3650 * DAY, Cadence(), confirmed=False) == NOON - 3650 * DAY + HOUR


def test_the_site_file_may_say_when_missing_articles_are_looked_at():
    cadence = Cadence(missing_hours=(2, 50))

    assert next_look(NOON, NOON, cadence, confirmed=False) == NOON + 2 * HOUR
    assert next_look(NOON, NOON + 3 * HOUR, cadence, confirmed=False) == NOON + 50 * HOUR
    assert next_look(NOON, NOON + 50 * HOUR, cadence, confirmed=False) == NOON + 50 * HOUR + DAY
