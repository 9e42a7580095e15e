"""Scrapy commands of ours, and the console script that is `scrapy` with this project's settings found from anywhere."""

import argparse
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from typing import TYPE_CHECKING, ClassVar, NoReturn

from scrapy.cmdline import execute
from scrapy.exceptions import UsageError as ScrapyUsageError

from foiscrawl.errors import FoiscrawlError, UsageError
from foiscrawl.spiders.checks import check_settings
from foiscrawl.text import harmless

# Scrapy lists each subclass of its own that it finds in this package as a command; what commands share is none.
if TYPE_CHECKING:
    from scrapy.commands import ScrapyCommand as _Command
    from sqlalchemy import Connection
else:
    _Command = object


def main() -> None:
    """`foiscrawl COMMAND …`: works in any directory, whatever scrapy.cfg lies there."""
    os.environ["SCRAPY_SETTINGS_MODULE"] = "foiscrawl.settings"
    name = next((one for one in sys.argv[1:] if not one.startswith("-")), None)
    known = _names()
    if name is not None and name not in known:
        near = get_close_matches(name, known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else "foiscrawl --help lists the commands"
        sys.exit(refused(UsageError(f"there is no command {name}; {hint}")))
    execute()


def _names() -> set[str]:
    """Of all commands, Scrapy's, ours and those of other packages: each is a module with a class Command."""
    found = {one.name for one in entry_points(group="scrapy.commands")}
    for package in ("scrapy.commands", __name__):
        modules = (import_module(f"{package}.{one.name}") for one in iter_modules(import_module(package).__path__))
        found.update(one.__name__.rpartition(".")[2] for one in modules if hasattr(one, "Command"))
    return found


def refused(error: FoiscrawlError) -> int:
    """Tell a person in one line; gives the exit code. What an argument brought along must not reach the terminal."""
    line = harmless(str(error)).replace("\n", "\\n")
    print(f"foiscrawl: {line}", file=sys.stderr)
    return int(error.exit_code)


def refuse_in_one_line(parser: argparse.ArgumentParser) -> None:
    """Without the usage that argparse prints before its complaint; Scrapy's own complaints go this way too."""

    def refuse(message: str) -> NoReturn:
        sys.exit(refused(UsageError(message)))

    parser.error = refuse  # type: ignore[method-assign]


def check_pairs(option: str, values: Iterable[str]) -> None:
    """Raises UsageError that names the one without a value; Scrapy's own would not."""
    for one in values:
        name, equals, _ = one.partition("=")
        if not equals or not name:
            raise UsageError(f"{option} {one} must look like {option} {name or 'NAME'}=VALUE")


class ArchiveCommand(_Command):
    """What the commands that read an archive share: wrong words and settings end in one line, exit code 2."""

    requires_project = True
    requires_crawler_process = False
    default_settings: ClassVar[dict[str, object]] = {"LOG_ENABLED": False}

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        refuse_in_one_line(parser)

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        try:
            check_pairs("-s", opts.set)
            super().process_options(args, opts)
            assert self.settings is not None
            check_settings(self.settings)
            self.check(args, opts)
        except (FoiscrawlError, OSError) as error:
            raise ScrapyUsageError(error, print_help=False) from error

    @contextmanager
    def reading(self) -> "Iterator[Connection]":
        """The archive as it is at this moment. Raises FoiscrawlError, also for what the database says inside."""
        # Imported here: Scrapy loads every command before it runs one, and Alembic takes a quarter of a second.
        from foiscrawl.spiders.job import database_url
        from foiscrawl.storage.opened import read_archive

        assert self.settings is not None
        with read_archive(database_url(self.settings)) as conn:
            yield conn

    def check(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read the words of the command. Raises UsageError; without words of its own it takes none."""
        if args:
            name = type(self).__module__.rpartition(".")[2]
            raise UsageError(f"unknown argument {args[0]}; see foiscrawl {name} --help")


def say(lines: Iterable[str]) -> None:
    """Print, and end quietly where nobody reads any more, as in `| head -1`."""
    try:
        for line in lines:
            print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it ends
