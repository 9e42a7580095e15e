"""The settings of a run, checked before anything is opened: names that somebody reads, values that can be meant."""

import ipaddress
import logging
import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy.settings import SETTINGS_PRIORITIES, BaseSettings, default_settings

from foiscrawl import settings as our_settings
from foiscrawl.errors import UsageError
from foiscrawl.spiders.arguments import EARLIEST, Arguments, nearest

# The least manners on a site that the operator did not name: setting, floor, unit.
POLITE = (("DOWNLOAD_DELAY", 1.0, "s"), ("AUTOTHROTTLE_START_DELAY", 1.0, "s"))
# What the crawl is built on: changed for one run, these lose articles or switch off what keeps the site safe from us.
BUILT_ON = {
    "ADDONS",
    "DOWNLOADER_MIDDLEWARES",
    "DOWNLOAD_HANDLERS",
    "DOWNLOAD_SLOTS",
    "EXTENSIONS",
    "ITEM_PIPELINES",
    "JOBDIR",
    "REDIRECT_ENABLED",
    "RETRY_ENABLED",
    "SPIDER_MIDDLEWARES",
    "TWISTED_REACTOR_ENABLED",
}
# Numbers with which Scrapy waits for ever or does not start when they are 0.
LEAST = {
    "AUTOTHROTTLE_TARGET_CONCURRENCY": 0.1,
    "CONCURRENT_ITEMS": 1,
    "CONCURRENT_REQUESTS": 1,
    "CONCURRENT_REQUESTS_PER_DOMAIN": 1,
    "DOWNLOAD_TIMEOUT": 1,
    "FOISCRAWL_PROGRESS_SECONDS": 1,
    "REACTOR_THREADPOOL_MAXSIZE": 1,
}
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
_OUR_NUMBERS = ("FOISCRAWL_MIN_FREE_MB", "FOISCRAWL_DATABASE_WAIT", "FOISCRAWL_PROGRESS_SECONDS")


def check_settings(settings: BaseSettings) -> None:
    """Refuse names that nobody reads, from the environment or -s, and values that cannot be meant."""
    ours = [name for name in vars(our_settings) if name.startswith("FOISCRAWL_") and name != "FOISCRAWL_UNKNOWN"]
    for name in settings["FOISCRAWL_UNKNOWN"]:
        raise UsageError(f"unknown environment variable {name}; {nearest(name, ours)}")
    known = [*ours, *default_settings.__all__]
    for name in settings:
        if settings.getpriority(name) == SETTINGS_PRIORITIES["cmdline"]:
            if name not in known:
                raise UsageError(f"unknown setting {name}; {nearest(name, known)}")
            _check_type(settings, name, getattr(default_settings, name, None))
    for name in _OUR_NUMBERS:
        number(settings, name)
    start_of(settings["FOISCRAWL_NOW"])
    if settings["LOG_LEVEL"] not in logging.getLevelNamesMapping():
        raise UsageError(f"LOG_LEVEL={settings['LOG_LEVEL']} is no level; use DEBUG, INFO, WARNING, ERROR or CRITICAL")


def _check_type(settings: BaseSettings, name: str, default: Any) -> None:
    """Scrapy itself would meet a wrong value only in the middle of starting."""
    if name in BUILT_ON or (isinstance(default, str) and default.startswith(("scrapy.", "twisted."))):
        raise UsageError(f"{name} cannot be changed: the crawl is built on it")
    if isinstance(default, bool) or name.endswith("_ENABLED"):
        _read(settings.getbool, name, settings[name], "neither True nor False")
    elif isinstance(default, dict):
        _read(settings.getdict, name, settings[name], "no JSON object")
    elif isinstance(default, int | float):
        if isinstance(default, int) and not name.endswith(("_DELAY", "_TIMEOUT")):
            _read(settings.getint, name, settings[name], "no whole number")
        if "PRIORITY" not in name:
            number(settings, name)


def _read(reader: Any, name: str, value: Any, complaint: str) -> None:
    try:
        reader(name)
    except ValueError as error:
        raise UsageError(f"{name}={value} is {complaint}") from error


def number(settings: BaseSettings, name: str) -> float:
    """The setting as a number that is not too small to be meant."""
    _read(settings.getfloat, name, settings[name], "no number")
    value, least = settings.getfloat(name), LEAST.get(name, 0)
    if not least <= value < float("inf"):
        raise UsageError(f"{name}={settings[name]} must be at least {least:g}")
    return value


def check_manners(settings: BaseSettings, arguments: Arguments) -> None:
    """The floors of politeness hold on the real site; a host named with home= is the operator's own affair."""
    host = urlsplit(arguments.home).hostname or ""
    if not settings["FOISCRAWL_CONTACT"] and not _loopback(host):
        raise UsageError(
            "FOISCRAWL_CONTACT is not set: give an e-mail or web address at which the site can reach you; "
            "it goes into the user agent"
        )
    if re.search(r"[^\x21-\x7e]", settings["FOISCRAWL_CONTACT"]):
        raise UsageError("FOISCRAWL_CONTACT must hold no blanks or other characters than ASCII")
    if arguments.home_named:
        return
    advice = "name the host with -a home=URL if you are free to change its manners"
    for name, floor, unit in POLITE:
        if settings.getfloat(name) < floor:
            raise UsageError(f"{name}={settings[name]} is below the polite floor of {floor:g} {unit}; {advice}")
    if not settings.getbool("ROBOTSTXT_OBEY"):
        raise UsageError(f"ROBOTSTXT_OBEY cannot be switched off for this site; {advice}")
    if settings.getpriority("USER_AGENT") != SETTINGS_PRIORITIES["project"]:
        raise UsageError(f"USER_AGENT cannot be changed for this site: it tells who asks; {advice}")
    if settings.getint("CONCURRENT_REQUESTS") != 1:
        raise UsageError(f"CONCURRENT_REQUESTS must be 1 for this site; {advice}")


def _loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def start_of(raw: str) -> datetime | None:
    """The instant that FOISCRAWL_NOW names; None when it is empty."""
    if not raw:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise UsageError(f"FOISCRAWL_NOW={raw} is no instant; it must look like 2026-11-23T08:00:00Z") from error
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    if not EARLIEST <= moment <= LATEST:
        raise UsageError(f"FOISCRAWL_NOW={raw} must lie between {EARLIEST.year} and {LATEST.year}")
    return moment
