"""Sixty days of a newsroom against its archive: each claim of it is a subtest of its own.

The season (tests/season) is played once for each database. What is true comes from the newsroom and from its server's
log of what it sent; what is claimed comes from the archive's tables and views.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from foiscrawl.urls import url_key
from tests.crawling import SCRAPY, accounting, ask, environment, run
from tests.newsroom.truth import truth_of
from tests.season import archive
from tests.season.archive import Stored
from tests.season.chronicle import Life, Missed, Stood, letters
from tests.season.play import Season, play
from tests.season.script import KINDS, OUTAGE, REDESIGN

LONGEST_RUN = timedelta(minutes=2)
BELIEVED_AFTER = timedelta(days=14)
A_LOOK_LATER = timedelta(days=4)  # within which the look comes that completes the evidence


CLAIMS: list[Callable[[Season], None]] = []


def claim(check: Callable[[Season], None]) -> Callable[[Season], None]:
    CLAIMS.append(check)
    return check


@pytest.mark.long(90)
def test_a_season(database_url: str, tmp_path: Path, subtests: pytest.Subtests) -> None:
    """Played once, for it takes a minute and a half; each claim then passes or fails by itself."""
    season = play(database_url, tmp_path)
    for check in CLAIMS:
        with subtests.test(check.__name__.replace("_", " ")):
            check(season)


# --- the runs ------------------------------------------------------------------------------------------------------


@claim
def every_run_ends_as_it_should_and_nothing_is_silent(season: Season) -> None:
    first, last = (season.begin + timedelta(days=one) for one in OUTAGE)
    wrong = [
        f"{season.day(one.at)}: exit code {one.ended.code}: {one.ended.err[-400:]}"
        for one in season.runs
        if one.ended.code not in ((3,) if first <= one.at < last else (0, 3))
    ]
    silent = ask(season.database_url, "SELECT run_id, silent, open FROM run_accounting WHERE silent <> 0 OR open <> 0")

    assert wrong == [], "\n".join(wrong)
    assert silent == []
    assert accounting(season.database_url)["outcome"] == "done"


@claim
def the_season_was_one(season: Season) -> None:
    """A season in which little happened, or in which little was looked at, would prove nothing."""
    stood = [one for life in season.chronicle.lives.values() for one in life.expected()[1:]]
    kinds = {kind for kind in KINDS for one in stood if one.why.startswith(kind.removeprefix("letter of the "))}

    assert kinds | {"letter of the headline", "letter of the byline"} == set(KINDS)
    assert len(stood) >= 100, f"only {len(stood)} edits stood at a look"
    assert {"goes: 404", "goes: 410", "goes: 451", "returns, elsewhere", "moves", "redesign"} <= set(
        season.chronicle.acts
    )


# --- articles --------------------------------------------------------------------------------------------------------


@claim
def every_article_that_was_looked_at_is_stored_once(season: Season) -> None:
    looked = {str(one.id) for one in season.chronicle.lives.values() if one.looks}
    rows = ask(season.database_url, "SELECT id, source_id, url FROM articles_current")
    twice = [one.url for one in rows if [other.source_id for other in rows].count(one.source_id) > 1]

    assert twice == []
    assert {one.source_id for one in rows} == looked


@claim
def no_article_that_was_public_for_a_day_was_missed(season: Season) -> None:
    first, last = (season.begin + timedelta(days=one) for one in OUTAGE)
    missed = []
    for life in season.chronicle.lives.values():
        begun = life.places[0].at
        ends = [one.at for one in life.places if one.state != "live"] or [season.end]
        public = ends[0] - max(begun, season.begin)
        if first <= begun < last:
            public -= last - begun
        if public > timedelta(days=1) and not life.looks:
            missed.append(f"{life.places[0].url}, published {season.day(begun)}")

    assert missed == [], "\n".join(missed)


@claim
def a_moved_article_is_known_by_its_new_address(season: Season) -> None:
    current = {
        one.source_id: one.url for one in ask(season.database_url, "SELECT source_id, url FROM articles_current")
    }
    wrong = []
    for life in season.chronicle.lives.values():
        here = [one for one in life.places if one.state == "live"][-1]
        seen_there = [one for one in life.looks if one >= here.at]
        if seen_there and url_key(current[str(life.id)]) != url_key(here.url):
            wrong.append(f"{life.id}: {current[str(life.id)]}, but since {season.day(here.at)} it is {here.url}")

    assert wrong == [], "\n".join(wrong)


# --- revisions -------------------------------------------------------------------------------------------------------


@claim
def every_edit_that_stood_at_a_look_is_a_revision(season: Season) -> None:
    stored = archive.revisions(season.database_url)
    missing = []
    for life in season.chronicle.lives.values():
        for one, revision in aligned(life.expected(), stored[life.id]):
            if revision is None and one is not None:
                seen = ", ".join(season.day(look) for look in one.looks[:3])
                missing.append(f"{where(season, life)}: {one.why} at {season.day(one.at)}, seen at {seen}")

    assert missing == [], f"{len(missing)} edits are missing:\n" + "\n".join(missing)


@claim
def every_revision_is_an_edit(season: Season) -> None:
    stored = archive.revisions(season.database_url)
    false = []
    for number, revisions in stored.items():
        life = season.chronicle.lives[number]
        for one, revision in aligned(life.expected(), revisions):
            if one is None and revision is not None:
                before = [other for other in life.expected() if other.at <= revision.at]
                differs = before[-1].text.changed_from(revision.text) if before else "all"
                false.append(
                    f"{where(season, life)}: revision {revision.number} ({revision.kinds}) of {season.day(revision.at)}"
                    f" differs from what stood in {differs or 'nothing'}"
                )

    assert false == [], f"{len(false)} revisions are false:\n" + "\n".join(false)


@claim
def revisions_are_numbered_and_dated_as_they_were_seen(season: Season) -> None:
    wrong = []
    for number, revisions in archive.revisions(season.database_url).items():
        life = season.chronicle.lives[number]
        if [one.number for one in revisions] != list(range(1, len(revisions) + 1)):
            wrong.append(f"{where(season, life)}: numbers {[one.number for one in revisions]}")
        for one, revision in aligned(life.expected(), revisions):
            if one is None or revision is None or not one.looks:
                continue
            if not timedelta() <= revision.at - one.looks[0].replace(microsecond=0) < LONGEST_RUN:
                wrong.append(
                    f"{where(season, life)}: revision {revision.number} is of {season.day(revision.at)}, "
                    f"but {one.why} was first seen at {season.day(one.looks[0])}"
                )

    assert wrong == [], "\n".join(wrong)


@claim
def revisions_say_what_was_changed(season: Season) -> None:
    wrong = []
    for number, revisions in archive.revisions(season.database_url).items():
        life = season.chronicle.lives[number]
        before: list[Stood] = []
        for one, revision in aligned(life.expected(), revisions):
            if one is None or revision is None:
                continue
            kinds = {"first"} if not before else kinds_of(life, before, one)
            if revision.kinds != kinds:
                wrong.append(
                    f"{where(season, life)}: {one.why} at {season.day(one.at)} is {revision.kinds}, not {kinds}"
                )
            if before and (revision.change_size == 0) != (not kinds & {"headline", "standfirst", "body", "correction"}):
                wrong.append(f"{where(season, life)}: {one.why} at {season.day(one.at)}: size {revision.change_size}")
            before.append(one)

    assert wrong == [], "\n".join(wrong)


@claim
def the_redesign_made_no_revision(season: Season) -> None:
    """Neither it nor the days after it: all that changed then was edited then."""
    when = season.begin + timedelta(days=REDESIGN)
    false = []
    for number, revisions in archive.revisions(season.database_url).items():
        life = season.chronicle.lives[number]
        edited = [one.at for one in life.texts if one.why != "redesign"]
        for revision in revisions[1:]:
            if revision.at < when:
                continue
            seen_before = max((look for look in life.looks if look < revision.at - LONGEST_RUN), default=None)
            if seen_before is not None and not any(seen_before < at <= revision.at for at in edited):
                false.append(f"{where(season, life)}: revision {revision.number} of {season.day(revision.at)}")

    assert false == [], "\n".join(false)


@claim
def sections_and_tags_that_changed_are_dated_facts(season: Season) -> None:
    rows = ask(
        season.database_url,
        "SELECT a.source_id, t.kind, t.change, t.name FROM term_changes t JOIN articles a ON a.id = t.article_id",
    )
    found = Counter((int(one.source_id), one.kind, one.change, letters(one.name)) for one in rows)
    true: Counter[tuple[int, str, str, str]] = Counter()
    for life in season.chronicle.lives.values():
        for before, after in zip(life.seen_terms, life.seen_terms[1:], strict=False):
            for kind, old, new in (("section", before.sections, after.sections), ("tag", before.tags, after.tags)):
                true.update((life.id, kind, "removed", letters(one)) for one in old - new)
                true.update((life.id, kind, "added", letters(one)) for one in new - old)

    assert found == true, f"missing: {true - found}; false: {found - true}"


# --- removals --------------------------------------------------------------------------------------------------------


@claim
def no_article_that_is_there_is_believed_to_be_gone(season: Season) -> None:
    believed = archive.removals(season.database_url)
    false = []
    for number, removals in believed.items():
        life = season.chronicle.lives[number]
        for one in removals:
            if one.confirmed is not None and was_live(life, one.confirmed):
                false.append(f"{where(season, life)}: {one.state} at {season.day(one.confirmed)} ({one.looks} looks)")
            if not life.missed or one.first_failed < life.missed[0].at.replace(microsecond=0):
                false.append(f"{where(season, life)}: {one.state} since {season.day(one.first_failed)}, before it went")

    assert false == [], "\n".join(false)


@claim
def the_outage_and_the_day_without_articles_left_no_trace(season: Season) -> None:
    first, last = (season.begin + timedelta(days=one) for one in OUTAGE)
    rows = ask(season.database_url, "SELECT source_id, first_failed_at, confirmed_at FROM removed_articles")
    wrong = [
        f"{one.source_id}: {one.first_failed_at}, {one.confirmed_at}"
        for one in rows
        for told in (archive.moment(one.first_failed_at), archive.moment(one.confirmed_at))
        if told is not None and (first <= told < last or timedelta(36) <= told - season.begin < timedelta(37.5))
    ]

    assert wrong == [], "\n".join(wrong)


@claim
def every_removal_is_believed_when_the_rule_says_so_and_not_before(season: Season) -> None:
    believed = archive.removals(season.database_url)
    wrong = []
    for life in season.chronicle.lives.values():
        for begin, end in absences(life, season.end):
            looks = [one for one in life.missed if begin <= one.at < end]
            if not looks:
                continue
            state = next(one.state for one in life.places if one.at == begin)
            rows = [one for one in believed[life.id] if begin <= one.first_failed < end]
            told = f"{where(season, life)}, {state} from {season.day(begin)} to {season.day(end)}, {len(looks)} looks"
            if len(rows) != 1:
                wrong.append(f"{told}: {len(rows)} rows")
                continue
            (row,) = rows
            earliest, latest = belief(state, looks)
            if row.confirmed is not None and (earliest is None or row.confirmed < earliest.replace(microsecond=0)):
                wrong.append(f"{told}: {row.state} too early, {season.day(row.confirmed)}")
            if latest < end and (row.confirmed is None or row.confirmed > latest):
                wrong.append(f"{told}: {row.state}, not believed by {season.day(latest)}")
            if (end < season.end) != (row.returned is not None) and (end == season.end or returned_seen(life, end)):
                wrong.append(f"{told}: returned at {row.returned}")

    assert wrong == [], "\n".join(wrong)


@claim
def articles_that_went_keep_their_text_and_those_that_returned_are_live(season: Season) -> None:
    rows = {int(one.source_id): one for one in ask(season.database_url, "SELECT * FROM articles_current")}
    wrong = []
    for life in season.chronicle.lives.values():
        row, expected = rows[life.id], life.expected()[-1]
        if letters(row.body_text) != expected.text.body:
            wrong.append(f"{where(season, life)}: its text is not that of {expected.why}")
        if life.is_live() and row.state != "live" and life.looks[-1] > life.places[-1].at:
            wrong.append(f"{where(season, life)}: {row.state}, but it is there")

    assert wrong == [], "\n".join(wrong)


# --- the whole -------------------------------------------------------------------------------------------------------


@claim
def the_archive_equals_the_site_where_it_looked_last(season: Season) -> None:
    """Of every article whose page was seen since its last edit the current row is the newsroom's own truth."""
    truths = truth_of(season.newsroom)
    rows = {int(one.source_id): one for one in ask(season.database_url, "SELECT * FROM articles_current")}
    wrong = [
        where(season, life)
        for life in season.chronicle.lives.values()
        if life.is_live()
        and life.texts[-1].looks
        and letters(rows[life.id].headline) != letters(truths[life.id].headline)
    ]

    assert wrong == [], "\n".join(wrong)


