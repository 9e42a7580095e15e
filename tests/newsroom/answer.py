"""What the site answers to one request, before the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

HTML, XML, JSON = "text/html; charset=UTF-8", "application/xml; charset=UTF-8", "application/json; charset=UTF-8"


@dataclass(slots=True)
class Answer:
    """`cache` says whether the body depends on the newsroom's state alone and may be kept until that changes; `shows`
    is the id of the article whose whole page it is, or the first of its pages."""

    status: int = 200
    body: bytes = b""
    content_type: str = HTML
    headers: dict[str, str] = field(default_factory=dict)
    cache: bool = False
    shows: int | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: path decoded (%xx resolved), query as decoded pairs (last one wins), headers in lower case."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    method: str = "GET"


def html(text: str, status: int = 200, *, cache: bool = False, **headers: str) -> Answer:
    return Answer(status, text.encode(), HTML, dict(headers), cache)


def to_json(data: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return Answer(status, json.dumps(data).replace("/", "\\/").encode(), JSON, headers or {})


def redirect(location: str, status: int = 301) -> Answer:
    """The location goes out percent-encoded, as a header must be ASCII."""
    return Answer(
        status, b"", HTML, {"Location": quote(location, safe=":/?#[]@!$&'()*+,;=%~"), "X-Redirect-By": "WordPress"}
    )
