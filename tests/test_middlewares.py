"""Reservations, as pure functions; scope, robots, cut bodies and resolver are tested in whole crawls."""

import json

from foiscrawl.middlewares import reserved_paths


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
