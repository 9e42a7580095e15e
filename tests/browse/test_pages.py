"""The pages over HTTP: what stands on them, where their links lead, and that counts are those of the archive."""

import html
import json
import re
from collections import Counter
from pathlib import Path
from urllib.parse import urlencode, urljoin

import pytest

from foiscrawl.cookbook import questions
from tests.browse.filled import AUTHORS, SECTIONS, Book
from tests.browse.serving import Served

OURS = ("/", "/search", "/articles", "/article/1", "/fronts", "/removed", "/runs", "/questions", "/archive")


def text(page: str) -> str:
    """What a reader sees, blanks made one."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def facet(page: str, name: str) -> dict[str, int]:
    """Values and counts of a facet of the list."""
    (box,) = re.findall(rf"<summary><h2>{name}</h2></summary>(.*?)</details>", page, re.DOTALL)
    rows = re.findall(r'<li><a href="[^"]*"[^>]*>(.*?)</a> <span>([\d,]+)</span></li>', box)
    return {html.unescape(re.sub(r" <span.*", "", value)): int(number) for value, number in rows}


def listed(page: str) -> list[int]:
    """Articles of a list, in its order."""
    return [int(one) for one in re.findall(r'<h[23]><a href="/article/(\d+)', page)]


def test_every_link_of_every_page_leads_somewhere(served: Served):
    asked: set[str] = set()
    waiting = list(OURS)
    while waiting and len(asked) < 260:
        path = waiting.pop(0)
        if path in asked:
            continue
        asked.add(path)
        answer = served.get(path)
        assert answer.status == 200, (path, text(answer.text))
        if answer.headers["content-type"].startswith("text/html"):
            for found in re.findall(r'(?:href|action|src)="([^"]+)"', answer.text):
                whole = urljoin(served.address + path, html.unescape(found)).partition("#")[0]
                if whole.startswith(served.address):
                    waiting.append(whole.removeprefix(served.address))
    assert set(OURS) <= asked
    assert {f"/archive/{one.name}" for one in questions()} <= {one.partition("?")[0] for one in asked}


def test_anchors_are_there(served: Served):
    for path in OURS:
        page = served.get(path).text
        ids = re.findall(r' id="([^"]+)"', page)
        assert len(ids) == len(set(ids)), path
        assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids), path
        assert set(re.findall(r'(?:for|aria-labelledby)="([^"]+)"', page)) <= set(ids), path


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"section": "Politique"},
        {"section": "a/b?c=d&e"},
        {"author": 'Zoé "Z" Petit'},
        {"month": "undated"},
        {"section": "Île & côte", "author": "Côme d'Arc"},
        {"section": "Société", "month": "2026-08"},
        {"section": "Économie", "author": "Anaïs Durand", "month": "2026-10"},
        {"section": "Nulle part"},
    ],
    ids=str,
)
def test_the_list_and_its_counts_are_those_of_the_archive(
    wanted: dict[str, str], served: Served, books: tuple[Path, list[Book]]
):
    def chosen(*, but: str = "") -> list[Book]:
        return [
            one
            for one in books[1]
            if (but == "section" or wanted.get("section") in {None, *one.sections})
            and (but == "author" or wanted.get("author") in {None, *one.authors})
            and (but == "month" or wanted.get("month") in {None, one.month})
        ]

    meant = sorted(chosen(), key=lambda one: (one.published is not None, one.published, one.id), reverse=True)
    pages = [served.get(f"/articles?{urlencode({**wanted, 'page': leaf})}") for leaf in (1, 2, 3)]

    assert [listed(one.text) for one in pages] == [[one.id for one in meant[at : at + 50]] for at in (0, 50, 100)]
    word = "article" if len(meant) == 1 else "articles"
    assert f" {len(meant)} {word} " in text(pages[0].text)
    assert ('rel="next"' in pages[0].text) is (len(meant) > 50)
    assert facet(pages[0].text, "Section") == Counter(name for one in chosen(but="section") for name in one.sections)
    assert facet(pages[0].text, "Author") == Counter(name for one in chosen(but="author") for name in one.authors)
    assert facet(pages[0].text, "Month of publication") == Counter(one.month for one in chosen(but="month"))


def test_a_facet_is_added_changed_and_taken_away_by_its_links(served: Served):
    page = served.get(f"/articles?{urlencode({'section': 'Politique', 'month': '2026-10'})}").text
    links = {html.unescape(one) for one in re.findall(r'href="(/articles[^"]*)"', page)}

    assert "/articles?month=2026-10" in links
    assert "/articles?section=Politique" in links
    assert f"/articles?{urlencode({'section': 'Société', 'month': '2026-10'})}" in links
    assert any("author=" in one and "section=Politique" in one and "month=2026-10" in one for one in links)


def test_the_front_page_tells_how_much_there_is_and_what_is_new(served: Served, books: tuple[Path, list[Book]]):
    page = served.get("/").text
    newest = sorted((one for one in books[1] if one.published), key=lambda one: (one.published, one.id), reverse=True)

    assert "Essai Fois" in text(page)
    assert " 130 articles, 149 revisions, 1 section in the menu, 1 gone from the site" in text(page)
    assert listed(page) == [one.id for one in newest[:12]]
    assert "Last run done 2026-11-23 12:00" in text(page)


def test_an_article_shows_its_text_revisions_and_all_that_happened_to_it(served: Served):
    gone, edited = served.get("/article/1").text, served.get("/article/4").text

    for told in (
        "removed: did not answer from 2026-11-24 12:00 UTC, 3 looks, last with 404; believed 2026-12-09 12:00 UTC",
        "2026-12-09 12:00 404 not_found well https://essai.test/article-0",
        "https://essai.test/vieille-adresse new listing",
        "essai-run1-001.warc.gz 4,096 1,234 bytes",
        "Front page 1 2026-11-23 12:00 2026-11-23 13:00",
        "Section Politique 2 2026-11-23 14:00 still there 2026-11-23 15:00",
        "Titre 1 2026-",  # the copy
        "Tags terres rares",
    ):
        assert told in text(gone), told
    assert "<p>Premier paragraphe de l'article 0.</p>" in gone
    assert "Revision 2 2026-11-23 13:00 UTC · body · 4 words changed" in text(edited)
    assert re.search(r"<del>terres rares\.</del>", edited)
    assert re.search(r"<ins>métaux communs\.</ins>", edited)
    assert "1 paragraph as before" in text(edited)
    assert "section added: Culture" in text(edited)


def test_an_article_is_found_by_any_address_of_it(served: Served):
    for asked in ("https://essai.test/article-0", "https://essai.test/vieille-adresse/?utm_source=x", "?p=1000"):
        on = served.get(f"/search?{urlencode({'q': asked})}")
        assert on.status == 302
        found = served.get(on.headers["location"])
        assert (found.status, found.headers["location"]) == (302, "/article/1")
    near = served.get(f"/go?{urlencode({'address': 'https://essai.test/article-000'})}")
    assert near.status == 404
    assert "Did you mean https://essai.test/article-" in text(near.text)


def test_a_list_is_shown_as_it_was_read_at_a_moment(served: Served):
    def ranks(at: str) -> list[str]:
        page = served.get(f"/fronts?{urlencode({'place': 2, 'at': at})}").text
        return re.findall(r'<li value="(\d+)"><a href="/article/(\d+)"', page)

    assert ranks("2026-11-23T12:30") == [("1", "1"), ("2", "5")]
    assert ranks("2026-11-23T13:30") == [("1", "1"), ("2", "5")]  # as read at 13 h; nobody looked until 14 h
    assert ranks("2026-11-23T14:00") == [("1", "6"), ("2", "1")]
    assert ranks("2030-01-01T00:00") == [("1", "6"), ("2", "1")]
    assert "It was not read before this moment." in served.get("/fronts?place=2&at=2026-11-23T11:59").text
    now = served.get("/fronts").text
    assert "As read 2026-11-23 15:00 , the last reading" in text(now)
    before = re.search(r'rel="prev" href="([^"]+)"', now)
    assert before is not None
    assert "As read 2026-11-23 13:00 ." in text(served.get(html.unescape(before[1])).text)


def test_removed_articles_are_listed_by_state(served: Served):
    page = served.get("/removed").text

    assert listed(page.replace("#looks", "")) == [1, 3]
    assert "all 2 removed 1 returned 1" in text(page)
    assert listed(served.get("/removed?state=returned").text) == [3]


def test_the_search_is_that_of_the_archive(served: Served, books: tuple[Path, list[Book]]):
    found = served.get(f"/search?{urlencode({'q': 'Terre rare'})}").text
    narrowed = served.get(f"/search?{urlencode({'q': 'terres rares', 'section': 'politique'})}").text
    past = served.get(f"/search?{urlencode({'q': 'terres rares', 'history': '1'})}").text

    first = [one for one in books[1] if (one.id - 1) % 7 != 3]
    assert f" {len(first)} answers; " in text(found)
    assert "<mark>terres</mark> <mark>rares</mark>" in found
    assert f" {sum('Politique' in one.sections for one in first)} answers; " in text(narrowed)
    assert f" {len(books[1])} answers; " in text(past)
    assert (
        re.search(r'href="/article/\d+#revision-1"', past)
        or "text until" in served.get(f"/search?{urlencode({'q': 'terres rares', 'history': '1', 'page': 2})}").text
    )


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/search?q=-x", 400, "words with a minus only leave something out"),
        ("/search?q=x&section=Politiqe", 400, "holds no section Politiqe; did you mean Politique?"),
        ("/search?q=x&since=heute", 400, "since=heute is no date"),
        ("/articles?month=2026-13", 400, "2026-13 is no month; it looks like 2026-11"),
        ("/articles?page=0", 400, "page 0 cannot be shown; it is a number from 1 to 200"),
        ("/articles?page=x", 400, "page x cannot be shown"),
        ("/articles?author=" + "x" * 301, 400, "author is longer than 300 letters"),
        ("/removed?state=lost", 400, "lost is no state; it is one of suspected"),
        ("/fronts?at=heute", 400, "heute is no moment; it looks like 2026-11-20T17:00"),
        ("/fronts?place=99", 404, "The archive has no list 99."),
        ("/article/999999", 404, "The archive has no article 999999."),
        ("/article/9999999999999999999", 404, "The archive has no article 9999999999999999999."),
        ("/go?address=https://[x", 404, "The archive knows no article https://[x."),
        ("/go", 400, "Give an address of an article"),
        ("/nowhere", 404, "There is no such page."),
        ("/archive/nowhere", 404, "There is no such page."),
    ],
)
def test_what_cannot_be_shown_is_told_in_words(path: str, status: int, told: str, served: Served):
    answer = served.get(path)

    assert answer.status == status
    assert told in text(answer.text)


def test_the_questions_of_the_cookbook_are_asked_with_their_parameters(served: Served):
    listing = served.get("/questions").text
    for one in questions():
        path = f"/archive/{one.name}" + (f"?{urlencode(one.examples)}" if one.examples else "")
        assert html.escape(path) in listing
        page = served.get(path)
        assert page.status == 200, text(page.text)
        assert one.title in text(page.text)
        assert "SELECT" in page.text
        for given in one.parameters:
            assert f'name="{given.name}" value="{given.example}"' in html.unescape(page.text)
    found = json.loads(served.get("/archive/first-in-a-section.json?section=Politique&_shape=array").text)
    assert [(one["from_at"], one["article_id"]) for one in found] == [
        ("2026-11-23T14:00:00Z", 6),
        ("2026-11-23T12:00:00Z", 1),
    ]
    assert '<a href="/article/6">6</a>' in served.get("/archive/first-in-a-section?section=Politique").text


def test_tables_are_filtered_and_counted_by_datasette(served: Served, books: tuple[Path, list[Book]]):
    page = served.get(f"/archive/articles_current?{urlencode({'section': 'Politique', '_facet': 'state'})}").text
    own = sum(one.sections[0] == "Politique" for one in books[1])

    assert f" {own} rows " in text(page)
    assert "where section = &#34;Politique&#34;" in page
    moved = served.get("/archive/articles_current?_filter_column=id&_filter_op=exact&_filter_value=7")
    assert (moved.status, moved.headers["location"]) == (302, "/archive/articles_current?id__exact=7")
    assert len(SECTIONS) == 5
    assert len(AUTHORS) == 3
