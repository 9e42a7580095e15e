"""What a person sees while a run goes on: a live line on a terminal, plain periodic lines elsewhere."""

import asyncio
import contextlib
import logging
import sys
import time
from typing import TYPE_CHECKING, Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table
from scrapy import signals
from scrapy.utils.log import get_scrapy_root_handler

from foiscrawl.errors import FoiscrawlError
from foiscrawl.storage import queries

if TYPE_CHECKING:
    from scrapy.crawler import Crawler

logger = logging.getLogger(__name__)

LIVE_SECONDS = 1.0
COUNT_SHARE = 0.02  # of the time may go into counting the queue, which takes 0.1 s where a million addresses are known
SHOWN = (("new", "stored"), ("revised", "revised"), ("unchanged", "unchanged"), ("failed", "failed"))


class Progress:
    """Reads the counts of the run and the length of the queue, and shows them."""

    def __init__(self, crawler: "Crawler") -> None:
        self.crawler = crawler
        self.console = Console(stderr=True)
        self.live: Live | None = None
        self.telling: asyncio.Task[None] | None = None
        self.started = time.monotonic()
        self.queue: queries.Queue | None = None
        self.next_count = 0.0  # monotonic
        crawler.signals.connect(self.spider_opened, signals.spider_opened)
        crawler.signals.connect(self.spider_closed, signals.spider_closed)

    @classmethod
    def from_crawler(cls, crawler: "Crawler") -> Self:
        return cls(crawler)

    def spider_opened(self, spider: Any) -> None:
        if self.console.is_terminal:
            self.live = Live(console=self.console, auto_refresh=False, transient=True)
            self.live.start()
            _follow_stderr()
        self.telling = asyncio.get_running_loop().create_task(self._tell(spider))

    def spider_closed(self) -> None:
        if self.telling is not None:
            self.telling.cancel()
        if self.live is not None:
            self.live.stop()
            _follow_stderr()

    async def _tell(self, spider: Any) -> None:
        seconds = LIVE_SECONDS if self.live else self.crawler.settings.getfloat("FOISCRAWL_PROGRESS_SECONDS")
        while True:
            await asyncio.sleep(seconds)
            with contextlib.suppress(FoiscrawlError):  # the storing side meets it too and ends the run
                if spider.job.begun:
                    await self._count(spider.job)
            words = self._words()
            if self.live is not None:
                self.live.update(_row(words), refresh=True)
            else:
                logger.info("%s", ", ".join(f"{name} {value}" for name, value in words))

    async def _count(self, job: Any) -> None:
        began = time.monotonic()
        if began >= self.next_count:
            self.queue = await job.archive.call(queries.queue, job.run, job.now())
            self.next_count = began + (time.monotonic() - began) / COUNT_SHARE

    def _words(self) -> list[tuple[str, str]]:
        stats = self.crawler.stats
        words = [(name, str(stats.get_value(f"foiscrawl/{key}", 0))) for name, key in SHOWN]
        words.append(("queue", "…" if self.queue is None else str(self.queue.due)))
        pages = stats.get_value("response_received_count", 0)
        words.append(("pages/s", f"{pages / max(time.monotonic() - self.started, 0.001):.1f}"))
        if self.queue is not None and self.queue.share is not None:
            words.append(("done", f"{self.queue.share:.0%}"))
        return words


def _row(words: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    for _ in words:
        table.add_column()
    table.add_row(*(f"{name} [bold]{value}[/bold]" for name, value in words))
    return table


def _follow_stderr() -> None:
    """Let log lines go above the live line: the display has just put itself in the place of sys.stderr, or left it."""
    handler = get_scrapy_root_handler()
    if isinstance(handler, logging.StreamHandler) and not isinstance(handler, logging.FileHandler):
        handler.setStream(sys.stderr)
