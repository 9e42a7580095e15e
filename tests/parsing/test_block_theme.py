"""Block themes print neither date nor number pages as others do; seen on a real WordPress 7.1 with its stock theme."""

from datetime import UTC, datetime

from foiscrawl.parsing.article import parse_article
from foiscrawl.parsing.document import Document
from foiscrawl.site import load_site

SITE = load_site("francaisfois")
URL = f"{SITE.home}un-titre/"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
PARAGRAPH = "<p>" + "Une phrase que personne d'autre n'a écrite tient ici toute la place. " * 4 + "</p>"
OTHERS = """<ul class="wp-block-post-template"><li class="wp-block-post post-8"><h2 class="wp-block-post-title">
<a href="/un-autre/">Un autre</a></h2><div class="wp-block-post-date"><a href="/un-autre/">
<time datetime="2026-11-01T10:00:00+01:00">1 novembre 2026</time></a></div></li></ul>"""


def read(body: str):
    page = f"""<html lang="fr-FR"><head><title>Un titre</title></head>
    <body class="wp-singular single single-post postid-7">
    <main><h1 class="wp-block-post-title">Un titre</h1>{body}{OTHERS}</main></body></html>"""
    return parse_article(Document(URL, page.encode(), "utf-8"), SITE, NOW)


def test_the_date_of_another_article_in_a_list_is_not_the_articles_own():
    item = read(f'<div class="entry-content wp-block-post-content">{PARAGRAPH}</div>')

    assert item.published is None
    assert item.source_id == "7"


def test_its_own_date_beside_the_list_is_read():
    own = '<div class="wp-block-post-date"><time datetime="2026-11-20T08:30:00+01:00">20 novembre 2026</time></div>'

    item = read(f'{own}<div class="entry-content wp-block-post-content">{PARAGRAPH}</div>')

    assert item.published is not None
    assert item.published.at == datetime(2026, 11, 20, 7, 30, tzinfo=UTC)


def test_an_author_without_a_link_is_read_but_not_that_of_another_article():
    author = '<div class="wp-block-post-author"><p class="wp-block-post-author__name">Zoé Lefèvre</p></div>'
    body = f'<div class="entry-content wp-block-post-content">{PARAGRAPH}</div>'
    other = f'<ul class="wp-block-post-template"><li class="wp-block-post post-9">{author}</li></ul>'

    assert read(f"{author}{body}").byline == "Zoé Lefèvre"
    assert read(f"{other}{body}").byline is None


def test_further_pages_and_the_section_are_found():
    terms = '<div class="taxonomy-category"><a href="/category/culture/" rel="tag">Culture</a></div>'
    pages = f'<p class="post-nav-links">Pages : <span class="current">1</span> <a href="{URL}2/">2</a></p>'

    item = read(f'{terms}<div class="entry-content wp-block-post-content">{PARAGRAPH}{pages}</div>')

    assert item.next_pages == (f"{URL}2/",)
    assert item.section == "Culture"
    assert [one.name for one in item.sections] == ["Culture"]
    assert item.tags == ()
    assert "Pages" not in item.body_text
