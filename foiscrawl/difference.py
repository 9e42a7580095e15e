"""What differs between two texts, word by word and blind to typography. Pure.

The comparing is rapidfuzz's: its longest common subsequence takes milliseconds of texts for which difflib takes
seconds, and gives the fewest words.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import Indel

from foiscrawl.text import hashable

# A word ends at white space and at quotes, which come in a dozen spellings; French puts blanks inside them.
_QUOTES = '"«»“”„‟″〝〞＂'
_PIECE = re.compile(rf"[^\s{_QUOTES}]+")
_OPENING = re.compile(r"(?:[«“„‟〝]\s*|\")$")
_GLUED = ":;!?%"  # belongs to the word before, with a blank or without
_SHORT = 2  # so few equal words between two changes are shown as part of one: else a new sentence reads as confetti
_PAIRS_MAX = 400_000_000  # pairs of words that are compared for showing; beyond it the texts stand whole


@dataclass(frozen=True, slots=True)
class Word:
    """key: its form blind to typography. start, end: where it stands in the text."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of two texts. All `before` together are the one text, all `after` the other.

    is_same   the words are equal, though their typography may differ
    """

    is_same: bool
    before: str
    after: str


def words(text: str) -> list[Word]:
    """The words of a text. Texts that differ in nothing but typography have the same keys."""
    found: list[Word] = []
    for piece in _PIECE.finditer(text):
        raw, start, end = piece[0], *piece.span()
        key = raw if raw.isalnum() else hashable(raw)
        if found and raw[0] in _GLUED and not text[found[-1].end : start].strip():
            found[-1] = Word(found[-1].key + key, found[-1].start, end)
        else:
            found.append(Word(key, start, end))
    return found


def size(before: str, after: str) -> int:
    """Words removed plus words added."""
    return Indel.distance([one.key for one in words(before)], [one.key for one in words(after)])


def pieces(before: str, after: str) -> list[Piece]:
    """Both texts cut into what is equal and what differs, by turns, ready to be shown."""
    ours, theirs = words(before), words(after)
    if len(ours) * len(theirs) > _PAIRS_MAX:
        return [Piece(is_same=False, before=before, after=after)]
    cuts = list(_cuts(ours, theirs))
    if not cuts:
        return [Piece(is_same=True, before=before, after=after)]
    found: list[Piece] = []
    at_before = at_after = 0
    for number, (is_same, end_before, end_after) in enumerate(cuts):
        last = number + 1 == len(cuts)
        stop_before = len(before) if last else _start(ours, end_before, before)
        stop_after = len(after) if last else _start(theirs, end_after, after)
        found.append(Piece(is_same, before[at_before:stop_before], after[at_after:stop_after]))
        at_before, at_after = stop_before, stop_after
    return found


def _start(of: Sequence[Word], number: int, text: str) -> int:
    """Where a piece ends before the word of this number: opening quotes go with the word that they open."""
    if number >= len(of):
        return len(text)
    opening = _OPENING.search(text, of[number - 1].end if number else 0, of[number].start)
    return opening.start() if opening else of[number].start


def _cuts(ours: Sequence[Word], theirs: Sequence[Word]) -> Iterator[tuple[bool, int, int]]:
    """(whether equal, end in ours, end in theirs): equal and different stretches by turns."""
    codes = Indel.opcodes([one.key for one in ours], [one.key for one in theirs])
    open_change: tuple[int, int] | None = None
    for place, code in enumerate(codes):
        between = 0 < place < len(codes) - 1 and open_change is not None
        if code.tag == "equal" and not (between and code.src_end - code.src_start <= _SHORT):
            if open_change is not None:
                yield False, *open_change
                open_change = None
            yield True, code.src_end, code.dest_end
        else:
            open_change = (code.src_end, code.dest_end)
    if open_change is not None:
        yield False, *open_change


def paragraphs(before: str, after: str) -> list[list[Piece]]:
    """Two bodies paragraph by paragraph, side by side. What was split, joined or moved stands in one entry."""
    ours, theirs = _blocks(before), _blocks(after)
    codes = Indel.opcodes([hashable(one) for one in ours], [hashable(one) for one in theirs])
    rows: list[list[Piece]] = []
    begun: tuple[int, int] | None = None
    for code in codes:
        if code.tag != "equal":
            begun = begun or (code.src_start, code.dest_start)
            continue
        if begun is not None:
            rows += _changed(ours[begun[0] : code.src_start], theirs[begun[1] : code.dest_start])
            begun = None
        both = zip(ours[code.src_start : code.src_end], theirs[code.dest_start : code.dest_end], strict=True)
        rows += [[Piece(is_same=True, before=one, after=two)] for one, two in both]
    if begun is not None:
        rows += _changed(ours[begun[0] :], theirs[begun[1] :])
    return rows


def _blocks(text: str) -> list[str]:
    return text.split("\n\n") if text else []


def _changed(ours: Sequence[str], theirs: Sequence[str]) -> list[list[Piece]]:
    if len(ours) == len(theirs):
        return [pieces(one, two) for one, two in zip(ours, theirs, strict=True)]
    return [pieces("\n\n".join(ours), "\n\n".join(theirs))]
