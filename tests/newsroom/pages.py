"""Whole HTML pages: the right frame around the right main part, in the layout of the site or of the article."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

from functools import lru_cache

from tests.newsroom import article_pages, list_pages, other_themes, shell
from tests.newsroom.article_pages import View, breadcrumb, crumb_of
from tests.newsroom.body import Picture, featured_picture
from tests.newsroom.lists import ListPage, Lists
from tests.newsroom.model import ZONE, Article, Newsroom
from tests.newsroom.sections import HOUSE_PAGES
from tests.newsroom.structured import article_head, theme_article
from tests.newsroom.text import Writer, escape, title_html, title_text


class Pages:
    """Renders pages of one state of the newsroom; what all pages share is made once."""

    def __init__(self, newsroom: Newsroom, lists: Lists) -> None:
        self.newsroom = newsroom
        self.lists = lists
        newest = lists.articles[:8]
        urls = {one.id: newsroom.url(one) for one in newest}
        base = newsroom.base
        self._top = shell.top(base, newsroom.title, newest, urls)
        year = newsroom.now().astimezone(ZONE).year
        self._bottom = shell.bottom(base, newsroom.title, year, newest, urls, filler=newsroom.options.filler)
        self._sidebar = shell.sidebar(newest, urls, base)

    # --- frames ------------------------------------------------------------------------------------------------

    def _head(self, specific: str) -> str:
        base, title = self.newsroom.base, self.newsroom.title
        return f"""<meta name="viewport" content="width=device-width, initial-scale=1" />
{specific}
<link rel="alternate" type="application/rss+xml" title="{title} &raquo; Flux" href="{base}/feed/" />
<link rel="alternate" type="application/rss+xml" title="{title} &raquo; Flux des commentaires" href="{base}/comments/feed/" />
{self.newsroom.extra_head}"""

    def _smartmag(self, head: str, body_class: str, crumb: str, main: str, footer: str = "") -> str:
        base = self.newsroom.base
        bottom = self._bottom.replace("</body>", f"{footer}</body>") if footer else self._bottom
        return f"""<!DOCTYPE html>
