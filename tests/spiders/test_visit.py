"""What headers ask of us."""

from datetime import UTC, datetime

import pytest
from scrapy.http import Response

from foiscrawl.spiders.visit import retry_after

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
