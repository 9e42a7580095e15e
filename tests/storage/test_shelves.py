"""Lists and counts that take too long are given up; what they find is asked in tests/browse/test_pages.py."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from foiscrawl.storage.browsing import limits, shelves
from foiscrawl.storage.browsing.limits import TooSlow, limited
from foiscrawl.storage.browsing.shelves import Facet, Wanted
from foiscrawl.storage.engine import make_engine
from tests.browse.filled import library
from tests.rehearsal import on_sqlite

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


@on_sqlite
def test_what_takes_too_long_is_given_up_and_the_connection_goes_on(engine: Engine):
    with engine.connect() as conn:
        with pytest.raises(TooSlow), limited(conn, 0.05):
            conn.execute(text(ENDLESS))
        with limited(conn, 5):
            assert conn.execute(text("SELECT 1")).scalar() == 1
        with pytest.raises(Exception, match="no such table"), limited(conn, 5):
            conn.execute(text("SELECT * FROM nowhere"))


@on_sqlite
def test_counts_that_take_too_long_are_left_out(engine: Engine, monkeypatch: pytest.MonkeyPatch):
    with engine.begin() as conn:
        library(conn, 60)
        wanted = Wanted(section="Politique")
        assert shelves.total(conn, wanted)
        monkeypatch.setattr(shelves, "PATIENCE", -1.0)
        monkeypatch.setattr(limits, "_STEPS", 1)  # so few articles take fewer than a thousand

        assert shelves.total(conn, wanted) is None
        assert shelves.facet(conn, "month", wanted) == Facet("month", None)


@on_sqlite
def test_the_order_and_the_months_come_from_the_index(database_url: str, engine: Engine):
    """Else a million texts would be read for a page of the list."""
    plans: list[str] = []
    other = make_engine(f"sqlite:///{Path(database_url.removeprefix('sqlite:///'))}", read_only=True)
    with engine.begin() as conn:
        library(conn, 60)
    with other.connect() as conn:
        for wanted in (Wanted(), Wanted("Politique"), Wanted("Politique", "Anaïs Durand", "2026-10")):
            raw = conn.connection.driver_connection
            asked: list[str] = []
            raw.set_trace_callback(asked.append)
            shelves.entries(conn, wanted)
            shelves.facet(conn, "month", wanted)
            raw.set_trace_callback(None)
            for one in asked:
                rows = raw.execute(f"EXPLAIN QUERY PLAN {one}") if one.startswith(("SELECT", "WITH")) else ()
                plans += [row[3] for row in rows]
    other.dispose()

    assert not [one for one in plans if one.startswith("SEARCH revisions USING") and "(article_id=?" in one]
    walks = [one for one in plans if one.startswith("SCAN revisions") or "published_at" in one]
    assert walks
    assert all("COVERING INDEX ix_revisions_published_at" in one for one in walks), walks


@on_sqlite
def test_the_newest_of_the_view_come_from_the_index(engine: Engine):
    """The first question that anybody asks must not sort all articles."""
    with engine.begin() as conn:
        library(conn, 60)
        newest = "SELECT published_at, headline FROM articles_current ORDER BY published_at DESC LIMIT 3"
        plan = [row[3] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {newest}")]

    assert any("USING INDEX ix_revisions_published_at" in one for one in plan), plan
    assert not [one for one in plan if "ORDER BY" in one], plan
