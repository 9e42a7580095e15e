"""Bad days, switched on for some addresses: `server.faults.add("kind:article", Status(503, retry_after="120"))`."""

import asyncio
import gzip
import itertools
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Protocol

from aiohttp import web

from tests.newsroom.answer import HTML, Answer


@dataclass
class Exchange:
    """One request under a fault: the request itself, what the site would answer, and how to send an answer."""

    request: web.BaseRequest
    answer: Callable[[], Answer]
    send: Callable[[Answer], web.Response]


class Fault(Protocol):
    async def __call__(self, exchange: Exchange) -> web.StreamResponse: ...


@dataclass
class Rule:
    """A fault and where it strikes.

    on      a path with * and ? as in file names ("*" is everything), or "kind:" and what Site.kind says
    times   how often it strikes before it wears off; None is for ever
    every   strikes on every n-th matching request only
    share   strikes this share of the addresses only (0 to 1), always the same ones
    hits    how often it has struck
    """

    on: str
    fault: Fault
    times: int | None = None
    every: int = 1
    share: float = 1.0
    hits: int = 0
    _seen: Any = field(default_factory=lambda: itertools.count(1))

    def strikes(self, path: str, kind: Callable[[], str]) -> bool:
        if self.times is not None and self.hits >= self.times:
            return False
        if not (kind() == self.on[5:] if self.on.startswith("kind:") else fnmatchcase(path, self.on)):
            return False
        if zlib.crc32(path.encode()) % 10_000 >= self.share * 10_000 or next(self._seen) % self.every:
            return False
        self.hits += 1
        return True


class Faults:
    """The faults that are on; the latest that matches strikes."""

    def __init__(self) -> None:
        self.rules: list[Rule] = []

    def add(self, on: str, fault: Fault, **when: Any) -> Rule:
        """Switch a fault on; `when` are the fields of Rule. Keep the Rule to see its hits or to `remove` it."""
        rule = Rule(on, fault, **when)
        self.rules = [rule, *self.rules]
        return rule

    def remove(self, rule: Rule) -> None:
        self.rules = [one for one in self.rules if one is not rule]

    def clear(self) -> None:
        self.rules = []

    def striking(self, path: str, kind: Callable[[], str]) -> Fault | None:
        return next((one.fault for one in self.rules if one.strikes(path, kind)), None)


# --- answers in the place of the right one ----------------------------------------------------------------------


@dataclass
class Status:
    """Another status; Retry-After exactly as given."""

    code: int
    retry_after: str | None = None
    body: str = "<html><head><title>Erreur</title></head><body><h1>Erreur du serveur</h1></body></html>"

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        headers = {} if self.retry_after is None else {"Retry-After": self.retry_after}
        return exchange.send(Answer(self.code, self.body.encode(), HTML, headers))


@dataclass
class Replace:
    """Another body, by default with 200."""

    body: str | bytes
    status: int = 200
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        body = self.body.encode() if isinstance(self.body, str) else self.body
        return exchange.send(Answer(self.status, body, self.content_type, dict(self.headers)))


@dataclass
class Redirect:
    """To "self", "home", round a "cycle" of two, through an "endless" chain, or to the address given."""

    to: str
    code: int = 302

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        path, query = exchange.request.path, exchange.request.query
        targets = {
            "self": str(exchange.request.rel_url),
            "home": "/",
            "cycle": path if "tour" in query else f"{path}?tour=1",
            "endless": f"{path}?pas={int(query.get('pas', '0')) + 1}",
        }
        return exchange.send(Answer(self.code, b"", HTML, {"Location": targets.get(self.to, self.to)}))


@dataclass
class Header:
    """The right answer with one more header, such as X-Robots-Tag: noarchive or tdm-reservation: 1."""

    name: str
    value: str

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        answer = exchange.answer()
        return exchange.send(_with(answer, headers={**answer.headers, self.name: self.value}))


@dataclass
class Charset:
    """The header says another charset; with `encode` the body is really written so (what it lacks as &#N;)."""

    says: str
    encode: str | None = None

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        answer = exchange.answer()
        body = answer.body
        if self.encode:
            body = body.decode().encode(self.encode, "xmlcharrefreplace")
        return exchange.send(_with(answer, body=body, content_type=f"text/html; charset={self.says}"))


