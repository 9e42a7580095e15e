"""What surrounds the content on every SmartMag page: head, off-canvas menu, ticker, headers, footer. About 90 KB."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

import random
from functools import lru_cache

from tests.newsroom.cards import small_card
from tests.newsroom.model import Article
from tests.newsroom.sections import MENU_GROUP, SECTIONS
from tests.newsroom.text import title_html

NONCE = "0f0f0f0f0f"  # replaced at each fetch when the newsroom is noisy


@lru_cache(maxsize=2)
def stylesheet(filler: bool = True) -> str:
    """Filler CSS of about 45 KB, the weight that themes and page builders put into every page; empty without it."""
    if not filler:
        return ""
    rng = random.Random("css")
    rules = []
    for number in range(720):
        name = f".bloc-{number:03d}"
        rules.append(
            f"{name}{{margin:{rng.randint(0, 40)}px;padding:{rng.randint(0, 30)}px;color:#{rng.randrange(4096):03x}}}"
        )
    return "<style id='smartmag-inline-css'>" + "\n".join(rules) + "</style>"


@lru_cache(maxsize=1)
def _scripts() -> str:
    lines = [
        f"window.file=window.file||[];file.push({{bloc:{number},delai:{number * 37 % 900}}});" for number in range(330)
    ]
    return f"<script id='smartmag-theme-js-extra'>{''.join(lines)}</script>"


def menu_items(base: str, kind: str) -> str:
    """The sections as <li>, the nested group last; its own label leads nowhere."""

    def item(number: int, slug: str, name: str) -> str:
        classes = (
            f"menu-item menu-item-type-taxonomy menu-item-object-category menu-cat-{number} menu-item-{kind}{number}"
        )
        return f'<li class="{classes}"><a href="{base}/category/{slug}/">{name}</a></li>'

    top = "".join(item(one.id, one.slug, one.name) for one in SECTIONS if one.group is None)
    nested = "".join(item(one.id, one.slug, one.name) for one in SECTIONS if one.group == MENU_GROUP)
    group = "menu-item menu-item-type-custom menu-item-object-custom menu-item-has-children"
    return f'{top}<li class="{group}"><a href="#">{MENU_GROUP}</a><ul class="sub-menu">{nested}</ul></li>'


def social(*names: str) -> str:
    links = "".join(
        f'<a href="https://{one.lower().replace(" ", "").replace("(", "-").replace(")", "")}.invalid/francaisfois" class="link service" '
        f'target="_blank" rel="nofollow noopener"><i class="tsi"></i><span class="visuallyhidden">{one}</span></a>'
        for one in names
    )
    return f'<div class="spc-social-block spc-social">{links}</div>'


def _logo(base: str, title: str) -> str:
    images = "".join(
        f'<img src="{base}/wp-content/uploads/logo-{tone}.png" class="logo-image logo-image-{tone}" alt="{title}" width="300" height="60"/>'
        for tone in ("dark", "light")
    )
    return f'<a href="{base}/" title="{title}" rel="home" class="logo-link ts-logo">{images}</a>'


def top(base: str, title: str, newest: list[Article], urls: dict[int, str]) -> str:
    """From <div class="main-wrap"> to the main menu. `newest` are the eight newest of the site."""
    trending = "".join(small_card(one, urls[one.id], base) for one in newest[:5])
    ticker = "".join(
        f'<li><a href="{urls[one.id]}" class="post-link">{title_html(one.title)}</a></li>' for one in newest
    )
    small = "".join(
        f'<li class="menu-item menu-item-object-page"><a href="{base}/{slug}/">{name}</a></li>'
        for slug, name in (
            ("politique-de-confidentialite", "Confidentialité"),
            ("termes-et-conditions", "Termes"),
            ("contacter", "Contacter"),
        )
    )
    return f"""<div class="main-wrap">
