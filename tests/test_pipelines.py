"""Each pipeline as the pure function that it wraps."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.items import (
    Access,
    ArticleItem,
    Fetch,
    Image,
    Instant,
    ListingItem,
    Outcome,
    OutcomeItem,
    PageKind,
    QuarantineItem,
    Term,
    UrlKind,
)
from foiscrawl.pipelines import Fingerprint, Normalise, Validate, fingerprinted, normalise, validate

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
URL = "https://example.fr/un-titre/"
FETCH = Fetch(url_id=1, url=URL, kind=UrlKind.ARTICLE, final_url=URL, fetched_at=NOW, status=200)
BODY = "\n\n".join(f"Le paragraphe numéro {number} dit une chose de plus que le précédent." for number in range(12))
ARTICLE = ArticleItem(
    page_kind=PageKind.ARTICLE,
    url=URL,
    canonical_url=URL,
    source_id="12",
    headline="Un titre",
    body_text=BODY,
    fetch=FETCH,
)


def test_normalise_composes_accents_and_drops_what_a_database_cannot_hold():
    raw = replace(
        ARTICLE,
        headline="Le\x00 titre e\u0301te\ud800\u0301",
        tags=(Term("E\u0301conomie", "economie"),),
        images=(Image("https://example.fr/a.png", "body", caption="Une\x07 le\u0301gende"),),
        published=Instant(NOW, "28 octobre\x00 2025"),
    )

    item = normalise(raw)

    assert item.headline == "Le titre été"
    assert item.tags == (Term("Économie", "economie"),)
    assert item.images[0].caption == "Une légende"
    assert item.published is not None
    assert item.published.raw == "28 octobre 2025"


@given(st.text(), st.lists(st.text(), max_size=3))
def test_normalised_text_can_be_encoded_and_holds_no_nul(headline, authors):
    item = normalise(replace(ARTICLE, headline=headline, authors=tuple(authors)))

    for text in (item.headline, *item.authors):
        assert text is not None
        assert "\x00" not in text
        text.encode("utf-8")


def test_a_believable_article_passes_unchanged():
    assert validate(ARTICLE) is ARTICLE


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"page_kind": PageKind.PROTECTED, "body_text": ""}, "protected"),
        ({"access": Access.PROTECTED}, "protected"),
        ({"page_kind": PageKind.NOT_FOUND}, "soft_404"),
        ({"page_kind": PageKind.CONSENT}, "consent"),
        ({"flags": ("incomplete",)}, "incomplete"),
        ({"body_text": ""}, "no_body"),
        ({"headline": None, "source_id": None}, "no_headline"),
        ({"headline": "x" * 2001}, "headline_too_long"),
    ],
)
def test_what_is_not_believed_is_quarantined_with_its_reason(change, reason):
    item = replace(ARTICLE, **change)

    assert validate(item) == QuarantineItem(article=item, reason=reason)


@pytest.mark.parametrize("change", [{"images": (Image("https://example.fr/a.png", "featured"),)}, {"embeds": 1}])
def test_an_article_of_a_picture_or_an_embed_alone_is_one(change):
    item = replace(ARTICLE, body_text="", **change)

    assert validate(item) is item


def test_an_article_without_a_headline_is_one_when_the_publisher_numbered_it():
    item = replace(ARTICLE, headline=None)

    assert validate(item) is item


@pytest.mark.parametrize(
    ("change", "reason"), [({"noarchive": True}, "noarchive"), ({"flags": ("tdm:1",)}, "tdm_reserved")]
)
def test_what_the_publisher_reserves_is_refused(change, reason):
    item = validate(replace(ARTICLE, **change))

    assert item == OutcomeItem(fetch=FETCH, outcome=Outcome.REFUSED, reason=reason)


@pytest.mark.parametrize("kind", [PageKind.PAGE, PageKind.ATTACHMENT, PageKind.ARCHIVE, PageKind.HOME])
def test_what_is_no_article_is_skipped_with_its_kind(kind):
    item = validate(replace(ARTICLE, page_kind=kind))

    assert item == OutcomeItem(fetch=FETCH, outcome=Outcome.SKIPPED, reason=f"is_{kind}")


def test_the_fingerprint_is_blind_to_typography_and_not_to_words():
    plain = fingerprinted(replace(ARTICLE, headline="L'été « rouge »"))
    curly = fingerprinted(replace(ARTICLE, headline="L’été «\u00a0rouge\u00a0»"))
    other = fingerprinted(replace(ARTICLE, headline="L’été «\u00a0rose\u00a0»"))

    assert plain.content_hash == curly.content_hash
    assert plain.content_hash != other.content_hash
    assert plain.bands == other.bands
    assert plain.bands


def test_a_text_too_short_to_compare_has_no_signature():
    item = fingerprinted(replace(ARTICLE, body_text="Trois mots seulement."))

    assert item.signature is None
    assert item.bands == ()


def test_items_that_are_no_articles_pass_untouched():
    listing = ListingItem(fetch=FETCH)

    for pipeline in (Normalise(), Validate(), Fingerprint()):
        assert pipeline.process_item(listing) is listing


def test_bodies_never_show_in_the_text_of_an_item():
    assert "paragraphe" not in repr(ARTICLE)
    assert "paragraphe" not in repr(QuarantineItem(article=ARTICLE, reason="no_body"))
