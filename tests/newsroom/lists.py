"""What stands where at one moment: which articles are public, in which order, on which page of which list."""

import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.newsroom.model import ZONE, Article, Newsroom

_ALWAYS = timedelta(days=36500)


@dataclass
class Lists:
    """All lists, newest first, as they are from `valid_from` until the next scheduled article appears."""

    version: int
    valid_from: datetime
    valid_until: datetime
    articles: list[Article]  # what lists, feeds and sitemaps name
    by_section: dict[str, list[Article]] = field(default_factory=lambda: defaultdict(list))
    by_tag: dict[str, list[Article]] = field(default_factory=lambda: defaultdict(list))
    by_day: dict[str, list[Article]] = field(default_factory=lambda: defaultdict(list))

    def holds(self, newsroom: Newsroom, now: datetime) -> bool:
        return self.version == newsroom.version and self.valid_from <= now < self.valid_until


def read_lists(newsroom: Newsroom) -> Lists:
    now = newsroom.now()
    listed = [one for one in newsroom.articles.values() if one.state == "live" or one.still_listed]
    visible = [one for one in listed if one.published <= now]
    visible.sort(key=lambda one: (one.published, one.id), reverse=True)
    scheduled = [one.published for one in listed if one.published > now]
    since = max((one.published for one in visible), default=now - _ALWAYS)
    lists = Lists(newsroom.version, since, min(scheduled, default=now + _ALWAYS), visible)
    for article in visible:
        for section in article.sections:
            lists.by_section[section].append(article)
        for tag in article.tags:
            lists.by_tag[tag].append(article)
        lists.by_day[f"{article.published.astimezone(ZONE):%Y/%m/%d}"].append(article)
    return lists


@dataclass(frozen=True)
class ListPage:
    """One page of a list: the strip above it (page 1 only), the cards, and how many pages there are."""

    featured: list[Article]
    cards: list[Article]
    number: int
    pages: int


def list_page(newsroom: Newsroom, articles: list[Article], number: int, *, strip: int = 0) -> ListPage | None:
    """Page `number` of a list of articles given newest first; None past the end (an empty list has page 1).

    The `strip` newest stand above the list and not in it; sticky ones lead page 1 and stand again in their place.
    """
    size = newsroom.options.page_size
    featured, rest = articles[:strip], articles[strip:]
    pages = max(1, -(-len(rest) // size))
    if not 1 <= number <= pages:
        return None
    # Like a database that sorts by second only: equal seconds come in another order for every page asked.
    rest = sorted(rest, key=lambda one: (-one.published.timestamp(), zlib.crc32(f"{one.id} {number}".encode())))
    cards = rest[(number - 1) * size : number * size]
    if number == 1:
        cards = [one for one in rest if one.sticky] + cards
    return ListPage(featured if number == 1 else [], cards, number, pages)
