"""Cut bodies and reservations, as pure functions; scope, robots and resolver are tested in whole crawls."""

import gzip
import json

from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.middlewares import is_cut, reserved_paths


@given(st.binary(max_size=5000))
def test_a_whole_gzip_body_is_never_taken_for_a_cut_one(body):
    assert is_cut(gzip.compress(body)) is False


@given(st.binary(min_size=1, max_size=5000), st.data())
def test_a_gzip_body_that_ends_early_is_cut(body, data):
    whole = gzip.compress(body)
    end = data.draw(st.integers(min_value=1, max_value=len(whole) - 1))

    assert is_cut(whole[:end]) is True


def test_two_members_are_one_whole_body():
    assert is_cut(gzip.compress(b"premier") + gzip.compress(b"second")) is False


def test_what_is_no_gzip_at_all_is_cut():
    assert is_cut(b"<html>") is True


def test_a_bomb_is_left_to_the_size_limit_and_not_unfolded():
    bomb = gzip.compress(b"\0" * 30_000_000)

    assert is_cut(bomb, limit=1_000_000) is False


def test_a_reservation_for_the_whole_site_and_for_a_part():
    rules = [
        {"location": "/", "tdm-reservation": 0},
        {"location": "/dossiers/*", "tdm-reservation": 1},
        {"location": "/autre", "tdm-reservation": 2},
    ]

    assert reserved_paths(json.dumps(rules)) == ("/dossiers/",)


def test_an_unreadable_reservation_reserves_nothing():
    assert reserved_paths("<html>") == ()
    assert reserved_paths('{"location": "/"}') == ()
    assert reserved_paths("[1, null]") == ()
