"""Article pages of a made-up site, in the shapes that its theme prints. The words are filler of ours."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from foiscrawl.items import ArticleItem
from foiscrawl.parsing.article import parse_article
from foiscrawl.parsing.document import Document
from foiscrawl.site import Site, load_site

HOME = "https://journal.example/"
URL = HOME + "un-pont-de-bois-rouvre-a-la-circulation/"
NOW = datetime(2025, 11, 1, 12, 0, tzinfo=UTC)
TITLE = "Un pont de bois rouvre à la circulation"
FIRST = "Le pont du moulin a rouvert lundi après trois mois de travaux menés par deux charpentiers du village."
SECOND = "Les riverains ont traversé à pied sous une pluie fine, avant le passage du premier car scolaire."
BODY = f"<p>{FIRST}</p><p>{SECOND}</p>"
POST = 4321

# What stands around each article and must never be taken for it: cards with ids, dates, titles, links and classes alike.
CARD = """
<article class="l-post small-post m-pos-left"><div class="media"><a class="image-link" href="/autre-article/">
<img class="wp-post-image" src="/wp-content/uploads/autre.jpg" alt="Une tout autre histoire"></a></div>
<div class="content"><div class="post-meta"><h4 class="is-title post-title"><a href="/autre-article/">Une tout autre
histoire</a></h4><div class="meta-below"><span class="meta-item date"><time class="post-date"
datetime="2025-10-30T23:00:00+01:00">octobre 30, 2025</time></span></div></div></div></article>"""
BEFORE = f"""
<div class="off-canvas-backdrop"></div><div class="mobile-menu-container off-canvas" id="off-canvas">
<ul class="mobile-menu"><li><a href="/category/monde/">Monde</a></li></ul>
<div class="off-canvas-widgets">{CARD}{CARD}</div></div>
<div id="smart-head"><a class="logo-link" href="/"><img class="logo-image" src="/logo.png" alt="Le Journal"></a>
<nav class="navigation-main"><ul><li class="menu-item-object-category"><a href="/category/monde/">Monde</a></li></ul></nav>
<div class="trending-ticker"><ul><li><a class="post-link" href="/encore-une/">Encore une</a></li></ul></div></div>
<nav class="breadcrumbs" id="breadcrumb"><a href="/">Home</a> » <span class="breadcrumb_last">{TITLE}</span></nav>"""
AFTER = f"""
<div class="post-share-bot"><span class="info">Partager</span><a class="service" href="https://social.example/">S</a></div>
<section class="related-posts"><h4 class="heading">Continue de lire</h4><div class="loop">{CARD}
<article id="post-77" class="l-post grid-post category-sport"><h2 class="post-title"><a href="/b/">Un match nul</a></h2>
<div class="post-content entry-content excerpt"><p>Extrait d’un autre article, avec ses mots à lui.</p></div></article>
</div></section><div class="comments" id="comments"><ol class="comments-list"><li>Un avis de lecteur.</li></ol></div>"""
FOOTER = f'<footer class="main-footer">{CARD}<p class="copyright">Tous droits réservés.</p></footer>'

META = """
<div class="post-meta post-meta-single"><div class="meta-above"><span class="meta-item cat-labels"><a href="/category/monde/"
class="category" rel="category">Monde</a></span></div><h1 class="is-title post-title">{title}</h1>{sub}
<div class="meta-below has-author-img"><span class="meta-item post-author has-img"><img alt="Rédaction" class="avatar"
src="/avatar.jpg"><span class="by">Par</span> <a href="/author/r/" rel="author">Rédaction</a></span><span class="meta-item date">
<time class="post-date" datetime="2025-10-28T09:15:00+01:00">octobre 28, 2025</time></span></div></div>"""
CLASSIC = """
<header class="the-post-header post-header cf"><div class="featured"><img class="wp-post-image" src="/wp-content/une.jpg"
alt=""></div><h1 class="post-title">{title}</h1><div class="post-meta"><span class="posted-by">Par <a href="/author/r/"
rel="author">Rédaction</a></span><time class="value-title" datetime="2025-10-28T09:15:00+01:00">octobre 28, 2025</time>
<span class="cats"><a href="/category/monde/">Monde</a></span></div></header>"""
FEATURED = """
<div class="featured"><a href="/wp-content/uploads/une.jpg" class="image-link"><img class="attachment-large wp-post-image"
src="/wp-content/uploads/une-300x200.jpg" alt="Le pont"></a>{caption}</div>"""


def smartmag(
    body: str = BODY,
    *,
    layout: str = "cover",
    title: str = TITLE,
    head: str = "",
    body_class: str = "",
    caption: str = '<div class="caption">Le pont, lundi. © A. Durand</div>',
    sub: str = "",
    classes: str = "category-monde tag-pont",
    post: int = POST,
    after: str = AFTER,
) -> str:
    """An article page of the theme: cover (header outside the article), modern, large or classic."""
    meta = META.format(title=title, sub=sub)
    featured = FEATURED.format(caption=caption)
    content = (
        f'<div class="post-content-wrap"><div class="post-content cf entry-content content-spacious">{body}</div></div>'
    )
    article = f'<article id="post-{post}" class="post-{post} post type-post {classes}">%s</article>'
    the_post = f'<div class="the-post s-post-{layout}">{article % content}{after}</div>'
    header = f'<div class="the-post-header s-head-modern">{meta}</div>'
    single = f'<div class="single-featured">{featured}</div>'
    main = {
        "cover": f'<div class="post-wrap"><section class="the-post-header post-cover">{featured}<div class="overlay">{meta}</div>'
        f'</section><div class="ts-row"><div class="col-8 main-content">{the_post}</div></div></div>',
        "modern": f'<div class="ts-row"><div class="col-8 main-content">{header}{single}{the_post}</div></div>',
        "large": f'{header}<div class="ts-row"><div class="col-8 main-content">{single}{the_post}</div></div>',
        "classic": f'<div class="ts-row"><div class="col-8 main-content"><div class="the-post">'
        f"{article % (CLASSIC.format(title=title) + content)}{after}</div></div></div>",
    }[layout]
    return html(
        f'{BEFORE}<div class="main ts-contain">{main}</div>{FOOTER}',
        head=f'<link rel="shortlink" href="{HOME}?p={post}">{head}',
        body_class=f"single single-post postid-{post} single-format-standard post-layout-{layout} {body_class}",
        title=f"{title} - Le Journal",
    )


def html(body: str, *, head: str = "", body_class: str = "", title: str = "") -> str:
    return (
        f'<!DOCTYPE html><html lang="fr-FR"><head><meta charset="UTF-8"><title>{title}</title>{head}</head>'
        f'<body class="{body_class}">{body}</body></html>'
    )


def jsonld(*things: Any) -> str:
    """Scripts of structured data, one for each thing; a string is printed as it is."""
    return "".join(
        f'<script type="application/ld+json">{one if isinstance(one, str) else json.dumps(one)}</script>'
        for one in things
    )


def yoast(**article: Any) -> dict[str, Any]:
    """A graph as the SEO plugin prints it: its dates are UTC, its strings hold entities, the author is a reference."""
    known = {
        "@type": "Article",
        "@id": URL + "#article",
        "isPartOf": {"@id": URL},
        "author": {"name": "Rédaction", "@id": HOME + "#/schema/person/1"},
        "headline": TITLE,
        "datePublished": "2025-10-28T08:15:00+00:00",
        "mainEntityOfPage": {"@id": URL},
        "articleSection": ["Monde"],
        "keywords": ["Pont"],
        "inLanguage": "fr-FR",
    }
    page = {"@type": "WebPage", "@id": URL, "url": URL, "datePublished": "2025-10-28T08:15:00+00:00"}
    person = {"@type": "Person", "@id": HOME + "#/schema/person/1", "name": "Rédaction"}
    return {"@context": "https://schema.org", "@graph": [{**known, **article}, page, person]}


def journal() -> Site:
    """The shipped site file, at our made-up address and under our made-up name."""
    return replace(load_site("francaisfois"), title="Le Journal", home=HOME)


SITE = journal()


def parse(page: str | bytes, *, url: str = URL, site: Site = SITE, now: datetime = NOW) -> ArticleItem:
    return parse_article(Document(url, page.encode() if isinstance(page, str) else page), site, now)


def paragraphs(body: str) -> list[str]:
    """The blocks of the text that is read from a body."""
    text = parse(smartmag(body)).body_text
    return text.split("\n\n") if text else []
