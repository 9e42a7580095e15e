"""How a crawl ends before its end: told to stop, kept out, without a database, without room on the disk.

Times are bounded loosely, for machines under load; what the same would take if it went wrong is far above each bound.
"""

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from foiscrawl import settings
from foiscrawl.commands.crawl import STOP_WAIT
from tests.crawling import QUICK, SCRAPY, Ended, accounting, ask, crawl, crawling, end, environment, run, wait_until
from tests.newsroom import Never, Newsroom, Server, Status, serve, truth_of
from tests.postgres import Postgres
from tests.rehearsal import on_sqlite


def plain(articles: int = 40, **options: object) -> Newsroom:
    return Newsroom(**{"articles": articles, "days": 20, "oddities": (), **options})


def archived(database_url: str) -> int:
    return int(ask(database_url, "SELECT count(*) FROM articles")[0][0])


def public(server: Server) -> int:
    return sum(one.public for one in truth_of(server.newsroom).values())


def finish(server: Server, database_url: str) -> None:
    """One more run, after which nothing is missing, doubled or open."""
    server.faults.clear()
    ended = crawl(f"{server.url}/", database_url)
    assert ended.code == 0, ended.err
    assert archived(database_url) == public(server)
    assert ask(database_url, "SELECT sum(revision_count) FROM articles") == [(public(server),)]
    assert ask(database_url, "SELECT sum(silent), sum(open) FROM run_accounting") == [(0, 0)]


def complaint(ended: Ended) -> str:
    """What is said beside the log: one line."""
    assert "Traceback" not in ended.err
    (line,) = [one for one in ended.err.splitlines() if one.startswith("foiscrawl: ")]
    return line


# --- Told to stop ------------------------------------------------------------------------------------------------


@on_sqlite
@pytest.mark.parametrize("one", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_run_and_the_next_one_goes_on(one: signal.Signals, database_url: str):
    with serve(plain(), latency=0.05) as server:
        with crawling(f"{server.url}/", database_url) as process:
            wait_until(lambda: archived(database_url) >= 8)
            process.send_signal(one)
            ended = end(process, 30)
        told = accounting(database_url)

        assert ended.code == 7
        assert (told["outcome"], told["silent"], told["open"]) == ("interrupted", 0, 0)
        assert told["interrupted"] > 0
        assert told["stored"] == archived(database_url) < public(server)
        assert "interrupted" in ended.out
        assert ended.err == ""
        finish(server, database_url)


@on_sqlite
@pytest.mark.parametrize("fault", [Never(), Status(503, retry_after="600")], ids=["no answer", "a pause"])
def test_a_signal_ends_a_run_that_waits_for_the_site(fault: Never | Status, database_url: str):
    with serve(plain()) as server:
        rule = server.faults.add("kind:article", fault)
        with crawling(f"{server.url}/", database_url, settings=QUICK | {"DOWNLOAD_TIMEOUT": "3"}) as process:
            wait_until(lambda: rule.hits >= 1)
            process.terminate()
            ended = end(process, 30)

        assert ended.code == 7
        assert accounting(database_url)["outcome"] == "interrupted"
        finish(server, database_url)


def test_what_a_stopped_run_may_wait_for_fits_into_the_thirty_seconds_it_has():
    assert max(settings.DOWNLOAD_TIMEOUT, STOP_WAIT) <= 20


@on_sqlite
def test_a_second_signal_ends_the_run_at_once(database_url: str):
    with serve(plain()) as server:
        rule = server.faults.add("kind:article", Never())
        with crawling(f"{server.url}/", database_url) as process:
            wait_until(lambda: rule.hits >= 1)
            process.terminate()
            time.sleep(0.5)
            process.terminate()
            ended = end(process, 10)  # the request under way would hang for 20

        assert ended.code == 7
        finish(server, database_url)
    assert ask(database_url, "SELECT outcome FROM runs ORDER BY id") == [("crashed",), ("done",)]


@pytest.mark.long(26)
@on_sqlite
def test_a_signal_ends_a_run_that_waits_for_the_database(database_url: str):
    with serve(plain(), latency=0.05) as server:
        with crawling(f"{server.url}/", database_url) as process:
            wait_until(lambda: archived(database_url) >= 8)
            with locked(database_url):
                time.sleep(0.5)
                process.terminate()
                ended = end(process, 30)

        assert ended.code == 5
        assert "locked" in complaint(ended) or "not answered" in complaint(ended)
        finish(server, database_url)


# --- Two at once -------------------------------------------------------------------------------------------------


def test_a_second_run_is_refused_until_the_first_has_died(database_url: str, tmp_path: Path):
    with serve(plain()) as server, serve(plain()) as other:
        rule = server.faults.add("kind:article", Never())
        with crawling(f"{server.url}/", database_url) as holder:
            wait_until(lambda: rule.hits >= 1)
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            second = crawl(f"{other.url}/", database_url)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            asked = len(other.requests)
            elsewhere = crawl(f"{other.url}/", f"sqlite:///{tmp_path / 'elsewhere.db'}", "max_articles=1")
            still_running = holder.poll() is None
            holder.kill()
            holder.wait()
        finish(server, database_url)

    print(f"refused after {after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime:.1f} s of CPU")
    assert second.code == 4
    assert second.out == ""
    assert second.err.count("\n") == 1
    assert "another run of francaisfois is at work" in second.err
    assert asked == 0
    assert still_running
    assert elsewhere.code == 0
    assert ask(database_url, "SELECT outcome FROM runs ORDER BY id") == [("crashed",), ("done",)]


# --- The database goes away --------------------------------------------------------------------------------------


@pytest.fixture
def own_server(postgres: Postgres) -> Iterator[Postgres]:
    if not postgres.own:
        pytest.skip("a server that others use is not stopped")
    yield postgres
    postgres.start()


@pytest.fixture
def postgres_url(own_server: Postgres, migrated_database: str) -> Iterator[str]:
    with own_server.database(f"TEMPLATE {migrated_database}") as url:
        yield url


def test_a_crawl_goes_on_when_the_database_comes_back(own_server: Postgres, postgres_url: str):
    with serve(plain(), latency=0.1) as server:
        with crawling(f"{server.url}/", postgres_url) as process:
            wait_until(lambda: archived(postgres_url) >= 8)
            own_server.stop()
            time.sleep(2)
            own_server.start()
            ended = end(process)

        assert ended.code == 0, ended.err
        assert "The database is back after" in ended.err
        assert archived(postgres_url) == public(server)
        assert accounting(postgres_url)["silent"] == 0
        addresses = {urlsplit(one.url).path for one in truth_of(server.newsroom).values()}
        assert sorted(one for one in server.paths() if one in addresses) == sorted(addresses)  # each once


def test_a_crawl_gives_up_a_database_that_stays_away(own_server: Postgres, postgres_url: str):
    with serve(plain(), latency=0.1) as server:
        with crawling(f"{server.url}/", postgres_url, env={"FOISCRAWL_DATABASE_WAIT": "3"}) as process:
            wait_until(lambda: archived(postgres_url) >= 8)
            own_server.stop()
            asked = len(server.requests)
            ended = end(process, 60)
            own_server.start()

        assert ended.code == 5
        assert "stayed away for" in complaint(ended)
        assert len(server.requests) - asked <= 16  # what it had in hand; then it waits for the database
        counts = ask(
            postgres_url,
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM revisions),"
            " (SELECT count(*) FROM fetches WHERE outcome = 'stored')",
        )[0]
        assert len(set(counts)) == 1
        finish(server, postgres_url)


