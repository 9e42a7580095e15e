"""Filler French: headlines, sentences, paragraphs. Same seed, same text; nothing of it was ever published."""

import random
import re
import unicodedata
from collections.abc import Sequence
from itertools import accumulate
from typing import Generic, TypeVar

from tests.newsroom import vocabulary as words

NBSP = "\u00a0"
THIN = "\u202f"
_T = TypeVar("_T")


class Ranked(Generic[_T]):
    """A list drawn from with Zipf's frequencies: nearly: the n-th entry has the weight 1/(n + 3)."""

    def __init__(self, entries: Sequence[_T]) -> None:
        self.entries = entries
        self._sums = list(accumulate(1 / (rank + 3) for rank in range(1, len(entries) + 1)))

    def draw(self, rng: random.Random) -> _T:
        return rng.choices(self.entries, cum_weights=self._sums)[0]


_NOUNS, _ADJECTIVES = Ranked(words.NOUNS), Ranked(words.ADJECTIVES)
_VERBS, _PAST, _OPENINGS = Ranked(words.VERBS), Ranked(words.PAST), Ranked(words.OPENING_PHRASES)
_LINKS, _PREPOSITIONS = Ranked(words.LINK_WORDS), Ranked(words.PREPOSITION_WORDS)
_ADVERBS = Ranked(words.ADVERB_WORDS)


def _vowel(word: str) -> bool:
    return unicodedata.normalize("NFD", word)[0].lower() in "aeiouyhœ"


def _elide(text: str) -> str:
    return text.replace("que un", "qu’un")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


class Writer:
    """Writes filler text. One Writer, one stream of text; two with the same seed write the same."""

    def __init__(self, seed: int | str) -> None:
        self.rng = random.Random(str(seed))

    def noun_phrase(self) -> str:
        rng = self.rng
        noun, gender = _NOUNS.draw(rng)
        if rng.random() < 0.3:
            article = "un " if gender == "m" else "une "
        elif _vowel(noun):
            article = "l’"
        else:
            article = "le " if gender == "m" else "la "
        phrase = article + noun
        if rng.random() < 0.55:
            phrase += " " + _ADJECTIVES.draw(rng)[gender == "f"]
        if rng.random() < 0.2:
            phrase += f" de {self.place()}"
        return phrase

    def place(self) -> str:
        return str(self.rng.choice(words.SURNAMES))

    def person(self) -> str:
        return f"{self.rng.choice(words.FIRST_NAMES)} {self.rng.choice(words.SURNAMES)}"

    def number(self) -> str:
        rng = self.rng
        return rng.choice(
            (
                f"{rng.randint(2, 98)},{rng.randint(1, 9)}{NBSP}%",
                f"{rng.randint(2, 98)}{NBSP}%",
                f"{rng.randint(1, 99)}{THIN}{rng.randint(100, 999)} euros",
                f"{rng.randint(2, 900)} millions d’euros",
                f"{rng.randint(2, 60)} communes",
                f"le {rng.randint(2, 28)} {rng.choice(words.MONTHS)} {rng.randint(1998, 2026)}",
                f"dès le 1er {rng.choice(words.MONTHS)}",
            )
        )

    def clause(self) -> str:
        rng = self.rng
        verb = f"a {_PAST.draw(rng)}" if rng.random() < 0.4 else _VERBS.draw(rng)
        text = f"{self.noun_phrase()} {verb} {self.noun_phrase()}"
        if rng.random() < 0.25:
            text += " " + _ADVERBS.draw(rng)
        if rng.random() < 0.5:
            text += f" {_PREPOSITIONS.draw(rng)} {self.noun_phrase()}"
        return text

    def quote(self) -> str:
        return f"«{NBSP}{_capital(self.clause())}{NBSP}»"

    def sentence(self) -> str:
        rng = self.rng
        text = self.clause()
        if rng.random() < 0.35:
            text = f"{_OPENINGS.draw(rng)}, {text}"
        form = rng.random()
        if form < 0.3:
            text += f", {_LINKS.draw(rng)} {self.clause()}"
        elif form < 0.45:
            text += f" – {self.noun_phrase()}, {self.number()} –"
        elif form < 0.6:
            text += f", soit {self.number()}"
        elif form < 0.75:
            return f"{self.quote()}, a déclaré {self.person()}."
        elif form < 0.8:
            return _elide(_capital(text)) + "…"
        return _elide(_capital(text)) + "."

    def paragraph(self, sentences: int | None = None) -> str:
        count = sentences or self.rng.randint(2, 5)
        return " ".join(self.sentence() for _ in range(count))

    def headline(self) -> str:
        rng = self.rng
        form = rng.random()
        if form < 0.4:
            return f"{_capital(self.clause())}"
        if form < 0.6:
            return f"{self.place()}{NBSP}: {self.clause()}"
        if form < 0.8:
            return f"{self.quote()}, selon {self.person()}"
        return f"{_capital(self.clause())}, {self.number()} en jeu"

    def subhead(self) -> str:
        return _capital(self.noun_phrase()) + " " + _PREPOSITIONS.draw(self.rng) + " " + self.noun_phrase()


_TYPOGRAPHY = (
    (re.compile(r'"([^"]*)"'), f"«{NBSP}\\1{NBSP}»"),
    (re.compile(r"'"), "’"),
    (re.compile(r"\.\.\."), "…"),
    (re.compile(r" -- "), " – "),
    (re.compile(r"(?<!\S):\)"), "🙂"),
)


def texturise(text: str) -> str:
    """What WordPress makes of typed text: curly apostrophes, guillemets, ellipsis, dashes, emoji."""
    for pattern, replacement in _TYPOGRAPHY:
        text = pattern.sub(replacement, text)
    return text


def change_words(text: str, share: float, seed: int | str) -> str:
    """The text with about `share` (0 to 1) of its words replaced by others, at least one."""
    writer = Writer(f"change {seed}")
    parts = text.split(" ")
    count = max(1, round(len(parts) * share))
    for place in writer.rng.sample(range(len(parts)), min(count, len(parts))):
        parts[place] = _NOUNS.draw(writer.rng)[0] + "s"
    return " ".join(parts)


def slugify(text: str) -> str:
    """The address WordPress would make: no accents, no quotes, hyphens; at most 12 words."""
    text = unicodedata.normalize("NFD", text.replace("œ", "oe").replace("’", " ").replace("'", " "))
    parts = re.findall(r"[a-z0-9]+", text.encode("ascii", "ignore").decode().lower())
    return "-".join(parts[:12])


def escape(text: str) -> str:
    """For HTML and XML text and attributes, with WordPress' numeric entity for the ampersand."""
    return text.replace("&", "&#038;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")


def title_html(title: str) -> str:
    """A title as HTML: everything escaped but <em>, which editors do put into titles."""
    return escape(title).replace("&lt;em&gt;", "<em>").replace("&lt;/em&gt;", "</em>")


def title_text(title: str) -> str:
    """A title as a reader sees it."""
    return title.replace("<em>", "").replace("</em>", "")
