import re
import time
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foiscrawl.urls import address_reason, page_number, post_id, same_site, skip_reason, tidy_url, url_key

HOME = "https://francaisfois.com/"
LOOPBACK = "http://127.0.0.1:8765/"

PIECES = st.sampled_from(
    re.split(
        "_",
        "http://_HTTPS://_ftp://_//_/_www._a_._.._x.fr_index.php_:_:80_:443_@_[_::1_]_\\_é_ß_<_%_%2e_%2F_%c3%a9_%C3_ _"
        "%ff_%0d%0a_+_%20_%5b_?_&_=_#_;_utm%5fsource=1_fbclid=_p=12_。_１_e\u0301_\u0301_\u0338_\u037e_\ud800_\0_\r\n",
    )
)
ADDRESSES = st.one_of(
    st.text(), st.lists(PIECES, max_size=12).map("".join), st.lists(PIECES).map(lambda x: HOME + "".join(x))
)


@given(ADDRESSES)
@example("/<\u0301")
@example("http://http://\ud800")
@example("http://[http://")
@example("a:://x")
def test_a_key_given_again_comes_back_unchanged(url):
    key = url_key(url)

    assert url_key(key) == key
    key.encode("ascii")


@given(ADDRESSES)
@example("[\ud800")
@example("http://[http://")
@example("A://\x08:")
def test_a_tidy_address_given_again_comes_back_unchanged(url):
    tidy = tidy_url(url)

    assert tidy_url(tidy) == tidy
    assert "#" not in tidy


@given(ADDRESSES)
@example(HOME + "%C3\u037e")
@example(HOME + "%E2%82\u20ac%e9")
def test_tidying_does_not_change_the_key_of_an_address_that_we_fetch(url):
    if address_reason(url, HOME) is None:
        assert url_key(tidy_url(url)) == url_key(url)
        assert address_reason(tidy_url(url), HOME) is None


@given(ADDRESSES)
def test_no_text_makes_the_judges_raise(url):
    for home in (HOME, LOOPBACK, url):
        skip_reason(url, home)
        same_site(url, home)
    page_number(url)
    post_id(url)


@given(st.text(st.characters(categories=("L", "N", "Zs", "Po"), exclude_characters="%"), min_size=1))
def test_composed_and_decomposed_accents_give_one_key(slug):
    keys = {url_key(f"{HOME}{unicodedata.normalize(form, slug)}/") for form in ("NFC", "NFD")}

    assert len(keys) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://francaisfois.com/l-été-à-paris/",
        "http://francaisfois.com/l-été-à-paris/",
        "https://www.francaisfois.com/l-été-à-paris",
        "https://FrancaisFois.com:443/l-%C3%A9t%C3%A9-%C3%A0-paris/",
        "http://francaisfois.com:80/l-%c3%a9t%c3%a9-%c3%a0-paris/",
        "https://francaisfois.com/l-e\u0301te\u0301-a\u0300-paris/",
        "https://francaisfois.com/l-e%CC%81te%CC%81-a%CC%80-paris/",
        "https://francaisfois.com/l-été-à-paris/?utm_source=lettre&utm_medium=mail&fbclid=IwAR0",
        "https://francaisfois.com/l-été-à-paris/#more-12",
        "https://francaisfois.com/politique/../l-été-à-paris/./",
        "https://francaisfois.com/l-été-à-paris/index.php",
        "  https://francaisfois.com/%6C-été-à-paris//?share=x&nb=1\n",
    ],
)
def test_twelve_spellings_of_one_address_have_one_key(url):
    assert url_key(url) == "francaisfois.com/l-%C3%A9t%C3%A9-%C3%A0-paris"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://x.fr/a", "https://x.fr/A"),
        ("https://x.fr/a", "https://x.fr/b"),
        ("https://x.fr/?p=1", "https://x.fr/?p=2"),
        ("https://x.fr/a/2/", "https://x.fr/a/"),
        ("https://x.fr/a%2Fb", "https://x.fr/a/b"),
        ("https://x.fr/a%3Fb", "https://x.fr/a?b"),
        ("https://x.fr/%E9", "https://x.fr/é"),
        ("https://x.fr:8080/a", "https://x.fr/a"),
        ("https://x.fr/a", "https://m.x.fr/a"),
        ("https://x.fr/?a=b%26c", "https://x.fr/?a=b&c"),
        ("ftp://x.fr/a", "http://x.fr/a"),
    ],
)
def test_different_pages_have_different_keys(one, other):
    assert url_key(one) != url_key(other)


def test_the_query_is_sorted_and_has_one_spelling_of_blanks():
    assert url_key("https://x.fr/?s=deux%20mots&b=%e9&a") == url_key("https://x.fr/?a=&b=%E9&s=deux+mots")


