"""Export to Parquet against a bare read of the same tables by the database's own driver, one after the other.

    python -m benchmarks.export DATABASE        an archive that benchmarks.million has filled; prints JSON

Bare is a program that knows nothing of the archive: SELECT * from each table that the export carries, in batches (on
PostgreSQL through a cursor of the server's), each thrown away; its imports and its connection are not counted. The
export is the whole command, start-up, packing, writing and digests included.
"""

import json
import shutil
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.process import measured
from tests.crawling import FOISCRAWL, environment

BATCH = 1_000  # rows
TABLES = ("articles", "revisions", "article_sections", "authors", "tags", "images", "captures", "sites", "policies")


def figures(url: str, articles: int, where: str, rounds: int) -> list[Figure]:
    """Medians over the rounds, in each of which both run once."""
    told = compare(url, rounds)
    name = f"export of {articles:,} articles to Parquet{where}"
    return [
        Figure(f"{name}, to a bare read: seconds", told["seconds"] / told["bare_seconds"], "", 4),
        Figure(f"{name}, to a bare read: CPU", told["cpu"] / told["bare_cpu"], "", 4),
        Figure(f"{name}: seconds", told["seconds"], "s"),
        Figure(f"{name}: peak memory", told["memory"], "MB", 300),
    ]


def compare(url: str, rounds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory(dir="/var/tmp") as name:  # not in memory, which the archive may need
        folder = Path(name)
        env = environment(url)
        if env.pop("PYTHONDONTWRITEBYTECODE", None):  # an installed program is compiled once, not at each start
            env["PYTHONPYCACHEPREFIX"] = str(folder / "bytecode")
        measured([FOISCRAWL, "export", "--help"], env)
        found: list[dict[str, float]] = []
        for number in range(rounds):
            read = measured([sys.executable, "-m", "benchmarks.export", "--bare", url], env)
            cost = measured([FOISCRAWL, "export", str(folder / f"out{number}")], env)
            shutil.rmtree(folder / f"out{number}")
            found.append({**json.loads(read.output), "seconds": cost.seconds, "cpu": cost.cpu, "memory": cost.memory})
    return {name: statistics.median(one[name] for one in found) for name in found[0]}


def bare(url: str) -> dict[str, float]:
    """Seconds on the clock and of CPU, of this process only."""
    with closing(_connect(url)) as connection:
        began, cpu = time.monotonic(), time.process_time()
        for table in TABLES:
            for _rows in _batches(connection, table):
                pass
        return {"bare_seconds": time.monotonic() - began, "bare_cpu": time.process_time() - cpu}


def _connect(url: str) -> Any:
    if url.startswith("sqlite:///"):
        return sqlite3.connect(f"file:{url.removeprefix('sqlite:///')}?mode=ro", uri=True)
    import psycopg

    return psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"))


def _batches(connection: Any, table: str) -> Iterator[list[Any]]:
    cursor = connection.cursor() if isinstance(connection, sqlite3.Connection) else connection.cursor("bare")
    with closing(cursor):
        cursor.execute(f"SELECT * FROM {table}")
        while rows := cursor.fetchmany(BATCH):
            yield rows


if __name__ == "__main__":
    words = sys.argv[1:]
    print(json.dumps(bare(words[1]) if words[0] == "--bare" else compare(words[0], 3)))
