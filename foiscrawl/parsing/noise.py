"""What an importer copied along with an article: read-also lines, promotions, shortcodes, the source line at the end.

The rules are the site file's. A block is cut only on evidence; a paragraph that reads like prose never is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from foiscrawl.site import Noise
from foiscrawl.text import clean_line, comparable, count_words

_SHORT = 600  # characters; what is longer is prose and not looked at
_HEAD = 3  # letters that tell most texts from any that is known as noise
_PROMO_WORDS = 30
_GAP_WORDS, _GAP_BLOCKS = 20, 3  # unknown lines that may stand between two promotions
_CREDIT_MAX = 100  # characters
_OPENERS = " \n\u00a0\u202f«“\"'‘("
_CLOSERS = " \u00a0\u202f»”\"'’)"
_SENTENCE_ENDS = ".!?…"
_BRACKETS = re.compile(r"\[(/?)([A-Za-z][A-Za-z0-9_-]{0,40})([^\[\]]{0,500})\]")
_ALONE = re.compile(r"\[[a-z][a-z0-9_-]{0,40}\]")
_BY_CLASS = re.compile(r"[a-z]*\.[a-z][a-z0-9_-]*", re.IGNORECASE)
_CLOSING = re.compile(r"\[/([A-Za-z][A-Za-z0-9_-]{0,40})\]")


class Block(NamedTuple):
    """One paragraph, heading, list item, table row or quoted paragraph of a body, in reading order.

    kind      "p", "h2" … "h6", "li", "tr", "blockquote", "pre" or "credit"
    markup    the same words with their inline tags; to be cleaned before anyone sees it
    links     (address, text) of the links that begin in it
    linked    characters of `text` that stand in links
    wrapper   tag and identity of the list, table or quote that holds it
    """

    kind: str
    text: str
    markup: str = ""
    links: tuple[tuple[str, str], ...] = ()
    linked: int = 0
    wrapper: tuple[str, int] | None = None


@dataclass(frozen=True, slots=True)
class Cleaned:
    """What is left of a body: its blocks, the read-also links that stood in it, and who is named as its source.

    read_also   (address, text, whether the line says « for subscribers »)
    """

    blocks: tuple[Block, ...]
    read_also: tuple[tuple[str, str, bool], ...] = ()
    credit: str | None = None


class NoiseRules:
    """The noise rules of one site, ready for use; make it with `noise_rules`, which keeps it."""

    def __init__(self, noise: Noise) -> None:
        self.selector = _one_selector(noise.selectors)
        self.credit_selector = ", ".join(noise.credit_selectors)
        self.shortcodes = noise.shortcodes
        self._exact = frozenset(map(comparable, noise.exact))
        self._exact_max = max(map(len, noise.exact), default=0) + 20  # spaces and quotes may be doubled
        self._starts = tuple(map(comparable, noise.starts))
        self._start_heads = tuple(one[:_HEAD] for one in self._starts)
        self._heads = (*self._start_heads, *(one[:_HEAD] for one in self._exact))
        self._starts_max_words = noise.starts_max_words
        self._marker = comparable(noise.subscriber_marker)
        self._hosts = noise.promo_hosts
        self._credit = [re.compile(pattern, re.IGNORECASE) for pattern in noise.credit]
        labels = "|".join(re.escape(one) for one in noise.starts) or "(?!)"
        self._label = re.compile(rf"(?:{labels})(?:[^|]{{0,80}}\||\s*:)?\s*", re.IGNORECASE)
        self._marker_text = re.compile(re.escape(noise.subscriber_marker), re.IGNORECASE)

    def clean(self, blocks: Sequence[Block]) -> Cleaned:
        """Cut what is noise; the order of what stays is untouched."""
        keys = [self._key(one.text) for one in blocks]
        also = self._read_also(blocks, keys)
        promo = self._promotions(blocks, keys, also)
        links = tuple(
            (url, self.title(text), self.for_subscribers(one.text))
            for place, one in enumerate(blocks)
            if place in also or (place in promo and keys[place] not in self._exact and self._is_promo_link(one))
            for url, text in one.links
        )
        noise = also | promo
        if self.shortcodes:  # « [leurs] » inside a sentence is the author's, alone in a paragraph it is a plugin's
            noise |= {place for place, one in enumerate(blocks) if _ALONE.fullmatch(one.text)}
        kept = [one for place, one in enumerate(blocks) if place not in noise]
        return self._without_credit(kept, links)

    def _key(self, text: str) -> str:
        """The comparable form of a text that can be noise, "" for any other: most paragraphs need no folding."""
        is_long = len(text) > self._exact_max
        if _begins_otherwise(text, self._start_heads if is_long else self._heads):
            return ""
        if is_long and (len(text) > _SHORT or not comparable(text[:40]).startswith(self._starts)):
            return ""
        return comparable(text)

    def is_read_also(self, text: str) -> bool:
        """Whether an element that is dropped as a whole is a read-also box."""
        if not self._starts or _begins_otherwise(text, self._start_heads):
            return False
        return comparable(text[:_SHORT]).startswith(self._starts)

    def is_marker(self, text: str) -> bool:
        """Whether a text is nothing but the mark of a link for subscribers."""
        if not self._marker or len(text) > _SHORT or _begins_otherwise(text, (self._marker[:_HEAD],)):
            return False
        return comparable(text) == self._marker

    def for_subscribers(self, text: str) -> bool:
        return bool(self._marker) and self._marker in comparable(text[:_SHORT])

    def _read_also(self, blocks: Sequence[Block], keys: Sequence[str]) -> set[int]:
        found: set[int] = set()
        open_list = False  # after a label that stands alone, the links below it are its list
        for place, (one, key) in enumerate(zip(blocks, keys, strict=True)):
            label = self._label_of(key) if key.startswith(self._starts) else None
            if label is not None and self._points_elsewhere(one, key, label):
                found.add(place)
                open_list = key == label
            elif open_list and _is_link(one):
                found.add(place)
            else:
                open_list = False
        return found

    def _label_of(self, key: str) -> str | None:
        return next((one for one in self._starts if key == one or key.startswith(f"{one} ")), None)

    def _points_elsewhere(self, block: Block, key: str, label: str) -> bool:
        """A read-also line shows a separator, the subscriber mark or a link, or is no sentence; prose does not."""
        if count_words(block.text) > self._starts_max_words:
            return False
        return (
            "|" in block.text[: len(label) + 80]
            or ":" in block.text[len(label) : len(label) + 3]
            or (bool(self._marker) and self._marker in key)
            or block.linked * 2 >= len(block.text) - len(label)
            or not _ends_a_sentence(block.text)
        )

    def _promotions(self, blocks: Sequence[Block], keys: Sequence[str], also: set[int]) -> set[int]:
        links = {place for place, one in enumerate(blocks) if one.links and self._is_promo_link(one)}
        anchors = links | {place for place, key in enumerate(keys) if key in self._exact}
        anchors -= also  # a read-also line says nothing of the lines between it and the next
        # « International » can be a heading or a list item of the article itself: noise only beside other noise.
        anchors -= {
            place for place in anchors - links if blocks[place].kind != "p" and not {place - 1, place + 1} & anchors
        }
        found = set(anchors)
        for before, after in pairwise(sorted(anchors)):
            between = range(before + 1, after)
            if len(between) <= _GAP_BLOCKS and all(self._is_filling(blocks[place]) for place in between):
                found.update(between)
        return found

    def _is_promo_link(self, block: Block) -> bool:
        if not block.links or not _is_link(block) or count_words(block.text) > _PROMO_WORDS:
            return False
        return not _ends_a_sentence(block.text) and all(self._is_promo_host(url) for url, _ in block.links)

    def _is_filling(self, block: Block) -> bool:
        """Whether an unknown line between two promotions belongs to them: short, no sentence, no source line."""
        is_short = block.kind in ("p", "li") and count_words(block.text) <= _GAP_WORDS
        return is_short and not _ends_a_sentence(block.text) and not self._is_credit(block.text)

    def _is_credit(self, text: str) -> bool:
        return len(text) <= _CREDIT_MAX and any(one.fullmatch(text) for one in self._credit)

    def _is_promo_host(self, url: str) -> bool:
        host = url.partition("://")[2].partition("/")[0].lower()
        return any(host == one or host.endswith(f".{one}") for one in self._hosts)

    def title(self, text: str) -> str:
        """The title that a read-also link names, without « Lire aussi | Article réservé à nos abonnés »."""
        start = self._label.match(text)
        bare = clean_line(self._marker_text.sub("", text[start.end() :] if start else text))
        return bare or text

    def _without_credit(self, blocks: list[Block], links: tuple[tuple[str, str, bool], ...]) -> Cleaned:
        named = [one.text for one in blocks if one.kind == "credit" and one.text]
        kept = [one for one in blocks if one.kind != "credit"]
        tail: list[str] = []
        while kept and self._is_credit(kept[-1].text):
            tail.insert(0, kept.pop().text)
        return Cleaned(tuple(kept), links, ", ".join(dict.fromkeys((*named, *tail))) or None)


noise_rules = lru_cache(maxsize=64)(NoiseRules)


def _one_selector(selectors: Sequence[str]) -> str:
    """One for all of them. Few elements of a body have a class: the others are passed over at the first look."""
    classes = ", ".join(one for one in selectors if _BY_CLASS.fullmatch(one))
    others = [one for one in selectors if not _BY_CLASS.fullmatch(one)]
    return ", ".join([f"[class]:is({classes})", *others] if classes else others)


def _is_link(block: Block) -> bool:
    return block.linked * 10 >= len(block.text) * 9


def _begins_otherwise(text: str, heads: tuple[str, ...]) -> bool:
    """Whether the first letters alone tell that the comparable form of a text begins with none of these heads."""
    start = text.lstrip(_OPENERS)[: 2 * _HEAD]  # with room for signs that folding leaves out
    head = start[:_HEAD]
    folded = head.lower() if head.isascii() and head.isalpha() else comparable(start)[:_HEAD]
    return len(folded) == _HEAD and not folded.startswith(heads)


def _ends_a_sentence(text: str) -> bool:
    return text.rstrip(_CLOSERS)[-1:] in tuple(_SENTENCE_ENDS)


def closed_names(text: str) -> frozenset[str]:
    """Names of the shortcodes that the text closes somewhere, which proves them shortcodes."""
    return frozenset(_CLOSING.findall(text)) if "[/" in text else frozenset()


def without_shortcodes(text: str, closed: frozenset[str]) -> str:
    """Text without the left-over [shortcodes] of plugins; « [leurs] », « [ci-dessus] » and « […] » stay."""
    if "[" not in text:
        return text

    def judged(hit: re.Match[str]) -> str:
        slash, name, rest = hit.groups()
        return "" if slash or name in closed or "_" in name or "=" in rest else hit[0]

    return _BRACKETS.sub(judged, text)
