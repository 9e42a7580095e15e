"""The same site by four crawlers: bare Scrapy, the common form, and the full crawl into either database."""

import statistics
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.figures import Figure, Form
from benchmarks.newsroom import Site
from benchmarks.process import Cost, measured
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from tests.crawling import accounting, ask, command, environment
from tests.postgres import Postgres

BARE, COMMON, SQLITE, POSTGRESQL = "Scrapy, download only", "common form", "foiscrawl, SQLite", "foiscrawl, PostgreSQL"
FAST = {
    "CONCURRENT_REQUESTS": "16",
    "CONCURRENT_REQUESTS_PER_DOMAIN": "16",
    "DOWNLOAD_DELAY": "0",
    "AUTOTHROTTLE_ENABLED": "False",
}
Crawl = Callable[[Site, int], Cost]  # of a site with so many articles, into a new database


def back_fill(site: Site, database_url: str) -> Cost:
    words = command(site.home, "mode=backfill", settings=FAST)
    return measured(words, environment(database_url, FOISCRAWL_NOW=site.now()))


@dataclass
class Bench:
    """Where databases are made. `postgres` is None when PostgreSQL is left out."""

    folder: Path
    postgres: Postgres | None
    made: int = field(default=0, init=False)
    _pages: dict[str, Sequence[str]] = field(default_factory=dict, init=False)  # of each site, by its address

    def file(self, suffix: str) -> Path:
        self.made += 1
        return self.folder / f"{self.made}.{suffix}"

    def pages(self, site: Site) -> Sequence[str]:
        """All that a full crawl downloads, in its order: a crawl of its own finds out."""
        if site.home not in self._pages:
            database = f"sqlite:///{self.file('db')}"
            back_fill(site, database)
            fetched = ask(database, "SELECT final_url FROM fetches ORDER BY id")
            self._pages[site.home] = [one.final_url for one in fetched]
        return self._pages[site.home]

    def bare(self, site: Site, articles: int) -> Cost:  # noqa: ARG002
        pages, urls = self.pages(site), self.file("txt")
        urls.write_text("\n".join(pages))
        return _complete(measured([sys.executable, "-m", "benchmarks.bare", str(urls)], environment()), len(pages))

    def common_form(self, site: Site, articles: int) -> Cost:
        database = f"sqlite:///{self.file('db')}"
        words = [sys.executable, "-m", "benchmarks.common_form", site.home, database]
        return _complete(measured(words, environment()), articles)

    def sqlite(self, site: Site, articles: int) -> Cost:
        return _stored(site, f"sqlite:///{self.file('db')}", articles)

    def postgresql(self, site: Site, articles: int) -> Cost:
        with self.database() as url:
            return _stored(site, url, articles)

    @contextmanager
    def database(self) -> Iterator[str]:
        """A migrated PostgreSQL archive; there the operator migrates, not the crawl."""
        assert self.postgres is not None
        with self.postgres.database() as url:
            engine = make_engine(url)
            upgrade(engine)
            engine.dispose()
            yield url

    @property
    def crawls(self) -> dict[str, Crawl]:
        found: dict[str, Crawl] = {BARE: self.bare, COMMON: self.common_form, SQLITE: self.sqlite}
        return found | ({POSTGRESQL: self.postgresql} if self.postgres is not None else {})


def _complete(cost: Cost, pages: int) -> Cost:
    if int(cost.output.split()[-1]) != pages:
        raise RuntimeError(f"{cost.output.split()[-1]} of {pages} pages were fetched")
    return cost


def _stored(site: Site, database_url: str, articles: int) -> Cost:
    cost = back_fill(site, database_url)
    told = accounting(database_url)
    if (told["outcome"], told["stored"], told["silent"]) != ("done", articles, 0):
        raise RuntimeError(f"{told['stored']} of {articles} articles were stored; the run is {told['outcome']}")
    return cost


def compare(bench: Bench, site: Site, empty: Site, articles: int, rounds: int) -> list[Form]:
    """Each round runs all forms one after the other, so that a busy machine is busy for each of them."""
    costs: dict[str, list[Cost]] = {name: [] for name in bench.crawls}
    starts: dict[str, list[Cost]] = {name: [] for name in bench.crawls}
    for _ in range(rounds):
        for name, crawl in bench.crawls.items():
            starts[name].append(crawl(empty, 0))
            costs[name].append(crawl(site, articles))
    return [_form(name, costs[name], starts[name], articles) for name in costs]


def _form(name: str, costs: list[Cost], starts: list[Cost], articles: int) -> Form:
    start = statistics.median(one.cpu for one in starts)
    return Form(
        name,
        cpu=(statistics.median(one.cpu for one in costs) - start) / articles * 1000,
        start=start,
        rate=articles / statistics.median(one.seconds for one in costs),
        memory=statistics.median(one.memory for one in costs),
    )


def ratios(forms: list[Form]) -> list[Figure]:
    of = {one.name: one for one in forms}
    figures = []
    for name in (SQLITE, POSTGRESQL):
        if name in of:
            figures.append(Figure(f"CPU per article, {name}, to bare Scrapy", of[name].cpu / of[BARE].cpu, "×", 2.0))
            figures.append(
                Figure(f"CPU per article, {name}, to the common form", of[name].cpu / of[COMMON].cpu, "×", 0.6)
            )
    return figures
