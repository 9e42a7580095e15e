"""CSV that Datasette writes, with its cells disarmed: a spreadsheet would take some of them for formulas."""

import csv
import io
import re
from typing import Any

from foiscrawl.browse.guard import App, Message, Send
from foiscrawl.formats import disarm

_NUMBER = re.compile(r"[+-]?[0-9]+([.][0-9]+)?([eE][+-]?[0-9]+)?")


class Disarmed:
    """An ASGI application around another one. An answer of CSV is held whole; its rows are limited."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Message, receive: Any, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].endswith(".csv"):
            await self.app(scope, receive, send)
            return
        start: Message = {}
        parts: list[bytes] = []

        async def held(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
                return
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                kept = [one for one in start["headers"] if one[0].lower() != b"content-length"]
                await send({**start, "headers": kept})
                await send({"type": "http.response.body", "body": disarmed(b"".join(parts))})

        await self.app(scope, receive, held)


def disarmed(table: bytes) -> bytes:
    """Numbers stay as they are, whatever their sign."""
    out = io.StringIO()
    writer = csv.writer(out)
    for row in csv.reader(io.StringIO(table.decode(), newline="")):
        writer.writerow([one if _NUMBER.fullmatch(one) else disarm(one) for one in row])
    return out.getvalue().encode()
