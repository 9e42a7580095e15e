"""What it costs to read stored captures again, beside a bare loop: warcio, parsel and ten queries, on one core."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from parsel import Selector
from warcio.archiveiterator import ArchiveIterator

from benchmarks.figures import Figure
from foiscrawl.site import load_site
from foiscrawl.storage.reading import read_all
from tests.crawling import ask, capture_folder

PAGES = (
    "SELECT c.file, c.record_offset FROM revisions r JOIN captures c ON c.id = r.capture_id"
    " WHERE c.record = 'response' ORDER BY c.id"
)
TWO = 1 / 1.8  # of the bare loop's time on one core


def reextraction_figures(database_url: str, rounds: int) -> list[Figure]:
    """The archive has been crawled before. Each round runs all three, one after the other."""
    texts = ask(database_url, "SELECT count(*) FROM revisions")[0][0]
    ways: dict[str, Callable[[], int]] = {
        "bare": lambda: _bare(database_url),
        "one": lambda: _ours(database_url, 1),
        "two": lambda: _ours(database_url, 2),
    }
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, way in ways.items():
            began = time.perf_counter()
            read = way()
            seconds[name].append(time.perf_counter() - began)
            if read != texts:
                raise RuntimeError(f"{name}: {read} of {texts} texts were read")
    bare, one, two = (statistics.median(seconds[name]) for name in ("bare", "one", "two"))
    return [
        Figure("re-extraction: bare loop of warcio and parsel, one core", texts / bare, "texts/s"),
        Figure("re-extraction: one process", texts / one, "texts/s"),
        Figure("re-extraction: two processes, their start included", texts / two, "texts/s"),
        Figure("re-extraction, one process: time to that of the bare loop", one / bare, "×", 1),
        Figure("re-extraction, two processes: time to that of the bare loop", two / bare, "×", TWO),
    ]


def _bare(database_url: str) -> int:
    folder, read = capture_folder(database_url), 0
    for row in ask(database_url, PAGES):
        with (folder / row.file).open("rb") as stream:
            stream.seek(row.record_offset)
            record = next(iter(ArchiveIterator(stream)))
            page = Selector(record.content_stream().read().decode())
        _ten(page)
        read += 1
    return read


def _ten(page: Selector) -> dict[str, str | None]:
    """The queries of the common form."""
    paragraphs = page.css(".entry-content p")
    return {
        "canonical": page.css("link[rel=canonical]::attr(href)").get(),
        "title": page.css("h1.post-title::text").get(),
        "description": page.css("meta[property='og:description']::attr(content)").get(),
        "author": page.css(".post-author a[rel=author]::text").get(),
        "published": page.css("meta[property='article:published_time']::attr(content)").get(),
        "modified": page.css("meta[property='article:modified_time']::attr(content)").get(),
        "section": page.css(".cat-labels a::text").get(),
        "tags": ", ".join(page.css("a[rel=tag]::text").getall()),
        "image": page.css("meta[property='og:image']::attr(content)").get(),
        "body": "\n\n".join("".join(one.css("::text").getall()).strip() for one in paragraphs),
    }


def _ours(database_url: str, processes: int) -> int:
    """The whole comparison; what it finds different is none."""
    (row,) = ask(database_url, "SELECT s.id, s.home, s.name FROM sites s")
    site = replace(load_site(row.name), home=row.home)
    ids = [one.id for one in ask(database_url, "SELECT id FROM revisions ORDER BY id")]
    folder: Path = capture_folder(database_url)
    found = [one for some in read_all(database_url, folder, site, ids, processes) for one in some]
    differing = [one.url for one in found if one.before or one.problem]
    if differing:
        raise RuntimeError(f"read otherwise than by the crawl: {differing[:3]}")
    return len(found)