@dataclass
class Oversize:
    """`size` bytes of HTML; as a bomb they travel as gzip, a thousandth of that."""

    size: int
    bomb: bool = False

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        body = b"<html><body><p>" + b"x" * self.size
        headers = {"Content-Type": HTML}
        if self.bomb:
            body, headers["Content-Encoding"] = gzip.compress(body, 6), "gzip"
        return web.Response(body=body, headers=headers)


def _with(answer: Answer, **changes: Any) -> Answer:
    """A changed copy: the original may be in the cache."""
    values = {name: getattr(answer, name) for name in ("status", "body", "content_type", "headers")}
    return Answer(**{**values, **changes})


def maintenance(retry_after: str | None = "600") -> Status:
    return Status(
        503,
        retry_after,
        "<html><head><title>Maintenance</title></head><body><h1>Site en maintenance</h1></body></html>",
    )


def soft_404() -> Replace:
    """What is missing, said with 200."""
    return Replace(
        "<html><head><title>Page introuvable</title></head><body class='error404'>"
        "<div class='page-404'><h1>Page introuvable</h1></div></body></html>"
    )


def consent_page() -> Replace:
    inner = "<main><h1>Avant de continuer</h1><p>Acceptez-vous les traceurs ?</p></main>"
    return Replace(f"<html><head><title>Avant de continuer</title></head><body>{inner}</body></html>")


# --- the wire itself ---------------------------------------------------------------------------------------------


@dataclass
class Slow:
    """The right answer, after so many seconds."""

    seconds: float

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        await asyncio.sleep(self.seconds)
        return exchange.send(exchange.answer())


@dataclass
class Never:
    """Takes the request and stays silent until the client or the server goes."""

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        await asyncio.Event().wait()
        raise AssertionError("unreachable")


@dataclass
class Reset:
    """Drops the connection without a word."""

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        _transport(exchange).abort()
        return web.Response(status=500)


@dataclass
class Drip:
    """The right answer, `size` bytes every `seconds`."""

    seconds: float = 0.5
    size: int = 1

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        body = exchange.answer().body
        response = web.StreamResponse(headers={"Content-Type": HTML, "Content-Length": str(len(body))})
        await response.prepare(exchange.request)
        for start in range(0, len(body), self.size):
            await response.write(body[start : start + self.size])
            await asyncio.sleep(self.seconds)
        return response


@dataclass
class Cut:
    """Only `share` of the body (uncompressed), then the end.

    length  "true": Content-Length is that of the whole body, so the cut shows; "none": neither length nor chunks,
            the closed connection is the end; "chunked": the last chunk is missing; "matching": the length is that
            of the part, as a proxy that stored half a page says it
    """

    share: float = 0.5
    length: str = "true"

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        body = exchange.answer().body
        part = body[: int(len(body) * self.share)]
        return await _raw(exchange, part, len(body), self.length)


@dataclass
class CutGzip:
    """A gzip body cut at `share`, the length header (see Cut) "matching" the part by default."""

    share: float = 0.5
    length: str = "matching"

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        body = gzip.compress(exchange.answer().body, 6)
        part = body[: int(len(body) * self.share)]
        return await _raw(exchange, part, len(body), self.length, "Content-Encoding: gzip\r\n")


async def _raw(exchange: Exchange, part: bytes, whole: int, length: str, header: str = "") -> web.StreamResponse:
    """Write a cut answer by hand, for a well-behaved server library would not."""
    framing = {
        "true": f"Content-Length: {whole}\r\n",
        "matching": f"Content-Length: {len(part)}\r\n",
        "none": "",
        "chunked": "Transfer-Encoding: chunked\r\n",
    }[length]
    if length == "chunked":
        part = f"{len(part):x}\r\n".encode() + part + b"\r\n"
    transport = _transport(exchange)
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {HTML}\r\nConnection: close\r\n{header}{framing}\r\n"
    transport.write(head.encode() + part)
    transport.close()  # sends what is buffered, then the end
    return web.Response()


def _transport(exchange: Exchange) -> asyncio.Transport:
    transport = exchange.request.transport
    if not isinstance(transport, asyncio.Transport):
        raise ConnectionResetError("the client has gone")
    return transport
