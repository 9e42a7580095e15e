"""A theme that nobody described: trafilatura says which text is the article, and the page's own element is read."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lxml.etree import LxmlError
from selectolax.lexbor import LexborHTMLParser, LexborNode

from foiscrawl.parsing.document import Document
from foiscrawl.parsing.elements import UNREAD
from foiscrawl.parsing.noise import Block
from foiscrawl.text import comparable

_PAGE_MAX = 600_000  # characters; the extractor takes up to 0.9 s for each 100 KB of hostile markup
_TELLING = 20  # characters of a text from which finding it in the article says where the article stands
_NEARLY_ALL = 0.95  # of the article's text that its element must hold
_HEADER_BLOCKS, _SIGNATURE_MAX = 4, 120
_MOSTLY = 0.9  # of the element's text that must be the article's; with less it is a whole column of the page
_PROSE = frozenset(("p", "h2", "h3", "h4", "blockquote", "pre", "table", "ol", "ul"))  # what an article is made of
_NO_PROSE = "article, div, form, img, nav, section"  # a list with one of these is a list of cards or of comments


@dataclass(frozen=True, slots=True)
class Generic:
    """The element that holds the body, and why the extractor gave none where the page is not the cause."""

    body: LexborNode | None = None
    flag: str | None = None


def read_generic(page: Document) -> Generic:
    """The body by extraction: slow, so asked only for what nothing else gave.

    Title, author and date that it offers are not used: it takes them from the cards of other articles.
    """
    if len(page.text) > _PAGE_MAX or page.truncated:
        return Generic(flag="generic:refused")
    import trafilatura  # takes a second and 60 MB, and most crawls never need it

    try:
        markup = trafilatura.extract(page.text, output_format="html", include_comments=False, include_links=True)
    except (LxmlError, ValueError, TypeError, AttributeError, LookupError, RecursionError):
        return Generic(flag="generic:failed")  # said in the item: a broken page must not end a crawl
    extracted = LexborHTMLParser(markup).body if markup else None
    if extracted is None:
        return Generic()
    return Generic(locate(page, comparable(extracted.text(separator=" "))) or extracted)


def locate(page: Document, article: str) -> LexborNode | None:
    """The smallest element of the page that holds nearly all of a text and little else, or None.

    article   in comparable form. The element itself keeps what extraction loses: pictures, captions, links, spacing.
    """
    of_article: Counter[int] = Counter()
    of_all: Counter[int] = Counter()
    bare: Counter[int] = Counter()  # text that stands in an element itself, in none of its children
    for node in page.tree.body.traverse(include_text=True) if page.tree.body is not None else ():
        text = comparable(node.text_content or "") if node.is_text_node else ""
        if len(text) < _TELLING:
            continue
        above = _ancestors(node)
        if any(one.tag in UNREAD for one in above):
            continue
        is_found = text in article
        bare[above[0].mem_id] += 0 if is_found else len(text)
        for one in above:
            of_all[one.mem_id] += len(text)
            of_article[one.mem_id] += len(text) if is_found else 0
    place, total = page.tree.body, max(of_article.values(), default=0)
    while place is not None:
        inner = next((one for one in place.iter() if of_article[one.mem_id] >= total * _NEARLY_ALL), None)
        if inner is None or not total:
            break
        place = inner
    if place is None or total * 2 <= len(article):
        return None
    # Extraction leaves out some paragraphs. Those that stand beside the ones it found are the article's as well.
    left_out = bare[place.mem_id] + sum(
        of_all[one.mem_id] - of_article[one.mem_id]
        for one in place.iter()
        if one.tag in _PROSE and one.css_first(_NO_PROSE) is None
    )
    return place if total + min(left_out, total) > of_all[place.mem_id] * _MOSTLY else None


def without_header(blocks: Sequence[Block], headline: str | None, authors: Sequence[str]) -> list[Block]:
    """The blocks without title and author line, which the extractor takes for the first paragraphs.

    A single block that holds the title among other words is the whole page glued together: no body at all.
    """
    title = comparable(headline or "")
    signed = tuple(f"{by} {comparable(name)}" for name in authors for by in ("par", "by"))
    kept: list[Block] = []
    for place, one in enumerate(blocks):
        key = comparable(one.text) if place < _HEADER_BLOCKS else ""
        is_signature = bool(signed) and key.startswith(signed) and len(key) <= _SIGNATURE_MAX
        if not is_signature and not (title and key == title):
            kept.append(one)
    is_whole_page = len(kept) == 1 and len(title) >= _TELLING and title in comparable(kept[0].text)
    return [] if is_whole_page else kept


def _ancestors(node: LexborNode) -> list[LexborNode]:
    above: list[LexborNode] = []
    while (node_above := (above[-1] if above else node).parent) is not None:
        above.append(node_above)
    return above
