"""One page: its bytes decoded once, its tree and its structured data made when they are first asked for."""

import codecs
import html
import json
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborDocumentOptions, LexborHTMLParser, LexborNode
from w3lib.encoding import html_body_declared_encoding, resolve_encoding

from foiscrawl.parsing.guard import safe_length

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_PIECE = 4096  # bytes decoded at a time
_JSON_MAX = 2_000_000  # characters of structured data in one script; Yoast writes about 5,000
_THINGS_MAX = 1_000
# Strings first, so that nothing inside one is taken for a comment. Unclosed ones run to the end: linear on any text.
_JSON_NOISE = re.compile(r'("(?:[^"\\]|\\.)*+"?)|/\*.*?(?:\*/|\Z)|//[^\n]*|,(?=\s*[}\]])', re.DOTALL)
_JSON_WRAPPING = re.compile(r"\ufeff|<!--|-->|<!\[CDATA\[|\]\]>")
_JSON = json.JSONDecoder(strict=False)  # raw newlines inside strings are common
_PATH = r"(?:/[A-Za-z0-9_~-][A-Za-z0-9_~.-]*)*/?"  # nothing to join, encode or resolve
_PLAIN_URL = re.compile(rf"https?://[a-z0-9.-]+(?::[0-9]+)?{_PATH}(?:\?[A-Za-z0-9_~.=&-]+)?")
_PLAIN_PATH = re.compile(rf"(?=/){_PATH}")
_UNREAD = frozenset(("script", "style", "template"))
_INSIDE = re.compile(r"(\.[a-z][a-z0-9_-]*|[a-z]+\[[a-z]+\^?='[a-z-]+'\])(?: > | )(?![\s>+~|])[^,\\]+", re.IGNORECASE)
_TAG_AND_ATTRIBUTES = re.compile(
    r"([a-z]+(?:\.[a-z][a-z0-9_-]*)*)((?:\[[a-z-]+(?:[*^$~|]?='[^'\\]*'(?: i)?)?\])+)", re.IGNORECASE
)


class Document:
    """A page as it came.

    url       the address that answered
    body      its bytes, content encoding undone
    charset   as the Content-Type header declares it, or None

    `charset_flag` is None when the reading of the bytes is certain, else "charset:mislabelled" (they are UTF-8
    whatever was declared), "charset:disputed", "charset:replaced" or "charset:guessed".
    `truncated` tells that markup which no parser survives was cut off.
    """

    def __init__(self, url: str, body: bytes, charset: str | None = None) -> None:
        self.url = url
        self._whole, self.charset_flag = as_utf8(body, charset)
        length = safe_length(self._whole)
        self.truncated = length < len(self._whole)
        self._markup = self._whole[:length]
        self._holders: dict[str, list[LexborNode]] = {}

    @cached_property
    def text(self) -> str:
        return self._whole.decode()

    @cached_property
    def tree(self) -> LexborHTMLParser:
        # Without events: with them 12,000 unclosed <option> take half a second, and nothing here needs them.
        return LexborHTMLParser(self._markup, options=LexborDocumentOptions.WO_EVENTS)

    @cached_property
    def is_complete(self) -> bool:
        """Whether the page has its end; WordPress always writes one."""
        end = self._whole[-4096:]
        return b"</html" in end or b"</html" in end.lower() or b"</html" in self._whole.lower()

    @cached_property
    def meta(self) -> Mapping[str, list[str]]:
        """`content` by lower-case `property` or `name`, in page order."""
        found: dict[str, list[str]] = {}
        for node in self.css("meta[content]"):
            attributes = node.attributes
            name = attributes.get("property") or attributes.get("name")
            if name:
                found.setdefault(name.strip().lower(), []).append(attributes.get("content") or "")
        return found

    @cached_property
    def links(self) -> Mapping[str, list[str]]:
        """`href` of <link> elements by lower-case `rel`, in page order."""
        found: dict[str, list[str]] = {}
        for node in self.css("link[rel][href]"):
            attributes = node.attributes
            for rel in (attributes.get("rel") or "").lower().split():
                found.setdefault(rel, []).append(attributes.get("href") or "")
        return found

    @cached_property
    def jsonld(self) -> list[dict[str, Any]]:
        """The things that the page's JSON-LD describes, graphs and lists flattened; what is no JSON is left out."""
        things: list[dict[str, Any]] = []
        for script in self.css("script[type*='ld+json' i]"):
            queue = deque([_read_json(script.text())])
            while queue and len(things) < _THINGS_MAX:
                thing = queue.popleft()
                if isinstance(thing, list):
                    queue.extendleft(reversed(thing))
                elif isinstance(thing, dict):
                    things.append(thing)
                    queue.extendleft((thing.get("mainEntity"), thing.get("@graph")))
        return things

    def css(self, selector: str) -> list[LexborNode]:
        """Every match, in page order: what `tree.css` finds, for less where the selector says where it can stand."""
        outer = _outer(selector)
        if outer is None:
            return self.tree.css(_attributes_first(selector))
        holders = self.holders(outer)
        if len(holders) > 1:  # one may stand inside another, and its matches would come twice
            return self.tree.css(selector)
        return holders[0].css(selector) if holders else []

    def holders(self, selector: str) -> list[LexborNode]:
        """Every match of a selector that many others begin with; looked for once."""
        found = self._holders.get(selector)
        if found is None:
            found = self._holders[selector] = self.tree.css(_attributes_first(selector))
        return found

    def first(self, selectors: Sequence[str]) -> LexborNode | None:
        """The first match of the first selector that finds anything."""
        return next((node for one in selectors if (node := self.tree.css_first(one)) is not None), None)

    def all(self, selectors: Sequence[str]) -> list[LexborNode]:
        """Every match of the first selector that finds anything."""
        return next((nodes for one in selectors if (nodes := self.css(one))), [])

    @cached_property
    def _base(self) -> str:
        node = self.tree.css_first("base[href]")
        if node is None:
            return self.url
        base = (node.attributes.get("href") or "").strip()
        return _join(self.url, base) or self.url

    def absolute(self, href: str) -> str:
        """The address that a browser opens for this href; "" when it is none at all."""
        if _PLAIN_URL.fullmatch(href):
            return href
        if _PLAIN_PATH.fullmatch(href):
            return self._root + href
        return _join(self._base, href)

    @cached_property
    def _root(self) -> str:
        return _join(self._base, "/").removesuffix("/")


