"""Bytes become text, a tree and structured data: whatever was declared, whatever is broken."""

import codecs

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from foiscrawl.parsing.document import Document, node_text
from tests.parsing.pages import html, jsonld

URL = "https://journal.example/dossier/article/"
FRENCH = "L’été à Nîmes : « un cœur gros », dit-elle… 12 €"
SINGLE_BYTE = "L'été à Nîmes, un coup de coeur, dit-elle"  # what ISO 8859-1 can say


def paragraph(body: bytes, charset: str | None = None) -> tuple[str, str | None]:
    page = Document(URL, body, charset)
    node = page.first(("p",))
    return ("" if node is None else node.text()), page.charset_flag


def page_bytes(encoding: str, text: str = FRENCH, declared: str = "") -> bytes:
    return f"<!DOCTYPE html><html><head>{declared}</head><body><p>{text}</p></body></html>".encode(encoding)


META = '<meta charset="{}">'


# --- charset -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("body", "header"),
    [
        (page_bytes("utf-8"), None),
        (page_bytes("utf-8"), "utf-8"),
        (page_bytes("utf-8", declared=META.format("UTF-8")), None),
        (codecs.BOM_UTF8 + page_bytes("utf-8"), "iso-8859-1"),
        (page_bytes("windows-1252"), "windows-1252"),
        (page_bytes("windows-1252"), "iso-8859-1"),  # as browsers do
        (page_bytes("windows-1252", declared=META.format("windows-1252")), None),
        (page_bytes("iso-8859-15", SINGLE_BYTE), "iso-8859-15"),
        (page_bytes("utf-16"), None),
        (page_bytes("utf-16-le"), None),
        (page_bytes("utf-16-be"), None),
    ],
)
def test_text_is_read_in_the_encoding_it_is_written_in(body: bytes, header: str | None) -> None:
    text, flag = paragraph(body, header)

    assert text in (FRENCH, SINGLE_BYTE)
    assert flag is None


@pytest.mark.parametrize(
    ("body", "header", "flag"),
    [
        (page_bytes("utf-8"), "iso-8859-1", "charset:mislabelled"),
        (page_bytes("utf-8", declared=META.format("windows-1252")), "utf-8", "charset:mislabelled"),
        (page_bytes("windows-1252"), None, "charset:guessed"),
        (page_bytes("windows-1252"), "utf-8", "charset:guessed"),
        (page_bytes("windows-1252"), "hex", "charset:guessed"),
        (page_bytes("windows-1252") + rb"\ud800", "unicode_escape", "charset:guessed"),
    ],
)
def test_a_wrong_label_is_seen_through_and_flagged(body: bytes, header: str | None, flag: str) -> None:
    assert paragraph(body, header) == (FRENCH, flag)


def test_two_labels_that_disagree_on_the_text_are_flagged() -> None:
    body = page_bytes("iso-8859-15", "12 €", declared=META.format("windows-1252"))

    assert paragraph(body, "iso-8859-15") == ("12 €", "charset:disputed")


def test_one_damaged_letter_does_not_change_the_reading_of_the_rest() -> None:
    body = page_bytes("utf-8").replace("Nîmes".encode(), b"N\xeemes")

    assert paragraph(body) == (FRENCH.replace("î", "\ufffd"), "charset:replaced")


@pytest.mark.parametrize("mark", ["", "<"])
def test_a_long_page_is_utf8_as_a_whole_or_not_at_all(mark: str) -> None:
    text = f"œuf{mark} " * 5_000
    assert Document(URL, text.encode()).charset_flag is None
    assert Document(URL, text.encode() + "é".encode()[:1]).charset_flag == "charset:replaced"
    assert Document(URL, text.encode() + "Déjà".encode("cp1252"), "cp1252").charset_flag is None
    assert Document(URL, text.encode(), "cp1252").charset_flag == "charset:mislabelled"


@given(st.binary(max_size=300), st.sampled_from([None, "utf-8", "utf-16", "nonsense", "idna"]))
def test_any_bytes_make_a_document(body: bytes, charset: str | None) -> None:
    page = Document(URL, body, charset)

    assert page.tree.root is not None
    assert page.jsonld == []
    page.text.encode()


def test_a_page_without_its_end_is_incomplete() -> None:
    whole = html("<p>Un</p>").encode()

    assert Document(URL, whole + b"<!-- cached -->" * 500).is_complete
    assert not Document(URL, whole[:-8]).is_complete


# --- tree --------------------------------------------------------------------------------------------------------
def test_selectors_are_tried_in_order_of_preference_not_of_the_page() -> None:
    page = Document(URL, html("<h2>second</h2><h1>premier</h1><h1>bis</h1>").encode())

    assert [node.text() for node in page.all(("h3", "h1", "h2"))] == ["premier", "bis"]
    first = page.first(("h3", "h1", "h2"))
    assert first is not None
    assert first.text() == "premier"
    assert page.first(("h4",)) is None
    assert page.all(("h4",)) == []


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("Un <em>mot</em>", "Un mot"),
        ("Un<br>deux", "Un deux"),
        ("Un<script>var x</script> deux<style>p{}</style>", "Un deux"),
        ("1<sup>er</sup>", "1er"),
        ("A &amp; B", "A & B"),
    ],
)
def test_node_text_is_what_a_reader_sees(markup: str, text: str) -> None:
    node = Document(URL, html(f"<h1>{markup}</h1>").encode()).first(("h1",))

    assert node is not None
    assert node_text(node) == text


