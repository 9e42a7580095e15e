"""`foiscrawl review`: what is held for a person, and what that person decides."""

import argparse
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.difference import pieces
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.site import load_site
from foiscrawl.spiders.checks import number, start_of
from foiscrawl.spiders.job import Clock, capture_folder, database_url

EXAMPLES = 3  # of each alarm
SHOWN = 5  # changes with their differences, for --show
CONTEXT = 60  # characters around a difference


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "[options] [ALARM]"

    def short_desc(self) -> str:
        return "List what is held for a person; release or discard it"

    def long_desc(self) -> str:
        return (
            "Without ALARM: lists open alarms and changes that are held by themselves. With --release what an alarm "
            "holds is read from its captures by today's code and believed; with --discard it is not, and captures and "
            "rows stay. See docs/operations.md."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--release", action="store_true", help="believe what is held")
        what.add_argument("--discard", action="store_true", help="do not believe it")
        what.add_argument("--show", action="store_true", help=f"word by word what differs in the first {SHOWN}")
        parser.add_argument("--change", type=int, metavar="N", help="one held change instead of an alarm")

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        opts.alarm = _alarm(args, opts.change)
        if opts.alarm is None and opts.change is None and (opts.release or opts.discard or opts.show):
            raise UsageError("name an alarm, as in: foiscrawl review 3 --release; foiscrawl review lists them")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            if opts.release or opts.discard:
                say([self._decide(opts)])
            else:
                with self.reading() as conn:
                    say(self._one(conn, opts) if opts.alarm is not None or opts.change is not None else self._all(conn))
        except FoiscrawlError as error:
            self.exitcode = refused(error)

    @property
    def _folder(self) -> Path:
        assert self.settings is not None
        return capture_folder(self.settings)

    def _all(self, conn: Any) -> Iterator[str]:
        from foiscrawl.storage import reviews

        alarms, alone = reviews.open_alarms(conn), reviews.alone(conn)
        for one in alarms:
            yield from _told(one)
            yield from _removals(conn, one, EXAMPLES)
            yield from self._headlines(conn, reviews.of_alarm(conn, one.id)[:EXAMPLES])
        if alone:
            yield f"held by themselves, without an alarm: {len(alone):,} changes"
            yield from self._headlines(conn, alone)
        if not alarms and not alone:
            yield "nothing is held"

    def _headlines(self, conn: Any, changes: Sequence[Any]) -> Iterator[str]:
        """Number, reason and day of each change, and its headline before and now."""
        for one, item in self._readings(conn, changes):
            now = "cannot be read" if item is None else f"« {item.headline or ''} »"
            old = f"« {one.headline or ''} »"
            yield f"  change {one.id}, {one.reason}, {_moment(one.seen_at)}: {one.url}"
            yield f"    {old}" if old == now else f"    {old} → {now}"

    def _readings(self, conn: Any, changes: Sequence[Any]) -> list[tuple[Any, Any]]:
        from foiscrawl.storage import deciding

        sites = {one.site for one in changes}
        return [
            pair
            for name in sorted(sites)
            for pair in deciding.readings(
                conn, load_site(name), self._folder, [one for one in changes if one.site == name]
            )
        ]

    def _one(self, conn: Any, opts: argparse.Namespace) -> Iterator[str]:
        from foiscrawl.storage import reviews

        alarm, changes = _wanted(conn, opts)
        if alarm is not None:
            yield from _told(alarm)
            yield from _removals(conn, alarm, None)
        if not opts.show:
            yield from self._headlines(conn, changes)
            return
        stored = reviews.texts(conn, [one.article_id for one in changes[:SHOWN]])
        for one, item in self._readings(conn, changes[:SHOWN]):
            yield f"change {one.id}, {one.reason}, {_moment(one.seen_at)}: {one.url}"
            if item is None:
                yield "  its captures give no article"
                continue
            headline, body = stored[one.article_id]
            yield from _difference("headline", headline, item.headline or "")
            yield from _difference("body", body, item.body_text)

    def _decide(self, opts: argparse.Namespace) -> str:
        from foiscrawl.storage import deciding, desk, removals

        assert self.settings is not None
        with self.reading() as conn:
            alarm, changes = _wanted(conn, opts)
        site = load_site(alarm.site if alarm is not None else changes[0].site)
        ids, alarm_id = [one.id for one in changes], alarm.id if alarm is not None else None
        now, wait = Clock(start_of(self.settings["FOISCRAWL_NOW"]))(), number(self.settings, "FOISCRAWL_DATABASE_WAIT")
        what = f"alarm {alarm_id}" if alarm_id is not None else f"change {opts.change}"
        with desk.writing(database_url(self.settings), site.name, wait) as transactions:
            if alarm is not None and alarm.kind == "mass_removal":
                decide = removals.discard if opts.discard else removals.release
                number_of = transactions.run(partial(decide, alarm_id=alarm.id, now=now))
                believed = "are suspected again" if opts.discard else "are removed or withdrawn; their texts are kept"
                return f"{what} {'discarded' if opts.discard else 'released'}: {number_of:,} articles {believed}"
            if opts.discard:
                gone = deciding.discard(transactions, ids, now, alarm_id)
                return f"{what} discarded: {gone:,} changes are not believed; their captures stay"
            done = deciding.release(transactions, site, self._folder, ids, now, alarm_id)
        told = f"{what} released: {done.revised:,} revisions, {done.same:,} read like the stored text"
        return f"{told}, {done.unreadable:,} cannot be read and stay held" if done.unreadable else told


def _wanted(conn: Any, opts: argparse.Namespace) -> tuple[Any, list[Any]]:
    """The alarm, None where one change was named; and what is held of it. Raises UsageError."""
    from foiscrawl.storage import reviews

    if opts.change is not None:
        one = reviews.change(conn, opts.change)
        if one is None:
            raise UsageError(f"there is no held change {opts.change}; foiscrawl review lists them")
        if one.state != "held":
            raise UsageError(f"change {opts.change} is {one.state} and waits for nobody")
        return None, [one]
    alarm = reviews.alarm(conn, opts.alarm)
    if alarm is None:
        meant = reviews.change(conn, opts.alarm) is not None
        hint = f"did you mean --change {opts.alarm}?" if meant else "foiscrawl review lists them"
        raise UsageError(f"there is no alarm {opts.alarm}; {hint}")
    if alarm.decision is not None and not opts.show:
        raise UsageError(f"alarm {opts.alarm} was {alarm.decision} before")
    return alarm, reviews.of_alarm(conn, alarm.id)


def _told(alarm: Any) -> Iterator[str]:
    """An alarm for a person."""
    raised = f"{alarm.site}, run {alarm.run_id} of {_moment(alarm.raised_at)}"
    yield f"alarm {alarm.id}, {alarm.kind}, {raised}: {alarm.message}"
    if alarm.changes:
        between = f"{_moment(alarm.first_at)} to {_moment(alarm.last_at)}"
        yield f"  holds {alarm.changes:,} changes of {alarm.articles:,} articles, seen {between}"


def _removals(conn: Any, alarm: Any, most: int | None) -> Iterator[str]:
    """What an alarm about removals holds. most: examples; None: all."""
    from foiscrawl.storage import removals

    held = [one for one in removals.held(conn, alarm.site_id) if one.alarm_id == alarm.id]
    if held:
        yield f"  holds {len(held):,} removals"
    for one in held[:most]:
        status = one.last_status or "no answer"
        yield f"  {one.state}, {one.looks} looks since {_moment(one.first_failed_at)}, last {status}: {one.url}"
        yield f"    « {one.headline or ''} »"


def _difference(name: str, before: str, after: str) -> Iterator[str]:
    """What differs, word by word: [-gone-] {+new+}, with a little of what stands around it."""
    found = pieces(before, after)
    if all(one.is_same for one in found):
        return
    parts = []
    for place, one in enumerate(found):
        if not one.is_same:
            gone, new = one.before.strip(), one.after.strip()
            parts.append((f"[-{gone}-]" if gone else "") + (f"{{+{new}+}}" if new else ""))
            continue
        text = " ".join(one.after.split())
        head = "" if place == 0 else text[:CONTEXT]
        tail = "" if place == len(found) - 1 else text[-CONTEXT:]
        parts.append(text if len(text) <= 2 * CONTEXT else f"{head} … {tail}".strip())
    yield f"  {name}: {' '.join(parts)}"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}" if at is not None else "?"


def _alarm(args: list[str], change: int | None) -> int | None:
    """The number of the alarm; None: none was named. Raises UsageError."""
    for one in args:
        if one.startswith("-"):
            raise UsageError(f"unknown option {one}; see foiscrawl review --help")
    if len(args) > 1 or (args and change is not None):
        raise UsageError("name one alarm or one change, as in: foiscrawl review 3 --release")
    if not args:
        return None
    if not args[0].isdecimal() or len(args[0]) > 18:
        raise UsageError(f"{args[0]} is no number of an alarm; foiscrawl review lists them")
    return int(args[0])
