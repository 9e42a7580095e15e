"""From a page to an article: by the layout valid at fetch time, each field from the first origin that gives a value."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit

from selectolax.lexbor import LexborNode

from foiscrawl.items import ArticleItem, BodyLink, Image, PageKind
from foiscrawl.parsing.body import Body, read_body, render
from foiscrawl.parsing.document import Document
from foiscrawl.parsing.fields import Fields
from foiscrawl.parsing.generic import without_header
from foiscrawl.parsing.images import credit_of, read_image
from foiscrawl.parsing.noise import Cleaned, NoiseRules, noise_rules
from foiscrawl.parsing.readers import Readers, is_own_post
from foiscrawl.parsing.verdict import access, forbids_archiving, kind_by_classes, kind_by_content, reserves_mining
from foiscrawl.site import Layout, Site
from foiscrawl.text import clean_line, count_words
from foiscrawl.urls import same_site, url_key

EXTRACTOR_VERSION = "2"  # raised with every change that can change what is read from the same bytes

_READABLE = frozenset((PageKind.ARTICLE, PageKind.UNKNOWN, PageKind.PAGE, PageKind.ATTACHMENT))
_PAGE_PATH = re.compile(r"/([2-9]|[1-9]\d{1,3})/?$")
_PAGE_QUERY = re.compile(r"(?:^|&)(?:page|paged)=([2-9]|[1-9]\d{1,3})(?:&|$)")


@dataclass(frozen=True, slots=True)
class _Text:
    """The body of one page, ready for the item."""

    text: str = ""
    markup: str = ""
    links: tuple[BodyLink, ...] = ()
    images: tuple[Image, ...] = ()
    embeds: int = 0
    credit: str | None = None
    root: LexborNode | None = None


def parse_article(page: Document, site: Site, fetched_at: datetime) -> ArticleItem:
    """Read one page. Raises nothing, whatever it holds: `page_kind` tells what it is, `flags` what was odd."""
    readers = Readers(page)
    layout = _layout(page, site, fetched_at)
    fields = Fields(readers, layout, site, fetched_at)
    kind = kind_by_classes(readers)
    headline = fields.headline()
    authors = fields.authors()
    text = _text(fields, headline, authors) if kind in _READABLE else _Text()
    count = count_words(text.text)
    kind = kind_by_content(kind, readers, site.refuse, headline, count, has_media=bool(text.embeds or text.images))
    section = fields.section()
    who, evidence = access(readers, site.access, kind, text.text, count)
    if evidence:
        fields.origins["access"] = evidence
    return ArticleItem(
        page_kind=kind,
        url=page.url,
        canonical_url=fields.canonical_url(),
        source_id=fields.source_id(),
        headline=headline,
        standfirst=fields.standfirst(),
        byline=", ".join(authors) or None,
        credit=text.credit,
        authors=authors,
        published=fields.instant("published", layout.published),
        modified=fields.instant("modified", layout.modified),
        section=section,
        sections=fields.terms("sections", layout.sections, section),
        tags=fields.terms("tags", layout.tags),
        body_text=text.text,
        body_html=text.markup,
        images=_images(fields, text),
        links=text.links,
        embeds=text.embeds,
        language=fields.language(),
        word_count=count,
        access=who,
        licence=fields.licence(),
        noarchive=forbids_archiving(page),
        layout=layout.name,
        extractor_version=EXTRACTOR_VERSION,
        aliases=_aliases(page, site),
        next_pages=_next_pages(fields, text.root) if kind is PageKind.ARTICLE else (),
        origins=fields.origins,  # these two last: the fields above fill them
        flags=(*fields.flags, *_oddities(page, readers)),
    )


def join_pages(first: ArticleItem, rest: Sequence[ArticleItem]) -> ArticleItem:
    """One article of several pages: texts, pictures and links in page order, all else as the first page has it."""
    if not rest:
        return first
    pages = (first, *rest)
    body = "\n\n".join(one.body_text for one in pages if one.body_text)
    images: dict[str, Image] = {}
    for one in (one for page in pages for one in page.images):
        images.setdefault(one.url, one)
    return replace(
        first,
        body_text=body,
        body_html="".join(one.body_html for one in pages),
        images=tuple(images.values()),
        links=tuple(dict.fromkeys(one for page in pages for one in page.links)),
        embeds=sum(one.embeds for one in pages),
        credit=next((one.credit for one in reversed(pages) if one.credit), None),
        word_count=count_words(body),
        flags=tuple(dict.fromkeys(flag for page in pages for flag in page.flags)),
    )


def _layout(page: Document, site: Site, moment: datetime) -> Layout:
    valid = site.layouts_at(moment)
    return next((one for one in valid if one.match and page.tree.css_first(one.match) is not None), site.generic)


def _oddities(page: Document, readers: Readers) -> Iterable[str]:
    if page.charset_flag:
        yield page.charset_flag
    if page.truncated:
        yield "truncated_tree"
    if not page.is_complete:
        yield "incomplete"
    if readers.generic_flag:
        yield readers.generic_flag
    if reserves_mining(page):
        yield "tdm:1"


def _text(fields: Fields, headline: str | None, authors: Sequence[str]) -> _Text:
    """The body by the first origin that finds one; found empty it is an answer, and nothing is guessed instead."""
    root, origin = _body_root(fields)
    if root is None:
        return _Text()
    fields.origins["body"] = origin
    page, site = fields.readers.page, fields.site
    rules = noise_rules(site.noise)
    body = read_body(root, page, rules)
    blocks = without_header(body.blocks, headline, authors) if origin == "generic" else body.blocks
    cleaned = rules.clean(blocks)
    if body.is_cut:
        fields.flags.append("body:cut")
    text, markup = render(cleaned.blocks)
    links = _links(body, cleaned, rules, site)
    return _Text(text, markup, links, tuple(body.images), body.embeds, cleaned.credit, root)


def _body_root(fields: Fields) -> tuple[LexborNode | None, str]:
    readers = fields.readers
    for origin in fields.layout.body:
        if origin == "generic":
            if readers.generic.body is not None:
                return readers.generic.body, origin
            continue
        nodes = readers.nodes(origin)
        if nodes:
            return _own_body(nodes, readers.post), origin
    return None, ""


def _own_body(nodes: Sequence[LexborNode], post: str | None) -> LexborNode:
    """Of several matches the one in this post's own element, else the longest: cards have such elements too."""
    if len(nodes) == 1:
        return nodes[0]
    own = [one for one in nodes if is_own_post(one, post)]
    return own[0] if own else max(nodes, key=lambda one: len(one.text()))


