"""Which words of a text answer a question, and the few lines around them that show it best."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from foiscrawl.search_query import Query
from foiscrawl.stems import stems_of_run

WIDTH = 32  # words of a snippet
_BEFORE = 8  # words before the first one that answers
_LOOKED_AT = 4_000  # words of a text in which the best lines are looked for
_PART = re.compile(r"[\W_]+|[^\W_]+")


class Piece(NamedTuple):
    text: str
    is_match: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Stems that a question asks for, and beginnings of stems."""

    stems: frozenset[str]
    prefixes: tuple[str, ...]

    def answers(self, stem: str) -> str | None:
        """The word of the question that this stem answers."""
        if stem in self.stems:
            return stem
        return next((one for one in self.prefixes if stem.startswith(one)), None)


def wanted(query: Query) -> Wanted:
    terms = [term for group in query.groups for term in group.terms]
    prefixes = tuple(dict.fromkeys(term.stems[-1] for term in terms if term.prefix))
    stems = frozenset(one for term in terms for one in term.stems[: -1 if term.prefix else None])
    return Wanted(stems, prefixes)


def marked(text: str | None, asked: Wanted) -> list[Piece]:
    """The whole text, in pieces."""
    runs = (text or "").split()
    return _pieces(runs, {run: _answered(run, asked) for run in set(runs)}, asked)


def snippet(text: str, asked: Wanted) -> list[Piece]:
    """The first lines in which most of the different words stand, else the first lines of the text."""
    runs = text.split(maxsplit=_LOOKED_AT)[:_LOOKED_AT]
    known = {run: _answered(run, asked) for run in set(runs)}
    hits = [(place, run) for place, run in enumerate(runs) if known[run]]
    start = max(0, _best(hits, known, len(asked.stems) + len(asked.prefixes)) - _BEFORE)
    start = min(start, max(0, len(runs) - WIDTH))
    pieces = _pieces(runs[start : start + WIDTH], known, asked)
    if start:
        pieces.insert(0, Piece("… ", False))
    if start + WIDTH < len(runs) or len(runs) == _LOOKED_AT:
        pieces.append(Piece(" …", False))
    return pieces


def _answered(run: str, asked: Wanted) -> set[str]:
    return {word for one in stems_of_run(run).split() if (word := asked.answers(one)) is not None}


def _best(hits: Sequence[tuple[int, str]], known: dict[str, set[str]], most: int) -> int:
    """The place of the word with which the best lines begin; 0 when none answers."""
    best, found = 0, 0
    for number, (place, _) in enumerate(hits):
        words: set[str] = set()
        for other, run in hits[number:]:
            if other - place > WIDTH - _BEFORE:
                break
            words |= known[run]
        if len(words) > found:
            best, found = place, len(words)
            if found == most:
                break
    return best


def _pieces(runs: Sequence[str], known: dict[str, set[str]], asked: Wanted) -> list[Piece]:
    """The runs with single blanks between them; what does not answer and stands together is one piece."""
    pieces: list[Piece] = []
    plain: list[str] = []
    for number, run in enumerate(runs):
        if number:
            plain.append(" ")
        for part, is_match in _parts(run, asked) if known[run] else ((run, False),):
            if is_match:
                if plain:
                    pieces.append(Piece("".join(plain), False))
                    plain = []
                pieces.append(Piece(part, True))
            else:
                plain.append(part)
    if plain:
        pieces.append(Piece("".join(plain), False))
    return pieces


def _parts(run: str, asked: Wanted) -> list[tuple[str, bool]]:
    """The words that answer apart from the rest of the run: of « l’accord, » the word « accord »."""
    parts = [(one, bool(_answered(one, asked))) for one in _PART.findall(run)]
    if any(is_match for _, is_match in parts):
        return parts
    return [(run, True)]  # a word of several parts, as « aujourd’hui »
