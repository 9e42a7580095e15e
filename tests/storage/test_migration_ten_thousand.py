"""An archive of ten thousand articles, as the first release left it, survives the way up and down to the last value."""

import time

import pytest
from sqlalchemy import Connection, text

from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import current_and_head, downgrade, upgrade
from tests.storage.old_archive import ALIASES, EDITED, FAILED, OLD, digests, fill, reflect

ARTICLES = 10_000
SECONDS = 60  # for one way, on any machine
GROWTH = 2.5  # times the disk that it took before


@pytest.mark.long(6)
def test_ten_thousand_articles_go_up_and_down_unchanged(empty_database_url: str) -> None:
    engine = make_engine(empty_database_url)
    upgrade(engine, OLD)
    with engine.begin() as conn:
        fill(conn, ARTICLES)
    with engine.connect() as conn:
        tables = reflect(conn)
        before, size = digests(conn, tables), disk(conn)
    assert min(count for count, _ in before.values()) > 0
    assert before["articles"][0] == ARTICLES
    assert before["revisions"][0] == ARTICLES + ARTICLES // EDITED

    began = time.monotonic()
    upgrade(engine)
    took = time.monotonic() - began

    with engine.connect() as conn:
        assert digests(conn, tables) == before
        assert disk(conn) <= GROWTH * size
        graded = conn.execute(
            text("SELECT number, kind, count(*) FROM revisions GROUP BY number, kind ORDER BY number")
        )
        assert graded.all() == [(1, "first", ARTICLES), (2, None, ARTICLES // EDITED)]
        due = text(
            "SELECT count(*), count(u.article_id), count(a.id) FROM urls u "
            "LEFT JOIN articles a ON a.id = u.article_id AND a.url_key = u.url_key WHERE u.next_check_at IS NOT NULL"
        )
        # Each article once, by its canonical address; nothing else.
        assert conn.execute(due).all() == [(ARTICLES, ARTICLES, ARTICLES)]
        never = text("SELECT count(*) FROM urls WHERE last_full_at IS NULL")
        assert conn.execute(never).scalar_one() >= ARTICLES // ALIASES + FAILED
        assert conn.execute(text("SELECT count(*) FROM article_history")).scalar_one() == before["revisions"][0]
        seen = conn.execute(text("SELECT sum(seen), sum(stored), sum(gone), sum(failed) FROM coverage_by_day")).one()
        assert tuple(map(int, seen)) == (ARTICLES + FAILED, ARTICLES, FAILED // 2, FAILED // 2)

    began = time.monotonic()
    downgrade(engine, OLD)
    back = time.monotonic() - began

    with engine.connect() as conn:
        assert digests(conn, tables) == before
        assert {name: sorted(one.columns.keys()) for name, one in reflect(conn).items()} == {
            name: sorted(one.columns.keys()) for name, one in tables.items()
        }
    assert current_and_head(engine)[0] == OLD
    engine.dispose()
    assert max(took, back) < SECONDS, f"up {took:.1f} s, down {back:.1f} s"


def disk(conn: Connection) -> int:
    """Bytes that the database takes."""
    if conn.dialect.name == "postgresql":
        return int(conn.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages, size = (int(conn.exec_driver_sql(f"PRAGMA {one}").scalar_one()) for one in ("page_count", "page_size"))
    return pages * size
