"""Check the database: its own integrity, each text against its digests, counts against what is counted."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, and_, func, select, text

from foiscrawl import fingerprint
from foiscrawl.stems import STEMS_VERSION, stem_text
from foiscrawl.storage.models import articles, revisions, search_texts
from foiscrawl.storage.revision_rows import TEXTS, row_digest
from foiscrawl.storage.verify_files import Finding


def database(conn: Connection) -> Iterator[Finding]:
    """What SQLite itself finds wrong. PostgreSQL checks its pages when they are read, where it was set up to."""
    if conn.dialect.name != "sqlite":
        return
    for (told,) in conn.execute(text("PRAGMA integrity_check")).all():
        if told != "ok":
            yield Finding("database", told)
    for row in conn.execute(text("PRAGMA foreign_key_check")).all():
        yield Finding(f"row {row[1]} of {row[0]}", f"it refers to a row of {row[2]} that is not there")


# --- texts -----------------------------------------------------------------------------------------------------------

_SEARCHED = {"headline": "headline", "standfirst": "standfirst", "body": "body_text"}
_TEXTS = (
    select(
        revisions.c.article_id,
        revisions.c.number,
        revisions.c.row_digest,
        articles.c.canonical_url,
        search_texts.c.stems_version,
        *(search_texts.c[name].label(f"stems_{name}") for name in _SEARCHED),
        *(revisions.c[name] for name in TEXTS),
    )
    .join(articles, articles.c.id == revisions.c.article_id)
    .outerjoin(
        search_texts,
        and_(search_texts.c.article_id == revisions.c.article_id, search_texts.c.number == revisions.c.number),
    )
)


def size(conn: Connection, since: datetime | None) -> int:
    """Texts that `texts` will read, for a progress bar."""
    return int(conn.execute(_since(select(func.count()).select_from(revisions), since)).scalar_one())


def texts(conn: Connection, *, since: datetime | None, step: Callable[[int], object]) -> Iterator[Finding]:
    """Each revision against both its digests: by letter, and by text without typography.

    since: only what was fetched then or later; step is told how many have been read
    """
    wanted = _since(_TEXTS, since).order_by(revisions.c.article_id, revisions.c.number)
    with _as_bytes_are(conn):
        for row in conn.execute(wanted.execution_options(yield_per=200)):
            what = _text(row)
            if what is not None:
                yield Finding(f"article {row.article_id}, revision {row.number} ({row.canonical_url})", what)
            step(1)


def _text(row: Row[Any]) -> str | None:
    """What is wrong with the texts of a revision, or None."""
    try:
        if row.row_digest is not None and row_digest(row._asdict()) != row.row_digest:
            return "its texts are not those that were stored"
        if fingerprint.content_hash(row.headline, row.standfirst, row.body_text) != row.content_hash:
            return "its text is not that of its content hash"
    except UnicodeEncodeError:
        return "its texts are no UTF-8"
    if row.stems_version is None:
        return "search does not know it"
    stems = {f"stems_{name}": stem_text(getattr(row, of)) for name, of in _SEARCHED.items()}
    if row.stems_version == STEMS_VERSION and any(getattr(row, name) != one for name, one in stems.items()):
        return "what search compares is not its text"
    return None


@contextmanager
def _as_bytes_are(conn: Connection) -> Iterator[None]:
    """SQLite's driver gives text that is no UTF-8 as surrogates; it would refuse the whole result."""
    driver = conn.connection.driver_connection
    if not isinstance(driver, sqlite3.Connection):
        yield
        return
    before, driver.text_factory = driver.text_factory, lambda data: data.decode(errors="surrogateescape")
    try:
        yield
    finally:
        driver.text_factory = before


def _since(statement: Any, since: datetime | None) -> Any:
    return statement if since is None else statement.where(revisions.c.captured_at >= since)


# --- counts ----------------------------------------------------------------------------------------------------------

