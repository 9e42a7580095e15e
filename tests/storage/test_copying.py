"""A copy of an archive is the archive, row by row, and so is what comes back; a copy of some articles is sound."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from foiscrawl.errors import DatabaseError, UsageError
from foiscrawl.items import Term
from foiscrawl.storage import copying, verify_rows
from foiscrawl.storage.copying import copy_archive, whole_rows
from foiscrawl.storage.copying.importing import import_archive
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.filters import Filter
from foiscrawl.storage.migrate import downgrade
from foiscrawl.storage.models import articles
from tests.storage.making import DAY, NOON, Crawl, article, instant, words
from tests.storage.test_captures import answer, recorder

MONDE, CULTURE = Term("Monde", "monde"), Term("Culture", "culture")


def fill(engine: Engine, folder: Path) -> None:
    """Two runs, articles of two sections with revisions, captures, a revisit, a duplicate across sections."""
    with engine.begin() as conn:
        for day, end in ((NOON, "première"), (NOON + DAY, "seconde")):
            crawl, writer = Crawl(conn, now=day), recorder(folder)
            for path, term in (("a", MONDE), ("b", CULTURE), ("c", CULTURE)):
                item = article(
                    path,
                    words("un", "deux", count=80) if path != "b" else words(end, path),
                    sections=(term,),
                    tags=(Term(f"étiquette « {path} »", path),),
                    published=instant(NOON - DAY),
                    standfirst=None if path == "a" else "",
                    origins={"b": "css:b", "a": "x"},
                )
                fetched = crawl.fetch(path, exchanges=(answer(path, path.encode() * 800, at=day),))
                crawl.write(item.__class__(**{**_fields(item), "fetch": fetched}), recorder=writer)
            crawl.end_run()
            writer.close()


def _fields(item: Any) -> dict[str, Any]:
    return {name: getattr(item, name) for name in item.__dataclass_fields__}


@pytest.fixture
def archive(engine: Engine, tmp_path: Path) -> Engine:
    fill(engine, tmp_path / "captures")
    return engine


def nothing(_done: int, _of: int) -> None:
    return


def all_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    engine = make_engine(url)
    with engine.connect() as conn:
        found = {one.name: [row for rows in whole_rows.read(conn, one) for row in rows] for one in whole_rows.tables()}
    engine.dispose()
    return found


def sound(url: str) -> None:
    engine = make_engine(url)
    with engine.connect() as conn:
        found = [*verify_rows.database(conn), *verify_rows.counts(conn)]
        assert found + list(verify_rows.texts(conn, since=None, step=lambda _: None)) == []
    engine.dispose()


@pytest.fixture
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'back.db'}"
    else:
        with request.getfixturevalue("postgres").database() as url:
            yield url


@pytest.mark.parametrize("empty", ["sqlite", "postgresql"], indirect=True)
def test_an_archive_goes_to_a_file_and_back_with_every_row(
    archive: Engine, database_url: str, tmp_path: Path, empty: str
):
    copy = tmp_path / "copy.db"
    told = copy_archive(archive, copy, nothing)

    before = all_rows(database_url)
    assert told.rows == {name: len(rows) for name, rows in before.items()}
    assert min(len(before[name]) for name in ("revisions", "captures", "article_counts", "near_bands", "tags")) > 0
    assert all_rows(f"sqlite:///{copy}") == before
    assert copy.stat().st_mode & 0o777 == 0o600
    sound(f"sqlite:///{copy}")

    assert import_archive(copy, empty, nothing) == told.rows
    assert all_rows(empty) == before
    sound(empty)
    again = make_engine(empty)
    fill(again, tmp_path / "later")  # numbers go on where they stood, and every key is checked
    again.dispose()
    sound(empty)
    assert len(all_rows(empty)["runs"]) == len(before["runs"]) + 2
    assert [one.name for one in tmp_path.iterdir() if "part" in one.name] == []
    with sqlite3.connect(copy) as bare:
        hits = bare.execute("SELECT count(*) FROM article_search WHERE article_search MATCH 'deux1'").fetchone()
    bare.close()
    assert hits == (2,)

    with pytest.raises(UsageError, match=r"is not empty \(\w+ has rows\); name another database"):
        import_archive(copy, empty, nothing)


def test_a_copy_of_some_articles_holds_together_and_changes_no_row(archive: Engine, database_url: str, tmp_path: Path):
    copy = tmp_path / "some.db"
    told = copy_archive(archive, copy, nothing, Filter(sections=("Culture",)))
    before, some = all_rows(database_url), all_rows(f"sqlite:///{copy}")

    # Its duplicate is the first stored article with this text, of another section; it comes along.
    assert (told.meant, told.rows["articles"]) == (2, 3)
    only = tmp_path / "only.db"
    told = copy_archive(archive, only, nothing, Filter(sections=("Monde",)))
    some = all_rows(f"sqlite:///{only}")
    assert (told.meant, len(some["articles"])) == (1, 1)
    assert len(some["revisions"]) == 1
    assert len(some["captures"]) == 2
    assert {row for rows in some.values() for row in map(repr, rows)} - {
        row for name, rows in before.items() for row in map(repr, rows)
    } == {repr(row) for row in some["article_counts"]} - {repr(row) for row in before["article_counts"]}
    assert sum(row[-1] for row in some["article_counts"]) == 1
    sound(f"sqlite:///{only}")
    sound(f"sqlite:///{copy}")


def test_a_copy_that_is_not_equal_is_refused(archive: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    write = whole_rows.write

    def losing(conn: Any, table: Any, rows: Any) -> None:
        write(conn, table, rows[1:] if table is articles and len(rows) > 2 else rows)

    monkeypatch.setattr(whole_rows, "write", losing)
    with pytest.raises(DatabaseError, match="the copy of articles is not equal"):
        copy_archive(archive, tmp_path / "copy.db", nothing, Filter(states=("live",)))
    assert [one.name for one in tmp_path.iterdir() if "copy" in one.name] == []


def test_what_stops_a_copy_leaves_nothing(archive: Engine, tmp_path: Path):
    def stop(_done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_archive(archive, tmp_path / "copy.db", stop, Filter(states=("live",)))
    assert [one.name for one in tmp_path.iterdir() if "copy" in one.name] == []
    with pytest.raises(UsageError, match="cannot be written"):
        copy_archive(archive, tmp_path / "none" / "copy.db", nothing)


def test_an_older_schema_is_upgraded_on_a_copy(migrated_file: Path, tmp_path: Path):
    old, new = tmp_path / "old.db", tmp_path / "new.db"
    shutil.copy(migrated_file, old)
    engine = make_engine(f"sqlite:///{old}")
    fill(engine, tmp_path / "captures")
    downgrade(engine, "20261125_reading")
    copying.one_file(engine)
    engine.dispose()
    data = old.read_bytes()

    assert import_archive(old, f"sqlite:///{new}", nothing)["articles"] == 3
    assert old.read_bytes() == data
    sound(f"sqlite:///{new}")


# Imports a file and dies as by kill -9 in the middle.
KILLED = """
import os, sys
from pathlib import Path
from foiscrawl.storage import copying
from foiscrawl.storage.copying.importing import import_archive

told = []

def step(done, of):
    told.append(done)
    if len(told) == 10:
        os.kill(os.getpid(), 9)

copying._OFTEN = 20  # the file is small
import_archive(Path(sys.argv[1]), sys.argv[2], step)
"""


@pytest.mark.parametrize("empty", ["sqlite", "postgresql"], indirect=True)
def test_an_import_that_is_killed_leaves_the_archive_empty_and_can_be_repeated(
    migrated_file: Path, tmp_path: Path, empty: str
):
    file = tmp_path / "file.db"
    shutil.copy(migrated_file, file)
    engine = make_engine(f"sqlite:///{file}")
    fill(engine, tmp_path / "captures")
    copying.one_file(engine)
    engine.dispose()

    killed = subprocess.run([sys.executable, "-c", KILLED, str(file), empty], check=False)

    assert killed.returncode == -9
    assert {len(rows) for rows in all_rows(empty).values()} == {0}
    assert import_archive(file, empty, nothing)["articles"] == 3
    assert all_rows(empty) == all_rows(f"sqlite:///{file}")
    sound(empty)