<html lang="fr-FR" class="s-light site-s-light">
<head><meta charset="UTF-8" />{self._head(head)}
<link rel='stylesheet' id='smartmag-core-css' href='{base}/wp-content/themes/smart-mag/style.css?ver=10.3.2' media='all' />
{shell.stylesheet(self.newsroom.options.filler)}</head>
<body class="{body_class} has-lb has-lb-sm layout-normal theme-smart-mag">
{self._top}{breadcrumb(base, crumb)}
{main}
{bottom}"""

    def _frame(self, head: str, body_class: str, crumb: str, main: str, footer: str = "", layout: str = "") -> str:
        layout = layout or self.newsroom.options.layout
        if layout == "block":
            return other_themes.block_frame(self.newsroom, self._head(head), body_class, main)
        if layout == "unknown":
            return other_themes.unknown_frame(self.newsroom, self._head(head), f"{main}{footer}")
        return self._smartmag(head, body_class, crumb, main, footer)

    # --- pages -------------------------------------------------------------------------------------------------

    def article(self, article: Article, page: int = 1, shuffle: int = 0) -> str:
        """The article's page; `shuffle` other than 0 turns the order of the related posts."""
        newsroom = self.newsroom
        layout = newsroom.layout_of(article)
        related = [one for one in self.lists.by_section[article.sections[0]][:10] if one is not article][:9]
        turn = shuffle % len(related) if related else 0
        view = View(newsroom, article, page, related[turn:] + related[:turn])
        head = article_head(newsroom, article, article_pages.description_of(article))
        body_class = (
            f"wp-singular post-template-default single single-post postid-{article.id} single-format-standard "
            f"post-layout-{layout} post-cat-{article.sections[0]} no-sidebar"
        )
        if layout == "block":
            body_class = (
                f"wp-singular post-template-default single single-post postid-{article.id} single-format-standard"
            )
            main = other_themes.block_article(view)
        elif layout == "unknown":
            main = other_themes.unknown_article(view)
        else:
            main = article_pages.main(view)
        return self._frame(head, body_class, crumb_of(article), main, theme_article(newsroom, article), layout)

    def listing(self, heading: str, body_class: str, page: ListPage, address: str) -> str:
        newsroom = self.newsroom
        canonical = address if page.number == 1 else f"{address}page/{page.number}/"
        head = f'<title>{heading} - {newsroom.title}</title>\n<link rel="canonical" href="{canonical}" />'
        if page.number > 1:
            body_class += f" paged paged-{page.number}"
        if newsroom.options.layout == "block":
            main = other_themes.block_list(newsroom, heading, page, address)
        elif newsroom.options.layout == "unknown":
            main = other_themes.unknown_list(newsroom, heading, page, address)
        else:
            main = list_pages.smartmag_list(newsroom, heading, page, address, self._sidebar)
        return self._frame(head, f"archive {body_class}", heading, main)

    def front(self) -> str:
        newsroom = self.newsroom
        head = (
            f'<title>{newsroom.title} - Toute l’actualité</title>\n<link rel="canonical" href="{newsroom.base}/" />'
            f'<meta property="og:site_name" content="{newsroom.title}" /><meta property="og:type" content="website" />'
        )
        layout = newsroom.options.layout
        if layout in ("block", "unknown"):
            newest = ListPage([], self.lists.articles[:10], 1, 1)
            render = other_themes.block_list if layout == "block" else other_themes.unknown_list
            main = render(newsroom, newsroom.title, newest, f"{newsroom.base}/")
        else:
            main = list_pages.front(newsroom, self.lists.articles, self.lists.by_section)
        return self._frame(
            head, "home wp-singular page-template page-template-no-wrapper page page-id-12 elementor-page", "", main
        )

    def house_page(self, slug: str) -> str:
        title = HOUSE_PAGES[slug]
        head = f'<title>{title} - {self.newsroom.title}</title>\n<link rel="canonical" href="{self.newsroom.base}/{slug}/" />'
        return self._frame(
            head, f"wp-singular page page-id-{len(slug)}", title, list_pages.plain_page(slug, title, _words(slug))
        )

    def not_found(self, *, words: str = "") -> str:
        words = words or "La page que vous cherchez n’existe pas ou plus."
        return self._frame(
            f"<title>Page non trouvée - {self.newsroom.title}</title>", "error404", "404", list_pages.not_found(words)
        )

    def attachment(self, article: Article) -> str:
        """The picture's own page: same h1 as the article, other id, and no text."""
        picture: Picture = featured_picture(article)
        url = f"{self.newsroom.url(article)}photo-{article.id}/"
        head = f'<title>{escape(title_text(article.title))} - {self.newsroom.title}</title>\n<link rel="canonical" href="{url}" />'
        main = f"""<div class="main ts-contain cf"><div class="the-post-header"><h1 class="is-title post-title">{title_html(article.title)}</h1></div>
<article id="post-{article.id + 1}" class="post-{article.id + 1} attachment type-attachment"><div class="post-content entry-content"><p class="attachment">
<a href="{self.newsroom.base}{picture.path}"><img src="{self.newsroom.base}{picture.sized(300)}" alt="" /></a></p></div></article></div>"""
        return self._frame(
            head,
            f"attachment attachment-template-default single single-attachment postid-{article.id + 1} attachmentid-{article.id + 1}",
            "Image",
            main,
        )

    def comment_page(self, article: Article, number: int) -> str:
        """/comment-page-N/ is the article again with other comments."""
        view = View(self.newsroom, article, 1, [])
        return self.article(article).replace(article_pages.comments(view, 1), article_pages.comments(view, number))

    def story(self, number: int) -> str:
        """A web story: AMP, with a headline and a few words."""
        headline = Writer(f"story {number}").headline()
        return f'<!doctype html><html amp lang="fr"><head><meta charset="utf-8"><title>{escape(headline)}</title></head><body><amp-story title="{escape(headline)}"><amp-story-page id="p"><h1>{escape(headline)}</h1></amp-story-page></amp-story></body></html>'

    def bare_article(self, article: Article, kind: str) -> str:
        """The AMP copy or the embed card of an article, both naming it as canonical."""
        newsroom = self.newsroom
        url, title = newsroom.url(article), title_html(article.title)
        body = (
            article_pages.body_html(newsroom, article)
            if kind == "amp"
            else f"<p>{escape(article_pages.description_of(article))}</p>"
        )
        root = '<html amp lang="fr-FR">' if kind == "amp" else '<html lang="fr-FR" class="no-js">'
        return f'<!doctype html>{root}<head><meta charset="utf-8"><title>{title}</title><link rel="canonical" href="{url}"></head><body><h1 class="amp-wp-title">{title}</h1><div class="amp-wp-article-content">{body}</div></body></html>'


@lru_cache(maxsize=16)
def _words(seed: str) -> str:
    writer = Writer(f"house page {seed}")
    return "".join(f"<p>{escape(writer.paragraph())}</p>" for _ in range(4))
