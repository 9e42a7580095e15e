"""Questions of strangers to an archive: none changes it or goes on beyond its time, and honest ones are answered."""

import hashlib
import os
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from foiscrawl.errors import TimeLimit, UsageError
from foiscrawl.storage.asking import Reader, open_reader
from foiscrawl.storage.asking.sqlite import guard
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from tests.storage.questions import fill, honest, hostile

LIMIT = 0.4  # s
_TRACES = (
    "SELECT string_agg(oid || relname || relacl::text, ' ' ORDER BY oid) FROM pg_class",
    "SELECT count(*) FROM pg_roles",
    "SELECT count(*) FROM pg_largeobject_metadata",
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'",
    "SELECT last_value FROM articles_id_seq",
)


@dataclass
class Asked:
    url: str
    folder: Path
    reader: Reader

    @property
    def backend(self) -> str:
        return make_url(self.url).get_backend_name()

    def ask(self, sql: str, seconds: float = 20, **values: str) -> list[Any]:
        with self.reader.ask(sql, values, seconds=seconds) as answer:
            return list(answer.rows)

    def refusal(self, sql: str, **values: str) -> str:
        with pytest.raises(UsageError) as error:
            self.ask(sql, **values)
        return str(error.value)


@pytest.fixture(scope="module", params=["sqlite", "superuser", "owner"])
def asked(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    """An archive with a few articles, through the URL of whoever made it."""
    folder = tmp_path_factory.mktemp("asked")
    folder.chmod(0o777)  # the server has a user of its own
    if request.param == "sqlite":
        yield from _opened(f"sqlite:///{folder / 'archive.db'}", folder)
        return
    postgres = request.getfixturevalue("postgres")
    role = f"owner_{os.getpid()}"
    owner = f"OWNER {role}" if request.param == "owner" else ""
    if owner:
        postgres.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'essai'")
    with postgres.database(owner) as made:
        url = make_url(made).set(username=role, password="essai") if owner else make_url(made)
        engine = make_engine(url.render_as_string(hide_password=False))
        upgrade(engine)
        engine.dispose()
        yield from _opened(url.render_as_string(hide_password=False), folder)
    if owner:
        postgres.execute(f"DROP ROLE {role}")


def _opened(url: str, folder: Path) -> Iterator[Asked]:
    fill(url)
    reader = open_reader(url)
    yield Asked(url, folder, reader)
    reader.close()


def state(asked: Asked) -> Any:
    """Everything that a question might have changed."""
    names = sorted(one.name for one in asked.folder.iterdir() if not one.name.endswith(("-shm", "-wal")))
    if asked.backend == "sqlite":
        return names, hashlib.sha256((asked.folder / "archive.db").read_bytes()).hexdigest()
    engine = create_engine(asked.url)
    with engine.connect() as connection:
        tables = connection.execute(text("SELECT relname FROM pg_class WHERE relnamespace = 2200 AND relkind = 'r'"))
        rows = {
            one: connection.execute(
                text(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {one} t")
            ).scalar()
            for one in sorted(tables.scalars())
        }
        rest = [connection.execute(text(one)).scalar() for one in _TRACES]
    engine.dispose()
    return names, rows, rest


def test_forty_hostile_questions_are_refused_or_stopped_and_change_nothing(asked: Asked):
    questions = hostile(asked.backend, str(asked.folder))
    before, ended = state(asked), {}
    for one in questions:
        began = time.monotonic()
        try:
            ended[one] = asked.ask(one, seconds=LIMIT)
        except (UsageError, TimeLimit) as error:
            ended[one] = error
        assert time.monotonic() - began < LIMIT + 0.5, one
    assert len(questions) == len(ended) == 40
    assert {one: what for one, what in ended.items() if not isinstance(what, Exception)} == {}
    endless = [one for one in questions if "RECURSIVE" in one or "SELECT count(*) FROM (SELECT" in one]
    assert [type(ended[one]) for one in endless] == [TimeLimit, TimeLimit]
    assert state(asked) == before
    assert asked.ask("SELECT count(*) FROM articles_current") == [(4,)]  # the reader is of use as before


def test_thirty_honest_questions_are_answered(asked: Asked):
    questions = honest(asked.backend)
    assert len(questions) == 30
    for sql, values, right in questions:
        answer = asked.ask(sql, **values)
        assert answer, sql
        if right is not None:
            assert answer == right, sql


@pytest.mark.parametrize(
    ("sql", "values", "told"),
    [
        ("", {}, "the question is empty"),
        (" ; \n", {}, "the question is empty"),
        ("-- SELECT 1", {}, "the question is only a comment"),
        ("/* SELECT 1 */", {}, "the question is only a comment"),
        ("SELECT 1; SELECT 2", {}, "a second statement begins with SELECT"),
        ("SELECT '\0'", {}, "holds a NUL character"),
        ("SELECT '\ud800'", {}, "is not UTF-8"),
        ("SELECT '" + "x" * 1_000_000 + "'", {}, "at most 100,000 are read"),
        ("EXPLAIN", {}, "EXPLAIN explains nothing"),
        ("SELECT 'x", {}, "a ' is never closed"),
        ('SELECT "x', {}, 'a " is never closed'),
        ("SELECT :a", {}, "the parameter :a has no value; give one with -p a=VALUE"),
        ("SELECT :a", {"a": "1", "b": "2"}, "has no parameter :b; it has :a"),
        ("SELECT 1", {"b": "2"}, "has no parameter :b"),
        ("SELECT ':a'", {"a": "2"}, "has no parameter :a"),
        ("SELECT :a", {"a": "\0"}, "the value of :a holds a NUL"),
        ("SELECT :a", {"a": "\udcff"}, "the value of :a is not UTF-8"),
        ("SELECT headlin FROM articles_current", {}, "did you mean headline ?"),
        ("SELECT a.headlin FROM articles_current a", {}, "did you mean headline ?"),
        ("SELECT qwerty FROM articles_current", {}, "`foiscrawl query --schema` lists the columns"),
        ("SELECT * FROM article_current", {}, "did you mean articles_current ?"),
        ("SELECT * FROM qwerty", {}, "`foiscrawl query --schema` lists the views"),
        ("SELECT no_such_function(1)", {}, "no_such_function"),
        ("SELECT FROM WHERE", {}, "the question is wrong: "),
    ],
)
def test_what_is_wrong_is_told(asked: Asked, sql: str, values: dict[str, str], told: str):
    assert told in asked.refusal(sql, **values)


def test_a_question_is_stopped_while_its_rows_are_read(asked: Asked):
    endless = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c"
    began = time.monotonic()
    with asked.reader.ask(endless, seconds=LIMIT) as answer:
        assert next(answer.rows) == (1,)
        with pytest.raises(TimeLimit, match=r"stopped after 0\.4 s"):
            sum(1 for _ in answer.rows)
    assert LIMIT <= time.monotonic() - began < LIMIT + 0.5


def test_a_question_may_be_left_in_the_middle(asked: Asked):
    endless = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c"
    began = time.monotonic()
    with asked.reader.ask(endless, seconds=5) as answer:
        assert next(answer.batches)[:2] == [(1,), (2,)]
    assert time.monotonic() - began < 4
    assert asked.ask("SELECT 3") == [(3,)]


def test_an_answer_without_rows_has_its_columns(asked: Asked):
    with asked.reader.ask("SELECT id, headline FROM articles_current WHERE id < 0", seconds=20) as answer:
        assert [one.name for one in answer.columns] == ["id", "headline"]
        assert list(answer.rows) == []


def test_batches_are_bounded_by_rows_and_by_size(asked: Asked):
    wide = "SELECT replace('" + "x" * 1000 + "', 'x', 'un texte de quarante caractères, à peu près') AS t"
    rows = f"WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 100) {wide} FROM c"
    with asked.reader.ask(rows, seconds=20) as answer:
        sizes = [len(one) for one in answer.batches]
    assert sum(sizes) == 100
    assert max(sizes) < 50


@pytest.mark.parametrize("asked", ["sqlite"], indirect=True)
def test_sqlite_itself_refuses_each_statement_whatever_its_words_look_like(asked: Asked):
    connection = sqlite3.connect(f"file:{asked.folder / 'archive.db'}?mode=ro", uri=True)
    guard(connection)
    before = state(asked)
    for one in hostile("sqlite", str(asked.folder)):
        if "RECURSIVE" in one or "count(*) FROM (SELECT 1" in one:  # a matter of time, not of rights
            continue
        *harmless, last = [part for part in one.split(";") if "--" in part or part.strip()]
        assert [connection.execute(part).fetchall() for part in harmless] in ([], [[(1,)]])
        with pytest.raises((sqlite3.Error, OverflowError)):
            connection.execute(last).fetchall()
    connection.close()
    assert state(asked) == before


@pytest.mark.parametrize("asked", ["sqlite"], indirect=True)  # PostgreSQL looks for a cancellation in its loops
def test_the_caller_is_told_to_give_up_when_the_database_does_not_obey(asked: Asked):
    called: list[float] = []
    slow = "SELECT instr(hex(zeroblob(500000)), hex(zeroblob(30000)) || '1')"  # one step of SQLite: some 1 s
    began = time.monotonic()
    with (
        pytest.raises(TimeLimit),
        asked.reader.ask(slow, seconds=0.05, give_up=lambda: called.append(time.monotonic() - began)) as answer,
    ):
        list(answer.rows)
    assert len(called) == 1
    assert 0.3 < called[0] < 0.55
