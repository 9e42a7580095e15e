"""What a page is, who may read it, whether it may be kept."""

from typing import Any

import pytest

from foiscrawl.items import Access, PageKind
from tests.parsing.pages import BODY, FIRST, TITLE, html, jsonld, parse, smartmag, yoast

LONG = f"<p>{FIRST}</p>" * 15
PASSWORD = (
    '<form class="post-password-form" method="post"><p>Protégé.</p><input name="post_password" type="password"></form>'
)


# --- kind --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body_class", "kind"),
    [
        ("single single-post postid-4", PageKind.ARTICLE),
        ("single single-post paged-2 single-paged-2", PageKind.ARTICLE),
        ("attachment single single-attachment", PageKind.ATTACHMENT),
        ("page page-id-3 page-template-default", PageKind.PAGE),
        ("archive category category-monde category-4", PageKind.ARCHIVE),
        ("archive author", PageKind.ARCHIVE),
        ("search search-results", PageKind.ARCHIVE),
        ("home blog", PageKind.HOME),
        ("home page page-id-3", PageKind.HOME),
        ("error404", PageKind.NOT_FOUND),
        ("page", PageKind.UNKNOWN),
        ("", PageKind.UNKNOWN),
    ],
)
def test_the_classes_of_the_body_say_what_a_page_is(body_class: str, kind: PageKind) -> None:
    assert parse(html("<h1>Un titre</h1><p>Deux mots.</p>", body_class=body_class)).page_kind is kind


def test_a_list_page_gives_no_body() -> None:
    item = parse(
        html(f'<article class="post-4"><div class="entry-content">{BODY}</div></article>', body_class="archive")
    )

    assert (item.page_kind, item.body_text) == (PageKind.ARCHIVE, "")


def test_a_password_form_is_never_a_body() -> None:
    item = parse(smartmag(PASSWORD, title="Protégé : Un pont"))

    assert item.page_kind is PageKind.PROTECTED
    assert item.access is Access.PROTECTED
    assert (item.body_text, item.body_html) == ("", "")


@pytest.mark.parametrize("og_type", ["article", "ARTICLE"])
def test_without_classes_metadata_make_an_article(og_type: str) -> None:
    assert parse(html(f"<h1>Un</h1>{BODY}", head=f'<meta property="og:type" content="{og_type}">')).page_kind is (
        PageKind.ARTICLE
    )
    assert parse(html(f"<h1>Un</h1>{BODY}", head=jsonld({"@type": "NewsArticle"}))).page_kind is PageKind.ARTICLE
    assert parse(html(f"<h1>Un</h1>{BODY}", head='<meta property="og:type" content="website">')).page_kind is (
        PageKind.UNKNOWN
    )


def test_without_classes_and_metadata_a_long_text_under_a_heading_makes_an_article() -> None:
    assert parse(html(f"<main><h1>Un titre</h1>{LONG}</main>")).page_kind is PageKind.ARTICLE
    assert parse(html(f"<main>{LONG}</main>")).page_kind is PageKind.UNKNOWN


@pytest.mark.parametrize(
    "body",
    ['<figure><img src="/une.jpg"></figure>', '<figure class="wp-block-embed"><iframe src="/v"></iframe></figure>'],
)
def test_an_article_of_pictures_or_embeds_alone_is_an_article_without_text(body: str) -> None:
    item = parse(smartmag(body))

    assert (item.page_kind, item.body_text, item.flags) == (PageKind.ARTICLE, "", ())


@pytest.mark.parametrize(
    ("page", "kind"),
    [
        (html("<h1>Page introuvable</h1><p>Essayez une recherche.</p>"), PageKind.NOT_FOUND),
        (html("<p>Rien ici.</p>", title="Erreur 404 - Le Journal"), PageKind.NOT_FOUND),
        (smartmag("<p>Désolé.</p>", title="PAGE NON TROUVÉE"), PageKind.NOT_FOUND),
        (html("<p>Patience.</p>", title="Just a moment..."), PageKind.CONSENT),
        (html("<h1>Site en maintenance</h1>"), PageKind.CONSENT),
        (html('<h1>Connexion</h1><form><input type="password" name="pwd"></form>'), PageKind.CONSENT),
        (html('<p>Cochez la case.</p><div class="g-recaptcha"></div>', title="Sécurité"), PageKind.CONSENT),
        (html('<form id="challenge-form"></form>', body_class="single single-post"), PageKind.CONSENT),
    ],
)
def test_error_login_and_challenge_pages_are_seen_whatever_their_status(page: str, kind: PageKind) -> None:
    assert parse(page).page_kind is kind


