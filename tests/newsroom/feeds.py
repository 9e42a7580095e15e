"""RSS 2.0 and Atom, of the whole site and of any list, with the site-wide validators WordPress gives them."""

# ruff: noqa: E501 - markup keeps the lines in which a theme prints it

import hashlib
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from tests.newsroom.answer import Answer, Ask
from tests.newsroom.article_pages import body_html, description_of
from tests.newsroom.model import Article, Newsroom
from tests.newsroom.sections import BY_SLUG
from tests.newsroom.text import escape, title_html, title_text


def validators(newsroom: Newsroom) -> tuple[str, str]:
    """ETag and Last-Modified: one pair for every feed of the site, made of its newest modification."""
    changed = format_datetime(newsroom.last_change().astimezone(UTC), usegmt=True)
    return f'"{hashlib.md5(changed.encode(), usedforsecurity=False).hexdigest()}"', changed


def answer(
    newsroom: Newsroom, ask: Ask, articles: list[Article], name: str, address: str, *, atom: bool
) -> Answer | None:
    """The feed of `articles` (newest first), or None past the end. 304 when all validators sent match."""
    size = newsroom.options.feed_items
    try:
        number = int(ask.query.get("paged", "1"))
    except ValueError:
        number = 1
    items = articles[(number - 1) * size : number * size]
    if not items and number > 1:
        return None
    etag, last_modified = validators(newsroom)
    weakened = newsroom.options.weak_etag and "gzip" in ask.headers.get("accept-encoding", "")
    headers = {"ETag": f"W/{etag}" if weakened else etag, "Last-Modified": last_modified}
    if not weakened and _unchanged(ask, etag, last_modified):
        return Answer(304, b"", "", headers)
    text = _atom(newsroom, items, name, address) if atom else _rss(newsroom, items, name, address)
    kind = "application/atom+xml" if atom else "application/rss+xml"
    return Answer(200, text.encode(), f"{kind}; charset=UTF-8", headers)


def _unchanged(ask: Ask, etag: str, last_modified: str) -> bool:
    """WordPress' rule: of the two validators, all that were sent must match."""
    sent_etag, sent_date = ask.headers.get("if-none-match"), ask.headers.get("if-modified-since")
    if sent_etag is None and sent_date is None:
        return False
    if sent_etag is not None and sent_etag.removeprefix("W/") != etag:
        return False
    try:
        return sent_date is None or parsedate_to_datetime(sent_date) >= parsedate_to_datetime(last_modified)
    except ValueError:
        return False


def _content(newsroom: Newsroom, article: Article) -> str:
    if article.kind == "protected":
        return "Cette publication est protégée."
    if not newsroom.options.feed_full:
        return f"<p>{escape(description_of(article))} [&hellip;]</p>"
    inner = body_html(newsroom, article)
    if newsroom.options.seo == "yoast":
        inner += f'<p>L’article <a href="{newsroom.url(article)}">{title_html(article.title)}</a> est apparu en premier sur <a href="{newsroom.base}">{newsroom.title}</a>.</p>'
    return inner.replace("]]>", "]]&gt;")


def _rss(newsroom: Newsroom, items: list[Article], name: str, address: str) -> str:
    base = newsroom.base
    entries = []
    for one in items:
        categories = "".join(
            f"<category><![CDATA[{tag}]]></category>"
            for tag in [*(BY_SLUG[slug].name for slug in one.sections), *one.tags]
        )
        url = newsroom.url(one)
        entries.append(f"""<item><title>{escape(title_text(one.title))}</title><link>{url}</link><comments>{url}#respond</comments>
<dc:creator><![CDATA[{one.byline}]]></dc:creator><pubDate>{_rfc(one.published)}</pubDate>{categories}
<guid isPermaLink="false">{base}/?p={one.id}</guid><description><![CDATA[{escape(description_of(one))} [&#8230;]]]></description>
<content:encoded><![CDATA[{_content(newsroom, one)}]]></content:encoded><slash:comments>{one.comments}</slash:comments></item>""")
    built = max((one.modified for one in items), default=newsroom.now())
    return f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:slash="http://purl.org/rss/1.0/modules/slash/">
<channel><title>{name}</title><atom:link href="{address}" rel="self" type="application/rss+xml" /><link>{base}/</link>
<description></description><lastBuildDate>{_rfc(built)}</lastBuildDate><language>fr-FR</language>
{"".join(entries)}</channel></rss>"""


def _atom(newsroom: Newsroom, items: list[Article], name: str, address: str) -> str:
    base = newsroom.base
    entries = []
    for one in items:
        url = newsroom.url(one)
        entries.append(f"""<entry><author><name>{escape(one.byline)}</name><uri>{base}</uri></author>
<title type="html"><![CDATA[{title_html(one.title)}]]></title><link rel="alternate" type="text/html" href="{url}" />
<id>{base}/?p={one.id}</id><updated>{_iso(one.modified)}</updated><published>{_iso(one.published)}</published>
{"".join(f'<category scheme="{base}" term="{BY_SLUG[slug].name}" />' for slug in one.sections)}
<summary type="html"><![CDATA[{escape(description_of(one))} [&#8230;]]]></summary>
<content type="html" xml:base="{url}"><![CDATA[{_content(newsroom, one)}]]></content></entry>""")
    updated = max((one.modified for one in items), default=newsroom.now())
    return f"""<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" xml:lang="fr-FR"><title type="text">{name}</title>
<updated>{_iso(updated)}</updated><link rel="alternate" type="text/html" href="{base}/" /><id>{address}</id>
<link rel="self" type="application/atom+xml" href="{address}" />{"".join(entries)}</feed>"""


def comments_feed(newsroom: Newsroom, name: str) -> Answer:
    """A feed of comments: looks like a feed of articles, links to comments."""
    text = f"""<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>Commentaires sur {escape(name)}</title>
<link>{newsroom.base}/</link><item><title>Par un lecteur</title><link>{newsroom.base}/contacter/#comment-7</link></item></channel></rss>"""
    return Answer(200, text.encode(), "application/rss+xml; charset=UTF-8")


def _rfc(moment: datetime) -> str:
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0))


def _iso(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
