from datetime import UTC, datetime

import pytest

from foiscrawl.items import Instant, LinkHint, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.document import Document
from foiscrawl.parsing.listing import parse_listing
from foiscrawl.site import load_site

SITE = load_site("francaisfois")
HOME = SITE.home
NOW = datetime(2025, 10, 28, 18, 0, tzinfo=UTC)
SECTION = f"{HOME}category/politique/"


def article(slug: str, number: int | None = None, more: str = "", title: str | None = None) -> str:
    name = f' id="post-{number}"' if number else ""
    return (
        f'<article{name} class="l-post grid-post"><div class="content"><h2 class="is-title post-title">'
        f'<a href="/{slug}/">{title if title is not None else slug}</a></h2>{more}</div></article>'
    )


def smartmag(cards: str, pagination: str = "", around: str = "", classes: str = "archive category") -> bytes:
    return (
        f'<html><body class="{classes}">{around}<div class="main"><div class="col-8 main-content">'
        f'<h1 class="archive-heading"><span>Politique</span></h1><section class="block-wrap block-grid">'
        f'<div class="block-content"><div class="loop loop-grid">{cards}</div>{pagination}</div></section></div>'
        f'<aside class="main-sidebar">{article("au-bord")}</aside></div></body></html>'
    ).encode()


def read(body: bytes, number: int = 1, url: str = SECTION):
    return parse_listing(Document(url, body), SITE, number, now=NOW)


def test_a_card_gives_all_that_it_knows_of_its_article():
    more = (
        "<div class='cat-labels'><a class='category' rel='category' href='/politique/'>Politique</a></div>"
        "<span class='meta-item date'><time class='post-date' datetime='2025-10-28T09:00:00+01:00'>"
        "octobre 28, 2025</time></span>"
    )

    item = read(smartmag(article("premier") + article("second", 42, more, "L&rsquo;un <em>et</em>\n l’autre")))

    assert item.hints[1] == LinkHint(
        url=f"{HOME}second/",
        kind=UrlKind.ARTICLE,
        found_in="listing",
        title="L’un et l’autre",
        published=Instant(datetime(2025, 10, 28, 8, 0, tzinfo=UTC), "2025-10-28T09:00:00+01:00", zone="+01:00"),
        section="Politique",
        source_id="42",
        rank=2,
    )


def test_a_date_in_words_is_read_in_the_sites_zone():
    (hint,) = read(smartmag(article("a", more="<time class='post-date' datetime>octobre 28, 2025</time>"))).hints[:1]

    assert hint.published == Instant(datetime(2025, 10, 27, 23, 0, tzinfo=UTC), "octobre 28, 2025", "day", "site")


def test_a_theme_that_shows_the_day_of_the_last_change_gives_a_modification():
    more = (
        "<span class='meta-item date-modified'><time class='post-date' datetime='2025-10-28T09:00:00Z'>x</time></span>"
    )

    (hint,) = read(smartmag(article("a", more=more))).hints[:1]

    assert hint.published is None
    assert hint.modified is not None
    assert hint.modified.at == datetime(2025, 10, 28, 9, 0, tzinfo=UTC)


def test_an_impossible_date_is_kept_as_it_was_printed():
    (hint,) = read(smartmag(article("a", more="<time class='post-date' datetime='-0001-11-30'></time>"))).hints[:1]

    assert hint.published is not None
    assert hint.published.at is None
    assert hint.published.raw == "-0001-11-30"


def test_the_strip_above_the_list_the_ticker_and_the_widgets_are_told_apart_from_the_list():
    around = (
        f"<div class='trending-ticker'><ul><li><a class='post-link' href='/fil/'>Fil</a></li></ul></div>"
        f"<div class='main-featured'>{article('tete', 9)}</div>"
    )

    item = read(smartmag(article("un") + article("deux"), around=around))

    assert [(hint.url.removeprefix(HOME), hint.found_in, hint.rank) for hint in item.hints] == [
        ("un/", "listing", 1),
        ("deux/", "listing", 2),
        ("tete/", "featured", 1),
        ("fil/", "ticker", 1),
        ("au-bord/", "widget", 1),
    ]
    assert item.origins == {
        "listing": ".main-content .block-wrap .loop article.l-post",
        "featured": ".main-featured article.l-post",
    }


def test_an_article_is_a_hint_of_each_place_it_stands_in_and_twice_in_a_list_at_its_first_rank():
    item = read(smartmag(article("au-bord") + article("deux") + article("deux") + article("trois")))

    assert [(hint.url.removeprefix(HOME), hint.found_in, hint.rank) for hint in item.hints] == [
        ("au-bord/", "listing", 1),
        ("deux/", "listing", 2),
        ("trois/", "listing", 4),
        ("au-bord/", "widget", 1),
    ]


def test_a_page_that_ends_too_early_is_not_complete():
    body = smartmag(article("un") + article("deux"))

    assert read(body).complete
    assert not read(body[: body.index(b"deux") - 60]).complete


def test_an_article_without_a_title_is_a_hint_all_the_same():
    (hint, *_) = read(smartmag(article("123-2", 123, title=""))).hints

    assert (hint.url, hint.title, hint.source_id) == (f"{HOME}123-2/", None, "123")


