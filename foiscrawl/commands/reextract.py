"""`foiscrawl reextract SITE`: read stored captures with today's code; show what differs, or with --apply keep it."""

import argparse
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.site import Site, load_site, site_names
from foiscrawl.spiders.arguments import nearest
from foiscrawl.spiders.checks import number, start_of
from foiscrawl.spiders.job import Clock, capture_folder, database_url

EXAMPLES = 3  # of each field, in a preview
WIDTH = 60  # characters of a value that are shown


@dataclass
class Tally:
    """What was read again. layouts: (before, now) -> texts; fields: layout now -> field -> texts that differ in it."""

    read: int = 0
    differing: int = 0
    layouts: Counter[tuple[str, str]] = field(default_factory=Counter)
    fields: dict[str, Counter[str]] = field(default_factory=dict)
    examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    problems: Counter[str] = field(default_factory=Counter)

    def add(self, one: Any) -> None:
        self.read += 1
        if one.problem is not None:
            self.problems[one.problem] += 1
            return
        self.layouts[one.from_layout, one.to_layout] += 1
        self.differing += bool(one.before)
        for name, before in one.before.items():
            self.fields.setdefault(one.to_layout, Counter())[name] += 1
            shown = self.examples.setdefault((one.to_layout, name), [])
            if len(shown) < EXAMPLES:
                old, new = _apart(_shown(before), _shown(one.after[name]))
                shown.append(f"{one.url}: « {old} » → « {new} »")

    def lines(self, *, examples: bool) -> Iterator[str]:
        yield f"{self.read:,} texts were read again: {self.differing:,} differ"
        for (before, now), texts in sorted(self.layouts.items()):
            yield f"  layout {now}: {texts:,} texts" + (f", read by {before} before" if before != now else "")
        for layout, fields in sorted(self.fields.items()):
            for name, texts in fields.most_common():
                yield f"  {layout}: {name} differs in {texts:,}"
                if examples:
                    yield from (f"    {one}" for one in self.examples[layout, name])
        for problem, texts in sorted(self.problems.items()):
            yield f"  {texts:,} stay as they are: {problem}"


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "[options] SITE"

    def short_desc(self) -> str:
        return "Read stored captures again with today's reading code, and show or keep what differs"

    def long_desc(self) -> str:
        return (
            "Asks the site for nothing. Without --apply nothing is written. What differs is our parser's doing: with "
            "--apply texts change in their places, the readings before are kept in the table rereadings, and no "
            "revision is added. Quarantined pages and held changes are judged again as well."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--preview", action="store_true", help="show what would differ and write nothing (default)")
        what.add_argument("--apply", action="store_true", help="keep the new readings")
        parser.add_argument("--processes", type=int, metavar="N", help="processes that read (default: one a core)")
        parser.add_argument("--since", metavar="DATE", help="only texts that were captured then or later")
        parser.add_argument("--layout", metavar="NAME", help="only texts that were read by this layout")

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        opts.site = _site(args)
        opts.since = _moment(opts.since)
        if opts.processes is None:
            opts.processes = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        if not 1 <= opts.processes <= 64:
            raise UsageError(f"--processes {opts.processes} must be from 1 to 64")
        names = [one.name for one in (*opts.site.layouts, opts.site.generic)]
        if opts.layout is not None and opts.layout not in names:
            raise UsageError(f"there is no layout {opts.layout}; {nearest(opts.layout, names)}")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy loads every command before it runs one, and Alembic takes a quarter of a second.
        from foiscrawl.storage import reextraction

        assert self.settings is not None
        folder, told = capture_folder(self.settings), Tally()
        wanted = reextraction.Wanted(
            database_url(self.settings), folder, opts.site, opts.processes, opts.since, opts.layout
        )
        now, wait = Clock(start_of(self.settings["FOISCRAWL_NOW"]))(), number(self.settings, "FOISCRAWL_DATABASE_WAIT")
        try:
            with _seen(told) as seen:
                if opts.apply:
                    done = reextraction.apply(wanted, now, seen, wait)
                else:
                    done = reextraction.preview(wanted, now, seen)
        except FoiscrawlError as error:
            self.exitcode = refused(error)
            return
        say([*told.lines(examples=not opts.apply), *_mended(done.pages, done.plan)])
        if done.equal:
            say([f"{done.equal:,} revisions read like the one before them by now; they stay"])
        if not opts.apply:
            say(["nothing was written; --apply keeps it"])


def _mended(pages: Any, plan: Any) -> Iterator[str]:
    if pages.believed or pages.doubted:
        yield f"quarantine: {pages.believed:,} pages are believed now, {pages.doubted:,} still are not"
    if plan.apply or plan.doubtful or plan.unread:
        yield (
            f"held changes: {plan.same:,} read like the stored text, {plan.edits:,} are edits, "
            f"{plan.doubtful:,} stay held, {plan.unread:,} cannot be read"
        )
    for alarm_id in plan.close:
        yield f"alarm {alarm_id} is over"


@contextmanager
def _seen(told: Tally) -> Iterator[Callable[[Sequence[Any], int], None]]:
    """What is to be called with texts that were read again: counts them, and on a terminal shows how far it is."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("texts", total=None)

        def seen(found: Sequence[Any], total: int) -> None:
            for one in found:
                told.add(one)
            bar.update(task, advance=len(found), total=total)

        yield seen


def _shown(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(str(entry[0] if isinstance(entry, list | tuple) and entry else entry) for entry in value)
    return "" if value is None else " ".join(str(value).split())


def _apart(old: str, new: str) -> tuple[str, str]:
    """Both from a little before the place where they part, cut to what fits."""
    start = next((place for place, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, start - WIDTH // 3)
    return tuple(("…" if start else "") + _cut(one[start:]) for one in (old, new))  # type: ignore[return-value]


def _cut(text: str) -> str:
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"


def _site(args: list[str]) -> Site:
    for one in args:
        if one.startswith("-"):
            raise UsageError(f"unknown option {one}; see foiscrawl reextract --help")
    if len(args) != 1:
        raise UsageError(f"name one site, as in: foiscrawl reextract {site_names()[0]}")
    if args[0] not in site_names():
        raise UsageError(f"there is no site {args[0]}; {nearest(args[0], site_names())}")
    return load_site(args[0])


def _moment(raw: str | None) -> datetime | None:
    """The instant that --since names, in UTC where it names no zone. Raises UsageError."""
    if raw is None:
        return None
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise UsageError(f"--since {raw} is no date; it must look like 2026-11-23") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
