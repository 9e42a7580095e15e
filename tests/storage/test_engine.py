import os
import sqlite3
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert, inspect, text
from sqlalchemy.exc import InternalError, OperationalError, ProgrammingError

from foiscrawl.errors import DatabaseError, DiskFull, FoiscrawlError, SchemaBehind, UsageError
from foiscrawl.storage.engine import check_server, is_passing, make_engine, translate
from foiscrawl.storage.migrate import current_and_head, downgrade, open_archive
from foiscrawl.storage.models import sites
from tests.postgres import Postgres

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
SITE = {"name": "essai", "title": "Essai", "home": "https://essai.test/"}


def test_sqlite_is_opened_durably(tmp_path: Path):
    engine = make_engine(f"sqlite:///{tmp_path / 'new' / 'archive.db'}")

    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()

    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30_000}


def test_others_cannot_read_a_sqlite_archive(tmp_path: Path):
    before = os.umask(0)
    try:
        engine = open_archive(f"sqlite:///{tmp_path / 'archive.db'}")
        with engine.begin() as connection:
            connection.exec_driver_sql("CREATE TABLE try (id INTEGER)")
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
        engine.dispose()
    finally:
        os.umask(before)

    assert modes == {"archive.db": 0o600, "archive.db-wal": 0o600, "archive.db-shm": 0o600}


def test_a_transaction_holds_ddl_too(empty_database_url: str):
    engine = make_engine(empty_database_url)

    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE try (id INTEGER)"))
        connection.execute(text("INSERT INTO try VALUES (1)"))
        connection.rollback()

    with engine.connect() as connection, pytest.raises((OperationalError, ProgrammingError)):
        connection.execute(text("SELECT * FROM try"))
    engine.dispose()


def test_a_reader_cannot_write(database_url: str):
    engine = open_archive(database_url, read_only=True)

    with engine.connect() as connection, pytest.raises((OperationalError, InternalError), match=r"read.?only"):
        connection.execute(text("DELETE FROM sites"))
    engine.dispose()


def test_a_reader_sees_what_a_writer_has_committed_and_does_not_stop_it(database_url: str):
    writer, reader = make_engine(database_url), open_archive(database_url, read_only=True)

    with reader.connect() as reading:
        before = reading.scalar(text("SELECT count(*) FROM sites"))
        with writer.begin() as writing:
            writing.execute(text("INSERT INTO sites (name, title, home, created_at) VALUES ('a', 'A', 'a', :now)"),
                            {"now": "2026-11-23T12:00:00Z"})  # fmt: skip
        reading.rollback()
        after = reading.scalar(text("SELECT count(*) FROM sites"))
    writer.dispose()
    reader.dispose()

    assert (before, after) == (0, 1)


def refusal(url: str, **options: bool) -> FoiscrawlError:
    with pytest.raises(FoiscrawlError) as caught:
        open_archive(url, **options).dispose()
    message = str(caught.value)
    assert "\n" not in message
    assert "secret" not in message
    return caught.value


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://user:secret@host/name", "database driver 'mysql' is unknown"),
        ("postgresql+psycopg2://user:secret@host/name", "'postgresql+psycopg2' is unknown"),
        ("postgres://user:secret@host/name", "'postgres' is unknown; use sqlite:///"),
        ("no url:secret", "the database URL cannot be read"),
        ("postgresql://user:secret@host:port/name", "the database URL cannot be read"),
        ("sqlite://", "names no SQLite file"),
        ("sqlite:///:memory:", "names no SQLite file"),
        ("sqlite:///file:archive.db?uri=true", "names no SQLite file"),
    ],
)
def test_a_url_of_no_use_is_refused(url: str, words: str):
    error = refusal(url)

    assert type(error) is UsageError
    assert words in str(error)


def test_a_missing_extra_is_named(tmp_path: Path):
    program = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from foiscrawl.storage.engine import make_engine\n"
        "try: make_engine('postgresql://user:secret@host/name')\n"
        "except Exception as error: print(type(error).__name__, error)"
    )

    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

    assert told.startswith("UsageError PostgreSQL needs the extra `postgres`: pip install 'foiscrawl[postgres]'")


