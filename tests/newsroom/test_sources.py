"""Feeds, sitemaps and REST of the newsroom agree with its state and keep WordPress' manners."""

import json
from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import feedparser
import pytest

from tests.newsroom import Clock, Newsroom, fetch, serve, truth_of
from tests.newsroom.answer import Answer, Ask
from tests.newsroom.site import Site

LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"
LASTMOD = "{http://www.sitemaps.org/schemas/sitemap/0.9}lastmod"


def open_site(**options: object) -> Site:
    return Site(Newsroom(now=Clock(), **options))


def get(site: Site, path: str, **headers: str) -> Answer:
    path, _, query = path.partition("?")
    pairs = dict(one.split("=", 1) for one in query.split("&") if one)
    return site.answer(Ask(path, pairs, {name.replace("_", "-"): value for name, value in headers.items()}))


def posts(site: Site, query: str) -> list[dict[str, Any]]:
    answer = get(site, f"/wp-json/wp/v2/posts?{query}")
    assert answer.status == 200, answer.body
    found: list[dict[str, Any]] = json.loads(answer.body)
    return found


def newest_first(site: Site) -> list[int]:
    return [
        one.id
        for one in sorted(truth_of(site.newsroom).values(), key=lambda one: (one.published, one.id), reverse=True)
    ]


# --- feeds -----------------------------------------------------------------------------------------------------


def test_rss_lists_the_newest_with_their_true_instants_and_text() -> None:
    site = open_site(feed_items=20)
    feed = feedparser.parse(get(site, "/feed/").body)
    truths = truth_of(site.newsroom)
    assert not feed.bozo
    assert [int(one.guid.split("=")[1]) for one in feed.entries] == newest_first(site)[:20]
    for entry in feed.entries:
        truth = truths[int(entry.guid.split("=")[1])]
        assert entry.link == truth.url
        assert entry.published_parsed[:6] == truth.published.timetuple()[:6]
        assert [one.term for one in entry.tags] == [*(name for name, _ in truth.sections), *truth.tags]
        assert truth.kind != "article" or truth.paragraphs[0][:20].split(" ")[0] in entry.content[0].value


def test_atom_says_when_an_article_was_edited() -> None:
    site = open_site(articles=10, oddities=())
    article = list(site.newsroom.articles.values())[-1]
    site.newsroom.edit(article, "body")
    entry = feedparser.parse(get(site, "/feed/atom/").body).entries[0]
    assert entry.updated_parsed[:6] == site.newsroom.now().timetuple()[:6]
    assert entry.published_parsed[:6] == article.published.timetuple()[:6]


@pytest.mark.parametrize("full", [True, False])
def test_a_feed_holds_whole_texts_or_excerpts(full: bool) -> None:
    site = open_site(articles=0, feed_full=full)
    site.newsroom.publish(paragraphs=["Premier alinéa.", "Second alinéa."])
    assert ("Second alinéa." in get(site, "/feed/").body.decode()) == full


def test_a_section_has_its_own_feed_and_feeds_go_on_until_404() -> None:
    site = open_site(articles=30, oddities=(), feed_items=5)
    entries = feedparser.parse(get(site, "/category/actualites/feed/").body).entries
    mine = [one.id for one in site.lists.by_section["actualites"]]
    assert [int(one.guid.split("=")[1]) for one in entries] == mine[:5]
    assert get(site, "/feed/?paged=6").status == 200
    assert get(site, "/feed/?paged=7").status == 404


def test_the_feed_below_an_article_is_one_of_comments() -> None:
    site = open_site(articles=3)
    article = next(iter(site.newsroom.articles.values()))
    for path in (f"/{article.slug}/feed/", "/comments/feed/"):
        assert feedparser.parse(get(site, path).body).feed.title.startswith("Commentaires sur")


def test_304_is_honest_and_wants_both_validators_to_match() -> None:
    site = open_site(articles=10, oddities=())
    first = get(site, "/feed/")
    etag, date = first.headers["ETag"], first.headers["Last-Modified"]
    assert get(site, "/feed/", if_none_match=etag).status == 304
    assert get(site, "/feed/", if_modified_since=date).status == 304
    assert get(site, "/feed/", if_none_match=etag, if_modified_since="Thu, 01 Jan 2015 00:00:00 GMT").status == 200
    assert get(site, "/feed/", if_none_match='"autre"', if_modified_since=date).status == 200
    site.newsroom.edit(next(iter(site.newsroom.articles.values())), "touch")
    assert get(site, "/feed/", if_none_match=etag).status == 200