@claim
def every_revision_can_be_proved(season: Season) -> None:
    unproved = "SELECT url, revision FROM article_history WHERE capture_file IS NULL OR capture_offset IS NULL"

    assert ask(season.database_url, unproved) == []
    assert list(season.data.rglob("*.warc.gz")) != []


@claim
def everything_verifies(season: Season) -> None:
    ended = run([SCRAPY, "verify"], environment(season.database_url, **season.env))

    assert ended.code == 0, ended.out + ended.err


# --- helpers ---------------------------------------------------------------------------------------------------------


def where(season: Season, life: Life) -> str:
    return f"article {life.id} ({life.places[-1].url.rsplit('/', 2)[-2]})"


def aligned(expected: list[Stood], stored: list[Stored]) -> list[tuple[Stood | None, Stored | None]]:
    """Both in their order, pairs of the same text side by side: the longest common subsequence."""
    best = [[0] * (len(stored) + 1) for _ in range(len(expected) + 1)]
    for i in reversed(range(len(expected))):
        for j in reversed(range(len(stored))):
            same = expected[i].text.same(stored[j].text)
            best[i][j] = best[i + 1][j + 1] + 1 if same else max(best[i + 1][j], best[i][j + 1])
    pairs: list[tuple[Stood | None, Stored | None]] = []
    i = j = 0
    while i < len(expected) or j < len(stored):
        if i < len(expected) and j < len(stored) and expected[i].text.same(stored[j].text):
            pairs.append((expected[i], stored[j]))
            i, j = i + 1, j + 1
        elif j == len(stored) or (i < len(expected) and best[i + 1][j] >= best[i][j + 1]):
            pairs.append((expected[i], None))
            i += 1
        else:
            pairs.append((None, stored[j]))
            j += 1
    return pairs


