"""What `foiscrawl gaps` prints: for people in lines, for programs as JSON.

In all functions: `wanted` is what was asked about, `too` whether what was left aside is wanted as well.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from foiscrawl.storage import gaps
from foiscrawl.storage.gaps import Became, Report, Unstored, Wanted

DAYS_SHOWN = 30
RANGES_SHOWN = 3
_WORDS = {"no_article": "no articles", "left_aside": "left aside"}


def as_text(
    told: Report, wanted: Wanted, too: bool, now: datetime, articles: Iterable[Unstored] | None
) -> Iterator[str]:
    yield sentence(told, wanted, too)
    poor = [day for day in told.days if day.seen > day.counts["stored"]]
    if poor:
        yield ""
        yield f"{'section':<24} {'day (UTC)':<10} {'seen':>6} " + " ".join(f"{_word(one):>11}" for one in gaps.STATES)
        for day in poor[:DAYS_SHOWN]:
            counts = " ".join(f"{day.counts[one] or '·':>11}" for one in gaps.STATES)
            yield f"{day.section or 'not told':<24.24} {day.day or 'not told':<10} {day.seen:>6} {counts}"
        if len(poor) > DAYS_SHOWN:
            yield f"… and {len(poor) - DAYS_SHOWN} more; --json names all"
    for one in told.lists:
        yield f"List not read ({one.state}{f', {one.reason}' if one.reason else ''}): {one.kind} {one.url}"
    if told.numbers is not None and told.numbers.unknown:
        yield _unknown_numbers(told.numbers)
    for article in articles or ():
        yield f"{_word(article.state)}{f' ({article.reason})' if article.reason else ''}: {article.url}"
        tried = f"last tried {article.last_tried_at}" if article.last_tried_at else "never tried"
        yield f"    found in {article.found_in}, {tried}; {_next(article, now)}"


def sentence(told: Report, wanted: Wanted, too: bool) -> str:
    """Whether anything is missing, and what the site told of and what became of it."""
    stored = told.total("stored")
    parts = [f"{stored:,} {'is' if stored == 1 else 'are'} stored"]
    for state in gaps.STATES[1:]:
        if number := told.total(state):
            why = {reason: count for reason, count in told.reasons[state].items() if reason}
            names = next(iter(why)) if list(why.values()) == [number] else _counted(why)
            parts.append(f"{number:,} {_word(state)}" + (f" ({names})" if names else ""))
    declared = ""
    if told.declared is not None:
        declared = f"declared {told.declared.total:,} posts on {told.declared.at:%Y-%m-%d} and "
    return (
        f"{_subject(wanted)} {declared}has told of {count_of(told.seen, 'article')}: {', '.join(parts)}. "
        + _verdict(told, too)
    )


def _subject(wanted: Wanted) -> str:
    asked = [f"of {wanted.sections[0]}"] if wanted.sections else []
    asked += [f"since {wanted.since:%Y-%m-%dT%H:%MZ}"] if wanted.since else []
    asked += [f"until {wanted.until:%Y-%m-%dT%H:%MZ}"] if wanted.until else []
    subject = " ".join([*asked, "the site"])
    return subject[0].upper() + subject[1:]


def _verdict(told: Report, too: bool) -> str:
    lists = [one for one in told.lists if too or one.state != "outside"]
    unlisted = told.declared.unlisted if told.declared else 0
    lacks = [
        (told.total("missing"), "never answered"),
        (told.total("failed"), "failed"),
        (told.total("left_aside") if too else 0, "left aside"),
        (unlisted, "declared and not listed (a back-fill finds them: -a mode=backfill)"),
    ]
    named = [f"{number:,} {words}" for number, words in lacks if number]
    named += [f"{count_of(len(lists), 'list')} not read"] if lists else []
    return f"Missing: {', '.join(named)}." if named else "Nothing is missing."


def _unknown_numbers(numbers: gaps.Numbers) -> str:
    longest = sorted(numbers.ranges, key=lambda one: one[0] - one[1])[:RANGES_SHOWN]
    named = ", ".join(f"{first}-{last}" if first < last else f"{first}" for first, last in longest)
    return (
        f"Of the numbers {numbers.least} to {numbers.greatest} nobody listed {numbers.unknown:,} (longest: {named}); "
        "pages, pictures, drafts and revisions have numbers as well"
    )


def _next(one: Unstored, now: datetime) -> str:
    if one.due_at is not None:
        is_due = datetime.fromisoformat(one.due_at) <= now
        return "the next run asks for it" if is_due else f"asked for again from {one.due_at} on"
    if one.state == "left_aside":
        return "older than what runs fetch: --fetch --all, or a back-fill"
    return "asked for again when a list announces it anew" + (", or with --fetch" if one.state == "failed" else "")


def what_became(became: list[Became]) -> Iterator[str]:
    counts: dict[str, int] = {}
    for one in became:
        what = one.outcome or "not taken up"
        counts[what] = counts.get(what, 0) + 1
    yield f"Of {count_of(len(became), 'address')} gone after: {_counted(counts)}."
    for one in became:
        if one.outcome not in ("stored", "revised", "unchanged", "read"):
            yield f"    {one.outcome or 'not taken up'}{f' ({one.reason})' if one.reason else ''}: {one.url}"


def _word(state: str) -> str:
    return _WORDS.get(state, state)


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in sorted(counts.items()))


def count_of(number: int, thing: str) -> str:
    plural = {"address": "addresses"}.get(thing, f"{thing}s")
    return f"{number:,} {thing if number == 1 else plural}"


# --- for programs ----------------------------------------------------------------------------------------------------


def as_json(
    told: Report,
    wanted: Wanted,
    too: bool,
    now: datetime,
    articles: Iterable[Unstored] | None,
    became: Iterable[Became] | None = None,
) -> Iterator[str]:
    found: dict[str, Any] = {
        "site": wanted.site,
        "sentence": sentence(told, wanted, too),
        "complete": not told.lacking(left_aside=too),
        "seen": told.seen,
        "totals": {state: told.total(state) for state in gaps.STATES},
        "reasons": told.reasons,
        "declared": asdict(told.declared) | {"unlisted": told.declared.unlisted} if told.declared else None,
        "lists": [asdict(one) for one in told.lists],
        "numbers": asdict(told.numbers) | {"unknown": told.numbers.unknown} if told.numbers else None,
        "days": [{"section": one.section, "day": one.day, "seen": one.seen, **one.counts} for one in told.days],
    }
    if articles is not None:
        found["not_stored"] = [asdict(one) | {"next": _next(one, now)} for one in articles]
    if became is not None:
        found["fetched"] = [asdict(one) for one in became]
    yield json.dumps(found, ensure_ascii=False, default=_iso)


def _iso(moment: Any) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
