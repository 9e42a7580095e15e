"""When the changes that a run has seen are believed, at the limits of each rule."""

from dataclasses import replace

import pytest

from foiscrawl.judgement import (
    Look,
    Tally,
    doubt,
    from_json,
    has_collapsed,
    is_hopeless,
    new_layout,
    to_json,
)
from foiscrawl.site import Expect

EXPECT = Expect()


@pytest.mark.parametrize(
    ("own", "changed", "held"),
    [(11, 11, True), (10, 10, False), (44, 11, True), (44, 10, False), (60, 12, False), (60, 13, True), (0, 0, False)],
)
def test_more_than_ten_and_more_than_a_fifth_are_held(own: int, changed: int, held: bool):
    assert (doubt(Tally(own, changed, own, changed), EXPECT, alarm_open=False) is not None) is held


@pytest.mark.parametrize(
    ("own", "changed", "announced", "held"),
    [(0, 0, 3, True), (0, 0, 0, False), (10, 3, 0, True), (10, 2, 5, False)],
)
def test_while_an_alarm_is_open_a_run_must_show_that_all_is_well(own: int, changed: int, announced: int, held: bool):
    tally = Tally(own + announced, changed + announced, own, changed)

    assert (doubt(tally, EXPECT, alarm_open=True) is not None) is held


@pytest.mark.parametrize(
    ("had", "lost", "alarm_open", "held"),
    [(10, 6, False, True), (10, 5, False, False), (9, 9, False, False), (1, 1, True, True), (4, 2, True, False)],
)
def test_a_field_missing_from_more_than_half_of_ten(had: int, lost: int, alarm_open: bool, held: bool):
    found = doubt(Tally(had, 0, had, 0, {"byline": had}, {"byline": lost}), EXPECT, alarm_open=alarm_open)

    assert ((found.kind, found.subject) if found else None) == (("field_coverage", "byline") if held else None)


@pytest.mark.parametrize(
    ("before", "now", "collapsed"),
    [(100, 39, True), (100, 40, False), (99, 39, True), (98, 39, False), (5000, 0, True)],
)
def test_a_text_collapses_below_two_fifths_when_sixty_words_are_gone(before: int, now: int, collapsed: bool):
    assert has_collapsed(before, now, EXPECT) is collapsed


def test_ten_changes_among_the_first_twenty_looks_are_hopeless():
    assert is_hopeless(10, 10)
    assert is_hopeless(20, 10)
    assert not is_hopeless(21, 10)
    assert not is_hopeless(20, 9)


def test_a_new_layout_reads_most_of_at_least_ten_pages_that_are_as_before():
    assert new_layout(Tally(10, 0, layouts={"neu": 6})) == "neu"
    assert new_layout(Tally(10, 0, layouts={"neu": 5, "alt": 1})) is None
    assert new_layout(Tally(9, 0, layouts={"neu": 9})) is None
    assert new_layout(Tally(19, 10, layouts={"neu": 9})) is None
    assert new_layout(Tally(30, 0)) is None


def test_looks_add_up_and_survive_the_database():
    one = Look(announced=False, changed=True, had=frozenset({"body", "byline"}), lost=frozenset({"byline"}))
    tally = Tally().plus(one).plus(replace(one, announced=True, changed=False, lost=frozenset(), layout="neu"))

    assert tally == Tally(2, 1, 1, 1, {"body": 2, "byline": 2}, {"byline": 1}, {"neu": 1})
    assert from_json(tally.looked, tally.changed, to_json(tally)) == tally
    assert from_json(None, None, None) == Tally()
