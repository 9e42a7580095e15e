"""Plays a season before the real command: brings the newsroom to each moment, crawls, and notes who looked at what."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

from tests.crawling import Ended, crawl
from tests.newsroom import Clock, Newsroom, Server, serve
from tests.season.chronicle import Chronicle
from tests.season.script import DAYS, Script

BEGIN = datetime(2026, 9, 14, 5, 0, tzinfo=UTC)  # summer time ends within the season
RUN_HOURS = (1.3, 14.1)  # after BEGIN's hour, each day; every third day once more
THIRD_RUN = 7.6
OPTIONS = {
    "articles": 50,
    "days": 26,
    "layout": "modern",
    "noise": True,
    "filler": False,
    "seed": 11,
    "page_size": 8,
    "oddities": (
        "copy",
        "near-copy",
        "several-sections",
        "sticky",
        "multi-page",
        "decomposed",
        "broken-jsonld",
        "comments",
        "markup-title",
        "non-ascii-slug",
        "old-slug",
    ),
}


@dataclass(frozen=True)
class Run:
    """One run of the command: when, how it ended, and how many requests the server saw."""

    at: datetime
    ended: Ended
    requests: int


@dataclass
class Season:
    """A played season: the newsroom's own truth, and the archive that was made of it."""

    chronicle: Chronicle
    newsroom: Newsroom
    database_url: str
    data: Path
    begin: datetime
    end: datetime
    runs: list[Run] = field(default_factory=list)

    @property
    def env(self) -> dict[str, str]:
        """Where its commands keep what is not in the database."""
        return {"FOISCRAWL_DATA_DIR": str(self.data), "FOISCRAWL_CAPTURE_DIR": str(self.data / "captures")}

    def day(self, moment: datetime) -> str:
        """A moment as day and hour of the season, for messages."""
        days = (moment - self.begin) / timedelta(days=1)
        return f"day {int(days)} {moment:%H:%M}"


def moments(days: int) -> list[float]:
    """When runs begin, in days from the beginning; some minutes of jitter, always the same."""
    rng = random.Random("runs")
    hours = [(day, one) for day in range(days) for one in RUN_HOURS]
    hours += [(day, THIRD_RUN) for day in range(0, days, 3)]
    return sorted(day + (hour + rng.uniform(0, 0.5)) / 24 for day, hour in hours)


@contextmanager
def opened(seed: int = 7) -> Iterator[tuple[Server, Clock, Script]]:
    """A newsroom on its first day, and what will happen to it."""
    clock = Clock(BEGIN)
    newsroom = Newsroom(now=clock, **OPTIONS)
    with serve(newsroom) as server:
        yield server, clock, Script(server, clock, Chronicle(newsroom), seed)


def play(database_url: str, data: Path, *, days: int = DAYS, seed: int = 7) -> Season:
    """The whole season against an archive. data: folder for all that a run keeps beside the database."""
    with opened(seed) as (server, clock, script):
        chronicle = script.chronicle
        season = Season(chronicle, server.newsroom, database_url, data, BEGIN, BEGIN + timedelta(days=days))
        for moment in moments(days):
            script.play_until(BEGIN + timedelta(days=moment))
            server.forget()
            ended = crawl(f"{server.url}/", database_url, env={"FOISCRAWL_NOW": clock().isoformat(), **season.env})
            asked = list(server.requests)
            chronicle.looked((unquote(one.path), one.status, one.shows) for one in asked)
            season.runs.append(Run(clock(), ended, len(asked)))
            clock.forward(minutes=2)  # longer than any run here
        script.play_until(season.end)
    return season