def test_validators_belong_to_the_whole_site() -> None:
    site = open_site(articles=20, oddities=())
    section = next(one.sections[0] for one in site.newsroom.articles.values())
    other = next(one for one in site.newsroom.articles.values() if section not in one.sections)
    before = get(site, f"/category/{section}/feed/").headers
    site.newsroom.edit(other, "touch")
    assert get(site, f"/category/{section}/feed/").headers != before
    assert get(site, "/feed/").headers == get(site, f"/category/{section}/feed/").headers


def test_a_front_server_weakens_the_etag_of_compressed_feeds_and_never_answers_304() -> None:
    with serve(Newsroom(now=Clock(), articles=3, weak_etag=True)) as server:
        first = fetch(server.url + "/feed/", Accept_Encoding="gzip")
        assert first.headers["etag"].startswith('W/"')
        assert fetch(server.url + "/feed/", Accept_Encoding="gzip", If_None_Match=first.headers["etag"]).status == 200
        plain = fetch(server.url + "/feed/")
        assert fetch(server.url + "/feed/", If_None_Match=plain.headers["etag"]).status == 304


# --- sitemaps ----------------------------------------------------------------------------------------------------


def entries(site: Site, path: str) -> list[tuple[str, str | None]]:
    answer = get(site, path)
    assert answer.status == 200, path
    root = ElementTree.fromstring(answer.body)
    return [(str(one.findtext(LOC)), one.findtext(LASTMOD)) for one in root]


@pytest.mark.parametrize(
    ("flavour", "files", "articles"),
    [("yoast", 2, 1030), ("rank-math", 3, 410), ("core", 1, 100), ("core-dated", 1, 100)],
)
def test_a_sitemap_names_every_article_once_in_as_many_files_as_the_plugin_makes(
    flavour: str, files: int, articles: int
) -> None:
    site = open_site(sitemaps=flavour, articles=articles)
    robots = get(site, "/robots.txt").body.decode()
    index = robots.split("Sitemap: ")[1].strip().removeprefix(site.newsroom.base)
    parts = [
        loc.removeprefix(site.newsroom.base)
        for loc, _ in entries(site, index)
        if "post-sitemap" in loc or "posts-post" in loc
    ]
    assert len(parts) == files
    found = [loc for one in parts for loc, _ in entries(site, one) if loc != f"{site.newsroom.base}/"]
    assert sorted(found) == sorted(one.url for one in truth_of(site.newsroom).values())


def test_yoast_orders_by_modification_upwards_after_the_front_page() -> None:
    found = entries(open_site(), "/post-sitemap.xml")
    stamps = [stamp for _, stamp in found[1:]]
    assert found[0][0] == "http://newsroom.invalid/"
    assert stamps == sorted(stamps)


def test_rank_math_puts_the_newest_modification_first() -> None:
    site = open_site(sitemaps="rank-math")
    oldest = next(iter(site.newsroom.articles.values()))
    site.newsroom.edit(oldest, "body")
    assert entries(site, "/post-sitemap.xml")[0] == (site.newsroom.url(oldest), "2026-11-20T12:00:00+00:00")


@pytest.mark.parametrize(("flavour", "dated"), [("core", False), ("core-dated", True)])
def test_the_core_sitemap_goes_by_id_and_has_dates_on_newer_releases_only(flavour: str, dated: bool) -> None:
    site = open_site(sitemaps=flavour)
    found = entries(site, "/wp-sitemap-posts-post-1.xml")
    assert [loc for loc, _ in found] == [
        site.newsroom.url(site.newsroom.articles[one]) for one in sorted(site.newsroom.articles)
    ]
    assert all((stamp is not None) == dated for _, stamp in found)


def test_only_the_chosen_sitemap_exists() -> None:
    assert get(open_site(sitemaps="yoast"), "/wp-sitemap.xml").status == 404
    assert get(open_site(sitemaps="core"), "/sitemap_index.xml").status == 404
    none = open_site(sitemaps="none")
    assert get(none, "/sitemap_index.xml").status == get(none, "/wp-sitemap.xml").status == 404
    assert "Sitemap:" not in get(none, "/robots.txt").body.decode()


def test_a_sitemap_may_still_name_what_is_gone() -> None:
    site = open_site(articles=5, oddities=())
    article = next(iter(site.newsroom.articles.values()))
    site.newsroom.remove(article, 410, still_listed=True)
    assert site.newsroom.url(article) in [loc for loc, _ in entries(site, "/post-sitemap.xml")]
    assert get(site, f"/{article.slug}/").status == 410


# --- REST -----------------------------------------------------------------------------------------------------------


