"""The article page in each layout: what stands between the headers and the footer."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

from dataclasses import dataclass
from urllib.parse import quote

from tests.newsroom.body import Block, compose, excerpt, featured_picture, split_pages
from tests.newsroom.cards import date_words, grid_card, time_tag
from tests.newsroom.markup import render
from tests.newsroom.model import ZONE, Article, Newsroom
from tests.newsroom.sections import BY_SLUG
from tests.newsroom.text import Writer, escape, slugify, title_html, title_text

COMMENTS_A_PAGE = 10


@dataclass(frozen=True)
class View:
    """One article as one address shows it. `related` are the newest of its section, `page` is of its own pages."""

    newsroom: Newsroom
    article: Article
    page: int
    related: list[Article]

    @property
    def base(self) -> str:
        return self.newsroom.base


def blocks_of(newsroom: Newsroom, article: Article) -> list[list[Block]]:
    return split_pages(article, compose(article, newsroom.options.long_bytes))


def description_of(article: Article) -> str:
    """The text of og:description and of excerpts; a protected article has none."""
    return "" if article.kind == "protected" else excerpt(article)


def body_html(newsroom: Newsroom, article: Article, page: int = 1) -> str:
    """The inner HTML of the body: a password form for a protected article."""
    if article.kind == "protected":
        return (
            f'<form action="{newsroom.base}/wp-login.php?action=postpass" class="post-password-form" method="post">'
            "<p>Cette publication est protégée par un mot de passe. Pour la voir, veuillez saisir votre mot de passe ci-dessous :</p>"
            f'<p><label for="pwbox-{article.id}">Mot de passe : <input name="post_password" id="pwbox-{article.id}" type="password" /></label> '
            '<input type="submit" name="Submit" value="Entrer" /></p></form>'
        )
    if article.body_html is not None:
        return article.body_html
    pages = blocks_of(newsroom, article)
    html = render(pages[page - 1], article.markup, newsroom.base, f"{article.text_seed} {page}")
    if len(pages) == 1:
        return html
    links = "".join(
        f'<span class="post-page-numbers current">{n}</span> '
        if n == page
        else f'<a href="{newsroom.url(article)}{"" if n == 1 else f"{n}/"}" class="post-page-numbers">{n}</a> '
        for n in range(1, len(pages) + 1)
    )
    return f'{html}<div class="main-pagination pagination-numbers post-pagination"><div class="page-links">{links}</div></div>'


def main(view: View) -> str:
    """The main part in the article's SmartMag layout."""
    return {"cover": _cover, "modern": _modern, "large": _large, "classic": _classic}[
        view.newsroom.layout_of(view.article)
    ](view)


def _label(view: View) -> str:
    section = BY_SLUG[view.article.sections[0]]
    return (
        f'<span class="meta-item cat-labels"><a href="{view.base}/category/{section.slug}/" '
        f'class="category term-color-{section.id}" rel="category">{section.name}</a></span>'
    )


def _by_and_date(view: View) -> str:
    article = view.article
    name = escape(article.byline)
    updated = ""
    if (article.modified - article.published).total_seconds() > 60 and view.newsroom.layout_of(article) == "modern":
        updated = f'<span class="meta-item has-next-icon date-modified"><span class="updated-on">Mis à jour le </span>{time_tag(article.modified)}</span>'
    return (
        f'<div class="post-meta-items meta-below has-author-img"><span class="meta-item post-author has-img">'
        f'<img alt="{name}" src="{view.base}/wp-content/uploads/avatar.png" class="avatar avatar-32 photo" height="32" width="32" />'
        f'<span class="by">Par</span> <a href="{view.base}/author/personnel/" title="Articles de {name}" rel="author">{name}</a></span>'
        f'<span class="meta-item has-next-icon date">{time_tag(article.published)}</span>{updated}</div>'
    )


def _headline(view: View) -> str:
    return f'<h1 class="is-title post-title">{title_html(view.article.title)}</h1>'


def _picture(view: View, caption_class: str, tag: str) -> str:
    picture = featured_picture(view.article)
    caption = f'<{tag} class="{caption_class}">{escape(picture.caption)}</{tag}>' if picture.caption else ""
    return (
        f'<a href="{view.base}{picture.path}" class="image-link media-ratio ratio-is-custom" title="{escape(picture.alt)}">'
        f'<img width="1024" height="576" src="{view.base}{picture.sized(1024)}" class="attachment-bunyad-main wp-post-image" '
        f'alt="{escape(picture.alt)}" /></a>{caption}'
    )


def _sub_title(view: View) -> str:
    return f'<div class="sub-title">{escape(view.article.standfirst)}</div>' if view.article.standfirst else ""


def _share(place: str) -> str:
    names = ("Facebook", "Twitter", "LinkedIn", "Telegram", "WhatsApp", "Email")
    links = "".join(
        f'<a href="https://{one.lower()}.invalid/partage?u=ici" class="cf service s-{one.lower()}"><span class="label">{one}</span></a>'
        for one in names
    )
    return f'<div class="a-wrap"></div><div class="post-share {place}"><span class="info">Partager</span><span class="share-links spc-social">{links}</span></div>'


def _article_element(view: View, header: str = "") -> str:
    article = view.article
    classes = " ".join(
        [f"post-{article.id} post type-post status-publish format-standard has-post-thumbnail"]
        + [f"category-{one}" for one in article.sections]
        + [f"tag-{slugify(one)}" for one in article.tags]
    )
    tags = "".join(f'<a href="{view.base}/tag/{slugify(one)}/" rel="tag">{one}</a>' for one in article.tags)
    return f"""<article id="post-{article.id}" class="{classes}">{header}
<div class="post-content-wrap has-share-float">{_share("post-share-float")}
<div class="post-content cf entry-content content-spacious">
{body_html(view.newsroom, article, view.page)}
</div></div>
{f'<div class="the-post-tags">{tags}</div>' if tags and article.id % 2 else ""}</article>"""


