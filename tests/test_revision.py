"""What is an edit by the publisher, and what is none."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl import fingerprint
from foiscrawl.items import Instant
from foiscrawl.revision import Change, Reading, grade
from foiscrawl.site import load_site

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CORRECTIONS = load_site("francaisfois").edits.corrections
BODY = "Le premier paragraphe dit une chose.\n\nLe second en dit une autre.\n\nLe dernier conclut."
ORIGINS = {
    "headline": "css:h1",
    "standfirst": "css:.sub-title",
    "body": "css:.post-content",
    "byline": "css:.post-author a",
    "published": "jsonld:datePublished",
}


def read(**values: object) -> Reading:
    """A page as it is read; with values in the place of the usual ones."""
    fields = {
        "headline": "Le titre",
        "standfirst": "Le chapô de l’article",
        "body_text": BODY,
        "byline": "A. Durand",
        "credit": "Le Monde avec AFP",
        "published": Instant(NOON, "2026-11-23T12:00:00Z"),
        "layout": "modern",
        "extractor_version": "1",
        "origins": ORIGINS,
        **values,
    }
    hash_ = fingerprint.content_hash(fields["headline"], fields["standfirst"], fields["body_text"])
    return Reading(**{"content_hash": hash_, **fields})  # type: ignore[arg-type]


def edit(before: Reading | None = None, *, earlier: tuple[str, ...] = (), **values: object) -> Change | None:
    """The change from one page to another that differs in these values."""
    return grade(before or read(), read(**values), earlier=earlier, corrections=CORRECTIONS)


def origins(**values: str) -> dict[str, str]:
    return {**ORIGINS, **values}


# --- edits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "kinds", "size"),
    [
        ({"headline": "Le titra"}, ("headline",), 2),
        ({"standfirst": "Le chapô de l’article, revu"}, ("standfirst",), 3),
        ({"standfirst": None}, ("standfirst",), 4),
        ({"body_text": BODY + "\n\nEt encore."}, ("body",), 2),
        ({"body_text": ""}, ("body",), 15),
        ({"byline": "A. Durant"}, ("byline",), 0),
        ({"byline": None}, ("byline",), 0),
        ({"credit": "Reuters"}, ("credit",), 0),
        ({"credit": None}, ("credit",), 0),
        ({"published": Instant(NOON + timedelta(minutes=7), "12:07")}, ("published",), 0),
        (
            {
                "headline": "Titre",
                "body_text": BODY + " Fin.",
                "byline": "B.",
                "published": Instant(NOON - DAY, "hier"),
            },
            ("headline", "body", "byline", "published"),
            4,
        ),
    ],
)
def test_a_change_by_the_publisher_is_named_and_measured(values, kinds, size):
    assert edit(**values) == Change(kinds, size)


def test_what_appears_at_its_usual_place_is_an_edit():
    assert edit(read(byline=None, origins={**ORIGINS, "byline": None}), byline="A. Durand").kind == "byline"
    assert edit(read(standfirst=None)).kind == "standfirst"


@pytest.mark.parametrize(
    "note",
    [
        "Correction : le prénom du maire a été rectifié.",
        "Mise à jour à 18 h 30 : ajout de la réaction du ministre.",
        "MISE À JOUR — le bilan a été revu.",
        "Erratum : il fallait lire « dix ».",
        "Rectificatif du 24 novembre. Le chiffre était faux.",
        "Cet article a été modifié le 24 novembre à 10 heures.",
        "Une première version de cet article donnait un autre chiffre.",
    ],
)
def test_a_correction_note_at_start_or_end_is_told_apart_from_the_body(note):
    assert edit(body_text=f"{note}\n\n{BODY}").kinds == ("correction",)
    assert edit(body_text=f"{BODY}\n\n{note}").kinds == ("correction",)
    assert edit(read(body_text=f"{BODY}\n\n{note}"), body_text=f"{BODY}\n\n{note} Bis.").kinds == ("correction",)
    assert edit(body_text=f"{note}\n\n{BODY} Et le texte aussi.").kinds == ("body", "correction")


@pytest.mark.parametrize(
    "sentence",
    [
        "La mise à jour du logiciel est gratuite.",
        "Correction faite, le compte y est.",
        "Il a demandé une correction : elle est venue.",
    ],
)
def test_prose_that_speaks_of_corrections_is_body(sentence):
    assert edit(body_text=f"{BODY}\n\n{sentence}").kinds == ("body",)


def test_an_earlier_text_that_comes_back_is_restored():
    first, second = read(), read(headline="Autre")

    assert grade(second, first, earlier={first.content_hash}).kinds == ("headline", "restored")
    assert grade(second, read(headline="Encore"), earlier={first.content_hash}).kinds == ("headline",)
    assert grade(first, read(byline="B."), earlier={first.content_hash}).kinds == ("byline",)


# --- none ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"headline": "Le  titre"},
        {"standfirst": "Le chapô de l'article"},
        {"byline": "A.\u00a0Durand"},
        {"published": Instant(NOON + timedelta(seconds=0.5), "2026-11-23T13:00:00.5+01:00", zone="+01:00")},
        {"published": Instant(NOON, "23/11/2026 12:00", "minute")},
        {"published": Instant(NOON - 12 * HOUR, "23/11/2026", "day", "site")},
        {"published": None},
        {"published": Instant(None, "0000-00-00", flag="zero")},
        {"published": Instant(NOON - DAY, "hier"), "disputed": True},
        {"published": Instant(NOON + HOUR, "une liste"), "origins": origins(published="hint")},
        {"published": Instant(NOON - 400 * DAY, "une liste"), "origins": origins(published="hint")},
        {"published": Instant(NOON + 2 * HOUR, "14 h"), "origins": origins(published="css:time")},
    ],
)
def test_typography_precision_zones_and_doubts_are_no_edit(values):
    assert edit(**values) is None


def test_a_day_without_hour_is_another_only_when_the_day_is():
    day = read(published=Instant(datetime(2026, 11, 22, 23, 0, tzinfo=UTC), "23/11/2026", "day", "site"))

    assert edit(day) is None
    assert edit(day, published=Instant(NOON + DAY, "2026-11-24")).kind == "published"
    assert (
        edit(day, published=Instant(datetime(2026, 11, 23, 23, 0, tzinfo=UTC), "24", "day", "site")).kind == "published"
    )


NEW_THEME = {"layout": "block", "origins": {name: f"css:.new-{name}" for name in ORIGINS}}
NEW_CODE = {"extractor_version": "2"}


@pytest.mark.parametrize("other", [NEW_THEME, NEW_CODE], ids=["theme", "code"])
@pytest.mark.parametrize(
    "values",
    [
        {"body_text": BODY.replace("\n\n", " ")},
        {"body_text": BODY.replace("chose.", "chose")},
        {"standfirst": None},
        {"standfirst": None, "body_text": f"Le chapô de l’article\n\n{BODY}"},
        {"headline": None},
        {"body_text": ""},
        {"byline": None},
        {"byline": "Par A. Durand, à Lyon"},
        {"published": Instant(NOON + HOUR, "13 h")},
    ],
)
def test_what_another_way_of_reading_explains_is_no_edit(values, other):
    assert edit(**{**values, **other}) is None
    assert grade(read(**{**values, **other}), read()) is None


@pytest.mark.parametrize("other", [NEW_THEME, NEW_CODE], ids=["theme", "code"])
@pytest.mark.parametrize(
    ("values", "kinds"),
    [
        ({"headline": "Le titra"}, ("headline",)),
        ({"headline": "Le titra", "standfirst": None}, ("headline",)),
        ({"standfirst": "Un autre"}, ("standfirst",)),
        ({"body_text": BODY.replace("autre", "autra")}, ("body",)),
        ({"body_text": BODY.replace("autre", "autra"), "standfirst": None}, ("body",)),
        ({"byline": "C. Martin"}, ("byline",)),
        ({"credit": "Reuters"}, ("credit",)),
        ({"published": Instant(NOON + 3 * DAY, "26")}, ("published",)),
    ],
)
def test_what_no_other_way_of_reading_explains_is_an_edit(values, kinds, other):
    assert edit(**{**values, **other}).kinds == kinds


STRUCTURED = {"published": "jsonld:datePublished", "byline": "meta:author"}  # what a page says whatever its theme
MODERN = {"layout": "smartmag-modern", "origins": {**ORIGINS, **STRUCTURED}}
GENERIC = {"layout": "generic", "origins": {**dict.fromkeys(ORIGINS, "css:.new"), **STRUCTURED}}


@pytest.mark.parametrize(
    ("old", "new", "kind"),
    [
        ({}, {"published": Instant(NOON + timedelta(minutes=7), "12:07")}, "published"),
        ({}, {"byline": "A."}, "byline"),
        ({}, {"credit": "AFP"}, "credit"),
        ({"credit": "AFP"}, {}, "credit"),
        ({"credit": None}, {"credit": "AFP"}, "credit"),
        ({"credit": "AFP"}, {"credit": None}, "credit"),
        ({"credit": None}, {"credit": "AFP", "body_text": BODY.replace("\n\n", " ")}, "credit"),
        (
            {"credit": None},
            {"credit": "AFP", "standfirst": None, "body_text": f"Le chapô de l’article\n{BODY}"},
            "credit",
        ),
    ],
)
def test_what_stands_in_the_same_structure_counts_whatever_the_theme(old, new, kind):
    assert edit(read(**MODERN, **old), **GENERIC, **new).kinds == (kind,)
    assert edit(read(**GENERIC, **old), **MODERN, **new).kinds == (kind,)
    assert edit(read(**MODERN), **GENERIC) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ({}, {"published": Instant(NOON + timedelta(seconds=0.5), "12:00:00.5")}),
        ({}, {"byline": "A.\u00a0Durand"}),
        ({}, {"byline": None, "origins": {**GENERIC["origins"], "byline": None}}),
        ({}, {"byline": "A.", "origins": {**GENERIC["origins"], "byline": "jsonld:author"}}),
        ({}, {"byline": "A.", **NEW_CODE}),
        ({}, {"published": Instant(NOON + timedelta(minutes=7), "12:07"), **NEW_CODE}),
        ({}, {"credit": None, **NEW_CODE}),
        ({}, {"credit": "le monde, avec AFP"}),
        ({}, {"credit": None, "origins": {**GENERIC["origins"], "body": "generic"}}),  # a guess leaves short lines out
        ({"credit": "AFP"}, {"credit": None, "body_text": ""}),
        ({"body_text": ""}, {"body_text": "", "credit": None}),
    ],
)
def test_what_another_theme_or_code_may_hide_is_no_edit_of_a_fact(old, new):
    assert edit(read(**MODERN, **old), **{**GENERIC, **new}) is None
    assert grade(read(**{**GENERIC, **new}), read(**MODERN, **old)) is None


def test_a_credit_line_that_another_theme_leaves_in_the_body_is_no_edit_of_the_credit():
    change = edit(read(**MODERN, credit="AFP"), **GENERIC, credit=None, body_text=f"{BODY}\n\nAFP")

    assert "credit" not in change.kinds


def test_a_field_read_from_another_place_of_the_same_page_is_compared_by_its_words():
    guessed = {"origins": origins(body="generic")}

    assert edit(body_text=BODY.replace("\n\n", "\n"), **guessed) is None
    assert edit(body_text=BODY.replace("autre", "autra"), **guessed).kinds == ("body",)
    assert edit(byline=None, origins={**ORIGINS, "byline": None}).kinds == ("byline",)
    assert grade(read(origins=origins(byline="hint")), read(byline=None, origins={**ORIGINS, "byline": None})) is None


# --- whatever the text -----------------------------------------------------------------------------------------------

TEXT = st.text(st.sampled_from("abcdeé ’'«»\u00a0–-…,.\n"), min_size=1, max_size=60).filter(str.strip)
PLACES = st.sampled_from(["headline", "standfirst", "body_text", "byline"])


@given(PLACES, TEXT, st.integers(0, 59), st.sampled_from("xyzé"))
def test_one_letter_more_is_exactly_one_kind_of_edit(place, text, at, letter):
    before = read(**{place: text})

    change = edit(before, **{place: text[:at] + letter + text[at:]})

    assert change is not None
    assert change.kinds == (place.removesuffix("_text"),)
    assert grade(before, before) is None


@given(
    st.sampled_from(["headline", "standfirst", "body_text", "byline", "credit"]),
    TEXT,
    st.sampled_from(
        [("'", "’"), ("’", "ʼ"), (" ", "\u00a0"), (" ", "  "), ("–", "-"), ("…", "..."), ("«", "«\u202f"), ("»", '"')]
    ),
)
def test_typography_is_never_an_edit(place, text, change):
    assert edit(read(**{place: text}), **{place: text.replace(*change)}) is None


def test_readings_are_compared_by_value():
    assert grade(read(), replace(read(), origins=dict(ORIGINS))) is None
