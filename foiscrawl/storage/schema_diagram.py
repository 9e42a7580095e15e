"""The diagrams of docs/schema.md, as Mermaid draws them, out of the foreign keys of the tables."""

from collections.abc import Iterable

from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint

from foiscrawl.storage.models import metadata

# Each table has one group; a diagram draws the foreign keys of its own tables, and the tables of others as empty boxes.
GROUPS = {
    "Articles, their texts and the raw answers": (
        "sites",
        "articles",
        "revisions",
        "rereadings",
        "fetches",
        "captures",
    ),
    "Lists that belong to an article": ("article_sections", "authors", "tags", "images", "links", "term_changes"),
    "What makes articles quick to find": ("search_texts", "near_bands", "article_counts"),
    "What was crawled, and who stood where": ("sections", "runs", "urls", "policies", "places", "sightings"),
    "What was missing, doubted or held": ("looks", "removals", "quarantine", "held_changes", "alarms"),
}
_MANY_KEYS = 10  # a diagram with more of them is drawn from top to bottom, else from left to right
_HEAD = """\
## How the tables hang together

Keys only; the columns stand below. Of two boxes that a line joins, the one at the fork has many rows for one of the
other; a circle at the other end: it may have none. Boxes without columns belong to another diagram.
"""


def diagrams() -> str:
    parts = [_HEAD]
    for title, names in GROUPS.items():
        parts.append(f"### {title}\n\n```mermaid\n{_diagram([metadata.tables[one] for one in names])}\n```\n")
    return "\n".join(parts)


def _diagram(tables: Iterable[Table]) -> str:
    lines: list[str] = []
    edges: list[str] = []
    for table in tables:
        lines += [f"    {table.name} {{", *_keys(table), "    }"]
        edges += [_edge(one) for one in sorted(table.foreign_key_constraints, key=lambda one: str(one.name))]
    direction = "TB" if len(edges) > _MANY_KEYS else "LR"
    return "\n".join(["erDiagram", f"    direction {direction}", *lines, *edges])


def _keys(table: Table) -> list[str]:
    rows = []
    for column in table.columns:
        marks = ["PK"] * column.primary_key + ["FK"] * bool(column.foreign_keys)
        if marks:
            kind = "text" if str(column.type) in ("TEXT", "VARCHAR") else "integer"
            rows.append(f"        {kind} {column.name} {', '.join(marks)}")
    return rows


def _edge(key: ForeignKeyConstraint) -> str:
    columns = list(key.columns)
    one = "o|" if any(column.nullable for column in columns) else "||"
    many = "|o" if _is_unique(key) else "}o"
    label = ", ".join(column.name for column in columns)
    return f'    {key.table.name} {many}--{one} {key.referred_table.name} : "{label}"'


def _is_unique(key: ForeignKeyConstraint) -> bool:
    """Whether at most one row has the same value."""
    columns = set(key.columns)
    uniques = [set(one.columns) for one in key.table.constraints if isinstance(one, UniqueConstraint)]
    return any(unique <= columns for unique in [set(key.table.primary_key.columns), *uniques])
