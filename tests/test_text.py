"""Cleaning, comparing and dating: what must be equal, what must differ, and what must never be believed."""

import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.items import Instant
from foiscrawl.text import clean_line, clean_text, comparable, count_words, hashable, parse_instant, slugify, words

NOW = datetime(2025, 11, 1, 12, 0, tzinfo=UTC)
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=200)  # lone surrogates and controls too


def paris(raw: str) -> Instant:
    return parse_instant(raw, site_zone="Europe/Paris", now=NOW)


# --- cleaning ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("e\u0301te\u0301", "été"),
        ("a\0b\x07c\x9fd", "abcd"),
        ("a\ud800b", "ab"),
        ("a\ufffeb\uffffc\U0001ffffd", "abcd"),
        ("co\u00adopé\u200bra\ufefftion", "coopération"),
        ("\u202egauche\u202c \u2066droite\u2069", "gauche droite"),
        ("un\x0bdeux\x85trois", "un deux trois"),
        ("un\r\ndeux\rtrois\u2028quatre", "un\ndeux\ntrois\nquatre"),
        ("« 10\u202f% »\u00a0!", "« 10\u202f% »\u00a0!"),
        ("👩\u200d🚒", "👩\u200d🚒"),
    ],
)
def test_clean_text_drops_what_is_not_seen_and_keeps_what_is(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@given(ANY_TEXT)
def test_clean_text_can_be_stored_by_every_database(raw: str) -> None:
    clean = clean_text(raw)

    assert "\0" not in clean
    assert clean.encode("utf-8").decode("utf-8") == clean
    assert unicodedata.is_normalized("NFC", clean)
    assert clean_text(clean) == clean


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (None, None),
        ("", None),
        (" \n\t\u00a0 ", None),
        ("  un \n\t deux  ", "un deux"),
        ("un  deux", "un deux"),
        ("« un\u00a0»", "« un\u00a0»"),
        ("\u200b", None),
    ],
)
def test_clean_line_is_one_line_or_nothing(raw: str | None, line: str | None) -> None:
    assert clean_line(raw) == line


@given(ANY_TEXT)
def test_clean_line_is_stable_and_never_empty(raw: str) -> None:
    line = clean_line(raw)

    assert line is None or (line and "\n" not in line and clean_line(line) == line)


# --- comparing ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("S’inscrire", "s'inscrire"),
        ("« A la une »", "\u201cÀ LA UNE\u201d"),
        ("L’œuvre – suite…", "l'oeuvre - suite..."),
        ("Télécharger\u00a0l’application !", "telecharger  l'application"),
        ("ﬁn", "fin"),
    ],
)
def test_comparable_is_blind_to_case_accents_and_punctuation(one: str, other: str) -> None:
    assert comparable(one) == comparable(other)


@pytest.mark.parametrize(("one", "other"), [("10 %", "10 €"), ("Lire", "Dire"), ("1,5", "2,5")])
def test_comparable_sees_other_words_numbers_and_units(one: str, other: str) -> None:
    assert comparable(one) != comparable(other)


@given(ANY_TEXT)
def test_comparable_is_stable(raw: str) -> None:
    assert comparable(comparable(raw)) == comparable(raw)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("l’été", "l'e\u0301te\u0301"),
        ("« oui »", '"oui"'),
        ("«\u00a0oui\u00a0»\u00a0: non", "“oui”: non"),
        ("un – deux — trois", "un -- deux - trois"),
        ("fin…", "fin..."),
        ("10\u202f%\n\nfin", "10 % fin"),
        ("3×4", "3x4"),
    ],
)
def test_hashable_is_blind_to_typography(one: str, other: str) -> None:
    assert hashable(one) == hashable(other)


@pytest.mark.parametrize(
    ("one", "other"), [("Le maire", "le maire"), ("pêché", "péché"), ("1 000", "1000"), ("fin.", "fin")]
)
def test_hashable_sees_case_accents_digits_and_full_stops(one: str, other: str) -> None:
    assert hashable(one) != hashable(other)


@given(ANY_TEXT)
def test_hashable_is_stable(raw: str) -> None:
    assert hashable(hashable(raw)) == hashable(raw)


@given(st.one_of(ANY_TEXT, st.text("aé1½ «»—….-’_%\u00a0\n")))
def test_words_are_counted_as_they_are_listed(text: str) -> None:
    assert count_words(text) == len(words(text))


def test_words_are_counted_as_a_reader_does() -> None:
    text = "« L’accord » : 12,5 % du vice-président – fin…"

    assert words(text) == ["L’accord", "12,5", "%", "du", "vice-président", "fin"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Économie & Société", "economie-societe"),
        ("High-Tech", "high-tech"),
        ("Communiqué de Presse", "communique-de-presse"),
    ],
)
def test_slugs_are_those_of_wordpress(name: str, slug: str) -> None:
    assert slugify(name) == slug


