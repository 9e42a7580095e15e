from datetime import UTC, datetime

import pytest

from foiscrawl.items import Instant, LinkHint, SectionHint, UrlKind
from foiscrawl.parsing.document import Document
from foiscrawl.parsing.menu import parse_front, site_titles
from foiscrawl.site import load_site

SITE = load_site("francaisfois")
HOME = SITE.home
NOW = datetime(2025, 10, 28, 18, 0, tzinfo=UTC)


def page(body: str, head: str = "", url: str = HOME) -> Document:
    return Document(url, f"<!DOCTYPE html><html><head>{head}</head><body class='home'>{body}</body></html>".encode())


def entry(label: str, href: str, kind: str = "object-category", inner: str = "") -> str:
    return f'<li class="menu-item menu-item-{kind}"><a href="{href}">{label}</a>{inner}</li>'


MENU = (
    entry("Actualités", "/actualites/")
    + entry("Politique", "/politique/")
    + entry(
        "Plus",
        "#",
        "object-custom",
        '<ul class="sub-menu">'
        + entry("Education", f"{HOME}education/")
        + entry("Communiqué&nbsp;de\n Presse", "/communique-de-presse/")
        + "</ul>",
    )
)
SMARTMAG_MENUS = (
    f'<div id="off-canvas"><ul class="mobile-menu">{MENU}</ul></div>'
    f'<nav class="navigation navigation-main"><ul class="menu">{MENU}</ul></nav>'
)
SECTIONS = (
    SectionHint("Actualités", f"{HOME}actualites/", 1),
    SectionHint("Politique", f"{HOME}politique/", 2),
    SectionHint("Education", f"{HOME}education/", 3, parent="Plus"),
    SectionHint("Communiqué\u00a0de Presse", f"{HOME}communique-de-presse/", 4, parent="Plus"),
)


def card(href: str, title: str, number: int | None = None, more: str = "") -> str:
    name = f' id="post-{number}"' if number else ""
    return (
        f'<article{name} class="l-post grid-post"><div class="media"><a class="image-link" href="{href}"></a></div>'
        f'<div class="content"><h2 class="is-title post-title"><a href="{href}">{title}</a></h2>{more}</div></article>'
    )


def front(document: Document):
    return parse_front(document, SITE, now=NOW)


def test_two_menus_give_each_section_once_in_menu_order_with_the_group_as_parent():
    item = front(page(SMARTMAG_MENUS))

    assert item.sections == SECTIONS
    assert item.origins == {"menu": "nav.navigation-main li.menu-item-object-category > a"}


def test_each_section_is_a_listing_hint():
    item = front(page(SMARTMAG_MENUS))

    assert item.hints[2] == LinkHint(
        url=f"{HOME}education/",
        kind=UrlKind.LISTING,
        found_in="menu",
        title="Education",
        section="Education",
        rank=3,
    )
    assert [hint.kind for hint in item.hints] == [UrlKind.LISTING] * 4


def test_the_mobile_menu_serves_when_there_is_no_other():
    item = front(page(f'<div id="off-canvas"><ul class="mobile-menu">{MENU}</ul></div>'))

    assert item.sections == SECTIONS
    assert item.origins["menu"] == "ul.mobile-menu li.menu-item-object-category > a"


def test_a_block_theme_menu_is_read_without_the_entries_that_are_no_sections():
    item = front(
        page(
            "<header><nav class='wp-block-navigation'><ul>"
            f"<li><a href='{HOME}'>Accueil</a></li><li><a href='/culture/'>Culture</a></li>"
            "<li><a href='/politique-de-confidentialite/'>politique de confidentialite</a></li>"
            "<li><a href='/web-stories/'>Récits</a></li><li><a href='https://facebook.com/x'>Facebook</a></li>"
            "<li><a href='/author/personnel/'>Personnel</a></li><li><a href='/?s=x'>Chercher</a></li>"
            "<li><a href='/category/police/'>Police</a></li><li><a href='/culture'>Culture</a></li>"
            "<li><a href='javascript:void(0)'>Bascule</a></li><li><a href='/wp-login.php'>Entrer</a></li>"
            "<li><a>Rien</a></li><li><a href='/sans-nom/'><img></a></li></ul></nav></header>"
        )
    )

    assert [(one.name, one.url) for one in item.sections] == [
        ("Culture", f"{HOME}culture/"),
        ("Police", f"{HOME}category/police/"),
    ]
    assert item.skipped == {"web_story": 1, "other_host": 1, "author": 1, "search": 1, "scheme": 1, "admin": 1}


def test_articles_that_a_menu_shows_are_no_sections():
    title = "Un titre de plus de soixante lettres que nul ne prendrait pour une rubrique"
    body = (
        f"<nav><ul><li><a href='/culture/'>Culture</a><div>{card('/un-article/', 'Court')}</div></li>"
        f"<li><a href='/un-autre/'>{title}</a></li></ul></nav>"
    )

    item = front(page(body))

    assert [one.name for one in item.sections] == ["Culture"]
    assert [(hint.url, hint.found_in) for hint in item.hints[1:]] == [(f"{HOME}un-article/", "widget")]
    assert item.skipped == {"not_a_label": 2}


def test_a_page_without_any_menu_gives_no_sections():
    item = front(page("<p>Rien.</p>"))

    assert item.sections == ()
    assert item.hints == ()
    assert item.origins == {}


