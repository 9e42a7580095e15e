"""The options with which commands are told which articles are meant."""

import argparse
from contextlib import suppress
from datetime import time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from foiscrawl.errors import UsageError
from foiscrawl.site import load_site
from foiscrawl.spiders.arguments import instant, nearest
from foiscrawl.storage.filters import Filter, UnknownName, resolve, site_names

STATES_HELP = "only articles in this state: live, suspected, removed or withdrawn; may be repeated"


def add_filters(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("Which articles")
    group.add_argument("--site", metavar="NAME", help="only articles of this site")
    group.add_argument("--section", metavar="NAME", action="append", help="only of this section; may be repeated")
    group.add_argument("--author", metavar="NAME", action="append", help="only by this author; may be repeated")
    group.add_argument("--state", metavar="STATE", action="append", help=STATES_HELP)
    group.add_argument("--since", metavar="DATE", help="only published since then (a day is one of the site's own)")
    group.add_argument("--until", metavar="DATE", help="only published until then, that day included")


def read_filter(conn: Connection, opts: argparse.Namespace) -> Filter:
    """The filter that the options tell, names as the archive spells them. Raises UsageError."""
    zone = zone_of(conn, opts, needed=bool(opts.since or opts.until))
    since = instant("--since", opts.since, zone, time.min) if opts.since is not None else None
    until = instant("--until", opts.until, zone, time.max) if opts.until is not None else None
    if since and until and since > until:
        raise UsageError(f"--since={opts.since} lies after --until={opts.until}")
    names = {name: tuple(getattr(opts, name) or ()) for name in ("section", "author", "state")}
    wanted = Filter(opts.site, names["section"], names["author"], names["state"], since, until)
    try:
        return resolve(conn, wanted)
    except UnknownName as error:
        help_ = nearest(error.name, error.known) if error.known else "crawl first"
        raise UsageError(f"{error}; {help_}") from error


def zone_of(conn: Connection, opts: argparse.Namespace, *, needed: bool) -> ZoneInfo:
    """The zone in which the asked-for sites count their days. Raises UsageError where one is needed and they differ."""
    zones = set()
    for name in [opts.site] if opts.site else site_names(conn):
        with suppress(UsageError):  # a site whose file has gone is still an archive
            zones.add(load_site(name).timezone)
    if len(zones) > 1 and needed:
        raise UsageError("the sites of this archive count their days differently; name one with --site")
    return ZoneInfo(zones.pop() if zones else "UTC")
