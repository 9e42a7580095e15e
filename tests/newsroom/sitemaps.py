"""Sitemaps as WordPress' core, Yoast and Rank Math write them; `files` maps each path to its maker."""

import re
from collections.abc import Callable
from datetime import datetime

from tests.newsroom.body import featured_picture
from tests.newsroom.model import Article, Newsroom
from tests.newsroom.sections import HOUSE_PAGES, SECTIONS
from tests.newsroom.structured import local, utc

_XMLNS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_IMAGES = 'xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"'
_A_FILE = {"yoast": 1000, "rank-math": 200, "core": 2000, "core-dated": 2000}


def index_path(flavour: str) -> str | None:
    if flavour == "none":
        return None
    return "/wp-sitemap.xml" if flavour.startswith("core") else "/sitemap_index.xml"


def sitemap(newsroom: Newsroom, articles: list[Article], path: str) -> str | None:
    """The XML at this path, or None where this site has no sitemap."""
    flavour = newsroom.options.sitemaps
    if flavour == "none":
        return None
    size = _A_FILE[flavour]
    files = max(1, -(-len(articles) // size))
    if path == index_path(flavour):
        return _index(newsroom, _in_order(articles, flavour), size, files)
    others: dict[str, Callable[[], str]] = {
        "/page-sitemap.xml": lambda: _plain([f"{newsroom.base}/{one}/" for one in HOUSE_PAGES]),
        "/category-sitemap.xml": lambda: _plain([f"{newsroom.base}/category/{one.slug}/" for one in SECTIONS]),
        "/wp-sitemap-posts-page-1.xml": lambda: _plain([f"{newsroom.base}/{one}/" for one in HOUSE_PAGES]),
        "/wp-sitemap-taxonomies-category-1.xml": lambda: _plain(
            [f"{newsroom.base}/category/{one.slug}/" for one in SECTIONS]
        ),
        "/wp-sitemap-users-1.xml": lambda: _plain([f"{newsroom.base}/author/personnel/"]),
    }
    if path in others:
        return others[path]() if path.startswith("/wp-") == flavour.startswith("core") else None
    pattern = r"/wp-sitemap-posts-post-(\d+)\.xml" if flavour.startswith("core") else r"/post-sitemap(\d*)\.xml"
    found = re.fullmatch(pattern, path)
    if not found:
        return None
    number = int(found[1] or 1)
    if not 1 <= number <= files:
        return None
    return _posts(newsroom, _in_order(articles, flavour)[(number - 1) * size : number * size], flavour, number)


def _in_order(articles: list[Article], flavour: str) -> list[Article]:
    if flavour.startswith("core"):
        return sorted(articles, key=lambda one: one.id)
    return sorted(articles, key=lambda one: (_touched(one), one.id), reverse=flavour == "rank-math")


def _touched(article: Article) -> datetime:
    return max(article.published, article.modified)


def _index(newsroom: Newsroom, articles: list[Article], size: int, files: int) -> str:
    base, flavour = newsroom.base, newsroom.options.sitemaps
    core = flavour.startswith("core")
    lines = []
    for number in range(1, files + 1):
        part = articles[(number - 1) * size : number * size]
        newest = max((_touched(one) for one in part), default=newsroom.last_change())
        name = f"wp-sitemap-posts-post-{number}.xml" if core else f"post-sitemap{number if number > 1 else ''}.xml"
        lastmod = "" if core else f"<lastmod>{utc(newest)}</lastmod>"
        lines.append(f"<sitemap><loc>{base}/{name}</loc>{lastmod}</sitemap>")
    names = (
        ("wp-sitemap-posts-page-1", "wp-sitemap-taxonomies-category-1", "wp-sitemap-users-1")
        if core
        else ("page-sitemap", "category-sitemap")
    )
    lines += [f"<sitemap><loc>{base}/{one}.xml</loc></sitemap>" for one in names]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex {_XMLNS}>{"".join(lines)}</sitemapindex>'


def _posts(newsroom: Newsroom, articles: list[Article], flavour: str, number: int) -> str:
    lines = []
    if flavour == "yoast" and number == 1:
        lines.append(f"<url><loc>{newsroom.base}/</loc><lastmod>{utc(newsroom.last_change())}</lastmod></url>")
    for one in articles:
        lastmod = image = ""
        if flavour == "core-dated":
            lastmod = f"<lastmod>{local(one.modified)}</lastmod>"
        elif flavour != "core":
            lastmod = f"<lastmod>{utc(_touched(one))}</lastmod>"
            image = f"<image:image><image:loc>{newsroom.base}{featured_picture(one).path}</image:loc></image:image>"
        lines.append(f"<url><loc>{newsroom.url(one)}</loc>{lastmod}{image}</url>")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {_XMLNS} {_IMAGES}>{"".join(lines)}</urlset>'


def _plain(addresses: list[str]) -> str:
    lines = "".join(f"<url><loc>{one}</loc></url>" for one in addresses)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<urlset {_XMLNS}>{lines}</urlset>'
