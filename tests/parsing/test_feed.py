import contextlib
import socket
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.items import Instant, LinkHint, UrlKind
from foiscrawl.parsing import NotASource
from foiscrawl.parsing.feed import parse_feed
from foiscrawl.site import load_site

SITE = load_site("francaisfois")
HOME = SITE.home
FEED = f"{HOME}feed/"
NOW = datetime(2025, 10, 28, 18, 0, tzinfo=UTC)
SECONDS = 5  # of CPU; each takes under 2 on an idle machine, without its guard minutes


def entry(slug: str, number: int = 1, more: str = "") -> str:
    return (
        f"<item><title>Titre {slug}</title><link>{HOME}{slug}/</link><dc:creator><![CDATA[Personnel]]></dc:creator>"
        f"<pubDate>Tue, 28 Oct 2025 08:30:00 +0000</pubDate><category><![CDATA[International]]></category>"
        f"<category><![CDATA[Asie]]></category><guid isPermaLink='false'>{HOME}?p={number}</guid>{more}"
        f"<description><![CDATA[<p>Un résumé & la suite</p>]]></description></item>"
    )


def rss(*entries: str, head: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{head}<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<channel><title>Français Fois</title><link>{HOME}</link>{''.join(entries)}</channel></rss>"
    ).encode()


