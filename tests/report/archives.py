"""Archives for the report, filled row by row without a crawl: the same rows on both databases.

`python -m tests.report.archives DATABASE_URL [ARTICLES [YEARS]]` makes one to look at.
"""

import random
import sys
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, insert, update

from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from foiscrawl.storage.models import (
    article_sections,
    articles,
    authors,
    fetches,
    removals,
    revisions,
    runs,
    sites,
    urls,
)

END = datetime(2026, 11, 25, 9, 0, 0, tzinfo=UTC)
HOSTILE = "<script>x</script>$a_b$'\"\x1b[31m\u202e & 100 %"
SECTIONS = (
    "Actualités", "International", "Politique", "Société", "Économie", "High-Tech", "Police", "Éducation", "Justice",
    "Divertissement", "Culture", "Communiqué de presse", "Santé et bien-être", "Œuvres et patrimoine", "Sports",
    "Météo", "Île-de-France", "Outre-mer", "Environnement et énergies renouvelables", "Tribunes", "Vidéos", "Archives",
    "Jeux", "Non classé", HOSTILE,
)  # fmt: skip
CREDITS = (
    None, None, None, "AFP", "AFP", "Le Monde avec AFP", "Reuters", "AFP/Reuters", "Le Figaro", "l’AFP (Paris)",
    "Le Parisien avec AP", "APRIL", "Agence France-Presse", HOSTILE,
)  # fmt: skip
KINDS = (
    "headline",
    "body",
    "body",
    "body,correction",
    "headline,body",
    "byline",
    "credit",
    "standfirst",
    "restored",
    None,
)
DELAYS = (0.4, 1, 1.5, 3, 8, 20, 30, 60, 130, 300, 800, 2500)  # hours from publication to the look that saw an edit


