"""A fault of sources: the right answer with fewer entries, as a plugin gives it on a bad day."""

import re
from dataclasses import dataclass

from aiohttp import web

from tests.newsroom.answer import Answer
from tests.newsroom.faults import Exchange


@dataclass
class Thinned:
    """Only the last `share` of the elements `<name>` of an XML answer; it stays well-formed."""

    name: str
    share: float

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        answer = exchange.answer()
        text = answer.body.decode()
        entries = list(re.finditer(rf"<{self.name}>.*?</{self.name}>", text, re.DOTALL))
        for one in reversed(entries[: len(entries) - round(len(entries) * self.share)]):
            text = text[: one.start()] + text[one.end() :]
        return exchange.send(Answer(answer.status, text.encode(), answer.content_type, answer.headers))
