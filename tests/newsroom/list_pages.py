"""Section, tag, author, day and search lists, the front page, and the theme's page for what is not there."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

from tests.newsroom.cards import grid_card, overlay_card
from tests.newsroom.lists import ListPage
from tests.newsroom.model import Article, Newsroom
from tests.newsroom.sections import SECTIONS


def smartmag_list(newsroom: Newsroom, heading: str, page: ListPage, address: str, aside: str) -> str:
    """The main part of a list. `address` is that of page 1, with a slash at its end."""
    base = newsroom.base
    strip = "".join(overlay_card(one, newsroom.url(one), base) for one in page.featured)
    featured = f'<div class="main-featured"><section class="block-wrap block-feat-grid feat-grid feat-grid-a"><div class="loop-feat">{strip}</div></section></div>'
    cards = "".join(grid_card(one, newsroom.url(one), base) for one in page.cards)
    return f"""{featured if strip else ""}
<div class="main ts-contain cf right-sidebar"><div class="ts-row"><div class="col-8 main-content">
<h1 class="archive-heading">Browsing: <span>{heading}</span></h1>
<section class="block-wrap block-grid mb-none" data-id="1" data-block="{{&quot;id&quot;:&quot;grid&quot;}}"><div class="block-content">
<div class="loop loop-grid loop-grid-base grid grid-2 md:grid-2 xs:grid-1">{cards or "<p>Rien ici pour le moment.</p>"}</div>
{_pagination(newsroom.options.pagination, page, address)}</div></section></div>{aside}</div></div>"""


def _pagination(style: str, page: ListPage, address: str) -> str:
    def to(number: int) -> str:
        return address if number == 1 else f"{address}page/{number}/"

    is_last = page.number >= page.pages
    if style != "numbers":
        href = "#" if style == "load-more-blind" else to(page.number + 1)
        button = f'<a href="{href}" class="ts-button load-button" data-page="{page.number + 1}">Load More <i class="tsi"></i></a>'
        return "" if is_last else f'<div class="main-pagination pagination-more" data-type="load-more">{button}</div>'
    numbers = sorted({1, *range(max(1, page.number - 2), min(page.pages, page.number + 2) + 1), page.pages})
    links = "".join(
        f'<span aria-current="page" class="page-numbers current">{n}</span>'
        if n == page.number
        else f'<a class="page-numbers" href="{to(n)}">{n}</a>'
        for n in numbers
    )
    if page.number > 1:
        links = (
            f'<a class="prev page-numbers" href="{to(page.number - 1)}"><span class="visuallyhidden">Previous</span></a>'
            + links
        )
    if not is_last:
        links += (
            f'<a class="next page-numbers" href="{to(page.number + 1)}"><span class="visuallyhidden">Next</span></a>'
        )
    return f'<nav class="main-pagination pagination-numbers" data-type="numbers">{links}</nav>'


def front(newsroom: Newsroom, newest: list[Article], by_section: dict[str, list[Article]]) -> str:
    """The front page as a page builder makes it: a hero, then a few posts of some sections; no plain list."""
    base = newsroom.base
    hero = "".join(overlay_card(one, newsroom.url(one), base) for one in newest[:5])
    blocks = "".join(
        f'<section class="block-wrap block-grid elementor-element"><div class="block-head"><h4 class="heading">'
        f'<a href="{base}/category/{one.slug}/">{one.name}</a></h4></div><div class="block-content"><div class="loop loop-grid">'
        + "".join(
            grid_card(article, newsroom.url(article), base, "h2", excerpt=False) for article in by_section[one.slug][:4]
        )
        + "</div></div></section>"
        for one in SECTIONS[:6]
    )
    return f"""<div class="main-full"><div data-elementor-type="wp-page" class="elementor elementor-12">
<section class="elementor-section"><div class="elementor-widget-smartmag-featgrid"><section class="block-wrap block-feat-grid">{hero}</section></div></section>
{blocks}</div></div>"""


def not_found(words: str) -> str:
    return f"""<div class="main ts-contain cf"><div class="ts-row"><div class="col-12 main-content"><div class="page-404"><div class="inner">
<h1 class="title-404">404!</h1><h2 class="text-404">Page introuvable</h2><p>{words}</p></div></div></div></div></div>"""


def plain_page(slug: str, title: str, words: str) -> str:
    """One of the house's pages: an `article` and an h1, yet no article."""
    return f"""<div class="main ts-contain cf no-sidebar"><div class="ts-row"><div class="col-8 main-content"><h1 class="main-heading is-title">{title}</h1>
<article id="post-{len(slug)}" class="post-{len(slug)} page type-page status-publish"><div class="post-content entry-content page-content">{words}</div></article></div></div></div>"""
