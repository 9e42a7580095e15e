"""How long the start of a crawl takes, and how much memory, when the archive knows very many addresses already."""

import shutil
import sqlite3
from pathlib import Path

from benchmarks.figures import Figure
from benchmarks.forms import FAST
from benchmarks.newsroom import Site
from benchmarks.process import Cost, measured
from tests.crawling import command, environment

# A known article of some weeks or years, due for its next look within a year.
_NUMBERS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count)"
_ARTICLES = f"""{_NUMBERS}
INSERT INTO articles (id, site_id, source_id, canonical_url, url_key, state, first_seen_at, last_seen_at,
                      last_checked_at, revision_count, content_hash, noarchive)
SELECT 1000000 + i, 1, 'old' || i, 'http://ancien.invalid/article-' || i || '/', 'ancien.invalid/article-' || i,
       'live', :then, :then, :then, 1, printf('%064d', i), 0 FROM n"""
_URLS = f"""{_NUMBERS}
INSERT INTO urls (site_id, url_key, url, kind, state, next_fetch_at, attempts, found_in, page, published_at,
                  modified_at, article_id, first_seen_at, last_seen_at, first_run_id, last_fetched_at)
SELECT 1, 'ancien.invalid/article-' || i, 'http://ancien.invalid/article-' || i || '/', 'article', 'known',
       strftime('%Y-%m-%dT%H:%M:%SZ', :soon, (i % 365) || ' days'), 0, 'sitemap', 1, :then,
       :then, 1000000 + i, :then, :then, 1, :then FROM n"""


def start(site: Site, known: int, rounds: int, folder: Path) -> list[Figure]:
    """An update with nothing to find, on an archive with `known` more addresses and on one without.

    The least of all rounds: what other programs take can only be added.
    """
    plain, full = folder / "plain.db", folder / "full.db"
    for _ in range(2):  # the first crawl fetches the few articles, the second finds the site as every later one does
        _crawl(site, plain)
    shutil.copy(plain, full)
    fill(full, known)
    small, large = [], []
    for _ in range(rounds):
        small.append(_crawl(site, plain))
        large.append(_crawl(site, full))
    more = [min(getattr(one, what) for one in large) - min(getattr(one, what) for one in small) for what in _WHAT]
    name = f"start with {known:,} known addresses, more than with few:"
    return [
        Figure(f"{name} seconds", more[0], "s", 1),
        Figure(f"{name} CPU", more[1], "s"),
        Figure(f"{name} memory", more[2], "MB", 20),
    ]


_WHAT = ("seconds", "cpu", "memory")


def _crawl(site: Site, file: Path) -> Cost:
    site.forward(hours=1)
    return measured(command(site.home, settings=FAST), environment(f"sqlite:///{file}", FOISCRAWL_NOW=site.now()))


def fill(file: Path, count: int) -> None:
    """Add `count` articles and their addresses to a migrated SQLite archive that one crawl has used."""
    archive = sqlite3.connect(file)
    with archive:
        values = {"count": count, "then": "2024-01-01T00:00:00Z", "soon": "2027-01-01T00:00:00Z"}
        archive.execute(_ARTICLES, values)
        archive.execute(_URLS, values)
    archive.close()
