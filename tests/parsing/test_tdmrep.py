"""What a tdmrep.json reserves."""

import json

from foiscrawl.parsing.tdmrep import reserved_paths, reserves


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


def test_an_address_is_reserved_by_its_path():
    told = reserves('[{"location": "/dossiers/*", "tdm-reservation": 1}]')
    assert [told(f"https://a.test{path}") for path in ("/dossiers/x/", "/autre/dossiers/", "")] == [True, False, False]
    assert not reserves("")("https://a.test/dossiers/")
