"""Arguments of `scrapy crawl`: what is accepted, and the one line that refuses the rest."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.errors import UsageError
from foiscrawl.site import load_site
from foiscrawl.spiders.arguments import NAMES, Arguments, parse_arguments

SITE = load_site("francaisfois")
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def parse(**raw: str) -> Arguments:
    return parse_arguments(raw, SITE, NOW)


def test_without_arguments_the_site_file_decides():
    arguments = parse()

    assert arguments == Arguments(home=SITE.home, home_named=False, mode="update")


def test_a_day_is_read_in_the_sites_own_time_from_its_start_to_its_end():
    arguments = parse(since="2026-03-28", until="2026-03-29")

    assert arguments.since == datetime(2026, 3, 27, 23, 0, tzinfo=UTC)  # Paris is at +01:00 that morning
    assert arguments.until == datetime(2026, 3, 29, 21, 59, 59, 999999, tzinfo=UTC)  # and at +02:00 that night


def test_a_home_without_a_path_gets_one():
    assert parse(home="https://www.example.fr").home == "https://www.example.fr/"


def test_loopback_may_have_a_port():
    assert parse(home="http://127.0.0.1:8099/").home == "http://127.0.0.1:8099/"


def test_an_update_looks_at_what_is_due_and_a_backfill_only_when_it_is_told_to():
    assert [parse().recheck, parse(mode="backfill").recheck, parse(mode="backfill", recheck="due").recheck] == [
        "due",
        "none",
        "due",
    ]
    assert parse(recheck="none").recheck == "none"


def test_sections_are_split_and_trimmed():
    assert parse(sections="politique, culture").sections == ("politique", "culture")


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"section": "a"}, "unknown argument section=; did you mean sections?"),
        ({"xyz": "a"}, "unknown argument xyz=; known: home, mode"),
        ({"mode": "updat"}, "mode=updat is unknown; did you mean update?"),
        ({"recheck": "al"}, "recheck=al is unknown; did you mean all?"),
        ({"recheck": "weekly"}, "recheck=weekly is unknown; known: due, all, none"),
        ({"mode": ""}, "mode= is unknown; known: update, backfill"),
        ({"since": "2026-02-31"}, "since=2026-02-31 is no date"),
        ({"since": "99999"}, "since=99999 is no date"),
        ({"since": ""}, "since= is no date"),
        ({"since": "2027-01-01"}, "since=2027-01-01 lies in the future"),
        ({"since": "1789-07-14"}, "since=1789-07-14 lies before 1990-01-01"),
        ({"since": "2026-11-02", "until": "2026-11-01"}, "since=2026-11-02 lies after until=2026-11-01"),
        ({"max_articles": "0"}, "max_articles=0 is no whole number"),
        ({"max_articles": "-5"}, "max_articles=-5 is no whole number"),
        ({"max_articles": "nan"}, "max_articles=nan is no whole number"),
        ({"max_articles": "1e9"}, "max_articles=1e9 is no whole number"),
        ({"max_articles": "٣"}, "is no whole number"),
        ({"sections": " , "}, "sections= is empty"),
        ({"home": "www.example.fr"}, "is no address"),
        ({"home": "ftp://example.fr/"}, "is no address"),
        ({"home": "file:///etc/passwd"}, "is no address"),
        ({"home": "javascript:alert(1)"}, "is no address"),
        ({"home": "https://user:secret@example.fr/"}, "must not hold a user name or password"),
        ({"home": "https://example.fr:22/"}, "port 22 is allowed for an address of this machine only"),
        ({"home": "https://example.fr:99999/"}, "the port is no number"),
        ({"home": "https://exam ple.fr/"}, "holds blanks"),
        ({"home": "https://example.fr/\r\nX: y"}, "holds blanks"),
        ({"home": "https://exämple.fr/"}, "xn--"),
        ({"home": "https://example.fr/?p=1"}, "must not hold a query"),
        ({"home": "https://" + "a" * 3000 + ".fr/"}, "longer than 300"),
    ],
)
def test_a_wrong_argument_is_refused_in_one_line_that_names_it(raw, words):
    with pytest.raises(UsageError) as refusal:
        parse(**raw)

    assert words in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30)))
def test_any_text_is_accepted_or_refused_and_nothing_else(raw):
    try:
        home = parse(**raw).home
    except UsageError:
        return

    assert home.startswith(("http://", "https://"))
