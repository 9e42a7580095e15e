"""Which of the described articles is the page's own, and what its fields say."""

from typing import Any

import pytest

from foiscrawl.parsing.document import Document
from foiscrawl.parsing.structured import article_things, strings
from tests.parsing.pages import URL, html, jsonld, yoast

OTHER = "https://journal.example/autre/"


def said(name: str, *things: Any) -> list[str]:
    page = Document(URL, html("", head=jsonld(*things)).encode())
    return list(strings(article_things(page, (URL,)), name, page))


def test_the_graph_of_this_page_comes_before_the_themes_flat_copy() -> None:
    theme = {"@context": "http://schema.org", "@type": "Article", "url": URL, "headline": "Thème", "author": "A"}

    assert said("headline", theme, yoast(headline="Graphe")) == ["Graphe"]


def test_a_field_that_the_first_lacks_is_taken_from_the_second() -> None:
    theme = {"@context": "http://schema.org", "@type": "Article", "url": URL, "image": {"url": "/une.jpg"}}

    assert said("image", yoast(), theme) == ["/une.jpg"]


def test_an_article_of_another_address_says_nothing_of_this_one() -> None:
    other = {"@type": "NewsArticle", "url": OTHER, "headline": "Autre", "description": "Ailleurs"}

    assert said("headline", other, yoast()) == ["Un pont de bois rouvre à la circulation"]
    assert said("description", other, yoast()) == []


def test_the_only_article_is_taken_even_from_an_address_that_has_moved() -> None:
    assert said("headline", {"@type": "Article", "url": "https://ancien.example/a/", "headline": "Un"}) == ["Un"]


def test_the_same_address_in_another_spelling_is_the_same() -> None:
    here = {"@type": "Article", "mainEntityOfPage": URL.replace("https://", "http://www."), "headline": "Ici"}

    assert said("headline", {"@type": "Article", "url": OTHER, "headline": "Autre"}, here) == ["Ici"]


def test_without_an_article_the_pages_own_dates_are_used() -> None:
    page = {"@type": ["WebPage", "ItemPage"], "@id": URL, "datePublished": "2025-10-28"}

    assert said("datePublished", {"@graph": [page]}) == ["2025-10-28"]


@pytest.mark.parametrize(
    "kind", ["Article", "NewsArticle", "BlogPosting", "Report", ["Article", "NewsArticle"], ["Thing", "Report"]]
)
def test_every_kind_of_article_counts(kind: Any) -> None:
    assert said("headline", {"@type": kind, "headline": "Un"}) == ["Un"]


@pytest.mark.parametrize(
    ("author", "names"),
    [
        ("Ana", ["Ana"]),
        ({"name": "Ana"}, ["Ana"]),
        ([{"name": "Ana"}, {"name": "Bo"}], ["Ana", "Bo"]),
        (["Ana", "Bo"], ["Ana", "Bo"]),
        ({"@id": "#ana"}, ["Ana"]),
        ([{"@id": "#ana"}, {"@id": "#personne"}], ["Ana"]),
        ({"url": "https://a.example/"}, []),
        (None, []),
        (7, ["7"]),
    ],
)
def test_authors_come_as_strings_objects_lists_and_references(author: Any, names: list[str]) -> None:
    person = {"@type": "Person", "@id": "#ana", "name": "Ana"}

    assert said("author", {"@graph": [{"@type": "Article", "author": author}, person]}) == names


def test_entities_and_tags_are_resolved() -> None:
    headline = "L&#8217;&eacute;t&eacute; &amp;laquo; chaud &amp;raquo; &amp; <em>sec</em> : 3 < 5"

    assert said("headline", {"@type": "Article", "headline": headline}) == ["L’été « chaud » & sec : 3 < 5"]


def test_a_reference_to_itself_ends() -> None:
    assert said("author", {"@type": "Article", "@id": "#a", "author": {"@id": "#a"}}) == []


@pytest.mark.parametrize("language", ["fr-FR", {"@type": "Language", "name": "French", "alternateName": "fr"}])
def test_a_language_is_given_by_its_code(language: Any) -> None:
    assert said("inLanguage", {"@type": "Article", "inLanguage": language})[0].startswith("fr")
