import json
import shutil
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, insert, inspect, make_url, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, StatementError

from foiscrawl.items import Outcome
from foiscrawl.storage.columns import UtcDateTime
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.models import (
    article_sections,
    images,
    metadata,
    sites,
    tags,
)
from foiscrawl.storage.views import articles_current, run_accounting, views
from tests.storage.rows import NOON, add_article, add_fetch, add_revision, add_run, add_site, add_url

PARIS = timezone(timedelta(hours=1))


def test_a_moment_comes_back_in_utc_whatever_zone_it_was_given_in(engine: Engine):
    with engine.begin() as connection:
        add_site(connection, created_at=datetime(2026, 10, 25, 2, 30, 59, 999_999, tzinfo=PARIS))

        found = connection.scalar(select(sites.c.created_at))

    assert found == datetime(2026, 10, 25, 1, 30, 59, tzinfo=UTC)
    assert found.utcoffset() == timedelta(0)


def test_a_moment_is_readable_text_in_a_sqlite_file():
    column = UtcDateTime()
    written = column.process_bind_param(datetime(2026, 11, 23, 5, 5, 6, tzinfo=PARIS), sqlite.dialect())

    assert written == "2026-11-23T04:05:06Z"


@given(st.datetimes(timezones=st.timezones()), st.datetimes(timezones=st.timezones()))
def test_sqlite_text_sorts_in_the_order_of_time(one: datetime, other: datetime):
    column = UtcDateTime()
    try:
        first, second = (column.process_bind_param(each, sqlite.dialect()) for each in (one, other))
    except OverflowError:  # year 1 or 9999, out of range in UTC
        return

    assert (first < second) == (
        one.astimezone(UTC).replace(microsecond=0) < other.astimezone(UTC).replace(microsecond=0)
    )
    assert column.process_result_value(first, sqlite.dialect()) == one.astimezone(UTC).replace(microsecond=0)


def test_a_moment_without_a_zone_is_refused(engine: Engine):
    with engine.begin() as connection, pytest.raises(StatementError, match="has no time zone"):
        add_site(connection, created_at=NOON.replace(tzinfo=None))


def test_json_is_stored_with_its_accents_and_absent_is_null(engine: Engine):
    with engine.begin() as connection:
        site_id = add_site(connection)
        add_run(connection, site_id, arguments={"section": "Économie"})

        stored = connection.scalar(text("SELECT CAST(arguments AS text) FROM runs"))

    assert "Économie" in stored


@pytest.mark.parametrize(
    ("outcome", "settled_at"),
    [("stored", None), (None, NOON), ("lost", NOON)],
    ids=["an outcome without its time", "a time without its outcome", "an outcome that is not one of ours"],
)
def test_a_fetch_is_open_or_settled_and_nothing_between(engine: Engine, outcome: str, settled_at: datetime):
    with engine.begin() as connection:
        site_id = add_site(connection)
        run_id = add_run(connection, site_id)
        url_id = add_url(connection, site_id, run_id, "essai.test/a")

    with engine.connect() as connection, pytest.raises(IntegrityError):
        add_fetch(connection, run_id, url_id, outcome=outcome, settled_at=settled_at)


def test_a_run_that_is_running_has_no_end(engine: Engine):
    with engine.begin() as connection:
        site_id = add_site(connection)

    with engine.connect() as connection, pytest.raises(IntegrityError):
        add_run(connection, site_id, outcome="running", ended_at=NOON)


def test_an_article_is_known_by_its_source_id_or_else_by_its_address(engine: Engine):
    with engine.begin() as connection:
        site_id = add_site(connection)
        add_article(connection, site_id, "essai.test/a", source_id="7")
        add_article(connection, site_id, "essai.test/a", source_id="8")
        add_article(connection, site_id, "essai.test/a")

    for source_id, key in (("7", "essai.test/b"), (None, "essai.test/a")):
        with engine.connect() as connection, pytest.raises(IntegrityError):
            add_article(connection, site_id, key, source_id=source_id)


def test_a_row_cannot_refer_to_nothing(engine: Engine):
    with engine.connect() as connection, pytest.raises(IntegrityError):
        add_run(connection, 404)


def test_a_name_of_any_length_can_be_stored_and_found(engine: Engine):
    name = "".join(chr(0x4E00 + number % 20_000) for number in range(10_000))
    with engine.begin() as connection:
        article_id = add_article(connection, add_site(connection), "essai.test/a")
        connection.execute(insert(tags).values(article_id=article_id, position=1, name=name))

        found = connection.scalar(select(tags.c.article_id).where(tags.c.name == name))

    assert found == article_id


def test_every_table_and_column_says_what_it_is():
    silent = [
        str(one)
        for table in (*metadata.sorted_tables, *views.sorted_tables)
        for one in (table, *table.columns)
        if not one.comment
    ]

    assert silent == []


