"""/.well-known/tdmrep.json (W3C TDM Reservation Protocol): what a site reserves of text and data mining."""

import json
from collections.abc import Callable
from urllib.parse import urlsplit


def reserves(body: str) -> Callable[[str], bool]:
    """What tells of an address whether a tdmrep.json with this body reserves it."""
    paths = reserved_paths(body)
    if not paths:
        return lambda _url: False
    return lambda url: urlsplit(url).path.startswith(paths)


def reserved_paths(body: str) -> tuple[str, ...]:
    """Path prefixes that a tdmrep.json reserves; an unreadable file reserves nothing."""
    try:
        rules = json.loads(body)
    except ValueError:
        return ()
    if not isinstance(rules, list):
        return ()
    return tuple(
        str(one.get("location", "")).rstrip("*$") or "/"
        for one in rules
        if isinstance(one, dict) and one.get("tdm-reservation") == 1
    )
