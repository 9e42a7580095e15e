"""What all finders share: collecting link hints, each address once, the refused ones counted by reason."""

import html
import re
from collections import Counter
from dataclasses import replace
from datetime import datetime
from typing import Any

from foiscrawl.items import Instant, LinkHint, ListingItem, UrlKind
from foiscrawl.site import Site
from foiscrawl.text import clean_line, parse_instant
from foiscrawl.urls import address_reason, skip_reason, url_key

LINKS_MAX = 5_000  # links of one page that are looked at; a real list holds some dozens

_TAG = re.compile(r"</?[A-Za-z][^<>]*>")


class Collector:
    """Link hints in the order they were found. Of an address the first hint in each place of the page stays."""

    def __init__(self, site: Site, now: datetime, limit: int = LINKS_MAX) -> None:
        self.skipped: Counter[str] = Counter()
        self._home = site.home
        self._zone = site.timezone
        self._now = now
        self._room = limit
        self._hints: dict[tuple[str, str], LinkHint] = {}
        self._kinds: dict[str, UrlKind] = {}

    def add(self, hint: LinkHint) -> bool:
        """Take the hint, or count why not: an article hint must pass `skip_reason`, any hint `address_reason`."""
        if self._room <= 0:
            self.skipped["over_limit"] += 1
            return False
        self._room -= 1
        judge = skip_reason if hint.kind is UrlKind.ARTICLE else address_reason
        reason = judge(hint.url, self._home)
        if reason:
            self.skipped[reason] += 1
            return False
        key = url_key(hint.url)
        if self._kinds.setdefault(key, hint.kind) is hint.kind:  # a section in a card stays a section
            self._hints.setdefault((key, hint.found_in), hint)
        return True

    def instant(self, raw: str | None, *, utc: bool = False) -> Instant | None:
        """The moment a source printed; None when it printed nothing. `utc`: the field is UTC and prints no zone."""
        if not raw or not raw.strip():
            return None
        if utc:
            return replace(parse_instant(f"{raw}Z", site_zone="UTC", now=self._now), raw=raw)
        return parse_instant(raw, site_zone=self._zone, now=self._now)

    def item(self, *, complete: bool = True, **values: Any) -> ListingItem:
        """The finished item, with further fields of it; not complete when links had to be left out."""
        complete = complete and not self.skipped["over_limit"]
        return ListingItem(hints=tuple(self._hints.values()), skipped=dict(+self.skipped), complete=complete, **values)


def plain(raw: str | None) -> str | None:
    """A title from a feed or from REST as one line of text: tags and entities undone."""
    return clean_line(html.unescape(_TAG.sub("", raw))) if raw else None