def test_what_is_not_a_file_is_refused(tmp_path: Path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").touch()

    assert "is not a file" in str(refusal(f"sqlite:///{tmp_path}"))
    assert "is not a file" in str(refusal(f"sqlite:///{tmp_path / 'pipe'}"))
    assert "cannot be made" in str(refusal(f"sqlite:///{tmp_path / 'file' / 'archive.db'}"))


def test_what_is_not_a_database_is_refused_and_left_alone(tmp_path: Path):
    file = tmp_path / "letter.txt"
    file.write_text("Ceci n'est pas une base de données. " * 100)

    error = refusal(f"sqlite:///{file}")

    assert type(error) is UsageError
    assert str(error) == f"{file} is not a SQLite database"
    assert file.read_text().startswith("Ceci n'est pas")


def test_the_database_of_another_program_is_refused_and_left_alone(empty_database_url: str):
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE recettes (id INTEGER)"))

    error = refusal(empty_database_url)

    assert type(error) is UsageError
    assert "belongs to another program (it has a table 'recettes')" in str(error)
    assert current_tables(engine) == {"recettes"}


def test_another_program_that_migrates_with_the_same_library_is_refused(empty_database_url: str):
    engine = make_engine(empty_database_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('abc')"))
    engine.dispose()

    assert "belongs to another program (schema abc)" in str(refusal(empty_database_url))


def test_a_newer_schema_is_refused(engine: Engine, database_url: str):
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '20991231_later'"))

    error = refusal(database_url)

    assert type(error) is SchemaBehind
    assert "was made by a newer foiscrawl (schema 20991231_later): upgrade foiscrawl" in str(error)


def test_a_new_sqlite_file_gets_its_schema_from_the_first_crawl(tmp_path: Path):
    engine = open_archive(f"sqlite:///{tmp_path / 'data' / 'archive.db'}")

    current, head = current_and_head(engine)
    engine.dispose()

    assert current == head


def test_an_older_sqlite_file_is_brought_up_to_date(migrated_file: Path, tmp_path: Path):
    file = tmp_path / "archive.db"
    file.write_bytes(migrated_file.read_bytes())
    engine = make_engine(f"sqlite:///{file}")
    downgrade(engine, "20261123_tables")
    engine.dispose()

    engine = open_archive(f"sqlite:///{file}")

    current, head = current_and_head(engine)
    engine.dispose()
    assert current == head


def test_postgresql_is_changed_by_a_person_only(postgres: Postgres, migrated_database: str):
    with postgres.database() as url:
        empty = refusal(url)
    with postgres.database(f"TEMPLATE {migrated_database}") as url:
        engine = make_engine(url)
        downgrade(engine, "20261123_tables")
        engine.dispose()
        behind = refusal(url)

    assert type(empty) is type(behind) is SchemaBehind
    assert "has no tables yet: run `foiscrawl migrate`" in str(empty)
    assert "has schema 20261123_tables, this program needs 20261125_licence: run `foiscrawl migrate`" in str(behind)


def test_a_reader_makes_nothing(tmp_path: Path, migrated_file: Path):
    missing = refusal(f"sqlite:///{tmp_path / 'archive.db'}", read_only=True)
    (tmp_path / "empty.db").touch()
    empty = refusal(f"sqlite:///{tmp_path / 'empty.db'}", read_only=True)

    assert "there is no archive at" in str(missing)
    assert "run `foiscrawl migrate`" in str(empty)
    assert [path.name for path in tmp_path.iterdir()] == ["empty.db"]


def test_an_encoding_without_every_character_is_refused(postgres: Postgres):
    with postgres.database("ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0") as url:
        error = refusal(url)

    assert str(error) == "the database's encoding is LATIN1; make one with ENCODING 'UTF8'"


def test_an_old_postgresql_is_refused():
    with pytest.raises(UsageError, match="PostgreSQL 14 is too old; 15 or newer is needed"):
        check_server(140_011, "UTF8")

    check_server(150_000, "UTF8")


def test_a_read_only_file_is_refused(migrated_file: Path, tmp_path: Path):
    file = tmp_path / "archive.db"
    file.write_bytes(migrated_file.read_bytes())
    file.chmod(0o444)
    program = (
        "import os, sys; from foiscrawl.storage.migrate import open_archive\n"
        "if os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"  # root may write anything
        "try: open_archive(sys.argv[1])\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    for folder in (tmp_path, *tmp_path.parents):
        folder.chmod(folder.stat().st_mode | 0o555)

    told = subprocess.run(
        [sys.executable, "-c", program, f"sqlite:///{file}"], capture_output=True, text=True, check=True
    ).stdout

    assert told == f"UsageError {file} cannot be written: attempt to write a readonly database\n"


def test_a_server_that_is_not_there_is_a_database_error_without_the_password():
    error = refusal("postgresql://someone:secret@127.0.0.1:9/name?password=secret2")

    assert type(error) is DatabaseError
    assert str(error).startswith("postgresql://someone:***@127.0.0.1:9/name: ")
    assert "refused" in str(error)


def test_a_wrong_database_name_is_the_persons_error(postgres: Postgres):
    error = refusal(postgres.admin.set(database="nowhere").render_as_string(hide_password=False))

    assert type(error) is UsageError
    assert 'database "nowhere" does not exist' in str(error)


def test_a_full_disk_is_told_from_other_errors(tmp_path: Path):
    engine = open_archive(f"sqlite:///{tmp_path / 'archive.db'}")

    with engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(OperationalError) as caught:
            connection.execute(insert(sites).values({**SITE, "title": "x" * 10_000, "created_at": NOON}))
    engine.dispose()

    assert type(translate(caught.value, engine.url)) is DiskFull
    assert not is_passing(caught.value)


def test_a_lock_passes(tmp_path: Path):
    engine = open_archive(f"sqlite:///{tmp_path / 'archive.db'}")
    other = sqlite3.connect(tmp_path / "archive.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA busy_timeout = 0")
        with pytest.raises(OperationalError) as caught:
            connection.execute(text("SELECT 1"))
    other.close()
    engine.dispose()

    assert is_passing(caught.value)
    assert type(translate(caught.value, engine.url)) is DatabaseError


def current_tables(engine: Engine) -> set[str]:
    names = set(inspect(engine).get_table_names())
    engine.dispose()
    return names