def fill(connection: Connection) -> None:
    """Two articles, one with everything and awkward characters, one with as little as can be; two runs."""
    awkward = "".join(map(chr, (*range(1, 32), 34, 39, 47, 92, 127, 160, 0x2028, 0xE9, 0x1F600)))
    site_id = add_site(connection)
    ended = {"ended_at": NOON + timedelta(hours=1), "outcome": "done"}
    first, second = add_run(connection, site_id, **ended), add_run(connection, site_id)
    keys = [f"essai.test/{number}" for number in range(12)]
    url_ids = [add_url(connection, site_id, first, key) for key in keys]
    for url_id, outcome in zip(url_ids, Outcome, strict=False):
        last = add_fetch(connection, first, url_id, outcome=outcome.value, settled_at=NOON)
    add_fetch(connection, first, url_ids[10])
    add_fetch(connection, second, url_ids[0], outcome="revised", settled_at=NOON)
    add_fetch(connection, second, url_ids[1])
    add_fetch(connection, second, url_ids[2])
    bare = add_article(connection, site_id, "essai.test/nu", revision_count=1)
    add_revision(connection, bare, last)
    full = add_article(
        connection, site_id, "essai.test/plein", source_id="41", revision_count=2, duplicate_of_id=bare,
        near_duplicate_of_id=bare, state="suspected",
    )  # fmt: skip
    add_revision(connection, full, last, headline="Ancien titre")
    add_revision(
        connection, full, last, number=2, headline=awkward, standfirst="Chapô", byline="Par A. B.", credit="AFP",
        section="Économie", language="fr", word_count=2, published_at=datetime(2026, 3, 29, 3, 0, tzinfo=PARIS),
        modified_at=NOON, access="subscriber",
    )  # fmt: skip
    for position, name in ((2, "Économie"), (1, "À la une"), (3, awkward)):
        connection.execute(insert(article_sections).values(article_id=full, position=position, name=name))
        connection.execute(insert(tags).values(article_id=full, position=position, name=name))
    for position, name, caption in ((2, "b", None), (1, "a", awkward)):
        connection.execute(
            insert(images).values(
                article_id=full, position=position, url=f"https://essai.test/{name}.jpg", role="body", caption=caption
            )
        )


def test_the_views_give_the_same_bytes_on_both_databases(migrated_file, postgres, migrated_database, tmp_path):
    shutil.copy(migrated_file, tmp_path / "archive.db")
    given = {}
    with postgres.database(f"TEMPLATE {migrated_database}") as url:
        postgres.execute(f"ALTER DATABASE {make_url(url).database} SET timezone TO 'Europe/Paris'")
        for dialect, where in (("sqlite", f"sqlite:///{tmp_path / 'archive.db'}"), ("postgresql", url)):
            engine = make_engine(where)
            with engine.begin() as connection:
                fill(connection)
                given[dialect] = [
                    connection.execute(select(view).order_by(text("1"))).all()
                    for view in (articles_current, run_accounting)
                ]
            engine.dispose()

    assert repr(given["sqlite"]) == repr(given["postgresql"])


def test_articles_current_shows_the_current_revision_and_its_lists(engine: Engine):
    with engine.begin() as connection:
        fill(connection)
        bare, full = connection.execute(select(articles_current).order_by("id")).mappings()

    assert json.loads(full["sections"])[:2] == ["À la une", "Économie"]
    assert json.loads(full["images"]) == ["https://essai.test/a.jpg", "https://essai.test/b.jpg"]
    assert (full["headline"][0], full["published_at"]) == ("\x01", "2026-03-29T02:00:00Z")
    assert full["duplicate_of_url"] == full["near_duplicate_of_url"] == "https://essai.test/nu"
    assert (bare["site"], bare["sections"], bare["images"], bare["source_id"]) == ("essai", "[]", "[]", None)


def test_run_accounting_tells_silent_from_open(engine: Engine):
    with engine.begin() as connection:
        fill(connection)
        ended, running = connection.execute(select(run_accounting).order_by("run_id")).mappings()

    assert [ended[outcome] for outcome in Outcome] == [1] * 10
    assert (ended["taken"], ended["silent"], ended["open"]) == (11, 1, 0)
    assert (running["taken"], running["revised"], running["silent"], running["open"]) == (3, 1, 0, 2)
    assert (ended["ended_at"], running["ended_at"]) == ("2026-11-23T13:00:00Z", None)


def test_the_columns_of_the_views_are_those_that_are_documented(engine: Engine):
    found = {view: [column["name"] for column in inspect(engine).get_columns(view)] for view in views.tables}

    assert found == {view.name: list(view.columns.keys()) for view in views.sorted_tables}
