"""The arguments of `scrapy crawl`, checked before anything is opened."""

import difflib
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Literal, cast
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from foiscrawl.errors import UsageError
from foiscrawl.site import Site

Mode = Literal["update", "backfill"]
Recheck = Literal["due", "all", "none"]
MODES = ("update", "backfill")
RECHECKS = ("due", "all", "none")
NAMES = ("home", "mode", "recheck", "sections", "since", "until", "max_articles")
# A press archive starts here; an older date is a typing error.
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
_SHOWN = 20  # names in a message


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the operator asked for.

    home_named   the address came with home=, so its host may be a loopback one and its manners are the operator's
    recheck      which stored articles are looked at again; without being told: in an update those that are due, in a
                 back-fill, which has enough to do, none
    since, until aware instants, the day's start and end in the site's own time where only a day was given
    """

    home: str
    home_named: bool = False
    mode: Mode = "update"
    recheck: Recheck = "due"
    sections: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    max_articles: int | None = None


def parse_arguments(raw: Mapping[str, str], site: Site, now: datetime) -> Arguments:
    """Raises UsageError that names the item, what is wrong with it and what would be right."""
    for name in raw:
        if name not in NAMES:
            raise UsageError(f"unknown argument {name}=; {nearest(name, NAMES)}")
    zone = ZoneInfo(site.timezone)
    since = instant("since", raw["since"], zone, time.min) if "since" in raw else None
    until = instant("until", raw["until"], zone, time.max) if "until" in raw else None
    if since and since > now:
        raise UsageError(f"since={raw['since']} lies in the future")
    if since and until and since > until:
        raise UsageError(f"since={raw['since']} lies after until={raw['until']}")
    mode = raw.get("mode", "update")
    if mode not in MODES:
        raise UsageError(f"mode={mode} is unknown; {nearest(mode, MODES)}")
    recheck = raw.get("recheck", "due" if mode == "update" else "none")
    if recheck not in RECHECKS:
        raise UsageError(f"recheck={recheck} is unknown; {nearest(recheck, RECHECKS)}")
    return Arguments(
        home=_home(raw["home"]) if "home" in raw else site.home,
        home_named="home" in raw,
        mode=cast("Mode", mode),
        recheck=cast("Recheck", recheck),
        sections=_sections(raw["sections"]) if "sections" in raw else (),
        since=since,
        until=until,
        max_articles=_count("max_articles", raw["max_articles"]) if "max_articles" in raw else None,
    )


def nearest(name: str, known: tuple[str, ...] | list[str]) -> str:
    """The words that help: the nearest right name, else those that there are."""
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]}?"
    more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
    return f"known: {', '.join(known[:_SHOWN])}{more}"


def _home(raw: str) -> str:
    if not raw.isascii() or any(one.isspace() or not one.isprintable() or one == "\\" for one in raw):
        raise UsageError(
            f"home={raw!r} holds blanks or characters that an address cannot have (IDN: use its xn-- form)"
        )
    if len(raw) > 300:
        raise UsageError("home= is longer than 300 characters")
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(f"home={raw} is no address; it must look like https://www.example.fr/")
    if parts.username or parts.password:
        raise UsageError("home= must not hold a user name or password")
    try:
        port = parts.port
    except ValueError as error:
        raise UsageError(f"home={raw}: the port is no number from 1 to 65535") from error
    if parts.query or parts.fragment:
        raise UsageError(f"home={raw} must not hold a query or fragment")
    if port not in {None, 80, 443} and not _is_local(parts.hostname):
        raise UsageError(f"home={raw}: port {port} is allowed for an address of this machine only")
    return raw if parts.path.endswith("/") else raw + "/"


def _is_local(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sections(raw: str) -> tuple[str, ...]:
    names = tuple(one.strip() for one in raw.split(",") if one.strip())
    if not names:
        raise UsageError("sections= is empty; give names from the menu, as in sections=politique,culture")
    return names


def instant(name: str, raw: str, zone: ZoneInfo, edge: time) -> datetime:
    """The instant in UTC; a day alone is its `edge` in the zone. Raises UsageError."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", raw):
            moment = datetime.combine(date.fromisoformat(raw), edge, zone)
        else:
            moment = datetime.fromisoformat(raw)
            moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    except ValueError as error:
        raise UsageError(f"{name}={raw} is no date; it must look like 2026-11-23 or 2026-11-23T08:00") from error
    if moment < EARLIEST:
        raise UsageError(f"{name}={raw} lies before {EARLIEST.date()}")
    return moment.astimezone(UTC)


def _count(name: str, raw: str) -> int:
    if not re.fullmatch(r"[0-9]{1,9}", raw) or int(raw) == 0:
        raise UsageError(f"{name}={raw} is no whole number from 1 to 999999999")
    return int(raw)
