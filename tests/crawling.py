"""Run the real command against a newsroom, and ask the archive about it."""

import atexit
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import create_engine, text

from tests.launcher import launcher

SCRAPY, FOISCRAWL = (str(Path(sys.executable).with_name(name)) for name in ("scrapy", "foiscrawl"))
ROOT = Path(__file__).parent.parent
QUICK = {"DOWNLOAD_DELAY": "0.002", "AUTOTHROTTLE_ENABLED": "False", "CONCURRENT_REQUESTS": "4"}
QUICK["CONCURRENT_REQUESTS_PER_DOMAIN"] = "4"


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    code: int
    out: str
    err: str


def environment(database_url: str | None = None, **more: str) -> dict[str, str]:
    """The caller's environment without any setting of ours, and with these."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("FOISCRAWL_")}
    if database_url is not None:
        clean["FOISCRAWL_DATABASE_URL"] = database_url
        clean["FOISCRAWL_CAPTURE_DIR"] = str(capture_folder(database_url))
    return clean | more


def capture_folder(database_url: str) -> Path:
    """Where the crawls of these tests keep raw answers: beside a SQLite file, else in a folder of this process."""
    if database_url.startswith("sqlite:///"):
        return Path(database_url.removeprefix("sqlite:///")).parent / "captures"
    return _captures() / re.sub(r"\W+", "-", database_url)[-60:]


@functools.cache
def _captures() -> Path:
    folder = tempfile.mkdtemp(prefix="foiscrawl-captures-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def command(home: str | None, *arguments: str, settings: Mapping[str, str] = QUICK) -> list[str]:
    """The words of `scrapy crawl francaisfois` with these -a arguments and -s settings."""
    words = [SCRAPY, "crawl", "francaisfois"]
    for one in ([f"home={home}"] if home else []) + list(arguments):
        words += ["-a", one]
    for name, value in settings.items():
        words += ["-s", f"{name}={value}"]
    return words


def crawl(
    home: str | None,
    database_url: str,
    *arguments: str,
    settings: Mapping[str, str] = QUICK,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> Ended:
    """Run a crawl to its end."""
    return run(command(home, *arguments, settings=settings), environment(database_url, **(env or {})), timeout)


def run(words: Sequence[str], env: Mapping[str, str], timeout: float = 120, cwd: Path = ROOT) -> Ended:
    """Run a command to its end; one of Scrapy's from a process that has loaded what it needs already.

    With PYTHONPATH in the environment it loads everything itself: there, a test has something to be loaded first.
    """
    if words[0] in {SCRAPY, FOISCRAWL} and "PYTHONPATH" not in env:
        ended = launcher().run(words, env, cwd, timeout)
    else:
        ended = subprocess.run(
            words, env=dict(env), capture_output=True, text=True, timeout=timeout, cwd=cwd, check=False
        )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def ask(database_url: str, sql: str, **values: Any) -> list[Any]:
    """Rows of a question to the archive."""
    engine = create_engine(database_url)
    try:
        with engine.connect() as connection:
            return list(connection.execute(text(sql), values))
    finally:
        engine.dispose()


def accounting(database_url: str) -> dict[str, Any]:
    """The last run's row of run_accounting."""
    (row,) = ask(database_url, "SELECT * FROM run_accounting ORDER BY run_id DESC LIMIT 1")
    return dict(row._mapping)


def assert_settled(database_url: str) -> None:
    """Each address that a run took up has exactly one row with an outcome, and run_accounting says the same."""
    rows = ask(database_url, "SELECT run_id, url_id, outcome FROM fetches")
    assert len({(row.run_id, row.url_id) for row in rows}) == len(rows)
    assert [row for row in rows if row.outcome is None] == []
    for told in ask(database_url, "SELECT * FROM run_accounting"):
        assert told.silent == 0
        assert told.taken == sum(row.run_id == told.run_id for row in rows)


def article_fetches(database_url: str) -> dict[str, Any]:
    """The last run's fetches of articles, by path of the address."""
    rows = ask(
        database_url,
        "SELECT urls.url, fetches.* FROM fetches JOIN urls ON urls.id = fetches.url_id "
        "WHERE fetches.kind = 'article' AND fetches.run_id = (SELECT max(id) FROM runs)",
    )
    return {urlsplit(row.url).path: row for row in rows}


@contextmanager
def crawling(
    home: str,
    database_url: str,
    *arguments: str,
    settings: Mapping[str, str] = QUICK,
    env: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[str]]:
    """A crawl that is under way, to be interfered with; killed at the latest at the end of the block."""
    process = subprocess.Popen(
        command(home, *arguments, settings=settings),
        env=environment(database_url, **(env or {})),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:  # closes the pipes
        try:
            yield process
        finally:
            process.kill()


def end(process: subprocess.Popen[str], timeout: float = 120) -> Ended:
    """Wait until it has ended."""
    out, err = process.communicate(timeout=timeout)
    return Ended(process.returncode, out, err)


def wait_until(condition: Callable[[], object], seconds: float = 60) -> None:
    """Until it is true; an assertion fails when the time is over."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.002)


def change(database_url: str, sql: str) -> None:
    """Change the archive by hand, as an operator or an accident may."""
    engine = create_engine(database_url)
    try:
        with engine.begin() as connection:
            connection.execute(text(sql))
    finally:
        engine.dispose()
