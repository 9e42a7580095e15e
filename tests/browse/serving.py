"""A running `foiscrawl browse`, asked over HTTP as a browser asks it."""

import http.client
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.crawling import FOISCRAWL, ROOT, environment


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    text: str


@dataclass(frozen=True)
class Served:
    """address: without a slash at its end."""

    address: str
    file: Path

    @property
    def port(self) -> int:
        found = urlsplit(self.address).port
        assert found is not None
        return found

    def get(self, path: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> Answer:
        """The very answer; no redirect is followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers=dict(headers or {}))
            answer = connection.getresponse()
            told = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, told, answer.read().decode(errors="replace"))
        finally:
            connection.close()


@contextmanager
def browsing(file: Path | None, *words: str, url: str | None = None, **env: str) -> Iterator[Served]:
    """Of this SQLite file, or the archive at this URL. Ends it as a service manager would."""
    wanted = environment(url or f"sqlite:///{file}", **env)
    with subprocess.Popen(
        [FOISCRAWL, "browse", "--port", "0", *words],
        env=wanted,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if line.startswith("A snapshot of "):
                line = process.stdout.readline()
            if not line.startswith("The archive is at http://127.0.0.1:"):
                raise AssertionError(line + process.communicate(timeout=30)[1])
            yield Served(line.split()[4].rstrip("/"), file or _shown(process.pid))
        finally:
            process.terminate()
            out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (0, "", ""), err


def _shown(process: int) -> Path:
    """The SQLite file that a server has open."""
    opened = (one.readlink() for one in Path(f"/proc/{process}/fd").iterdir() if one.is_symlink())
    return next(one for one in opened if one.suffix == ".db")
