"""What a page says for machines: canonical, OpenGraph, Yoast's or Rank Math's graph, the theme's own Article."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

import json
from datetime import UTC, datetime
from typing import Any

from tests.newsroom.body import featured_picture
from tests.newsroom.model import ZONE, Article, Newsroom
from tests.newsroom.sections import BY_SLUG
from tests.newsroom.text import escape, title_html, title_text


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()


def local(moment: datetime) -> str:
    return moment.astimezone(ZONE).isoformat()


def _script(data: Any, classes: str = "") -> str:
    """JSON as PHP prints it: every non-ASCII character \\u-escaped, slashes escaped."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":")).replace("/", "\\/")
    return f'<script type="application/ld+json"{classes}>{text}</script>'


def article_head(newsroom: Newsroom, article: Article, description: str) -> str:
    """Everything in <head> that belongs to one article, by the SEO plugin of the site."""
    seo = newsroom.options.seo
    url, base = newsroom.url(article), newsroom.base
    title = escape(title_text(article.title))
    lines = [f"<title>{title} - {newsroom.title}</title>", f'<link rel="canonical" href="{url}" />']
    if seo not in ("theme", "none"):
        lines += _opengraph(newsroom, article, title, description)
        make = _rank_math if seo == "rank-math" else _yoast
        lines.append(_broken(article, make(newsroom, article)))
    if article.noarchive == "meta":
        lines.append('<meta name="robots" content="index, follow, noarchive" />')
    if newsroom.layout_of(article) != "unknown":
        lines += [
            f'<link rel="alternate" type="application/rss+xml" title="Flux des commentaires" href="{url}feed/" />',
            f'<link rel="https://api.w.org/" href="{base}/wp-json/" />',
            f'<link rel="alternate" title="JSON" type="application/json" href="{base}/wp-json/wp/v2/posts/{article.id}" />',
            f"<link rel='shortlink' href='{base}/?p={article.id}' />",
            f'<link rel="amphtml" href="{url}amp/" />',
        ]
    return "\n".join(lines)


def _opengraph(newsroom: Newsroom, article: Article, title: str, description: str) -> list[str]:
    edited = article.modified > article.published
    written = local if newsroom.options.seo == "rank-math" else utc
    image = newsroom.base + featured_picture(article).path
    properties = [
        ("og:locale", "fr_FR"),
        ("og:type", "article"),
        ("og:title", f"{title} - {newsroom.title}"),
        ("og:description", escape(description)),
        ("og:url", newsroom.url(article)),
        ("og:site_name", newsroom.title),
        ("article:publisher", "https://facebook.invalid/francaisfois"),
        ("article:author", "https://facebook.invalid/personnel"),
        ("article:published_time", written(article.published)),
        *([("article:modified_time", written(article.modified))] if edited else []),
        ("og:image", image),
        ("og:image:width", "1200"),
    ]
    if newsroom.options.seo == "rank-math":
        properties.append(("article:section", BY_SLUG[article.sections[0]].name))
        properties += [("article:tag", one) for one in article.tags]
    lines = [f'<meta property="{name}" content="{value}" />' for name, value in properties]
    lines.append(f'<meta name="author" content="{escape(article.byline)}" />')
    lines.append('<meta name="twitter:label1" content="Écrit par" />')
    lines.append(f'<meta name="twitter:data1" content="{escape(article.byline)}" />')
    return lines


def _yoast(newsroom: Newsroom, article: Article) -> str:
    url, base = newsroom.url(article), newsroom.base
    headline = title_html(title_text(article.title)).replace("’", "&rsquo;")  # Yoast keeps entities
    node: dict[str, Any] = {
        "@type": "NewsArticle" if article.id % 2 else ["Article", "NewsArticle"],
        "@id": f"{url}#article",
        "isPartOf": {"@id": url},
        "author": {"name": article.byline, "@id": f"{base}/#/schema/person/1"},
        "headline": headline,
        "datePublished": utc(article.published),
        "mainEntityOfPage": {"@id": url},
        "thumbnailUrl": base + featured_picture(article).path,
        **({"keywords": article.tags} if article.tags else {}),
        "articleSection": [BY_SLUG[one].name for one in article.sections],
        "inLanguage": "fr-FR",
    }
    page: dict[str, Any] = {
        "@type": "WebPage",
        "@id": url,
        "url": url,
        "name": f"{headline} - {newsroom.title}",
        "datePublished": utc(article.published),
        "breadcrumb": {"@id": f"{url}#breadcrumb"},
    }
    if article.modified > article.published:  # left out when never modified
        node["dateModified"] = page["dateModified"] = utc(article.modified)
    graph = [
        *([node] if newsroom.options.seo == "yoast" else []),
        page,
        {"@type": "ImageObject", "@id": f"{url}#primaryimage", "url": base + featured_picture(article).path},
        {
            "@type": "BreadcrumbList",
            "@id": f"{url}#breadcrumb",
            "itemListElement": [{"@type": "ListItem", "position": 1, "name": "Home"}],
        },
        {
            "@type": "WebSite",
            "@id": f"{base}/#website",
            "url": f"{base}/",
            "name": newsroom.title,
            "inLanguage": "fr-FR",
        },
        {"@type": "Organization", "@id": f"{base}/#organization", "name": newsroom.title, "url": f"{base}/"},
        {
            "@type": "Person",
            "@id": f"{base}/#/schema/person/1",
            "name": article.byline,
            "url": f"{base}/author/personnel/",
        },
    ]
    return _script({"@context": "https://schema.org", "@graph": graph}, ' class="yoast-schema-graph"')


def _broken(article: Article, script: str) -> str:
    """A plugin's comma too many, where the article has that oddity."""
    return script.replace("}]}", "},]}") if article.oddity == "broken-jsonld" else script


def _rank_math(newsroom: Newsroom, article: Article) -> str:
    url, base = newsroom.url(article), newsroom.base
    graph = [
        {"@type": "Person", "@id": f"{base}/author/personnel/", "name": article.byline},
        {"@type": "WebSite", "@id": f"{base}/#website", "name": newsroom.title},
        {
            "@type": "NewsArticle",
            "@id": f"{url}#richSnippet",
            "headline": f"{title_html(title_text(article.title))} - {newsroom.title}",
            "datePublished": local(article.published),
            "dateModified": local(article.modified),
            "articleSection": ", ".join(BY_SLUG[one].name for one in article.sections),
            "keywords": ", ".join(article.tags),
            "author": {"@id": f"{base}/author/personnel/", "name": article.byline},
            "inLanguage": "fr-FR",
        },
    ]
    return _script({"@context": "https://schema.org", "@graph": graph}, ' class="rank-math-schema"')


def theme_article(newsroom: Newsroom, article: Article) -> str:
    """The theme's flat Article in the footer; there whatever plugin there is, unless seo is "none"."""
    if newsroom.options.seo == "none":
        return ""
    data = {
        "@context": "http://schema.org",
        "@type": "Article",
        "headline": title_html(title_text(article.title)),
        "url": newsroom.url(article),
        "image": {"@type": "ImageObject", "url": newsroom.base + featured_picture(article).path, "width": 1200},
        "datePublished": local(article.published),
        "dateModified": local(article.modified),
        "author": {"@type": "Person", "name": article.byline, "url": f"{newsroom.base}/author/personnel/"},
        "publisher": {"@type": "Organization", "name": newsroom.title},
        "mainEntityOfPage": {"@type": "WebPage", "@id": newsroom.url(article)},
    }
    return _script(data)
