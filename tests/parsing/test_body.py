"""The text of a body as a reader reads it, whatever the markup it came in."""

import pytest

from foiscrawl.items import BodyLink, Image
from tests.parsing.pages import FIRST, HOME, SECOND, paragraphs, parse, smartmag


def body_html(body: str) -> str:
    return parse(smartmag(body)).body_html


# --- blocks ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "body",
    [
        f"<p>{FIRST}</p><p>{SECOND}</p>",
        f'<p class="a">{FIRST}</p>\n\n<p style="b">{SECOND}</p>',
        f"{FIRST}<br><br>{SECOND}",
        f"{FIRST}<br /> \n&nbsp;<br/>{SECOND}<br>",
        f"{FIRST}\n<p>{SECOND}</p>",
        f"<div>{FIRST}</div><div>{SECOND}</div>",
        f"<div><div><div>{FIRST}</div></div><div><span>{SECOND}</span></div></div>",
        f"<p>{FIRST}<p>{SECOND}",
        f"<section><p>{FIRST}</p></section><hr>{SECOND}",
        f"<p>{FIRST}</p><p>&nbsp;</p><p></p><p>{SECOND}</p>",
        f"<strong><p>{FIRST}</p></strong><em><p>{SECOND}</p></em>",
        f"<table><tr><td><p>{FIRST}</p><p>{SECOND}</p></td></tr></table>",
        f"<details><summary>{FIRST}</summary>{SECOND}</details>",
    ],
)
def test_two_paragraphs_are_two_however_they_are_marked_up(body: str) -> None:
    assert paragraphs(body) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("le 1<sup>er</sup> mai", "le 1er mai"),
        ("M<sup>me</sup> D<em>ura</em>nd", "Mme Durand"),
        ("<b>Un</b> <i>mot</i><span>s</span>", "Un mots"),
        ("Un\n   mot", "Un mot"),
        ("« un\u00a0mot\u00a0»", "« un\u00a0mot\u00a0»"),
        ("co\u00adopération &amp; cie &lt;3", "coopération & cie <3"),
        ("un vers<br>puis l’autre", "un vers\npuis l’autre"),
        ('beau<img class="emoji" alt="😀" src="/e.svg">', "beau😀"),
        ('<a href="/a/">lien</a>, suite', "lien, suite"),
        ("un<wbr>mot", "unmot"),
    ],
)
def test_inline_markup_neither_glues_nor_splits_words(markup: str, text: str) -> None:
    assert paragraphs(f"<p>{markup}</p>") == [text]


def test_list_items_are_one_block_each() -> None:
    assert paragraphs("<ul><li>Un</li><li>Deux<ul><li>Trois</li></ul></li></ul><ol><li><p>Quatre</p></li></ol>") == [
        "Un",
        "Deux",
        "Trois",
        "Quatre",
    ]


def test_rows_of_a_table_are_lines_with_cells_apart() -> None:
    table = (
        "<table><thead><tr><th>Ville</th><th>Part</th></tr></thead><tr><td>Nîmes</td><td><p>10 %</p></td></tr></table>"
    )

    assert paragraphs(f"{FIRST}<figure>{table}</figure>{SECOND}") == [FIRST, "Ville | Part\nNîmes | 10 %", SECOND]


def test_headings_quotes_and_preformatted_text_are_blocks() -> None:
    body = "<h2>Titre</h2><blockquote><p>Un</p><p>Deux</p></blockquote><pre>a\n  b</pre>"

    assert paragraphs(body) == ["Titre", "Un", "Deux", "a\n  b"]