def kinds_of(life: Life, before: list[Stood], one: Stood) -> set[str]:
    """What was changed since the text before; a body may have been changed by notes of correction alone."""
    kinds = one.text.changed_from(before[-1].text)
    since = [other.why for other in life.texts if before[-1].at < other.at <= one.at]
    notes = [why for why in since if why.startswith("correction")]
    if "body" in kinds and notes:
        kinds |= {"correction"}
        if all(why.startswith(("correction", "headline", "byline", "credit", "date", "standfirst")) for why in since):
            kinds -= {"body"}
    texts = ("headline", "standfirst", "body")
    if kinds & {*texts, "correction"} and any(
        all(getattr(other.text, name) == getattr(one.text, name) for name in texts) for other in before[:-1]
    ):
        kinds |= {"restored"}
    return kinds


def was_live(life: Life, at: datetime) -> bool:
    return [one for one in life.places if one.at <= at][-1].state == "live"


def absences(life: Life, end: datetime) -> list[tuple[datetime, datetime]]:
    """From when to when it was not to be had. A return that nobody looked at parts nothing."""
    found: list[tuple[datetime, datetime]] = []
    for one, after in zip(life.places, [*[other.at for other in life.places[1:]], end], strict=True):
        if one.state == "live":
            continue
        if found and not any(found[-1][1] <= look < one.at for look in life.looks):
            found[-1] = (found[-1][0], after)
        else:
            found.append((one.at, after))
    return found


def belief(state: str | int, looks: list[Missed]) -> tuple[datetime | None, datetime]:
    """The earliest moment at which the looks allow to believe it (None: never), and the latest at which they must."""
    first = looks[0].at
    if state == 410:
        enough = [one.at for one in looks if one.at - first >= timedelta(hours=24)]
        return (enough[0] if enough else None), first + timedelta(hours=24) + A_LOOK_LATER
    enough = [one.at for number, one in enumerate(looks) if number >= 2 and one.at - first >= BELIEVED_AFTER]
    return (enough[0] if enough else None), first + BELIEVED_AFTER + A_LOOK_LATER


def returned_seen(life: Life, end: datetime) -> bool:
    return any(look >= end for look in life.looks)
