"""Serves a newsroom on loopback from a thread of its own, and writes down every request."""

import asyncio
import gzip
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from aiohttp import web

from tests.newsroom.answer import Answer, Ask
from tests.newsroom.faults import Exchange, Faults
from tests.newsroom.model import Newsroom
from tests.newsroom.site import Site

SHOWS = web.ResponseKey("shows", int | None)


@dataclass(slots=True)
class Logged:
    """One request as the server saw it.

    at          the newsroom's clock when it came; started and ended are seconds of the monotonic clock
    path        as on the request line, query and %xx included
    status      None while unanswered, and for ever when the connection was dropped
    in_flight   requests that were unanswered when it came, itself included
    shows       id of the article whose page was sent as it is; None for all else
    """

    at: datetime
    started: float
    method: str
    path: str
    headers: Mapping[str, str] = field(repr=False)
    in_flight: int = 1
    status: int | None = None
    ended: float | None = None
    size: int = 0
    shows: int | None = None


@dataclass(slots=True)
class _Kept:
    """A page as it was served: gzip only, for 12,000 of them must fit into memory."""

    generation: int
    at: datetime
    zipped: bytes
    answer: Answer  # without its body


class Server:
    """`url` is the site's address without a slash at its end, `requests` the log, `faults` the switches.

    latency     seconds that every answer waits, so that requests in flight can be told apart at all
    """

    def __init__(self, newsroom: Newsroom, *, latency: float = 0) -> None:
        self.newsroom = newsroom
        self.site = Site(newsroom)
        self.faults = Faults()
        self.latency = latency
        self.url = ""
        self.requests: list[Logged] = []
        self.in_flight = 0
        self.most_in_flight = 0
        self._kept: dict[str, _Kept] = {}
        self._port = 0
        self._site: web.TCPSite | None = None
        self._runner: web.ServerRunner | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def open(self, runner: web.ServerRunner, port: int) -> None:
        """Listen on 127.0.0.1. OSError: the port is taken."""
        self._loop, self._runner = asyncio.get_running_loop(), runner
        self._site = web.TCPSite(runner, "127.0.0.1", port, backlog=512)
        await self._site.start()
        self._port = runner.addresses[0][1]
        self.url = self.newsroom.base = f"http://127.0.0.1:{self._port}"

    def shut(self) -> None:
        """Refuse connections until `reopen`."""
        assert self._loop is not None
        assert self._site is not None
        asyncio.run_coroutine_threadsafe(self._site.stop(), self._loop).result()

    def reopen(self) -> None:
        assert self._loop is not None
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self.open(self._runner, self._port), self._loop).result()

    def paths(self) -> list[str]:
        """Paths asked for, in order, without query."""
        return [one.path.split("?")[0] for one in self.requests]

    def forget(self) -> None:
        """Start an empty log and a new high-water mark."""
        self.requests, self.most_in_flight = [], self.in_flight

    def prerender(self) -> int:
        """Render the front page, every article and every section page into the cache; how many pages it holds."""
        newsroom, lists = self.newsroom, self.site.lists
        paths = ["/", *(newsroom.path(one) for one in lists.articles)]
        size = newsroom.options.page_size
        for slug, articles in lists.by_section.items():
            pages = max(1, -(-(len(articles) - newsroom.options.featured) // size))
            paths += [f"/category/{slug}/"] + [f"/category/{slug}/page/{n}/" for n in range(2, pages + 1)]
        for path in paths:
            self._page(path, Ask(unquote(path)), wants_gzip=True)
        return len(self._kept)

    # --- one request -------------------------------------------------------------------------------------------

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        entry = Logged(
            self.newsroom.now(), time.monotonic(), request.method, request.raw_path, request.headers, self.in_flight
        )
        self.requests.append(entry)
        try:
            if self.latency:
                await asyncio.sleep(self.latency)
            response = await self._respond(request)
            if request.transport is not None and not request.transport.is_closing():
                entry.status = response.status
            if isinstance(response, web.Response) and isinstance(response.body, bytes):
                entry.size = len(response.body)
            entry.shows = response.get(SHOWS)
            return response
        finally:
            entry.ended = time.monotonic()
            self.in_flight -= 1

    async def _respond(self, request: web.BaseRequest) -> web.StreamResponse:
        wants_gzip = self.newsroom.options.gzip and "gzip" in request.headers.get("Accept-Encoding", "")
        if self.faults.rules:
            fault = self.faults.striking(request.path, lambda: self.site.kind(request.path))
            if fault is not None:
                answer: Callable[[], Answer] = lambda: self.site.answer(_ask(request))  # noqa: E731
                return await fault(Exchange(request, answer, lambda one: _send(one, None)))
        if request.method == "GET" and not request.rel_url.raw_query_string:
            return self._page(request.raw_path, None, wants_gzip, request)
        return _send(self.site.answer(_ask(request)), wants_gzip)

    def _page(
        self, path: str, ask: Ask | None, wants_gzip: bool, request: web.BaseRequest | None = None
    ) -> web.Response:
        """A page from the cache when it still holds, else a new one, kept if it may be."""
        newsroom = self.newsroom
        kept = self._kept.get(path)
        if kept is not None:
            with newsroom.lock:
                self.site.refresh()
            age = (newsroom.now() - kept.at).total_seconds()
            if kept.generation == self.site.generation or age < newsroom.options.page_cache:
                body = kept.zipped if wants_gzip else gzip.decompress(kept.zipped)
                return _response(kept.answer, body, zipped=wants_gzip)
        if ask is None:
            assert request is not None
            ask = _ask(request)
        answer = self.site.answer(ask)
        if not answer.cache and not (newsroom.options.page_cache and answer.status == 404):
            return _send(answer, wants_gzip)
        zipped = gzip.compress(answer.body, 5, mtime=0)
        shell = Answer(answer.status, b"", answer.content_type, answer.headers, shows=answer.shows)
        self._kept[path] = _Kept(self.site.generation, newsroom.now(), zipped, shell)
        return _response(answer, zipped if wants_gzip else answer.body, zipped=wants_gzip)


def _ask(request: web.BaseRequest) -> Ask:
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Ask(request.path, dict(request.query), headers, request.method)


def _send(answer: Answer, wants_gzip: bool | None) -> web.Response:
    if wants_gzip and len(answer.body) > 200:
        return _response(answer, gzip.compress(answer.body, 1), zipped=True)
    return _response(answer, answer.body, zipped=False)


def _response(answer: Answer, body: bytes, *, zipped: bool) -> web.Response:
    headers = dict(answer.headers)
    if answer.content_type:
        headers["Content-Type"] = answer.content_type
    if zipped:
        headers["Content-Encoding"] = "gzip"
    headers["Vary"] = "Accept-Encoding"
    response = web.Response(status=answer.status, body=body, headers=headers)
    response[SHOWS] = answer.shows
    return response


# --- running -----------------------------------------------------------------------------------------------------


async def run(server: Server, port: int, ready: Callable[[], object], stop: asyncio.Event) -> None:
    """Serve on 127.0.0.1 until `stop` is set; `ready` is called when the address is known. OSError: port taken."""
    runner = web.ServerRunner(web.Server(server.handle, access_log=None), shutdown_timeout=0.1)
    await runner.setup()
    try:
        await server.open(runner, port)
        ready()
        await stop.wait()
    finally:
        await runner.cleanup()


@contextmanager
def serve(newsroom: Newsroom, *, port: int = 0, prerender: bool = False, latency: float = 0) -> Iterator[Server]:
    """The newsroom on a free port of 127.0.0.1 while the block lasts."""
    server = Server(newsroom, latency=latency)
    loop = asyncio.new_event_loop()
    stop, is_ready = asyncio.Event(), threading.Event()
    failure: list[BaseException] = []

    def work() -> None:
        try:
            loop.run_until_complete(run(server, port, is_ready.set, stop))
        except BaseException as error:
            failure.append(error)
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()
            is_ready.set()

    thread = threading.Thread(target=work, name="newsroom", daemon=True)
    thread.start()
    is_ready.wait()
    if failure:
        thread.join()
        raise failure[0]
    try:
        if prerender:
            server.prerender()
        yield server
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
