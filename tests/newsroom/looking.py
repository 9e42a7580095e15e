"""A simple look at the newsroom's pages for its own tests; shares no code with the renderer or with foiscrawl."""

import re

from selectolax.lexbor import LexborHTMLParser

from tests.newsroom import Article, Clock, Newsroom
from tests.newsroom.answer import Ask
from tests.newsroom.site import Site


def page(site: Site, path: str) -> LexborHTMLParser:
    answer = site.answer(Ask(path))
    assert answer.status == 200, f"{path}: {answer.status}"
    return LexborHTMLParser(answer.body.decode())


def article_page(site: Site, article: Article, below: str = "") -> LexborHTMLParser:
    return page(site, f"/{article.slug}/{below}")


def plain(text: str) -> str:
    return re.sub(r"\s+", "", text)


def body_text(tree: LexborHTMLParser, selector: str) -> str:
    """Everything in the body element, blanks off."""
    found = tree.css_first(selector)
    assert found is not None, f"no {selector}"
    return plain(found.text())


def open_site(**options: object) -> Site:
    return Site(Newsroom(now=Clock(), **options))


def some_article(newsroom: Newsroom, oddity: str | None = None) -> Article:
    return next(one for one in newsroom.articles.values() if one.oddity == oddity)