@pytest.mark.parametrize(
    ("body", "selector"),
    [
        (
            "<main><li class='wp-block-post post-7'><h2><a href='/a/'>A</a></h2></li></main>",
            "main .wp-block-post",
        ),
        ("<main><article class='post-7'><h3><a href='/a/'>A</a></h3></article></main>", "main article"),
        (
            "<div><article id='post-7'><h2 class='entry-title'><a href='/a/'>A</a></h2></article></div>",
            "article[id^='post-']",
        ),
        ("<div><article class='post-7'><h2><a href='/a/'>A</a></h2></article></div>", "article"),
    ],
)
def test_another_theme_is_read_by_a_fallback_that_is_named(body, selector):
    stray = "<article><h2><a href='/w/'>W</a></h2></article>"
    side = f"<nav>{stray}</nav><aside>{stray}</aside>"

    item = read(f"<html><body>{side}{body}</body></html>".encode())

    assert [(hint.url, hint.source_id, hint.found_in) for hint in item.hints] == [
        (f"{HOME}a/", "7", "listing"),
        (f"{HOME}w/", None, "widget"),
    ]
    assert item.origins == {"listing": selector}


def test_a_page_without_cards_is_an_empty_list_without_a_next_page():
    item = read(
        b"<html><body class='archive'><main><a rel='next' href='/category/politique/page/2/'>x</a></main></body></html>"
    )

    assert item.hints == ()
    assert item.next_page is None
    assert item.complete


def test_a_page_past_the_end_is_empty():
    item = read(smartmag(article("un"), classes="error404"), number=9)

    assert item.hints == ()
    assert item.next_page is None


def test_an_error_page_in_the_place_of_page_1_is_no_list():
    with pytest.raises(NotASource, match="not_found"):
        read(smartmag(article("un"), classes="error404"))


def test_an_article_in_the_place_of_a_list_is_no_list():
    with pytest.raises(NotASource, match="is_article"):
        read(smartmag(article("un"), classes="single single-post postid-4"))


NUMBERS = (
    "<nav class='main-pagination pagination-numbers'><span class='page-numbers current'>{here}</span>"
    "<a class='page-numbers' href='/category/politique/page/9/'>9</a>"
    "<a class='next page-numbers' href='{href}'>Suivant</a></nav>"
)
MORE = "<div class='main-pagination pagination-more'><a class='load-button' href='{href}'>Plus</a></div>"
OLDER = "<div class='nav-previous'><a href='{href}'>Articles plus anciens</a></div>"
BLOCKS = "<a class='wp-block-query-pagination-next' href='{href}'>Page suivante</a>"
RELATION = "<link rel='next' href='{href}'>"


@pytest.mark.parametrize(
    ("markup", "selector"),
    [
        (NUMBERS, "nav.main-pagination a.next.page-numbers"),
        (MORE, ".main-pagination.pagination-more a.load-button"),
        (OLDER, ".nav-previous a"),
        (BLOCKS, "a.wp-block-query-pagination-next"),
        (RELATION, "link[rel='next']"),
    ],
)
def test_the_list_goes_on_where_the_theme_says(markup, selector):
    pagination = markup.format(here=2, href="/category/politique/page/3/")

    item = read(smartmag(article("un"), pagination), number=2, url=f"{SECTION}page/2/")

    assert item.next_page == LinkHint(url=f"{SECTION}page/3/", kind=UrlKind.LISTING, found_in="listing", page=3)
    assert item.origins["next"] == selector


@pytest.mark.parametrize(
    "href",
    ["?paged=2", "/?cat=4&amp;paged=2", "?query-3-page=2", "http://www.francaisfois.com/category/politique/page/2"],
)
def test_the_next_page_may_be_named_in_other_ways(href):
    item = read(smartmag(article("un"), MORE.format(href=href)))

    assert item.next_page is not None
    assert item.next_page.page == 2


@pytest.mark.parametrize(
    "href",
    [
        "#",
        "",
        "javascript:void(0)",
        "/category/politique/page/3/",
        "/category/politique/page/3/?utm_source=x#top",
        "/category/politique/page/2/",
        "/category/politique/page/1/",
        "/category/politique/",
        "/",
        "/un-article/",
        "https://ailleurs.example/category/politique/page/4/",
        "https://francaisfois.com:8080/category/politique/page/4/",
        "https://francaisfois.com@ailleurs.example/page/4/",
        "http://[",
        "/category/politique/page/99999999/",
    ],
)
@pytest.mark.parametrize("markup", [MORE, OLDER, RELATION])
def test_no_dead_end_is_a_next_page(href, markup):
    item = read(smartmag(article("un"), markup.format(href=href)), number=3, url=f"{SECTION}page/3/")

    assert item.next_page is None
    assert "next" not in item.origins


def test_a_useless_link_does_not_hide_a_good_one():
    pagination = MORE.format(href="#") + OLDER.format(href="/category/politique/page/2/")

    item = read(smartmag(article("un"), pagination))

    assert item.next_page is not None
    assert item.next_page.url == f"{SECTION}page/2/"


def test_of_several_links_the_nearest_page_is_next():
    pagination = "".join(OLDER.format(href=f"/category/politique/page/{number}/") for number in (5, 3, 4, 1))

    item = read(smartmag(article("un"), pagination), number=2, url=f"{SECTION}page/2/")

    assert item.next_page is not None
    assert item.next_page.page == 3


def test_refused_links_of_the_list_are_counted_by_reason():
    cards = (
        article("un") + article("tag/x") + article("web-stories/y") + article("z/feed") + article("un/?replytocom=3#")
    )

    item = read(smartmag(cards))

    assert [hint.url for hint in item.hints if hint.found_in == "listing"] == [f"{HOME}un/"]
    assert item.skipped == {"tag": 1, "web_story": 1, "comment_feed": 1, "replytocom": 1}
