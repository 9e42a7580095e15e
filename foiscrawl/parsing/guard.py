"""Markup that would hang the parser, cut off before it is parsed.

The parser walks its stack of open elements at each tag and its attributes at each attribute, so a page of nothing but
`<div>` costs the square of its length (measured: 100 KB 0.9 s, 1 MB minutes).
"""

import re

_MANY_TAGS = 10_000  # below this nesting costs at most 0.2 s, and nearly every page is below
_LONG = 200_000  # bytes; below this attributes cost at most 1 s
_DEPTH_MAX = 512  # open elements; no browser builds a deeper tree
_ATTRIBUTES_MAX = 2_000  # of one tag

_TAG = re.compile(rb"<(/?)([A-Za-z][^\s/>]{0,40})")
_LONG_TAG = re.compile(rb"<[A-Za-z][^<>]{20000,}")
_QUOTED = re.compile(rb"\"[^\"]*+\"|'[^']*+'")
_SEPARATOR = re.compile(rb"[\s/]+")
# Never open for long: void elements, and those that the next of their kind closes.
_SHALLOW = frozenset(
    b"area base br col embed hr img input link meta param source track wbr "
    b"p li dt dd option optgroup tr td th tbody thead tfoot colgroup rp rt".split()
)


def safe_length(markup: bytes) -> int:
    """How many bytes from the start can be parsed in time; all of them for any page made for readers."""
    safe = len(markup)
    if safe > _LONG:
        safe = min((hit.start() for hit in _LONG_TAG.finditer(markup) if _has_many_attributes(hit[0])), default=safe)
    if markup.count(b"<") > _MANY_TAGS:
        safe = min(safe, _too_deep_from(markup))
    return safe


def _has_many_attributes(tag: bytes) -> bool:
    return len(_SEPARATOR.findall(_QUOTED.sub(b"", tag))) > _ATTRIBUTES_MAX


def _too_deep_from(markup: bytes) -> int:
    """Where the nesting passes the limit; the length when it never does."""
    open_now: dict[bytes, int] = {}
    depth = 0
    for tag in _TAG.finditer(markup):
        name = tag[2].lower()
        if name in _SHALLOW:
            continue
        count = open_now.get(name, 0)
        if not tag[1]:
            open_now[name] = count + 1
            depth += 1
        elif count:
            open_now[name] = count - 1
            depth -= 1
        if depth > _DEPTH_MAX:
            return tag.start()
    return len(markup)
