import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine

from foiscrawl.errors import AlreadyRunning
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.lock import refuse_while_running, site_lock
from tests.postgres import Postgres

HOLDER = """
import sys
from foiscrawl.errors import AlreadyRunning
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.lock import site_lock
lock = site_lock(make_engine(sys.argv[1]), sys.argv[2])
try:
    lock.acquire()
except AlreadyRunning:
    print("refused", flush=True)
else:
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holder(url: str, site: str = "essai") -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock, as soon as it has said so, until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, url, site], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        process.stdin.close()


def test_a_second_run_is_refused_at_once_and_says_why(engine: Engine, database_url: str):
    with holder(database_url) as other:
        assert other.stdout.readline() == "held\n"

        before = time.monotonic()
        with pytest.raises(AlreadyRunning, match="another run of essai is at work"):
            site_lock(engine, "essai").acquire()

        assert time.monotonic() - before < 2


def test_of_many_that_start_at_once_one_runs(database_url: str):
    command = [sys.executable, "-c", HOLDER, database_url, "essai"]
    running = [subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(4)]

    told = sorted(one.stdout.readline() for one in running)

    for one in running:
        one.communicate()
    assert told == ["held\n"] + ["refused\n"] * 3


def test_a_killed_holder_leaves_nothing_behind(engine: Engine, database_url: str):
    with holder(database_url) as other:
        assert other.stdout.readline() == "held\n"
        other.send_signal(signal.SIGKILL)
        other.wait()

        lock = site_lock(engine, "essai")
        taken_within = 0.0
        while True:  # the server needs a moment to see that its client is gone
            try:
                lock.acquire()
                break
            except AlreadyRunning:
                assert taken_within < 5
                time.sleep(0.05)
                taken_within += 0.05
        lock.release()


def test_another_site_of_the_same_archive_may_run(engine: Engine, database_url: str):
    with holder(database_url, "autre") as other:
        assert other.stdout.readline() == "held\n"

        lock = site_lock(engine, "essai")
        lock.acquire()
        lock.release()


def test_the_same_site_in_another_archive_may_run(tmp_path: Path, postgres: Postgres, dialect: str):
    with postgres.database() as one, postgres.database() as other:
        urls = (one, other) if dialect == "postgresql" else (f"sqlite:///{tmp_path}/1.db", f"sqlite:///{tmp_path}/2.db")
        engines = [make_engine(url) for url in urls]
        locks = [site_lock(engine, "essai") for engine in engines]

        for lock in locks:
            lock.acquire()

        for lock, engine in zip(locks, engines, strict=True):
            lock.release()
            engine.dispose()


def test_a_lock_that_is_given_back_can_be_taken_and_taken_twice_by_its_holder(engine: Engine, database_url: str):
    lock = site_lock(engine, "essai")
    lock.acquire()
    lock.acquire()
    lock.release()

    with holder(database_url) as other:
        assert other.stdout.readline() == "held\n"


def test_a_run_of_any_site_is_seen(engine: Engine, database_url: str):
    refuse_while_running(engine)
    with holder(database_url, "autre") as other:
        assert other.stdout.readline() == "held\n"

        with pytest.raises(AlreadyRunning):
            refuse_while_running(engine)
