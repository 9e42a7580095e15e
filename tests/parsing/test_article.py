"""A page becomes an article: every field from its best origin, and nothing from the cards around it."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from foiscrawl.items import Image, PageKind, Term
from foiscrawl.parsing.article import EXTRACTOR_VERSION, join_pages
from foiscrawl.site import Layout
from tests.parsing.pages import (
    BODY,
    FIRST,
    HOME,
    NOW,
    POST,
    SECOND,
    SITE,
    TITLE,
    URL,
    html,
    jsonld,
    parse,
    smartmag,
    yoast,
)

PUBLISHED = datetime(2025, 10, 28, 8, 15, tzinfo=UTC)
CANONICAL = f'<link rel="canonical" href="{URL}">'


def meta(**content: str) -> str:
    return "".join(f'<meta property="{name.replace("__", ":")}" content="{value}">' for name, value in content.items())


# --- layouts -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("head", ["", jsonld(yoast()) + CANONICAL])
@pytest.mark.parametrize("layout", ["cover", "modern", "large", "classic"])
def test_every_layout_gives_the_article_and_nothing_of_the_cards_around_it(layout: str, head: str) -> None:
    item = parse(smartmag(layout=layout, head=head))

    assert item.page_kind is PageKind.ARTICLE
    assert item.layout == f"smartmag-{layout}"
    assert item.headline == TITLE
    assert item.body_text == f"{FIRST}\n\n{SECOND}"
    assert item.published is not None
    assert item.published.at == PUBLISHED
    assert item.source_id == str(POST)
    assert (item.byline, item.authors) == ("Rédaction", ("Rédaction",))
    assert item.section == "Monde"
    assert item.sections == (Term("Monde", "monde"),)
    assert item.language == "fr"
    assert [image.role for image in item.images] == ["featured"]
    assert item.word_count == 35
    assert item.flags == ()
    assert item.extractor_version == EXTRACTOR_VERSION


def test_the_origin_of_each_field_is_recorded() -> None:
    item = parse(smartmag(head=jsonld(yoast()) + CANONICAL))

    assert item.origins["headline"] == "css:.the-post-header h1.post-title"
    assert item.origins["published"] == "jsonld:datePublished"
    assert item.origins["source_id"] == "class:postid"
    assert item.origins["canonical_url"] == "link:canonical"
    assert "standfirst" not in item.origins


def test_a_layout_is_used_only_while_it_was_valid() -> None:
    def layout(name: str, title: str, **valid: date) -> Layout:
        return Layout(name=name, match="body", headline=(f"css:{title}",), **valid)

    old = layout("old", "h1", valid_until=date(2025, 10, 31))
    new = layout("new", "h2", valid_from=date(2025, 11, 1))
    page = html("<h1>Ancien</h1><h2>Nouveau</h2>")
    site = replace(SITE, layouts=(new, old))

    before = parse(page, site=site, now=datetime(2025, 10, 31, 23, 59, tzinfo=UTC))
    after = parse(page, site=site, now=datetime(2025, 11, 1, tzinfo=UTC))

    assert (before.layout, before.headline) == ("old", "Ancien")
    assert (after.layout, after.headline) == ("new", "Nouveau")


def test_a_block_theme_is_read_by_the_generic_layout() -> None:
    body = (
        f'<header><nav class="wp-block-navigation"><a href="/category/monde/">Monde</a></nav></header><main>'
        f'<h1 class="wp-block-post-title">{TITLE}</h1><div class="wp-block-post-date">'
        f'<time datetime="2025-10-28T09:15:00+01:00">octobre 28, 2025</time></div>'
        f'<div class="taxonomy-category wp-block-post-terms"><a href="/category/monde/" rel="tag">Monde</a>'
        f'</div><div class="entry-content wp-block-post-content">{BODY}</div></main>'
    )

    item = parse(html(body, body_class="single single-post postid-9", title=TITLE))

    assert (item.layout, item.page_kind, item.headline) == ("generic", PageKind.ARTICLE, TITLE)
    assert item.published is not None
    assert item.published.at == PUBLISHED
    assert item.sections == (Term("Monde", "monde"),)
    assert item.tags == ()
    assert item.body_text == f"{FIRST}\n\n{SECOND}"


# --- identity ----------------------------------------------------------------------------------------------------
def test_ids_that_disagree_are_flagged_and_the_bodys_class_wins() -> None:
    item = parse(smartmag().replace("?p=4321", "?p=99"))

    assert item.source_id == "4321"
    assert "source_id:disputed" in item.flags


def test_a_page_that_shows_only_another_post_than_its_class_names_is_flagged() -> None:
    item = parse(smartmag().replace("postid-4321", "postid-50").replace("?p=4321", "?p=50"))

    assert item.source_id == "50"
    assert "source_id:disputed" in item.flags


def test_without_classes_the_shortlink_gives_the_id() -> None:
    assert parse(html("<h1>Un</h1>", head=f'<link rel="shortlink" href="{HOME}?p=17">')).source_id == "17"
    assert parse(html("<h1>Un</h1>")).source_id is None


def test_the_shortlink_is_an_alias_and_the_amp_page_is_not() -> None:
    item = parse(smartmag(head=f'<link rel="amphtml" href="{URL}amp/">'))

    assert item.aliases == (f"{HOME}?p=4321",)


@pytest.mark.parametrize(
    ("href", "url", "flags"),
    [
        (URL, URL, ()),
        ("/un-pont/", HOME + "un-pont/", ()),
        (HOME, None, ("canonical:home",)),
        ("/", None, ("canonical:home",)),
        ("https://ailleurs.example/un-pont/", None, ("canonical:other_host",)),
        ("/category/monde/", None, ("canonical:section",)),
        ("http://[", None, ("canonical:unreadable",)),
        ("", None, ()),
    ],
)
def test_a_canonical_address_is_believed_only_where_an_article_can_be(
    href: str, url: str | None, flags: tuple[str, ...]
) -> None:
    item = parse(smartmag(head=f'<link rel="canonical" href="{href}">'))

    assert item.canonical_url == url
    assert item.flags == flags


def test_a_refused_canonical_address_gives_way_to_the_next_origin() -> None:
    item = parse(smartmag(head=f'<link rel="canonical" href="{HOME}">' + meta(og__url=URL)))

    assert (item.canonical_url, item.origins["canonical_url"]) == (URL, "meta:og:url")


# --- headline, standfirst, byline --------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("markup", "headline"),
    [
        ("L&rsquo;&eacute;t&eacute; &laquo;&nbsp;sec&nbsp;&raquo;", "L’été «\u00a0sec\u00a0»"),
        ("Un <em>pont</em> de b<b>oi</b>s", "Un pont de bois"),
        ("\n  Un pont\n  de bois ", "Un pont de bois"),
        ("3 &lt; 5", "3 < 5"),
        ("", None),
    ],
)
def test_the_headline_is_the_text_shown(markup: str, headline: str | None) -> None:
    page = smartmag(title="XXX").replace("<title>XXX - Le Journal</title>", "").replace("XXX", markup)

    assert parse(page).headline == headline


@pytest.mark.parametrize(
    ("og_title", "headline"),
    [
        ("Un pont - Le Journal", "Un pont"),
        ("Un pont | LE JOURNAL", "Un pont"),
        ("Un pont – une histoire", "Un pont – une histoire"),
        ("Le Journal - Un pont", "Le Journal - Un pont"),
    ],
)
def test_only_the_sites_name_is_cut_from_a_shared_title(og_title: str, headline: str) -> None:
    assert parse(html("<p>Sans titre</p>", head=meta(og__title=og_title))).headline == headline


def test_a_logo_in_a_first_heading_is_no_headline() -> None:
    assert parse(html("<h1>Le Journal</h1><div><h1>Un pont</h1></div>")).headline == "Un pont"
    assert parse(html("<h1>Le Journal</h1>")).headline is None


def test_the_standfirst_is_the_sub_title_of_the_header() -> None:
    page = smartmag(layout="modern", sub='<div class="sub-title">Trois mois de <b>travaux</b></div>')

    assert parse(page).standfirst == "Trois mois de travaux"


@pytest.mark.parametrize(
    ("author", "authors"),
    [
        ({"name": "Ana Lo"}, ("Ana Lo",)),
        ([{"name": "Ana Lo"}, "Bo Li"], ("Ana Lo", "Bo Li")),
        ("Par Ana Lo", ("Ana Lo",)),
        ("https://social.example/ana", ()),
    ],
)
def test_authors_without_a_visible_byline_come_from_the_metadata(author: Any, authors: tuple[str, ...]) -> None:
    article = {"@type": "NewsArticle", "headline": "Un", "author": author}

    item = parse(html("<h1>Un</h1>", head=jsonld(article) + meta(article__author="https://social.example/x")))

    assert item.authors == authors
    assert item.byline == (", ".join(authors) or None)


def test_several_visible_authors_are_all_named() -> None:
    link = '<a href="/author/r/" rel="author">Rédaction</a>'

    item = parse(smartmag().replace(link, f'{link} et <a href="/author/b/" rel="author">Bo Li</a>'))

    assert item.authors == ("Rédaction", "Bo Li")


def test_authors_of_other_cards_are_not_the_articles() -> None:
    card = '<div><a rel="author" href="/b/">Bo Li</a></div>'

    item = parse(html(f'<h1>Un</h1><p>Par <a rel="author" href="/a/">Ana Lo</a></p>{card}{card}'))

    assert item.authors == ("Ana Lo",)


# --- dates -------------------------------------------------------------------------------------------------------
def test_metadata_that_disagree_with_the_visible_date_by_more_than_a_day_are_flagged() -> None:
    agreed = parse(smartmag(head=jsonld(yoast(datePublished="2025-10-27T23:30:00+00:00"))))
    disputed = parse(smartmag(head=jsonld(yoast(datePublished="2025-10-21T08:15:00+00:00"))))

    assert agreed.flags == ()
    assert disputed.flags == ("published:disputed",)
    assert disputed.published is not None
    assert disputed.published.raw == "2025-10-21T08:15:00+00:00"


def test_a_date_that_is_none_gives_way_to_the_next_origin() -> None:
    item = parse(smartmag(head=jsonld(yoast(datePublished="0000-00-00T00:00:00+00:00"))))

    assert item.published is not None
    assert item.published.at == PUBLISHED
    assert item.origins["published"].startswith("css:")


def test_a_date_that_nobody_can_believe_is_kept_as_printed_and_flagged() -> None:
    item = parse(html("<h1>Un</h1>", head=meta(article__published_time="2031-01-01T00:00:00Z")))

    assert item.published is not None
    assert (item.published.at, item.published.raw) == (None, "2031-01-01T00:00:00Z")
    assert "published:future" in item.flags


def test_a_header_that_shows_only_the_edit_gives_no_date_of_publication() -> None:
    page = smartmag().replace('class="meta-item date"', 'class="meta-item date-modified"')

    item = parse(page)

    assert item.published is None
    assert item.modified is not None
    assert item.modified.at == PUBLISHED


def test_the_date_of_the_edit_comes_from_metadata_or_from_the_header() -> None:
    graph = parse(smartmag(head=jsonld(yoast(dateModified="2025-10-29T10:00:00+00:00")))).modified
    shown = parse(
        smartmag().replace(
            "</time></span></div></div>",
            '</time></span><span class="meta-item date-modified"><span class="updated-on">Mis à jour :</span><time '
            'class="post-date" datetime="2025-10-29T11:00:00+01:00">octobre 29, 2025</time></span></div></div>',
        )
    ).modified

    assert graph is not None
    assert shown is not None
    assert graph.at == shown.at == datetime(2025, 10, 29, 10, 0, tzinfo=UTC)


# --- sections, tags, language ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("named", "classes", "terms"),
    [
        (
            ["Économie & Co", "Monde"],
            "category-economie-co category-monde",
            (("Économie & Co", "economie-co"), ("Monde", "monde")),
        ),
        ("Monde, Sport", "category-monde category-sport", (("Monde", "monde"), ("Sport", "sport"))),
        ("Arts, lettres", "category-arts-lettres", (("Arts, lettres", "arts-lettres"),)),
        (["Monde"], "category-monde-2", (("Monde", "monde-2"),)),
        (["Politique &amp; Soci&eacute;t&eacute;"], "", (("Politique & Société", None),)),
        ([], "category-sport", (("sport", "sport"),)),
        (["日本"], "category-12", (("日本", None),)),
    ],
)
def test_sections_get_the_slugs_that_the_articles_classes_give(named: Any, classes: str, terms: Any) -> None:
    page = smartmag(head=jsonld(yoast(articleSection=named)), classes=classes).replace(
        'href="/category/monde/"', 'href="#"'
    )

    assert parse(page).sections == tuple(Term(*one) for one in terms)


def test_a_section_without_metadata_has_the_name_that_its_link_shows() -> None:
    links = "".join(
        f'<a href="/category/{address}/" rel="category tag">{name}</a>, '
        for address, name in (("societe/education", "Éducation"), ("high-tech", "High-Tech"))
    )
    classes = "post-7 category-education category-high-tech category-une"
    page = html(f'<article id="post-7" class="{classes}"><h1>Un</h1>{links}</article>')

    assert parse(page).sections == (Term("Éducation", "education"), Term("High-Tech", "high-tech"), Term("une", "une"))


@pytest.mark.parametrize("keywords", [["Pont", "Vieux bois"], "Pont, Vieux bois"])
def test_tags_come_as_a_list_or_as_a_string(keywords: Any) -> None:
    item = parse(smartmag(head=jsonld(yoast(keywords=keywords)), classes="tag-pont tag-vieux-bois"))

    assert item.tags == (Term("Pont", "pont"), Term("Vieux bois", "vieux-bois"))


@pytest.mark.parametrize(
    ("shown", "code"), [("fr-FR", "fr"), ("fr_BE", "fr"), ("FR", "fr"), ("", None), ("French", None)]
)
def test_the_language_is_a_code_without_country(shown: str, code: str | None) -> None:
    assert parse(html("<h1>Un</h1>").replace('lang="fr-FR"', f'lang="{shown}"')).language == code


CC = "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize(
    ("head", "licence", "origin"),
    [
        (f'<link rel="license" href="{CC}">', CC, "link:license"),
        ('<link rel="license" href="/licence/">', f"{HOME}licence/", "link:license"),
        (jsonld(yoast(license=CC)), CC, "jsonld:license"),
        (jsonld(yoast(license={"@type": "CreativeWork", "name": "CC BY 4.0"})), "CC BY 4.0", "jsonld:license"),
        (jsonld(yoast(license={"@id": CC})), CC, "jsonld:license"),
        ('<meta name="dcterms.license" content="CC BY 4.0">', "CC BY 4.0", "meta:dcterms.license"),
        ('<link rel="license" href="">', None, None),
        (jsonld({"@type": "ImageObject", "license": CC}), None, None),
    ],
)
def test_the_licence_is_the_one_of_the_text(head: str, licence: str | None, origin: str | None) -> None:
    item = parse(smartmag(head=head))
    assert (item.licence, item.origins.get("licence")) == (licence, origin)


# --- pictures ----------------------------------------------------------------------------------------------------
def test_the_featured_picture_is_full_size_with_its_caption_and_credit() -> None:
    assert parse(smartmag()).images == (
        Image(HOME + "wp-content/uploads/une.jpg", "featured", "Le pont, lundi. © A. Durand", "A. Durand", "Le pont"),
    )


def test_a_picture_that_stands_again_in_the_text_is_listed_once() -> None:
    item = parse(smartmag('<img src="/wp-content/uploads/une.jpg"><img src="/deux.jpg">'))

    assert [(image.url.removeprefix(HOME), image.role) for image in item.images] == [
        ("wp-content/uploads/une.jpg", "featured"),
        ("deux.jpg", "body"),
    ]


# --- articles of several pages -----------------------------------------------------------------------------------
PAGER = (
    '<div class="post-pagination"><span>1</span> <a href="{0}">1</a> <a href="{0}2/">2</a> <a href="{0}3/">3</a></div>'
)


def test_further_pages_are_listed_in_order_without_the_current_one() -> None:
    body = BODY + PAGER.format(URL) + '<div class="page-links"><a href="/autre/2/">2</a></div>'

    assert parse(smartmag(body)).next_pages == (URL + "2/", URL + "3/")
    assert parse(smartmag(body), url=URL + "2/").next_pages == (URL + "3/",)
    assert parse(smartmag(body)).body_text == f"{FIRST}\n\n{SECOND}"


def test_further_pages_may_be_named_by_a_query() -> None:
    body = f'{BODY}<p class="page-links"><a href="?page=2">2</a> <a href="?replytocom=3">3</a></p>'

    assert parse(smartmag(body)).next_pages == (URL + "?page=2",)


def test_links_to_other_articles_are_no_further_pages() -> None:
    body = f'{BODY}<div class="page-links"><a href="/un-autre-article/2/">2</a><a href="/un-autre/">x</a></div>'

    assert parse(smartmag(body)).next_pages == ()


def test_pages_are_joined_in_order_under_the_first_ones_name() -> None:
    first = parse(smartmag('<p>Un <a href="/a/">a</a></p><img src="/1.jpg"><iframe src="//v.example/"></iframe>'))
    second = parse(
        smartmag('<p>Deux</p><img src="/1.jpg"><img src="/2.jpg"><p>AFP</p>', title="Page 2"), url=URL + "2/"
    )

    whole = join_pages(first, [second])

    assert whole.headline == TITLE
    assert whole.url == URL
    assert whole.body_text == "Un a\n\nDeux"
    assert whole.body_html == f'<p>Un <a href="{HOME}a/">a</a></p><p>Deux</p>'
    assert [image.url.removeprefix(HOME) for image in whole.images] == ["wp-content/uploads/une.jpg", "1.jpg", "2.jpg"]
    assert whole.credit == "AFP"
    assert (whole.word_count, whole.embeds) == (3, 1)


def test_one_page_joined_with_nothing_is_itself() -> None:
    item = parse(smartmag())

    assert join_pages(item, ()) == item


# --- oddities ----------------------------------------------------------------------------------------------------
def test_a_page_cut_off_before_its_end_is_flagged() -> None:
    page = smartmag()

    assert parse(page[: page.index("related-posts")]).flags == ("incomplete",)


def test_the_pages_reservation_of_text_and_data_mining_is_flagged() -> None:
    assert parse(smartmag(head='<meta name="tdm-reservation" content="1">')).flags == ("tdm:1",)
    assert parse(smartmag(head='<meta name="tdm-reservation" content="0">')).flags == ()


def test_the_same_bytes_give_the_same_item() -> None:
    page = smartmag(head=jsonld(yoast()))

    assert parse(page) == parse(page, now=NOW)
