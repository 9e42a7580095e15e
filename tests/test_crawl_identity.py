"""One article is one row, whatever happens to its address; copies are told, links passed over are counted."""

import json
import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from unicodedata import normalize
from urllib.parse import quote

import pytest

from tests.crawling import ask
from tests.newsroom.sections import SECTIONS
from tests.rehearsal import Rehearsal, Rewritten, on_sqlite, rehearse

LIST = '<div class="loop loop-grid loop-grid-base grid grid-2 md:grid-2 xs:grid-1">'
MENU_ITEM = (
    '<li class="menu-item menu-item-type-taxonomy menu-item-object-category menu-cat-{id} menu-item-d{id}">'
    '<a href="{base}/category/{slug}/">{name}</a></li>'
)


def with_cards(here: Rehearsal, path: str, addresses: list[str]) -> None:
    """Put a card for each of these addresses before the list of a section page."""
    cards = "".join(
        f'<article class="l-post grid-post"><h2 class="is-title post-title"><a href="{one}">Titre</a></h2></article>'
        for one in addresses
    )
    here.server.faults.add(path, Rewritten(LIST, LIST + cards))


# --- one article, many addresses -----------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["first crawl", "second crawl"])
def test_an_article_under_fifteen_spellings_is_one_row(where, database_url):
    with rehearse(database_url, articles=4, oddities=(), sitemaps="none", rest="404", feeds=False) as here:
        article = here.newsroom.publish("Été à la mer", slug="été-à-la-mer", section="politique")
        here.newsroom.rename(article, "été-à-la-plage")
        base, slug = here.server.url, quote("été-à-la-plage")
        spellings = [
            f"{base}/{slug}",
            f"{base}/{slug}/",
            f"{base}/{slug.lower()}/",
            f"{base}/{quote('ÉTÉ-À-LA-PLAGE')}/",
            f"{base}/été-à-la-plage/",
            f"{base}/{quote(normalize('NFD', 'été-à-la-plage'))}/",
            f"{base}/{slug}/?utm_source=lettre&amp;utm_medium=mail",
            f"{base}/{slug}/?fbclid=abc",
            f"{base}/{slug}/?lang=fr",
            f"{base}/{slug}/#debut",
            f"{base}//{slug}/",
            f"{base}/rubrique-vide/../{slug}/",
            f"{base}/?p={article.id}",
            f"{base}/?p={article.id}&amp;utm_campaign=x",
            f"{base}/{quote('été-à-la-mer')}/",
            f"/{slug}/",
        ]
        if where == "second crawl":
            here.crawl()
            here.clock.forward(hours=1)
        with_cards(here, "/category/politique/", spellings)
        here.crawl()

    ours = [one for one in here.archived().values() if "plage" in one["url"]]
    assert len(here.archived()) == 5
    assert [(one["source_id"], one["url"]) for one in ours] == [(str(article.id), f"{base}/{slug.lower()}/")]
    assert len(here.revisions(article)) == 1
    rows = here.ask(
        "SELECT url, state, article_id FROM urls WHERE kind = 'article'"
        " AND (lower(url_key) LIKE '%plage%' OR lower(url_key) LIKE '%mer%' OR url_key LIKE :p)",
        p=f"%?p={article.id}",
    )
    assert {row.article_id for row in rows if row.state == "known"} == {ours[0]["id"]}
    assert {row.state for row in rows} <= {"known", "gone"}
    assert 5 <= len(rows) <= 9
    assert here.ask(
        "SELECT count(*) FROM urls WHERE next_fetch_at IS NOT NULL AND state = 'known' AND kind = 'article'"
    )[0] == (0,)


@pytest.mark.parametrize("permalinks", ["dated", "section"])
@on_sqlite
def test_a_change_of_section_or_date_that_moves_the_address_makes_no_second_article(permalinks, database_url):
    with rehearse(database_url, articles=8, oddities=(), permalinks=permalinks) as here:
        here.crawl()
        here.clock.forward(hours=1)
        article = here.plain()[2]
        here.newsroom.edit(article, "section", "mondial")
        here.newsroom.backdate(article, 2)
        here.crawl()

    assert set(here.archived()) == set(here.public())
    assert here.row(article)["url"] == here.newsroom.url(article)


# --- what happens to an article ------------------------------------------------------------------------------------