def test_article_links_of_the_front_page_are_known_by_where_they_stand():
    ticker = f"<div class='trending-ticker'><ul><li><a href='{HOME}t/' class='post-link'>Au fil</a></li></ul></div>"
    body = (
        f"<div id='off-canvas'><div class='off-canvas-widgets'>{card('/w/', 'Au bord')}</div></div>"
        f"{ticker}{SMARTMAG_MENUS}"
        f"<div class='main-featured'>{card('/f/', 'En tête', 7)}</div>"
        f"<div class='main-full'><section>{card('/a/', 'Premier', 11)}</section><div>{card('/b/', 'Second')}</div>"
        f"<div class='related'><a href='{HOME}nowhere/'>Un lien sans carte</a></div></div>"
        f"<footer class='main-footer'>{card('/w2/', 'En bas')}{card('/a/', 'Premier')}</footer>"
    )

    item = front(page(body))

    articles = [hint for hint in item.hints if hint.kind is UrlKind.ARTICLE]
    assert [(one.url, one.found_in, one.title, one.source_id, one.rank) for one in articles] == [
        (f"{HOME}a/", "front", "Premier", "11", 1),
        (f"{HOME}b/", "front", "Second", None, 2),
        (f"{HOME}f/", "featured", "En tête", "7", 1),
        (f"{HOME}t/", "ticker", "Au fil", None, 1),
        (f"{HOME}w/", "widget", "Au bord", None, 1),
        (f"{HOME}w2/", "widget", "En bas", None, 2),
        (f"{HOME}a/", "widget", "Premier", None, 3),
    ]


def test_what_a_card_links_to_beside_articles_is_counted_and_never_a_hint():
    body = "".join(
        card(href, "Titre")
        for href in (
            "/author/personnel/",
            "/tag/x/",
            "https://ailleurs.example/a/",
            "/web-stories/x/",
            "#",
            "/x/feed/",
            HOME,
        )
    )

    item = front(page(f"<main>{body}<article class='l-post'><p>Sans lien</p></article></main>"))

    assert item.hints == ()
    assert item.skipped == {
        "author": 1,
        "tag": 1,
        "other_host": 1,
        "web_story": 1,
        "comment_feed": 1,
        "home": 1,
        "card_without_link": 2,
    }


def test_a_section_in_a_card_stays_a_section():
    item = front(page(SMARTMAG_MENUS + f"<main>{card('/politique/', 'Toute la politique')}</main>"))

    assert [hint.kind for hint in item.hints if hint.url == f"{HOME}politique/"] == [UrlKind.LISTING]


def test_no_more_than_5000_links_of_a_page_are_looked_at():
    body = "".join(f"<article><h2><a href='/a{number}/'>A</a></h2></article>" for number in range(6_000))

    item = front(page(f"<main>{body}</main>"))

    assert len(item.hints) == 5_000
    assert item.skipped == {"over_limit": 1_000}
    assert not item.complete


@pytest.mark.parametrize(
    ("head", "body", "names"),
    [
        ("<meta property='og:site_name' content='Français Fois'>", "", ("Français Fois",)),
        ("<title>Actualités en direct - Français Fois</title>", "", ("Français Fois", "Actualités en direct")),
        ("<title>Le vice-président | Français Fois</title>", "", ("Français Fois", "Le vice-président")),
        ("<title>Français Fois</title>", "", ("Français Fois",)),
        ("", "<a class='logo-link'><img alt='Français&nbsp;Fois'><img alt=''></a>", ("Français\u00a0Fois",)),
        ("", "<p class='wp-block-site-title'><a>Français Fois</a></p>", ("Français Fois",)),
        (
            """<script type="application/ld+json">{"@graph": [
            {"@type": ["WebSite"], "name": "Français Fois", "alternateName": "FF"},
            {"@type": "Person", "name": "Personnel"}, {"@type": "Organization", "name": 3}]}</script>""",
            "",
            ("Français Fois", "FF"),
        ),
        ("", "<img alt='Une photo'><h1>Titre</h1>", ()),
    ],
)
def test_what_the_site_calls_itself_is_found_in_every_place_where_themes_say_it(head, body, names):
    assert site_titles(page(body, head)) == names


def test_the_title_is_the_name_that_we_expect_when_the_page_says_it_anywhere():
    item = front(page("", "<meta property='og:site_name' content='Un média'><title>À la une | FRANCAIS FOIS</title>"))

    assert item.title == "FRANCAIS FOIS"


def test_the_title_is_what_the_page_says_when_it_is_another_site():
    item = front(page("", "<title>Domaine à vendre | Un hébergeur</title>"))

    assert item.title == "Un hébergeur"


def test_dates_and_section_labels_of_cards_are_kept():
    more = (
        "<span class='cat-labels'><a class='category' href='/sport/'>Sport</a></span>"
        "<span class='meta-item date'><time class='post-date' datetime='2025-10-28T10:30:00+02:00'>"
        "octobre 28, 2025</time></span>"
    )

    (hint,) = front(page(f"<main>{card('/a/', 'Le 1<sup>er</sup> titre', more=more)}</main>")).hints

    assert hint.title == "Le 1er titre"
    assert hint.section == "Sport"
    assert hint.published == Instant(
        datetime(2025, 10, 28, 8, 30, tzinfo=UTC), "2025-10-28T10:30:00+02:00", zone="+02:00"
    )
    assert hint.modified is None
