"""The newsroom is seeded, and its truth equals what its pages show."""

import json
from collections import Counter
from datetime import timedelta

import pytest

from tests.newsroom import Truth, truth_of
from tests.newsroom.answer import Ask
from tests.newsroom.looking import article_page, body_text, open_site, plain, some_article
from tests.newsroom.options import LAYOUTS, ODDITIES

BODY = {"block": ".wp-block-post-content", "unknown": ".x8"}
HEADLINE = {"block": "h1.wp-block-post-title", "unknown": "main h1"}


# What stands in bodies beside text, noise and captions: labels, a form, a script, a shortcode, page numbers.
LABELS = (
    "Lire aussi la chronique |",
    "Lire aussi |",
    "Lire aussi :",
    "Article réservé à nos abonnés",
    "Votre adresse électronique pour la lettre du soir",
    "Recevoir la lettre",
    "var regieInterne = {emplacement: 'corps'};",
    ".encart{color:#a00}",
    '[bloc_sondage id="4127" titre="Votre avis"]',
    "Cette publication est protégée par un mot de passe. Pour la voir, veuillez saisir votre mot de passe ci-dessous :",
    "Mot de passe :",
)


def left_over(shown: str, truth: Truth) -> str:
    """What is left of a shown body when all that is known of it has been taken away once."""
    cells = [one.replace(" | ", "") for one in truth.paragraphs]
    known = [*cells, *truth.noise, truth.credit or "", *(one.caption or "" for one in truth.images)]
    for one in sorted(map(plain, known), key=len, reverse=True):
        shown = shown.replace(one, "", 1)
    for label in map(plain, LABELS):
        shown = shown.replace(label, "")
    return shown.replace("123", "") if truth.kind == "multi-page" else shown


# --- the same seed, the same site ----------------------------------------------------------------------------


def test_two_newsrooms_of_one_seed_serve_the_same_bytes() -> None:
    first, second = open_site(seed=4), open_site(seed=4)
    paths = ["/", "/feed/", "/category/actualites/", "/post-sitemap.xml"]
    paths += [f"/{one.slug}/" for one in first.newsroom.articles.values()]
    assert [first.answer(Ask(one)).body for one in paths] == [second.answer(Ask(one)).body for one in paths]


def test_another_seed_writes_other_articles() -> None:
    headlines = [{one.headline for one in open_site(seed=seed).newsroom.articles.values()} for seed in (1, 2)]
    assert headlines[0] & headlines[1] <= {""}  # the untitled one


def test_articles_are_spread_over_the_days_asked_for_and_none_is_in_the_future() -> None:
    newsroom = open_site(days=90, oddities=()).newsroom
    ages = [(newsroom.now() - one.published) / timedelta(days=1) for one in newsroom.articles.values()]
    assert min(ages) > 0
    assert 85 < max(ages) < 90


def test_every_oddity_is_given_to_an_article() -> None:
    given = Counter(one.oddity for one in open_site(articles=120).newsroom.articles.values())
    assert {one: given[one] for one in ODDITIES} == dict.fromkeys(ODDITIES, 2)


# --- the truth equals what the pages show ------------------------------------------------------------------------


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_page_shows_what_the_truth_says(layout: str) -> None:
    site = open_site(layout=layout)
    for truth in truth_of(site.newsroom).values():
        article = site.newsroom.articles[truth.id]
        pages = [article_page(site, article)]
        pages += [article_page(site, article, f"{n}/") for n in (2, 3) if truth.kind == "multi-page"]
        shown = "".join(body_text(one, BODY.get(layout, "article .entry-content")) for one in pages)
        place = 0
        for paragraph in truth.paragraphs:
            wanted = plain(paragraph.replace(" | ", ""))
            place = shown.find(wanted, place)
            assert place >= 0, f"{truth.id} ({truth.oddity}): not in its place: {paragraph}"
            place += len(wanted)
        assert all(plain(one) in shown for one in truth.noise)
        assert not set(truth.noise) & set(truth.paragraphs)
        assert left_over(shown, truth) == "", f"{truth.id} ({truth.oddity})"
        assert truth.credit is None or plain(truth.credit) in shown
        heading = pages[0].css_first(HEADLINE.get(layout, "h1.post-title"))
        assert heading is not None
        assert heading.text() == truth.headline
        canonical = pages[0].css_first("link[rel=canonical]")
        assert canonical is not None
        assert canonical.attributes["href"] == truth.url
        assert truth.byline in plain(pages[0].css_first("main, .main").text())


