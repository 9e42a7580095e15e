"""Which words of a text answer a question, and the few lines around them that show it best.

The text is the original one. Its words are not all brought to their stems, which would take longer than the search: a
pattern finds those that begin like a word of the question, and of these the stems decide.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from foiscrawl.search_query import Query
from foiscrawl.stems import fold, stems_of_run

LENGTH = 240  # characters of a snippet
_BEFORE = 60  # characters before the first word that answers
_ROOM = LENGTH - _BEFORE
_LOOKED_AT = 60_000  # characters of a text in which the best lines are looked for
_BEGINNING = 4  # letters by which a word is suspected; the last one of a stem may differ from the word's

_WORD = re.compile("aujourd['’]hui|[^\\W_]+", re.IGNORECASE)
_BLANKS = re.compile("[^\\S\u00a0\u202f]+")  # French typography stays
_SPELT: dict[str, str] = {}  # a letter of a stem -> all letters that are folded to it, or to it and the next one
for _one in "àâäáãåāæçćčéèêëēęîïíìīñńôöóòõøōœùûüúūÿýšśßžźżłđðþ":
    _SPELT[fold(_one)[0]] = _SPELT.get(fold(_one)[0], "") + _one + _one.upper()
_JOINED = ("ae", "oe", "ss", "th")


class Piece(NamedTuple):
    text: str
    is_match: bool


class _Match(NamedTuple):
    """A word of the text, from `start` to `end`; word: what it answers of the question."""

    start: int
    end: int
    word: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """Stems that a question asks for, beginnings of stems, and the pattern of words that may be meant."""

    stems: frozenset[str]
    prefixes: tuple[str, ...]
    suspects: re.Pattern[str] = field(compare=False)

    def answers(self, word: str) -> str | None:
        """The word of the question that this one answers."""
        for stem in stems_of_run(word).split():
            if stem in self.stems:
                return stem
            for one in self.prefixes:
                if stem.startswith(one):
                    return one
        return None


@lru_cache(maxsize=64)
def wanted(query: Query) -> Wanted:
    terms = [term for group in query.groups for term in group.terms]
    prefixes = tuple(dict.fromkeys(term.stems[-1] for term in terms if term.prefix))
    stems = frozenset(one for term in terms for one in term.stems[: -1 if term.prefix else None])
    beginnings = {one[: min(_BEGINNING, max(1, len(one) - 1))] for one in (*stems, *prefixes)}
    return Wanted(stems, prefixes, re.compile(_suspects(sorted(beginnings))))


def _suspects(beginnings: Sequence[str]) -> str:
    """A pattern for the ways in which these beginnings of words may be written.

    It says first with which letters they begin: of alternatives alone, each would be tried at each letter of a text.
    """
    if not all(one.isascii() for one in beginnings):
        return "[^\\W_]"  # other scripts: every word is looked at
    spelt = [_spellings(one) for one in beginnings]
    if len(spelt) == 1:
        return "".join(spelt[0])
    firsts = "".join(first[1:-1] for first, *_ in spelt)
    each = [f"(?<={first}){''.join(others)}" for first, *others in spelt]
    return f"[{firsts}](?:{'|'.join(each)})"


def _spellings(beginning: str) -> list[str]:
    """A pattern for each letter, as a set in brackets; « ? » follows it where two may be written as one (œ)."""
    letters = [f"[{one}{one.upper()}{_SPELT.get(one, '')}]" for one in beginning]
    return [one + ("?" if beginning[max(0, at - 1) : at + 1] in _JOINED else "") for at, one in enumerate(letters)]


def marked(text: str | None, asked: Wanted) -> list[Piece]:
    """The whole text, in pieces."""
    return _pieces(text or "", 0, len(text or ""), list(_matches(text or "", asked)))


def snippet(text: str, asked: Wanted) -> list[Piece]:
    """The lines in which most of the different words stand, else the first lines of the text."""
    matches = _best(_matches(text, asked), len(asked.stems) + len(asked.prefixes))
    start = max(0, matches[0].start - _BEFORE) if matches else 0
    if start:
        start = next((found.end() for found in _BLANKS.finditer(text, start, matches[0].start)), matches[0].start)
    end = min(len(text), start + LENGTH)
    if end < len(text):
        last = matches[-1].end if matches else start
        end = max(last, max(text.rfind(" ", last, end), text.rfind("\n", last, end)))
        end = end if end > start else min(len(text), start + LENGTH)
    pieces = _pieces(text, start, end, matches)
    return [*([Piece("… ", False)] if start else []), *pieces, *([Piece(" …", False)] if end < len(text) else [])]


def _matches(text: str, asked: Wanted) -> Iterator[_Match]:
    position, end = 0, min(len(text), _LOOKED_AT)
    while found := asked.suspects.search(text, position, end):
        start = found.start()
        if start and text[start - 1].isalnum():
            position = start + 1
            continue
        word = _WORD.match(text, start)
        if word is None:
            position = start + 1
            continue
        answered = asked.answers(word.group())
        if answered is not None:
            yield _Match(start, word.end(), answered)
        position = word.end()


def _best(matches: Iterator[_Match], most: int) -> list[_Match]:
    """Those of the lines that hold most different words; they are looked for no longer than needed."""
    seen: list[_Match] = []
    first = start = found = 0
    for one in matches:
        if found == most and one.end > start + _ROOM:
            break
        seen.append(one)
        while one.end > seen[first].start + _ROOM and first < len(seen) - 1:
            first += 1
        if (words := len({other.word for other in seen[first:]})) > found:
            start, found = seen[first].start, words
    return [one for one in seen if start <= one.start and one.end <= start + _ROOM]


def _pieces(text: str, start: int, end: int, matches: Sequence[_Match]) -> list[Piece]:
    pieces, position = [], start
    for one in matches:
        if one.start < position or one.end > end:
            continue
        pieces += [Piece(text[position : one.start], False), Piece(text[one.start : one.end], True)]
        position = one.end
    pieces.append(Piece(text[position:end], False))
    return [Piece(_BLANKS.sub(" ", one.text), one.is_match) for one in pieces if one.text]