def test_rest_pages_through_all_articles_and_says_how_many() -> None:
    site = open_site(articles=45)
    answer = get(site, "/wp-json/wp/v2/posts?per_page=20&_fields=id")
    assert (answer.headers["X-WP-Total"], answer.headers["X-WP-TotalPages"]) == ("45", "3")
    found = [one["id"] for page in (1, 2, 3) for one in posts(site, f"per_page=20&page={page}&_fields=id")]
    assert found == newest_first(site)
    assert [one["id"] for one in posts(site, "per_page=20&offset=40&_fields=id")] == newest_first(site)[40:]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("per_page=101", "rest_invalid_param"),
        ("per_page=0", "rest_invalid_param"),
        ("page=9", "rest_post_invalid_page_number"),
        ("after=hier", "rest_invalid_param"),
        ("orderby=humeur", "rest_invalid_param"),
        ("order=bas", "rest_invalid_param"),
    ],
)
def test_rest_refuses_with_400(query: str, code: str) -> None:
    answer = get(open_site(articles=12), f"/wp-json/wp/v2/posts?{query}")
    assert (answer.status, json.loads(answer.body)["code"]) == (400, code)


def test_rest_says_what_the_truth_says() -> None:
    site = open_site(articles=40)
    truths = truth_of(site.newsroom)
    for post in posts(site, "per_page=100"):
        truth = truths[post["id"]]
        assert post["link"] == truth.url
        assert post["date_gmt"] == truth.published.isoformat()[:19]
        assert post["modified_gmt"] == truth.modified.isoformat()[:19]
        assert post["content"]["protected"] == (truth.kind == "protected")
        assert (post["content"]["rendered"] == "") == (truth.kind == "protected")


def test_rest_dates_without_zone_are_site_time_and_bounds_are_exclusive() -> None:
    site = open_site(articles=0)
    noon = site.newsroom.publish(at=site.newsroom.now() - timedelta(hours=1))  # 11:00 UTC, 12:00 in Paris
    assert posts(site, "_fields=id,date,date_gmt") == [
        {"id": noon.id, "date": "2026-11-20T12:00:00", "date_gmt": "2026-11-20T11:00:00"}
    ]
    counts = {
        query: len(posts(site, query))
        for query in (
            "after=2026-11-20T11:59:59",
            "after=2026-11-20T12:00:00",
            "after=2026-11-20T10:59:59Z",
            "after=2026-11-20T11:00:00Z",
            "before=2026-11-20T12:00:00",
            "before=2026-11-20T12:00:01",
            "modified_after=2026-11-20T11:59:59",
            "modified_after=2026-11-20T11:00:00Z",
            "modified_before=2026-11-20T12:00:00",
        )
    }
    assert list(counts.values()) == [1, 0, 1, 0, 0, 1, 1, 0, 0]


def test_rest_chooses_and_orders() -> None:
    site = open_site(articles=20, oddities=())
    ids = sorted(site.newsroom.articles)
    site.newsroom.edit(site.newsroom.articles[ids[4]], "body")
    assert posts(site, "orderby=modified&per_page=1&_fields=id") == [{"id": ids[4]}]
    assert [one["id"] for one in posts(site, "orderby=id&order=asc&per_page=3&_fields=id")] == ids[:3]
    assert {one["id"] for one in posts(site, f"include={ids[1]},{ids[7]}&_fields=id")} == {ids[1], ids[7]}
    assert posts(site, f"slug={site.newsroom.articles[ids[2]].slug}&_fields=id") == [{"id": ids[2]}]


def test_rest_is_also_at_its_query_address_and_lists_the_categories() -> None:
    site = open_site(articles=20)
    assert get(site, "/?rest_route=/wp/v2/posts&_fields=id").body == get(site, "/wp-json/wp/v2/posts?_fields=id").body
    counts = {one["slug"]: one["count"] for one in json.loads(get(site, "/wp-json/wp/v2/categories").body)}
    assert counts["actualites"] == len(site.lists.by_section["actualites"])
    assert counts["communique-de-presse"] == len(site.lists.by_section["communique-de-presse"])


@pytest.mark.parametrize(("rest", "status"), [("open", 200), ("401", 401), ("404", 404)])
def test_rest_may_be_closed(rest: str, status: int) -> None:
    assert get(open_site(articles=3, rest=rest), "/wp-json/wp/v2/posts").status == status


def test_feeds_may_be_closed() -> None:
    site = open_site(articles=3, feeds=False)
    assert (
        get(site, "/feed/").status
        == get(site, "/feed/atom/").status
        == get(site, "/category/actualites/feed/").status
        == 404
    )


def test_the_uncategorised_stand_in_feed_sitemap_and_rest() -> None:
    site = open_site(feed_items=100)
    truth = next(one for one in truth_of(site.newsroom).values() if one.section == "Non classé")
    for path in ("/feed/", "/post-sitemap.xml", "/wp-json/wp/v2/posts?per_page=100&_fields=link"):
        assert truth.url in get(site, path).body.decode().replace("\\/", "/")
