"""An archive as the schema of the first release left it (20261123_views), filled with made-up rows of every table."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, MetaData, Table, insert, select

OLD = "20261123_views"
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
EDITED = 5  # every so many-th article has a second revision
ALIASES = 20  # and every so many-th a second address
FAILED = 50  # so many addresses never gave an article
RUNS = 4
SECTIONS = ("Politique", "Société", "Économie", "Culture", "Justice")
WORDS = ["Le", "conseil", "de", "l’île", "a", "«", "refusé", "»", "3,5", "%", "de", "l’œuvre…", "\xa0🙂", "Noël"]
_CHUNK = 2_000

Rows = Iterator[dict[str, Any]]


def reflect(conn: Connection) -> dict[str, Table]:
    """The tables of the database as it is, in an order in which they can be filled."""
    metadata = MetaData()
    metadata.reflect(conn)
    return {one.name: one for one in metadata.sorted_tables if one.name != "alembic_version"}


def fill(conn: Connection, articles: int) -> None:
    """Every table with rows; most with at least one for each article."""
    tables = reflect(conn)
    # PostgreSQL takes moments, SQLite keeps them as text.
    text = conn.dialect.name == "sqlite"

    def moment(hours: float) -> Any:
        at = NOON - timedelta(seconds=round(hours * 3600))
        return f"{at:%Y-%m-%dT%H:%M:%SZ}" if text else at

    made = _Maker(articles, moment)
    for name, table in tables.items():
        chunk: list[dict[str, Any]] = []
        for row in getattr(made, name)():
            chunk.append(row)
            if len(chunk) == _CHUNK:
                conn.execute(insert(table), chunk)
                chunk = []
        if chunk:
            conn.execute(insert(table), chunk)


def digests(conn: Connection, tables: dict[str, Table]) -> dict[str, tuple[int, str]]:
    """For each table the number of its rows and a SHA-256 over all values of these columns, in the order of the key."""
    found = {}
    for name, table in tables.items():
        digest, count = hashlib.sha256(), 0
        for row in conn.execution_options(yield_per=_CHUNK).execute(select(table).order_by(*table.primary_key)):
            digest.update(repr(tuple(bytes(one) if isinstance(one, memoryview) else one for one in row)).encode())
            count += 1
        found[name] = (count, digest.hexdigest())
    return found


class _Maker:
    """Rows of each table; the methods are called as the tables are."""

    def __init__(self, count: int, moment: Any) -> None:
        self.ids = range(1, count + 1)
        self.moment = moment

    def sites(self) -> Rows:
        yield {
            "id": 1,
            "name": "francaisfois",
            "title": "Français Fois",
            "home": "https://essai.test/",
            "verified_at": self.moment(1),
            "horizon_at": self.moment(720),
            "created_at": self.moment(900),
        }

    def sections(self) -> Rows:
        for number, name in enumerate(SECTIONS, 1):
            yield {
                "id": number,
                "site_id": 1,
                "url_key": f"essai.test/category/{number}",
                "url": f"https://essai.test/category/{number}/",
                "name": name,
                "slug": name.lower() if number % 2 else None,
                "parent": "Plus" if number == 5 else None,
                "position": number,
                "first_seen_at": self.moment(900),
                "last_seen_at": self.moment(1),
            }

    def policies(self) -> Rows:
        yield {
            "site_id": 1,
            "kind": "robots",
            "url": "https://essai.test/robots.txt",
            "fetched_at": self.moment(1),
            "status": 200,
            "body": "User-agent: *\nDisallow: /wp-admin/\n",
        }

    def runs(self) -> Rows:
        for number in range(1, RUNS + 1):
            dead = number == 2
            yield {
                "id": number,
                "site_id": 1,
                "mode": "backfill" if number == 1 else "update",
                "arguments": {"mode": "update", "sections": ["politique"]},
                "started_at": self.moment(100 - number),
                "heartbeat_at": self.moment(99.5 - number),
                "ended_at": self.moment(99 - number),
                "outcome": "crashed" if dead else "done",
                "exit_code": None if dead else 0,
                "reason": "it died" if dead else None,
                "skipped": {"off_site": number},
                "declared_total": len(self.ids) if number == 1 else None,
                "resume_at": None,
                "versions": {"foiscrawl": "1.0"},
            }

    def articles(self) -> Rows:
        for one in self.ids:
            copy = one > 100 and one % 40 == 0
            yield {
                "id": one,
                "site_id": 1,
                "source_id": str(one + 100) if one % 10 else None,
                "canonical_url": f"https://essai.test/titre-{one}/",
                "url_key": f"essai.test/titre-{one}",
                "state": "live",
                "first_seen_at": self.moment(98),
                "last_seen_at": self.moment(96),
                "last_checked_at": self.moment(96),
                "revision_count": 1 + (one % EDITED == 0),
                "content_hash": hashlib.sha256(str(one - 40 * copy).encode()).hexdigest(),
                "signature": one.to_bytes(4, "little") * 128 if one % 3 else None,
                "duplicate_of_id": one - 40 if copy else None,
                "near_duplicate_of_id": one - 1 if one % 55 == 1 and one > 1 else None,
                "near_similarity": 0.625 if one % 55 == 1 and one > 1 else None,
                "noarchive": one % 500 == 0,
            }

    def urls(self) -> Rows:
        def row(number: int, slug: str, **values: Any) -> dict[str, Any]:
            return {
                "id": number,
                "site_id": 1,
                "url_key": f"essai.test/{slug}",
                "url": f"https://essai.test/{slug}/",
                "kind": "article",
                "state": "known",
                "next_fetch_at": None,
                "attempts": 0,
                "reason": None,
                "found_in": "sitemap",
                "page": 1,
                "section": SECTIONS[number % 5] if number % 2 else None,
                "source_id": None,
                "title": f"Titre {number}",
                "published_at": self.moment(number % 700),
                "modified_at": self.moment(number % 300) if number % 4 else None,
                "etag": None,
                "last_modified": None,
                "article_id": None,
                "first_seen_at": self.moment(99),
                "last_seen_at": self.moment(96),
                "first_run_id": 1,
                "last_fetched_at": self.moment(98 - number % 3),
                **values,
            }

        count = len(self.ids)
        for one in self.ids:
            yield row(one, f"titre-{one}", article_id=one, source_id=str(one + 100))
            if one % ALIASES == 0:
                yield row(count + one, f"ancien-{one}", article_id=one, last_fetched_at=None)
        for one in range(1, FAILED + 1):
            gone = one % 2 == 0
            yield row(
                2 * count + one,
                f"perdu-{one}",
                state="gone" if gone else "failed",
                attempts=one,
                reason="http_404" if gone else "http_500",
                next_fetch_at=None if gone else self.moment(-1),
            )
        for number, name in enumerate(SECTIONS, 1):
            yield row(3 * count + number, f"category/{number}", kind="listing", section=name, etag='W/"x"')

    def fetches(self) -> Rows:
        def row(number: int, run: int, url: int, outcome: str, article: int | None) -> dict[str, Any]:
            return {
                "id": number,
                "run_id": run,
                "url_id": url,
                "kind": "article",
                "taken_at": self.moment(98.5),
                "settled_at": self.moment(98),
                "outcome": outcome,
                "reason": "http_404" if outcome == "gone" else None,
                "status": 404 if outcome == "gone" else 200,
                "final_url": f"https://essai.test/titre-{number}/",
                "requests": 1 + number % 2,
                "size": 3_000_000_000 if number == 1 else 98_000 + number,
                "elapsed_ms": number % 900,
                "article_id": article,
            }

        count = len(self.ids)
        for one in self.ids:
            yield row(one, 1, one, "stored", one)
            if one % EDITED == 0:
                yield row(count + one, 3, one, "revised", one)
        for one in range(1, FAILED + 1):
            yield row(2 * count + one, 4, 2 * count + one, "gone" if one % 2 == 0 else "quarantined", None)

    def revisions(self) -> Rows:
        for one in self.ids:
            for number in range(1, 3 if one % EDITED == 0 else 2):
                body = "\n\n".join(" ".join(WORDS * 5) for _ in range(3)) + f" {one} {number}"
                published = one % 9 != 0
                yield {
                    "id": one + (len(self.ids) if number == 2 else 0),
                    "article_id": one,
                    "number": number,
                    "fetch_id": one + (len(self.ids) if number == 2 else 0),
                    "captured_at": self.moment(98),
                    "headline": f"Titre n° {one} : « l’essai »" if one % 70 else None,
                    "standfirst": "Chapô." if one % 2 else None,
                    "byline": "Noël L’Hénoret" if one % 3 else None,
                    "credit": "Le Monde avec AFP" if one % 4 == 0 else None,
                    "body_text": body if one % 90 else "",
                    "body_html": f"<p>{body}</p>",
                    "access": "open",
                    "published_at": self.moment(one % 700) if published else None,
                    "published_raw": "2026-11-01T12:00:00+01:00" if published else None,
                    "published_precision": "second" if published else None,
                    "published_zone": "+01:00" if published else None,
                    "published_flag": None,
                    "modified_at": None,
                    "modified_raw": "0000-00-00" if one % 30 == 0 else None,
                    "modified_precision": None,
                    "modified_zone": None,
                    "modified_flag": "zero" if one % 30 == 0 else None,
                    "section": SECTIONS[one % 5],
                    "language": "fr-FR",
                    "word_count": 12 * 15,
                    "content_hash": hashlib.sha256(f"{one} {number}".encode()).hexdigest(),
                    "layout": "smartmag-cover",
                    "extractor_version": "1",
                    "origins": {"headline": "css:h1", "body": "css:.entry-content"},
                    "flags": ["published:disputed"] if one % 100 == 0 else [],
                }

    def quarantine(self) -> Rows:
        for one in range(1, FAILED + 1, 2):
            yield {
                "id": one,
                "site_id": 1,
                "url_id": 2 * len(self.ids) + one,
                "fetch_id": 2 * len(self.ids) + one,
                "reason": "no_body",
                "headline": "Perdu",
                "item": {"headline": "Perdu", "sections": [{"name": "Société"}]},
                "first_at": self.moment(98),
                "last_at": self.moment(97),
                "looks": 2,
            }

    def article_sections(self) -> Rows:
        for one in self.ids:
            yield {"article_id": one, "position": 1, "name": SECTIONS[one % 5], "slug": None}

    def authors(self) -> Rows:
        for one in self.ids:
            yield {"article_id": one, "position": 1, "name": "Noël L’Hénoret"}

    def tags(self) -> Rows:
        for one in self.ids[::2]:
            yield {"article_id": one, "position": 1, "name": f"mot {one % 50}", "slug": f"mot-{one % 50}"}

    def images(self) -> Rows:
        for one in self.ids:
            yield {
                "article_id": one,
                "position": 1,
                "url": f"https://essai.test/photo-{one}.jpg",
                "role": "featured",
                "caption": None,
                "credit": "AFP",
                "alt": "",
            }

    def links(self) -> Rows:
        for one in self.ids[::3]:
            yield {
                "article_id": one,
                "position": 1,
                "url": "https://essai.test/autre/",
                "text": "Autre",
                "kind": "internal",
            }

    def near_bands(self) -> Rows:
        for one in self.ids:
            for band in (1, 2):
                yield {"band": one * 7_919 * band - 2**62, "article_id": one}
