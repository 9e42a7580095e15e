"""docs/schema.md, out of the comments of the tables: `python -m foiscrawl.storage.schema_doc > docs/schema.md`."""

import sys

from sqlalchemy import Column, Table
from sqlalchemy.dialects import sqlite

from foiscrawl.storage.columns import Json, UtcDateTime
from foiscrawl.storage.models import metadata
from foiscrawl.storage.schema_diagram import diagrams
from foiscrawl.storage.views import views

_HEAD = """\
# The schema of the archive

Generated from the comments in `foiscrawl/storage/models/` and `views.py` by `python -m foiscrawl.storage.schema_doc`;
do not edit. Ask the views first: they keep their columns, and give the same text on SQLite and PostgreSQL.

Moments are in UTC. Tables hold them as `timestamptz` on PostgreSQL and as text like `2026-11-23T04:05:06Z` on SQLite;
the views show that text on both. A column without « not null » is NULL where nothing is known.
"""

_SEARCH = """\
## Full-text search

The tables that follow `search_texts`; the database itself keeps them, in the transaction that stores a text. What
`foiscrawl search` asks can be asked in SQL alone: see « Words » in [sql-cookbook.md](sql-cookbook.md#search-a-word).
"""
_KINDS = "on SQLite a full-text table (FTS5) of the stems in `search_texts`, on PostgreSQL a view of them"
SEARCHED = {
    "article_search": "Current texts, to be searched",
    "revision_search": "Superseded texts, to be searched",
}
SEARCH_COLUMNS = {
    "sqlite": {
        "rowid": "The number that is `search_texts.place`, which leads to the article",
        "headline": "Stems of the headline; `WHERE article_search MATCH 'headline : foret'` looks in it alone",
        "standfirst": "Stems of the standfirst",
        "body": "Stems of the body",
    },
    "postgresql": {
        "place": "Its place among the answers, the highest first (see `search_texts.place`)",
        "article_id": "Number of the article (articles.id)",
        "number": "Number of the revision",
        "headline": "Stems of the headline, joined by blanks",
        "standfirst": "Stems of the standfirst, joined by blanks",
        "body": "Stems of the body, joined by blanks",
        "words": "All these stems, each once; an index finds them: `WHERE words @@ 'foret & grev'`",
    },
}


def schema_doc() -> str:
    parts = [_HEAD, diagrams(), "## Views\n", *map(_section, views.sorted_tables), "## Tables\n"]
    parts += map(_section, metadata.tables.values())
    return "\n".join([*parts, _SEARCH, *(_searched(name, words) for name, words in SEARCHED.items())])


def _searched(name: str, words: str) -> str:
    lines = [f"### {name}\n", f"{words}: {_KINDS}.\n", "| database | column | meaning |", "|---|---|---|"]
    for dialect, title in (("sqlite", "SQLite"), ("postgresql", "PostgreSQL")):
        told = {column: meaning.replace("article_search", name) for column, meaning in SEARCH_COLUMNS[dialect].items()}
        lines += [f"| {title} | `{column}` | {meaning} |" for column, meaning in told.items()]
    return "\n".join([*lines, ""])


def _section(table: Table) -> str:
    lines = [f"### {table.name}\n", f"{table.comment}.\n", "| column | type | meaning |", "|---|---|---|"]
    lines += [f"| `{column.name}` | {type_of(column)} | {column.comment} |" for column in table.columns]
    return "\n".join([*lines, ""])


def type_of(column: Column[object]) -> str:
    if isinstance(column.type, UtcDateTime):
        name = "moment"
    elif column.type is Json:
        name = "JSON"
    else:
        name = column.type.compile(sqlite.dialect()).lower().replace("bigint", "integer")
    facts = [name]
    if column.primary_key:
        facts.append("key")
    elif not column.nullable:
        facts.append("not null")
    facts += [f"→ `{one.target_fullname}`" for one in sorted(column.foreign_keys, key=str)]
    return ", ".join(facts)


if __name__ == "__main__":
    sys.stdout.write(schema_doc())
