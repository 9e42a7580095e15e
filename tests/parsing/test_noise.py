"""What an importer copied along is cut, with the source's classes or without; what the author wrote is not."""

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.items import BodyLink
from foiscrawl.parsing.noise import closed_names, noise_rules, without_shortcodes
from foiscrawl.site import Noise
from foiscrawl.text import comparable
from tests.parsing.pages import FIRST, SECOND, SITE, paragraphs, parse, smartmag

OTHER = "https://www.lemonde.fr/un/article/2025/10/28/x_1_2.html"
LINK = f'<a href="{OTHER}">Un titre ailleurs</a>'
# The blocks of one promotion run, as labels that must be matched; around it stands text of ours.
PROMOTIONS = """
<p>Le Monde Mémorable</p><p>Testez votre culture générale avec la rédaction du « Monde »</p>
<p>Découvrir</p><p>Newsletter</p><p>« A la une »</p><p>S’inscrire</p>
<p>Le Monde Application</p><p>La Matinale du Monde</p>
<p>Télécharger l’application</p>"""


def between(noise: str) -> list[str]:
    return paragraphs(f"<p>{FIRST}</p>{noise}<p>{SECOND}</p>")


# --- read also ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f"<p>Lire aussi | Article réservé à nos abonnés {LINK}</p>", "subscriber"),
        (f"<p>Lire aussi la chronique | Article réservé à nos abonnés {LINK}</p>", "subscriber"),
        (f"<p>LIRE AUSSI\u00a0: {LINK}</p>", "read_also"),
        (f"<div>À lire aussi {LINK}</div>", "read_also"),
        (f"<p>Lire aussi l’éditorial du « Journal » | {LINK}</p>", "read_also"),
        (f'<p><a href="{OTHER}">Lire aussi | Article réservé à nos abonnés Un titre ailleurs</a></p>', "subscriber"),
        (f"<h4>Lire aussi</h4><ul><li>{LINK}</li></ul>", "read_also"),
        (f'<p>Lire aussi <span class="sr-only">Article réservé à nos abonnés</span> {LINK}</p>', "subscriber"),
        (
            f'<section class="catcher"><p class="catcher__title"><span class="sr-only">Lire aussi | Article réservé '
            f"à nos abonnés</span> {LINK}</p></section>",
            "subscriber",
        ),
        (f"<p>{LINK}</p>", "read_also"),
    ],
)
def test_read_also_lines_leave_the_text_and_become_links(line: str, kind: str) -> None:
    item = parse(smartmag(f"<p>{FIRST}</p>{line}<p>{SECOND}</p>"))

    assert item.body_text == f"{FIRST}\n\n{SECOND}"
    assert item.links == (BodyLink(OTHER, "Un titre ailleurs", kind),)


@pytest.mark.parametrize(
    "line",
    ["Lire aussi | Article réservé à nos abonnés Un titre dont le lien a disparu", "Lire aussi : Un titre sans lien"],
)
def test_read_also_lines_without_a_link_leave_the_text_too(line: str) -> None:
    assert between(f"<p>{line}</p>") == [FIRST, SECOND]


@pytest.mark.parametrize(
    "sentence",
    [
        "Lire aussi souvent que possible rend heureux, dit le libraire.",
        "Voir aussi dans ce geste une provocation serait excessif.",
        "Le panneau porte les mots « Lire aussi » en lettres rouges.",
        "Découvrir le pont reste gratuit pour les enfants.",
        "Newsletter est un mot anglais que le maire n’aime pas.",
        "Lire aussi. " * 80,
    ],
)
def test_sentences_that_only_look_like_noise_stay(sentence: str) -> None:
    assert between(f"<p>{sentence}</p>") == [FIRST, sentence.strip(), SECOND]


def test_a_sentence_with_a_link_in_it_stays() -> None:
    sentence = "Lire aussi les notes de la mairie, {}, aide à comprendre le projet des élus."

    shown = between(f"<p>{sentence.format(LINK)}</p>")

    assert shown == [FIRST, sentence.format("Un titre ailleurs"), SECOND]


# --- promotions --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("tag", ["p", "div"])
def test_a_promotion_run_is_cut_and_the_paragraphs_around_it_are_not(tag: str) -> None:
    assert between(PROMOTIONS.replace("<p>", f"<{tag}>").replace("</p>", f"</{tag}>")) == [FIRST, SECOND]


def test_a_promotion_that_kept_its_class_is_cut_whatever_it_says() -> None:
    assert between("<section class='inread'><h4>Du nouveau</h4><p>Une offre jamais vue.</p></section>") == [
        FIRST,
        SECOND,
    ]


def test_unknown_lines_between_two_promotions_are_cut() -> None:
    link = '<p><a href="https://abo.lemonde.fr/x">Je m’abonne</a></p>'

    assert between(f"<p>Newsletter</p><p>« Bricolage »</p><p>Chaque jeudi, des idées pour la maison</p>{link}") == [
        FIRST,
        SECOND,
    ]


@pytest.mark.parametrize(
    "paragraph",
    [
        "Il a plu.",
        "Un paragraphe de plus de vingt mots, sans point final, que rien ne distingue d’un autre, sinon sa longueur, "
        "qui suffit à dire que quelqu’un l’a écrit pour être lu",
    ],
)
def test_a_real_paragraph_between_promotions_stays(paragraph: str) -> None:
    assert between(f"<p>Newsletter</p><p>{paragraph}</p><p>S’inscrire</p>") == [FIRST, paragraph, SECOND]