def _links(body: Body, cleaned: Cleaned, rules: NoiseRules, site: Site) -> tuple[BodyLink, ...]:
    """Links of the text and of the read-also lines that were cut from it, each address once."""
    also = [
        *((url, rules.title(text), rules.for_subscribers(box)) for url, text, box in body.dropped_links),
        *cleaned.read_also,
    ]
    found = {url: BodyLink(url, text, "subscriber" if closed else "read_also") for url, text, closed in also}
    for one in cleaned.blocks:
        for url, text in one.links:
            kind = "internal" if same_site(url, site.home) else "external"
            found.setdefault(url, BodyLink(url, text, kind))
    return tuple(found.values())


def _images(fields: Fields, text: _Text) -> tuple[Image, ...]:
    featured = _featured(fields)
    if featured is None:
        return text.images
    return (featured, *(one for one in text.images if one.url != featured.url))


def _featured(fields: Fields) -> Image | None:
    readers, page = fields.readers, fields.readers.page
    for origin in fields.layout.featured_image:
        nodes = readers.nodes(origin)
        if nodes:
            parent = nodes[0].parent
            link = (
                page.absolute(parent.attributes.get("href") or "") if parent is not None and parent.tag == "a" else None
            )
            image = read_image(nodes[0], page, "featured", link)
        else:
            url = next((page.absolute(raw) for raw in readers.strings(origin) if raw.strip()), "")
            image = Image(url, "featured") if url.startswith(("http://", "https://")) else None
        if image is not None:
            fields.origins["featured_image"] = origin
            return _captioned(image, fields)
    return None


def _captioned(image: Image, fields: Fields) -> Image:
    """The picture with the caption that stands apart from it, as above a cover."""
    found = None if image.caption else fields.readers.first(fields.layout.featured_caption, clean_line)
    if found is None:
        return image
    return replace(image, caption=found[0], credit=image.credit or credit_of(found[0]))


def _aliases(page: Document, site: Site) -> tuple[str, ...]:
    found = (page.absolute(href.strip()) for href in page.links.get("shortlink", ()) if href.strip())
    return tuple(dict.fromkeys(one for one in found if same_site(one, site.home)))


def _next_pages(fields: Fields, root: LexborNode | None) -> tuple[str, ...]:
    """Addresses of this article's further pages, in order. They stand inside the body or right beside it."""
    page = fields.readers.page
    scope = root.parent or root if root is not None else None
    selectors = [origin.partition(":")[2] for origin in fields.layout.next_pages]
    if scope is None or scope.css_first(", ".join(selectors) or "_") is None:  # one walk: nearly every article has none
        return ()
    for selector in selectors:
        hrefs = (node.attributes.get("href") or "" for node in scope.css(selector))
        urls = {url_key(url): url for href in hrefs if href.strip() and (url := page.absolute(href.strip()))}
        further = {key: url for key, url in urls.items() if key != url_key(page.url) and _continues(url, page.url)}
        if further:
            return tuple(further.values())
    return ()


def _continues(url: str, current: str) -> bool:
    """Whether `url` is page 2 or later of the article at `current`, on the same host: /slug/2/ or ?page=2."""
    if not same_site(url, current):
        return False
    ours, theirs = urlsplit(current), urlsplit(url)
    bases = {ours.path.rstrip("/"), _PAGE_PATH.sub("", ours.path)}
    path = theirs.path.rstrip("/")
    if path in bases and _PAGE_QUERY.search(theirs.query):
        return True
    return bool(_PAGE_PATH.search(path)) and _PAGE_PATH.sub("", path) in bases