def test_whatever_happens_to_an_article_later_its_row_and_text_stay(database_url):
    with rehearse(database_url, articles=20, oddities=()) as here:
        renamed, reused, gone, dead, home, stranger, hidden, back = here.plain()[:8]
        here.crawl()
        before = {one.id: here.row(one) for one in here.plain()}

        here.clock.forward(hours=1)
        here.newsroom.rename(renamed, f"{renamed.slug}-bis")
        old_place = here.newsroom.url(reused)
        here.newsroom.remove(reused)
        taker = here.newsroom.reuse_slug(reused, section="culture")
        for article, how in ((gone, 404), (dead, 410), (home, "home"), (stranger, "stranger"), (back, 404)):
            here.newsroom.remove(article, how, still_listed=True)
            article.modified = here.clock()
        here.newsroom.protect(hidden)
        here.newsroom.edit(hidden, "touch")
        told = here.crawl()
        second = {one.id: here.outcome(one) for one in (renamed, taker, gone, dead, home, stranger, hidden, back)}
        assert second[gone.id] == second[back.id] == "gone:http_404"
        assert second[dead.id] == "gone:http_410"
        assert second[home.id] == "skipped:redirect_home"
        assert second[stranger.id] == "skipped:redirect_other_article"
        assert second[hidden.id] == "quarantined:protected"
        assert second[renamed.id] == "unchanged"
        assert second[taker.id] == "stored"
        assert (told["stored"], told["revised"]) == (1, 0)

        here.clock.forward(hours=1)
        here.newsroom.restore(back)
        here.newsroom.edit(back, "touch")
        here.crawl()
        assert here.outcome(back) == "unchanged"

    assert here.ask("SELECT count(*) FROM articles_current")[0] == (21,)
    assert here.row(renamed)["url"] == here.newsroom.url(renamed)
    assert here.row(taker)["url"] == here.row(reused)["url"] == old_place
    assert here.row(taker)["body_text"] != here.row(reused)["body_text"]
    for article in (renamed, reused, gone, dead, home, stranger, hidden, back):
        now = here.row(article)
        assert {name: now[name] for name in ("id", "headline", "body_text")} == {
            name: before[article.id][name] for name in ("id", "headline", "body_text")
        }
        assert len(here.revisions(article)) == 1
    assert "Protégé" not in here.row(hidden)["headline"]


# --- copies --------------------------------------------------------------------------------------------------------


def test_copies_and_near_copies_are_labelled_as_the_truth_says_and_nothing_else_is(database_url):
    with rehearse(database_url, articles=24, oddities=()) as here:
        here.crawl()
        here.clock.forward(hours=1)
        first, second, third, *_ = here.plain()
        for source in (first, second):
            here.newsroom.copy(source, section="mondial")
            here.newsroom.copy(source, section="justice")
        for share in (0.02, 0.06, 0.1):
            here.newsroom.copy(third, share=share, section="police")
            here.newsroom.copy(second, share=share, section="education")
        here.crawl()

    assert set(here.archived()) == set(here.public())
    url = {one.id: one.url for one in here.public().values()}
    for key, row in here.archived().items():
        true = here.public()[key]
        assert row["duplicate_of_url"] == url.get(true.duplicate_of)
        assert row["near_duplicate_of_url"] == url.get(true.near_duplicate_of)


@on_sqlite
def test_copies_that_one_crawl_finds_together_are_labelled_with_one_of_them(database_url):
    with rehearse(database_url, articles=60) as here:
        here.crawl()

    true = here.public()
    of_id = {one.id: one.url for one in true.values()}
    for label, name in (("duplicate_of_url", "duplicate_of"), ("near_duplicate_of_url", "near_duplicate_of")):
        found = {frozenset((row["url"], row[label])) for row in here.archived().values() if row[label]}
        pairs = {frozenset((one.url, of_id[getattr(one, name)])) for one in true.values() if getattr(one, name)}
        assert found == pairs
        assert found


# --- links that are no articles ------------------------------------------------------------------------------------


@on_sqlite
def test_links_that_are_no_articles_are_counted_by_their_reason_and_never_fetched(database_url):
    with rehearse(database_url, articles=6, oddities=(), sitemaps="none") as here:
        here.crawl()
        usual = skipped(here)
        here.clock.forward(hours=1)
        article = here.newsroom.url(here.plain()[0])
        base = here.server.url
        links = {
            "tag": [f"{base}/tag/ville/", f"{base}/tag/ville/page/2/"],
            "author": [f"{base}/author/personnel/", f"{base}/?author=1"],
            "comment_feed": [f"{article}feed/"],
            "feed": [f"{base}/feed/"],
            "replytocom": [f"{article}?replytocom=7"],
            "comments": [f"{article}comment-page-1/"],
            "amp": [f"{article}amp/", f"{article}?amp=1"],
            "embed": [f"{article}embed/"],
            "web_story": [f"{base}/web-stories/histoire-1/"],
            "attachment": [f"{base}/?attachment_id=9", f"{article}attachment/photo/"],
            "search": [f"{base}/?s=loi", f"{base}/search/loi/"],
            "other_host": ["https://www.lemonde.fr/politique/", f"{base}1/article/", "//autre.invalid/article/"],
            "date_archive": [f"{base}/2031/01/", f"{base}/2026/11/20/"],
            "section": [f"{base}/category/culture/"],
            "paged": [f"{article}page/2/"],
            "admin": [f"{base}/wp-login.php", f"{base}/wp-json/wp/v2/posts/1"],
            "file": [f"{base}/wp-content/uploads/rapport.pdf"],
            "scheme": ["mailto:redaction@francaisfois.invalid", "javascript:void(0)"],
            "trap": [f"{base}/a/a/a/a/"],
            "home": [f"{base}/"],
            "share": [f"{article}?share=facebook"],
            "fragment": [f"{article}#respond"],
            "card_without_link": ["#"],
        }
        with_cards(here, "/category/politique/", [one for some in links.values() for one in some])
        here.crawl()

    assert skipped(here) == usual | {reason: usual.get(reason, 0) + len(some) for reason, some in links.items()}
    assert here.outcomes() == {}
    known = {row.url for row in here.ask("SELECT url FROM urls WHERE kind = 'article' AND url NOT LIKE '%?p=%'")}
    assert known == {one.url for one in here.public().values()}
    assert "tag" in here.ended.out


