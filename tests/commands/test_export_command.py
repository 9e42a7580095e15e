"""`foiscrawl export` and `foiscrawl import`: files that can be read and checked without us, and bad input."""

import csv
import hashlib
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest
from sqlalchemy import insert, update

from foiscrawl.commands.export_package import Rows
from foiscrawl.formats import Field
from foiscrawl.storage import exporting
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.filters import Filter
from foiscrawl.storage.models import policies, revisions
from tests.commands.test_crawl_command import refused
from tests.crawling import FOISCRAWL, Ended, ask, environment, run
from tests.rehearsal import on_sqlite
from tests.storage.making import DAY, HOME, NOON, Crawl, article
from tests.storage.test_copying import fill


def command(database_url: str, *words: str, cwd: Path | None = None) -> Ended:
    return run([FOISCRAWL, *words], environment(database_url), cwd=cwd or Path.cwd())


@pytest.fixture
def archive(database_url: str, tmp_path: Path) -> str:
    """Four articles, two runs; one article without a date and with a headline that is a formula."""
    engine = make_engine(database_url)
    fill(engine, tmp_path / "captures")
    with engine.begin() as conn:
        Crawl(conn).store(article("sans-date", "Un autre texte.", headline="=1+1", source_id="9", licence="CC BY 4.0"))
        body = json.dumps([{"location": "/a", "tdm-reservation": 1}])
        told = {"site_id": 1, "kind": "tdmrep", "url": HOME, "fetched_at": NOON, "status": 200, "body": body}
        conn.execute(insert(policies).values(told))
    engine.dispose()
    return database_url


def checked(out: Path) -> dict[str, Any]:
    """The manifest, after every file that it names was found as it says."""
    manifest: dict[str, Any] = json.loads((out / "datapackage.json").read_text("utf-8"))
    named = [one for resource in manifest["resources"] for one in resource["files"]]
    there = {str(one.relative_to(out)) for one in out.rglob("*") if one.is_file()}
    assert there == {one["path"] for one in named} | {"datapackage.json"}
    for one in named:
        data = (out / one["path"]).read_bytes()
        assert (len(data), f"sha256:{hashlib.sha256(data).hexdigest()}") == (one["bytes"], one["hash"])
    return manifest


