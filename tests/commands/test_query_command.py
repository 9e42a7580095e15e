"""`foiscrawl query`: what comes out where, and what a wrong use is told."""

import argparse
import csv
import io
import json
import os
import pty
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from scrapy.settings import Settings

from foiscrawl.commands.query import Command
from foiscrawl.commands.query_formats import FORMATS, writer
from foiscrawl.errors import UsageError
from foiscrawl.formats import Field
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from foiscrawl.storage.views import views
from tests.commands.test_crawl_command import refused
from tests.crawling import FOISCRAWL, ROOT, Ended, environment, run
from tests.storage.questions import fill

ODD = (
    "SELECT 1 AS n, 2.5 AS x, NULL AS gone, '' AS empty, '=1+1' AS f, 'a|b' AS bar,"
    " 'l''été' || :esc || '[31m' AS odd UNION ALL SELECT 2, 3, 'NULL', 'y', '-', 'c', 'deux' || :line || 'lignes'"
    " ORDER BY 1"
)
VALUES = ["-p", "esc=\x1b", "-p", "line=\n"]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def archive(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of an archive with four articles."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path_factory.mktemp('query') / 'archive.db'}"
        fill(url)
        yield url
        return
    with request.getfixturevalue("postgres").database() as url:
        engine = make_engine(url)
        upgrade(engine)
        engine.dispose()
        fill(url)
        yield url


on_sqlite = pytest.mark.parametrize("archive", ["sqlite"], indirect=True)


def query(url: str, *words: str, cwd: Path = ROOT) -> Ended:
    return run([FOISCRAWL, "query", *words], environment(url), cwd=cwd)


def answered(url: str, *words: str) -> str:
    ended = query(url, *words)
    assert (ended.code, ended.err) == (0, "")
    return ended.out


# --- What comes out ------------------------------------------------------------------------------------------------


def test_the_formats(archive: str):
    odd = "l'été\x1b[31m"
    read = list(csv.reader(io.StringIO(answered(archive, *VALUES, ODD), newline="")))
    assert read[0] == ["n", "x", "gone", "empty", "f", "bar", "odd"]
    assert read[1] == ["1", "2.5", "", "", "'=1+1", "a|b", odd]
    assert read[2][4:] == ["'-", "c", "deux\nlignes"]
    assert '1,2.5,,"",=1+1' in answered(archive, *VALUES, "--formulas", "--format", "csv", ODD)

    rows = json.loads(answered(archive, *VALUES, "--format", "json", ODD))
    assert rows[0] == {"n": 1, "x": 2.5, "gone": None, "empty": "", "f": "=1+1", "bar": "a|b", "odd": odd}
    assert [json.loads(one) for one in answered(archive, *VALUES, "--format", "jsonl", ODD).splitlines()] == rows
    assert json.loads(answered(archive, "--format", "json", "SELECT 1 AS a FROM articles WHERE id < 0")) == []

    table = answered(archive, *VALUES, "--format", "table", ODD).splitlines()
    assert table[0].split() == ["n", "x", "gone", "empty", "f", "bar", "odd"]
    assert table[2].split() == ["1", "2.5", "NULL", "=1+1", "a|b", "l'été\\x1b[31m"]
    assert "'NULL'" in table[3]
    assert table[3].endswith("deux⏎lignes")

    markdown = answered(archive, *VALUES, "--format", "markdown", ODD).splitlines()
    assert markdown[1] == "| --- | --- | --- | --- | --- | --- | --- |"
    assert markdown[2] == "| 1 | 2.5 | *NULL* |  | =1+1 | a\\|b | l'été\\\\x1b\\[31m |"
    assert markdown[3].endswith(" deux<br>lignes |")


def test_a_file_is_written_whole_or_not_at_all(archive: str, tmp_path: Path):
    file = tmp_path / "answer.json"
    assert answered(archive, "-o", str(file), "SELECT id FROM articles_current ORDER BY id") == ""
    assert [one["id"] for one in json.loads(file.read_text())] == [1, 2, 3, 4]
    assert "exists; write over it with --force" in refused(query(archive, "-o", str(file), "SELECT 1 AS a"))
    answered(archive, "-o", str(file), "--force", "SELECT 5 AS id")
    assert json.loads(file.read_text()) == [{"id": 5}]

    slow = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT i FROM c"
    stopped = query(archive, "-o", str(tmp_path / "slow.csv"), "--limit-seconds", "0.3", slow)
    assert (stopped.code, stopped.out) == (9, "")
    assert stopped.err == "foiscrawl: stopped after 0.3 s; --limit-seconds allows a question more\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["answer.json"]


def test_parquet_has_types(archive: str, tmp_path: Path):
    parquet = pytest.importorskip("pyarrow.parquet")
    file = tmp_path / "answer.parquet"
    answered(archive, "-o", str(file), "SELECT id, headline, id * 0.5 AS half FROM articles_current ORDER BY id")
    table = parquet.read_table(file)
    assert [str(one.type) for one in table.schema] == ["int64", "string", "double"]
    assert table.column("half").to_pylist() == [0.5, 1.0, 1.5, 2.0]


@on_sqlite
def test_parquet_refuses_a_column_that_changes_its_type(archive: str, tmp_path: Path):
    pytest.importorskip("pyarrow.parquet")
    mixed = (
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 3000) "
        "SELECT CASE WHEN i < 2000 THEN i ELSE 'x' END AS mixed FROM c"
    )
    told = refused(query(archive, "-o", str(tmp_path / "a.parquet"), mixed))
    assert "the column mixed is not integer in each row" in told
    assert list(tmp_path.iterdir()) == []


