"""The body of an article: its blocks in reading order, its pictures, links and embeds, as text and as cleaned HTML."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from operator import attrgetter

import nh3
from selectolax.lexbor import LexborNode

from foiscrawl.items import Image
from foiscrawl.parsing.document import Document, node_text
from foiscrawl.parsing.elements import BLOCKS, EMBED_CLASSES, HEADINGS, INLINE, LISTS, NAMING, PICTURES, ROLES
from foiscrawl.parsing.images import read_image
from foiscrawl.parsing.noise import Block, NoiseRules, closed_names, without_shortcodes
from foiscrawl.text import clean_line, clean_text

_NODES_MAX = 100_000  # of one body; the longest live blog has a tenth
# Captions belong to their picture; a hidden element is no part of what is read.
_CAPTIONS = "figcaption, .wp-caption-text, .wp-element-caption, [hidden], [data-bgsrc]"
_LAYOUT_TABLE = "td p ~ p, td div, td ul, td ol, td h2, td h3, td table, td blockquote, td figure, td br ~ br"

_CLEANER = nh3.Cleaner(
    tags=HEADINGS | LISTS | INLINE | {"p", "br", "li", "blockquote", "pre", "table", "tr", "td"},
    attributes={"a": {"href"}},
    url_schemes={"http", "https", "mailto"},
    link_rel=None,
)


@dataclass(slots=True)
class Body:
    """What one pass over a body found; `dropped_links` are (address, text, box) of read-also boxes cut as a whole."""

    blocks: list[Block] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)
    dropped_links: list[tuple[str, str, str]] = field(default_factory=list)
    embeds: int = 0
    is_cut: bool = False


def read_body(root: LexborNode, page: Document, rules: NoiseRules) -> Body:
    """Read the blocks below `root`, less what the rules' selectors drop; the rules on texts are `NoiseRules.clean`."""
    return _Reader(root, page, rules).read()


def render(blocks: Sequence[Block]) -> tuple[str, str]:
    """Plain text (blocks joined by a blank line, rows of a table by a newline) and clean HTML of the same blocks."""
    texts: list[str] = []
    markup: list[str] = []
    for (kind, wrapper), group in groupby(blocks, key=attrgetter("kind", "wrapper")):
        members = list(group)
        lines = [one.text for one in members]
        texts.extend(["\n".join(lines)] if kind == "tr" else lines)
        tag = "p" if kind == "blockquote" else kind
        inner = "".join(f"<{tag}>{one.markup}</{tag}>" for one in members)
        markup.append(f"<{wrapper[0]}>{inner}</{wrapper[0]}>" if wrapper else inner)
    return "\n\n".join(texts), clean_text(_CLEANER.clean("".join(markup)))


