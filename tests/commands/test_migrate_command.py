"""`foiscrawl migrate`, and what a crawl says to a database that is not ready or not ours."""

from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from foiscrawl.storage.migrate import current_and_head
from tests.commands.test_crawl_command import CONTACT, FOISCRAWL, refused
from tests.crawling import Ended, ask, crawl, environment, run
from tests.newsroom import Newsroom, serve
from tests.postgres import Postgres


def migrate(database_url: str, *words: str) -> Ended:
    return run([FOISCRAWL, "migrate", *words], environment(database_url))


def execute(database_url: str, *statements: str) -> None:
    engine = create_engine(database_url)
    with engine.begin() as connection:
        for one in statements:
            connection.execute(text(one))
    engine.dispose()


def head(tmp_path: Path) -> str:
    engine = create_engine(f"sqlite:///{tmp_path / 'any.db'}")
    try:
        return current_and_head(engine)[1]
    finally:
        engine.dispose()


def test_postgresql_without_tables_is_sent_to_migrate_which_tells_what_it_did(postgres: Postgres, tmp_path: Path):
    with postgres.database() as url, serve(Newsroom(articles=2, days=20, oddities=())) as server:
        before = crawl(f"{server.url}/", url)
        asked = list(server.requests)
        first, second = migrate(url), migrate(url)
        after = crawl(f"{server.url}/", url)
        stored = ask(url, "SELECT count(*) FROM articles")

    assert "has no tables yet: run `foiscrawl migrate`" in refused(before)
    assert asked == []
    assert first == Ended(0, f"upgraded from nothing to {head(tmp_path)}\n", "")
    assert second == Ended(0, f"already at {head(tmp_path)}\n", "")
    assert after.code == 0
    assert stored == [(2,)]


def test_a_new_sqlite_file_can_be_migrated_too(tmp_path: Path):
    ended = migrate(f"sqlite:///{tmp_path / 'archive.db'}")

    assert ended == Ended(0, f"upgraded from nothing to {head(tmp_path)}\n", "")


def test_the_database_of_another_program_is_refused_by_crawl_and_migrate(empty_database_url: str):
    execute(empty_database_url, "CREATE TABLE accounts (id integer)")

    for ended in (
        run([FOISCRAWL, "crawl", "francaisfois"], environment(empty_database_url, **CONTACT)),
        migrate(empty_database_url),
    ):
        assert "belongs to another program (it has a table 'accounts'); name another database" in refused(ended)
    assert ask(empty_database_url, "SELECT count(*) FROM accounts") == [(0,)]


def test_a_newer_schema_is_refused_by_crawl_and_migrate(database_url: str):
    execute(database_url, "UPDATE alembic_version SET version_num = 'f00000000000'")

    for ended in (
        run([FOISCRAWL, "crawl", "francaisfois"], environment(database_url, **CONTACT)),
        migrate(database_url),
    ):
        assert "was made by a newer foiscrawl (schema f00000000000): upgrade foiscrawl" in refused(ended)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["now"], "unknown argument now; see foiscrawl migrate --help"),
        (["--force"], "unknown argument --force; see foiscrawl migrate --help"),
        (["-s", "FOISCRAWL_DATABASE_URI=x"], "did you mean FOISCRAWL_DATABASE_URL?"),
        (["-s"], "argument -s/--set: expected one argument"),
        (["-s", "FOISCRAWL_DATABASE_URL=nonsense"], "the database URL cannot be read"),
    ],
)
def test_wrong_use_is_told_in_one_line(words: list[str], told: str, tmp_path: Path):
    ended = run([FOISCRAWL, "migrate", *words], environment(), cwd=tmp_path)

    assert told in refused(ended)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_is_away_is_a_database_error_without_the_password():
    ended = migrate("postgresql://someone:geheim@127.0.0.1:9/nothing")

    assert ended.code == 5
    assert ended.err.count("\n") == 1
    assert "geheim" not in ended.err
