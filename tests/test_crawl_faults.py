"""Whole crawls of a newsroom on a bad day: what each fault comes to, and that nothing goes silent or is made up."""

import gzip
from itertools import pairwise

import pytest

from tests.crawling import QUICK, accounting, article_fetches, ask, assert_settled, change, crawl
from tests.newsroom import (
    Article,
    Charset,
    Cut,
    CutGzip,
    Never,
    Newsroom,
    Oversize,
    Redirect,
    Replace,
    Reset,
    Server,
    Status,
    consent_page,
    maintenance,
    serve,
    soft_404,
    truth_of,
)
from tests.newsroom.faults import Fault

LATER = {"FOISCRAWL_NOW": "2099-01-01T00:00:00Z"}
ONE_AT_A_TIME = {**QUICK, "CONCURRENT_REQUESTS": "1"}


def plain(articles: int, **options: object) -> Newsroom:
    return Newsroom(articles=articles, days=20, oddities=(), **options)


def spoil(server: Server, faults: list[Fault], *, every: int = 3) -> dict[str, Fault]:
    """Lay each fault on an article of its own; gives them by path."""
    paths = [server.newsroom.path(one) for one in list(server.newsroom.articles.values())[::every]]
    assert len(paths) >= len(faults)
    laid = dict(zip(paths, faults, strict=False))
    for path, fault in laid.items():
        server.faults.add(path, fault)
    return laid


def asked(server: Server, path: str) -> int:
    return server.paths().count(path)


def stored_paths(database_url: str, server: Server) -> set[str]:
    return {row.url.removeprefix(server.url) for row in ask(database_url, "SELECT url FROM articles_current")}


def of_articles(server: Server) -> list[str]:
    return [path for path in server.paths() if server.site.kind(path) == "article"]


# --- single pages ------------------------------------------------------------------------------------------------

PDF = Replace(b"%PDF-1.7 ...", content_type="application/pdf")
REFRESH = "<html><head><meta http-equiv='refresh' content='0; url=/ailleurs/'></head><body></body></html>"

FINAL = [  # fault, outcome, reason, requests
    (Redirect("self"), "failed", "redirect_loop", 1),
    (Redirect("cycle", 301), "failed", "redirect_loop", 2),
    (Redirect("endless"), "failed", "redirect_chain", 6),
    (Status(302), "failed", "redirect_without_address", 1),
    (Redirect("https://ailleurs.invalid/x"), "refused", "redirect_off_site", 1),
    (Redirect("home", 301), "skipped", "redirect_home", 1),
    (Redirect("/wp-login.php?redirect_to=%2F"), "skipped", "redirect_admin", 1),
    (Redirect("/?attachment_id=5"), "skipped", "redirect_attachment", 1),
    (Status(404), "gone", "http_404", 1),
    (Status(410), "gone", "http_410", 1),
    (Status(401), "refused", "http_401", 1),
    (Status(403), "refused", "http_403", 1),
    (Status(451), "refused", "http_451", 1),
    (Oversize(400_000), "refused", "too_large", 1),
    (Oversize(40_000_000, bomb=True), "refused", "too_large", 1),
    (soft_404(), "quarantined", "soft_404", 1),
    (consent_page(), "quarantined", "consent", 1),
    (PDF, "skipped", "not_html", 1),
    (Replace(REFRESH), "quarantined", "no_body", 1),
]


def test_a_page_that_will_not_get_better_is_asked_once_and_settled_with_its_reason(archive):
    with serve(plain(80)) as server:
        laid = spoil(server, [one for one, *_ in FINAL])
        ended = crawl(f"{server.url}/", archive, settings={**QUICK, "DOWNLOAD_MAXSIZE": "300000"})

    found = {path: (row.outcome, row.reason, row.requests) for path, row in article_fetches(archive).items()}
    assert {path: found[path] for path in laid} == dict(zip(laid, [tuple(one[1:]) for one in FINAL], strict=True))
    assert {found[path] for path in found if path not in laid} == {("stored", None, 1)}
    assert ended.code == 0, ended.err
    assert len(stored_paths(archive, server)) == 80 - len(FINAL)
    assert "/ailleurs/" not in server.paths()
    assert "Traceback" not in ended.err
    assert_settled(archive)


SHAKY = [
    (Status(500), "failed", "http_500", 3),
    (Status(520), "failed", "http_520", 3),
    (Status(507), "failed", "http_507", 3),
    (maintenance(retry_after=None), "failed", "http_503", 3),
    (Never(), "failed", "timeout", 3),
]


