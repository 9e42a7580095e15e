"""Read what a person types into a search: words, "phrases", -without, OR, prefix*, and the fields headline: and so on.

No text is a syntax error of a database: what has no letters is passed over, what cannot be answered is refused here.
"""

import re
from dataclasses import dataclass

from foiscrawl.errors import UsageError
from foiscrawl.stems import folded_words, stem

FIELDS = ("headline", "standfirst", "body")
MOST_LETTERS = 2_000  # of a question
MOST_TERMS = 64
SHORTEST_PREFIX = 2  # letters

_QUOTES = re.compile("[«»“”„‟〝〞＂]")
_TERM = re.compile(
    r'(?P<minus>-*)(?:(?P<field>headline|standfirst|body):)?(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))', re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Term:
    """A word, or a phrase: these stems side by side in one field.

    prefix   the last stem is only the beginning of a word
    field    headline, standfirst or body; None: any of them
    """

    stems: tuple[str, ...]
    prefix: bool = False
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """All of `terms` (at least one) and none of `without`."""

    terms: tuple[Term, ...]
    without: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Query:
    """Any of these groups, of which there is at least one."""

    groups: tuple[Group, ...]


def parse(asked: str) -> Query:
    """What is asked for. Words that stand side by side must all be there; OR binds looser. Raises UsageError."""
    if len(asked) > MOST_LETTERS:
        raise UsageError(f"the question has {len(asked):,} letters; at most {MOST_LETTERS:,} are searched for")
    asked = _QUOTES.sub('"', asked)
    if asked.count('"') % 2:
        raise UsageError('a quotation mark is not closed: write phrases as "terres rares"')
    groups: list[tuple[list[Term], list[Term]]] = [([], [])]
    for found in _TERM.finditer(asked):
        if found.group() == "OR":
            groups.append(([], []))
            continue
        term = _term(found["word"], found["phrase"], found["field"])
        if term is not None:
            groups[-1][bool(found["minus"])].append(term)
    return Query(tuple(_group(*one, alone=len(groups) == 1) for one in groups))


def _group(terms: list[Term], without: list[Term], *, alone: bool) -> Group:
    if not terms and without:
        raise UsageError("words with a minus only leave something out: add a word that is to be found")
    if not terms:
        raise UsageError("there is no word to search for" if alone else "OR stands between two words: terres OR métaux")
    if len(terms) + len(without) > MOST_TERMS:
        raise UsageError(f"the question has more than {MOST_TERMS} words")
    return Group(tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(without)))


def _term(word: str | None, phrase: str | None, field: str | None) -> Term | None:
    """None: no letter, no digit."""
    words = folded_words(word if word is not None else phrase or "")
    if not words:
        return None
    stems = [stem(one) for one in words]
    prefix = word is not None and word.endswith("*")
    if prefix:
        if len(words[-1]) < SHORTEST_PREFIX:
            raise UsageError(f"{words[-1]}* is too short: give at least {SHORTEST_PREFIX} letters before the star")
        stems[-1] = _prefix(words[-1])
    return Term(tuple(stems), prefix, field.lower() if field else None)


def _prefix(word: str) -> str:
    """What the stems begin with that are meant: of a word that is typed whole, its own stem must be among them."""
    found = stem(word)
    while not word.startswith(found):
        found = found[:-1]
    return found
