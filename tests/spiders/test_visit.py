"""What headers ask of us."""

from datetime import UTC, datetime

import pytest
from scrapy.http import Response

from foiscrawl.spiders.visit import forbids, retry_after

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("raw", "seconds"),
    [
        ("120", 120.0),
        ("Mon, 23 Nov 2026 12:01:00 GMT", 60.0),
        ("Mon, 23 Nov 2026 11:00:00 GMT", None),
        ("-5", None),
        ("0", None),
        ("abc", None),
        ("", None),
        ("1.5", None),
        ("9" * 5000, float("inf")),
        ("Mon, 01 Jan 2029 00:00:00 +99999999999999", None),
    ],
)
def test_retry_after_in_seconds_or_as_a_date_and_nonsense_as_nothing(raw, seconds):
    response = Response("https://example.fr/", headers={"Retry-After": raw})

    assert retry_after(response, NOW) == seconds


@pytest.mark.parametrize(
    ("values", "forbidden"),
    [
        (["noarchive"], True),
        (["NOINDEX, NoArchive"], True),
        (["none"], True),
        (["foiscrawl: noarchive"], True),
        (["googlebot: noarchive"], False),
        (["googlebot: nosnippet, noarchive"], False),
        (["max-snippet: 20, noarchive"], True),
        (["noindex, nofollow"], False),
        (["googlebot: none", "noarchive"], True),
        ([], False),
    ],
)
def test_x_robots_tag_counts_for_everybody_and_for_us(values, forbidden):
    assert forbids(values, []) == ("noarchive" if forbidden else None)


def test_a_reservation_of_text_and_data_mining_counts_by_its_last_word():
    assert forbids([], ["0", " 1 "]) == "tdm_reserved"
    assert forbids([], ["1", "0"]) is None
