"""What differs between two fetches of a page that nobody has edited: all around the text, and how it is written down.

Counters, advertisements, relative times, the order of the ticker and of attributes, cache comments, nonces; and, as
plugins and editors do it, the typography of every text: composed or decomposed accents, no-break spaces, quotes.
"""

import random
import re
import unicodedata
from collections.abc import Callable

from tests.newsroom.shell import NONCE

_APART = re.compile(r"(<script.*?</script>|<style.*?</style>|<!--.*?-->)", re.DOTALL)
_TAG = re.compile(r"<([a-z][a-z0-9]*)((?: [a-z][\w:-]*=\"[^\"<>]*\"){2,})( ?/?)>")
_ATTRIBUTE = re.compile(r" [a-z][\w:-]*=\"[^\"<>]*\"")
_TEXT = re.compile(r">([^<>]+)<")
_TIME = re.compile(r"(<time class=\"post-date\" datetime=\"[^\"]+\">)[^<]*(</time>)")
_TICKER = re.compile(r"(<div class=\"trending-ticker\".*?<ul>)(.*?)(</ul>)", re.DOTALL)
_BY = re.compile(r"(<span class=\"meta-item post-author.*?</a></span>)", re.DOTALL)
_PARAGRAPH = re.compile(r"<p(?= |>)")

Change = Callable[[str, random.Random], str]


def disturb(page: str, rng: random.Random, *, typography: bool) -> str:
    """The same page at another fetch."""
    page = page.replace(NONCE, f"{rng.getrandbits(40):010x}")
    page = _TICKER.sub(lambda found: found[1] + _turned(found[2], rng) + found[3], page)
    page = _TIME.sub(lambda found: f"{found[1]}il y a {rng.randint(2, 23)} heures{found[2]}", page)
    page = _BY.sub(lambda found: found[1] + _counters(rng), page)
    page = _advertised(page, rng)
    change = rng.choice(TYPOGRAPHY) if typography else _as_typed
    pieces = _APART.split(page)
    pieces[::2] = [_TEXT.sub(lambda found: f">{change(found[1], rng)}<", _mixed(one, rng)) for one in pieces[::2]]
    return f"{''.join(pieces)}\n<!-- en cache depuis {rng.randint(1, 900)} s, page {rng.getrandbits(32):08x} -->"


def _turned(items: str, rng: random.Random) -> str:
    found = items.split("</li>")[:-1]
    turn = rng.randrange(len(found)) if found else 0
    return "".join(f"{one}</li>" for one in found[turn:] + found[:turn])


def _counters(rng: random.Random) -> str:
    views, minutes = rng.randint(1, 90_000), rng.randint(1, 9)
    return (
        f'<span title="{views} vues" class="meta-item post-views has-icon"><i class="tsi"></i>{views}</span>'
        f'<span class="meta-item comments"><a href="#comments">{views % 97} commentaires</a></span>'
        f'<span class="meta-item read-time has-icon"><i class="tsi"></i>{minutes} Mins Read</span>'
    )


def _advertised(page: str, rng: random.Random) -> str:
    """With an advertisement before some paragraphs of the body."""
    head, found, body = page.partition("entry-content")
    if not found:
        return page

    def slot(_: re.Match[str]) -> str:
        if rng.random() > 0.2:
            return "<p"
        return (
            f'<div class="a-wrap a-wrap-base"><span class="label">Publicité</span><ins class="adsbygoogle" '
            f'data-ad-slot="{rng.randint(1000, 9999)}">{rng.choice(_OFFERS)}</ins></div><p'
        )

    return head + found + _PARAGRAPH.sub(slot, body)


_OFFERS = ("Votre voiture d’occasion", "Trois mois offerts", "L’assurance qui change tout", "")


def _mixed(markup: str, rng: random.Random) -> str:
    """Attributes of some elements in another order."""

    def order(found: re.Match[str]) -> str:
        if rng.random() > 0.3:
            return found[0]
        attributes = _ATTRIBUTE.findall(found[2])
        rng.shuffle(attributes)
        return f"<{found[1]}{''.join(attributes)}{found[3]}>"

    return _TAG.sub(order, markup)


def _as_typed(text: str, rng: random.Random) -> str:
    return text


def _decomposed(text: str, rng: random.Random) -> str:
    return unicodedata.normalize("NFD", text)


def _other_spaces(text: str, rng: random.Random) -> str:
    return text.replace("\u00a0", rng.choice((" ", "\u202f", "&nbsp;"))).replace("\u202f", rng.choice((" ", "\u00a0")))


def _other_quotes(text: str, rng: random.Random) -> str:
    return text.replace("’", "'").replace("«\u00a0", "“").replace("\u00a0»", "”")


def _other_marks(text: str, rng: random.Random) -> str:
    return text.replace("…", "...").replace("–", "—")


# As the page has it, and other ways to write the same.
TYPOGRAPHY: tuple[Change, ...] = (_as_typed, _decomposed, _other_spaces, _other_quotes, _other_marks)
