"""docs/sql-cookbook.md, out of foiscrawl/cookbook.toml and the archive of the demo: `make cookbook`."""

import io
import re
import sys
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import Any

from foiscrawl.commands.query_formats import writer
from foiscrawl.cookbook import Question, questions
from foiscrawl.formats import Field
from foiscrawl.storage.asking import Reader, open_reader
from tests.newsroom import Clock, demo_site
from tests.newsroom.demo import FOLDER

SHOWN = 5  # rows of an answer
WIDEST = 56  # characters of a cell
SECONDS = 20.0
_RUN = timedelta(minutes=20)  # no crawl of the demo takes longer
_HEAD = """\
# SQL cookbook

{count} questions to an archive, each with the SQL that answers it and the rows that it gives on the archive of
`make demo`. Made from `foiscrawl/cookbook.toml` by `make cookbook`; do not edit.

The SQL runs unchanged on SQLite and PostgreSQL. Where it cannot, both are given, and why. Ways to run it:

    FOISCRAWL_DATA_DIR=demo-data .venv/bin/foiscrawl query -f question.sql -p section=Politique
    sqlite3 -readonly -cmd ".parameter set :section 'Politique'" demo-data/foiscrawl.db < question.sql
    psql -v section="'Politique'" -f question.sql foiscrawl
    FOISCRAWL_DATA_DIR=demo-data .venv/bin/foiscrawl browse

Where there is no `sqlite3`, `python3 -m sqlite3 demo-data/foiscrawl.db "SELECT …"` does from Python 3.12 on.
`foiscrawl query` reads and never writes, stops after a minute, and writes CSV, JSON, Markdown or Parquet as well
(`--help`); without `FOISCRAWL_DATA_DIR` it asks your own archive. `foiscrawl browse` has all these questions, with
fields for their parameters: the names after a colon, such as `:section`. What the views and tables hold is told by
[schema.md](schema.md) and by `foiscrawl query --schema`. Moments are UTC.

Of each answer the first {shown} rows are shown; long texts are cut with …, and so is what differs each time that the
demo is played. Its crawls took some seconds each: what they saw is shown with the moment at which they began.
"""


def page(reader: Reader) -> str:
    themes = [(theme, list(found)) for theme, found in groupby(questions(), lambda one: one.theme)]
    parts = [_HEAD.format(count=len(questions()), shown=SHOWN)]
    for theme, found in themes:
        parts.append(f"**{theme}**\n")
        parts.append("".join(f"- [{one.title}](#{one.name})\n" for one in found))
    for theme, found in themes:
        parts.append(f"## {theme}\n")
        parts += [_block(one, *ask(reader, one)) for one in found]
    return "\n".join(parts)


def ask(reader: Reader, question: Question, *, postgres: bool = False) -> tuple[list[str], list[tuple[Any, ...]]]:
    """The columns and rows that a question gives with its examples."""
    sql = (question.postgres if postgres else None) or question.sql
    with reader.ask(sql, question.examples, seconds=SECONDS) as answer:
        return [one.name for one in answer.columns], list(answer.rows)


def _block(question: Question, columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    parts = [f'### <a id="{question.name}"></a>{question.title}\n', question.about + "\n"]
    parts += ["".join(f"- `:{one.name}`: {one.about}, here `{one.example}`\n" for one in question.parameters)] * bool(
        question.parameters
    )
    if question.postgres is None:
        parts.append(f"```sql\n{question.sql}\n```\n")
    else:
        parts.append(f"{question.differs} SQLite:\n\n```sql\n{question.sql}\n```\n")
        parts.append(f"PostgreSQL:\n\n```sql\n{question.postgres}\n```\n")
    if not rows:
        return "\n".join([*parts, f"No rows in the demo: {question.empty}\n"])
    parts.append(table(question, columns, rows[:SHOWN]))
    if len(rows) > SHOWN:
        parts.append(f"… and {len(rows) - SHOWN} more.\n")
    return "\n".join(parts)


def table(question: Question, columns: list[str], rows: list[tuple[Any, ...]]) -> str:
    """The rows as `foiscrawl query --format markdown` writes them, but for what is cut or differs each time."""
    out = io.BytesIO()
    told = writer("markdown", out, [Field(one, "text") for one in columns], formulas=False, terminal=False)
    told.write(
        [
            ["…" if name in question.varies else shown(one) for name, one in zip(columns, row, strict=True)]
            for row in rows
        ]
    )
    told.close()
    return out.getvalue().decode()


def shown(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    told = _settled(re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8000", value))
    return told if len(told) <= WIDEST else told[: WIDEST - 1].rstrip() + "…"


def crawls() -> list[datetime]:
    """When the crawls of the demo began, by the site's clock."""
    clock = Clock()
    begun = [clock()]
    for hours in demo_site.LATER:
        clock.forward(hours=hours)
        begun.append(clock())
    return begun


def _settled(value: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        return value
    moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    begun = next((one for one in crawls() if one <= moment < one + _RUN), moment)
    return f"{begun:%Y-%m-%dT%H:%M:%SZ}"


def main() -> None:
    reader = open_reader(f"sqlite:///{FOLDER / 'foiscrawl.db'}")
    sys.stdout.write(page(reader))
    reader.close()


if __name__ == "__main__":
    main()
