"""What search compares is kept with the revisions, in the same transaction; and old archives are made searchable."""

import sqlite3
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, delete, func, insert, literal, select, text, union_all, update

from foiscrawl.items import Term
from foiscrawl.search_query import parse
from foiscrawl.stems import STEMS_VERSION, stem_text
from foiscrawl.storage import rereadings, searchable
from foiscrawl.storage import search as storage_search
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.filters import Filter
from foiscrawl.storage.migrate import downgrade, open_archive, upgrade
from foiscrawl.storage.models import article_counts, articles, revisions, search_texts
from foiscrawl.storage.search import filtering as search_filter
from foiscrawl.storage.search import postgresql as search_postgresql
from foiscrawl.storage.search import search
from foiscrawl.storage.search import sqlite as search_sqlite
from tests.storage.making import DAY, HOUR, NOON, Crawl, article, instant

MONDE, CULTURE = Term("Monde", "monde"), Term("Culture", "culture")


def ids(conn: Connection, question: str, **options: Any) -> list[tuple[int, int]]:
    return [(one.article_id, one.revision) for one in search(conn, parse(question), **options).hits]


def assert_kept(conn: Connection) -> None:
    """Each revision has its row, which says what it is; and the full-text tables are equal to the rows."""
    of_text = (revisions.c.article_id == search_texts.c.article_id) & (revisions.c.number == search_texts.c.number)
    joined = select(
        revisions.c.headline,
        revisions.c.standfirst,
        revisions.c.body_text,
        revisions.c.number == articles.c.revision_count,
        *(search_texts.c[name] for name in ("headline", "standfirst", "body", "current")),
    ).join(articles, articles.c.id == revisions.c.article_id)
    rows = conn.execute(joined.outerjoin(search_texts, of_text)).all()
    assert [tuple(row[4:]) for row in rows] == [
        (stem_text(row[0]), stem_text(row[1]), stem_text(row[2]), row[3]) for row in rows
    ]
    assert conn.execute(select(func.count()).select_from(search_texts)).scalar() == len(rows)
    if conn.dialect.name == "sqlite":
        for table in ("article_search", "revision_search"):
            conn.exec_driver_sql(f"INSERT INTO {table} ({table}) VALUES ('integrity-check')")


def counted(conn: Connection) -> list[tuple[Any, ...]]:
    rows = conn.execute(text("SELECT section, month, articles FROM articles_by_month"))
    return sorted((tuple(row) for row in rows), key=str)


@pytest.fixture
def conn(engine: Engine) -> Connection:
    with engine.connect() as made:
        yield made


def test_an_edit_supersedes_the_old_text_which_history_still_finds(conn: Connection):
    Crawl(conn).store(article("a/", "La mine de cuivre ouvre.", published=instant(NOON)))
    Crawl(conn, NOON + DAY).store(article("a/", "La mine de nickel ouvre.", published=instant(NOON)))

    assert ids(conn, "cuivre") == []
    assert ids(conn, "nickel") == [(1, 2)]
    assert ids(conn, "cuivre", history=True) == [(1, 1)]
    assert ids(conn, "mine", history=True) == [(1, 2), (1, 1)]
    old = search(conn, parse("cuivre"), history=True).hits[0]
    assert (old.captured_at, old.superseded_at) == (NOON, NOON + DAY)
    assert_kept(conn)


def test_two_texts_of_an_article_in_one_batch_leave_the_later_one_current(conn: Connection):
    crawl = Crawl(conn)
    first = replace(article("a/", "Le fer.", source_id="7"), fetch=crawl.fetch("a/"))
    later = replace(article("b/", "Le zinc.", source_id="7"), fetch=crawl.fetch("b/"))
    crawl.write(first, later)

    assert (ids(conn, "fer"), ids(conn, "zinc"), ids(conn, "fer", history=True)) == ([], [(1, 2)], [(1, 1)])
    assert_kept(conn)


def test_of_the_same_second_the_later_stored_comes_first_and_a_full_second_goes_on(conn: Connection):
    later = instant(NOON.replace(second=1))
    Crawl(conn).store(*(article(f"{one}/", "Le fer.", published=instant(NOON)) for one in "ab"))
    Crawl(conn).store(article("later/", "Le fer.", published=later))
    assert ids(conn, "fer") == [(3, 1), (2, 1), (1, 1)]
    last = searchable.since(NOON) + searchable.PER_SECOND - 1
    conn.execute(update(search_texts).where(search_texts.c.article_id == 2).values(place=last))

    Crawl(conn).store(*(article(f"{one}/", "Le fer.", published=instant(NOON)) for one in "cd"))

    assert ids(conn, "fer") == [(5, 1), (4, 1), (3, 1), (2, 1), (1, 1)]
    until = search(conn, parse("fer"), Filter(until=NOON))
    assert [one.article_id for one in until.hits] == [5, 4, 2, 1]
    assert_kept(conn)