@lru_cache(maxsize=1024)
def _outer(selector: str) -> str | None:
    """The class or tag[attribute] that a selector begins with, when every match stands inside such an element."""
    found = _INSIDE.fullmatch(selector)
    return found[1] if found else None


@lru_cache(maxsize=1024)
def _attributes_first(selector: str) -> str:
    """The same selector; most elements lack the attribute, which the parser sees sooner than another name."""
    found = _TAG_AND_ATTRIBUTES.fullmatch(selector)
    return f"{found[2]}:is({found[1]})" if found else selector


def _join(base: str, href: str) -> str:
    if _PLAIN_URL.fullmatch(href):
        return href
    href = href.strip(" \t\r\n\f\0").replace("\t", "").replace("\r", "").replace("\n", "").replace("\\", "/")
    try:
        url = urljoin(base, href)
        urlsplit(url)
    except ValueError:  # "http://[": no address
        return ""
    return url


def node_text(node: LexborNode) -> str:
    """The text of an element as a reader sees it: a <br> is a blank, scripts and styles are not read."""
    child = node.first_child
    if child is not None and child.next is None and child.is_text_node:
        return child.text_content or ""
    if node.css_first("br, script, style, template") is None:
        return node.text()
    return "".join(_pieces(node))


def _pieces(node: LexborNode) -> Iterator[str]:
    unread = {text.mem_id for one in node.css(", ".join(_UNREAD)) for text in one.traverse(include_text=True)}
    for one in node.traverse(include_text=True):
        if one.is_text_node and one.mem_id not in unread:
            yield one.text_content or ""
        elif one.tag == "br":
            yield " "


def _read_json(raw: str) -> Any:
    """The value of a JSON-LD script, mended where plugins and editors are known to break it; None when it has none."""
    if len(raw) > _JSON_MAX:
        return None
    for mend in (str.strip, _unwrapped, _without_comments, html.unescape):
        raw = mend(raw)
        try:
            return _JSON.raw_decode(raw)[0]
        except (ValueError, RecursionError):
            continue
    return None


def _unwrapped(raw: str) -> str:
    return _JSON_WRAPPING.sub("", raw).strip().removeprefix("//").strip()


def _without_comments(raw: str) -> str:
    return _JSON_NOISE.sub(lambda hit: hit[1] or "", raw).strip()


def as_utf8(body: bytes, declared: str | None) -> tuple[bytes, str | None]:
    """The text of a page as UTF-8, and a flag when another reading was possible.

    Bytes that are valid UTF-8 are UTF-8, whoever says otherwise: French text in any other encoding never is.
    """
    for bom, name in _BOMS:
        if body.startswith(bom):
            return _replacing(body[len(bom) :], name)
    if wide := _without_bom(body):
        return _replacing(body, wide)
    names = _declared(body, declared)
    if not _is_utf8(body):
        return _not_utf8(body, names)
    mislabelled = any(name != "utf-8" for name in names) and not body.isascii()
    return body, "charset:mislabelled" if mislabelled else None


def _is_utf8(body: bytes) -> bool:
    """Whether the bytes are valid UTF-8. Decoded in pieces, most of which are ASCII and cost next to nothing."""
    start = 0
    while start < len(body):
        tag = body.find(b"<", start + _PIECE)  # before a tag no letter is cut in two
        end = tag if tag != -1 else len(body)
        try:
            body[start:end].decode()
        except UnicodeDecodeError:
            return False
        start = end
    return True


def _without_bom(body: bytes) -> str | None:
    """UTF-16 shows itself by the NUL beside each letter of the first tag."""
    start = body[:4]
    return {b"<\0": "utf-16-le", b"\0<": "utf-16-be"}.get(start[:2]) if start.count(0) == 2 else None


def _declared(body: bytes, header: str | None) -> list[str]:
    """Encodings that the header, then the page declare, as Python names them."""
    names = (header, html_body_declared_encoding(body[:4096]))
    return [known for name in names if name and (known := resolve_encoding(name))]


def _not_utf8(body: bytes, names: Sequence[str]) -> tuple[bytes, str | None]:
    readings = {}
    for name in names:
        try:
            readings[name] = body.decode(name).encode()
        except (LookupError, ValueError):  # "hex" and "unicode_escape" are codecs, but what they give need be no text
            continue
    if readings:
        first, *others = readings.values()
        return first, "charset:disputed" if any(one != first for one in others) else None
    text = body.decode(errors="replace")
    if text.count("\ufffd") * 2 < sum(not char.isascii() for char in text):
        return text.encode(), "charset:replaced"  # some damage: cut in the middle of a letter, one pasted fragment
    return body.decode("windows-1252", "replace").encode(), "charset:guessed"


def _replacing(body: bytes, name: str) -> tuple[bytes, str | None]:
    text = body.decode(name, "replace")
    return text.encode(), "charset:replaced" if "\ufffd" in text else None