@pytest.mark.parametrize(
    "unread",
    [
        "<script>var x = 'mot';</script>",
        "<style>p{color:red}</style>",
        "<form><label>mot</label><input></form>",
        "<noscript><p>mot</p></noscript>",
        "<template><p>mot</p></template>",
        "<!-- mot -->",
        "<iframe src='/v'>mot</iframe>",
        "<svg><text>mot</text></svg>",
        "<button>mot</button>",
        '<figure><img src="/i.jpg"><figcaption>mot</figcaption></figure>',
        '<div class="wp-caption"><img src="/i.jpg"><p class="wp-caption-text">mot</p></div>',
        '<div class="sharedaddy">mot</div>',
        '<section class="related-posts"><p>mot</p></section>',
        '<div id="comments">mot</div>',
        "<p hidden>mot</p>",
    ],
)
def test_what_is_not_read_is_not_text(unread: str) -> None:
    assert paragraphs(f"<p>{FIRST}</p>{unread}<p>{SECOND}</p>") == [FIRST, SECOND]
    assert "mot" not in body_html(f"<p>{FIRST}</p>{unread}")


def test_a_body_among_cards_with_the_same_classes_is_the_one_of_this_post() -> None:
    card = '<article id="post-9"><div class="post-content entry-content"><p>{}</p></div></article>'

    page = smartmag("<p>Court.</p>").replace(
        '<div class="main ts', card.format("Long extrait. " * 50) + '<div class="main ts'
    )

    assert parse(page).body_text == "Court."


def test_a_body_of_too_many_elements_is_cut_and_says_so() -> None:
    item = parse(smartmag("<p>Un<br>" * 60_000))

    assert item.flags == ("body:cut",)
    assert item.body_text.startswith("Un\n\nUn")


# --- cleaned HTML ------------------------------------------------------------------------------------------------
def test_the_html_holds_the_same_blocks_without_attributes_and_actions() -> None:
    body = (
        '<p class="a" style="b" id="c" onclick="d()">Un <strong>mot</strong><script>e()</script></p>'
        "<ul><li>un</li><li>deux</li></ul><blockquote><p>trois</p></blockquote><table><tr><td>a</td><td>b</td></tr></table>"
    )

    assert body_html(body) == (
        "<p>Un <strong>mot</strong></p><ul><li>un</li><li>deux</li></ul><blockquote><p>trois</p></blockquote>"
        "<table><tr><td>a</td><td>b</td></tr></table>"
    )


def test_a_paragraph_after_a_heading_a_list_or_a_quote_is_a_paragraph_again() -> None:
    body = "<h2>Un</h2><p>Deux</p><ul><li>Trois</li></ul>Quatre<blockquote>Cinq</blockquote><p>Six</p>"

    assert body_html(body) == (
        "<h2>Un</h2><p>Deux</p><ul><li>Trois</li></ul><p>Quatre</p><blockquote><p>Cinq</p></blockquote><p>Six</p>"
    )


def test_emphasis_around_two_blocks_is_emphasis_in_both() -> None:
    assert body_html("<strong>Un<p>Deux</p></strong>Trois") == (
        "<p><strong>Un</strong></p><p><strong>Deux</strong></p><p>Trois</p>"
    )


@pytest.mark.parametrize(
    ("href", "kept"),
    [
        ("/suite/", '<a href="https://journal.example/suite/">x</a>'),
        ("https://a.example/?b=1&amp;c=2", '<a href="https://a.example/?b=1&amp;c=2">x</a>'),
        ("mailto:a@b.example", '<a href="mailto:a@b.example">x</a>'),
        ("javascript:alert(1)", "x"),
        ("java\tscript:alert(1)", "x"),
        ("data:text/html,x", "x"),
        ("#note", "x"),
        ("", "x"),
    ],
)
def test_only_web_and_mail_addresses_stay_links(href: str, kept: str) -> None:
    assert body_html(f'<p><a href="{href}" target="_blank" onclick="y()">x</a></p>') == f"<p>{kept}</p>"


@pytest.mark.parametrize("open_tag", ["<em>", "<strong>", '<a href="/a/">'])
def test_a_tag_left_open_does_not_swallow_the_article(open_tag: str) -> None:
    item = parse(smartmag(f"<p>Un {open_tag}mot</p><p>Deux</p><p>Trois</p>"))

    assert item.body_text == "Un mot\n\nDeux\n\nTrois"
    assert item.body_html.count("<p>") == item.body_html.count("</p>") == 3


