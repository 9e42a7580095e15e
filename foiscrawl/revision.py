"""Whether an article was edited since it was last stored, in what, and by how much. Policy only: no clock, no SQL.

An edit is a change by the publisher. What differs because our own reading or the theme differs is none: of pages that
were read in the same way every letter counts; of others only what no other way of reading explains.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

from foiscrawl import difference
from foiscrawl.items import ArticleItem, Instant
from foiscrawl.text import comparable, hashable, words

FIRST = "first"
KINDS = ("headline", "standfirst", "body", "correction", "byline", "credit", "published", "restored")

_STRUCTURAL = ("css:", "jsonld:", "meta:", "class:", "link:")  # origins that say where on a page a value stands
_THEMELESS = ("jsonld:", "meta:")  # those that tell people nothing, and that no theme words otherwise
_NOTES_AT = 2  # a correction note is one of so many paragraphs at the start or end of a body
_NOTE_MAX = 1_000  # characters
_DAY = timedelta(hours=25)  # the longest there is


@dataclass(frozen=True, slots=True)
class Reading:
    """What counts of an article as it was read from one page: an item, or a stored revision.

    disputed   the page's dates of publication contradict each other
    """

    headline: str | None
    standfirst: str | None
    body_text: str = field(repr=False)
    byline: str | None
    credit: str | None
    published: Instant | None
    content_hash: str
    layout: str
    extractor_version: str
    origins: Mapping[str, str] = field(repr=False)
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What the publisher changed, in the order of KINDS, and how many words of the text were added and removed."""

    kinds: tuple[str, ...]
    size: int

    @property
    def kind(self) -> str:
        """As the column `revisions.kind` has it."""
        return ",".join(self.kinds)


def reading(item: ArticleItem) -> Reading:
    """Raises ValueError for an item without a content hash."""
    if item.content_hash is None:
        raise ValueError(f"an article without content hash cannot be compared: {item.url}")
    return Reading(
        item.headline,
        item.standfirst,
        item.body_text,
        item.byline,
        item.credit,
        item.published,
        item.content_hash,
        item.layout,
        item.extractor_version,
        item.origins,
        "published:disputed" in item.flags,
    )


def grade(
    before: Reading, after: Reading, *, earlier: Collection[str] = (), corrections: Sequence[str] = ()
) -> Change | None:
    """The publisher's edit between two readings of one article; None: there was none.

    earlier       content hashes of the revisions before `before`
    corrections   patterns of the notes in which a publisher owns up to a correction
    """
    kinds: set[str] = set()
    size = 0
    if before.content_hash != after.content_hash:
        for name, old, new in _texts(before, after):
            kinds.update(_kinds_of_body(old, new, corrections) if name == "body" else {name})
            size += difference.size(old, new)
        if kinds and after.content_hash in earlier:
            kinds.add("restored")
    kinds.update(name for name in ("byline", "credit") if _fact_changed(before, after, name))
    if _republished(before, after):
        kinds.add("published")
    return Change(tuple(one for one in KINDS if one in kinds), size) if kinds else None


# --- texts -----------------------------------------------------------------------------------------------------------


def _texts(before: Reading, after: Reading) -> Iterator[tuple[str, str, str]]:
    """The texts that the publisher changed: name, old, new."""
    if not _same_page(before, after):
        yield from _beyond_placement(before, after)
        return
    for name, old, new in (
        ("headline", before.headline or "", after.headline or ""),
        ("standfirst", before.standfirst or "", after.standfirst or ""),
        ("body", before.body_text, after.body_text),
    ):
        if _read_alike(before, after, name):
            if hashable(old) != hashable(new):
                yield name, old, new
        elif old and new and _words(old) != _words(new):
            yield name, old, new


def _beyond_placement(before: Reading, after: Reading) -> Iterator[tuple[str, str, str]]:
    """Of two differently read pages: what differs wherever paragraphs begin and the standfirst stands."""
    ours, theirs = _bodies(before, after), _bodies(after, before)
    heads = before.headline or "", after.headline or ""
    if not all(heads):
        heads = "", ""
    if {_words(heads[0], one) for one in ours} & {_words(heads[1], one) for one in theirs}:
        return
    if _words(heads[0]) != _words(heads[1]):
        yield "headline", *heads
    if before.standfirst and after.standfirst and _words(before.standfirst) != _words(after.standfirst):
        yield "standfirst", before.standfirst, after.standfirst
    plain, other = _bodies(before, after, alone=True), _bodies(after, before, alone=True)
    if all((*plain, *other)) and not {_words(one) for one in plain} & {_words(one) for one in other}:
        yield "body", plain[0], other[0]