def test_a_page_that_may_get_better_is_asked_three_times_with_growing_pauses(archive):
    with serve(plain(40)) as server:
        laid = spoil(server, [one for one, *_ in SHAKY])
        healing = server.newsroom.path(list(server.newsroom.articles.values())[1])
        server.faults.add(healing, Status(502), times=2)
        ended = crawl(f"{server.url}/", archive, settings={**QUICK, "DOWNLOAD_TIMEOUT": "1"})

    found = {path: (row.outcome, row.reason, row.requests) for path, row in article_fetches(archive).items()}
    assert {path: found[path] for path in laid} == dict(zip(laid, [tuple(one[1:]) for one in SHAKY], strict=True))
    assert found[healing] == ("stored", None, 3)
    assert {found[path] for path in found if path not in {*laid, healing}} == {("stored", None, 1)}
    assert all(asked(server, path) == 3 for path in laid)
    for path in laid:
        first, second = [b.started - a.started for a, b in pairwise(one for one in server.requests if one.path == path)]
        assert first >= 0.2
        assert second >= 0.4
    assert ended.code == 0, ended.err
    assert_settled(archive)


CUT = [
    (Cut(0.5, "true"), "failed", "cut_body", 3),
    (Cut(0.5, "chunked"), "failed", "cut_body", 3),
    (Cut(0.5, "none"), "quarantined", "incomplete", 3),
    (Cut(0.99, "matching"), "quarantined", "incomplete", 3),
    (CutGzip(0.5), "failed", "cut_body", 3),
    (Replace(""), "quarantined", "incomplete", 3),
]


def test_a_cut_page_is_asked_again_and_never_becomes_an_article(archive):
    with serve(plain(40)) as server:
        laid = spoil(server, [one for one, *_ in CUT])
        healing = server.newsroom.path(list(server.newsroom.articles.values())[1])
        server.faults.add(healing, Cut(0.7, "none"), times=1)
        crawl(f"{server.url}/", archive)
        healed = truth_of(server.newsroom)[list(server.newsroom.articles)[1]]

    found = {path: (row.outcome, row.reason, row.requests) for path, row in article_fetches(archive).items()}
    assert {path: found[path] for path in laid} == dict(zip(laid, [tuple(one[1:]) for one in CUT], strict=True))
    assert found[healing] == ("stored", None, 2)
    assert stored_paths(archive, server) == {path for path in found if path not in laid}
    (body,) = ask(archive, "SELECT body_text FROM articles_current WHERE url = :url", url=healed.url)
    assert body.body_text.split() == "\n\n".join(healed.paragraphs).split()
    assert_settled(archive)


def test_a_dropped_connection_is_a_failure_and_not_the_end_of_the_run(archive):
    with serve(plain(12)) as server:
        (path,) = spoil(server, [Reset()])
        ended = crawl(f"{server.url}/", archive)

    row = article_fetches(archive)[path]
    assert (row.outcome, row.reason, row.requests) == ("failed", "connection", 3)
    assert asked(server, path) <= 6  # Twisted asks once more by itself when a kept-alive connection drops
    assert len(stored_paths(archive, server)) == 11
    assert ended.code == 0, ended.err
    assert_settled(archive)


def test_a_304_to_a_question_without_condition_proves_nothing_and_the_article_stays_due(archive):
    with serve(plain(12)) as server:
        (path,) = spoil(server, [Replace(b"", 304)])
        crawl(f"{server.url}/", archive)
        first = article_fetches(archive)[path]
        server.faults.clear()
        crawl(f"{server.url}/", archive, env=LATER)

    assert (first.outcome, first.reason) == ("failed", "http_304")
    assert path in stored_paths(archive, server)
    assert_settled(archive)


CHARSETS = [
    Charset("windows-1252"),
    Charset("iso-8859-1"),
    Charset("utf-8", encode="windows-1252"),
    Charset("windows-1252", encode="windows-1252"),
    Charset("nonsense-8"),
    Charset("utf-16"),
]


def test_a_charset_header_that_lies_spoils_no_text(archive):
    with serve(plain(12)) as server:
        spoil(server, CHARSETS, every=2)
        crawl(f"{server.url}/", archive)
        truth = truth_of(server.newsroom).values()

    rows = {row.url: row for row in ask(archive, "SELECT url, headline, body_text FROM articles_current")}
    assert {one.url: one.headline for one in truth} == {url: row.headline for url, row in rows.items()}
    for one in truth:
        assert rows[one.url].body_text.split() == "\n\n".join(one.paragraphs).split()
    assert_settled(archive)