def skipped(here: Rehearsal) -> dict[str, int]:
    (row,) = here.ask("SELECT skipped FROM runs ORDER BY id DESC LIMIT 1")
    return json.loads(row.skipped) if isinstance(row.skipped, str) else row.skipped


# --- the menu ------------------------------------------------------------------------------------------------------


@dataclass
class Menu:
    """A fault of the front page: its first menu is this one. sections: (slug, name) at the top, then below Plus."""

    top: list[tuple[str, str]]
    below: list[tuple[str, str]]

    async def __call__(self, exchange: Any) -> Any:
        answer = exchange.answer()
        base = f"http://{exchange.request.host}"

        def items(sections: list[tuple[str, str]]) -> str:
            return "".join(MENU_ITEM.format(id=1, base=base, slug=slug, name=name) for slug, name in sections)

        group = (
            f'<li class="menu-item-has-children"><a href="#">Plus</a><ul class="sub-menu">{items(self.below)}</ul></li>'
        )
        menu = f'<ul id="menu-principal-1" class="menu">{items(self.top)}{group}</ul></nav>'
        pattern = rb'<ul id="menu-principal-1" class="menu">.*?</ul></nav>'
        body, number = re.subn(pattern, lambda _: menu.encode(), answer.body, flags=re.DOTALL)
        assert number == 1
        answer.body = body
        return exchange.send(answer)


def sections(here: Rehearsal) -> list[tuple[Any, ...]]:
    rows = here.ask("SELECT name, slug, parent, position FROM sections ORDER BY id")
    return sorted((tuple(row) for row in rows), key=lambda one: one[3])


@on_sqlite
def test_the_sections_are_those_of_the_menu_and_follow_it_when_it_changes(database_url):
    with rehearse(database_url, articles=6, oddities=()) as here:
        here.crawl()
        assert sections(here) == [(one.name, one.slug, one.group, rank) for rank, one in enumerate(SECTIONS, start=1)]
        assert [one[0] for one in sections(here) if one[2] == "Plus"] == [
            "Education", "Communiqué de Presse", "Mondial",
        ]  # fmt: skip

        here.clock.forward(hours=1)
        top = [(one.slug, one.name) for one in SECTIONS if one.group is None and one.slug != "police"]
        menu = Menu([*top, ("mondial", "Monde entier"), ("non-classe", "Divers")], [("education", "Education")])
        here.server.faults.add("/", menu)
        stray = here.newsroom.publish(section="non-classe", at=here.clock() - timedelta(days=3))
        here.newsroom.options.rest, here.newsroom.options.sitemaps, here.newsroom.options.feeds = "404", "none", False
        here.crawl()

    now = {one[1]: one for one in sections(here)}
    assert now["mondial"] == ("Monde entier", "mondial", None, 10)
    assert now["non-classe"] == ("Divers", "non-classe", None, 11)
    assert now["education"] == ("Education", "education", "Plus", 12)
    assert here.outcome(stray) == "stored"
    seen = dict(tuple(row) for row in here.ask("SELECT slug, last_seen_at FROM sections"))
    assert len(seen) == len(SECTIONS) + 1
    assert {slug for slug, moment in seen.items() if moment < max(seen.values())} == {"police", "communique-de-presse"}


# --- the view ------------------------------------------------------------------------------------------------------

COLUMNS = [
    "id", "site", "source_id", "url", "headline", "standfirst", "byline", "credit", "section", "sections", "tags",
    "published_at", "modified_at", "first_seen_at", "last_seen_at", "access", "language", "word_count", "body_text",
    "images", "state", "duplicate_of_url", "near_duplicate_of_url",
]  # fmt: skip
INSTANT = re.compile(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def test_the_view_for_people_has_the_agreed_columns_as_plain_text(database_url):
    with rehearse(database_url, layout="modern") as here:
        here.crawl()
        rows = here.archived()
        truth = here.public()

    (first, *_) = ask(database_url, "SELECT * FROM articles_current")
    assert list(first._mapping) == COLUMNS
    for key, row in rows.items():
        assert (row["site"], row["state"], row["language"]) == ("francaisfois", "live", "fr")
        for name in ("published_at", "first_seen_at", "last_seen_at"):
            assert INSTANT.fullmatch(row[name])
        assert row["modified_at"] is None or INSTANT.fullmatch(row["modified_at"])
        assert json.loads(row["sections"]) == [name for name, _ in truth[key].sections]
        assert sorted(json.loads(row["tags"])) == sorted(truth[key].tags)
        pictures = {address: one.url for one in truth[key].images for address in (one.url, *one.sizes)}
        assert [pictures[one] for one in json.loads(row["images"])] == [one.url for one in truth[key].images]