@pytest.mark.parametrize(
    ("href", "url"),
    [
        ("/page/", "https://journal.example/page/"),
        ("suite/", "https://journal.example/dossier/article/suite/"),
        ("../autre/", "https://journal.example/dossier/autre/"),
        ("?p=3", "https://journal.example/dossier/article/?p=3"),
        ("//cdn.example/i.jpg", "https://cdn.example/i.jpg"),
        ("https://ailleurs.example/a", "https://ailleurs.example/a"),
        (" \n/pa\nge/ ", "https://journal.example/page/"),
        ("/a/../b/", "https://journal.example/b/"),
        ("http://[", ""),
    ],
)
def test_addresses_are_joined_as_browsers_do(href: str, url: str) -> None:
    assert Document(URL, b"<p>").absolute(href) == url


def test_a_base_element_moves_relative_addresses() -> None:
    page = Document(URL, html("", head='<base href="/archives/">').encode())

    assert page.absolute("un/") == "https://journal.example/archives/un/"
    assert page.absolute("/deux/") == "https://journal.example/deux/"


def test_metas_and_links_are_found_whatever_their_case_and_attribute() -> None:
    head = (
        '<meta property="OG:Title" content="Un"><meta name="robots" content="noindex"><link rel="Canonical" href="/a">'
    )

    page = Document(URL, html("", head=head).encode())

    assert page.meta["og:title"] == ["Un"]
    assert page.meta["robots"] == ["noindex"]
    assert page.links["canonical"] == ["/a"]


# --- JSON-LD -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "script",
    [
        '{"@type":"A","x":1}',
        '[{"@type":"A"}]',
        '[[{"@type":"A"}]]',
        '{"@graph":[{"@type":"A"}]}',
        '{"@type":"P","mainEntity":{"@type":"A"}}',
        '<!-- {"@type":"A"} -->',
        '//<![CDATA[\n{"@type":"A"}\n//]]>',
        '{"@type":"A",}',
        '{"@type":"A","k":[1,2,],}',
        '{"@type":"A", // note\n "k":1 /* autre */}',
        '{"@type":"A","k":"deux\nlignes\tet tabulations"}',
        '{"@type":"A"};',
        "{&quot;@type&quot;:&quot;A&quot;}",
        '\ufeff{"@type":"A"}',
    ],
)
def test_structured_data_are_read_in_every_shape_that_sites_print(script: str) -> None:
    page = Document(URL, html("", head=jsonld(script)).encode())

    assert "A" in [thing.get("@type") for thing in page.jsonld]


@pytest.mark.parametrize("script", ["", "{", "null", "3", '{"a":', "pas du JSON", '{"a":' * 50_000, "[" * 100_000])
def test_what_is_no_structured_data_is_left_out_and_the_next_script_read(script: str) -> None:
    page = Document(URL, html("", head=jsonld(script, {"@type": "A"})).encode())

    assert page.jsonld == [{"@type": "A"}]


def test_a_comment_sign_inside_a_string_is_no_comment() -> None:
    page = Document(URL, html("", head=jsonld('{"url":"https://a.example/","x":"/* , } */",}')).encode())

    assert page.jsonld == [{"url": "https://a.example/", "x": "/* , } */"}]


# --- queries -----------------------------------------------------------------------------------------------------
NESTED = st.recursive(
    st.just(""),
    lambda inner: st.builds(
        "<{0} class='{1}'>{2}</{0}>{3}".format,
        st.sampled_from(("div", "section", "span")),
        st.sampled_from(("a", "b", "A", "a b", "c")),
        inner,
        inner,
    ),
    max_leaves=12,
)
SELECTORS = (
    ".a .b", ".a > .b", ".a span.b", ".a .b > .c", ".a div ~ .b", ".a .a", ".a *", ".a :not(.b) > span", ".a div, .b",
    ".a ~ .b", ".a + .b .c", ".a .b, .c", ".a", ".a.b .c", "div .b", ".a [class='a b']", ".a :is(.b, .c)", ".z .b",
    "div[class^='a'] .b", "span[class='a'] > .c", "div[class^='a'] ~ .b", "div[class='a'].b .c",
    "div[class]", "span[class='a b']", "div.a[class*='B' i]", "section.a.b[class][class~='b']", "DIV[class|='a']",
)  # fmt: skip


@given(NESTED, st.sampled_from(SELECTORS), st.sampled_from(("", "<!DOCTYPE html>")))
@example("<div class='a'><span class='b'></span></div>" * 2, "div[class^='a'] .b", "")
def test_a_query_finds_what_the_tree_finds_wherever_it_is_asked(body: str, selector: str, doctype: str) -> None:
    page = Document(URL, f"{doctype}<html><body>{body}</body></html>".encode())
    expected = [one.mem_id for one in page.tree.css(selector)]
    assert [one.mem_id for one in page.css(selector)] == expected
    assert [one.mem_id for one in page.css(selector)] == expected
