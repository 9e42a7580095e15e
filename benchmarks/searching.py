"""Search and counts in an archive of many articles, each to a bare query of the engine's own index in the same run.

    python -m benchmarks.searching DATABASE        an archive that benchmarks.million has filled; prints JSON

Bare is what one would write oneself: ORDER BY rank LIMIT 20 over FTS5; over a stored tsvector with its places and a GIN
index, ORDER BY ts_rank LIMIT 20. Ours finds the same texts, orders them, and reads and marks twenty of them.
"""

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence

from sqlalchemy import Connection, inspect, text

from benchmarks import process
from benchmarks.figures import Figure
from benchmarks.million import vocabulary
from foiscrawl.search_query import parse
from foiscrawl.stems import stem_text
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.search import search
from foiscrawl.storage.search.sqlite import expression

QUESTIONS, TIMES = 50, 3
KINDS = {"1 word": 1.3, "2 words": 1.3, "phrase of 3 words": 1.3, "a word of most articles": 0.25}

_BARE_SQLITE = text("SELECT rowid FROM article_search WHERE article_search MATCH :match ORDER BY rank LIMIT 20")
_BARE_POSTGRESQL = text(
    "SELECT place FROM bare_search, CAST(:match AS tsquery) AS q WHERE words @@ q "
    "ORDER BY ts_rank(words, q) DESC LIMIT 20"
)
_SCAN = {
    "sqlite": "substr(r.published_at, 1, 7)",
    "postgresql": "to_char(r.published_at AT TIME ZONE 'UTC', 'YYYY-MM')",
}
_COUNT = text("SELECT section, month, sum(articles) FROM articles_by_month GROUP BY section, month")


def measured(url: str, articles: int, where: str) -> list[Figure]:
    """Of an archive that `million.fill` has filled, in a process of its own for the memory's sake."""
    cost = process.measured([sys.executable, "-m", "benchmarks.searching", url], os.environ)
    told = json.loads(cost.output)
    name = f"search in {articles:,} articles{where}"
    is_full = articles >= 1_000_000  # in a small archive a bare query takes less time than to read twenty texts
    found = [
        Figure(f"{name}: {kind}, {share} to bare", told[kind][share], "", limit if is_full else None)
        for kind, limit in KINDS.items()
        for share in ("p50", "p95")
    ]
    found += [Figure(f"{name}: {kind}, p50", told[kind]["ms"], "ms") for kind in KINDS]
    return [
        *found,
        Figure(
            f"count per section and month of {articles:,} articles{where}, to the scan",
            told["count"],
            "",
            0.06 if is_full else None,
        ),
        Figure(f"{name}: peak memory", cost.memory, "MB", 300),
    ]


def prepare(conn: Connection) -> None:
    """What the bare query of PostgreSQL needs: a table of its own, as everybody makes it. It stays in the archive."""
    if conn.dialect.name == "sqlite" or inspect(conn).has_table("bare_search"):
        return
    for statement in (
        "SET maintenance_work_mem = '512MB'",
        "CREATE TABLE bare_search AS SELECT place, "
        "to_tsvector('simple', concat_ws(' ', headline, standfirst, body)) AS words FROM search_texts WHERE current",
        "CREATE INDEX ON bare_search USING gin (words)",
        "ANALYZE bare_search",
    ):
        conn.execute(text(statement))


def questions(conn: Connection) -> dict[str, list[str]]:
    draw, words = random.Random(3), vocabulary()
    bodies = conn.execute(text("SELECT body_text FROM revisions WHERE id <= 2000 ORDER BY id")).scalars().all()
    phrases = []
    for body in draw.sample(bodies, QUESTIONS):
        paragraph = body.split("\n\n")[0].rstrip(".").split()
        start = draw.randrange(len(paragraph) - 3)
        phrases.append(f'"{" ".join(paragraph[start : start + 3])}"')
    return {
        "1 word": draw.sample(words[8_000:14_000], QUESTIONS),
        "2 words": [" ".join(draw.sample(words[1_200:2_400], 2)) for _ in range(QUESTIONS)],
        "phrase of 3 words": phrases,
        "a word of most articles": words[:3],
    }


def bare_match(conn: Connection, asked: str) -> str:
    if conn.dialect.name == "sqlite":
        return str(expression(parse(asked)))
    between = " <-> " if asked.startswith('"') else " & "
    return between.join(f"'{one}'" for one in stem_text(asked).split())


def compare(conn: Connection, asked: Sequence[str]) -> dict[str, float]:
    bare = _BARE_SQLITE if conn.dialect.name == "sqlite" else _BARE_POSTGRESQL
    theirs, ours = [], []
    for one in asked:
        match, query = bare_match(conn, one), parse(one)
        took = _took(
            lambda match=match: conn.execute(bare, {"match": match}).all(),
            lambda query=query: search(conn, query, limit=20),
        )
        theirs.append(took[0])
        ours.append(took[1])
    return {
        "p50": statistics.median(ours) / statistics.median(theirs),
        "p95": _p95(ours) / _p95(theirs),
        "ms": statistics.median(ours),
        "bare_ms": statistics.median(theirs),
        "p95_ms": _p95(ours),
        "bare_p95_ms": _p95(theirs),
    }


def count(conn: Connection) -> float:
    scan = text(
        f"SELECT r.section, {_SCAN[conn.dialect.name]} AS month, count(*) FROM articles a JOIN revisions r "
        "ON r.article_id = a.id AND r.number = a.revision_count GROUP BY 1, 2"
    )
    ours, theirs = ({tuple(row) for row in conn.execute(one)} for one in (_COUNT, scan))
    assert ours == theirs
    took = _took(lambda: conn.execute(_COUNT).all(), lambda: conn.execute(scan).all())
    return took[0] / took[1]


def _took(*works: Callable[[], object]) -> list[float]:
    """Milliseconds, the medians of some times; by turns, so that a busy moment of the machine meets all alike."""
    found: list[list[float]] = [[] for _ in works]
    for _ in range(TIMES):
        for work, times in zip(works, found, strict=True):
            began = time.perf_counter()
            work()
            times.append((time.perf_counter() - began) * 1e3)
    return [statistics.median(times) for times in found]


def _p95(times: Sequence[float]) -> float:
    return statistics.quantiles(times, n=20, method="inclusive")[-1]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("database")
    engine = make_engine(arguments.parse_args().database)
    with engine.begin() as conn:
        prepare(conn)
    told: dict[str, object] = {}
    with engine.connect() as conn:
        for kind, asked in questions(conn).items():
            told[kind] = compare(conn, asked)
        told["count"] = count(conn)
    engine.dispose()
    print(json.dumps(told, indent=2))


if __name__ == "__main__":
    main()