def test_parquet_stands_by_month_and_reads_as_one_table(archive: str, tmp_path: Path):
    from pyarrow import dataset, parquet

    out = tmp_path / "out"
    ended = command(archive, "export", str(out), "--history")
    assert (ended.code, ended.out, ended.err) == (0, f"{out}: 4 articles, 5 revisions\n", "")
    manifest = checked(out)
    assert manifest["resources"][0]["path"] == [
        "articles/month=2026-11/part-0.parquet",
        "articles/month=undated/part-0.parquet",
    ]
    for one in (one for resource in manifest["resources"] for one in resource["files"]):
        assert parquet.read_metadata(out / one["path"]).num_rows == one["rows"]
    table = dataset.dataset(out / "articles", partitioning="hive").to_table().sort_by("id")
    view = ask(archive, "SELECT * FROM articles_current ORDER BY id")
    for row, told in zip(table.to_pylist(), view, strict=True):
        for name, value in told._mapping.items():
            found = row[name]
            if name.endswith("_at") and found is not None:
                found = found.isoformat().replace("+00:00", "Z")
            assert found == value, name
    rows = table.to_pylist()
    assert [one["tdm_reserved"] for one in rows] == [True, False, False, False]
    assert [one["licence"] for one in rows] == [None, None, None, "CC BY 4.0"]
    (first, *_) = ask(archive, "SELECT c.file, c.record_offset, c.digest FROM articles a JOIN revisions r"
                      " ON r.article_id = a.id AND r.number = a.revision_count JOIN captures c ON c.id = r.capture_id"
                      " ORDER BY a.id")  # fmt: skip
    assert (rows[0]["capture_file"], rows[0]["capture_offset"], rows[0]["capture_digest"]) == tuple(first)
    assert manifest["foiscrawl"]["first_fetch"] == "2026-11-23T12:00:00Z"
    described = {one["name"]: one["description"] for one in manifest["resources"][0]["schema"]["fields"]}
    assert all(described.values())
    assert [one for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_rows_come_by_month_and_number_whatever_the_batch(archive: str, monkeypatch: pytest.MonkeyPatch):
    engine = make_engine(archive)
    with engine.begin() as conn:
        conn.execute(update(revisions).where(revisions.c.article_id == 2).values(published_at=NOON - 40 * DAY))
        months = exporting.months(conn, "articles", Filter())
        assert {name: list(ids) for name, ids in months.items()} == {"2026-10": [2], "2026-11": [1, 3], "undated": [4]}
        known, every = exporting.known_sites(conn), [1, 2, 3, 4]
        (whole,) = exporting.rows(conn, "articles", every, known)
        monkeypatch.setattr(exporting, "BATCH", 3)
        some, last = exporting.rows(conn, "articles", every, known)
        assert (some + last, [row[0] for row in whole]) == (whole, every)
        packed = exporting.rows(conn, "articles", every, known, encoded=True)
        bodies = [row[[one.name for one in exporting.fields("articles")].index("body_text")] for row in whole]
        found = [cell for batch in packed for row in batch for cell in row if isinstance(cell, bytes)]
        assert found == ([one.encode() for one in bodies] if engine.dialect.name == "sqlite" else [])
    engine.dispose()


def test_one_file_is_open_at_a_time_however_many_months(tmp_path: Path):
    rows = Rows(tmp_path, "articles", "parquet", [Field("id", "integer")], False)
    rows.begin("2026-01")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for month in range(2, 13):
        rows.begin(f"2026-{month:02}")
        rows.write([(month,)])
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    rows.close()
    assert sorted(rows.counts.values()) == [0] + [1] * 11


def test_csv_and_json_lines_say_the_same(archive: str, tmp_path: Path):
    for format_ in ("csv", "jsonl"):
        assert command(archive, "export", str(tmp_path / format_), "--format", format_).code == 0
        checked(tmp_path / format_)
    with (tmp_path / "csv/articles.csv").open(encoding="utf-8", newline="") as stream:
        as_csv = list(csv.DictReader(stream))
    as_json = [json.loads(one) for one in (tmp_path / "jsonl/articles.jsonl").read_text("utf-8").splitlines()]
    assert [one["headline"] for one in as_csv][-1] == "'=1+1"
    assert [one["headline"] for one in as_json][-1] == "=1+1"
    assert [json.loads(one["tags"]) for one in as_csv] == [one["tags"] for one in as_json]
    assert [one["url"] for one in as_csv] == [one["url"] for one in as_json]
    if archive.startswith("postgresql"):
        return  # the files are the same
    told = "from frictionless import Package; import sys; r = Package(sys.argv[1]).validate(); print(r.valid, r.stats)"
    manifest = str(tmp_path / "csv/datapackage.json")
    valid = subprocess.run([sys.executable, "-W", "ignore", "-c", told, manifest], capture_output=True, text=True)
    assert valid.stdout.startswith("True"), valid.stdout + valid.stderr


def test_a_filter_is_told_and_obeyed_and_an_archive_goes_round(archive: str, tmp_path: Path):
    out = tmp_path / "some"
    assert command(archive, "export", str(out), "--section", "culture", "--format", "jsonl").code == 0
    manifest = checked(out)
    assert manifest["foiscrawl"]["filter"] == {"sections": ["Culture"]}
    assert manifest["resources"][0]["rows"] == 2

    refusal = refused(command(archive, "export", str(out), "--format", "jsonl"))
    assert f"{out} exists; name another or replace it with --force" in refusal
    assert command(archive, "export", str(out), "--format", "jsonl", "--force").code == 0
    assert checked(out)["resources"][0]["rows"] == 4

    copy, back = tmp_path / "copy.db", f"sqlite:///{tmp_path / 'back.db'}"
    assert command(archive, "export", str(copy)).out == f"{copy}: 4 articles\n"
    assert command(back, "import", str(copy)).out == "4 articles with 5 revisions are in the archive\n"
    assert "is not empty" in refused(command(back, "import", str(copy)))


@pytest.fixture
def small(database_url: str) -> str:
    return database_url


@on_sqlite
def test_wrong_use_is_told_in_one_line_and_writes_nothing(small: str, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "mine.txt").write_text("kept")
    (folder / "file").write_text("kept")
    cases = [
        (["export"], "name one folder or file"),
        (["export", "new", "--format", "parket"], "--format parket is unknown; did you mean parquet?"),
        (["export", "file"], "file exists; name another"),
        (["export", "file", "--force"], "file is not a folder that an export has made"),
        (["export", str(folder), "--force"], "is not a folder that an export has made"),
        (["export", "none/new"], "there is no folder none"),
        (["export", "new", "--formulas"], "--formulas is of use with CSV only"),
        (["export", "new\nline/x"], "there is no folder new\\nline"),
        (["export", "new", "--section", "Nulle part"], "the archive holds no section"),
        (["export", "new", "--since", "2026-02-31"], "--since=2026-02-31 is no date"),
        (["export", "x" * 300], "cannot be"),
        (["import"], "name one SQLite file"),
        (["import", "none.db"], "there is no file none.db"),
        (["import", "file"], "file is not a SQLite database"),
    ]
    for words, told in cases:
        assert told in refused(command(small, *words, cwd=folder)), words
    assert sorted(one.name for one in folder.iterdir()) == ["file", "mine.txt"]


@on_sqlite
@pytest.mark.parametrize("format_", ["csv", "sqlite"])
def test_a_full_disk_ends_with_its_own_code_and_leaves_nothing(archive: str, tmp_path: Path, format_: str):
    code = (
        "import resource, signal, sys; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "import errno, pathlib; real = pathlib.Path.open\n"
        "class Full:\n"
        "    def __init__(self, stream): self.stream = stream\n"
        "    def write(self, data): raise OSError(errno.ENOSPC, 'No space left on device')\n"
        "    def __getattr__(self, name): return getattr(self.stream, name)\n"
        "pathlib.Path.open = lambda self, mode='r', *a, **k: Full(real(self, mode, *a, **k)) if mode == 'xb'"
        " else real(self, mode, *a, **k)\n"
        "if '--format=sqlite' in sys.argv:\n"
        "    import sqlite3; from foiscrawl.storage import copying\n"
        "    def full(*_):\n"
        "        error = sqlite3.OperationalError('database or disk is full')\n"
        "        error.sqlite_errorname = 'SQLITE_FULL'; raise error\n"
        "    copying.vacuum = full\n"
        "from foiscrawl.commands import main; main()"
    )
    words = [sys.executable, "-c", code, "export", str(tmp_path / "out"), f"--format={format_}"]
    ended = subprocess.run(words, env=environment(archive), capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (6, ""), ended.stderr
    assert "disk is full" in ended.stderr
    assert [one.name for one in tmp_path.iterdir() if "out" in one.name] == []


@on_sqlite
@pytest.mark.parametrize("number", [signal.SIGTERM])
def test_a_signal_leaves_nothing(archive: str, tmp_path: Path, number: signal.Signals):
    code = (
        "import os, sys; from foiscrawl.commands import export_package\n"
        "write = export_package.Rows.write\n"
        "def stopped(self, rows):\n    write(self, rows); os.kill(os.getpid(), int(os.environ['NUMBER']))\n"
        "export_package.Rows.write = stopped\n"
        "from foiscrawl.commands import main; main()"
    )
    words = [sys.executable, "-c", code, "export", str(tmp_path / "out")]
    env = environment(archive) | {"NUMBER": str(int(number))}
    ended = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (7, "")
    assert ended.stderr == "foiscrawl: interrupted; nothing was left behind\n"
    assert [one.name for one in tmp_path.iterdir() if "out" in one.name] == []


@on_sqlite
def test_the_recipes_for_pandas_and_duckdb_read_the_files(
    archive: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    recipes = Path("docs/export.md").read_text("utf-8")
    python, sql = (recipes.split(f"```{language}\n")[1].split("```")[0] for language in ("python", "sql"))
    assert command(archive, "export", str(tmp_path / "articles")).code == 0
    monkeypatch.chdir(tmp_path)

    *lines, last = python.strip().splitlines()
    names: dict[str, Any] = {}
    exec("\n".join(lines), names)
    counted = eval(last, names)
    rows = duckdb.sql(sql).fetchall()

    assert len(names["articles"]) == 4
    assert sum(count for *_, count in rows) == 4
    assert {(month, section): count for month, section, count in rows if section} == counted.to_dict()