# --- dates -------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("raw", "at", "precision", "zone"),
    [
        ("2025-10-28T08:15:30+00:00", "2025-10-28T08:15:30Z", "second", "+00:00"),
        ("2025-10-28T09:15:30.123+0100", "2025-10-28T08:15:30Z", "second", "+01:00"),
        ("2025-10-28T08:15:30Z", "2025-10-28T08:15:30Z", "second", "Z"),
        ("2025-10-28 09:15:30", "2025-10-28T08:15:30Z", "second", "site"),
        ("2025-07-14 09:15", "2025-07-14T07:15:00Z", "minute", "site"),
        ("2025-10-28", "2025-10-27T23:00:00Z", "day", "site"),
        ("Tue, 28 Oct 2025 08:15:30 +0000", "2025-10-28T08:15:30Z", "second", "+00:00"),
        ("Tue, 28 Oct 2025 08:15:30 GMT", "2025-10-28T08:15:30Z", "second", "GMT"),
        ("Tue, 28 Oct 2025 03:15:30 EST", "2025-10-28T08:15:30Z", "second", "EST"),
        ("octobre 28, 2025", "2025-10-27T23:00:00Z", "day", "site"),
        ("28 octobre 2025 à 18h30", "2025-10-28T17:30:00Z", "minute", "site"),
        ("Publié le 1er août 2025 à 9h", "2025-08-01T07:00:00Z", "minute", "site"),
        ("mar. 28 oct. 2025", "2025-10-27T23:00:00Z", "day", "site"),
        ("28/10/2025 18:30", "2025-10-28T17:30:00Z", "minute", "site"),
        ("FÉVRIER 3, 2025", "2025-02-02T23:00:00Z", "day", "site"),
        ("October 28, 2025 6:30 pm", "2025-10-28T17:30:00Z", "minute", "site"),
        ("28 décembre 2024, mis à jour le 3 janvier 2025", "2024-12-27T23:00:00Z", "day", "site"),
        ("2025-11-03T11:59:00Z", "2025-11-03T11:59:00Z", "second", "Z"),
    ],
)
def test_printed_dates_are_read(raw: str, at: str, precision: str, zone: str) -> None:
    assert paris(raw) == Instant(datetime.fromisoformat(at), raw, precision, zone)


@pytest.mark.parametrize(
    ("raw", "flag"),
    [
        ("0000-00-00 00:00:00", "zero"),
        ("-0001-11-30T00:00:00+00:00", "zero"),
        ("0001-01-01T00:00:00", "zero"),
        ("10000-01-01", "implausible"),
        ("31 février 2025", "implausible"),
        ("2025-02-31", "implausible"),
        ("10/28/2025", "implausible"),
        ("1970-01-01T00:00:00Z", "implausible"),
        ("2025-10-28T08:15:00+99:00", "implausible"),
        ("2025-10-28T25:15:00Z", "implausible"),
        ("2025-11-03T12:00:01Z", "future"),
        ("3 novembre 2026", "future"),
        ("Tue, 28 Oct 2025 08:15:30 JST", "unreadable"),
        ("il y a 3 heures", "unreadable"),
        ("mars", "unreadable"),
    ],
)
def test_what_is_no_believable_moment_is_kept_as_printed_and_flagged(raw: str, flag: str) -> None:
    instant = paris(raw)

    assert instant.at is None
    assert instant.raw == raw
    assert instant.flag == flag


def test_a_clock_without_offset_follows_the_sites_summer_time() -> None:
    assert paris("2025-10-26 01:30:00").at == datetime(2025, 10, 25, 23, 30, tzinfo=UTC)
    assert paris("2025-10-26 03:30:00").at == datetime(2025, 10, 26, 2, 30, tzinfo=UTC)


@given(st.one_of(ANY_TEXT, st.from_regex(r"-?[0-9]{1,6}[-/. ][0-9a-z]{1,9}[-/. ,][0-9]{1,5}([T ][0-9:]{1,9})?.{0,6}")))
def test_no_string_raises_and_every_moment_is_believable(raw: str) -> None:
    instant = paris(raw)

    assert (instant.at is None) == (instant.flag is not None)
    if instant.at is not None:
        assert instant.at.utcoffset() == timedelta(0)
        assert datetime(1990, 1, 1, tzinfo=UTC) <= instant.at <= NOW + timedelta(hours=48)


@given(st.integers(0, 35 * 365 * 86_400), st.integers(-12 * 4, 14 * 4))
def test_iso_dates_with_an_offset_are_read_to_the_second(seconds: int, quarters: int) -> None:
    moment = datetime(1990, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)

    instant = paris(moment.astimezone(timezone(timedelta(minutes=15 * quarters))).isoformat())

    assert instant.at == moment