ATOM = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr-FR">
  <title>Français Fois</title><id>{FEED}atom/</id><updated>2025-10-28T09:00:00Z</updated>
  <entry>
    <title type="html"><![CDATA[L&#8217;accord <em>signé</em>]]></title>
    <link rel="alternate" type="text/html" href="{HOME}accord/"/><link rel="replies" href="{HOME}accord/#comments"/>
    <id>{HOME}?p=77</id><updated>2025-10-28T09:15:00Z</updated><published>2025-10-28T10:00:00+02:00</published>
    <category scheme="{HOME}" term="International"/>
  </entry>
  <entry>
    <title>Sans date</title><link href="{HOME}sans-date/"/><id>tag:autre,2025:1</id>
  </entry>
</feed>""".encode()


def read(body: bytes, url: str = FEED):
    return parse_feed(body, url, site=SITE, now=NOW)


def test_an_rss_entry_gives_all_that_it_says_of_its_article():
    item = read(rss(entry("un", 12), entry("deux", 13)))

    assert item.hints[0] == LinkHint(
        url=f"{HOME}un/",
        kind=UrlKind.ARTICLE,
        found_in="feed",
        title="Titre un",
        published=Instant(
            datetime(2025, 10, 28, 8, 30, tzinfo=UTC), "Tue, 28 Oct 2025 08:30:00 +0000", "second", "+00:00"
        ),
        section="International",
        source_id="12",
        rank=1,
    )
    assert [hint.rank for hint in item.hints] == [1, 2]
    assert item.complete


def test_an_atom_entry_gives_both_of_its_moments():
    first, second = read(ATOM, f"{FEED}atom/").hints

    assert (first.url, first.title, first.source_id) == (f"{HOME}accord/", "L’accord signé", "77")
    assert first.published == Instant(
        datetime(2025, 10, 28, 8, 0, tzinfo=UTC), "2025-10-28T10:00:00+02:00", "second", "+02:00"
    )
    assert first.modified == Instant(datetime(2025, 10, 28, 9, 15, tzinfo=UTC), "2025-10-28T09:15:00Z", "second", "Z")
    assert (second.url, second.published, second.modified, second.source_id) == (f"{HOME}sans-date/", None, None, None)


def test_a_date_is_read_from_what_was_printed_and_never_guessed():
    body = rss(entry("un").replace("Tue, 28 Oct 2025 08:30:00 +0000", "-0001-11-30"))

    (hint,) = read(body).hints

    assert hint.published is not None
    assert (hint.published.at, hint.published.raw) == (None, "-0001-11-30")
    assert hint.modified is None


@pytest.mark.parametrize(
    ("url", "following", "number"),
    [
        (FEED, f"{FEED}?paged=2", 2),
        (f"{FEED}?paged=2", f"{FEED}?paged=3", 3),
        (f"{HOME}?feed=rss2&paged=9", f"{HOME}?feed=rss2&paged=10", 10),
    ],
)
def test_a_feed_with_entries_may_have_older_ones(url, following, number):
    item = read(rss(entry("un")), url)

    assert item.next_page == LinkHint(url=following, kind=UrlKind.FEED, found_in="feed", page=number)


def test_a_feed_without_entries_is_read_and_ends_there():
    item = read(rss())

    assert item.hints == ()
    assert item.next_page is None
    assert item.complete


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" \n",
        b"<!DOCTYPE html><html><head><title>Erreur</title></head><body><h1>503</h1></body></html>",
        b"<html><body><p>rss version 2.0</p></body></html>",
        b'{"code": "rest_no_route"}',
        b"<urlset><url><loc>https://francaisfois.com/a/</loc></url></urlset>",
        b"/etc/hostname",
        b"http://127.0.0.1:1/feed/",
        b"\x00\xff" * 100,
        b"\x1f\x8b\x08",
    ],
)
def test_what_is_no_feed_is_said_to_be_none(body):
    with pytest.raises(NotASource, match="not_a_feed"):
        read(body)


@pytest.mark.parametrize("path", ["un-article/feed/", "comments/feed/"])
def test_a_comment_feed_is_refused_by_its_address(path):
    with pytest.raises(NotASource, match="comment_feed"):
        read(rss(entry("un")), HOME + path)


def test_a_comment_feed_is_refused_by_its_entries():
    body = rss(entry("un/#comment-7").replace("#comment-7/", "#comment-7"))

    with pytest.raises(NotASource, match="comment_feed"):
        read(body)


def test_an_undeclared_prefix_costs_nothing():
    item = read(rss(entry("un", more="<media:thumbnail url='x'/><slash:comments>0</slash:comments>"), entry("deux")))

    assert [hint.url for hint in item.hints] == [f"{HOME}un/", f"{HOME}deux/"]
    assert item.complete


def test_an_unknown_entity_and_a_bare_ampersand_cost_nothing():
    item = read(rss(entry("un").replace("Titre un", "Un&nbsp;titre & un autre &inconnu;"), entry("deux")))

    assert [hint.url for hint in item.hints] == [f"{HOME}un/", f"{HOME}deux/"]
    assert item.hints[0].title == "Un\u00a0titre & un autre &inconnu;"


def test_a_feed_cut_inside_cdata_keeps_the_whole_entries_and_says_so():
    body = rss(entry("un"), entry("deux"), entry("trois"))
    cut = body[: body.rindex(b"la suite")]

    item = read(cut)

    assert [hint.url for hint in item.hints] == [f"{HOME}un/", f"{HOME}deux/"]
    assert not item.complete


def test_no_cut_ever_invents_an_address():
    body = rss(*(entry(f"un-article-{number}", number) for number in range(2)))
    whole = {hint.url for hint in read(body).hints}

    for end in range(body.index(b"<channel>") + 9, len(body) + 1, 3):
        item = read(body[:end])
        assert {hint.url for hint in item.hints} <= whole
        assert item.complete == (b"</rss>" in body[:end])


def test_a_second_root_after_the_feed_costs_nothing():
    item = read(rss(entry("un")) + b"\n<!-- cached --><p>Notice: x</p>")

    assert [hint.url for hint in item.hints] == [f"{HOME}un/"]


def test_entries_without_date_guid_or_absolute_link_are_kept():
    body = rss("<item><title>Nu</title><link>/relatif/</link></item>")

    (hint,) = read(body).hints

    assert (hint.url, hint.title, hint.published, hint.source_id, hint.section) == (
        f"{HOME}relatif/",
        "Nu",
        None,
        None,
        None,
    )


def test_the_guid_serves_where_the_link_is_missing():
    (hint,) = read(rss(f"<item><title>Nu</title><guid isPermaLink='false'>{HOME}?p=5</guid></item>")).hints

    assert (hint.url, hint.source_id) == (f"{HOME}?p=5", "5")


def test_an_entry_that_leads_nowhere_or_elsewhere_is_counted():
    item = read(rss("<item><title>Nu</title></item>", entry("tag/x"), entry("un").replace(HOME, "http://[::1]/")))

    assert item.hints == ()
    assert item.skipped == {"entry_without_link": 1, "tag": 1, "other_host": 1}


def test_a_changed_guid_makes_no_second_hint_of_an_address():
    item = read(rss(entry("un", 1), entry("un", 2)))

    assert [hint.source_id for hint in item.hints] == ["1"]


BILLION_LAUGHS = "<!DOCTYPE r [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{level} '{f'&a{level - 1};' * 10}'>" for level in range(1, 10)
)
HOSTILE = {
    "billion laughs": rss(entry("un").replace("Titre", "&a9;"), head=BILLION_LAUGHS + "]>"),
    "quadratic blow-up": rss(
        entry("un").replace("Titre", "&a;" * 50_000), head=f"<!DOCTYPE r [<!ENTITY a '{'x' * 50_000}'>]>"
    ),
    "200,000 nested elements": b"<rss version='2.0'><channel>" + b"<a>" * 200_000,
    "1,000,000 entries": b"<rss version='2.0'><channel>" + b"<item></item>" * 1_000_000,
    "unclosed brackets": b"<rss version='2.0'><channel>" + b"<" * 300_000,
    "unclosed doctype": b"<!DOCTYPE " + b"<!ENTITY a 'b' " * 50_000,
    "unclosed CDATA": b"<rss version='2.0'><channel><item><title>" + b"<![CDATA[" * 100_000,
    "an attribute of 5 MB": b"<rss version='2.0'><channel><item a='" + b"x" * 5_000_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_feed_ends_within_seconds(name):
    start = time.process_time()

    with contextlib.suppress(NotASource):
        read(HOSTILE[name])

    assert time.process_time() - start < SECONDS


@pytest.mark.parametrize("kind", ["SYSTEM 'file://{path}'", "PUBLIC 'x' 'http://127.0.0.1:{port}/dtd'"])
@pytest.mark.parametrize(
    "form", ["<!DOCTYPE r [<!ENTITY x {kind}>]>", "<!DOCTYPE rss {kind}>", "<!DOCTYPE r [<!ENTITY % x {kind}> %x;]>"]
)
def test_nothing_outside_the_feed_is_read(tmp_path, kind, form):
    secret = tmp_path / "secret.txt"
    secret.write_text("ne doit jamais paraître")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        kind = kind.format(path=secret, port=listener.getsockname()[1])

        item = read(rss(entry("un").replace("Titre", "&x;"), head=form.replace("{kind}", kind)))

        assert "jamais" not in repr(item.hints)
        assert "jamais" not in "".join(hint.title or "" for hint in item.hints)
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_entities_that_a_feed_declares_itself_are_not_expanded():
    (hint,) = read(rss(entry("un").replace("Titre un", "&x;"), head='<!DOCTYPE r [<!ENTITY x "gonflé">]>')).hints

    assert hint.title == "&x;"


def test_a_body_that_is_the_path_of_a_feed_is_not_opened(tmp_path):
    file = tmp_path / "feed.xml"
    file.write_bytes(rss(entry("un")))

    for body in (str(file), file.as_uri()):
        with pytest.raises(NotASource, match="not_a_feed"):
            read(body.encode())


@given(
    st.binary(max_size=300) | st.text(max_size=300).map(str.encode),
    st.sampled_from([b"", b"<rss version='2.0'><channel><item>", b"<feed xmlns='http://www.w3.org/2005/Atom'><entry>"]),
)
def test_any_bytes_give_a_list_or_a_reason(body, start):
    with contextlib.suppress(NotASource):
        assert read(start + body).hints is not None