@contextmanager
def locked(database_url: str) -> Iterator[None]:
    """Another program writes to the SQLite file."""
    other = sqlite3.connect(database_url.removeprefix("sqlite:///"), isolation_level=None, timeout=30)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.close()


@on_sqlite
def test_a_crawl_waits_while_another_program_writes(database_url: str):
    with serve(plain(), latency=0.05) as server:
        with crawling(f"{server.url}/", database_url) as process:
            wait_until(lambda: archived(database_url) >= 8)
            with locked(database_url):
                before = archived(database_url)
                time.sleep(3)
                assert archived(database_url) == before
            ended = end(process)

        assert ended.code == 0, ended.err
        assert archived(database_url) == public(server)
        assert accounting(database_url)["failed"] == 0


# --- The disk ----------------------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 3.5 MB: section pages and sources fit in, not all articles."""
    folder = tmp_path / "small"
    folder.mkdir()
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3500k", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"mount is refused here: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("full", ["archive", "captures"])
def test_a_full_disk_ends_the_run_and_what_was_acknowledged_is_there(full: str, small_disk: Path, tmp_path: Path):
    database_url = f"sqlite:///{(small_disk if full == 'archive' else tmp_path) / 'archive.db'}"
    folder = small_disk / "captures"
    env = {"FOISCRAWL_MIN_FREE_MB": "0", "FOISCRAWL_CAPTURE_DIR": str(folder)}
    if full == "captures":
        subprocess.run(["mount", "-o", "remount,size=1m", small_disk], check=True)
    with serve(plain(80)) as server:
        ended = crawl(f"{server.url}/", database_url, env=env)
        counts = ask(
            database_url,
            "SELECT (SELECT count(*) FROM articles), (SELECT count(*) FROM revisions),"
            " (SELECT count(*) FROM fetches WHERE outcome = 'stored')",
        )[0]
        checked = ask(database_url, "PRAGMA integrity_check")
        subprocess.run(["mount", "-o", "remount,size=50m", small_disk], check=True)

        assert ended.code == 6
        assert complaint(ended).endswith("the disk is full")
        assert full == "archive" or ".warc.gz: the disk is full" in complaint(ended)
        assert 0 < counts[0] < public(server)
        assert len(set(counts)) == 1
        assert checked == [("ok",)]
        ended = crawl(f"{server.url}/", database_url, env=env)
        assert ended.code == 0, ended.err
        assert archived(database_url) == public(server)
        verified = run([SCRAPY, "verify"], environment(database_url, **env))
        assert (verified.code, "DAMAGED" in verified.out) == (0, False), verified.out


def test_a_run_does_not_start_on_a_disk_that_is_nearly_full(tmp_path: Path):
    with serve(plain(1)) as server:
        ended = crawl(
            f"{server.url}/", f"sqlite:///{tmp_path / 'archive.db'}", env={"FOISCRAWL_MIN_FREE_MB": "100000000"}
        )
        asked = server.requests

    assert ended.code == 6
    assert ended.err.count("\n") == 1
    assert "MB are free, 95367431 MB are needed" in complaint(ended)
    assert asked == []