def test_no_more_than_so_many_are_counted(conn: Connection, monkeypatch: pytest.MonkeyPatch):
    for module in (search_filter, search_sqlite, search_postgresql, storage_search):
        monkeypatch.setattr(module, "COUNTED", 4)
    Crawl(conn).store(*(article(f"{one}/", "le même texte", headline=None) for one in "abcd"))
    assert search(conn, parse("texte")).count == 4
    Crawl(conn).store(article("more/", "le texte de trop", headline=None, published=instant(NOON)))

    found = search(conn, parse("texte"), limit=1)

    assert (found.count, found.more, found.hits[0].url) == (None, True, "https://essai.test/more/")


def test_what_is_rolled_back_leaves_nothing_to_be_found(engine: Engine):
    with engine.begin() as conn:
        Crawl(conn).store(article("a/", "La mine de cuivre."), article("b/", "Le port."))
    with engine.connect() as conn:
        undone = conn.begin()
        Crawl(conn, NOON + DAY).store(article("a/", "La mine de nickel."), article("c/", "Le nickel."))
        assert ids(conn, "nickel") == [(3, 1), (1, 2)]
        undone.rollback()

    with engine.connect() as conn:
        assert (ids(conn, "nickel"), ids(conn, "cuivre")) == ([], [(1, 1)])
        assert_kept(conn)
        assert counted(conn) == [(None, None, 2)]


def test_a_revision_that_is_read_anew_is_found_by_its_new_text_and_keeps_its_place(conn: Connection):
    Crawl(conn).store(*(article(f"{one}/", "Le fer.", published=instant(NOON)) for one in "abc"))
    before = conn.execute(select(search_texts.c.place).order_by(search_texts.c.article_id)).scalars().all()
    conn.execute(update(revisions).where(revisions.c.article_id == 2).values(body_text="Le zinc."))
    searchable.renew(conn, [2])

    assert (ids(conn, "fer"), ids(conn, "zinc")) == ([(3, 1), (1, 1)], [(2, 1)])
    assert conn.execute(select(search_texts.c.place).order_by(search_texts.c.article_id)).scalars().all() == before

    conn.execute(update(revisions).where(revisions.c.article_id == 2).values(published_at=NOON + HOUR))
    searchable.renew(conn, [2])
    assert ids(conn, "zinc OR fer") == [(2, 1), (3, 1), (1, 1)]
    assert_kept(conn)


def test_a_newer_reading_code_changes_what_is_found(conn: Connection):
    Crawl(conn).store(article("a/", "Le fer.", published=instant(NOON)))
    read = article("a/", "Le zinc.", published=instant(NOON))
    before = {"body_text": "Le fer."}
    found = rereadings.Reread(1, 1, read.url, "un", "deux", "1", before, {"body_text": "Le zinc."}, read)

    rereadings.apply(conn, [found], NOON + DAY)

    assert (ids(conn, "fer", history=True), ids(conn, "zinc")) == ([], [(1, 1)])
    assert_kept(conn)


def test_articles_are_counted_by_section_and_month_of_their_current_revision(conn: Connection):
    crawl = Crawl(conn)
    crawl.store(
        article("a/", "un", section="Monde", published=instant(NOON)),
        article("b/", "deux", section="Monde", published=instant(NOON)),
        article("c/", "trois", section="Monde"),
        article("d/", "quatre", published=instant(NOON)),
    )
    assert counted(conn) == [("Monde", "2026-11", 2), ("Monde", None, 1), (None, "2026-11", 1)]

    Crawl(conn, NOON + DAY).store(article("a/", "un neuf", section="Culture", published=instant(NOON - 30 * DAY)))
    conn.execute(update(revisions).where(revisions.c.article_id == 3).values(published_at=NOON))
    conn.execute(update(revisions).where(revisions.c.article_id == 1, revisions.c.number == 1).values(section="Sport"))

    expected = [("Culture", "2026-10", 1), ("Monde", "2026-11", 2), (None, "2026-11", 1)]
    assert counted(conn) == expected
    conn.execute(delete(search_texts))
    conn.execute(delete(revisions).where(revisions.c.article_id == 1, revisions.c.number == 2))
    assert counted(conn) == [*expected[1:2], ("Sport", "2026-11", 1), expected[2]]
    assert conn.execute(select(func.min(article_counts.c.articles))).scalar() == 0