def test_a_heading_between_two_read_also_lines_stays() -> None:
    also = f'<p><a href="{OTHER}">Lire aussi | Un titre ailleurs</a></p>'

    assert between(f"{also}<p><b>Un nouvel intertitre</b></p>{also}") == [FIRST, "Un nouvel intertitre", SECOND]


@pytest.mark.parametrize("markup", ["<h2>International</h2>", "<ul><li>International</li></ul>"])
def test_a_heading_that_reads_like_a_promotion_stays_when_it_stands_alone(markup: str) -> None:
    assert between(markup) == [FIRST, "International", SECOND]
    assert between(f"<p>Newsletter</p>{markup}<p>S’inscrire</p>") == [FIRST, SECOND]


# --- source line -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("tail", "credit"),
    [
        ("<p>Le Monde avec AFP</p>", "Le Monde avec AFP"),
        ("<p><b>Le Monde avec AFP et Reuters</b></p><p>Réutiliser ce contenu</p>", "Le Monde avec AFP et Reuters"),
        (f'<p>AFP</p><p><a href="{OTHER}">Réutiliser ce contenu</a></p>', "AFP"),
        (f"<p>Lire aussi | {LINK}</p><p>Le Monde avec AFP</p><p>Réutiliser ce contenu</p>", "Le Monde avec AFP"),
        ('<section class="author">Ana Lo (Nîmes, correspondante)</section>', "Ana Lo (Nîmes, correspondante)"),
        ("<p>Source : Reuters</p>", "Source : Reuters"),
        ("<p>Newsletter</p><p>Le Monde avec AFP</p><p>Réutiliser ce contenu</p>", "Le Monde avec AFP"),
    ],
)
def test_the_source_line_at_the_end_is_kept_as_credit(tail: str, credit: str) -> None:
    item = parse(smartmag(f"<p>{FIRST}</p>{tail}"))

    assert (item.credit, item.body_text) == (credit, FIRST)


@pytest.mark.parametrize("body", [f"<p>AFP</p><p>{FIRST}</p>", f"<p>{FIRST} Le Monde avec AFP</p>"])
def test_an_agency_named_elsewhere_is_no_source_line(body: str) -> None:
    item = parse(smartmag(body))

    assert item.credit is None
    assert "AFP" in item.body_text


# --- shortcodes --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ('[vc_row][vc_column width="1/2"]Un mot[/vc_column][/vc_row]', "Un mot"),
        ('[caption id="a" align=left]Un mot[/caption]', "Un mot"),
        ("[button]Un mot[/button]", "Un mot"),
        ('Un [gallery ids="1,2"]mot', "Un mot"),
        ("Un [ma_galerie]mot", "Un mot"),
        ("des [leurs] et des […]", "des [leurs] et des […]"),
        ("[s]on avis, [ci-dessus] [sic]", "[s]on avis, [ci-dessus] [sic]"),
        ("[Note de la rédaction : vrai]", "[Note de la rédaction : vrai]"),
        ("[...] et [1]", "[...] et [1]"),
    ],
)
def test_shortcodes_go_and_the_authors_brackets_stay(text: str, kept: str) -> None:
    assert without_shortcodes(text, closed_names(text)) == kept


def test_a_shortcode_alone_in_a_paragraph_goes_and_emphasis_in_brackets_stays() -> None:
    assert between("<p>[formulaire]</p><p>Ils vendent <em>[leurs]</em> terres.</p>") == [
        FIRST,
        "Ils vendent [leurs] terres.",
        SECOND,
    ]


def test_a_site_without_rules_keeps_everything() -> None:
    site = replace(SITE, noise=Noise(shortcodes=False))

    item = parse(smartmag("<p>Newsletter</p><p>[vc_row]</p><p>Lire aussi : non</p><p>AFP</p>"), site=site)

    assert item.body_text == "Newsletter\n\n[vc_row]\n\nLire aussi : non\n\nAFP"
    assert item.credit is None


RULES = noise_rules(SITE.noise)
KNOWN = (*SITE.noise.exact, *SITE.noise.starts)


@given(
    st.builds("{}{}{}".format, st.text("LAaà «(“‘\u00a0", max_size=3), st.sampled_from(KNOWN), st.text(max_size=5)),
    st.sampled_from((str, str.upper, str.lower, str.title)),
    st.sampled_from(("NFC", "NFD", "NFKD")),
    st.integers(0, 300),
)
def test_no_text_is_told_innocent_that_is_known_as_noise(
    text: str, case: Callable[[str], str], form: Literal["NFC", "NFD", "NFKD"], more: int
) -> None:
    text = unicodedata.normalize(form, case(text)) + " mot" * more
    key = comparable(text)
    is_noise = key in set(map(comparable, KNOWN)) or key.startswith(tuple(map(comparable, SITE.noise.starts)))
    assert not is_noise or len(text) > 600 or RULES._key(text) == key
    assert RULES.is_read_also(text) == comparable(text[:600]).startswith(tuple(map(comparable, SITE.noise.starts)))
