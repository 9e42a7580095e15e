"""Normalise -> Validate -> Fingerprint -> Store, in this order. Each is a thin shell over a pure function.

An item that is no ArticleItem passes the first three untouched. Nothing is dropped: Validate turns what it does not
believe into a QuarantineItem and what is no article into an OutcomeItem, so every fetch reaches Store.
"""

from typing import TYPE_CHECKING, Any, Self

from foiscrawl.errors import FoiscrawlError
from foiscrawl.items import ArticleItem, ListingItem, OutcomeItem, QuarantineItem
from foiscrawl.parsing.finishing import fingerprinted, normalise, validate

if TYPE_CHECKING:
    from scrapy.crawler import Crawler


Item = ArticleItem | ListingItem | OutcomeItem | QuarantineItem


class Normalise:
    """Text that both databases can hold and that compares as equal when it reads as equal."""

    def process_item(self, item: Item) -> Item:
        return normalise(item) if isinstance(item, ArticleItem) else item


class Validate:
    """Keeps what is no believable article out of the archive, with the reason."""

    def process_item(self, item: Item) -> Item:
        return validate(item) if isinstance(item, ArticleItem) else item


class Fingerprint:
    """Adds the content hash and the near-duplicate signature."""

    def process_item(self, item: Item) -> Item:
        return fingerprinted(item) if isinstance(item, ArticleItem) else item


class Store:
    """Hands the outcome to the writer; done when its transaction has been committed."""

    def __init__(self, crawler: "Crawler") -> None:
        self.crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    async def process_item(self, item: Item) -> Item:
        spider: Any = self.crawler.spider
        try:
            written = await spider.job.archive.put(item, len(spider.visits))
        except FoiscrawlError as error:  # told once, when the run ends; a traceback for each item in hand would hide it
            spider.fail(error)
        else:
            spider.settled(written)
        return item
