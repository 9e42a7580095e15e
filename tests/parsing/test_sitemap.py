import contextlib
import gzip
import re
import socket
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.items import Instant, LinkHint, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing import sitemap as module
from foiscrawl.parsing.sitemap import parse_sitemap
from foiscrawl.site import load_site

SITE = load_site("francaisfois")
HOME = SITE.home
NOW = datetime(2025, 10, 28, 18, 0, tzinfo=UTC)
SECONDS = 5  # of CPU; each takes under 2 on an idle machine, without its guard minutes
NAMESPACES = (
    'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1" '
    'xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
)


def urlset(*entries: str, head: str = "") -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?>{head}<urlset {NAMESPACES}>{"".join(entries)}</urlset>'.encode()


def entry(slug: str, more: str = "") -> str:
    return f"<url><loc>{HOME}{slug}</loc>{more}</url>"


def index(*names: str) -> bytes:
    children = "".join(f"<sitemap><loc>{HOME}{name}</loc></sitemap>" for name in names)
    return f'<?xml version="1.0"?><sitemapindex {NAMESPACES}>{children}</sitemapindex>'.encode()


def peak_memory(*, reset: bool = False) -> float:
    """MiB that this process has held at most, ever or since the reset."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    (found,) = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(found) / 1024


def read(body: bytes, url: str = f"{HOME}post-sitemap.xml"):
    return parse_sitemap(body, url, site=SITE, now=NOW)


def test_a_yoast_sitemap_gives_articles_with_their_last_change():
    image = f"<image:image><image:loc>{HOME}wp-content/uploads/a.jpg</image:loc></image:image>"

    item = read(
        urlset(entry(""), entry("un/", "<lastmod>2025-10-28T08:00:00+00:00</lastmod>" + image), entry("deux/", image))
    )

    assert item.hints == (
        LinkHint(
            url=f"{HOME}un/",
            kind=UrlKind.ARTICLE,
            found_in="sitemap",
            modified=Instant(datetime(2025, 10, 28, 8, 0, tzinfo=UTC), "2025-10-28T08:00:00+00:00", "second", "+00:00"),
            rank=2,
        ),
        LinkHint(url=f"{HOME}deux/", kind=UrlKind.ARTICLE, found_in="sitemap", rank=3),
    )
    assert item.skipped == {"home": 1}
    assert item.complete


def test_a_news_sitemap_gives_title_and_publication():
    news = (
        "<news:news><news:publication><news:name>Français Fois</news:name></news:publication>"
        "<news:publication_date>2025-10-28T10:00:00+02:00</news:publication_date>"
        "<news:title>L&amp;#8217;accord &amp; la suite</news:title></news:news>"
    )

    (hint,) = read(urlset(entry("un/", news))).hints

    assert hint.title == "L’accord & la suite"
    assert hint.published is not None
    assert hint.published.at == datetime(2025, 10, 28, 8, 0, tzinfo=UTC)
    assert hint.modified is None


def test_an_index_gives_the_sitemaps_that_hold_articles():
    item = read(
        f"<sitemapindex {NAMESPACES}><sitemap><loc>{HOME}post-sitemap.xml</loc>"
        f"<lastmod>2025-10-28T08:00:00Z</lastmod></sitemap></sitemapindex>".encode(),
        f"{HOME}sitemap_index.xml",
    )

    assert item.hints == (
        LinkHint(
            url=f"{HOME}post-sitemap.xml",
            kind=UrlKind.SITEMAP,
            found_in="sitemap",
            modified=Instant(datetime(2025, 10, 28, 8, 0, tzinfo=UTC), "2025-10-28T08:00:00Z", "second", "Z"),
            rank=1,
        ),
    )


@pytest.mark.parametrize(
    "name",
    [
        "post-sitemap.xml",
        "post-sitemap12.xml",
        "wp-sitemap-posts-post-3.xml",
        "news-sitemap.xml",
        "sitemap-2025-10.xml.gz",
        "pages-speciales-sitemap.xml",
        "tagesschau-sitemap.xml",
    ],
)
def test_a_sitemap_that_may_hold_articles_is_followed(name):
    item = read(index(name), f"{HOME}sitemap_index.xml")

    assert [(hint.url, hint.kind) for hint in item.hints] == [(HOME + name, UrlKind.SITEMAP)]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("page-sitemap.xml", "page"),
        ("wp-sitemap-posts-page-1.xml", "page"),
        ("category-sitemap2.xml", "section"),
        ("wp-sitemap-taxonomies-category-1.xml", "section"),
        ("post_tag-sitemap.xml", "tag"),
        ("wp-sitemap-taxonomies-post_tag-1.xml", "tag"),
        ("wp-sitemap-taxonomies-post_format-1.xml", "section"),
        ("author-sitemap.xml", "author"),
        ("wp-sitemap-users-1.xml", "author"),
        ("attachment-sitemap.xml", "attachment"),
        ("web-story-sitemap.xml.gz", "web_story"),
        ("wp-sitemap-posts-web-story-1.xml", "web_story"),
        ("sitemap_index.xml", "itself"),
    ],
)
def test_a_sitemap_without_articles_is_counted_and_not_followed(name, reason):
    item = read(index(name, "post-sitemap.xml"), f"{HOME}sitemap_index.xml")

    assert [hint.url for hint in item.hints] == [f"{HOME}post-sitemap.xml"]
    assert item.skipped == {reason: 1}


def test_addresses_of_other_hosts_and_of_other_things_are_counted():
    item = read(
        urlset(
            "<url><loc>http://169.254.169.254/latest/</loc></url>",
            "<url><loc>file:///etc/passwd</loc></url>",
            "<url><lastmod>2025-10-28</lastmod></url>",
            entry("category/politique/"),
            entry("un/"),
            entry("un/?utm_source=x"),
        )
    )

    assert [hint.url for hint in item.hints] == [f"{HOME}un/"]
    assert item.skipped == {"other_host": 1, "scheme": 1, "entry_without_link": 1, "section": 1}


def test_an_index_does_not_lead_to_another_host():
    body = index("post-sitemap.xml").replace(HOME.encode(), b"http://127.0.0.1:22/")

    assert read(body).skipped == {"other_host": 1}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"  \n",
        b"nothing",
        b"<!DOCTYPE html><html><head><title>x</title></head><body><p>Erreur<br></body></html>",
        b"<html><body><urlset><url><loc>https://francaisfois.com/a/</loc></url></urlset></body></html>",
        b"<rss version='2.0'><channel></channel></rss>",
        b'{"loc": "https://francaisfois.com/a/"}',
        b"https://francaisfois.com/a/\nhttps://francaisfois.com/b/\n",
        b"\x00\xff" * 100,
        gzip.compress(b"<html></html>", mtime=0),
        b"<!-- only a comment -->",
    ],
)
def test_what_is_no_sitemap_is_said_to_be_none(body):
    with pytest.raises(NotASource, match="not_a_sitemap"):
        read(body)


def test_a_good_sitemap_without_entries_is_complete():
    item = read(urlset())

    assert item.hints == ()
    assert item.complete


def test_a_blank_line_or_a_mark_before_the_declaration_costs_nothing():
    for start in (b"\n\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\r\n "):
        assert [hint.url for hint in read(start + urlset(entry("un/"))).hints] == [f"{HOME}un/"]


def test_bare_ampersands_and_undeclared_prefixes_cost_nothing():
    odd = entry("un/?a=1&b=2", "<xhtml:link href='x'/>")

    item = read(urlset(odd, entry("deux/", "<lastmod><![CDATA[2025-10-28]]></lastmod>")))

    assert [hint.url for hint in item.hints] == [f"{HOME}un/?a=1&b=2", f"{HOME}deux/"]
    assert item.complete


def test_a_sitemap_cut_in_half_keeps_what_is_whole_and_says_so():
    body = urlset(*(entry(f"article-{number}/") for number in range(1_000)))

    item = read(body[: body.index(b"article-500/") + 9])

    assert [hint.url for hint in item.hints] == [f"{HOME}article-{number}/" for number in range(500)]
    assert not item.complete


def test_no_cut_ever_invents_an_address():
    body = urlset(*(entry(f"un-article-{number}/", "<lastmod>2025-10-28</lastmod>") for number in range(3)))
    whole = {hint.url for hint in read(body).hints}

    for end in range(body.index(b"<urlset") + 7, len(body) + 1):
        with contextlib.suppress(NotASource):
            item = read(body[:end])
            assert {hint.url for hint in item.hints} <= whole
            assert item.complete == (end == len(body))


def test_a_gzipped_sitemap_is_read():
    item = read(gzip.compress(urlset(entry("un/"))), f"{HOME}post-sitemap.xml.gz")

    assert [hint.url for hint in item.hints] == [f"{HOME}un/"]
    assert item.complete


def test_a_cut_gzip_keeps_what_is_whole_and_says_so():
    body = gzip.compress(urlset(*(entry(f"{number * 7919 % 10_007}/") for number in range(5_000))))

    item = read(body[: len(body) // 2])

    assert 1_000 < len(item.hints) < 4_000
    assert not item.complete
    assert all(re.fullmatch(rf"{HOME}[0-9]+/", hint.url) for hint in item.hints)


def test_bytes_that_only_begin_like_gzip_are_refused():
    with pytest.raises(NotASource, match="bad_gzip"):
        read(b"\x1f\x8b\x08\x00" + b"x" * 100)


def test_a_gzip_bomb_is_inflated_to_the_limit_only(monkeypatch):
    monkeypatch.setattr(module, "INFLATED_MAX", 1_000_000)
    bomb = gzip.compress(urlset(*(entry(f"{number}/") for number in range(100))) + b" " * 50_000_000)

    item = read(bomb)

    assert len(item.hints) == 100
    assert not item.complete


def test_more_urls_than_any_sitemap_may_have_are_left_out_and_counted(monkeypatch):
    monkeypatch.setattr(module, "URLS_MAX", 10)

    item = read(urlset(*(entry(f"{number}/") for number in range(12))))

    assert len(item.hints) == 10
    assert item.skipped == {"over_limit": 2}
    assert not item.complete


def test_a_full_sitemap_of_50_000_urls_takes_seconds_and_little_memory():
    image = f"<image:image><image:loc>{HOME}wp-content/uploads/a.jpg</image:loc></image:image>" * 6
    more = "<lastmod>2025-10-28T08:00:00+00:00</lastmod>" + image
    body = urlset(*(entry(f"un-article-de-longueur-ordinaire-{number}/", more) for number in range(50_000)))
    before = peak_memory(reset=True)
    start = time.process_time()

    item = read(body)

    assert len(item.hints) == 50_000
    assert item.complete
    assert time.process_time() - start < 4 * SECONDS
    assert peak_memory() - before < 120


BILLION_LAUGHS = "<!DOCTYPE r [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{level} '{f'&a{level - 1};' * 10}'>" for level in range(1, 10)
)
HOSTILE = {
    "billion laughs": urlset(entry("&a9;"), head=BILLION_LAUGHS + "]>"),
    "billion laughs in an attribute": urlset(entry("un/", "<x y='&a9;'/>"), head=BILLION_LAUGHS + "]>"),
    "quadratic blow-up": urlset(entry("&a;" * 50_000), head=f"<!DOCTYPE r [<!ENTITY a '{'x' * 50_000}'>]>"),
    "200,000 nested elements": urlset()[:-9] + b"<a>" * 200_000,
    "unclosed brackets": urlset()[:-9] + b"<" * 300_000,
    "ampersands": urlset()[:-9] + b"&" * 3_000_000,
    "a text of 20 MB": urlset(entry("x" * 20_000_000), entry("un/")),
    "an attribute of 5 MB": urlset(entry("un/", f"<x y='{'x' * 5_000_000}'/>")),
    "nested entries": urlset()[:-9] + b"<url>" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_sitemap_ends_within_seconds_in_little_memory(name):
    before = peak_memory(reset=True)
    start = time.process_time()

    with contextlib.suppress(NotASource):
        assert all(hint.url == f"{HOME}un/" for hint in read(HOSTILE[name]).hints)

    assert time.process_time() - start < SECONDS
    assert peak_memory() - before < 150


@pytest.mark.parametrize("kind", ["SYSTEM 'file://{path}'", "PUBLIC 'x' 'http://127.0.0.1:{port}/dtd'"])
@pytest.mark.parametrize(
    "form", ["<!DOCTYPE r [<!ENTITY x {kind}>]>", "<!DOCTYPE urlset {kind}>", "<!DOCTYPE r [<!ENTITY % x {kind}> %x;]>"]
)
def test_nothing_outside_the_sitemap_is_read(tmp_path, kind, form):
    secret = tmp_path / "secret.txt"
    secret.write_text("ne-doit-jamais-paraitre")
    include = f"<xi:include xmlns:xi='http://www.w3.org/2001/XInclude' href='file://{secret}' parse='text'/>"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        kind = kind.format(path=secret, port=listener.getsockname()[1])

        item = read(urlset(entry("coupe&x;/"), entry("un/", include), head=form.replace("{kind}", kind)))

        assert [hint.url for hint in item.hints] == [f"{HOME}un/"]
        with pytest.raises(BlockingIOError):
            listener.accept()


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    st.sampled_from([b"", b"<urlset><url><loc>", b"\x1f\x8b"]),
)
def test_any_bytes_give_a_list_or_a_reason(body, start):
    with contextlib.suppress(NotASource):
        assert read(start + body).hints is not None