class _Reader:
    """One pass over the elements of a body, without recursion: hostile pages nest deeper than Python calls."""

    def __init__(self, root: LexborNode, page: Document, rules: NoiseRules) -> None:
        self.root, self.page, self.rules = root, page, rules
        self.body = Body()
        # Elements whose role is not that of their tag; where several claim one, the last of these lines wins.
        self.special = {one.mem_id: "picture" for one in root.css(_CAPTIONS)}
        self.special |= {one.mem_id: "credit" for one in root.css(rules.credit_selector or "_")}
        self.special |= {one.mem_id: "dropped" for one in root.css(rules.selector or "_")}
        self.images: dict[str, Image] = {}
        self.text: list[str] = []
        self.markup: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.linked = 0
        self.href: str | None = None
        self.inline: list[tuple[str, str]] = []  # open inline tags and how they were opened
        self.named: list[str] = []  # open elements that name a block, innermost last
        self.wrappers: list[tuple[str, int]] = []  # open lists, quotes and tables of data
        self.tables: list[bool] = []  # open tables: whether each holds data, not layout
        self.in_row = False  # inside a row of a table of data, where cells and paragraphs do not end the block
        self.after_break = False

    def read(self) -> Body:
        nodes = 0
        levels: list[tuple[LexborNode, str, Iterator[LexborNode]]] = [(self.root, "div", self._children(self.root))]
        while levels:
            parent, name, children = levels[-1]
            node = next(children, None)
            nodes += 1
            if node is None or nodes > _NODES_MAX:
                levels.pop()
                self._leave(parent, name)
            elif node.is_text_node:
                self._say(node.text_content or "")
            else:
                tag = node.tag or ""
                only = node.first_child if nodes < _NODES_MAX else None
                if only is not None and only.next is None and only.is_text_node:  # most elements: no level of their own
                    nodes += 2 * self._read_text(node, tag, only.text_content or "")
                elif self._enter(node, tag):
                    levels.append((node, tag, self._children(node)))
        self._flush()
        self.body.images = list(self.images.values())
        self.body.is_cut = nodes > _NODES_MAX
        return self.body

    def _read_text(self, node: LexborNode, tag: str, text: str) -> bool:
        """Read an element that holds nothing but a text. Whether there was anything to read."""
        if tag == "p" and not (self.named or self.inline or self.in_row or node.mem_id in self.special):
            self._flush()
            text = self._shown(text)
            line = clean_line(text)
            if line:
                self.body.blocks.append(Block("p", line, html.escape(text, quote=False).strip()))
            return True
        if not self._enter(node, tag):
            return False
        self._say(text)
        self._leave(node, tag)
        return True

    @staticmethod
    def _children(node: LexborNode) -> Iterator[LexborNode]:
        return node.iter(include_text=True)

    def _enter(self, node: LexborNode, tag: str) -> bool:
        """Whether to read what is inside."""
        role = self.special.get(node.mem_id) or ROLES.get(tag)
        if role == "block" and not (tag in ("blockquote", "figure") and _is_embed(node)):
            self._open_block(node, tag)
            return True
        if role == "inline":
            self._open_inline(node, tag)
            return True
        match role:
            case None:
                return True
            case "break":
                self._break()
            case "picture":
                self._picture(node, tag)
            case "dropped":
                self._drop(node)
            case "credit":
                self._flush()
                self.body.blocks.append(Block("credit", clean_line(node_text(node)) or ""))
            case "unread":
                self._unread(node, tag)
            case _:
                self.body.embeds += 1
        return False

    def _leave(self, node: LexborNode, tag: str) -> None:
        if tag in BLOCKS:
            if tag == "table":
                self.tables.pop()
            if not self.in_row or tag == "tr":
                self._flush()
                self.in_row = False
            if self.named and tag == self.named[-1]:
                self.named.pop()
            if self.wrappers and self.wrappers[-1] == (tag, node.mem_id):
                self.wrappers.pop()
        elif tag in INLINE and self.inline and self.inline[-1][0] == tag:
            _, opener = self.inline.pop()
            if self.markup and self.markup[-1] == opener:  # nothing stands in it
                self.markup.pop()
            else:
                self.markup.append(f"</{tag}>")
            if tag == "a":
                self.href = None

    def _open_block(self, node: LexborNode, tag: str) -> None:
        if tag == "table":
            self.tables.append(node.css_first(_LAYOUT_TABLE) is None)
        if self.in_row:
            is_cell = tag in ("td", "th")
            self.markup.append("</td><td>" if is_cell and self.text else " ")
            self.text.append(" | " if is_cell and self.text else " ")
            return
        self._flush()
        is_data = tag not in ("tr", "table") or (bool(self.tables) and self.tables[-1])
        if tag in NAMING and is_data:
            self.named.append(tag)
            self.in_row = tag == "tr"
        if (tag in LISTS or tag == "blockquote" or tag == "table") and is_data:
            self.wrappers.append((tag, node.mem_id))

    def _open_inline(self, node: LexborNode, tag: str) -> None:
        opener = f"<{tag}>"
        if tag == "a":
            href = node.attributes.get("href") or ""
            url = self.page.absolute(href) if href and not href.startswith("#") else ""
            if not url.startswith(("http://", "https://", "mailto:")):
                return
            opener = f'<a href="{html.escape(url)}">'
            if not url.startswith("mailto:"):
                self.href = url
                self.links.append((url, clean_line(node_text(node)) or ""))
        self.inline.append((tag, opener))
        self.markup.append(opener)

    @cached_property
    def _closed(self) -> frozenset[str]:
        return closed_names(self.root.text())

    def _say(self, text: str) -> None:
        is_pre = bool(self.named) and self.named[-1] == "pre"
        if not is_pre and not self.text and text.isspace():
            return
        text = self._shown(text, is_pre=is_pre)
        self.text.append(text)
        self.markup.append(html.escape(text, quote=False))
        if self.after_break and not text.isspace():
            self.after_break = False
        if self.href:
            self.linked += len(text.strip())

    def _shown(self, text: str, *, is_pre: bool = False) -> str:
        """A text as browsers show it, less shortcodes."""
        if not is_pre:
            text = text.replace("\n", " ")
        return without_shortcodes(text, self._closed) if self.rules.shortcodes and "[" in text else text

    def _break(self) -> None:
        """One <br> is a new line, two are a new paragraph."""
        if self.in_row:
            self._say(" ")
        elif self.after_break:
            self._flush()
        elif any(not one.isspace() for one in self.text):
            self.text.append("\n")
            self.markup.append("<br>")
            self.after_break = True

    def _flush(self) -> None:
        """Close the block that was being read; inline tags that are still open go on in the next one."""
        if not self.text and not self.markup:
            return
        kind = self.named[-1] if self.named else "p"
        raw = "".join(self.text)
        if kind == "pre":
            text = clean_text(raw).strip("\n").rstrip()
        elif "\n" in (raw := raw.strip("\n")):
            text = "\n".join(filter(None, map(clean_line, raw.split("\n"))))
        else:
            text = clean_line(raw) or ""
        if text and not (kind == "tr" and not text.strip(" |")):
            markup = "".join(self.markup).strip().removesuffix("<br>")
            if self.inline:
                markup += "".join(f"</{tag}>" for tag, _ in reversed(self.inline))
            wrapper = self.wrappers[-1] if self.wrappers and kind in ("li", "tr", "blockquote") else None
            markup = f"<td>{markup}</td>" if kind == "tr" else markup
            self.body.blocks.append(Block(kind, text, markup, tuple(self.links), min(self.linked, len(text)), wrapper))
        self.links = self.links[-1:] if self.href else []  # the link around a paragraph begins before it
        self.text, self.linked, self.after_break = [], 0, False
        self.markup = [opener for _, opener in self.inline]

    def _drop(self, node: LexborNode) -> None:
        text = node_text(node)
        if self.rules.is_marker(text):
            self._say(text)  # hidden from eyes, and the only thing that tells a subscriber link
        elif self.rules.is_read_also(text):
            for link in node.css("a[href]"):
                url = self.page.absolute(link.attributes.get("href") or "")
                self.body.dropped_links.append((url, clean_line(node_text(link)) or "", text))

    def _unread(self, node: LexborNode, tag: str) -> None:
        if tag == "noscript":  # some lazy loaders leave the picture only here
            for one in node.css("img"):
                self._picture(one, "img")

    def _picture(self, node: LexborNode, tag: str) -> None:
        classes = node.attributes.get("class") or ""
        if "emoji" in classes or "wp-smiley" in classes:
            self._say(node.attributes.get("alt") or "")
            return
        is_picture = tag in PICTURES or "data-bgsrc" in node.attributes
        image = read_image(node, self.page, "body", self.href) if is_picture else None
        if image is not None:
            self.images.setdefault(image.url, image)


def _is_embed(node: LexborNode) -> bool:
    classes = node.attributes.get("class") or ""
    return any(one in classes for one in EMBED_CLASSES)
