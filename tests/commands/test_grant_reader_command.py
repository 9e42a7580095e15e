"""`foiscrawl grant-reader`: a role that can ask the views, and nothing else, on a real server."""

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import UsageError
from foiscrawl.storage.asking.readers import READABLE, grant_reader
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from foiscrawl.storage.models import metadata
from foiscrawl.storage.views import views
from tests.commands.test_crawl_command import refused
from tests.crawling import FOISCRAWL, Ended, ask, environment, run
from tests.postgres import Postgres
from tests.storage.questions import fill


@dataclass
class Granted:
    """An archive, and the role that the command has made for it."""

    url: str
    role: str
    told: str
    postgres: Postgres

    @property
    def reader_url(self) -> str:
        return as_role(self.url, self.role)

    def tries(self, *statements: str) -> Any:
        """The last answer, as the reader. Raises DBAPIError."""
        engine = create_engine(self.reader_url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                for one in statements:
                    result = connection.execute(text(one))
                return result.all() if result.returns_rows else None
        finally:
            engine.dispose()


def as_role(url: str, role: str) -> str:
    return make_url(url).set(username=role).render_as_string(hide_password=False)


def grant(url: str, *words: str) -> Ended:
    return run([FOISCRAWL, "grant-reader", *words], environment(url))


@pytest.fixture(scope="module")
def granted(postgres: Postgres) -> Iterator[Granted]:
    role = f"reader_{uuid.uuid4().hex[:8]}"
    with postgres.database() as url:
        engine = make_engine(url)
        upgrade(engine)
        engine.dispose()
        fill(url)
        ended = grant(url, role)
        assert (ended.code, ended.err) == (0, "")
        yield Granted(url, role, ended.out, postgres)
    postgres.execute(f"DROP ROLE {role}")


def test_it_says_what_it_did(granted: Granted):
    lines = granted.told.splitlines()
    assert lines[0] == f"role {granted.role} made; it can log in"
    assert f"it can read {', '.join(READABLE)}" in lines
    assert lines[-1] == f"give it a password, if it needs one, in psql: \\password {granted.role}"


def test_every_view_can_be_read_and_no_table(granted: Granted):
    for view in views.tables:
        granted.tries(f"SELECT * FROM {view} LIMIT 1")
    assert granted.tries("SELECT count(*) FROM articles_current") == [(4,)]
    for table in metadata.tables:
        with pytest.raises(DBAPIError, match="permission denied"):
            granted.tries(f"SELECT 1 FROM {table} LIMIT 1")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO sites (name) VALUES ('x')",
        "UPDATE articles_current SET headline = 'x'",
        "DELETE FROM alembic_version",
        "CREATE TABLE left_behind (a int)",
        "CREATE TEMP TABLE left_behind (a int)",
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "SELECT pg_advisory_lock(42)",
        "SELECT pg_try_advisory_lock_shared(1, 2)",
        "SELECT lo_create(0)",
        "SELECT pg_notify('a', 'b')",
        "SELECT nextval('articles_id_seq')",
        "SELECT pg_read_file('/etc/passwd')",
        "COPY (SELECT 1) TO PROGRAM 'true'",
        "SET ROLE postgres",
    ],
)
def test_it_can_do_nothing_else_even_where_it_may_write(granted: Granted, statement: str):
    with pytest.raises(DBAPIError, match=r"permission denied|must be|cannot"):
        granted.tries("SET default_transaction_read_only = off", "SET transaction_read_only = off", statement)


def test_its_sessions_are_read_only_and_short(granted: Granted):
    assert granted.tries("SHOW default_transaction_read_only") == [("on",)]
    assert granted.tries("SHOW statement_timeout") == [("1min",)]


def test_the_role_is_of_use_for_questions(granted: Granted):
    asked = run([FOISCRAWL, "query", "SELECT count(*) AS n FROM articles_current"], environment(granted.reader_url))
    assert (asked.code, asked.out, asked.err) == (0, "n\r\n4\r\n", "")
    well = run([FOISCRAWL, "doctor", "--reader"], environment(granted.reader_url))
    assert (well.code, well.err) == (0, "")
    assert "ok    reader's role  can read the views and nothing else" in well.out
    owner = run([FOISCRAWL, "doctor", "--reader"], environment(granted.url))
    assert owner.code == 3
    assert "fail  reader's role  this role is a superuser, could write " in owner.out


