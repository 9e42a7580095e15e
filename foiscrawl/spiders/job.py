"""One run, made ready: settings and arguments checked, site file loaded, archive opened and locked."""

import logging
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import scrapy
from scrapy.settings import BaseSettings
from sqlalchemy import Connection

from foiscrawl import __version__
from foiscrawl.site import Site, load_site
from foiscrawl.spiders.arguments import Arguments, parse_arguments
from foiscrawl.spiders.checks import check_manners, check_settings, number, start_of
from foiscrawl.storage import ledger
from foiscrawl.storage.archive import Archive
from foiscrawl.storage.ledger import Run
from foiscrawl.storage.recorder import Recorder

logger = logging.getLogger(__name__)


class Clock:
    """The run's idea of now. A start given in FOISCRAWL_NOW replaces the real one; time passes all the same."""

    def __init__(self, start: datetime | None = None) -> None:
        self.shift = start - datetime.now(UTC) if start is not None else timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


@dataclass
class Job:
    """What the components of a run share.

    site       of the site file, but with the home address of this run: the one from home=, or where the front page
               moved to
    captures   folder of the raw answers
    """

    site: Site
    arguments: Arguments
    archive: Archive
    now: Clock
    captures: Path
    run: Run = field(init=False)  # from `begin` on
    declared_sitemaps: tuple[str, ...] = ()  # by robots.txt, from its reading on

    @property
    def begun(self) -> bool:
        return hasattr(self, "run")

    @property
    def home(self) -> str:
        return self.site.home

    @property
    def update(self) -> bool:
        return self.arguments.mode == "update"


def prepare(settings: BaseSettings, site_name: str, raw: Mapping[str, str]) -> Job:
    """Check everything, then open the archive. Raises FoiscrawlError; before the archive, UsageError only."""
    check_settings(settings)
    now = Clock(start_of(settings["FOISCRAWL_NOW"]))
    site = load_site(site_name)
    arguments = parse_arguments(raw, site, now())
    check_manners(settings, arguments)
    info = {
        "software": f"foiscrawl/{__version__}",
        "format": "WARC File Format 1.1",
        "conformsTo": "https://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/",
        "isPartOf": site.name,
        "robots": "obey",
        "operator": settings["FOISCRAWL_CONTACT"],
    }
    captures = capture_folder(settings)
    archive = Archive.open(
        database_url(settings),
        site.name,
        recorder=Recorder(captures, site.name, info),
        wait=number(settings, "FOISCRAWL_DATABASE_WAIT"),
        min_free=int(number(settings, "FOISCRAWL_MIN_FREE_MB") * 1_000_000),
        clock=now,
    )
    site = replace(site, home=arguments.home)
    return Job(site=site, arguments=arguments, archive=archive, now=now, captures=captures)


async def begin(job: Job) -> datetime | None:
    """Close what a dead run left open and enter this one into the ledger.

    Gives the moment until which the site asked, in an earlier run, to be left alone; None when there is none to come.
    """
    job.run, resume_at = await job.archive.call(_begin, job)
    job.archive.run = job.run
    return resume_at if resume_at is not None and resume_at > job.now() else None


def _begin(conn: Connection, job: Job) -> tuple[Run, datetime | None]:
    now, arguments = job.now(), job.arguments
    site_id = ledger.enter_site(conn, job.site, job.home, now)
    for run_id in ledger.settle_crashed(conn, site_id, now):
        logger.warning("run %d died without ending; what it had in hand is due again", run_id)
    resume_at = ledger.resume_at(conn, site_id)
    run = ledger.begin_run(
        conn,
        job.site,
        site_id,
        now,
        mode=arguments.mode,
        since=arguments.since,
        until=arguments.until,
        sections=arguments.sections,
        arguments={name: str(value) for name, value in asdict(arguments).items() if value},
        versions={"foiscrawl": __version__, "scrapy": scrapy.__version__, "python": platform.python_version()},
    )
    return run, resume_at


def database_url(settings: BaseSettings) -> str:
    """The archive's SQLAlchemy URL: the one given, else a SQLite file in the data folder."""
    given = settings["FOISCRAWL_DATABASE_URL"]
    return given or f"sqlite:///{Path(settings['FOISCRAWL_DATA_DIR']) / 'foiscrawl.db'}"


def capture_folder(settings: BaseSettings) -> Path:
    """Where the WARC files are."""
    given = settings["FOISCRAWL_CAPTURE_DIR"]
    return Path(given) if given else Path(settings["FOISCRAWL_DATA_DIR"]) / "captures"
