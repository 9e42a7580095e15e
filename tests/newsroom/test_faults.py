"""Each fault of the newsroom does on the wire what it says."""

import gzip
import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator

import pytest

from tests.newsroom import (
    Charset,
    Clock,
    Cut,
    CutGzip,
    Drip,
    Header,
    Never,
    Newsroom,
    Oversize,
    Redirect,
    Replace,
    Reset,
    Server,
    Slow,
    Status,
    consent_page,
    fetch,
    maintenance,
    serve,
    soft_404,
)


@pytest.fixture
def server() -> Iterator[Server]:
    with serve(Newsroom(now=Clock(), articles=8, oddities=())) as one:
        yield one


def address(server: Server) -> str:
    return server.newsroom.url(next(iter(server.newsroom.articles.values())))


def raw(server: Server, path: str) -> bytes:
    """All bytes that come until the connection ends."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as one:
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode())
        return b"".join(iter(lambda: one.recv(65536), b""))


@pytest.mark.parametrize("code", [401, 403, 404, 410, 429, 451, 500, 502, 503, 504])
def test_any_status_with_and_without_retry_after(server: Server, code: int) -> None:
    server.faults.add("/feed/", Status(code, retry_after="Wed, 21 Oct 2099 07:28:00 GMT"))
    server.faults.add("kind:article", Status(code))
    assert (fetch(server.url + "/feed/").status, fetch(address(server)).status) == (code, code)
    assert fetch(server.url + "/feed/").headers["retry-after"] == "Wed, 21 Oct 2099 07:28:00 GMT"
    assert "retry-after" not in fetch(address(server)).headers
    assert fetch(server.url + "/").status == 200


def test_a_fault_strikes_so_often_and_then_wears_off(server: Server) -> None:
    rule = server.faults.add("*", Status(503), times=2)
    assert [fetch(server.url + "/").status for _ in range(4)] == [503, 503, 200, 200]
    assert rule.hits == 2


def test_a_fault_strikes_every_nth_request(server: Server) -> None:
    server.faults.add("*", Status(429), every=3)
    assert [fetch(server.url + "/").status for _ in range(6)] == [200, 200, 429, 200, 200, 429]


def test_a_fault_strikes_a_share_of_the_addresses_and_always_the_same(server: Server) -> None:
    server.faults.add("*", Status(500), share=0.2)
    first, second = ([fetch(f"{server.url}/wp-content/{n}.gif").status for n in range(100)] for _ in range(2))
    assert first == second
    assert 8 < first.count(500) < 35


def test_the_latest_fault_wins_and_can_be_taken_back(server: Server) -> None:
    server.faults.add("*", Status(500))
    rule = server.faults.add("/feed/", Status(429))
    assert fetch(server.url + "/feed/").status == 429
    server.faults.remove(rule)
    assert fetch(server.url + "/feed/").status == 500
    server.faults.clear()
    assert fetch(server.url + "/feed/").status == 200


@pytest.mark.parametrize(
    ("kind", "path"),
    [
        ("home", "/"),
        ("robots", "/robots.txt"),
        ("feed", "/category/culture/feed/"),
        ("listing", "/category/culture/"),
        ("sitemap", "/post-sitemap.xml"),
        ("rest", "/wp-json/wp/v2/posts"),
    ],
)
def test_faults_can_be_laid_on_a_kind_of_address(server: Server, kind: str, path: str) -> None:
    server.faults.add(f"kind:{kind}", Status(418))
    assert fetch(server.url + path).status == 418
    assert fetch(address(server)).status == 200


def test_a_reset_is_no_answer_at_all(server: Server) -> None:
    server.faults.add("kind:article", Reset())
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        fetch(address(server))
    assert server.requests[0].status is None


def test_never_is_silent_until_the_client_goes(server: Server) -> None:
    server.faults.add("kind:article", Never())
    with pytest.raises(TimeoutError):
        fetch(address(server), timeout=0.2)


def test_slow_answers_rightly_in_the_end(server: Server) -> None:
    right = fetch(address(server)).body
    server.faults.add("kind:article", Slow(0.3))
    started = time.monotonic()
    assert fetch(address(server)).body == right
    assert time.monotonic() - started >= 0.3


def test_drip_gives_a_little_at_a_time(server: Server) -> None:
    server.faults.add("/robots.txt", Drip(0.02, size=10))
    started = time.monotonic()
    assert fetch(server.url + "/robots.txt").text.startswith("User-agent: *")
    assert time.monotonic() - started >= 0.15


def test_a_cut_body_with_the_whole_length_shows(server: Server) -> None:
    server.faults.add("kind:article", Cut(0.5, "true"))
    with pytest.raises(http.client.IncompleteRead) as caught:
        fetch(address(server))
    assert abs(len(caught.value.partial) - (caught.value.expected or 0)) <= 1


def test_a_cut_body_without_length_or_with_its_own_does_not_show(server: Server) -> None:
    whole = fetch(address(server)).body
    for length in ("none", "matching"):
        server.faults.add("kind:article", Cut(0.5, length))
        reply = fetch(address(server))
        assert ("content-length" in reply.headers) == (length == "matching")
        assert reply.body == whole[: len(whole) // 2]


def test_a_cut_chunked_body_lacks_its_last_chunk(server: Server) -> None:
    server.faults.add("/robots.txt", Cut(0.5, "chunked"))
    answer = raw(server, "/robots.txt")
    assert b"Transfer-Encoding: chunked" in answer
    assert not answer.endswith(b"0\r\n\r\n")


def test_a_cut_gzip_body_has_a_length_that_matches(server: Server) -> None:
    server.faults.add("kind:article", CutGzip(0.5))
    reply = fetch(address(server))
    assert int(reply.headers["content-length"]) == len(reply.body)
    with pytest.raises(EOFError):
        gzip.decompress(reply.body)
    assert zlib.decompressobj(31).decompress(reply.body).startswith(b"<!DOCTYPE html>")


def test_charset_lies_in_the_header_alone_or_is_true(server: Server) -> None:
    server.faults.add("kind:article", Charset("windows-1252"))
    reply = fetch(address(server))
    assert reply.headers["content-type"] == "text/html; charset=windows-1252"
    assert "Société".encode() in reply.body
    server.faults.add("kind:article", Charset("utf-8", encode="windows-1252"))
    assert "Société".encode("windows-1252") in fetch(address(server)).body


def test_oversize_is_as_large_as_told_and_a_bomb_travels_small(server: Server) -> None:
    server.faults.add("kind:article", Oversize(3_000_000))
    assert len(fetch(address(server)).body) > 3_000_000
    server.faults.add("kind:article", Oversize(3_000_000, bomb=True))
    reply = fetch(address(server))
    assert len(reply.body) < 10_000
    assert len(reply.text) > 3_000_000


def test_redirects_lead_astray(server: Server) -> None:
    path = address(server).removeprefix(server.url)
    seen = {}
    for to in ("self", "home", "cycle", "endless", "https://ailleurs.invalid/x"):
        server.faults.add("kind:article", Redirect(to, 301))
        reply = fetch(address(server))
        assert reply.status == 301
        seen[to] = reply.headers["location"]
    assert seen == {
        "self": path,
        "home": "/",
        "cycle": f"{path}?tour=1",
        "endless": f"{path}?pas=1",
        "https://ailleurs.invalid/x": "https://ailleurs.invalid/x",
    }
    server.faults.add("kind:article", Redirect("cycle"))
    assert fetch(f"{address(server)}?tour=1").headers["location"] == path
    server.faults.add("kind:article", Redirect("endless"))
    assert fetch(f"{address(server)}?pas=7").headers["location"] == f"{path}?pas=8"


def test_pages_in_the_place_of_the_article(server: Server) -> None:
    seen = {}
    for name, fault in (("soft", soft_404()), ("consent", consent_page()), ("maintenance", maintenance())):
        server.faults.add("kind:article", fault)
        reply = fetch(address(server))
        title = re.search("<title>(.*?)</title>", reply.text)
        seen[name] = (reply.status, title and title[1], reply.headers.get("retry-after"))
    assert seen == {
        "soft": (200, "Page introuvable", None),
        "consent": (200, "Avant de continuer", None),
        "maintenance": (503, "Maintenance", "600"),
    }


def test_a_header_comes_on_top_of_the_right_answer(server: Server) -> None:
    server.faults.add("*", Header("tdm-reservation", "1"))
    reply = fetch(address(server))
    assert reply.headers["tdm-reservation"] == "1"
    assert reply.headers["link"].endswith("rel=shortlink")
    server.faults.clear()
    assert "tdm-reservation" not in fetch(address(server)).headers


def test_wishes_of_the_site_are_told_in_page_header_and_file(server: Server) -> None:
    newsroom = server.newsroom
    first, second = list(newsroom.articles.values())[:2]
    first.noarchive, second.noarchive = "meta", "header"
    newsroom.extra_head = '<meta name="tdm-reservation" content="1">'
    newsroom.changed()
    assert 'content="index, follow, noarchive"' in fetch(newsroom.url(first)).text
    assert fetch(newsroom.url(second)).headers["x-robots-tag"] == "noarchive"
    assert newsroom.extra_head in fetch(newsroom.url(first)).text
    assert fetch(server.url + "/.well-known/tdmrep.json").status == 404
    newsroom.tdmrep = json.dumps([{"location": "/", "tdm-reservation": 1}])
    assert json.loads(fetch(server.url + "/.well-known/tdmrep.json").text) == [{"location": "/", "tdm-reservation": 1}]


def test_robots_txt_is_the_newsrooms_or_any_other(server: Server) -> None:
    assert "Disallow: /wp-admin/" in fetch(server.url + "/robots.txt").text
    server.newsroom.robots_rules = "User-agent: *\nDisallow: /\nCrawl-delay: 10\n"
    assert fetch(server.url + "/robots.txt").text.startswith("User-agent: *\nDisallow: /\nCrawl-delay: 10")
    server.faults.add("kind:robots", Replace("<html>oups</html>"))
    assert fetch(server.url + "/robots.txt").text == "<html>oups</html>"


# --- the command line ----------------------------------------------------------------------------------------------


def test_the_command_prints_its_address_and_ends_at_ctrl_c() -> None:
    command = [
        sys.executable,
        "-m",
        "tests.newsroom",
        "--port",
        "0",
        "--articles",
        "5",
        "--sources",
        "feeds",
        "--layout",
        "block",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        statuses = [fetch(url + one).status for one in ("", "feed/", "sitemap_index.xml", "wp-json/wp/v2/posts")]
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=10)
    assert statuses == [200, 200, 404, 404]
    assert (process.returncode, rest, errors) == (0, "", "")


def test_the_command_says_in_one_line_that_its_port_is_taken(server: Server) -> None:
    command = [sys.executable, "-m", "tests.newsroom", "--port", server.url.rsplit(":", 1)[1]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "cannot serve on port" in done.stderr


def test_the_command_refuses_a_wrong_choice_in_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.newsroom", "--days", "0"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert (
        done.stderr.splitlines()[-1] == "python -m tests.newsroom: error: articles must be 0 or more and days above 0"
    )