def test_many_revisions_in_one_statement_are_counted_alike(conn: Connection):
    Crawl(conn).store(*(article(f"{one}/", "un", section="Monde") for one in "abc"))
    columns = [one.name for one in revisions.c if one.name not in ("id", "number", "section")]
    for section, first in (("Sport", 2), ("Culture", 4)):
        more = [
            select(*(revisions.c[name] for name in columns), literal(number), literal(section)).where(
                revisions.c.number == 1, revisions.c.article_id < 3
            )
            for number in (first, first + 1)
        ]
        conn.execute(insert(revisions).from_select([*columns, "number", "section"], union_all(*more)))
        assert counted(conn) == sorted([("Monde", None, 1), (section, None, 2)], key=str)

    conn.execute(delete(revisions).where(revisions.c.number > 2))
    assert counted(conn) == [("Monde", None, 1), ("Sport", None, 2)]
    conn.execute(update(revisions).values(section="Autre"))
    assert counted(conn) == [("Autre", None, 3)]


def old_archive(engine: Engine, count: int) -> None:
    """As an older version left it: without stems. Every third article has two revisions."""
    with engine.begin() as conn:
        for at, numbers in ((NOON, range(count)), (NOON + DAY, range(0, count, 3))):
            items = [article(f"{one}/", f"Le fer {one} {at:%d}.", published=instant(NOON)) for one in numbers]
            Crawl(conn, at).store(*items)
    downgrade(engine, "20261125_over_time")
    upgrade(engine)


def test_an_old_archive_says_what_it_cannot_find_yet_and_is_made_searchable(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(searchable, "_NEXT", searchable._NEXT.limit(4))
    old_archive(engine, 9)
    with engine.connect() as conn:
        before = search(conn, parse("fer"))
        assert (before.hits, before.waiting) == ([], 12)
        assert counted(conn) == [(None, "2026-11", 9)]
    with engine.begin() as conn:  # a run goes on meanwhile
        Crawl(conn, NOON + 2 * DAY).store(article("1/", "Le fer neuf.", published=instant(NOON)))
        assert search(conn, parse("neuf")).waiting == 12

    steps: list[tuple[int, int]] = []
    assert searchable.catch_up(engine, lambda done, total: steps.append((done, total))) == 12

    assert steps == [(4, 12), (8, 12), (12, 12)]
    with engine.connect() as conn:
        after = search(conn, parse("fer"))
        assert (len(after.hits), after.waiting) == (9, 0)
        assert_kept(conn)
        assert set(conn.execute(select(search_texts.c.stems_version)).scalars()) == {STEMS_VERSION}


KILLED = """
import os, sys
from foiscrawl.storage import searchable
from foiscrawl.storage.engine import make_engine
searchable._NEXT = searchable._NEXT.limit(4)
def die(done, total):
    if done == int(sys.argv[2]):
        os._exit(9)
searchable.catch_up(make_engine(sys.argv[1]), die)
"""


def test_making_texts_searchable_goes_on_after_a_kill(database_url: str):
    engine = make_engine(database_url)
    old_archive(engine, 9)
    killed = subprocess.run([sys.executable, "-c", KILLED, database_url, "8"], check=False)
    assert killed.returncode == 9
    with engine.connect() as conn:
        assert searchable.waiting(conn) == 4
    engine.dispose()

    if database_url.startswith("sqlite"):  # the next run does it by itself
        engine = open_archive(database_url)
    else:
        assert searchable.catch_up(engine, lambda *_: None) == 4
    with engine.connect() as conn:
        assert searchable.waiting(conn) == 0
        assert_kept(conn)
    engine.dispose()


def test_a_text_of_megabytes_is_stored_and_found_by_its_first_words(conn: Connection):
    body = "Le premier mot. " + " ".join(f"mot{number}é" for number in range(300_000))
    Crawl(conn).store(article("a/", body), article("b/", "漢字" * 2_000 + " fin"))

    assert ids(conn, "premier") == [(1, 1)]
    assert ids(conn, "fin") == [(2, 1)]


def test_a_full_text_table_can_be_built_anew_from_the_rows(tmp_path: Any, migrated_file: Any):
    file = tmp_path / "archive.db"
    file.write_bytes(migrated_file.read_bytes())
    engine = make_engine(f"sqlite:///{file}")
    with engine.begin() as conn:
        Crawl(conn).store(article("a/", "Le fer."))
        Crawl(conn, NOON + DAY).store(article("a/", "Le zinc."))
    engine.dispose()
    with sqlite3.connect(file) as bare:
        for table in ("article_search", "revision_search"):
            bare.execute(f"INSERT INTO {table} ({table}) VALUES ('rebuild')")
        found = [bare.execute(f"SELECT count(*) FROM article_search WHERE article_search MATCH '{one}'").fetchone()
                 for one in ("fer", "zinc")]  # fmt: skip
    bare.close()
    assert found == [(0,), (1,)]