# --- redirects to others --------------------------------------------------------------------------------------------


def known_rows(database_url: str) -> dict[str, list[tuple]]:
    wanted = {
        "articles": "SELECT id, source_id, canonical_url, url_key, state, revision_count, content_hash FROM articles",
        "addresses": "SELECT url, article_id FROM urls WHERE kind = 'article'",
        "revisions": "SELECT id, article_id, number, content_hash FROM revisions",
    }
    return {name: sorted(map(tuple, ask(database_url, f"{sql} ORDER BY 1"))) for name, sql in wanted.items()}


def touch(newsroom: Newsroom, article: Article) -> None:
    """Lists announce a change, so that the article is fetched again."""
    newsroom.edit(article, "touch")


@pytest.mark.parametrize("layout", ["cover", "unknown"])
def test_a_known_article_that_redirects_to_a_stranger_is_suspected_and_nothing_else(layout, archive):
    with serve(plain(12, layout=layout)) as server:
        newsroom = server.newsroom
        crawl(f"{server.url}/", archive)
        before = known_rows(archive)
        gone, stranger = list(newsroom.articles.values())[3:5]
        touch(newsroom, gone)
        server.faults.add(newsroom.path(gone), Redirect(newsroom.url(stranger), 301))
        server.forget()
        ended = crawl(f"{server.url}/", archive, env=LATER)

    assert asked(server, newsroom.path(gone)) == 1
    row = article_fetches(archive)[newsroom.path(gone)]
    assert (row.outcome, row.reason) == ("skipped", "redirect_other_article")
    (suspected,) = ask(
        archive, "SELECT id FROM articles WHERE state = 'suspected' AND source_id = :id", id=str(gone.id)
    )
    before["articles"] = [
        (*row[:4], "suspected", *row[5:]) if row[0] == suspected.id else row for row in before["articles"]
    ]
    assert known_rows(archive) == before
    assert ended.code == 0, ended.err
    assert_settled(archive)


def test_an_unknown_address_that_redirects_to_another_article_makes_no_second_one(archive):
    with serve(plain(12)) as server:
        newsroom = server.newsroom
        gone, stranger = list(newsroom.articles.values())[3:5]
        server.faults.add(newsroom.path(gone), Redirect(newsroom.url(stranger), 301))
        crawl(f"{server.url}/", archive)

    rows = ask(archive, "SELECT url FROM articles_current")
    assert sorted(row.url for row in rows) == sorted(
        newsroom.url(one) for one in newsroom.articles.values() if one is not gone
    )
    assert {row.revision_count for row in ask(archive, "SELECT revision_count FROM articles")} == {1}
    assert_settled(archive)


def test_a_retry_that_redirects_off_the_site_goes_nowhere(archive):
    with serve(plain(6)) as server, serve(plain(1)) as stranger:
        path = server.newsroom.path(next(iter(server.newsroom.articles.values())))
        server.faults.add(path, Redirect(f"{stranger.url}/x/"))
        server.faults.add(path, Status(503), times=1)
        crawl(f"{server.url}/", archive)

    row = article_fetches(archive)[path]
    assert (row.outcome, row.reason, row.requests) == ("refused", "redirect_off_site", 2)
    assert stranger.requests == []
    assert_settled(archive)


# --- the whole site ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "most"),
    [
        (Status(403), 20),
        (Status(404), 20),
        (Reset(), 40),
        (Never(), 20),
        (Cut(0.5, "none"), 20),
        (Redirect("self"), 20),
    ],
    ids=["403", "404", "reset", "timeout", "cut", "loop"],
)
def test_when_every_article_fails_the_run_gives_up_soon(fault, most, archive):
    with serve(plain(24)) as server:
        server.faults.add("kind:article", fault)
        ended = crawl(f"{server.url}/", archive, settings={**ONE_AT_A_TIME, "DOWNLOAD_TIMEOUT": "1"})

    assert ended.code == 3, ended.err
    assert "20 failures in a row" in ended.out
    assert 20 <= len(of_articles(server)) <= most  # Twisted asks twice by itself when a kept-alive connection drops
    assert_settled(archive)


def test_when_every_page_is_broken_for_a_day_the_next_one_makes_good(archive):
    with serve(plain(24)) as server:
        server.faults.add("kind:article", Status(500))
        ended = crawl(f"{server.url}/", archive, settings=ONE_AT_A_TIME)
        sent = len(of_articles(server))
        server.faults.clear()
        again = crawl(f"{server.url}/", archive, env=LATER)

    assert (ended.code, sent) == (3, 20)
    assert again.code == 0, again.err
    assert len(stored_paths(archive, server)) == 24
    assert_settled(archive)


