"""Whether what a run has seen of known articles can be believed. Policy only: no clock, no SQL, no network.

One article that changes is an edit. A fifth of all articles that change at once are a redesign that we misread, an
error page in the place of texts, or a bad day of the site; nothing of that is believed before a person has looked.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from foiscrawl.site import Expect

FIELDS = ("headline", "standfirst", "byline", "published", "sections", "body")
COVERED = 10  # re-looked articles that must have had a field before its absence says anything
LOST = 0.5  # share of them that lack it now, above which our reading is at fault
FIRST_LOOKS = 20  # looks after which a hopeless phase of re-looks is noticed at the latest
FIRST_CHANGES = 10


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a known article that brought a page.

    announced   a list said that it was modified after our last look: the site's own word
    changed     its text is not the one that is stored
    had, lost   of FIELDS: those that the stored text has, and those of them that are missing now
    layout      that read it, where it is another one than that of the stored text
    """

    announced: bool
    changed: bool
    had: frozenset[str]
    lost: frozenset[str]
    layout: str | None = None


@dataclass(frozen=True, slots=True)
class Tally:
    """All looks of one run. own: those that no list had announced; layouts: other ones that read the same text."""

    looked: int = 0
    changed: int = 0
    own: int = 0
    own_changed: int = 0
    had: Mapping[str, int] = field(default_factory=dict)
    lost: Mapping[str, int] = field(default_factory=dict)
    layouts: Mapping[str, int] = field(default_factory=dict)

    def plus(self, look: Look) -> "Tally":
        return replace(
            self,
            looked=self.looked + 1,
            changed=self.changed + look.changed,
            own=self.own + (not look.announced),
            own_changed=self.own_changed + (look.changed and not look.announced),
            had=_more(self.had, look.had),
            lost=_more(self.lost, look.lost),
            layouts=self.layouts if look.changed or look.layout is None else _more(self.layouts, {look.layout}),
        )


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the changes of a run are held. kind: of the alarm; subject: the field that is missing."""

    kind: str
    message: str
    subject: str | None = None


def doubt(tally: Tally, expect: Expect, *, alarm_open: bool) -> Doubt | None:
    """Why the changed texts of a run are not believed; None: they are.

    alarm_open   an earlier run has raised such an alarm and nobody has decided. Then a run must show that all is well
                 again: few looks, or announced changes alone, prove nothing.
    """
    for name in FIELDS:
        had, lost = tally.had.get(name, 0), tally.lost.get(name, 0)
        if lost > LOST * had and had >= (1 if alarm_open else COVERED):
            return Doubt("field_coverage", f"{name} is missing from {lost} of {had} articles that had it", name)
    told = f"{tally.own_changed} of {tally.own} articles changed although no list had announced it"
    share = expect.max_changed_share * tally.own
    if alarm_open:
        if tally.changed and not tally.own:
            return Doubt("mass_change", "an alarm is open, and no article was looked at that should be as before")
        return Doubt("mass_change", told) if tally.own_changed > share else None
    return Doubt("mass_change", told) if tally.own_changed > max(expect.changed_least, share) else None


def is_hopeless(looked: int, changed: int) -> bool:
    """Whether to look at more articles would only bring more of the same."""
    return looked <= FIRST_LOOKS and changed >= FIRST_CHANGES


def new_layout(tally: Tally) -> str | None:
    """The layout of a new design: most pages that read as before were read by it, and had not been; None: none."""
    same = tally.looked - tally.changed
    likest = max(tally.layouts, key=lambda name: tally.layouts[name], default=None)
    return likest if likest is not None and same >= COVERED and 2 * tally.layouts[likest] > same else None


def has_collapsed(before: int, now: int, expect: Expect) -> bool:
    """Whether so few words are left of a body that an error is likelier than an edit."""
    return before - now >= expect.collapsed_words and now < expect.collapsed_share * before


def to_json(tally: Tally) -> dict[str, Any]:
    """What the columns `looked` and `changed` do not hold."""
    return {
        "own": tally.own,
        "own_changed": tally.own_changed,
        "had": dict(tally.had),
        "lost": dict(tally.lost),
        "layouts": dict(tally.layouts),
    }


def from_json(looked: int | None, changed: int | None, rest: Mapping[str, Any] | None) -> Tally:
    return Tally(looked or 0, changed or 0, **(rest or {}))


def _more(counts: Mapping[str, int], names: frozenset[str] | set[str]) -> Mapping[str, int]:
    return {**counts, **{one: counts.get(one, 0) + 1 for one in names}} if names else counts
