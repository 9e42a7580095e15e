"""Section lists behave as WordPress' and the theme's do."""

from datetime import timedelta

import pytest

from tests.newsroom import truth_of
from tests.newsroom.answer import Ask
from tests.newsroom.looking import open_site, page
from tests.newsroom.sections import BY_SLUG, SECTIONS
from tests.newsroom.site import Site


def walk(site: Site, slug: str, more: str) -> list[str]:
    """Addresses of the cards of a section, following its link to the next page."""
    found, path = [], f"/category/{slug}/"
    while path:
        tree = page(site, path)
        found += [
            one.attributes["href"]
            for one in tree.css(".main-featured .post-title a, .main-content .loop .post-title a")
        ]
        link = tree.css_first(more)
        path = link.attributes["href"].removeprefix(site.newsroom.base) if link else ""
    return found


@pytest.mark.parametrize(("pagination", "more"), [("numbers", "a.next.page-numbers"), ("load-more", "a.load-button")])
def test_walking_the_sections_finds_every_article_but_the_uncategorised(pagination: str, more: str) -> None:
    site = open_site(articles=150, pagination=pagination, same_second=0)
    found = {href for one in SECTIONS for href in walk(site, one.slug, more)}
    truths = truth_of(site.newsroom).values()
    assert found == {one.url for one in truths if one.section != "Non classé"}
    assert len({one.url for one in truths} - found) == 2


def test_a_load_more_button_may_lead_nowhere() -> None:
    site = open_site(articles=150, pagination="load-more-blind")
    assert page(site, "/category/actualites/").css_first("a.load-button").attributes["href"] == "#"


def test_past_the_end_is_404_and_an_empty_section_is_not() -> None:
    site = open_site(articles=20, oddities=())
    assert site.answer(Ask("/category/actualites/page/9/")).status == 404
    empty = next(one for one in BY_SLUG if not site.lists.by_section[one])
    assert site.answer(Ask(f"/category/{empty}/")).status == 200


@pytest.mark.parametrize("status", [200, 301])
def test_page_one_answers_as_chosen(status: int) -> None:
    assert open_site(page_one=status).answer(Ask("/category/actualites/page/1/")).status == status


def test_a_sticky_article_leads_its_list_and_stands_again_in_its_place() -> None:
    site = open_site(articles=60, oddities=(), same_second=0)
    oldest = min(
        (one for one in site.newsroom.articles.values() if one.sections == ["actualites"]),
        key=lambda one: one.published,
    )
    site.newsroom.make_sticky(oldest)
    cards = walk(site, "actualites", "a.next.page-numbers")
    assert cards[site.newsroom.options.featured] == cards[-1] == site.newsroom.url(oldest)


def test_equal_seconds_have_no_stable_order_between_pages() -> None:
    site = open_site(articles=200, oddities=(), same_second=12)
    cards = walk(site, "actualites", "a.next.page-numbers")
    everything = {site.newsroom.url(one) for one in site.lists.by_section["actualites"]}
    assert len(cards) == len(everything)
    assert set(cards) < everything  # some stand twice, some never


def test_a_backdated_article_never_stands_on_page_one() -> None:
    site = open_site(articles=150, oddities=(), same_second=0)
    new = site.newsroom.publish(section="actualites", at=site.newsroom.now() - timedelta(days=50))
    tree = page(site, "/category/actualites/")
    assert new.slug not in {
        one.attributes["href"].strip("/").split("/")[-1]
        for one in tree.css(".main-content a, .main-featured a")
        if one.attributes.get("href")
    }
    assert site.newsroom.url(new) in walk(site, "actualites", "a.next.page-numbers")


def test_the_menu_nests_three_sections_under_a_group_that_leads_nowhere() -> None:
    tree = page(open_site(articles=3), "/")
    group = tree.css_first("nav.navigation-main li.menu-item-has-children")
    assert (group.css_first("a").text(), group.css_first("a").attributes["href"]) == ("Plus", "#")
    assert [one.text() for one in group.css(".sub-menu a")] == ["Education", "Communiqué de Presse", "Mondial"]