# What must have no rows. Each gives the number of the item and what tells it to a person.
_NONE_OF: tuple[tuple[str, str, str], ...] = (
    (
        "article",
        "its revisions are not as many as it counts",
        """SELECT a.id, a.canonical_url FROM articles a LEFT JOIN revisions r ON r.article_id = a.id
        GROUP BY a.id, a.canonical_url, a.revision_count
        HAVING count(r.id) <> a.revision_count OR coalesce(max(r.number), 0) <> a.revision_count""",
    ),
    (
        "article",
        "its content hash is not that of its current revision",
        """SELECT a.id, a.canonical_url FROM articles a
        JOIN revisions r ON r.article_id = a.id AND r.number = a.revision_count
        WHERE r.content_hash <> a.content_hash""",
    ),
    (
        "run",
        "its outcomes are not as many as the addresses that it took up",
        """SELECT run_id, started_at FROM run_accounting
        WHERE silent <> 0 OR taken <> stored + revised + unchanged + read + skipped + gone + refused + quarantined
            + failed + interrupted + open""",
    ),
    (
        "fetch",
        "it says that an article was stored, and there is no first revision of it",
        """SELECT f.id, f.final_url FROM fetches f WHERE f.outcome = 'stored' AND NOT EXISTS (
            SELECT 1 FROM revisions r WHERE r.fetch_id = f.id AND r.article_id = f.article_id AND r.number = 1)""",
    ),
    (
        "fetch",
        "its answers are not numbered from 1 on, or are more than its requests",
        """SELECT f.id, f.final_url FROM fetches f JOIN captures c ON c.fetch_id = f.id
        GROUP BY f.id, f.final_url, f.requests
        HAVING min(c.position) <> 1 OR max(c.position) <> count(*) OR count(*) > f.requests""",
    ),
    (
        "fetch",
        "the answer that settled it is not the last one that was kept",
        """SELECT f.id, f.final_url FROM fetches f
        LEFT JOIN (SELECT fetch_id, max(position) AS last FROM captures GROUP BY fetch_id) p ON p.fetch_id = f.id
        LEFT JOIN captures c ON c.id = f.capture_id AND c.fetch_id = f.id AND c.position = p.last
        WHERE (f.capture_id IS NOT NULL OR p.last IS NOT NULL) AND c.id IS NULL""",
    ),
    (
        "article",
        "search takes another revision than the last one for the current one",
        """SELECT a.id, a.canonical_url FROM search_texts t JOIN articles a ON a.id = t.article_id
        WHERE t.current <> (t.number = a.revision_count)""",
    ),
    (
        "site",
        "its articles per section and month are not as many as it counts",
        """WITH counted AS (
            SELECT a.site_id, coalesce(v.section, '') AS section, coalesce(substr(v.published_at, 1, 7), '') AS month,
                count(*) AS articles
            FROM articles a JOIN articles_current v ON v.id = a.id GROUP BY 1, 2, 3
        ), kept AS (SELECT site_id, section, month, articles FROM article_counts WHERE articles <> 0)
        SELECT s.id, s.name || ' ' || d.section || ' ' || d.month FROM (
            SELECT * FROM (SELECT * FROM counted EXCEPT SELECT * FROM kept) x
            UNION SELECT * FROM (SELECT * FROM kept EXCEPT SELECT * FROM counted) y
        ) d JOIN sites s ON s.id = d.site_id""",
    ),
    (
        "capture",
        "it belongs to another run than its fetch",
        """SELECT c.id, c.url FROM captures c JOIN fetches f ON f.id = c.fetch_id WHERE c.run_id <> f.run_id""",
    ),
)


def counts(conn: Connection) -> Iterator[Finding]:
    """What is counted in one place against what stands in another."""
    for kind, what, rows in _NONE_OF:
        for number, told in conn.execute(text(rows)).all():
            yield Finding(f"{kind} {number} ({told})", what)
