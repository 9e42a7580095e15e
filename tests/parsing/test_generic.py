"""A theme never seen: the extractor finds the text, the page's own element gives all that belongs to it."""

import subprocess
import sys

import pytest

from foiscrawl.items import BodyLink, PageKind
from foiscrawl.parsing.generic import without_header
from foiscrawl.parsing.noise import Block
from tests.parsing.pages import HOME, TITLE, html, jsonld, parse, smartmag

TEXTS = [
    "Le conseil du village a voté lundi soir, par neuf voix contre deux, la réfection du pont qui mène au moulin.",
    "Les travaux doivent commencer au printemps et durer trois mois, avec une passerelle posée un peu en amont.",
    "Deux charpentiers de la vallée ont été retenus, et ils emploieront du chêne coupé dans la forêt voisine.",
    "La dépense est partagée entre la commune et le département, sans emprunt, ce dont la maire se dit contente.",
]
MENU = '<div class="z1"><a href="/a/">Monde</a> <a href="/b/">Sport</a> <a href="/c/">Culture</a></div>'
SIDE = '<div class="z9"><a href="/d/">Un tout autre sujet</a><a href="/e/">Encore un autre sujet à lire</a></div>'


def unknown(inner: str, head: str = "") -> str:
    header = f'<h1 class="z3">{TITLE}</h1><p class="z4">Par Ana Lo</p>'
    page = f'{MENU}<div class="z2">{header}<div class="z5">{inner}</div></div>{SIDE}'
    return html(page, head=jsonld({"@type": "NewsArticle", "headline": TITLE, "author": {"name": "Ana Lo"}}) + head)


@pytest.mark.parametrize("tag", ["p", "div"])
def test_the_text_of_an_unknown_theme_is_read_without_menu_title_author_and_side_column(tag: str) -> None:
    item = parse(unknown("".join(f"<{tag}>{text}</{tag}>" for text in TEXTS)))

    assert item.page_kind is PageKind.ARTICLE
    assert (item.layout, item.origins["body"]) == ("generic", "generic")
    assert item.headline == TITLE
    assert item.authors == ("Ana Lo",)
    assert item.body_text.split("\n\n") == TEXTS


def test_pictures_captions_and_links_of_an_unknown_theme_are_read_with_it() -> None:
    picture = '<figure><img src="/p.jpg"><figcaption>Le pont</figcaption></figure>'
    linked = TEXTS[1].replace("passerelle", '<a href="https://b.example/">passerelle</a>')

    item = parse(unknown(f"<p>{TEXTS[0]}</p>{picture}<p>{linked}</p><p>{TEXTS[2]}</p><p>{TEXTS[3]}</p>"))

    assert item.body_text.split("\n\n") == TEXTS
    assert [(image.url, image.caption) for image in item.images] == [(HOME + "p.jpg", "Le pont")]
    assert item.links == (BodyLink("https://b.example/", "passerelle", "external"),)


def test_title_and_author_line_are_cut_from_the_top_of_an_extracted_text_and_nowhere_else() -> None:
    texts = [TITLE, "Par Ana Lo, le 28 octobre 2025", *TEXTS, TITLE]

    kept = without_header([Block("p", text) for text in texts], TITLE, ("Ana Lo",))

    assert [block.text for block in kept] == [*TEXTS, TITLE]


def test_a_whole_page_in_one_block_is_no_body() -> None:
    assert without_header([Block("p", f"Monde Sport Culture {TITLE} Par Ana Lo")], TITLE, ()) == []
    assert without_header([], TITLE, ()) == []


def test_nothing_is_guessed_for_a_field_that_the_page_does_not_give() -> None:
    item = parse(html(f"{MENU}<div>{''.join(f'<p>{text}</p>' for text in TEXTS)}</div>{SIDE}"))

    assert (item.headline, item.published, item.byline, item.section) == (None, None, None, None)


def test_a_page_too_long_for_the_extractor_says_so() -> None:
    item = parse(unknown("<!-- -->" * 80_000))

    assert (item.body_text, item.flags) == ("", ("generic:refused",))


def test_the_extractor_is_not_even_loaded_for_a_known_theme() -> None:
    code = "import sys; from tests.parsing.pages import *; parse(smartmag()); sys.exit('trafilatura' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
    assert parse(smartmag()).origins["body"].startswith("css:")
