"""What an editor does to the newsroom shows on its pages and in its truth."""

from datetime import timedelta

import pytest

from tests.newsroom import Clock, Newsroom, truth_of
from tests.newsroom.answer import Ask
from tests.newsroom.looking import open_site, page, some_article
from tests.newsroom.site import Site


@pytest.mark.parametrize("kind", ["headline", "byline", "credit", "section", "date", "body", "letter"])
def test_an_edit_shows_on_the_page_and_in_the_truth_and_moves_modified(kind: str) -> None:
    site = open_site(articles=10, oddities=())
    article = next(one for one in site.newsroom.articles.values() if one.credit)
    page_before, truth_before = site.answer(Ask(f"/{article.slug}/")).body, truth_of(site.newsroom)[article.id]
    site.newsroom.edit(article, kind)
    truth = truth_of(site.newsroom)[article.id]
    assert truth != truth_before
    assert truth.modified == site.newsroom.now()
    assert site.answer(Ask(f"/{article.slug}/")).body != page_before


def test_a_letter_edit_changes_one_letter_of_the_body() -> None:
    site = open_site(articles=3, oddities=())
    article = some_article(site.newsroom)
    before = truth_of(site.newsroom)[article.id].body_text
    site.newsroom.edit(article, "letter", silently=True)
    truth = truth_of(site.newsroom)[article.id]
    assert sum(a != b for a, b in zip(before, truth.body_text, strict=True)) == 1
    assert truth.modified == truth.published


def test_a_touch_moves_modified_and_nothing_else() -> None:
    site = open_site(articles=3, oddities=())
    article = some_article(site.newsroom)
    before = truth_of(site.newsroom)[article.id]
    site.newsroom.edit(article, "touch")
    after = truth_of(site.newsroom)[article.id]
    assert (before.modified, after.modified) == (before.published, site.newsroom.now())
    assert (after.headline, after.blocks, after.published) == (before.headline, before.blocks, before.published)


def test_an_edit_taken_back_gives_the_first_text_again() -> None:
    site = open_site(articles=3, oddities=())
    article = some_article(site.newsroom)
    before = truth_of(site.newsroom)[article.id].blocks
    site.newsroom.edit(article, "body")
    assert truth_of(site.newsroom)[article.id].blocks != before
    site.newsroom.undo(article)
    assert truth_of(site.newsroom)[article.id].blocks == before


@pytest.mark.parametrize(("how", "status", "location"), [(404, 404, None), (410, 410, None), ("home", 301, "/")])
def test_a_removed_article_answers_as_told_and_comes_back(how: int | str, status: int, location: str | None) -> None:
    site = open_site(articles=5, oddities=())
    article = some_article(site.newsroom)
    site.newsroom.remove(article, how)
    answer = site.answer(Ask(f"/{article.slug}/"))
    assert answer.status == status
    assert answer.headers.get("Location") == (location and site.newsroom.base + location)
    assert not truth_of(site.newsroom)[article.id].public
    site.newsroom.restore(article)
    assert site.answer(Ask(f"/{article.slug}/")).status == 200


def test_a_removed_article_may_lead_to_a_stranger() -> None:
    site = open_site(articles=5, oddities=())
    first, second = list(site.newsroom.articles.values())[:2]
    site.newsroom.remove(first, "stranger")
    assert site.answer(Ask(f"/{first.slug}/")).headers["Location"] == site.newsroom.url(second)


def test_a_dead_address_is_guessed_to_the_copy_that_begins_alike() -> None:
    site = open_site(articles=5, oddities=())
    article = some_article(site.newsroom)
    copy = site.newsroom.copy(article)
    assert copy.slug == f"{article.slug}-2"
    site.newsroom.remove(article, 404)
    assert site.answer(Ask(f"/{article.slug}/")).headers["Location"] == site.newsroom.url(copy)


def test_a_renamed_article_is_found_at_its_old_address_by_301() -> None:
    site = open_site(articles=5, oddities=())
    article = some_article(site.newsroom)
    old = article.slug
    site.newsroom.rename(article, "adresse-neuve")
    assert site.answer(Ask(f"/{old}/")).headers["Location"] == f"{site.newsroom.base}/adresse-neuve/"
    assert site.answer(Ask("/adresse-neuve/")).status == 200


def test_a_freed_slug_belongs_to_the_next_article_with_another_id() -> None:
    site = open_site(articles=5, oddities=())
    gone = some_article(site.newsroom)
    with pytest.raises(ValueError, match="still lives"):
        site.newsroom.reuse_slug(gone)
    site.newsroom.remove(gone, 404)
    new = site.newsroom.reuse_slug(gone, headline="Tout autre chose")
    tree = page(site, f"/{gone.slug}/")
    assert tree.css_first("h1.post-title").text() == "Tout autre chose"
    assert f"postid-{new.id}" in tree.body.attributes["class"]


def test_a_scheduled_article_appears_when_its_time_has_come() -> None:
    clock = Clock()
    site = Site(Newsroom(now=clock, articles=5, oddities=()))
    article = site.newsroom.publish(at=clock() + timedelta(hours=1), section="culture")
    assert site.answer(Ask(f"/{article.slug}/")).status == 404
    assert article.slug not in site.answer(Ask("/feed/")).body.decode()
    clock.forward(hours=1)
    assert site.answer(Ask(f"/{article.slug}/")).status == 200
    assert article.slug in site.answer(Ask("/feed/")).body.decode()


def test_a_redesign_changes_every_page_and_no_truth() -> None:
    site = open_site(articles=10)
    before = {one.id: (one.headline, one.blocks) for one in truth_of(site.newsroom).values()}
    site.newsroom.redesign("block")
    assert page(site, "/category/actualites/").css_first(".wp-block-query") is not None
    assert {one.id: (one.headline, one.blocks) for one in truth_of(site.newsroom).values()} == before


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"layout": "baroque"}, "layout='baroque'"),
        ({"oddities": ("unicorn",)}, "unicorn"),
        ({"days": 0}, "days"),
        ({"articles": -1}, "articles"),
    ],
)
def test_a_wrong_option_is_refused_by_name(options: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        open_site(**options)
