"""`foiscrawl doctor`: each of its rows, well and not well."""

import json
import shutil
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from foiscrawl.storage import health
from foiscrawl.storage.health import files as health_files
from foiscrawl.storage.lock import site_lock
from foiscrawl.storage.models import alarms
from tests.crawling import FOISCRAWL, ROOT, Ended, environment, run
from tests.rehearsal import on_sqlite
from tests.storage.rows import NOON, add_run, add_site

HOUR = timedelta(hours=1)


def doctor(url: str, *words: str, cwd: Path = ROOT, **env: str) -> Ended:
    return run([FOISCRAWL, "doctor", *words], environment(url, **env), cwd=cwd)


def test_a_new_archive_is_well(database_url: str, tmp_path: Path):
    told = doctor(database_url, cwd=tmp_path, HOME=str(tmp_path))
    assert (told.code, told.err) == (0, "")
    assert {line.split()[0] for line in told.out.splitlines()} <= {"ok", "warn"}
    as_json = doctor(database_url, "--json", cwd=tmp_path, HOME=str(tmp_path))
    found = {one["name"]: one["verdict"] for one in json.loads(as_json.out)}
    assert found.pop("role") == ("ok" if database_url.startswith("sqlite") else "warn")  # tests are superusers
    assert found.pop("permissions") in ("ok", "warn")
    assert found.pop("last run") == "warn"  # there was none
    assert found.pop("disk") in ("ok", "warn")
    assert set(found) == {
        "schema", "database", "SQLite version", "running", "alarms", "clock", "captures", "passwords", "extras"
    }  # fmt: skip
    assert set(found.values()) == {"ok"}


@on_sqlite
def test_what_fails_gives_exit_code_3(engine: Engine, database_url: str, tmp_path: Path):
    with engine.begin() as connection:
        add_run(connection, add_site(connection), outcome="done", ended_at=NOON + HOUR, heartbeat_at=NOON + HOUR)
    early = doctor(database_url, FOISCRAWL_NOW=NOON.isoformat(), FOISCRAWL_MIN_FREE_MB="999999999")
    assert early.code == 3
    failed = [line for line in early.out.splitlines() if line.startswith("fail")]
    assert len(failed) == 2
    assert "clock" in failed[0]
    assert "it is 2026-11-23 12:00 UTC here, but the archive has been written on 2026-11-23 13:00" in failed[0]
    assert "a run needs 999,999,999 MB" in failed[1]


@pytest.mark.parametrize(
    ("words", "told"),
    [(["now"], "unknown argument now"), (["--colour"], "unknown argument --colour")],
)
def test_wrong_use_is_told_in_one_line(words: list[str], told: str, tmp_path: Path):
    ended = doctor(f"sqlite:///{tmp_path / 'none.db'}", *words)
    assert ended.code == 2
    assert told in ended.err


def test_an_archive_that_is_not_there_or_not_ready_fails(empty_database_url: str, tmp_path: Path):
    told = doctor(empty_database_url, cwd=tmp_path)
    assert told.code == 3
    first = told.out.splitlines()[0]
    expected = "there is no archive at" if empty_database_url.startswith("sqlite") else "run `foiscrawl migrate`"
    assert first.startswith("fail")
    assert expected in first


