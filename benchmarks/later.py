"""What comes after the first crawl: crawls that find nothing new, one that finds some, and a large site's memory."""

from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.forms import FAST, back_fill
from benchmarks.newsroom import Site
from benchmarks.process import measured
from foiscrawl.site import load_site
from tests.crawling import accounting, ask, command, environment
from tests.newsroom.sections import SECTIONS

NEW, EDITED = 10, 5


def memory(site: Site, articles: int, many_site: Site, many: int, folder: Path) -> list[Figure]:
    """Peak memory of a full crawl of both sites. Leaves the archive of the smaller one for `again`."""
    small = back_fill(site, archive_of(folder)).memory
    large = back_fill(many_site, many_archive(folder)).memory
    return [
        Figure(f"peak memory, {articles:,} articles", small, "MB", 200),
        Figure(f"peak memory, {many:,} articles", large, "MB", 200),
        Figure("memory of the large site more than of the small one", (large / small - 1) * 100, "%", 10),
    ]


def archive_of(folder: Path) -> str:
    return f"sqlite:///{folder / 'again.db'}"


def many_archive(folder: Path) -> str:
    return f"sqlite:///{folder / 'many.db'}"


def unchanged(site: Site, articles: int, folder: Path) -> list[Figure]:
    """The large site as `memory` left it, which nobody touches: an hour later, and when every look has become due."""
    _, whole = site.traffic()  # nothing but the full crawl has asked it
    figures = []
    for hours, when in ((1, "an hour later"), (40 * 24, "all looks due")):
        site.forward(hours=hours)
        words, env = command(site.home, settings=FAST), environment(many_archive(folder), FOISCRAWL_NOW=site.now())
        cost = measured(words, env)
        requests, sent = site.traffic()
        told = accounting(many_archive(folder))
        name = f"{articles:,} unchanged articles, {when}"
        figures += [
            Figure(f"{name}: requests", requests, ""),
            Figure(f"{name}: bytes, to a full crawl", sent / whole * 100, "%", 5),
            Figure(f"{name}: seconds", cost.seconds, "s"),
            Figure(f"{name}: articles stored or revised", told["stored"] + told["revised"], "", 0),
        ]
    return figures


def again(site: Site, folder: Path) -> list[Figure]:
    """Updates of an archive that has everything, an hour after one another; looks that are due are counted apart."""
    nothing = _update(site, archive_of(folder))
    told = accounting(archive_of(folder))
    limit = len(SECTIONS) + 6
    figures = [
        Figure("nothing new: requests", nothing, "", limit),
        Figure("nothing new: articles stored or revised", told["stored"] + told["revised"], "", 0),
    ]
    new, edited = site.change(NEW, EDITED)
    asked = _update(site, archive_of(folder))
    stored, revised = (_ended(archive_of(folder), one) for one in ("stored", "revised"))
    looks = _update(site, archive_of(folder), "recheck=due")
    return [
        *figures,
        Figure(f"{NEW} new and {EDITED} edited: requests more", asked - nothing, "", 20),
        Figure("new articles found", len(stored & new), "", NEW, exact=True),
        Figure("edited articles found", len(revised & edited), "", EDITED, exact=True),
        Figure("looks that were due: requests", looks, "", limit + load_site("francaisfois").recheck.requests),
        Figure("false finds", len(stored - new) + len(revised - edited), "", 0),
    ]


def _update(site: Site, database_url: str, recheck: str = "recheck=none") -> int:
    """How many requests the server saw."""
    site.forward(hours=1)
    site.requests()
    measured(command(site.home, recheck, settings=FAST), environment(database_url, FOISCRAWL_NOW=site.now()))
    return site.requests()


def _ended(database_url: str, outcome: str) -> set[Any]:
    """Numbers of the articles that the last run ended with this outcome."""
    rows = ask(
        database_url,
        "SELECT a.source_id FROM fetches f JOIN articles a ON a.id = f.article_id"
        " WHERE f.outcome = :outcome AND f.run_id = (SELECT max(id) FROM runs)",
        outcome=outcome,
    )
    return {one.source_id for one in rows}