@pytest.mark.parametrize(
    "title", ["Maintenance du pont : un mois de travaux", "Oups, le maire se trompe", "Un instant de calme"]
)
def test_an_article_whose_title_holds_such_words_stays_an_article(title: str) -> None:
    assert parse(smartmag(title=title)).page_kind is PageKind.ARTICLE


def test_a_comment_form_with_a_captcha_does_not_spoil_an_article() -> None:
    page = smartmag(after='<form><input type="password"><div class="g-recaptcha"></div></form>')

    assert parse(page).page_kind is PageKind.ARTICLE


# --- access ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("free", "access"),
    [
        (True, Access.OPEN),
        ("True", Access.OPEN),
        ("https://schema.org/True", Access.OPEN),
        (False, Access.SUBSCRIBER),
        ("false", Access.SUBSCRIBER),
        ("http://schema.org/False", Access.SUBSCRIBER),
        ("peut-être", Access.UNKNOWN),
        (None, Access.UNKNOWN),
    ],
)
def test_access_is_what_the_page_declares_and_never_open_from_silence(free: Any, access: Access) -> None:
    item = parse(smartmag(head=jsonld(yoast(isAccessibleForFree=free))))

    assert item.access is access
    assert item.origins.get("access") == (None if access is Access.UNKNOWN else "jsonld:isAccessibleForFree")


def test_a_paywall_in_the_page_outweighs_silence() -> None:
    item = parse(smartmag(after='<div class="paywall">Abonnez-vous.</div>'))

    assert (item.access, item.origins["access"]) == (Access.SUBSCRIBER, "css:.paywall")


@pytest.mark.parametrize("ending", ["La suite demain […]", "La suite demain [...]", "Un mot. Lire la suite"])
def test_a_text_that_breaks_off_is_truncated(ending: str) -> None:
    item = parse(smartmag(f"<p>{FIRST}</p><p>{ending}</p>", head=jsonld(yoast(isAccessibleForFree=True))))

    assert item.access is Access.TRUNCATED
    assert item.origins["access"].startswith("ending:")


def test_an_omission_inside_the_text_is_no_truncation() -> None:
    assert parse(smartmag(f"<p>Il a dit […] que oui.</p><p>{FIRST}</p>")).access is Access.UNKNOWN


@pytest.mark.parametrize(
    ("declared", "access"),
    [(900, Access.TRUNCATED), ("900", Access.TRUNCATED), (60, Access.UNKNOWN), (75, Access.UNKNOWN)],
)
def test_a_text_far_shorter_than_declared_is_truncated(declared: Any, access: Access) -> None:
    item = parse(smartmag(head=jsonld(yoast(wordCount=declared))))

    assert item.access is access
    if access is Access.TRUNCATED:
        assert item.origins["access"] == "jsonld:wordCount 900, found 35"


# --- keeping -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("meta", "forbidden"),
    [
        ('<meta name="robots" content="index, follow, max-image-preview:large">', False),
        ('<meta name="robots" content="noindex">', False),
        ('<meta name="robots" content="noarchive">', True),
        ('<meta name="Robots" content="index,NOARCHIVE">', True),
        ('<meta name="robots" content="none">', True),
        ('<meta name="robots" content="index"><meta name="robots" content="noarchive">', True),
        ('<meta name="foiscrawl" content="noarchive">', True),
        ('<meta name="googlebot" content="noarchive">', False),
    ],
)
def test_noarchive_holds_when_it_is_said_to_all_or_to_us(meta: str, forbidden: bool) -> None:
    assert parse(smartmag(head=meta)).noarchive is forbidden


def test_the_title_of_a_page_without_text_is_still_read() -> None:
    assert parse(smartmag("")).headline == TITLE