def test_yoast_gives_instants_in_utc_and_all_sections() -> None:
    site = open_site(oddities=("several-sections", "edited", "copy"))
    for truth in truth_of(site.newsroom).values():
        tree = article_page(site, site.newsroom.articles[truth.id])
        graph = json.loads(tree.css_first("script.yoast-schema-graph").text())["@graph"]
        assert graph[0]["datePublished"] == truth.published.isoformat()
        assert graph[0].get("dateModified") == (
            truth.modified.isoformat() if truth.modified > truth.published else None
        )
        assert graph[0]["articleSection"] == [name for name, _ in truth.sections]


@pytest.mark.parametrize(
    ("seo", "types"),
    [
        ("yoast", ["NewsArticle", "WebPage"]),
        ("yoast-bare", ["WebPage", "ImageObject"]),
        ("rank-math", ["Person", "WebSite"]),
        ("theme", []),
        ("none", []),
    ],
)
def test_each_plugin_writes_its_own_graph(seo: str, types: list[str]) -> None:
    site = open_site(articles=1, oddities=(), seo=seo)
    tree = article_page(site, some_article(site.newsroom))
    graphs = [json.loads(one.text()) for one in tree.css("script[type='application/ld+json']")]
    assert [one["@type"] for graph in graphs for one in graph.get("@graph", [])][:2] == types
    assert [one["@type"] for one in graphs if "@graph" not in one] == ([] if seo == "none" else ["Article"])


def test_a_graph_may_be_broken() -> None:
    site = open_site(oddities=("broken-jsonld",))
    tree = article_page(site, some_article(site.newsroom, "broken-jsonld"))
    with pytest.raises(json.JSONDecodeError):
        json.loads(tree.css_first("script.yoast-schema-graph").text())


def test_the_time_element_has_the_offset_of_the_site_in_summer_and_winter() -> None:
    site = open_site(days=200)
    stamps = {
        article_page(site, one).css_first(".the-post-header time.post-date").attributes["datetime"][-6:]
        for one in site.newsroom.articles.values()
    }
    assert stamps == {"+01:00", "+02:00"}


def test_a_headline_with_tags_and_entities_is_told_as_a_reader_sees_it() -> None:
    site = open_site(articles=0)
    article = site.newsroom.publish("<em>Brest</em> & l'île : 3 < 5... :)", slug="brest")
    assert article_page(site, article).css_first("h1").text() == "Brest & l’île : 3 < 5… 🙂"
    assert truth_of(site.newsroom)[article.id].headline == "Brest & l’île : 3 < 5… 🙂"


def test_only_the_smartmag_layouts_with_a_subtitle_show_a_standfirst() -> None:
    shown = {}
    for layout in LAYOUTS:
        site = open_site(articles=0, layout=layout)
        article = site.newsroom.publish(standfirst="Le chapeau de cet article")
        assert truth_of(site.newsroom)[article.id].standfirst == (
            "Le chapeau de cet article" if layout in ("modern", "large", "classic") else None
        )
        shown[layout] = "Le chapeau de cet article" in article_page(site, article).body.text()
    assert shown == {"cover": False, "modern": True, "large": True, "classic": True, "block": False, "unknown": False}


def test_a_protected_article_answers_200_with_a_form_and_without_text() -> None:
    site = open_site()
    article = some_article(site.newsroom, "protected")
    tree = article_page(site, article)
    assert tree.css_first("form.post-password-form") is not None
    assert tree.css_first("h1.post-title").text().startswith("Protégé\u00a0: ")
    assert truth_of(site.newsroom)[article.id].paragraphs == ()


def test_pages_weigh_about_100_kilobytes() -> None:
    site = open_site(oddities=())
    sizes = [len(site.answer(Ask(f"/{one.slug}/")).body) for one in site.newsroom.articles.values()]
    assert all(85_000 < one < 140_000 for one in sizes)


def test_the_very_long_article_is_as_long_as_asked() -> None:
    site = open_site(articles=5, long_bytes=2_000_000, oddities=())
    article = next(one for one in site.newsroom.articles.values() if one.kind == "long")
    assert len(site.answer(Ask(f"/{article.slug}/")).body) > 2_000_000


def test_copies_are_exact_and_near_copies_differ_in_2_to_10_percent_of_the_words() -> None:
    truths = truth_of(open_site(articles=240).newsroom)
    copies = [one for one in truths.values() if one.duplicate_of]
    near = [one for one in truths.values() if one.near_duplicate_of]
    assert (len(copies), len(near)) == (4, 4)
    for one in copies:
        assert one.body_text == truths[one.duplicate_of].body_text
    for one in near:
        theirs, ours = truths[one.near_duplicate_of].paragraphs, one.paragraphs
        pairs = [
            pair for a, b in zip(theirs, ours, strict=True) for pair in zip(a.split(" "), b.split(" "), strict=True)
        ]
        changed = sum(a != b for a, b in pairs) / len(pairs)
        assert 0.015 < changed < 0.11
