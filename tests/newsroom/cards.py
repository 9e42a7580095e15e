"""The theme's cards: what stands for an article in lists, strips, widgets, the ticker and under other articles."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

from datetime import datetime

from tests.newsroom.body import excerpt as excerpt_of
from tests.newsroom.body import featured_picture
from tests.newsroom.model import ZONE, Article
from tests.newsroom.sections import BY_SLUG
from tests.newsroom.text import escape, title_html, title_text
from tests.newsroom.vocabulary import MONTHS


def date_words(moment: datetime) -> str:
    """The visible date, month first as on the site: « octobre 28, 2025 »."""
    local = moment.astimezone(ZONE)
    return f"{MONTHS[local.month - 1]} {local.day}, {local.year}"


def time_tag(moment: datetime) -> str:
    local = moment.astimezone(ZONE)
    return f'<time class="post-date" datetime="{local.isoformat()}">{date_words(moment)}</time>'


def _background(article: Article, url: str, base: str) -> str:
    alt = escape(title_text(article.title))
    picture = featured_picture(article)
    return (
        f'<div class="media"><a href="{url}" class="image-link media-ratio ratio-16-9" title="{alt}">'
        f'<span data-bgsrc="{base}{picture.sized(768)}" class="img bg-cover wp-post-image attachment-bunyad-768 lazyload" '
        f'role="img" aria-label="{alt}"></span></a>{{}}</div>'
    )


def _label(article: Article, base: str) -> str:
    section = BY_SLUG[article.sections[0]]
    return (
        f'<span class="cat-labels cat-labels-overlay c-overlay p-bot-left"><a href="{base}/category/{section.slug}/" '
        f'class="category term-color-{section.id}" rel="category" tabindex="-1">{section.name}</a></span>'
    )


def small_card(article: Article, url: str, base: str) -> str:
    """A widget's card: it says its date, but not its id."""
    return f"""<article class="l-post small-post small-a-post m-pos-left">{_background(article, url, base).format("")}
<div class="content"><div class="post-meta post-meta-a post-meta-left has-below"><h4 class="is-title post-title"><a href="{url}">{title_html(article.title)}</a></h4>
<div class="post-meta-items meta-below"><span class="meta-item date"><span class="date-link">{time_tag(article.published)}</span></span></div></div></div></article>"""


def grid_card(
    article: Article, url: str, base: str, tag: str = "h2", *, dated: bool = True, excerpt: bool = True
) -> str:
    """A card of a list."""
    date = (
        f'<span class="meta-item date"><span class="date-link">{time_tag(article.published)}</span></span>'
        if dated
        else ""
    )
    summary = escape(excerpt_of(article)) if excerpt else ""
    author = f'<span class="meta-item post-author"><span class="by">Par</span> <a href="{base}/author/personnel/" rel="author">{escape(article.byline)}</a></span>'
    return f"""<article class="l-post grid-post grid-base-post">{_background(article, url, base).format(_label(article, base))}
<div class="content"><div class="post-meta post-meta-a has-below"><{tag} class="is-title post-title"><a href="{url}">{title_html(article.title)}</a></{tag}>
<div class="post-meta-items meta-below">{author if dated else ""}{date}</div></div>{f'<div class="excerpt"><p>{summary}</p></div>' if excerpt else ""}</div></article>"""


def overlay_card(article: Article, url: str, base: str) -> str:
    """A card of the featured strip and of the front page."""
    return f"""<article class="l-post grid-overlay-post overlay-post overlay-base-post">{_background(article, url, base).format("")}
<div class="content content-overlay"><div class="post-meta post-meta-a has-below"><div class="post-meta-items meta-above">{_label(article, base)}</div>
<h2 class="is-title post-title"><a href="{url}">{title_html(article.title)}</a></h2>
<div class="post-meta-items meta-below"><span class="meta-item date"><span class="date-link">{time_tag(article.published)}</span></span></div></div></div></article>"""
