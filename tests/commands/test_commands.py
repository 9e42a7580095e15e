"""The console script: a command by its name, and one that is not there."""

from pathlib import Path

import pytest

from tests.commands.test_crawl_command import refused
from tests.crawling import FOISCRAWL, environment, run


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("qurey", "there is no command qurey; did you mean query?"),
        ("grant_reader", "there is no command grant_reader; did you mean grant-reader?"),
        ("xyz", "there is no command xyz; foiscrawl --help lists the commands"),
        ("a\n\x1b[31m", r"there is no command a\n\x1b[31m; foiscrawl"),
    ],
)
def test_a_command_that_is_not_there_is_told_in_one_line(word: str, told: str, tmp_path: Path):
    ended = run([FOISCRAWL, word, "SELECT 1"], environment(), cwd=tmp_path)

    assert told in refused(ended)
    assert list(tmp_path.iterdir()) == []


def test_help_names_the_commands_as_they_are_typed():
    ended = run([FOISCRAWL, "--help"], environment())

    assert ended.code == 0
    assert "\n  grant-reader  Make, or mend, a PostgreSQL role" in ended.out
    assert "\n  query         Ask the archive in SQL" in ended.out
