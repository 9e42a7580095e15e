"""Run a command to its end and say what it cost: the operating system's own figures for that one process."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tests.crawling import ROOT

# Linux counts for a new process at least the memory that its parent had when it started it. So a small one stands
# between: it starts the command, waits for it, and writes its figures to the descriptor that it is given.
_WITNESS = """
import json, os, subprocess, sys, time
began = time.monotonic()
process = subprocess.Popen(sys.argv[2:])
_, status, usage = os.wait4(process.pid, 0)
told = [time.monotonic() - began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status)]
os.write(int(sys.argv[1]), json.dumps(told).encode())
"""


@dataclass(frozen=True)
class Cost:
    """seconds on the clock, CPU seconds (user and system, all threads) and peak resident memory in MB (10^6 bytes)."""

    seconds: float
    cpu: float
    memory: float
    output: str


def measured(words: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Raises RuntimeError with the end of what it said when the command fails."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as told:
        witness = [sys.executable, "-I", "-S", "-c", _WITNESS, str(told.fileno()), *words]
        subprocess.run(
            witness, env=dict(environment), stdout=out, stderr=err, cwd=ROOT, pass_fds=[told.fileno()], check=True
        )
        for one in (out, err, told):
            one.seek(0)
        seconds, cpu, peak, code = json.loads(told.read())
        if code:
            raise RuntimeError(f"{' '.join(words[:4])} … ended with {code}: {err.read().decode()[-2000:]}")
        peak *= 1 if sys.platform == "darwin" else 1024
        return Cost(seconds, cpu, peak / 1e6, out.read().decode())