def fill(
    conn: Connection,
    *,
    count: int,
    days: int,
    run_hours: float = 12,
    sections: Iterable[str] = SECTIONS,
    words: int = 5,
) -> None:
    """So many articles of the last days, evenly but for nights and Sundays, with edits, removals, copies and gaps."""
    for table, rows in _rows(count, days, run_hours, tuple(sections), "un mot " * (words // 2)):
        _insert(conn, table, rows)
    conn.execute(update(urls).where(urls.c.id <= count).values(article_id=urls.c.id))


def _insert(conn: Connection, table: Table, rows: Iterator[dict[str, Any]]) -> None:
    while some := list(islice(rows, 1000)):
        conn.execute(insert(table), some)


def _rows(
    count: int, days: int, run_hours: float, sections: tuple[str, ...], text: str
) -> Iterator[tuple[Table, Iterator[dict[str, Any]]]]:
    rng = random.Random(7)
    begin = END - timedelta(days=days)
    number = max(2, int(days * 24 / run_hours))
    published = sorted(_moment(rng, begin, days) for _ in range(count))
    starts = [begin + timedelta(hours=run_hours * one) for one in range(number)]
    starts = [
        one for one in starts if not begin + timedelta(days=days * 0.6) < one < begin + timedelta(days=days * 0.63)
    ]
    starts = starts or [begin]
    home = "https://essai.test/"
    yield sites, iter([{"id": 1, "name": "francaisfois", "title": "Essai", "home": home, "created_at": begin}])
    yield runs, (_run(rng, one, start) for one, start in enumerate(starts, 1))
    states = ("failed", "missing", "refused", "gone", "outside", "outside", "dropped")
    lost = [(rng.choice(published), rng.choice(states), rng.choice(sections)) for _ in range(count // 20)]
    yield urls, (_url(one, home, at, "known", sections[one % len(sections)]) for one, at in enumerate(published, 1))
    yield urls, (_url(count + one, home, *row) for one, row in enumerate(lost, 1))
    yield fetches, (_fetch(rng, one, starts, at) for one, at in enumerate(published, 1))
    edits = [rng.choice((1, 1, 1, 1, 1, 2, 2, 3)) for _ in published]
    yield articles, (_article(rng, one, home, at, edits[one - 1]) for one, at in enumerate(published, 1))
    weights = [1 / (1 + place) for place in range(len(sections))]
    of = rng.choices(sections, weights, k=count)
    yield revisions, _revisions(rng, published, edits, of, text)
    yield (
        article_sections,
        ({"article_id": one, "position": 1, "name": name, "slug": None} for one, name in enumerate(of, 1)),
    )
    yield authors, ({"article_id": one, "position": 1, "name": f"A. {one % 7}"} for one in range(1, count + 1))
    yield (
        removals,
        (
            _removal(rng, one, min(END, at + timedelta(days=rng.expovariate(0.05))))
            for one, at in enumerate(published, 1)
            if one % 40 == 0
        ),
    )


def _moment(rng: random.Random, begin: datetime, days: int) -> datetime:
    at = begin + timedelta(days=rng.uniform(0, days))
    busy = (0.1 if at.hour < 5 else 1) * (0.4 if at.weekday() == 6 else 1)
    return at if rng.random() < busy else _moment(rng, begin, days)


def _run(rng: random.Random, number: int, start: datetime) -> dict[str, Any]:
    outcome = rng.choices(("done", "degraded", "crashed", "interrupted", "failed"), (90, 5, 2, 2, 1))[0]
    ended = start + timedelta(minutes=5)
    return {
        "id": number, "site_id": 1, "mode": "update", "arguments": {}, "started_at": start, "heartbeat_at": ended,
        "ended_at": ended, "outcome": outcome, "versions": {},
    }  # fmt: skip


def _url(number: int, home: str, at: datetime, state: str, section: str) -> dict[str, Any]:
    return {
        "id": number, "site_id": 1, "url_key": f"essai.test/{number}", "url": f"{home}{number}", "kind": "article",
        "state": "new" if state == "missing" else state, "found_in": "feed", "section": section, "published_at": at,
        "first_seen_at": at, "last_seen_at": at, "first_run_id": 1,
    }  # fmt: skip


def _fetch(rng: random.Random, number: int, starts: list[datetime], at: datetime) -> dict[str, Any]:
    run = min(bisect_left(starts, at) + 1, len(starts))
    return {
        "id": number, "run_id": run, "url_id": number, "kind": "article", "taken_at": at, "settled_at": at,
        "outcome": "stored", "status": 200, "requests": rng.choice((1, 1, 1, 2)),
        "size": rng.randrange(50_000, 150_000),
    }  # fmt: skip


def _article(rng: random.Random, number: int, home: str, at: datetime, count: int) -> dict[str, Any]:
    other = number - 1 if number > 1 else None
    return {
        "id": number, "site_id": 1, "source_id": str(number), "canonical_url": f"{home}{number}",
        "url_key": f"essai.test/{number}", "state": "removed" if number % 40 == 0 else "live", "first_seen_at": at,
        "last_seen_at": at, "last_checked_at": at, "revision_count": count, "content_hash": f"{number:064x}",
        "duplicate_of_id": other if number % 50 == 3 else None,
        "near_duplicate_of_id": other if number % 30 == 4 else None,
    }  # fmt: skip


def _revisions(
    rng: random.Random, published: list[datetime], edits: list[int], of: list[str], text: str
) -> Iterator[dict[str, Any]]:
    for article, at in enumerate(published, 1):
        credit, seen = rng.choice(CREDITS), at + timedelta(minutes=20)
        # One in forty has no believable date, one in forty a day without an hour.
        is_known, precision = article % 40 != 7, "day" if article % 40 == 9 else "second"
        for number in range(1, edits[article - 1] + 1):
            yield {
                "article_id": article, "number": number, "fetch_id": article, "captured_at": seen, "headline": "Titre",
                "credit": credit, "body_text": text, "body_html": f"<p>{text}</p>", "access": "open",
                "published_at": at if is_known else None, "published_precision": precision if is_known else None,
                "section": of[article - 1], "content_hash": f"{article:064x}", "word_count": 2, "layout": "essai",
                "kind": "first" if number == 1 else rng.choice(KINDS), "extractor_version": "1", "origins": {},
                "flags": [],
            }  # fmt: skip
            seen = at + timedelta(hours=rng.choice(DELAYS))


def _removal(rng: random.Random, article: int, at: datetime) -> dict[str, Any]:
    state = rng.choice(("suspected", "removed", "removed", "withdrawn", "returned", "held"))
    return {
        "article_id": article, "state": state, "rule": "1", "looks": 3, "last_status": 404, "first_failed_at": at,
        "last_failed_at": at + timedelta(days=15),
        "returned_at": at + timedelta(days=20) if state == "returned" else None,
    }  # fmt: skip


def main(url: str, count: int = 1000, years: float = 1) -> None:
    engine = make_engine(url)
    upgrade(engine)
    with engine.begin() as conn:
        fill(conn, count=count, days=int(years * 365.25), words=500)
    engine.dispose()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]))