@pytest.mark.parametrize(
    ("url", "tidy"),
    [
        ("https://x.fr/été/?b=2&utm_source=x&a=1#suite", "https://x.fr/%C3%A9t%C3%A9/?b=2&a=1"),
        ("https://x.fr/%c3%a9t%c3%a9/", "https://x.fr/%c3%a9t%c3%a9/"),
        ("https://x.fr/?fbclid=1", "https://x.fr/"),
        (" https://x.fr/a\n/b ", "https://x.fr/a/b"),
        ("https://français.fr/", "https://xn--franais-xxa.fr/"),
    ],
)
def test_a_tidy_address_is_as_given_without_fragment_and_trackers(url, tidy):
    assert tidy_url(url) == tidy


@pytest.mark.parametrize(
    "url",
    ["", "/a", "//x.fr/a", "javascript:alert(1)", "https://me@x.fr/", "https://x.fr:99999/", "ftp://x.fr/", "http://["],
)
def test_what_cannot_be_fetched_is_tidied_to_a_word_that_nothing_takes_for_an_address(url):
    assert not re.search("[:/]", tidy_url(url))


@pytest.mark.parametrize(
    "url", ["https://www.francaisfois.com/a", "http://francaisfois.com/a", "HTTPS://FRANCAISFOIS.COM"]
)
def test_the_www_and_http_twins_are_the_same_site(url):
    assert same_site(url, HOME)
    assert same_site(url, "http://www.francaisfois.com/")


@pytest.mark.parametrize(
    "url",
    [
        "https://francaisfois.com.evil.example/",
        "https://evilfrancaisfois.com/",
        "https://m.francaisfois.com/",
        "https://francaisfois.com:22/",
        "https://francaisfois.com:8443/",
        "http://francaisfois.com:443/",
        "https://francaisfois.com./",
        "https://user:secret@francaisfois.com/",
        "https://francaisfois.com@evil.example/",
        "https://francaisfois.com\\@evil.example/",
        "https://evil.example\\.francaisfois.com/",
        "https://evil.example#@francaisfois.com/",
        "https://evil.example/https://francaisfois.com/",
        "https:francaisfois.com/",
        "https:///francaisfois.com/",
        "//francaisfois.com/",
        "ftp://francaisfois.com/",
        "https://ｆrancaisfois.com/",
        "https://francaisfois。com/",
        "https://xn--francaisfois-abc.com/",
        "https://[francaisfois.com]/",
    ],
)
def test_other_hosts_ports_and_disguises_are_not_the_same_site(url):
    assert not same_site(url, HOME)


def test_an_accented_name_and_its_punycode_are_the_same_site():
    assert same_site("https://xn--franais-xxa.fr/a", "https://français.fr/")
    assert same_site("https://FRANÇAIS.fr/a", "https://xn--franais-xxa.fr/")


@pytest.mark.parametrize(
    "url",
    [
        "http://2130706433:8765/",
        "http://0x7f000001:8765/",
        "http://0x7f.0.0.1:8765/",
        "http://0177.0.0.1:8765/",
        "http://127.1:8765/",
        "http://127.0.0.1.:8765/",
        "http://127.0.0.2:8765/",
        "http://0:8765/",
        "http://localhost:8765/",
        "http://[::1]:8765/",
        "http://[::ffff:127.0.0.1]:8765/",
        "http://[::ffff:7f00:1]:8765/",
        "http://１２７.0.0.1:8765/",
        "http://127。0。0。1:8765/",
        "http://www.127.0.0.1:8765/",
        "http://127.0.0.1/",
        "http://127.0.0.1:8766/",
        "https://127.0.0.1:8765/",
        "http://127.0.0.1:8765@evil.example/",
    ],
)
def test_no_other_spelling_of_loopback_is_the_operators_own_host(url):
    assert same_site("http://127.0.0.1:8765/a", LOOPBACK)
    assert not same_site(url, LOOPBACK)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "malformed"),
        ("#", "fragment"),
        ("#respond", "fragment"),
        ("/relative/", "malformed"),
        ("javascript:void(0)", "scheme"),
        ("JavaScript:alert(1)", "scheme"),
        ("data:text/html,x", "scheme"),
        ("mailto:redaction@francaisfois.com", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("gopher://francaisfois.com/", "scheme"),
        (HOME + "a" * 3000, "too_long"),
        (HOME + "é" * 400, "too_long"),
        (HOME + "a\r\nHost: evil", "malformed"),
        (HOME + "a%0d%0aHost:%20evil", "malformed"),
        (HOME + "a\\b", "malformed"),
        (HOME + "a\0b", "malformed"),
        (HOME + "\ud800", "malformed"),
        ("https://me:secret@francaisfois.com/a/", "userinfo"),
        ("https://francaisfois.com:8080/a/", "other_host"),
        ("https://lemonde.fr/a/", "other_host"),
        ("https://facebook.com/sharer/sharer.php?u=https://francaisfois.com/a/", "other_host"),
        ("http://[::1", "other_host"),
        ("http://169.254.169.254/latest/", "other_host"),
    ],
)
def test_addresses_of_no_kind_are_refused_with_their_reason(url, reason):
    assert address_reason(url, HOME) == reason
    assert skip_reason(url, HOME) == reason


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "home"),
        ("?utm_source=x", "home"),
        ("index.php", "home"),
        ("feed/", "feed"),
        ("feed/atom/", "feed"),
        ("?feed=rss2", "feed"),
        ("category/politique/feed/", "feed"),
        ("un-article/feed/", "comment_feed"),
        ("comments/feed/", "comment_feed"),
        ("?feed=rss2&p=12", "comment_feed"),
        ("un-article/?replytocom=7", "replytocom"),
        ("un-article/#respond", "fragment"),
        ("un-article/#comment-7", "fragment"),
        ("un-article/comment-page-2/", "comments"),
        ("un-article/embed/", "embed"),
        ("un-article/amp/", "amp"),
        ("un-article/?amp", "amp"),
        ("un-article/?amp=1", "amp"),
        ("web-stories/une-histoire/", "web_story"),
        ("?attachment_id=5", "attachment"),
        ("un-article/attachment/photo/", "attachment"),
        ("?page_id=2", "page"),
        ("?s=mot", "search"),
        ("search/mot/", "search"),
        ("tag/paris/", "tag"),
        ("TAG/paris/", "tag"),
        ("author/personnel/page/3/", "author"),
        ("?author=1", "author"),
        ("category/politique/", "section"),
        ("?cat=3", "section"),
        ("politique/page/2/", "paged"),
        ("?paged=2", "paged"),
        ("2031/01/", "date_archive"),
        ("2025/10/28/", "date_archive"),
        ("?m=202510", "date_archive"),
        ("wp-admin/admin-ajax.php", "admin"),
        ("wp-login.php", "admin"),
        ("wp-json/wp/v2/posts", "admin"),
        ("xmlrpc.php", "admin"),
        ("un-article/?preview=true", "admin"),
        ("wp-content/uploads/2025/10/photo.jpg", "file"),
        ("plaquette.pdf", "file"),
        ("un-article/?share=facebook", "share"),
        ("a/" * 21, "trap"),
        ("x/a/a/a/", "trap"),
    ],
)
def test_what_is_no_article_by_its_address_is_skipped_with_its_reason(path, reason):
    assert skip_reason(HOME + path, HOME) == reason


