"""What each answer and each request must obey, whatever page it is: the outermost layer, around Datasette's own.

No script runs, nothing is loaded from elsewhere, no other page of the browser can look in: the address must be ours
(else a name of somebody else's could be led to 127.0.0.1), and a request that another site's page makes is refused
unless a person followed a link.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    b"content-security-policy": POLICY.encode(),
    b"x-content-type-options": b"nosniff",
    b"x-frame-options": b"DENY",
    b"referrer-policy": b"no-referrer",
    b"cross-origin-resource-policy": b"same-origin",
    b"cross-origin-opener-policy": b"same-origin",
    b"x-dns-prefetch-control": b"off",
    b"cache-control": b"no-store",
}
_DROPPED = {*HEADERS, b"set-cookie", b"link", b"access-control-allow-origin"}
METHODS = ("GET", "HEAD")
# Datasette's pages for its operator; nothing here needs them. `/_` are databases of its own.
CLOSED = ("/-/", "/_")

Message = MutableMapping[str, Any]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Any, Send], Awaitable[None]]


class Guard:
    """An ASGI application around another one. hosts: what the Host header may say."""

    def __init__(self, app: App, port: int) -> None:
        self.app = app
        self.hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                told = [one for one in message.get("headers", []) if one[0].lower() not in _DROPPED]
                message = {**message, "headers": [*told, *HEADERS.items()]}
            await send(message)

        refused = self.refused(scope)
        if refused is None:
            await self.app(scope, receive, guarded)
            return
        status, words = refused
        await guarded({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/plain")]})
        await guarded({"type": "http.response.body", "body": words.encode()})

    def refused(self, scope: Message) -> tuple[int, str] | None:
        """Status and words for a request that goes no further."""
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        hosts = [value for name, value in headers if name == b"host"]
        if len(hosts) != 1 or hosts[0].lower() not in self.hosts:
            return 421, "This archive answers to its own address only.\n"
        if scope["method"] not in METHODS:
            return 405, "This archive is only read.\n"
        told = dict(headers)
        if told.get(b"sec-fetch-site") in (b"cross-site", b"same-site") and (
            told.get(b"sec-fetch-mode") != b"navigate" or told.get(b"sec-fetch-dest") != b"document"
        ):
            return 403, "Another site's page may not look into this archive.\n"
        path: bytes = scope.get("raw_path") or scope["path"].encode()
        if path.decode("latin1").startswith(CLOSED):
            return 404, "There is no such page.\n"
        return None
