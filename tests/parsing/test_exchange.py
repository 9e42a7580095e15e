"""The answers of one visit, read again without a request: retries, redirects, further pages, cut bodies, headers."""

import gzip
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from foiscrawl.items import Access, Exchange, Fetch, Outcome, Term, UrlKind
from foiscrawl.parsing.exchange import Told, forbids, reread
from foiscrawl.site import Layout, load_site

SITE = replace(load_site("francaisfois"), home="https://essai.test/")
AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
URL = "https://essai.test/un/"
FETCH = Fetch(7, URL, UrlKind.ARTICLE, URL, AT)


def page(*paragraphs: str, further: str = "", end: str = "</body></html>") -> bytes:
    body = "".join(f"<p>{one}</p>" for one in paragraphs)
    links = f'<div class="page-links"><a href="{further}">2</a></div>' if further else ""
    return (
        "<html><head><title>T</title></head>"
        f'<body class="single single-post"><h1 class="post-title">Titre été</h1>'
        f'<div class="post-content entry-content">{body}{links}</div>{end}'
    ).encode()


def answer(body: bytes = b"", status: int = 200, url: str = URL, **headers: str) -> Exchange:
    named = tuple((name.replace("_", "-"), value) for name, value in {"Content_Type": "text/html", **headers}.items())
    return Exchange(url, AT, status, response=named, body=body)


def read(*exchanges: Exchange, told: Told = Told(), site=SITE):  # noqa: B008 (frozen)
    return reread(exchanges, FETCH, site, told)


def test_a_gzipped_page_is_the_article_that_it_shows():
    item = read(answer(gzip.compress(page("Un.", "Deux.")), Content_Encoding="gzip"))

    assert (item.headline, item.body_text, item.url) == ("Titre été", "Un.\n\nDeux.", URL)
    assert item.fetch == replace(FETCH, status=200)


def test_the_charset_of_the_header_is_obeyed():
    raw = page("Déjà.").decode().encode("cp1252")

    assert read(answer(raw, Content_Type="text/html; charset=windows-1252")).body_text == "Déjà."


def test_retries_redirects_and_further_pages_are_walked_as_the_crawl_walked_them():
    old = "https://essai.test/vieux/"
    exchanges = [
        answer(status=503, url=old),
        answer(status=301, url=old, Location="/un/"),
        answer(page("Un.", further="/un/2/")),
        answer(status=500, url=URL + "2/"),  # the visit begins anew
        answer(status=301, url=old, Location="/un/"),
        answer(page("Un.", further="/un/2/")),
        answer(page("Deux."), url=URL + "2/"),
    ]

    item = reread(exchanges, replace(FETCH, url=old), SITE, Told())

    assert item.body_text == "Un.\n\nDeux."
    assert (item.fetch.redirects, item.fetch.final_url) == ((old,), URL + "2/")


def test_a_visit_that_began_anew_because_no_answer_came_is_read_from_its_beginning():
    first, second = answer(page("Un.", further="/un/2/")), answer(page("Deux."), url=URL + "2/")
    moved = answer(status=301, url=URL, Location="/deux/")
    arrived = answer(page("Un."), url="https://essai.test/deux/")

    assert read(first, first, second).body_text == "Un.\n\nDeux."
    assert read(moved, moved, arrived).fetch.redirects == (URL,)


def test_a_page_without_its_end_is_passed_over_when_a_whole_one_follows():
    cut, whole = answer(page("Un.", end="")), answer(page("Un.", "Deux."))

    assert read(cut, whole).body_text == "Un.\n\nDeux."
    assert "incomplete" in read(cut).flags
    assert read(cut, answer(status=500)) is None


@pytest.mark.parametrize(
    "broken",
    [
        answer(status=404),
        answer(status=304),
        answer(gzip.compress(page("Un."))[:-9], Content_Encoding="gzip"),
        answer(page("Un."), Content_Encoding="br"),
        replace(answer(page("Un.")), truncated="length"),
    ],
)
def test_answers_that_are_no_whole_page_give_nothing(broken: Exchange):
    assert read(broken) is None
    assert read() is None


@pytest.mark.parametrize(
    ("headers", "outcome"),
    [
        ({"X_Robots_Tag": "noarchive"}, (Outcome.REFUSED, "noarchive")),
        ({"TDM_Reservation": "1"}, (Outcome.REFUSED, "tdm_reserved")),
        ({"Content_Type": "application/pdf"}, (Outcome.SKIPPED, "not_html")),
    ],
)
def test_what_the_headers_forbid_stays_forbidden(headers: dict[str, str], outcome: tuple[Outcome, str]):
    item = read(answer(page("Un."), **headers))

    assert (item.outcome, item.reason) == outcome


def test_what_the_list_told_fills_what_the_page_leaves_open():
    item = read(answer(page("Un.")), told=Told("4711", AT, "Culture"))

    assert (item.source_id, item.published.at, item.sections) == ("4711", AT, (Term("Culture"),))
    assert item.origins["source_id"] == item.origins["published"] == item.origins["section"] == "hint"
    assert read(answer(status=302), answer(page("Un.")), told=Told("4711")).source_id is None  # maybe another article


def test_the_layout_is_the_one_of_the_day_of_the_fetch():
    later = Layout(name="later", match="body", valid_from=date(2026, 11, 24), headline=("css:title",))
    site = replace(SITE, layouts=(later, *SITE.layouts))

    assert read(answer(page("Un.")), site=site).layout != "later"
    item = reread([answer(page("Un."))], replace(FETCH, fetched_at=AT.replace(day=24)), site, Told())
    assert (item.layout, item.headline, item.access) == ("later", "T", Access.UNKNOWN)


@pytest.mark.parametrize(
    ("values", "forbidden"),
    [
        (["noarchive"], True),
        (["NOINDEX, NoArchive"], True),
        (["none"], True),
        (["foiscrawl: noarchive"], True),
        (["googlebot: noarchive"], False),
        (["googlebot: nosnippet, noarchive"], False),
        (["max-snippet: 20, noarchive"], True),
        (["noindex, nofollow"], False),
        (["googlebot: none", "noarchive"], True),
        ([], False),
    ],
)
def test_x_robots_tag_counts_for_everybody_and_for_us(values, forbidden):
    assert forbids(values, []) == ("noarchive" if forbidden else None)


def test_a_reservation_of_text_and_data_mining_counts_by_its_last_word():
    assert forbids([], ["0", " 1 "]) == "tdm_reserved"
    assert forbids([], ["1", "0"]) is None