@pytest.mark.parametrize(
    "words", [["search", "terres rares"], ["history", "1"], ["review"], ["verify"], ["report", "-o", "r.html"]]
)
def test_a_command_that_reads_tables_says_how_this_role_can_ask(granted: Granted, words: list[str], tmp_path: Path):
    told = refused(run([FOISCRAWL, *words], environment(granted.reader_url), cwd=tmp_path))

    assert "permission denied for table " in told
    assert told.endswith("; as this role ask with `foiscrawl query`, else name the owner's URL\n")
    assert list(tmp_path.iterdir()) == []


def test_a_second_time_mends_the_role_and_takes_nothing_from_the_crawl(granted: Granted):
    before = rights(granted)
    granted.postgres.execute(f"GRANT pg_read_all_data, pg_write_all_data TO {granted.role}")
    granted.postgres.execute(f"ALTER ROLE {granted.role} CREATEDB CREATEROLE")
    engine = create_engine(granted.url)
    with engine.begin() as connection:
        connection.execute(text(f"GRANT ALL ON articles, alembic_version TO {granted.role}"))
        connection.execute(text(f"GRANT UPDATE (headline) ON revisions TO {granted.role}"))
    engine.dispose()
    again = grant(granted.url, granted.role)
    assert again.code == 0
    assert again.out.splitlines()[0] == f"role {granted.role} was there"
    assert "no member of pg_read_all_data any more" in again.out
    assert "note:" not in again.out
    assert rights(granted) == before
    with pytest.raises(DBAPIError, match="permission denied"):
        granted.tries("SELECT 1 FROM articles")


def rights(granted: Granted) -> list[Any]:
    return ask(
        granted.url,
        "SELECT relname, relacl::text FROM pg_class WHERE relnamespace = 2200 ORDER BY 1",
    ) + ask(granted.url, "SELECT rolname, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname = :r", r=granted.role)


@pytest.mark.parametrize(
    ("role", "told"),
    [
        ("postgres", "the role postgres is your own; name another for readers"),
        ("Lecteur", "Lecteur is no name for a role"),
        ("pg_monitor", "pg_monitor is no name for a role"),
        ("public", "public is no name for a role"),
        ('x"; DROP TABLE articles; --', "is no name for a role"),
        ("x" * 64, "is no name for a role"),
    ],
)
def test_wrong_names_are_refused(granted: Granted, role: str, told: str):
    engine = make_engine(granted.url)
    with engine.connect() as connection, pytest.raises(UsageError, match=re.escape(told)):
        grant_reader(connection, role)
    engine.dispose()


def test_wrong_use_is_told_in_one_line(granted: Granted):
    assert "name one role, as in: foiscrawl grant-reader foiscrawl_reader" in refused(grant(granted.url))
    assert "the role postgres is your own" in refused(grant(granted.url, "postgres"))


def test_an_owner_who_is_no_superuser_makes_the_role_as_well(postgres: Postgres):
    owner, role = (f"{one}_{uuid.uuid4().hex[:8]}" for one in ("owner", "reader"))
    postgres.execute(f"CREATE ROLE {owner} LOGIN CREATEROLE")
    with postgres.database(f"OWNER {owner}") as made:
        url = as_role(made, owner)
        engine = make_engine(url)
        upgrade(engine)
        engine.dispose()
        ended = grant(url, role)
        assert (ended.code, ended.err) == (0, "")
        assert "note: only a superuser can close advisory locks" in ended.out
        assert ask(as_role(made, role), "SELECT count(*) AS n FROM articles_current")[0].n == 0
        with pytest.raises(DBAPIError, match="permission denied"):
            ask(as_role(made, role), "SELECT count(*) FROM articles")
        assert "owns things; name another" in refused(grant(made, owner))
        assert "your role may not make roles" in refused(grant(as_role(made, role), "one_more"))
    postgres.execute(f"DROP ROLE {role}")
    postgres.execute(f"DROP ROLE {owner}")


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_a_file_has_no_roles(database_url: str):
    ended = grant(database_url, "lecteur")
    assert (ended.code, ended.err) == (0, "")
    assert "who may read it is a matter of its permissions" in ended.out
