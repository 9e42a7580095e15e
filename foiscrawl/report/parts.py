"""The parts of the report: for each its plot, its numbers, and what its reader must know."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from matplotlib.figure import Figure

from foiscrawl.report import plots
from foiscrawl.report.calendar import calendars
from foiscrawl.report.counting import NO_SECTION, every_step, largest, series_of, shortened, steps_of
from foiscrawl.storage.reporting import Answer, Answers
from foiscrawl.storage.reporting.sql import COVERED, DELAYS, OUTCOMES, STATES
from foiscrawl.text import harmless

STACKED = 31  # bars up to which several things stand upon each other
UNITS = {"day": "day", "week": "week (from Monday on)", "month": "month"}


@dataclass(frozen=True, slots=True)
class Part:
    """key: of the answer whose SQL stands under it. head, rows: the table. applies: which options do (see page)."""

    key: str
    title: str
    words: str
    head: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    figures: Callable[[], list[Figure]]
    applies: str = "articles"  # articles: all options do; coverage, runs: some do not

    @property
    def is_empty(self) -> bool:
        return not self.rows


def parts(found: Answers, zone: str) -> Iterator[Part]:
    yield _days(found["days"], zone)
    yield _sections(found["sections"], zone)
    yield _hours(found["hours"], zone)
    yield _kinds(found["kinds"])
    yield _delays(found["delays"])
    yield _edited(found["edited"], zone)
    yield _removals(found["removals"])
    yield _agencies(found["agencies"])
    yield _credits(found["credits"])
    yield _copies(found["copies"], zone)
    yield _coverage(found["coverage"])
    yield _runs(found["runs"])
    yield _gaps(found["gaps"])
    yield _traffic(found["traffic"])


def _days(answer: Answer, zone: str) -> Part:
    by_day = {date.fromisoformat(day): count for day, count in answer.rows}
    months: dict[str, list[int]] = {}
    for day, count in answer.rows:
        months.setdefault(day[:7], []).append(count)
    table = [(one, sum(counts), len(counts), max(counts)) for one, counts in months.items()]
    words = (
        f"Articles by the day of their publication, in {zone}. A white cell is a day without any; before the first and "
        "after the last article there are no cells. Years without any article are left out."
    )
    head = ("month", "articles", "days with any", "most on one day")
    return Part("days", "Articles per day", words, head, table, lambda: calendars(by_day))


def _sections(answer: Answer, zone: str) -> Part:
    steps = steps_of(answer.rows, answer.unit)
    names = list(dict.fromkeys(row[1] for row in answer.rows))
    shown = [(_section(name), values) for name, values in largest(series_of(answer.rows, steps, names))]
    words = (
        f"Articles per {UNITS[answer.unit]} of publication ({zone}), by main section as it is today; the smaller "
        "sections are added up. The first and the last of these may be cut by the period."
    )
    every = sorted(series_of(answer.rows, steps, names), key=lambda one: (-sum(one[1]), one[0] or ""))
    table = [(harmless(NO_SECTION if name is None else name), int(sum(values))) for name, values in every]
    label = f"articles per {answer.unit}"
    return Part(
        "sections", "Sections", words, ("section", "articles"), table,
        lambda: [plots.lines(steps, [(shortened(name), values) for name, values in shown], label)],
    )  # fmt: skip


def _section(name: str | None) -> str:
    return harmless(NO_SECTION if name is None else name)


def _hours(answer: Answer, zone: str) -> Part:
    table = {(day, hour): count for day, hour, count in answer.rows}
    words = (
        f"Articles by weekday and hour of publication, on the clocks of {zone}: summer time is taken into account for "
        "each article by its own date. Twice a year that clock repeats or skips an hour at night; articles of a "
        "repeated hour are counted in the same cell. Articles whose page tells a day but no hour are left out."
    )
    rows = [(plots.DAYS[day - 1], *(table.get((day, hour), 0) for hour in range(24))) for day in range(1, 8)]
    head = ("day", *(f"{one} h" for one in range(24)))
    return Part("hours", "Time of publication", words, head, rows if table else [], lambda: [plots.week(table)])


def _kinds(answer: Answer) -> Part:
    rows = [row for row in answer.rows if row[0] != "not graded" or row[1]]
    words = (
        "Edits by what the publisher changed. One edit may be of several kinds and is then counted under each. "
        "An edit is known when the crawler looked before and after it: what was changed twice between two looks "
        "counts once, and what was changed before the first look is not known."
    )
    shown = rows if any(count for _, count in rows) else []
    return Part(
        "kinds", "Edits by kind", words, ("kind", "edits"), shown,
        lambda: [plots.bars([name for name, _ in rows], [count for _, count in rows], "edits")],
    )  # fmt: skip


def _delays(answer: Answer) -> Part:
    table, below = dict(answer.rows), "hours (h) or days (d) after publication"
    shown = [(name, table.get(place, 0)) for place, name in enumerate(DELAYS) if place or table.get(0)]
    words = (
        "Edits by the time from the publication of the article (as its page tells it now) to the look that first saw "
        "the edit. The edit itself was made some time before that look, so the bars follow the rhythm of the looks as "
        "well as that of the newsroom. The classes get wider to the right. « before »: the date of publication lies "
        "after the look."
    )
    return Part(
        "delays", "Edits by time after publication", words, ("time after publication", "edits"), shown if table else [],
        lambda: [plots.columns([one for one, _ in shown], [one for _, one in shown], "edits", below)],
    )  # fmt: skip


def _edited(answer: Answer, zone: str) -> Part:
    steps = steps_of(answer.rows, answer.unit)
    told = {step: (articles, edited) for step, articles, edited in answer.rows}
    shares = [100 * told[one][1] / told[one][0] if one in told else None for one in steps]
    rows = [(step, articles, edited, f"{100 * edited / articles:.1f} %") for step, articles, edited in answer.rows]
    all_, edited = (sum(row[place] for row in answer.rows) for place in (1, 2))
    whole = f"In all {edited:,} of {all_:,} dated articles ({100 * edited / all_:.1f} %). " if all_ else ""
    words = (
        f"{whole}Share of the articles published in each {UNITS[answer.unit]} ({zone}) of which an edit of any kind "
        "was seen. The newest were looked at less often, so their share still rises."
    )
    head = (answer.unit, "articles", "edited", "share")
    return Part(
        "edited", "Share of articles edited", words, head, rows,
        lambda: [plots.share(steps, shares, "per cent of articles edited")],
    )  # fmt: skip


def _stacked(
    answer: Answer, names: tuple[str, ...], title: str, words: str, label: str, applies: str = "articles"
) -> Part:
    steps = steps_of(answer.rows, answer.unit)
    present = [one for one in names if any(row[1] == one for row in answer.rows)]
    series = series_of(answer.rows, steps, present)
    rows = [
        (step, *(int(values[place]) for _, values in series))
        for place, step in enumerate(steps)
        if any(values[place] for _, values in series)
    ]
    key = {"removals": "removals", "runs": "runs"}.get(label, "copies")
    # Hatches of thin bars look alike in grey; a row of its own for each name does not need them.
    drawn = plots.stacks if len(steps) <= STACKED else plots.rows
    shown = [(name, values) for name, values in series]
    return Part(
        key, title, words, (answer.unit, *present), rows,
        lambda: [drawn(steps, shown, f"{label} per {answer.unit}")], applies,
    )  # fmt: skip


def _removals(answer: Answer) -> Part:
    words = (
        "Disappearances by the day (UTC) of the first look that failed and by what has become of them: suspected (not "
        "yet believed), held (a person decides), removed, withdrawn (closed: 401, 403 or 451), returned. "
        "An article that disappeared twice is counted twice. The dates of the options are still those of publication."
    )
    return _stacked(answer, STATES, "Removals", words, "removals")


def _copies(answer: Answer, zone: str) -> Part:
    words = (
        f"Articles that repeat an earlier stored one, by {UNITS[answer.unit]} of publication ({zone}): exact (the very "
        "same text) or near (nearly the same). They are counted in all other plots as well."
    )
    return _stacked(answer, ("exact", "near"), "Duplicates and near-duplicates", words, "copies")


def _agencies(answer: Answer) -> Part:
    rows = [row for row in answer.rows if row[1]]
    words = (
        "Articles by the agencies that their credit names: « Le Monde avec AFP » counts for AFP. An agency is found "
        "where one of those in the list « agencies » of the SQL stands as words of their own, in these letters; "
        "an article that credits two counts under both. What the list does not know is counted apart, and the most "
        "frequent credits are given below as they are printed."
    )
    return Part(
        "agencies", "Agencies credited", words, ("agency", "articles"), rows,
        lambda: [plots.bars([name for name, _ in rows], [count for _, count in rows], "articles")],
    )  # fmt: skip


def _credits(answer: Answer) -> Part:
    rows = [(harmless(name), count) for name, count in answer.rows]
    words = "The fifteen most frequent credits, letter by letter."
    return Part(
        "credits", "Credits as printed", words, ("credit", "articles"), rows,
        lambda: [plots.bars([shortened(name) for name, _ in rows], [count for _, count in rows], "articles")],
    )  # fmt: skip


def _coverage(answer: Answer) -> Part:
    steps = steps_of(answer.rows, answer.unit)
    cells = [(row[0], name, count) for row in answer.rows for name, count in zip(COVERED, row[1:], strict=True)]
    sums = {name: sum(count for _, one, count in cells if one == name) for name in COVERED}
    always = ("stored", "failed", "missing")
    series = [one for one in series_of(cells, steps, COVERED) if sums[one[0]] or one[0] in always]
    undated = sum(count for step, _, count in cells if step is None)
    words = (
        "What became of all articles that the site has told of, by the day (UTC) that the page or a list gives: "
        "stored; left aside (older than was asked for); refused (not ours to fetch or keep); gone before they were "
        "stored; no article after all; failed; missing (not tried yet). Each row has its own scale; its sum stands in "
        "brackets." + (f" {undated:,} more have no date and stand in the table only." if undated else "")
    )
    shown = [(name.replace("_", " "), values) for name, values in series]
    rows = [("no date" if row[0] is None else row[0], *row[1:]) for row in answer.rows]
    head = (answer.unit, *(one.replace("_", " ") for one in COVERED))
    drawn = (lambda: [plots.rows(steps, shown, f"articles per {answer.unit}")]) if steps else list
    return Part("coverage", "Completeness", words, head, rows, drawn, "coverage")


def _runs(answer: Answer) -> Part:
    words = (
        f"Runs by the {UNITS[answer.unit]} (UTC) in which they began and how they ended: done, degraded (the site, or "
        "our reading of it, was not well), interrupted (asked to stop), failed, crashed (died), or still running."
    )
    return _stacked(answer, OUTCOMES, "Runs", words, "runs", "runs")


def _gaps(answer: Answer) -> Part:
    steps = steps_of(answer.rows, answer.unit)
    told = dict(answer.rows)
    words = (
        "The longest time from the beginning of one run to that of the next, by the "
        f"{UNITS[answer.unit]} (UTC) of the later one: what was published, and removed again, within it was not seen."
    )
    values = [told.get(one) for one in steps]
    return Part(
        "gaps", "Gaps between runs", words, (answer.unit, "hours"), list(answer.rows),
        lambda: [plots.spread(steps, values, "hours of the longest gap (log scale)")], "runs",
    )  # fmt: skip


def _traffic(answer: Answer) -> Part:
    steps = every_step(answer.rows[0][0], answer.rows[-1][0]) if answer.rows else []
    told = {step: (runs, requests, size) for step, runs, requests, size in answer.rows}
    means = [
        (told[one][1] / told[one][0], told[one][2] / told[one][0] / 1000) if one in told else (0, 0) for one in steps
    ]
    words = (
        f"What a run asked of the site, on the average of each {UNITS[answer.unit]} (UTC): requests, and kilobytes of "
        "pages after decompression."
    )
    rows = [
        (step, runs, requests, size, f"{requests / runs:,.1f}", f"{size / runs / 1000:,.0f}")
        for step, runs, requests, size in answer.rows
    ]
    head = (answer.unit, "runs", "requests", "bytes", "requests per run", "kB per run")
    series = [("requests per run", [one for one, _ in means]), ("kB per run", [one for _, one in means])]
    return Part(
        "traffic", "Requests and bytes per run", words, head, rows, lambda: [plots.means(steps, series)], "runs"
    )
