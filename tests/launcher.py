"""Runs commands in fresh processes that need not import everything first: half of the time of a small crawl.

A process of its own has imported what a crawl needs and is forked for each command. The child has the environment, the
folder and the arguments of the command, and ends as any process does but for one thing: it does not take Python apart,
object by object, which would copy each page of memory that it shares. Commands run one at a time.
"""

import atexit
import functools
import gc
import importlib
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

# With all their modules.
PACKAGES = ["foiscrawl", "scrapy.commands", "scrapy.downloadermiddlewares", "scrapy.spidermiddlewares"]
MODULES = [
    "scrapy.crawler",
    "scrapy.core.engine",
    "scrapy.core.scraper",
    "scrapy.core.downloader.handlers.http11",
    "scrapy.dupefilters",
    *(f"scrapy.extensions.{one}" for one in ("closespider", "corestats", "logcount", "logstats", "memdebug")),
    *(f"scrapy.extensions.{one}" for one in ("memusage", "remote_control", "spiderstate", "telnet", "throttle")),
    "scrapy.logformatter",
    "scrapy.pqueues",
    "scrapy.squeues",
    "scrapy.statscollectors",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.dialects.postgresql.psycopg",
    "psycopg",
    "alembic.command",
    "protego",
    "rich.console",
    "rich.progress",
    "pyarrow.parquet",
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
    """Serve orders until the input ends; each is carried out in a forked child."""
    from scrapy.utils.misc import walk_modules_iter

    for one in PACKAGES:
        list(walk_modules_iter(one))
    for one in MODULES:
        importlib.import_module(one)
    assert "twisted.internet.reactor" not in sys.modules  # each command must install its own
    gc.collect()
    gc.freeze()
    fork = multiprocessing.get_context("fork")
    for line in sys.stdin:
        order = json.loads(line)
        child = fork.Process(target=become, args=(order,))
        child.start()
        child.join(order["timeout"])
        late = child.exitcode is None
        if late:
            child.kill()
            child.join()
        print(json.dumps(None if late else child.exitcode), flush=True)


def become(order: Mapping[str, str]) -> None:
    """Be the command, in the forked child."""
    from scrapy.cmdline import execute

    from foiscrawl import commands, settings

    for number, name in ((0, os.devnull), (1, order["out"]), (2, order["err"])):
        os.dup2(os.open(name, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_APPEND), number)
    os.environ.clear()
    os.environ.update(order["env"])
    importlib.reload(settings)  # they are read from the environment
    os.chdir(order["cwd"])
    program, *words = order["words"]
    sys.argv = [Path(program).name, *words]
    commands.main() if sys.argv[0] == "foiscrawl" else execute()


if __name__ == "__main__":
    main()
