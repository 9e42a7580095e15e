"""When an article is believed to be gone, and when it is looked at again. Policy only: no clock, no SQL, no network.

The evidence is dated looks (table `looks`) and whether the runs that took them were well (`runs.canaries`); the same
looks under the same rule always give the same answer, so the archive can be judged again from its rows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from foiscrawl.items import Outcome
from foiscrawl.site import Cadence

RULE = "1"  # of `judge`; stored with each judgement, and raised when the rule changes
LOOKS, SPAN = 3, timedelta(days=14)  # so many looks, so long from the first to the last
GONE_TWICE = timedelta(days=1)  # two answers 410 at least so far apart are enough
DAILY, MONTHLY, YEAR = timedelta(days=1), timedelta(days=30), timedelta(days=365)
LEAST_CONFIRMED, CONFIRMED_SHARE = 5, 0.01  # of the live articles: more at once waits for a person
CANARIES = 3  # articles known to be live that a run with failing looks must have seen answer


class Verdict(StrEnum):
    """What a look at a known article's address came to; column `looks.verdict`."""

    ANSWERED = "answered"
    NOT_FOUND = "not_found"
    GONE = "gone"
    FORBIDDEN = "forbidden"
    LEGAL = "legal"
    REDIRECT_HOME = "redirect_home"
    REDIRECT_STRANGER = "redirect_stranger"
    SOFT_404 = "soft_404"


# A closed door is no removal: the publisher has the article still, and says so.
CLOSED = {Verdict.FORBIDDEN, Verdict.LEGAL}
_BY_REASON = {
    "http_410": Verdict.GONE,
    "http_401": Verdict.FORBIDDEN,
    "http_403": Verdict.FORBIDDEN,
    "http_451": Verdict.LEGAL,
    "protected": Verdict.FORBIDDEN,  # WordPress answers 200 with a form for the password
    "redirect_home": Verdict.REDIRECT_HOME,
    "is_home": Verdict.REDIRECT_HOME,
    "redirect_off_site": Verdict.REDIRECT_STRANGER,
    "soft_404": Verdict.SOFT_404,
}
# Another page of the site stands there, or the address leads to one.
_STRANGERS = ("redirect_", "is_")


def verdict(outcome: Outcome, reason: str | None) -> Verdict | None:
    """What an outcome says of the article that the address showed; None: nothing.

    Errors, time-outs, robots.txt, cut bodies, reservations and pages that are not believed say nothing.
    """
    known = _BY_REASON.get(reason or "")
    if outcome is Outcome.GONE:
        return known or Verdict.NOT_FOUND
    if outcome is Outcome.SKIPPED and (reason or "").startswith(_STRANGERS):
        return known or Verdict.REDIRECT_STRANGER
    return known if outcome in (Outcome.REFUSED, Outcome.QUARANTINED) else None


@dataclass(frozen=True, slots=True)
class Look:
    """One look at an article. counts: the run that took it was well."""

    at: datetime
    verdict: Verdict
    counts: bool = True
    status: int | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the looks say. state: "suspected", "removed" or "withdrawn"; the rest is of the looks that counted."""

    state: str
    looks: int
    first_at: datetime
    last_at: datetime
    last_status: int | None

    @property
    def is_confirmed(self) -> bool:
        return self.state != "suspected"


def judge(looks: Iterable[Look]) -> Judgement | None:
    """The judgement over the looks at one article, in the order in which they were taken; None: nothing is suspected.

    Counted are those since the last answer that were taken in a run that was well, and are not dated before one that
    counted: then a clock has been put back, and the days between the two mean nothing.

    Removed   missing (404, 410, a redirect to the front page or to a stranger, a soft 404) on 3 looks over 14 days,
              or answered 410 twice, a day apart
    Withdrawn closed (401, 403, 451, a password) on 3 looks over 14 days
    Where both hold the last look decides.
    """
    counted: list[Look] = []
    for look in looks:
        if look.verdict is Verdict.ANSWERED:
            counted = []
        elif look.counts and not (counted and look.at < counted[-1].at):
            counted.append(look)
    if not counted:
        return None
    last = counted[-1]
    held = {
        "removed": _stood([one for one in counted if one.verdict not in CLOSED]) or _gone_twice(counted),
        "withdrawn": _stood([one for one in counted if one.verdict in CLOSED]),
    }
    order = ("withdrawn", "removed") if last.verdict in CLOSED else ("removed", "withdrawn")
    state = next((name for name in order if held[name]), "suspected")
    return Judgement(state, len(counted), counted[0].at, last.at, last.status)


def _stood(looks: list[Look]) -> bool:
    return len(looks) >= LOOKS and looks[-1].at - looks[0].at >= SPAN


def _gone_twice(looks: list[Look]) -> bool:
    gone = [one.at for one in looks if one.verdict is Verdict.GONE]
    return len(gone) >= 2 and gone[-1] - gone[0] >= GONE_TWICE


def most_at_once(live: int) -> int:
    """How many articles one run may confirm as gone, of a site with so many live ones."""
    return max(LEAST_CONFIRMED, int(live * CONFIRMED_SHARE))


def next_look(first_at: datetime, now: datetime, cadence: Cadence, *, confirmed: bool) -> datetime | None:
    """When an article that just failed to answer is looked at again; None: when a list names it.

    After the hours of the site file since the first such look; then daily until it is confirmed, monthly for a year
    afterwards.
    """
    elapsed = max(now - first_at, timedelta())
    if not confirmed:
        steps = (timedelta(hours=one) for one in cadence.missing_hours)
        return now + next((one - elapsed for one in steps if one > elapsed), DAILY)
    return now + MONTHLY if elapsed < YEAR else None
