"""The questions of the cookbook: SQL with its title, its parameters and an example value for each.

They stand in `cookbook.toml`, the one source of the page `docs/sql-cookbook.md` and of the questions in the browser.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

_NAME = re.compile(r"[a-z][a-z0-9-]*")
_PARAMETER = re.compile(r"(?<![:\w]):([a-z_][a-z0-9_]*)")
_KEYS = frozenset(["name", "title", "about", "sql", "postgres", "differs", "theme", "varies", "empty", "parameters"])
_LITERAL = re.compile(r"'(?:[^']|'')*'|--[^\n]*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value that the asker gives, as text. SQL names it as `:name`."""

    name: str
    about: str
    example: str


@dataclass(frozen=True, slots=True)
class Question:
    """One block of the cookbook.

    name      short, for addresses; unique
    title     what is asked, in one line
    about     what the answer means, and what it does not
    sql       runs unchanged on SQLite and PostgreSQL
    postgres  other SQL for PostgreSQL; None: the same
    differs   why it is another one
    theme     what the question belongs to; those of one theme follow each other
    varies    columns that differ from one playing of the demo to the next
    empty     why the demo archive gives no rows
    """

    name: str
    title: str
    about: str
    sql: str
    parameters: tuple[Parameter, ...]
    postgres: str | None = None
    differs: str | None = None
    theme: str = ""
    varies: tuple[str, ...] = ()
    empty: str | None = None

    @property
    def examples(self) -> dict[str, str]:
        """An example value for each parameter."""
        return {one.name: one.example for one in self.parameters}


@cache
def questions() -> tuple[Question, ...]:
    """All of them, in the order of the file. Raises ValueError that names the one that is wrong."""
    raw = resources.files("foiscrawl").joinpath("cookbook.toml").read_text("utf-8")
    return parse(tomllib.loads(raw))


def parse(document: dict[str, Any]) -> tuple[Question, ...]:
    found, theme = [], ""
    for one in document["question"]:
        theme = one.get("theme", theme)
        found.append(_question(one, theme))
    names = [one.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"cookbook: two questions are called {name}")
    return tuple(found)


def named(sql: str) -> set[str]:
    """The parameters that SQL names; colons in literals and comments are none."""
    return set(_PARAMETER.findall(_LITERAL.sub("", sql)))


def _question(raw: dict[str, Any], theme: str) -> Question:
    name = raw.get("name", "")
    if not _NAME.fullmatch(name):
        raise ValueError(f"cookbook: {name!r} is no name of a question; lower-case words joined by hyphens")
    unknown = set(raw) - _KEYS
    if unknown:
        raise ValueError(f"cookbook: {name} has an unknown key {min(unknown)}")
    told = raw.get("parameters", {})
    question = Question(
        name=name,
        title=raw["title"],
        about=raw["about"],
        sql=raw["sql"].strip(),
        parameters=tuple(Parameter(one, told[one]["about"], told[one]["example"]) for one in told),
        postgres=raw["postgres"].strip() if "postgres" in raw else None,
        differs=raw.get("differs"),
        theme=theme,
        varies=tuple(raw.get("varies", ())),
        empty=raw.get("empty"),
    )
    if (question.postgres is None) != (question.differs is None):
        raise ValueError(f"cookbook: {name} needs `differs` exactly where it has SQL of its own for PostgreSQL")
    if any(named(sql) != set(told) for sql in (question.sql, question.postgres or question.sql)):
        raise ValueError(f"cookbook: the SQL of {name} and its list of parameters differ")
    return question