# --- links and embeds --------------------------------------------------------------------------------------------
def test_links_of_the_text_are_internal_or_external_and_named_once() -> None:
    body = (
        '<p><a href="/a/">Ici</a> <a href="/a/">encore</a> <a href="https://b.example/">là</a> '
        '<a href="mailto:a@b.example">m</a> <a href="#n">n</a></p>'
    )

    assert parse(smartmag(body)).links == (
        BodyLink(HOME + "a/", "Ici", "internal"),
        BodyLink("https://b.example/", "là", "external"),
    )


def test_a_link_around_a_paragraph_is_a_link_of_that_paragraph() -> None:
    item = parse(smartmag('<a href="https://b.example/"><p>Un mot</p></a>'))

    assert item.body_text == "Un mot"
    assert item.links == (BodyLink("https://b.example/", "Un mot", "external"),)


def test_embeds_are_counted_once_and_their_inside_is_not_text() -> None:
    body = (
        '<figure class="wp-block-embed"><div><iframe src="/v"></iframe>x</div></figure><video>x</video>'
        '<blockquote class="twitter-tweet"><p>x</p></blockquote><iframe src="/w"></iframe>'
    )

    item = parse(smartmag(body))

    assert (item.embeds, item.body_text) == (4, "")


# --- pictures ----------------------------------------------------------------------------------------------------
def pictures(body: str) -> tuple[Image, ...]:
    return tuple(image for image in parse(smartmag(body)).images if image.role == "body")


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="/p.jpg">',
        '<img src="data:image/gif;base64,R0" data-src="/p.jpg">',
        '<img src="/petit.jpg" data-lazy-src="/p.jpg">',
        '<img src="/p-300.jpg" srcset="/p-300.jpg 300w, /p.jpg 1024w, /p-768.jpg 768w">',
        '<img src="/p-300.jpg" data-srcset="/p-300.jpg 1x,/p.jpg 2x">',
        '<picture><source srcset="/p.jpg 1200w"><img src="/p-300.jpg"></picture>',
        '<a href="/p.jpg"><img src="/p-300x200.jpg"></a>',
        '<a href="/un-article/"><img src="/p.jpg"></a>',
        '<span class="img" data-bgsrc="/p.jpg"></span>',
        '<noscript><img src="/p.jpg"></noscript>',
        '<img src="/p.jpg"><noscript><img src="/p.jpg"></noscript>',
    ],
)
def test_the_best_address_of_a_picture_is_taken_whatever_prints_it(markup: str) -> None:
    assert [image.url for image in pictures(f"<p>{FIRST}</p>{markup}")] == [HOME + "p.jpg"]


@pytest.mark.parametrize(
    "markup",
    [
        '<img src="data:image/gif;base64,R0">',
        '<img src="/pixel.gif" width="1" height="1">',
        '<img class="wp-smiley" src="/s.svg" alt=":)">',
        '<div class="author-box"><img src="/a.jpg"></div>',
        "<img>",
        '<img src="javascript:x">',
    ],
)
def test_placeholders_pixels_and_decoration_are_no_pictures(markup: str) -> None:
    assert pictures(f"<p>{FIRST}</p>{markup}") == ()


@pytest.mark.parametrize(
    ("caption", "credit"),
    [
        ("La place. © Ana Lo", "Ana Lo"),
        ("La place. Crédit photo : Ana Lo / Agence", "Ana Lo / Agence"),
        ("La place", None),
    ],
)
def test_a_caption_names_its_credit_where_it_has_one(caption: str, credit: str | None) -> None:
    body = f'<figure><img src="/p.jpg" alt="Une place"><figcaption>{caption}</figcaption></figure>'

    assert pictures(body) == (Image(HOME + "p.jpg", "body", caption, credit, "Une place"),)
