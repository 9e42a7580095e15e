"""`foiscrawl history URL`: the revisions of an article and what differs between them."""

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from scrapy.commands import ScrapyCommand

from foiscrawl.commands import ArchiveCommand, refused, say
from foiscrawl.commands.files import check_new, write_whole
from foiscrawl.errors import FoiscrawlError, UsageError


class Command(ArchiveCommand, ScrapyCommand):
    def syntax(self) -> str:
        return "URL [--html FILE [--force] | --json]"

    def short_desc(self) -> str:
        return "Show the revisions of an article and what its publisher changed"

    def long_desc(self) -> str:
        return (
            "URL is any address of the article (an old or short one too, ?p=NUMBER for the publisher's number) or the "
            "article's number in the archive. Without an option the differences are printed word by word."
        )

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--html", metavar="FILE", help="write a page with the revisions side by side")
        parser.add_argument("--json", action="store_true", help="print one JSON document, for programs")
        parser.add_argument("--force", action="store_true", help="write over an existing FILE")

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        _check(args, opts)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        # Imported here: Scrapy loads every command before it runs one.
        from foiscrawl.commands.history_page import page
        from foiscrawl.commands.history_text import lines
        from foiscrawl.telling import count

        assert self.settings is not None
        try:
            found = self._found(args[0])
            if opts.html is not None:
                write_whole(Path(opts.html), page(found))
                say([f"{count(len(found.revisions), 'revision')} of article {found.id}: {opts.html}"])
            elif opts.json:
                say([json.dumps(document(found), indent=2)])  # ASCII: what is archived must not reach a terminal raw
            else:
                say(lines(found))
        except FoiscrawlError as error:
            self.exitcode = refused(error)

    def _found(self, asked: str) -> Any:
        """The History of the article. Raises UsageError with the nearest address where there is none."""
        from foiscrawl.storage import history

        with self.reading() as conn:
            try:
                id_ = history.find(conn, asked)
                near = history.nearest(conn, asked) if id_ is None else None
            except ValueError:  # no address at all
                id_ = near = None
            if id_ is None:
                raise UsageError(f"the archive knows no article {asked}" + (f"; did you mean {near} ?" if near else ""))
            return history.history(conn, id_)


def _check(args: list[str], opts: argparse.Namespace) -> None:
    for one in args:
        if one.startswith("-"):
            raise UsageError(f"unknown option {one}; see foiscrawl history --help")
    if len(args) != 1 or not args[0].strip():
        raise UsageError("name one article, as in: foiscrawl history https://www.example.fr/an-article/")
    if opts.json and opts.html is not None:
        raise UsageError("--json and --html cannot be asked for together")
    if opts.force and opts.html is None:
        raise UsageError("--force is of use with --html only")
    if opts.html is not None:
        check_new(Path(opts.html), force=opts.force)


def document(found: Any) -> dict[str, Any]:
    """What `--json` prints. Keys are added, never renamed; moments are ISO 8601 in UTC, what is not known is null."""
    from foiscrawl.telling import changes

    told: dict[str, Any] = _plain(asdict(found))
    for number, (before, after) in enumerate(zip([None, *found.revisions], found.revisions, strict=False)):
        differences = [] if before is None else changes(before, after)
        told["revisions"][number]["changes"] = [
            {"field": one.field, "before": one.before, "after": one.after, "words": one.words()} for one in differences
        ]
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.strftime("%Y-%m-%dT%H:%M:%SZ") if hasattr(value, "strftime") else value
