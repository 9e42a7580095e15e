"""docs/sql-cookbook.md: each question is asked on both databases, and gives what the page shows."""

import re
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from foiscrawl.cookbook import parse, questions
from foiscrawl.storage.asking import Reader, open_reader
from tests import cookbook_page
from tests.demo_archive import Demo, copy_to_postgres
from tests.postgres import Postgres

PAGE = Path(__file__).parents[1] / "docs" / "sql-cookbook.md"
NAMES = [one.name for one in questions()]
BY_NAME = {one.name: one for one in questions()}


@pytest.fixture(scope="module")
def sqlite(demo: Demo) -> Iterator[Reader]:
    reader = open_reader(demo.url)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def postgresql(demo: Demo, postgres: Postgres, migrated_database: str) -> Iterator[Reader]:
    with postgres.database(f"TEMPLATE {migrated_database}") as url:
        copy_to_postgres(demo.url, url)
        reader = open_reader(url)
        yield reader
        reader.close()


@pytest.mark.parametrize("name", NAMES)
def test_a_question_gives_the_same_rows_on_both_databases(sqlite: Reader, postgresql: Reader, name: str):
    question = BY_NAME[name]
    columns, rows = cookbook_page.ask(sqlite, question)
    assert cookbook_page.ask(postgresql, question, postgres=True) == (columns, rows)
    assert bool(rows) == (question.empty is None)


@pytest.mark.parametrize("name", [one.name for one in questions() if one.postgres])
def test_sql_of_its_own_is_given_only_where_it_has_to_be(postgresql: Reader, name: str):
    with pytest.raises(Exception, match=r"the question is wrong|can only read"):
        cookbook_page.ask(postgresql, BY_NAME[name])


def test_the_page_is_what_the_questions_and_the_demo_give(sqlite: Reader):
    assert PAGE.read_text("utf-8") == cookbook_page.page(sqlite)


def test_each_block_of_the_page_gives_the_rows_under_it(sqlite: Reader, postgresql: Reader):
    """Read out of the page as a reader does: title, parameters, SQL, rows."""
    told = re.split(r"^### <a id=", PAGE.read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert len(told) == len(NAMES) >= 28
    for block in told:
        question = BY_NAME[block.split('"')[1]]
        values = dict(re.findall(r"^- `:(\w+)`: .*, here `(.*)`$", block, re.MULTILINE))
        sql = re.findall(r"^```sql\n(.*?)\n```$", block, re.MULTILINE | re.DOTALL)
        rows = "".join(line + "\n" for line in block.splitlines() if line.startswith("|"))
        for reader, asked in ((sqlite, sql[0]), (postgresql, sql[-1])):
            with reader.ask(asked, values, seconds=cookbook_page.SECONDS) as answer:
                columns, found = [one.name for one in answer.columns], list(answer.rows)
            assert rows == cookbook_page.table(question, columns, found[: cookbook_page.SHOWN]), question.name
            assert found, question.name


@pytest.mark.parametrize("name", ["articles-per-hour", "articles-per-weekday"])
def test_the_time_of_paris_is_right_without_a_database_of_zones(name: str):
    """Around each change of the clock from 1996 on: before, summer time ended in September."""
    archive = sqlite3.connect(":memory:", isolation_level=None)
    archive.execute("CREATE TABLE articles_current (published_at TEXT)")
    for year in range(1996, 2038):
        first = [datetime(year, month, 23, tzinfo=UTC) for month in (3, 10)]
        for moment in (day + timedelta(days=n, hours=hour) for day in first for n in range(10) for hour in (0, 1, 22)):
            archive.execute("DELETE FROM articles_current")
            archive.execute("INSERT INTO articles_current VALUES (?)", (f"{moment:%Y-%m-%dT%H:%M:%SZ}",))
            rows = archive.execute(BY_NAME[name].sql).fetchall()
            paris = moment.astimezone(ZoneInfo("Europe/Paris"))
            if name == "articles-per-weekday":
                assert rows == [(paris.isoweekday(), 1, 1)], moment
            else:
                assert [hour for hour, _, count in rows if count] == [f"{paris:%H}"], moment
    archive.close()


@pytest.mark.parametrize(
    "more",
    [{"postgres": "SELECT 2"}, {"differs": "Because."}, {"postgres": "SELECT :a", "differs": "Because."}],
)
def test_sql_for_postgresql_and_its_reason_come_together(more: dict[str, str]):
    with pytest.raises(ValueError, match="cookbook: "):
        parse({"question": [{"name": "one", "title": "One?", "about": "One.", "sql": "SELECT 1", **more}]})
