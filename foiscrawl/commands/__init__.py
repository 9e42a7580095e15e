"""Scrapy commands of ours, and the console script that is `scrapy` with this project's settings found from anywhere."""

import argparse
import os
import sys
from collections.abc import Iterable
from typing import NoReturn

from scrapy.cmdline import execute

from foiscrawl.errors import FoiscrawlError, UsageError


def main() -> None:
    """`foiscrawl COMMAND …`: works in any directory, whatever scrapy.cfg lies there."""
    os.environ["SCRAPY_SETTINGS_MODULE"] = "foiscrawl.settings"
    execute()


def refused(error: FoiscrawlError) -> int:
    """Tell a person in one line; gives the exit code. What an argument brought along must not reach the terminal."""
    line = harmless(str(error)).replace("\n", "\\n")
    print(f"foiscrawl: {line}", file=sys.stderr)
    return int(error.exit_code)


def harmless(text: str) -> str:
    """Text from elsewhere, for a terminal: what it would obey or nobody could see is shown as an escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in "\n\u00a0\u202f" else ascii(one)[1:-1] for one in text)


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


def say(lines: Iterable[str]) -> None:
    """Print, and end quietly where nobody reads any more, as in `| head -1`."""
    try:
        for line in lines:
            print(line, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it ends
