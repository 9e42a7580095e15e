"""Runs commands in fresh processes that need not import everything first: half of the time of a small crawl.

A process of its own has imported what a crawl needs, all but the settings, and is forked for each command. The child
has the environment, the folder and the arguments of the command, and ends as any process does. Commands run one at a
time.
"""

import atexit
import functools
import gc
import importlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

MODULES = [
    "scrapy.cmdline",
    "scrapy.commands.crawl",
    "scrapy.crawler",
    "scrapy.core.engine",
    "scrapy.core.scraper",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.downloadermiddlewares.httpcompression",
    "scrapy.extensions.throttle",
    "scrapy.commands.bench",
    "scrapy.commands.check",
    "scrapy.commands.fetch",
    "scrapy.commands.genspider",
    "scrapy.commands.parse",
    "scrapy.commands.shell",
    "scrapy.extensions.corestats",
    "scrapy.extensions.logcount",
    "scrapy.extensions.memusage",
    "scrapy.extensions.remote_control",
    "scrapy.extensions.spiderstate",
    "scrapy.extensions.telnet",
    "scrapy.downloadermiddlewares.cookies",
    "scrapy.downloadermiddlewares.httpcache",
    "scrapy.downloadermiddlewares.httpproxy",
    "scrapy.downloadermiddlewares.offsite",
    "scrapy.downloadermiddlewares.redirect",
    "scrapy.downloadermiddlewares.robotstxt",
    "scrapy.spidermiddlewares.referer",
    "scrapy.pqueues",
    "scrapy.squeues",
    "sqlalchemy.orm",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg",
    "alembic.command",
    "selectolax.lexbor",
    "nh3",
    "rensa",
    "feedparser",
    "protego",
    "rich.console",
    "rich.progress",
    "pyarrow.parquet",
    "foiscrawl.middlewares",
    "foiscrawl.pipelines",
    "foiscrawl.parsing.article",
    "foiscrawl.parsing.feed",
    "foiscrawl.parsing.listing",
    "foiscrawl.parsing.menu",
    "foiscrawl.parsing.rest",
    "foiscrawl.parsing.sitemap",
    "foiscrawl.storage.archive",
    "foiscrawl.storage.frontier",
    "foiscrawl.storage.views",
    "foiscrawl.storage.sources",
    "foiscrawl.storage.removals",
    "foiscrawl.storage.history",
    "foiscrawl.storage.exporting",
    "foiscrawl.storage.importing",
    "foiscrawl.storage.gaps",
    "foiscrawl.storage.declared",
    "foiscrawl.storage.canaries",
    "foiscrawl.storage.migrate",
    "foiscrawl.storage.policies",
    "foiscrawl.storage.queries",
]


class Launcher:
    """The other end of `main`: each command is one line there and one line back."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.launcher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parent.parent,
        )
        atexit.register(self._process.kill)

    def run(
        self, words: Sequence[str], env: Mapping[str, str], cwd: Path, timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """`scrapy` or `foiscrawl` with its words, as subprocess.run with captured output.

        Raises subprocess.TimeoutExpired.
        """
        with tempfile.NamedTemporaryFile() as out, tempfile.NamedTemporaryFile() as err:
            told = list(map(os.fsdecode, words))  # an argument may be no UTF-8
            order = {"words": told, "env": dict(env), "cwd": str(cwd), "out": out.name, "err": err.name}
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            print(json.dumps({**order, "timeout": timeout}), file=self._process.stdin, flush=True)
            code = json.loads(self._process.stdout.readline())
            said = (one.read().decode() for one in (out, err))
            if code is None:
                raise subprocess.TimeoutExpired(list(words), timeout, *said)
            return subprocess.CompletedProcess(list(words), code, *said)


@functools.cache
def launcher() -> Launcher:
    """The one of this process."""
    return Launcher()


def main() -> None:
    """Serve orders until the input ends; in a forked child, become the command."""
    for one in MODULES:
        importlib.import_module(one)
    # Each command must read its own environment and install its own reactor.
    assert not {"foiscrawl.settings", "twisted.internet.reactor"} & set(sys.modules)
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            become(order)
            return
        print(json.dumps(_end(child, order["timeout"])), flush=True)


def _end(child: int, timeout: float) -> int | None:
    """Its exit code, as subprocess gives it; None when it had to be killed because the time was over."""
    # A watcher of its own, so that waiting needs no clock here: it kills the child when the time is over.
    watcher = subprocess.Popen(["sleep", str(timeout)])
    while True:
        ended, status = os.wait()
        if ended == watcher.pid:
            os.kill(child, 9)
            os.waitpid(child, 0)
            return None
        if ended == child:
            watcher.kill()
            watcher.wait()
            return os.waitstatus_to_exitcode(status)


def become(order: Mapping[str, str]) -> None:
    for number, name in ((0, os.devnull), (1, order["out"]), (2, order["err"])):
        os.dup2(os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    program, *words = order["words"]
    sys.argv = [Path(program).name, *words]
    if sys.argv[0] == "foiscrawl":
        from foiscrawl.commands import main as start
    else:
        from scrapy.cmdline import execute as start

    start()


if __name__ == "__main__":
    main()
