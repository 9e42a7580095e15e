"""What the values of a site file must be. Each check tells what is wrong with a value, or None."""

import math
import re
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from foiscrawl.urls import address_reason


def text(value: str) -> str | None:
    return None if value.strip() else "it is blank"


def name(value: str) -> str | None:
    return None if re.fullmatch(r"[a-z][a-z0-9_-]*", value) else "only a-z, 0-9, - and _ may stand in it"


def home(value: str) -> str | None:
    reason = address_reason(value, value)
    if reason:
        return f"it is no plain http(s) address of a host ({reason})"
    return None if value.endswith("/") and "?" not in value and "#" not in value else "it does not end in a path and /"


def path(value: str) -> str | None:
    return None if re.fullmatch(r"/[^\s#]+", value) else "it is no path that starts with /"


def zone(value: str) -> str | None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder of zones
        return "there is no such time zone"
    return None


def selector(value: str) -> str | None:
    try:
        LexborHTMLParser("").css(value)
    except SelectolaxError:
        return "it is no CSS selector that the parser understands"
    return None


def match(value: str) -> str | None:
    return selector(value) if value else None


def origin(value: str) -> str | None:
    kind, _, name = value.partition(":")
    if kind == "css":
        return selector(re.sub(r"@[\w-]+$", "", name))
    known = value == "generic" or (kind in ("jsonld", "meta", "class", "link") and name)
    return None if known else "there is no such origin"


def pattern(value: str) -> str | None:
    try:
        re.compile(value)
    except re.error as error:
        return f"it is no valid pattern: {error}"
    return None


def count(value: int) -> str | None:
    return None if 1 <= value <= 1_000_000 else "it must be from 1 to 1,000,000"


def share(value: float) -> str | None:
    return None if math.isfinite(value) and 0 < value <= 1 else "it must be above 0 and at most 1"


def some(value: Sequence[object]) -> str | None:
    return None if value else "it is empty"
