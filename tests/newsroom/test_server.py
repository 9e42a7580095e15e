"""Addresses lead where WordPress leads them; the server keeps its log, cache and port."""

import threading
from unicodedata import normalize

import pytest
from selectolax.lexbor import LexborHTMLParser

from tests.newsroom import Clock, Newsroom, Server, fetch, follow, serve, soft_404, truth_of
from tests.newsroom.answer import Ask
from tests.newsroom.looking import article_page, body_text, open_site, plain, some_article
from tests.newsroom.options import PERMALINKS


@pytest.mark.parametrize("permalinks", PERMALINKS)
def test_every_address_of_the_truth_leads_to_the_article(permalinks: str) -> None:
    with serve(Newsroom(now=Clock(), articles=30, permalinks=permalinks)) as server:
        for truth in truth_of(server.newsroom).values():
            for address in truth.addresses:
                _, reply = follow(address)
                assert reply.status == 200
                assert f"postid-{truth.id} " in reply.text, f"{address} is not {truth.id}"


def test_addresses_below_an_article_are_other_things() -> None:
    site = open_site()
    article = some_article(site.newsroom, "attachment")
    statuses = {
        below: site.answer(Ask(f"/{article.slug}/{below}")).status
        for below in ("feed/", "embed/", "amp/", "2/", "rien/")
    }
    assert statuses == {"feed/": 200, "embed/": 200, "amp/": 200, "2/": 301, "rien/": 404}
    picture = article_page(site, article, f"photo-{article.id}/")
    assert picture.css_first("h1.post-title").text() == article.headline
    assert "single-attachment" in picture.body.attributes["class"]


def test_amp_copies_hold_the_text_embed_cards_do_not_and_both_name_the_article() -> None:
    site = open_site()
    truth = truth_of(site.newsroom)[some_article(site.newsroom).id]
    has_text = {}
    for below in ("amp", "embed"):
        tree = article_page(site, site.newsroom.articles[truth.id], f"{below}/")
        assert tree.css_first("link[rel=canonical]").attributes["href"] == truth.url
        has_text[below] = plain(truth.paragraphs[0]) in plain(tree.body.text())
    assert has_text == {"amp": True, "embed": False}


def test_the_clients_log_and_high_water_mark_are_kept() -> None:
    with serve(Newsroom(now=Clock(), articles=3), latency=0.6) as server:
        threads = [threading.Thread(target=fetch, args=(server.url + "/?p=0",)) for _ in range(3)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        fetch(server.url + "/robots.txt", User_Agent="moi/1 (+https://exemple.invalid)")
    assert server.most_in_flight == 3
    assert [(one.method, one.path, one.status) for one in server.requests] == [("GET", "/?p=0", 404)] * 3 + [
        ("GET", "/robots.txt", 200)
    ]
    assert server.requests[-1].headers["User-Agent"] == "moi/1 (+https://exemple.invalid)"


def test_prerendered_pages_are_those_served_without() -> None:
    newsroom = Newsroom(now=Clock(), articles=20)
    with serve(newsroom, prerender=True) as server:
        cached = {one.id: fetch(newsroom.url(one), Accept_Encoding="gzip").text for one in newsroom.articles.values()}
        fresh = {one.id: server.site.answer(Ask(f"/{one.slug}/")).body.decode() for one in newsroom.articles.values()}
    assert cached == fresh


def test_html_has_no_validators_and_is_compressed_on_request() -> None:
    with serve(Newsroom(now=Clock(), articles=3)) as server:
        plain_reply, zipped = fetch(server.url + "/"), fetch(server.url + "/", Accept_Encoding="gzip, br")
        feed = fetch(server.url + "/feed/", Accept_Encoding="gzip")
    assert {"etag", "last-modified", "cache-control"} & plain_reply.headers.keys() == set()
    assert zipped.headers["content-encoding"] == feed.headers["content-encoding"] == "gzip"
    assert len(zipped.body) < len(plain_reply.body) / 3
    assert zipped.text == plain_reply.text


@pytest.mark.parametrize(("noise", "versions"), [(False, 1), (True, 3)])
def test_fetches_differ_only_when_noise_is_on_and_never_in_the_letters_of_the_body(noise: bool, versions: int) -> None:
    newsroom = Newsroom(now=Clock(), articles=30, noise=noise)
    article = some_article(newsroom)
    with serve(newsroom) as server:
        bodies = [fetch(newsroom.url(article)).text for _ in range(3)]
    assert len(set(bodies)) == versions
    assert len({letters(one) for one in bodies}) == 1
    assert len(server.requests) == 3


def letters(page: str) -> str:
    """Letters and digits of the body, without the advertisements in it."""
    tree = LexborHTMLParser(page)
    for one in tree.css(".a-wrap"):
        one.decompose()
    return "".join(filter(str.isalnum, normalize("NFC", body_text(tree, ".entry-content"))))


def test_a_page_cache_serves_the_old_text_for_its_time() -> None:
    clock = Clock()
    newsroom = Newsroom(now=clock, articles=5, page_cache=90)
    article = some_article(newsroom)
    with serve(newsroom):
        before = fetch(newsroom.url(article)).text
        newsroom.edit(article, "body")
        clock.forward(seconds=89)
        assert fetch(newsroom.url(article)).text == before
        clock.forward(seconds=1)
        assert fetch(newsroom.url(article)).text != before


def test_the_server_says_so_when_its_port_is_taken() -> None:
    newsroom = Newsroom(now=Clock(), articles=0)
    with serve(newsroom) as server:
        taken = int(server.url.rsplit(":", 1)[1])
        with pytest.raises(OSError, match="address already in use"), serve(newsroom, port=taken):
            raise AssertionError("served twice")
    assert isinstance(server, Server)


def test_the_log_tells_which_article_a_page_showed_and_nothing_of_a_page_in_its_place() -> None:
    newsroom = Newsroom(now=Clock(), articles=6, oddities=())
    first, second, third = list(newsroom.articles.values())[:3]
    newsroom.remove(second, 404)
    with serve(newsroom) as server:
        server.faults.add(newsroom.path(third), soft_404())
        for one in (first, first, second, third):
            fetch(newsroom.url(one))
        fetch(f"{server.url}/?p={first.id}")
        fetch(f"{server.url}/")
    assert [one.shows for one in server.requests] == [first.id, first.id, None, None, None, None]


def test_a_server_that_is_shut_refuses_connections_and_comes_back_at_its_port() -> None:
    with serve(Newsroom(now=Clock(), articles=1)) as server:
        url = server.url
        server.shut()
        with pytest.raises(ConnectionRefusedError):
            fetch(f"{url}/")
        server.reopen()
        assert (fetch(f"{url}/").status, server.url) == (200, url)
