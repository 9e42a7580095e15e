"""What keeping the raw answers costs: a full crawl with them against one without, and the bytes that stay."""

import sys
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.forms import FAST
from benchmarks.newsroom import Site
from benchmarks.process import Cost, measured
from tests.crawling import ask, capture_folder, command, environment


def captures(site: Site, articles: int, rounds: int, folder: Path) -> list[Figure]:
    """The two crawls of a round follow one another; the least of all rounds: other programs can only add."""
    with_them, without = [], []
    for number in range(rounds):
        kept = _database(folder, f"with-{number}")
        with_them.append(_crawl(site, kept, []))
        without.append(_crawl(site, _database(folder, f"without-{number}"), ["-m", "benchmarks.without_captures"]))
    (told,) = ask(kept, "SELECT count(*) AS answers FROM captures")
    if told.answers < articles:
        raise RuntimeError(f"{told.answers} raw answers of {articles} articles were kept")
    seconds, cpu = (
        min(getattr(one, what) for one in with_them) / min(getattr(one, what) for one in without)
        for what in ("seconds", "cpu")
    )
    database, warc = _size(Path(kept.removeprefix("sqlite:///")).parent, "*.db*"), _size(capture_folder(kept), "*")
    return [
        Figure("WARC writing: seconds of a full crawl, to one without", seconds, "×", 1.15),
        Figure("WARC writing: CPU of a full crawl, to one without", cpu, "×"),
        Figure("archive bytes per article: database", database / max(articles, 1) / 1000, "KB"),
        Figure("archive bytes per article: WARC files, lists included", warc / max(articles, 1) / 1000, "KB"),
    ]


def _database(folder: Path, name: str) -> str:
    (folder / name).mkdir()
    return f"sqlite:///{folder / name / 'archive.db'}"


def _crawl(site: Site, database_url: str, module: list[str]) -> Cost:
    words = command(site.home, "mode=backfill", settings=FAST)
    words = [sys.executable, *module, *words[1:]] if module else words
    return measured(words, environment(database_url, FOISCRAWL_NOW=site.now()))


def _size(folder: Path, names: str) -> int:
    return sum(one.stat().st_size for one in folder.glob(names))
