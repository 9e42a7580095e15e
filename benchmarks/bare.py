"""The limit: Scrapy that downloads the pages named in a file and does nothing with them. Prints how many came."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from scrapy.http import Response

SETTINGS = {
    "CONCURRENT_REQUESTS": 16,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 16,
    "DOWNLOAD_DELAY": 0,
    "ROBOTSTXT_OBEY": False,
    "TELNETCONSOLE_ENABLED": False,
    "LOG_LEVEL": "WARNING",
}


class Bare(scrapy.Spider):
    name = "bare"
    urls: list[str]
    pages = 0

    async def start(self) -> AsyncIterator[Any]:
        for url in self.urls:
            yield scrapy.Request(url)

    def parse(self, response: Response) -> None:  # noqa: ARG002
        Bare.pages += 1


if __name__ == "__main__":
    process = CrawlerProcess(SETTINGS)
    process.crawl(Bare, urls=Path(sys.argv[1]).read_text().split())
    process.start()
    print(Bare.pages)