def _after(view: View) -> str:
    cards = "".join(
        grid_card(one, view.newsroom.url(one), view.base, "h4", dated=False, excerpt=False) for one in view.related
    )
    return f"""{_share("post-share-bot")}
<section class="related-posts"><h4 class="heading">Continue de lire</h4>
<section class="block-wrap block-grid cols-gap-sm mb-none"><div class="block-content"><div class="loop loop-grid loop-grid-sm grid grid-3">{cards}</div></div></section></section>
<div class="comments"><div class="ts-comments-show"><a href="#" class="ts-button ts-button-b">Add A Comment</a></div>{comments(view, 1)}</div>"""


def comments(view: View, page: int) -> str:
    """One page of the comments, each with its reply link; the form after them."""
    url, article = view.newsroom.url(view.article), view.article
    writer = Writer(f"comments {article.id} {page}")
    count = max(0, min(COMMENTS_A_PAGE, article.comments - (page - 1) * COMMENTS_A_PAGE))
    items = "".join(
        f'<li class="comment" id="comment-{article.id}{page}{n}"><div class="comment-content"><p>{escape(writer.sentence())}</p></div>'
        f'<a rel="nofollow" class="comment-reply-link" href="{url}?replytocom={article.id}{page}{n}#respond">Reply</a></li>'
        for n in range(count)
    )
    more = (
        f'<nav class="comment-nav"><a href="{url}comment-page-{page + 1}/#comments">Commentaires suivants</a></nav>'
        if article.comments > page * COMMENTS_A_PAGE
        else ""
    )
    return f'<div id="comments" class="comments-area ts-comments-hidden"><ol class="comments-list">{items}</ol>{more}<div id="respond" class="comment-respond"><h3>Leave A Reply <small>Cancel Reply</small></h3><form action="{view.base}/wp-comments-post.php" method="post"><textarea name="comment"></textarea></form></div></div>'


def _columns(view: View, inner: str, aside: str = "") -> str:
    return f'<div class="ts-row"><div class="col-8 main-content s-post-contain">{inner}</div>{aside}</div>'


def _cover(view: View) -> str:
    body = f'<div class="the-post s-post-cover">{_article_element(view)}{_after(view)}</div>'
    return f"""<div class="main ts-contain cf no-sidebar"><div class="post-wrap">
<section class="the-post-header post-cover"><div class="featured">{_picture(view, "caption", "div")}
<div class="overlay s-dark"><div class="post-meta post-meta-a post-meta-single has-below"><div class="post-meta-items meta-above">{_label(view)}</div>
{_headline(view)}{_by_and_date(view)}</div></div></div></section>
{_columns(view, body)}</div></div>"""


def _modern(view: View) -> str:
    header = f"""<div class="the-post-header s-head-modern s-head-modern-a"><div class="post-meta post-meta-a post-meta-left post-meta-single has-below">
<div class="post-meta-items meta-above">{_label(view)}</div>{_headline(view)}{_sub_title(view)}{_by_and_date(view)}</div>{_share("post-share-b")}</div>
<div class="single-featured"><div class="featured">{_picture(view, "wp-caption-text", "div")}</div></div>"""
    return f"""<div class="main ts-contain cf right-sidebar">{_columns(view, f'{header}<div class="the-post s-post-modern">{_article_element(view)}{_after(view)}</div>')}</div>"""


def _large(view: View) -> str:
    header = f"""<div class="the-post-header s-head-modern s-head-large"><div class="post-meta post-meta-a post-meta-single has-below">
<div class="post-meta-items meta-above">{_label(view)}</div>{_headline(view)}{_sub_title(view)}{_by_and_date(view)}</div>
<div class="single-featured"><div class="featured">{_picture(view, "wp-caption-text", "div")}</div></div></div>"""
    return f"""<div class="main ts-contain cf no-sidebar">{header}{_columns(view, f'<div class="the-post s-post-large">{_article_element(view)}{_after(view)}</div>')}</div>"""


def _classic(view: View) -> str:
    article = view.article
    section = BY_SLUG[article.sections[0]]
    local = article.published.astimezone(ZONE)
    header = f"""<header class="the-post-header post-header cf"><div class="featured">{_picture(view, "wp-caption-text", "div")}</div>
<div class="heading cf">{_headline(view)}</div>{_sub_title(view)}
<div class="post-meta-c"><span class="posted-by">Par <a href="{view.base}/author/personnel/" rel="author">{escape(article.byline)}</a></span>
<span class="posted-on">le <time class="value-title" datetime="{local.isoformat()}" title="{local:%Y-%m-%d}">{date_words(article.published)}</time></span>
<span class="cats"><a href="{view.base}/category/{section.slug}/" rel="category tag">{section.name}</a></span></div></header>"""
    return f"""<div class="main ts-contain cf right-sidebar">{_columns(view, f'<div class="the-post s-post-classic">{_article_element(view, header)}{_after(view)}</div>')}</div>"""


def breadcrumb(base: str, last: str) -> str:
    return f'<nav class="breadcrumbs is-full-width breadcrumbs-a" id="breadcrumb"><div class="inner ts-contain"><span><span><a href="{base}/">Home</a></span> » <span class="breadcrumb_last" aria-current="page">{last}</span></span></div></nav>'


def crumb_of(article: Article) -> str:
    return escape(title_text(article.title)) or quote(article.slug)
