"""A real headless browser, driven through chromedriver (W3C WebDriver): enough to look at a page and ask it things."""

import base64
import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
needs_browser = pytest.mark.skipif(
    CHROMIUM is None or DRIVER is None, reason="no browser here: apt-get install chromium chromium-driver"
)


@dataclass
class Browser:
    session: str

    def open(self, file: Path) -> None:
        self.post("url", url=file.as_uri())

    def run(self, script: str) -> Any:
        """The value of a script that returns one; it runs beside the page's own policy."""
        return self.post("execute/sync", script=script, args=[])

    def devtools(self, command: str, **values: Any) -> Any:
        return self.post("goog/cdp/execute", cmd=command, params=values)

    def resize(self, width: int, height: int, *, dark: bool = False) -> None:
        """A window of this size, of a telephone or a desktop, in light or dark."""
        self.devtools(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.devtools("Emulation.setEmulatedMedia", features=[scheme])

    def log(self) -> list[dict[str, Any]]:
        """What the browser complained of since it was asked last."""
        found: list[dict[str, Any]] = self.post("se/log", type="browser")
        return found

    def screenshot(self, file: Path) -> None:
        shot = self.devtools("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(shot["data"]))

    def post(self, path: str, **values: Any) -> Any:
        return _post(f"{self.session}/{path}", values)


@contextmanager
def browser() -> Iterator[Browser]:
    assert DRIVER is not None
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    driver = subprocess.Popen([DRIVER, f"--port={port}"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    base = f"http://127.0.0.1:{port}"
    options = {
        "binary": CHROMIUM,
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"],
    }
    wanted = {"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
    try:
        _wait_for(base)
        session = _post(f"{base}/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]
        try:
            yield Browser(f"{base}/session/{session}")
        finally:
            _send(Request(f"{base}/session/{session}", method="DELETE"))
    finally:
        driver.terminate()
        driver.wait()


def _wait_for(base: str) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            _send(Request(f"{base}/status"))
            return
        except URLError:
            assert time.monotonic() < until, "chromedriver does not answer"
            time.sleep(0.05)


def _post(url: str, values: Any) -> Any:
    return _send(Request(url, json.dumps(values).encode(), {"Content-Type": "application/json"}))


def _send(request: Request) -> Any:
    with urlopen(request, timeout=120) as answer:
        return json.load(answer)["value"]