@pytest.mark.parametrize(
    "path",
    [
        "un-article/",
        "un-article",
        "?p=123",
        "index.php?p=123",
        "2025/10/28/un-article/",
        "politique/un-article/",
        "archives/123456",
        "123456-un-titre.html",
        "un-article/2/",
        "été-%C3%A0-paris/",
        "un-article/?utm_source=lettre",
        "un-article/#xtor=RSS-1",
        "un-article/?lang=fr",
        "author-qui-monte/",
        "feedback/",
        "pourquoi-version-2.0/",
        "les-tags-de-la-ville/",
    ],
)
def test_what_may_be_an_article_is_not_skipped(path):
    assert skip_reason(HOME + path, HOME) is None


def test_a_site_below_a_path_is_judged_below_that_path():
    home = "https://exemple.fr/journal/"

    assert skip_reason("https://exemple.fr/journal/", home) == "home"
    assert skip_reason("https://exemple.fr/journal/tag/x/", home) == "tag"
    assert skip_reason("https://exemple.fr/journal/un-article/", home) is None


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://x.fr/politique/page/3/", 3),
        ("https://x.fr/politique/page/12", 12),
        ("https://x.fr/feed/?paged=4", 4),
        ("https://x.fr/?a=b&paged=4#x", 4),
        ("https://x.fr/?query-1-page=2", 2),
        ("https://x.fr/wp-json/wp/v2/posts?per_page=100&page=7", 7),
        ("https://x.fr/politique/", None),
        ("https://x.fr/page/deux/", None),
        ("https://x.fr/?paged=99999999999", None),
        ("https://x.fr/page/3/un-article/", None),
    ],
)
def test_the_page_number_of_a_list_is_read_from_its_address(url, number):
    assert page_number(url) == number


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("https://x.fr/?p=123", "123"),
        ("https://x.fr/?post_type=post&p=123#c", "123"),
        ("https://x.fr/?cp=123", None),
        ("https://x.fr/?p=12a", None),
        ("https://x.fr/un-article/", None),
        ("12", None),
    ],
)
def test_the_post_id_is_read_from_a_short_link(url, number):
    assert post_id(url) == number


@pytest.mark.parametrize("judge", [url_key, tidy_url, lambda url: skip_reason(url, HOME)])
@pytest.mark.parametrize(
    "url", [HOME + "a/" * 50_000, HOME + "%" * 100_000, HOME + "../" * 30_000, "%C3%A9" * 15_000, "?" + "&a=b" * 25_000]
)
def test_a_hostile_address_of_100_kb_takes_a_moment(judge, url):
    start = time.process_time()

    judge(url)

    assert time.process_time() - start < 0.5
