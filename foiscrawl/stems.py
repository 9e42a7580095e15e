"""What the search compares: the stems of a text's words, blind to case, accents, ligatures, elisions and inflection.

Both databases hold these stems as they are and compare them letter by letter; neither reads French itself, so both give
the same answers. Whoever changes what comes out of here raises `STEMS_VERSION`: archives are then read anew.
"""

import re
import unicodedata

from Stemmer import Stemmer

STEMS_VERSION = 1
LONGEST = 64  # letters of a stem that count
MOST_BYTES = (
    300_000  # of the stems of one text, some 50,000 words: PostgreSQL indexes 1 MB of headline, standfirst, body
)
_REMEMBERED = 50_000  # runs of letters between blanks whose stems are kept
_LONG_RUN = 40  # characters; longer ones are not worth keeping

_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile("[’‘‚‛ʼʹʻʽ′´`＇\u02c8]")
# « l’école »: the word before the apostrophe is dropped, and nothing but it.
_ELISION = re.compile(r"(?<![^\W_])(?:[ldjmtsnc]|qu|jusqu|lorsqu|puisqu|quoiqu)'+")
_TODAY = re.compile(r"(?<![^\W_])aujourd'+hui")
_LETTERS = str.maketrans({"œ": "oe", "æ": "ae", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n"})
# The letters of French, the fast way; what else there is goes the long one.
_FRENCH = str.maketrans("àâäçéèêëîïôöùûüÿ’", "aaaceeeeiioouuuy'", "\u0300\u0301\u0302\u0308\u0327") | _LETTERS

_stem = Stemmer("french", 0).stemWord


class _Memo(dict[str, str]):
    """The stems of what stands between two blanks, joined by blanks; empty where there is no word in it."""

    def __missing__(self, run: str) -> str:
        found = " ".join(map(stem, folded_words(run)))
        if len(run) <= _LONG_RUN:
            if len(self) >= _REMEMBERED:
                self.clear()
            self[run] = found
        return found


_MEMO = _Memo()
_of_run = _MEMO.__getitem__


def stems(text: str) -> list[str]:
    """The stems of the words of a text, in their order. Of a very long text only the first ones: see MOST_BYTES."""
    return stem_text(text).split()


def stem_text(text: str | None) -> str:
    """The stems of a text joined by single blanks, as the archive keeps them; at most MOST_BYTES in UTF-8."""
    if not text:
        return ""
    found = " ".join(filter(None, map(_of_run, text.split())))
    if len(found) * 4 > MOST_BYTES:
        data = found.encode()
        if len(data) > MOST_BYTES:
            found = data[: data.rindex(b" ", 0, MOST_BYTES + 1)].decode()
    return found


def stems_of_run(run: str) -> str:
    """The same for text without white space, from memory."""
    return _of_run(run)


def folded_words(text: str) -> list[str]:
    """Words in small letters without accents, ligatures and elided articles; not stemmed."""
    plain = fold(text)
    if "'" in plain:
        plain = _ELISION.sub(" ", _TODAY.sub("aujourdhui", plain))
    return _WORD.findall(plain)


def fold(text: str) -> str:
    """Small letters without accents and ligatures, every apostrophe the same one."""
    if text.isascii():
        return text.lower()
    plain = text.lower().translate(_FRENCH)
    if plain.isascii():
        return plain
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", _APOSTROPHES.sub("'", text)).casefold())
    return "".join(one for one in plain if unicodedata.category(one)[0] not in "MC").translate(_LETTERS)


def stem(word: str) -> str:
    """The stem of one folded word. « publié », « publiée » and « publiées » agree with « publie »."""
    if not word.isalpha():
        return word[:LONGEST]
    if word.endswith("ee"):
        word = word[:-1]
    elif word.endswith("ees"):
        word = word[:-2] + "s"
    found: str = _stem(word)
    return found[:LONGEST]
