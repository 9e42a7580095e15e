"""The plainest of clients: one request, one answer, no redirect followed, nothing guessed."""

import gzip
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit


@dataclass(frozen=True)
class Reply:
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: bytes  # as it came, compressed or not

    @property
    def text(self) -> str:
        body = gzip.decompress(self.body) if self.headers.get("content-encoding") == "gzip" else self.body
        return body.decode()


def fetch(url: str, *, method: str = "GET", timeout: float = 10, **headers: str) -> Reply:
    """One request; header names are given with _ for -. Raises http.client and socket errors as they come."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=timeout)
    try:
        path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (
            f"?{quote(parts.query, safe='=&%+:,/')}" if parts.query else ""
        )
        connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def follow(url: str, hops: int = 5) -> tuple[str, Reply]:
    """The address at the end of the redirects, and its answer."""
    for _ in range(hops):
        reply = fetch(url)
        if reply.status not in (301, 302):
            return url, reply
        url = reply.headers["location"]
    raise AssertionError(f"more than {hops} redirects")
