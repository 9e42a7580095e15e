"""How a run goes: what has ended it or made it poor, and how long the site wants to be left alone."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Self

from scrapy.http import Response

from foiscrawl.errors import ExitCode, FoiscrawlError
from foiscrawl.items import UrlKind
from foiscrawl.judgement import Doubt, Look, is_hopeless
from foiscrawl.site import Recheck
from foiscrawl.spiders.visit import retry_after
from foiscrawl.storage.queries import RunSummary

PAUSE_MAX = 3600.0  # seconds a run waits because the site asks; for more it ends and the next run keeps away
ROOM_MAX = 1_000_000
Clock = Callable[[], float]
PAUSE_KEPT = timedelta(hours=24)  # at most this is believed of a Retry-After for the next run


class Budget:
    """What the looks at stored articles may cost in one run. requests, seconds: None: as many as it takes."""

    def __init__(self, requests: int | None, seconds: float | None, sent: int, clock: Clock = time.monotonic) -> None:
        self._until = None if requests is None else sent + requests
        self._ends = None if seconds is None else clock() + seconds
        self._clock = clock

    @classmethod
    def of(cls, wanted: Recheck, which: str, sent: int) -> Self:
        """sent: requests of the run so far. Who wants all articles looked at gets that."""
        return cls(None, None, sent) if which == "all" else cls(wanted.requests, 60.0 * wanted.minutes, sent)

    def room(self, sent: int, visits: int) -> int:
        """How many more articles may be taken up. visits: those in hand, of which each may yet cost a request."""
        if self._ends is not None and self._clock() >= self._ends:
            return 0
        return ROOM_MAX if self._until is None else max(0, self._until - sent - visits)


class Course:
    """The course of one run.

    failure     what ended it early and is not the site's doing
    degraded    what ended it early and is
    poor        why it could not be complete although it went on
    given_up    kinds of lists of which too many failed in a row
    resume_at   the site asked us to keep away until then
    held        what this run has seen of known articles is not believed; it must not remove anything either
    """

    # These three are filled by the run's ledger when it is closed; a second SIGTERM leaves no time for that.
    exit_code = ExitCode.INTERRUPTED
    summary: RunSummary | None = None
    left_aside = 0

    def __init__(self, most_failures: int) -> None:
        self.failure: FoiscrawlError | None = None
        self.degraded: str | None = None
        self.poor: str | None = None
        self.given_up: set[UrlKind] = set()
        self.resume_at: datetime | None = None
        self.held = False
        self._relooked = 0
        self._changed = 0
        self._hopeless = False
        self._most_failures = most_failures
        self._failures_in_row = 0
        self._not_before = 0.0  # monotonic

    @property
    def is_over(self) -> bool:
        return self.failure is not None or self.degraded is not None

    def fail(self, error: FoiscrawlError) -> None:
        self.failure = self.failure or error

    def doubted(self, doubt: Doubt) -> None:
        """What the run has seen is held for a person."""
        self.held = True
        self.degraded = self.degraded or f"{doubt.message}; nothing of it is believed yet: see foiscrawl review"

    def answered_well(self) -> None:
        self._failures_in_row = 0

    def failed(self, kind: UrlKind, reason: str) -> None:
        """So many without one good answer between them: something is wrong with the site, or it wants us to go.

        Lists are given up at half of it, for the articles behind what is known may still be had.
        """
        self._failures_in_row += 1
        told = f"{self._failures_in_row} failures in a row, the last one {reason}"
        if self._failures_in_row >= self._most_failures:
            self.degraded = told
        elif self._failures_in_row >= self._most_failures // 2 and kind not in {
            UrlKind.HOME,
            UrlKind.ARTICLE,
            *self.given_up,
        }:
            self.given_up.add(kind)
            self.poor = f"{told}; no more {kind} pages were asked for"

    def looked(self, look: Look) -> None:
        """A known article was looked at again."""
        if not look.announced:
            self._relooked += 1
            self._changed += look.changed or bool(look.lost)
            self._hopeless = self._hopeless or is_hopeless(self._relooked, self._changed)

    @property
    def rechecks_are_hopeless(self) -> bool:
        """Most of the first articles that were looked at again are not as before: more looks would tell no more."""
        return self._hopeless

    def asked_to_wait(self, response: Response, now: datetime) -> float:
        """Obey a Retry-After: wait here, or end the run and leave the rest to a later one. Its seconds, or 0."""
        seconds = retry_after(response, now)
        if seconds is None:
            return 0.0
        if seconds > PAUSE_MAX:
            self.keep_away(response, now)
            self.degraded = f"the site asks to be left alone until {self.resume_at:%Y-%m-%d %H:%M} UTC (Retry-After)"
        self._not_before = max(self._not_before, time.monotonic() + seconds)
        return seconds

    def keep_away(self, response: Response, now: datetime) -> None:
        """Pass on to the next run what Retry-After asks, within reason."""
        seconds = retry_after(response, now)
        if seconds is not None:
            self.resume_at = now + min(timedelta(seconds=min(seconds, 1e9)), PAUSE_KEPT)

    @property
    def pause(self) -> float:
        """Seconds for which nothing may be sent, because the site asked for it."""
        return max(0.0, self._not_before - time.monotonic())