@on_sqlite
def test_a_question_from_a_file_and_from_the_input(archive: str, tmp_path: Path):
    file = tmp_path / "question.sql"
    file.write_text("\ufeff-- combien ?\nSELECT count(*) AS n FROM articles_current\nWHERE headline LIKE '%100 %%';\n")
    assert answered(archive, "-f", str(file)) == "n\r\n1\r\n"
    with file.open() as stream:
        piped = subprocess.run(
            [FOISCRAWL, "query", "-f", "-"], stdin=stream, capture_output=True, env=environment(archive), check=False
        )
    assert (piped.returncode, piped.stdout) == (0, b"n\r\n1\r\n")


@on_sqlite
def test_a_closed_pipe_ends_quietly(archive: str):
    many = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000) SELECT i FROM c"
    words = f"{FOISCRAWL} query '{many}' | head -2"
    ended = subprocess.run(["bash", "-c", words], capture_output=True, env=environment(archive), check=False)
    assert (ended.stdout, ended.stderr) == (b"i\r\n1\r\n", b"")


@on_sqlite
def test_an_output_that_takes_nothing_is_told(archive: str):
    words = f"{FOISCRAWL} query 'SELECT 1' > /dev/full; echo $?; {FOISCRAWL} query 'SELECT 1' >&-; echo $? >&2"
    ended = subprocess.run(["bash", "-c", words], capture_output=True, env=environment(archive), check=False)
    assert ended.stdout == b"6\n"
    full, closed, code = ended.stderr.decode().splitlines()
    assert full == "foiscrawl: the output: the disk is full"
    assert closed == "foiscrawl: the standard output is closed; write to a file with -o FILE"
    assert code == "2"


def on_a_terminal(url: str, *words: str, columns: int = 80) -> str:
    """What a person sees; both outputs."""
    ours, theirs = pty.openpty()
    env = environment(url, COLUMNS=str(columns), TERM="dumb")
    process = subprocess.Popen([FOISCRAWL, "query", *words], stdout=theirs, stderr=theirs, env=env)
    os.close(theirs)
    seen = b""
    try:
        while data := os.read(ours, 65536):
            seen += data
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(ours)
    assert process.wait() == 0
    return seen.decode().replace("\r\n", "\n")


@on_sqlite
def test_a_terminal_gets_a_table(archive: str):
    seen = on_a_terminal(archive, "SELECT id, headline, body_text FROM articles_current ORDER BY id", columns=40)
    lines = seen.splitlines()
    assert lines[0].split() == ["id", "headline", "body_text"]
    assert all(len(one) <= 40 for one in lines)
    assert "L'été" in lines[2]
    assert lines[2].endswith("…")
    assert "(4 rows, " in seen


@pytest.mark.parametrize("columns", ["1", "20", "200"])
def test_a_table_is_as_wide_as_its_terminal(monkeypatch: pytest.MonkeyPatch, columns: str):
    monkeypatch.setenv("COLUMNS", columns)
    lines = written("table", ["id", "text"], [[1, "un"], [12345678, "漢字" * 50]], terminal=True).splitlines()
    assert len(lines) == 4
    assert max(map(cell_len, lines)) == {"1": 14, "20": 20, "200": 200}[columns]
    assert lines[3].endswith("…")


@pytest.mark.parametrize("format_", sorted(set(FORMATS) - {"parquet"}))
def test_a_terminal_obeys_nothing_that_is_archived(format_: str):
    hostile = "\x1b[2J\x9b31m\u202e\x07\r"
    seen = written(format_, ["a", hostile], [[hostile, hostile * 3]], terminal=True)
    assert {one for one in seen if not one.isprintable()} <= {"\n"}


