"""The results, for eyes on a terminal, for programs as JSON, and for the documentation."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.figures import Figure, Form
from benchmarks.forms import BARE, COMMON

METHOD = """\
Pages of about 100 KB come gzipped from a newsroom in another process, which has rendered them before the first
request; 16 requests at a time, no delay. CPU is that of the crawling process, user and system, all its threads, as the
operating system counts it; a PostgreSQL server's own is not in it. Each form also crawls the same site without
articles: that is its start-up, and it is taken off before its CPU is divided by the articles. The crawls of a round
follow one another and medians are taken over the rounds, so that only ratios mean much on another machine. The full
crawl (`-a mode=backfill`) reads every front, section, feed, sitemap and REST page besides the articles, and stores all
that the schema holds. "Scrapy, download only" asks for the same pages, which a crawl before has found, and does nothing
with them; the "common form" (`benchmarks/common_form.py`) walks the section pages, reads ten fields with CSS selectors
and commits each article through an ORM.

A search is compared with the bare question that one would write oneself for the engine's own index: the places of the
twenty best by its rank, no text read and nothing marked. On PostgreSQL that asks a table of its own with a stored
tsvector and a GIN index, and as many processes as the planner takes. Each question is put to both by turns, three
times, and its medians count; p50 and p95 are those of fifty questions of a kind, three for a word of most articles.

An export is compared with a program that knows nothing of the archive: with the database's own driver it reads each
table that the export carries, SELECT * in batches that are thrown away; neither its start nor its connection is
counted. The export is the whole command: start-up, packing, writing and digests. Both run once in each round, one after
the other. A command's peak memory is its own: a small process starts it, since Linux counts for a new process the
memory that its parent had.
"""


def show(forms: Sequence[Form], figures: Sequence[Figure]) -> None:
    console = Console()
    for title, head, rows in (("Crawls", _FORMS, _form_rows(forms)), ("Figures", _FIGURES, _figure_rows(figures))):
        table = Table(title=title, title_justify="left")
        for name in head:
            table.add_column(name, overflow="fold", no_wrap=name == head[0])
        for row in rows:
            table.add_row(*row, style="red" if row[-1] == "not met" else None)
        console.print(table)


def write(
    folder: Path,
    machine: Mapping[str, str],
    sizes: Mapping[str, int],
    forms: Sequence[Form],
    figures: Sequence[Figure],
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    told = {
        "machine": dict(machine),
        "sizes": dict(sizes),
        "crawls": [asdict(one) for one in forms],
        "figures": [asdict(one) | {"met": one.met} for one in figures],
    }
    (folder / "benchmarks.json").write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n")
    parts = [
        "# Benchmarks",
        "Written by `make bench`; do not edit.",
        "## Limits",
        _markdown(_FIGURES, _figure_rows(figures)),
        "## Crawls of the same articles",
        _markdown(_FORMS, _form_rows(forms)),
        "## How it is measured",
        METHOD.strip(),
        _markdown(("Size", "Value"), [(name, f"{value:,}") for name, value in sizes.items()]),
        "## Machine",
        _markdown(("What", "Which"), list(machine.items())),
    ]
    (folder / "benchmarks.md").write_text("\n\n".join(parts) + "\n")


_FORMS = ("Crawler", "Articles/s", "CPU ms/article", "Start-up CPU s", "Peak MB", "to bare", "to the common form")
_FIGURES = ("Figure", "Measured", "Limit", "")


def _form_rows(forms: Sequence[Form]) -> list[tuple[str, ...]]:
    of = {one.name: one for one in forms}
    return [
        (
            one.name,
            f"{one.rate:.0f}",
            f"{one.cpu:.2f}",
            f"{one.start:.2f}",
            f"{one.memory:.0f}",
            f"{one.cpu / of[BARE].cpu:.2f} ×",
            f"{one.cpu / of[COMMON].cpu:.2f} ×",
        )
        for one in forms
    ]


def _figure_rows(figures: Sequence[Figure]) -> list[tuple[str, ...]]:
    words = {None: "", True: "met", False: "not met"}
    return [
        (
            one.name,
            _number(one.value, one.unit),
            "" if one.limit is None else ("" if one.exact else "≤ ") + _number(one.limit, one.unit),
            words[one.met],
        )
        for one in figures
    ]


def _number(value: float, unit: str) -> str:
    shown = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.{1 if abs(value) >= 10 else 3}f}"
    return f"{shown} {unit}".strip()


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(one)} |" for one in lines)
