"""One picture: its best address, caption, credit and alternative text, whatever lazy loader printed it."""

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborNode

from foiscrawl.items import Image
from foiscrawl.parsing.document import Document, node_text
from foiscrawl.text import clean_line

_SRC = ("data-src", "data-lazy-src", "data-original", "data-orig-file", "data-bgsrc", "src")
_SRCSET = ("srcset", "data-srcset", "data-lazy-srcset", "data-bgset")
_SIZE = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)[wx](?:,(.*))?$")
_FILE = re.compile(r"\.(?:avif|gif|jpe?g|png|webp)$", re.IGNORECASE)
_CREDIT = re.compile(r"(?:©|\bCr[ée]dits?(?: photo)? ?:|\bPhoto ?:)\s*([^|\n]{2,200})$", re.IGNORECASE)
_CAPTION = "figcaption, .wp-caption-text, .wp-element-caption, .caption"
_CREDIT_SELECTOR = ".credit, .image-credit, .wp-media-credit, .media-credit"
_LEVELS = 5  # how far above a picture its figure is looked for


def read_image(node: LexborNode, page: Document, role: str, link: str | None = None) -> Image | None:
    """The picture of an <img> or a lazy background, or None for a pixel or an address that is none.

    link   where a click on it leads; a file there is the full size
    """
    attributes = node.attributes
    if any((attributes.get(side) or "") in ("0", "1", "2") for side in ("width", "height")):
        return None
    url = link if link and _FILE.search(link.partition("?")[0]) else best_address(node, page)
    if not url:
        return None
    figure = _figure(node)
    caption = figure.css_first(_CAPTION) if figure is not None else None
    credit = figure.css_first(_CREDIT_SELECTOR) if figure is not None else None
    shown = clean_line(node_text(caption)) if caption is not None else None
    return Image(
        url=url,
        role=role,
        caption=shown,
        credit=clean_line(node_text(credit)) if credit is not None else credit_of(shown),
        alt=clean_line(attributes.get("alt") or attributes.get("aria-label")),
    )


def best_address(node: LexborNode, page: Document) -> str | None:
    """The largest picture that the element names, absolute; data: addresses are placeholders."""
    attributes = node.attributes
    sets = [attributes.get(name) or "" for name in _SRCSET]
    picture = node.parent
    if picture is not None and picture.tag == "picture":
        sets += [source.attributes.get("srcset") or "" for source in picture.css("source[srcset]")]
    sized = [one for raw in sets for one in _candidates(raw)]
    largest = [max(sized, key=lambda one: one[0])[1]] if sized else []
    for raw in (*largest, *(attributes.get(name) or "" for name in _SRC)):
        url = page.absolute(raw) if raw.strip() else ""
        if url.startswith(("http://", "https://")):
            return url
    return None


def _candidates(srcset: str) -> Iterator[tuple[float, str]]:
    """(size, address) of each candidate of a srcset; addresses may hold commas, and blanks after commas may miss."""
    pieces = srcset.split()
    for place in range(1, len(pieces)):
        size = _SIZE.match(pieces[place])
        if size:
            yield float(size[1]), pieces[place - 1]
            pieces[place] = size[2] or ""


def credit_of(caption: str | None) -> str | None:
    """The name after © or « Crédit photo : » at the end of a caption."""
    found = _CREDIT.search(caption[-300:]) if caption else None
    return clean_line(found[1]) if found else None


def _figure(node: LexborNode) -> LexborNode | None:
    above = node.parent
    for _ in range(_LEVELS):
        if above is None:
            return None
        if above.tag == "figure" or "wp-caption" in (above.attributes.get("class") or "").split():
            return above
        above = above.parent
    return None