def _bodies(one: Reading, other: Reading, *, alone: bool = False) -> list[str]:
    """The text below the headline, in the ways in which the other page may show it: a standfirst that the other page
    does not tell from the body may stand in it or be missing.

    alone   the body without its standfirst, where both pages have one
    """
    whole = "\n\n".join(filter(None, (one.standfirst, one.body_text)))
    if not one.standfirst:
        return [one.body_text]
    if other.standfirst:
        return [one.body_text if alone else whole]
    return [one.body_text, whole]


def _words(*texts: str) -> tuple[str, ...]:
    return tuple(word for one in texts for word in words(hashable(one)))


def _kinds_of_body(old: str, new: str, corrections: Sequence[str]) -> set[str]:
    rules = tuple(map(_compiled, corrections))
    (old_notes, old_rest), (new_notes, new_rest) = _parted(old, rules), _parted(new, rules)
    kinds = set()
    if old_notes != new_notes:
        kinds.add("correction")
    if old_rest != new_rest or not kinds:
        kinds.add("body")
    return kinds


def _parted(body: str, rules: Sequence[re.Pattern[str]]) -> tuple[list[str], list[str]]:
    """The correction notes at the start and end of a body, and its other paragraphs."""
    blocks = body.split("\n\n")
    notes, rest = list[str](), list[str]()
    for place, one in enumerate(blocks):
        at_edge = min(place, len(blocks) - 1 - place) < _NOTES_AT
        is_note = at_edge and len(one) <= _NOTE_MAX and any(rule.match(one) for rule in rules)
        (notes if is_note else rest).append(hashable(one))
    return notes, rest


@lru_cache(maxsize=64)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# --- facts -----------------------------------------------------------------------------------------------------------


def _same_page(before: Reading, after: Reading) -> bool:
    """Whether both were read by the same code with the same layout."""
    return (before.layout, before.extractor_version) == (after.layout, after.extractor_version)


def _read_alike(before: Reading, after: Reading, name: str) -> bool:
    """Whether a field was read in the same way, so that every letter of it counts, and that it came or went.

    What is absent was read nowhere: then it counts where it stood at a place of its own on the other page. A revision
    keeps its layout until the next edit: what stands beside the theme in both is read alike under any layout.
    """
    if before.extractor_version != after.extractor_version:
        return False
    name = "body" if name == "credit" else name  # the line that names the source is cut from the body
    old, new = before.origins.get(name), after.origins.get(name)
    if before.layout != after.layout:
        return old is not None and old == new and old.startswith(_THEMELESS)
    if old is not None and new is not None:
        return old == new
    found = old or new
    return found is None or found.startswith(_STRUCTURAL)


def _fact_changed(before: Reading, after: Reading, name: str) -> bool:
    old, new = getattr(before, name) or "", getattr(after, name) or ""
    if old == new:
        return False
    if _read_alike(before, after, name):
        return hashable(old) != hashable(new)
    if name == "credit" and _same_body(before, after):
        return comparable(old) != comparable(new)
    ours, theirs = set(comparable(old).split()), set(comparable(new).split())
    return not (ours <= theirs or theirs <= ours)  # « Par A. Durand, à Lyon » is « A. Durand » elsewhere; so is nothing


def _same_body(before: Reading, after: Reading) -> bool:
    """Whether the same code found the same words at the places of bodies, so that a line that only one page cuts off as
    its credit stands nowhere on the other: there it would be a part of the body.
    """
    if before.extractor_version != after.extractor_version or not (before.body_text and after.body_text):
        return False
    if not all((one.origins.get("body") or "").startswith(_STRUCTURAL) for one in (before, after)):
        return False  # who guesses a body leaves short lines out
    ours, theirs = ({_words(body) for body in _bodies(*pair)} for pair in ((before, after), (after, before)))
    return not ours.isdisjoint(theirs)


def _republished(before: Reading, after: Reading) -> bool:
    """Whether the publisher gave another moment of publication. What is absent or not believed is none."""
    old, new = before.published, after.published
    if old is None or new is None or old.at is None or new.at is None:
        return False
    if old.flag or new.flag or before.disputed or after.disputed:
        return False
    if _read_alike(before, after, "published"):
        return not _same_moment(old, new)
    told_by_list = "hint" in (before.origins.get("published"), after.origins.get("published"))
    return not told_by_list and abs(old.at - new.at) > _DAY  # less is explained by a zone, or by a day without hour


def _same_moment(old: Instant, new: Instant) -> bool:
    """Compared at the coarser of their precisions; a day is its first second in the site's zone."""
    assert old.at is not None
    assert new.at is not None
    if old.precision == new.precision == "day":
        return old.at == new.at
    if old.precision == "day":
        return timedelta() <= new.at - old.at < _DAY
    if new.precision == "day":
        return timedelta() <= old.at - new.at < _DAY
    if "minute" in (old.precision, new.precision):
        return old.at.replace(second=0, microsecond=0) == new.at.replace(second=0, microsecond=0)
    return old.at.replace(microsecond=0) == new.at.replace(microsecond=0)