def test_a_run_that_believes_next_to_nothing_is_not_well(archive):
    with serve(plain(12)) as server:
        server.faults.add("kind:article", consent_page())
        ended = crawl(f"{server.url}/", archive)

    assert accounting(archive)["quarantined"] == 12
    assert ended.code == 3
    assert_settled(archive)


def test_pages_behind_a_password_are_no_sign_of_a_bad_day(archive):
    with serve(plain(12)) as server:
        for hidden in list(server.newsroom.articles.values())[:5]:
            server.newsroom.protect(hidden)
        ended = crawl(f"{server.url}/", archive)

    assert (accounting(archive)["stored"], accounting(archive)["quarantined"]) == (7, 5)
    assert ended.code == 0, ended.out


@pytest.mark.parametrize("fault", [Status(500), Status(403), Redirect("self"), Replace("")], ids=str)
def test_without_the_front_page_nothing_else_is_asked_for(fault, archive):
    with serve(plain(6)) as server:
        server.faults.add("kind:home", fault)
        ended = crawl(f"{server.url}/", archive)

    assert ended.code in {2, 3}
    assert set(server.paths()) == {"/robots.txt", "/.well-known/tdmrep.json", "/"}
    assert asked(server, "/") <= 3
    assert_settled(archive)


def test_a_robots_txt_that_cannot_be_kept_ends_the_run_at_once(archive):
    with serve(plain(6)) as server:
        crawl(f"{server.url}/", archive, "max_articles=1")
        change(archive, "CREATE TRIGGER refuse BEFORE INSERT ON policies BEGIN SELECT RAISE(ABORT, 'refused'); END")
        server.forget()
        ended = crawl(f"{server.url}/", archive, timeout=60)

    assert ended.code == 5, ended.err
    assert server.paths() == ["/robots.txt"]
    assert_settled(archive)


# --- lists -----------------------------------------------------------------------------------------------------------

ERROR_PAGE = "<!DOCTYPE html><html><head><title>Erreur</title></head><body><h1>Erreur</h1></body></html>"


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        ("update", Replace(ERROR_PAGE)),
        ("backfill", Replace(b"")),
        ("update", Cut(0.5, "matching")),
        ("backfill", Cut(0.5, "none")),
        ("update", Replace(b"\x1f\x8b\x08\x00broken", content_type="application/xml")),
        ("backfill", Replace(gzip.compress(b"<urlset><url><loc>")[:-4], content_type="application/xml")),
    ],
    ids=["HTML", "empty", "half", "half without length", "broken gzip", "half gzip"],
)
def test_articles_are_found_by_section_pages_when_feed_sitemap_and_rest_are_broken(mode, fault, archive):
    with serve(plain(24)) as server:
        for kind in ("feed", "sitemap", "rest"):
            server.faults.add(f"kind:{kind}", fault)
        ended = crawl(f"{server.url}/", archive, f"mode={mode}")
        truth = {one.url for one in truth_of(server.newsroom).values()}

    assert {row.url for row in ask(archive, "SELECT url FROM articles_current")} == truth
    assert ended.code in {0, 3}, ended.err
    assert "Traceback" not in ended.err
    assert_settled(archive)


@pytest.mark.parametrize("kind", ["feed", "sitemap", "rest"])
def test_one_broken_source_costs_no_article(kind, archive):
    with serve(plain(24)) as server:
        server.faults.add(f"kind:{kind}", Status(500))
        crawl(f"{server.url}/", archive)
        truth = {one.url for one in truth_of(server.newsroom).values()}

    assert {row.url for row in ask(archive, "SELECT url FROM articles_current")} == truth
    assert_settled(archive)


@pytest.mark.parametrize("mode", ["update", "backfill"])
def test_section_pages_that_all_fail_are_given_up_and_the_articles_behind_other_sources_are_had(mode, archive):
    with serve(plain(24)) as server:
        server.faults.add("kind:listing", Status(500))
        ended = crawl(f"{server.url}/", archive, f"mode={mode}", settings=ONE_AT_A_TIME)
        truth = {one.url for one in truth_of(server.newsroom).values()}

    assert {row.url for row in ask(archive, "SELECT url FROM articles_current")} == truth
    assert sum(server.site.kind(path) == "listing" for path in server.paths()) <= 10
    assert ended.code == 3
    assert "no more listing pages were asked for" in ended.out
    assert_settled(archive)
