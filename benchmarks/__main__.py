"""Measure all that a limit is set for, in one run.

    python -m benchmarks --quick
    python -m benchmarks --asked big.db --asked postgresql://user@host/big

An archive of a million articles takes a quarter of an hour to fill, on each database; one that `benchmarks.million` has
filled may be given with --asked, one of each database.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Console
from sqlalchemy import URL, make_url

from benchmarks import captures, export, forms, later, near_duplicates, reextraction, report, searching, start
from benchmarks.figures import Figure, Form
from benchmarks.machine import describe
from benchmarks.million import fill
from benchmarks.newsroom import newsroom
from foiscrawl.storage.engine import make_engine
from tests.crawling import ROOT
from tests.postgres import Postgres, running

SIZES = {
    "articles": (3000, 240, "articles that every crawler fetches"),
    "many": (12000, 960, "articles of the large site, for memory"),
    "known": (1_000_000, 100_000, "addresses that the archive knows at the start of a crawl"),
    "signed": (200_000, 20_000, "articles in the table of near-duplicates"),
    "articles-asked": (
        1_000_000,
        3_000,
        "articles of the archive that is searched and exported; 14 GB on each database for a million",
    ),
    "rounds": (3, 1, "how often crawls are repeated"),
}


def parser() -> argparse.ArgumentParser:
    out = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    out.add_argument("--quick", action="store_true", help="small sizes, no files: whether it works, not what it costs")
    for name, (full, quick, what) in SIZES.items():
        out.add_argument(f"--{name}", type=int, metavar="N", help=f"{what} (default {full:,}; quick {quick:,})")
    out.add_argument("--no-postgresql", action="store_true", help="leave PostgreSQL out")
    out.add_argument(
        "--asked",
        metavar="URL",
        type=_database,
        action="append",
        default=[],
        help="archive that benchmarks.million has filled (a file: SQLite), asked instead of a new one; the articles "
        "are its own, and in PostgreSQL it gets a table `bare_search`",
    )
    out.add_argument("--output", type=Path, help="folder for benchmarks.json and .md (default docs; quick: none)")
    return out


def _database(given: str) -> URL:
    return make_url(given) if "://" in given else make_url(f"sqlite:///{Path(given).resolve()}")


def filled(asked: Sequence[URL]) -> dict[str, str]:
    """By the kind of database."""
    return {one.get_backend_name(): one.render_as_string(hide_password=False) for one in asked}


def main(words: Sequence[str] | None = None) -> int:
    """Gives 1 when a limit is not met."""
    given = parser().parse_args(words)
    sizes = {}
    for name, (full, quick, _) in SIZES.items():
        asked = getattr(given, name.replace("-", "_"))
        sizes[name] = asked if asked is not None else quick if given.quick else full
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        postgres = None if given.no_postgresql else stack.enter_context(running())
        crawls, figures = measure(sizes, folder, postgres, stack, filled(given.asked))
        machine = describe(str(postgres.execute("SHOW server_version")[0][0]) if postgres is not None else None)
    report.show(crawls, figures)
    output = given.output or (None if given.quick else ROOT / "docs")
    if output is not None:
        report.write(output, machine, sizes, crawls, figures)
    return int(any(one.met is False for one in figures))


def measure(
    sizes: dict[str, int], folder: Path, postgres: Postgres | None, stack: ExitStack, archives: dict[str, str]
) -> tuple[list[Form], list[Figure]]:
    """archives: URLs of those that are filled already, by the kind of database."""
    say = Console(stderr=True).print
    articles, rounds = sizes["articles"], sizes["rounds"]
    say(f"Near-duplicates: a table of {sizes['signed']:,} articles …")
    look_ups = {"": near_duplicates.sqlite(sizes["signed"], str(folder))}
    if postgres is not None:
        with postgres.database() as url:
            look_ups[", PostgreSQL"] = near_duplicates.postgres(
                sizes["signed"], url.replace("postgresql+psycopg:", "postgresql:")
            )
    asked = sizes["articles-asked"]
    found = []
    if "sqlite" in archives:
        found += ask_and_export(archives["sqlite"], None, "", rounds, say)
    else:
        found += ask_and_export(f"sqlite:///{folder / 'asked.db'}", asked, "", rounds, say)
        (folder / "asked.db").unlink()
    if "postgresql" in archives:
        found += ask_and_export(archives["postgresql"], None, ", PostgreSQL", rounds, say)
    elif postgres is not None:
        with postgres.database() as url:
            found += ask_and_export(url, asked, ", PostgreSQL", rounds, say)
    say(f"Rendering sites of {articles:,} and 0 articles …")
    site, empty = stack.enter_context(newsroom(articles)), stack.enter_context(newsroom(0))
    say(f"Crawling {articles:,} articles with each crawler, {rounds} times …")
    crawls = forms.compare(forms.Bench(folder, postgres), site, empty, articles, rounds)
    say(f"Crawling {sizes['many']:,} articles, for memory …")
    with newsroom(sizes["many"]) as many_site:
        memory = later.memory(site, articles, many_site, sizes["many"], folder)
        say("Crawling them again, unchanged …")
        unchanged = later.unchanged(many_site, sizes["many"], folder)
    say(f"Crawling {articles:,} articles with and without raw answers, {rounds} times …")
    raw = captures.captures(site, articles, rounds, folder)
    say(f"Reading {articles:,} stored pages again, {rounds} times …")
    reread = reextraction.reextraction_figures(later.archive_of(folder), rounds)
    say("Crawling again …")
    again = later.again(site, folder)
    say(f"Starting with {sizes['known']:,} known addresses …")
    begun = start.start(empty, sizes["known"], rounds, folder)
    name = f"near-duplicate look-up in {sizes['signed']:,} articles, median"
    near = [Figure(f"{name}{where}", took, "ms", 0.2) for where, took in look_ups.items()]
    return crawls, [*forms.ratios(crawls), *memory, *unchanged, *raw, *reread, *again, *begun, *near, *found]


def ask_and_export(
    url: str, articles: int | None, where: str, rounds: int, say: Callable[[str], object]
) -> list[Figure]:
    """Fill this new database, or take it as it is (None), then measure what is to be quick in a large archive."""
    if articles is not None:
        fill(url, articles, say=say)
    else:
        with make_engine(url, read_only=True).connect() as conn:
            articles = conn.exec_driver_sql("SELECT count(*) FROM articles").scalar_one()
    say(f"Searching and exporting an archive of {articles:,} articles …")
    return searching.measured(url, articles, where) + export.figures(url, articles, where, rounds)


if __name__ == "__main__":
    sys.exit(main())
