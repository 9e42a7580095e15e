"""Run a command to its end and say what it cost: the operating system's own figures for that one process."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.crawling import ROOT


@dataclass(frozen=True)
class Cost:
    """seconds on the clock, CPU seconds (user and system, all threads) and peak resident memory in MB (10^6 bytes)."""

    seconds: float
    cpu: float
    memory: float
    output: str


def measured(words: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Raises RuntimeError with the end of what it said when the command fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.monotonic()
        process = subprocess.Popen(words, env=dict(environment), stdout=out, stderr=err, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        if process.returncode:
            raise RuntimeError(
                f"{' '.join(words[:4])} … ended with {process.returncode}: {err.read().decode()[-2000:]}"
            )
        peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
        return Cost(seconds, usage.ru_utime + usage.ru_stime, peak / 1e6, out.read().decode())