<div class="off-canvas-backdrop"></div><div class="mobile-menu-container off-canvas s-dark hide-widgets-sm" id="off-canvas">
<div class="off-canvas-head"><a href="#" class="close"><span class="visuallyhidden">Close Menu</span><i class="tsi tsi-times"></i></a>
<div class="ts-logo">{_logo(base, title)}</div></div><div class="off-canvas-content">
<ul id="menu-principal" class="mobile-menu">{menu_items(base, "m")}</ul>
<div class="off-canvas-widgets"><div class="widget ts-block-widget smartmag-widget-posts-small"><div class="block">
<section class="block-wrap block-posts-small"><h5 class="heading">Tendance</h5><div class="block-content">
<div class="loop loop-small loop-small-a grid grid-1">{trending}</div></div></section></div></div></div>
{social("Facebook", "X (Twitter)", "Instagram")}</div></div>
<div class="smart-head smart-head-a" id="smart-head" data-sticky="auto"><div class="smart-head-row smart-head-top"><div class="inner wrap">
<div class="items items-left"><div class="trending-ticker" data-delay="8"><span class="heading">Tendance</span><ul>{ticker}</ul></div></div>
<div class="items items-right"><nav class="navigation navigation-small nav-hov-a"><ul class="menu">{small}</ul></nav></div></div></div>
<div class="smart-head-row smart-head-mid"><div class="inner wrap"><a href="{base}/web-stories/" class="ts-button ts-button-a">Histoires Web</a>
{_logo(base, title)}<a href="#" class="ts-button">Bulletin</a><a href="#auth-modal" class="auth-link has-icon">S'identifier</a></div></div>
<div class="smart-head-row smart-head-bot"><div class="inner wrap"><nav class="navigation navigation-main nav-hov-b">
<ul id="menu-principal-1" class="menu">{menu_items(base, "d")}</ul></nav></div></div></div>
<div class="smart-head smart-head-a smart-head-mobile" id="smart-head-mobile"><div class="inner wrap">{_logo(base, title)}</div></div>"""


def bottom(base: str, title: str, year: int, newest: list[Article], urls: dict[int, str], *, filler: bool) -> str:
    """From the footer to </html>, with a theme's weight of scripts if there is to be `filler`."""
    choice = "".join(small_card(one, urls[one.id], base) for one in newest[1:5])
    latest = "".join(small_card(one, urls[one.id], base) for one in newest[5:8])
    widget = '<div class="widget ts-block-widget smartmag-widget-posts-small"><h5 class="heading">{}</h5><div class="loop-small">{}</div></div>'
    return f"""<footer class="main-footer cols-gap-lg footer-bold s-dark"><div class="upper-footer bold-footer-upper"><div class="ts-contain wrap">
<div class="widgets row cf">{widget.format("Choix de l'éditeur", choice)}{widget.format("Derniers Articles", latest)}</div></div></div>
<div class="lower-footer bold-footer-lower"><div class="ts-contain inner">{social("Facebook", "X (Twitter)", "Pinterest", "TikTok", "Instagram")}
<div class="copyright">&copy; {year} {title}. Tous droits réservés.</div>
<div class="links"><ul class="menu"><li><a href="{base}/politique-de-confidentialite/">Politique de Confidentialité</a></li>
<li><a href="{base}/termes-et-conditions/">Termes et Conditions</a></li><li><a href="{base}/contacter/">Contacter</a></li></ul></div></div></div></footer>
</div><div class="search-modal-wrap" aria-hidden="true"><div class="search-modal-box" role="dialog" aria-modal="true">
<form method="get" class="search-form" action="{base}/"><input type="search" class="search-field live-search-query" name="s" placeholder="Rechercher…" value="" required />
<button type="submit" class="search-submit visuallyhidden">Submit</button>
<p class="message">Type above and press <em>Enter</em> to search. Press <em>Esc</em> to cancel.</p></form></div></div>
<div id="auth-modal" class="ts-auth-modal auth-modal"><form method="post" action="{base}/wp-login.php"><label>Identifiant <input name="log"></label></form></div>
{_scripts() if filler else ""}<script>var Bunyad={{"ajaxurl":"{base}/wp-admin/admin-ajax.php","nonce":"{NONCE}"}};</script></body></html>
<!-- page servie en {NONCE} -->"""


def sidebar(newest: list[Article], urls: dict[int, str], base: str) -> str:
    cards = "".join(small_card(one, urls[one.id], base) for one in newest[:6])
    return f"""<aside class="col-4 main-sidebar has-sep" data-sticky="1"><div class="inner theiaStickySidebar">
<div class="widget ts-block-widget smartmag-widget-posts-small"><h5 class="heading">Les plus lus</h5>
<section class="block-wrap block-posts-small"><div class="loop loop-small">{cards}</div></section></div></div></aside>"""