@on_sqlite
def test_a_damaged_file_fails(database_url: str, tmp_path: Path):
    file = Path(database_url.removeprefix("sqlite:///"))
    connection = sqlite3.connect(file)
    (root,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'ix_captures_digest'").fetchone()
    connection.close()
    data = bytearray(file.read_bytes())
    data[(root - 1) * 4096] = 0xFF
    file.write_bytes(data)
    told = doctor(database_url)
    assert told.code == 3
    assert any(line.startswith("fail  database") and "damaged: " in line for line in told.out.splitlines())


# --- The rows that tell of runs ------------------------------------------------------------------------------------


def row(engine: Engine, name: str, now: datetime = NOON) -> Any:
    with engine.connect() as connection:
        return {one.name: one for one in health.check_database(connection, now, reader=False)}[name]


def enter(engine: Engine, **values: object) -> int:
    with engine.begin() as connection:
        return add_run(connection, add_site(connection), **values)


@pytest.mark.parametrize(
    ("values", "after", "verdict", "told"),
    [
        ({"outcome": "done"}, HOUR, "ok", "run 1 ended done on 2026-11-23 12:00 UTC"),
        (
            {"outcome": "degraded", "reason": "the feed is empty"},
            HOUR,
            "warn",
            "ended degraded on 2026-11-23 12:00 UTC: the",
        ),
        ({"outcome": "crashed"}, HOUR, "warn", "ended crashed"),
        ({"outcome": "done"}, 72 * HOUR, "warn", "3 days ago: is the schedule alive?"),
    ],
)
def test_the_last_run(engine: Engine, values: dict[str, Any], after: timedelta, verdict: str, told: str):
    enter(engine, ended_at=NOON, **values)
    found = row(engine, "last run", NOON + after)
    assert found.verdict == verdict
    assert told in found.told


def test_a_run_that_is_at_work_silent_or_dead(engine: Engine):
    enter(engine, outcome="running")
    assert row(engine, "running").verdict == "warn"
    assert "run 1 died on 2026-11-23 12:00 UTC" in row(engine, "running").told
    lock = site_lock(engine, "essai")
    lock.acquire()
    try:
        assert (row(engine, "running").verdict, row(engine, "running").told) == ("ok", "run 1 is at work")
        silent = row(engine, "running", NOON + HOUR)
        assert silent.verdict == "fail"
        assert "has been silent for 60 minutes" in silent.told
    finally:
        lock.release()


def test_open_alarms(engine: Engine):
    run_id = enter(engine, outcome="degraded", ended_at=NOON)
    alarm = {"site_id": 1, "run_id": run_id, "kind": "mass_change", "message": "half of it changed", "raised_at": NOON}
    with engine.begin() as connection:
        connection.execute(insert(alarms).values(alarm))
    assert row(engine, "alarms").verdict == "warn"
    assert row(engine, "alarms").told == "1 open, first: half of it changed; see `foiscrawl review`"


@on_sqlite
@pytest.mark.parametrize(
    ("version", "sites", "verdict"),
    [
        ((3, 40, 1), 1, "ok"),
        ((3, 40, 1), 2, "warn"),
        ((3, 51, 2), 2, "warn"),
        ((3, 45, 0), 2, "warn"),
        ((3, 44, 6), 2, "ok"),
        ((3, 50, 7), 2, "ok"),
        ((3, 51, 3), 2, "ok"),
    ],
)
def test_sqlite_versions_that_may_lose_a_commit(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, version: tuple[int, ...], sites: int, verdict: str
):
    monkeypatch.setattr(sqlite3, "sqlite_version_info", version)
    with engine.begin() as connection:
        for number in range(sites):
            add_site(connection, name=f"site{number}")
    assert row(engine, "SQLite version").verdict == verdict


# --- The rows that tell of files -----------------------------------------------------------------------------------


def test_files_that_others_may_open(tmp_path: Path):
    database, captures = tmp_path / "a.db", tmp_path / "captures"
    captures.mkdir(mode=0o700)
    for file in (database, captures / "a.warc.gz"):
        file.touch(mode=0o600)
    assert health_files.permissions(database, captures).verdict == "ok"
    for file in (database, captures / "a.warc.gz", captures):
        file.chmod(0o755)
        found = health_files.permissions(database, captures)
        assert (found.verdict, str(file) in found.told) == ("warn", True)
        file.chmod(0o700)


def test_disk_and_captures(tmp_path: Path):
    free = shutil.disk_usage(tmp_path).free
    assert health_files.disk(tmp_path / "not" / "yet", free // 1000).verdict == "ok"
    assert health_files.disk(tmp_path, free // 5).verdict == "warn"
    assert health_files.disk(tmp_path, free * 2).verdict == "fail"
    assert health_files.capture_folder(tmp_path / "captures", named=False).verdict == "ok"
    assert health_files.capture_folder(tmp_path / "captures", named=True).verdict == "fail"


@pytest.mark.parametrize(
    ("name", "text", "verdict"),
    [
        (".env", "FOISCRAWL_DATABASE_URL=postgresql://moi:secret@host/name\n", "fail"),
        (".env", "FOISCRAWL_DATABASE_URL=postgresql://moi@host/name\n", "ok"),
        (".env", "export PGPASSWORD=secret\n", "fail"),
        (".pgpass", "host:5432:name:moi:secret\n", "fail"),
        (".pg_service.conf", "[a]\npassword=secret\n", "fail"),
        ("scrapy.cfg", "[settings]\ndefault = foiscrawl.settings\n", "ok"),
    ],
)
def test_passwords_that_others_may_read(tmp_path: Path, name: str, text: str, verdict: str):
    file = tmp_path / name
    file.write_text(text)
    file.chmod(0o644)
    found = health_files.passwords(tmp_path, tmp_path)
    assert found.verdict == verdict
    assert "secret" not in found.told
    file.chmod(0o600)
    assert health_files.passwords(tmp_path, tmp_path).verdict == "ok"


def test_extras_that_are_installed():
    assert "postgres" in health_files.extras().told.partition(";")[0]
