"""The page of the search: what `foiscrawl search` finds, in the same words, order and snippets."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from foiscrawl.errors import UsageError
from foiscrawl.search_query import parse
from foiscrawl.site import load_site
from foiscrawl.spiders.arguments import instant, nearest
from foiscrawl.storage.browsing.limits import TooSlow, limited
from foiscrawl.storage.filters import Filter, UnknownName, resolve, site_names
from foiscrawl.storage.search import COUNTED, Result, search

SIZE = 20  # hits on a page
DEEPEST = 50  # pages
_PATIENCE = 10.0  # s


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form holds, as it was typed. words None: nothing was asked yet."""

    words: str | None = None
    section: str | None = None
    author: str | None = None
    state: str | None = None
    since: str | None = None
    until: str | None = None
    history: str | None = None

    @property
    def is_address(self) -> bool:
        return self.words is not None and ("://" in self.words or self.words.startswith("?p="))

    @property
    def values(self) -> dict[str, Any]:
        """For a link to another page of the same answers."""
        told = {"q": self.words, "section": self.section, "author": self.author, "state": self.state}
        return told | {"since": self.since, "until": self.until, "history": self.history}


def answer(conn: Connection, asked: Asked, leaf: int) -> Result | None:
    """The hits of one page; None: nothing is asked. Raises UsageError for what cannot be answered."""
    if asked.words is None:
        return None
    query, wanted = parse(asked.words), _filter(conn, asked)
    try:
        with limited(conn, _PATIENCE):
            return search(conn, query, wanted, limit=SIZE, offset=(leaf - 1) * SIZE, history=bool(asked.history))
    except TooSlow:
        raise UsageError("The search was given up, it takes too long; ask for rarer words, or fewer days.") from None


def _filter(conn: Connection, asked: Asked) -> Filter:
    since = instant("since", asked.since, _zone(conn), time.min) if asked.since else None
    until = instant("until", asked.until, _zone(conn), time.max) if asked.until else None
    section, author, state = ((one,) if one else () for one in (asked.section, asked.author, asked.state))
    wanted = Filter(None, section, author, state, since, until)
    try:
        return resolve(conn, wanted)
    except UnknownName as error:
        raise UsageError(f"{error}; {nearest(error.name, error.known)}" if error.known else f"{error}") from error


def _zone(conn: Connection) -> ZoneInfo:
    """The sites' own zone, in which a day is meant; UTC when they do not agree."""
    zones = set()
    for name in site_names(conn):
        with suppress(UsageError):  # a site whose file has gone is still an archive
            zones.add(load_site(name).timezone)
    return ZoneInfo(zones.pop() if len(zones) == 1 else "UTC")


__all__ = ["COUNTED", "DEEPEST", "SIZE", "Asked", "answer"]
