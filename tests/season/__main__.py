"""Play the season against a new archive and print its figures: python -m tests.season [--seed N] [--keep FOLDER]."""

import argparse
import sys
import tempfile
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from tests.crawling import ask
from tests.season import archive
from tests.season.play import Season, play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.season", description=__doc__)
    parser.add_argument("--seed", type=int, default=7, help="another season (default 7, that of the tests)")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where the archive stays (default: nowhere)")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = (given.keep or Path(made)).resolve()
        folder.mkdir(parents=True, exist_ok=True)
        database_url = f"sqlite:///{folder / 'season.db'}"
        engine = make_engine(database_url)
        upgrade(engine)
        engine.dispose()
        _show(play(database_url, folder, seed=given.seed))
    return 0


def _show(season: Season) -> None:
    lives = season.chronicle.lives.values()
    made = Counter(one.why.split(",")[0] for life in lives for one in life.edits())
    seen = Counter(one.why.split(",")[0] for life in lives for one in life.expected()[1:])
    table = Table("What the editor did", "times", "stood at a look", title="Edits", title_justify="left")
    for what, times in sorted(made.items()):
        table.add_row(what, str(times), str(seen[what]))
    Console().print(table)
    stored = archive.revisions(season.database_url)
    removals = [one for rows in archive.removals(season.database_url).values() for one in rows]
    (silent,) = ask(season.database_url, "SELECT sum(silent) AS silent FROM run_accounting")
    figures = {
        "runs": len(season.runs),
        "requests": sum(one.requests for one in season.runs),
        "articles": len(season.chronicle.lives),
        "edits": made.total(),
        "edits that stood at a look": seen.total(),
        "revisions after the first": sum(len(one) - 1 for one in stored.values()),
        "disappearances that were looked at": sum(bool(life.missed) for life in lives),
        "disappearances in the archive": str(dict(Counter(one.state for one in removals))),
        "addresses without an outcome": silent.silent,
    }
    table = Table("Figure", "value", title="Season", title_justify="left")
    for name, value in figures.items():
        table.add_row(name, f"{value:,}" if isinstance(value, int) else str(value))
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
