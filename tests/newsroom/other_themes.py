"""Two whole other themes: a WordPress block theme, and one that does not look like WordPress at all.

They share no menu, breadcrumb, body or pagination class with SmartMag: what a redesign does to a crawler.
"""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

from tests.newsroom.article_pages import View, body_html
from tests.newsroom.body import featured_picture
from tests.newsroom.cards import date_words
from tests.newsroom.lists import ListPage
from tests.newsroom.model import ZONE, Article, Newsroom
from tests.newsroom.sections import BY_SLUG, SECTIONS
from tests.newsroom.shell import NONCE, stylesheet
from tests.newsroom.text import escape, slugify, title_html, title_text


def block_frame(newsroom: Newsroom, head: str, body_class: str, main: str) -> str:
    base = newsroom.base
    links = "".join(
        f'<li class="wp-block-navigation-item wp-block-navigation-link"><a class="wp-block-navigation-item__content" '
        f'href="{base}/category/{one.slug}/"><span class="wp-block-navigation-item__label">{one.name}</span></a></li>'
        for one in SECTIONS
    )
    return f"""<!DOCTYPE html><html lang="fr-FR"><head><meta charset="UTF-8" />{head}{stylesheet(newsroom.options.filler)}</head>
<body class="{body_class} wp-embed-responsive wp-theme-twentytwentyfive"><div class="wp-site-blocks">
<header class="wp-block-template-part"><p class="wp-block-site-title"><a href="{base}" rel="home">{newsroom.title}</a></p>
<nav class="wp-block-navigation" aria-label="Principal"><ul class="wp-block-navigation__container">{links}</ul></nav></header>
{main}
<footer class="wp-block-template-part"><p>{newsroom.title}</p><p><a href="{base}/contacter/">Contacter</a></p></footer></div>
<script type="importmap">{{"imports":{{"n":"{NONCE}"}}}}</script></body></html>"""


def block_article(view: View) -> str:
    article, base = view.article, view.base
    local = article.published.astimezone(ZONE)
    terms = ", ".join(f'<a href="{base}/category/{one}/" rel="tag">{BY_SLUG[one].name}</a>' for one in article.sections)
    tags = ", ".join(f'<a href="{base}/tag/{slugify(one)}/" rel="tag">{one}</a>' for one in article.tags)
    picture = featured_picture(article)
    more = _block_items(view.newsroom, view.related, "h3")
    return f"""<main class="wp-block-group has-global-padding is-layout-constrained">
<h1 class="wp-block-post-title">{title_html(article.title)}</h1>
<div class="wp-block-group is-layout-flex"><p>Écrit par</p><div class="wp-block-post-author-name"><a href="{base}/author/personnel/" class="wp-block-post-author-name__link">{escape(article.byline)}</a></div>
<div class="wp-block-post-date"><time datetime="{local.isoformat()}">{date_words(article.published)}</time></div>
<div class="taxonomy-category wp-block-post-terms">{terms}</div></div>
<figure class="wp-block-post-featured-image"><img src="{base}{picture.sized(1024)}" class="attachment-post-thumbnail wp-post-image" alt="{escape(picture.alt)}" /></figure>
<div class="entry-content wp-block-post-content is-layout-constrained">{body_html(view.newsroom, article, view.page)}</div>
<div class="taxonomy-post_tag wp-block-post-terms">{tags}</div>
<nav class="wp-block-group" aria-label="Publications"><div class="wp-block-query"><h2 class="wp-block-heading">Plus d’articles</h2>{more}</div></nav>
</main>"""


def _block_items(newsroom: Newsroom, articles: list[Article], tag: str = "h2") -> str:
    items = "".join(
        f'<li class="wp-block-post post-{one.id} post type-post category-{one.sections[0]}"><{tag} class="wp-block-post-title">'
        f'<a href="{newsroom.url(one)}" target="_self">{title_html(one.title)}</a></{tag}><div class="wp-block-post-date">'
        f'<time datetime="{one.published.astimezone(ZONE).isoformat()}"><a href="{newsroom.url(one)}">{date_words(one.published)}</a></time></div></li>'
        for one in articles
    )
    return f'<ul class="wp-block-post-template is-layout-flow">{items}</ul>'


def block_list(newsroom: Newsroom, heading: str, page: ListPage, address: str) -> str:
    more = ""
    if page.number < page.pages:
        more += f'<a href="{address}page/{page.number + 1}/" class="wp-block-query-pagination-next">Page suivante</a>'
    return f"""<main class="wp-block-group"><h1 class="wp-block-query-title">{heading}</h1>
<div class="wp-block-query">{_block_items(newsroom, [*page.featured, *page.cards])}
<nav class="wp-block-query-pagination" aria-label="Pagination">{more}</nav></div></main>"""


def unknown_frame(newsroom: Newsroom, head: str, main: str) -> str:
    base = newsroom.base
    links = "".join(f'<a class="m{one.id}" href="{base}/category/{one.slug}/">{one.name}</a> ' for one in SECTIONS)
    return f"""<!DOCTYPE html><html lang="fr"><head><meta charset="utf-8">{head}{stylesheet(newsroom.options.filler)}</head><body>
<header><div class="x1"><a href="{base}/">{newsroom.title}</a></div><nav class="x2">{links}</nav></header>
{main}
<footer class="x9"><a href="{base}/contacter/">Contacter</a> <span data-n="{NONCE}">{newsroom.title}</span></footer></body></html>"""


def unknown_article(view: View) -> str:
    """Hashed class names and no element of its own for the body: only <main>, a heading and text."""
    article, base = view.article, view.base
    related = "".join(
        f'<a class="x7" href="{view.newsroom.url(one)}">{escape(title_text(one.title))}</a>' for one in view.related
    )
    picture = featured_picture(article)
    return f"""<main class="x3"><h1 class="x4">{title_html(article.title)}</h1>
<p class="x5">Par <a href="{base}/author/personnel/" rel="author">{escape(article.byline)}</a>, le {date_words(article.published)}</p>
<img class="x6" src="{base}{picture.sized(1024)}" alt="{escape(picture.alt)}">
<div class="x8">{body_html(view.newsroom, article, view.page)}</div></main><aside class="x7">{related}</aside>"""


def unknown_list(newsroom: Newsroom, heading: str, page: ListPage, address: str) -> str:
    items = "".join(
        f'<article class="c1"><h2><a href="{newsroom.url(one)}">{title_html(one.title)}</a></h2>'
        f'<time datetime="{one.published.astimezone(ZONE).isoformat()}">{date_words(one.published)}</time></article>'
        for one in [*page.featured, *page.cards]
    )
    more = f'<a rel="next" href="{address}page/{page.number + 1}/">Suite</a>' if page.number < page.pages else ""
    return f'<main class="x3"><h1 class="x4">{heading}</h1>{items}<p class="x0">{more}</p></main>'