@pytest.mark.parametrize("format_", ["table", "json", "markdown"])
def test_formats_for_people_are_harmless_in_files_too(format_: str):
    seen = written(format_, ["a"], [["\x1b[2J\u202e"]], terminal=False)
    assert {one for one in seen if not one.isprintable()} <= {"\n"}


def written(format_: str, names: list[str], rows: list[list[object]], *, terminal: bool) -> str:
    out = io.BytesIO()
    made = writer(format_, out, [Field(one, "text") for one in names], formulas=False, terminal=terminal)
    made.write(rows)
    made.close()
    return out.getvalue().decode()


# --- What can be asked ---------------------------------------------------------------------------------------------


@on_sqlite
def test_the_schema_is_listed_without_an_archive(archive: str, tmp_path: Path):
    told = query(f"sqlite:///{tmp_path / 'none.db'}", "--schema")
    assert (told.code, told.err) == (0, "")
    for table in views.tables.values():
        assert f"{table.name}: {table.comment}\n" in told.out
        for column in table.columns:
            assert str(column.comment) in told.out
    assert "captures: " not in told.out
    assert "captures: " in answered(archive, "--schema", "--all")
    assert list(tmp_path.iterdir()) == []


@on_sqlite
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], 'ask something, as in: foiscrawl query "SELECT'),
        (["SELECT headlin FROM articles_current"], "no such column: headlin; did you mean headline ?"),
        (["-p", "a=1", "-p", "a=2", "SELECT :a"], "-p a is given twice"),
        (["--format", "xml", "SELECT 1"], "argument --format: invalid choice: 'xml'"),
        (["--format", "json", "SELECT 1 AS a, 2 AS a"], "two columns of the answer are called a"),
        (["-o", "docs", "SELECT 1"], "docs is not a file"),
    ],
)
def test_wrong_use_is_told_in_one_line(archive: str, words: list[str], told: str):
    assert told in refused(query(archive, *words))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["SELECT", "1"], "quote the whole question"),
        (["--colour", "SELECT 1"], "unknown option --colour"),
        (["-f", "nowhere.sql"], "the question cannot be read from nowhere.sql: No such file"),
        (["-f", "."], "cannot be read from .: Is a directory"),
        (["-f", "README.md", "SELECT 1"], "not both"),
        (["-p", "a", "SELECT :a"], "-p a must look like -p a=VALUE"),
        (["-p", "a b=1", "SELECT 1"], "a parameter's name has letters"),
        (["--format", "parquet", "SELECT 1"], "Parquet is written to files only"),
        (["--formulas", "--format", "json", "SELECT 1"], "--formulas is of use with CSV only"),
        (["--force", "SELECT 1"], "--force is of use with -o only"),
        (["-o", "/nowhere/x.csv", "SELECT 1"], "there is no folder /nowhere"),
        (["--limit-seconds", "0", "SELECT 1"], "--limit-seconds 0 must be above 0"),
        (["--limit-seconds", "-1", "SELECT 1"], "--limit-seconds -1 must be above 0"),
        (["--limit-seconds", "nan", "SELECT 1"], "--limit-seconds nan must be above 0"),
        (["--limit-seconds", "1e9", "SELECT 1"], "at most 86400"),
        (["--all", "SELECT 1"], "--all is of use with --schema only"),
        (["--schema", "SELECT 1"], "--schema and a question cannot be asked for together"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_opened(words: list[str], told: str):
    command = Command()
    command.settings = Settings()
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    opts, rest = parser.parse_known_args(words)  # as Scrapy does; what is left over are the arguments
    with pytest.raises(UsageError) as error:
        command.check(rest, opts)
    assert told in str(error.value)


def test_there_must_be_an_archive(tmp_path: Path):
    assert "there is no archive at" in refused(query(f"sqlite:///{tmp_path / 'none.db'}", "SELECT 1"))
    assert list(tmp_path.iterdir()) == []


@on_sqlite
def test_a_database_that_does_not_obey_is_left_alone(archive: str, tmp_path: Path):
    slow = "SELECT instr(hex(zeroblob(15000000)), hex(zeroblob(7000000)) || '1')"
    ended = query(archive, "-o", str(tmp_path / "x.csv"), "--limit-seconds", "0.3", slow)
    assert (ended.code, ended.out) == (9, "")
    assert ended.err.startswith("foiscrawl: stopped after 0.3 s")
    assert list(tmp_path.iterdir()) == []


def test_ten_thousand_rows_of_which_the_last_is_there(archive: str):
    many = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 10000) SELECT i FROM c"
    lines = answered(archive, many).splitlines()
    assert (len(lines), lines[-1]) == (10_001, "10000")
