"""The report as one HTML page that needs nothing else: no script, nothing loaded, archived text escaped."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

import matplotlib as mpl

from foiscrawl import __version__
from foiscrawl.report.drawing import style, svg
from foiscrawl.report.parts import Part, parts
from foiscrawl.storage.filters import Filter
from foiscrawl.storage.reporting import Answer, Answers
from foiscrawl.storage.reporting.sql import QUESTIONS
from foiscrawl.text import harmless

_STYLE = """
:root { color-scheme: light; --dim: #555; --line: #ccc; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 60rem; background: #fff; color: #111;
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .5rem; }
h2 { font-size: 1.2rem; margin: 0 0 .4rem; }
section { margin-top: 2.5rem; padding-top: 1rem; border-top: 2px solid var(--line); }
p { margin: 0 0 .7rem; max-width: 46rem; }
.note { color: var(--dim); font-size: .9rem; }
.plot { margin: .75rem 0; overflow-x: auto; }
.plot svg { display: block; width: 100%; min-width: 42rem; height: auto; }
.plot svg * { stroke-linejoin: round; stroke-linecap: butt; }
details { margin: .3rem 0; font-size: .9rem; }
summary { cursor: pointer; color: var(--dim); }
.rows { overflow: auto; max-height: 24rem; }
table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; margin: .4rem 0; }
th, td { padding: .12rem .6rem .12rem 0; text-align: right; border-bottom: 1px solid #e5e5e5; white-space: nowrap; }
th:first-child, td:first-child { text-align: left; white-space: normal; min-width: 5.5rem; }
pre { margin: .4rem 0; padding: .7rem; background: #f5f5f5; font-size: .8rem; white-space: pre-wrap; }
nav ul { columns: 16rem; margin: 0; padding-left: 1.2rem; }
.facts th { font-weight: normal; padding-right: 1.5rem; }
.facts td { text-align: left; white-space: normal; }
@media print {
  @page { size: A4; margin: 16mm 14mm; }
  body { max-width: none; padding: 0; font-size: 10pt; color: #000; }
  nav { display: none; }
  .keep { break-inside: avoid; }
  .plot { overflow: visible; break-inside: avoid; }
  .plot svg { min-width: 0; max-height: 235mm; }
  .rows { overflow: visible; max-height: none; }
  pre { background: #fff; border: 1px solid #999; }
}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
# Which options do not mean what the heading says they do.
_NARROWER = {
    "coverage": (
        ("authors", "states"),
        "counts addresses that are not stored too, of which no author and no state is known: {options} is not applied "
        "here. Its days are those of UTC, and what has no date is in.",
    ),
    "runs": (
        ("sections", "authors", "states"),
        "is about runs, which belong to no article: {options} is not applied here. Dates are those of the runs.",
    ),
}
_OPTIONS = {"sections": "--section", "authors": "--author", "states": "--state", "since": "--since", "until": "--until"}
# Questions that are no part of their own, and what they count.
_HEAD = {"totals": "articles", "health": "runs"}


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the plots. archive: where it is, without a password."""

    archive: str
    made_at: datetime
    zone: str
    wanted: Filter


def page(found: Answers, frame: Frame, step: Callable[[], object]) -> str:
    """The whole document. `step` is called after each part."""
    shown = list(parts(found, frame.zone))
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{_text(_title(found, frame))}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            *_head(found, frame, shown),
            "<main>",
            *(line for one in shown for line in _part(one, found[one.key], frame, step)),
            "</main>",
            "</body>",
            "</html>",
            "",
        )
    )


def part_count() -> int:
    """How often `page` calls its `step`."""
    return len(QUESTIONS) - len(_HEAD)


def _title(found: Answers, frame: Frame) -> str:
    names = [title for name, title in found.titles.items() if frame.wanted.site in (None, name)]
    return f"Report on {', '.join(names) or 'an archive without a site'}"


def _head(found: Answers, frame: Frame, shown: Sequence[Part]) -> Iterator[str]:
    (articles, undated, revisions, missing, first, last), (runs, taken, silent) = (
        found["totals"].rows[0],
        found["health"].rows[0],
    )
    removed = sum(row[2] for row in found["removals"].rows if row[1] in ("removed", "withdrawn"))
    told = [f"{_OPTIONS.get(name, '--site')} {value}" for name, value in _told(frame.wanted)]
    facts = (
        ("Archive", f"{frame.archive}, read at one moment ({found.database}, schema {found.schema})"),
        ("Asked for", "; ".join(told) or "everything"),
        ("Made", f"{frame.made_at:%Y-%m-%d %H:%M} UTC by foiscrawl {__version__} with matplotlib {mpl.__version__}"),
        ("Articles", f"{articles:,}, of which {undated:,} have no believable date and are in no plot by date"),
        ("Published", f"from {first} to {last}" if first else "no article has a date"),
        ("Revisions", f"{revisions:,}: the first text of each article and {revisions - articles:,} edits"),
        ("Not live now", f"suspected, removed or withdrawn today: {missing:,}"),
        ("Removed or withdrawn", f"disappearances that are believed: {removed:,}; the texts are kept"),
        ("Runs", f"{runs:,}, which took up {taken:,} addresses; {silent:,} of them without an outcome (must be 0)"),
    )
    yield f"<header><h1>{_text(_title(found, frame))}</h1>"
    yield '<table class="facts">'
    yield from (f'<tr><th scope="row">{name}</th><td>{_text(value)}</td></tr>' for name, value in facts)
    yield "</table>"
    yield (
        f"<p>Days, weeks and hours of publication are those of {_text(frame.zone)}, and so are the dates that were "
        "asked for. Removals, completeness and runs are dated in UTC: what is published in Paris at 0.30 h counts for "
        "the day before there. Dates of publication are the publisher’s own word. The archive holds what was found "
        "since it was begun: before that, what was edited or removed is not known. What is unfolded is printed too.</p>"
    )
    for key, words in _HEAD.items():
        yield from _sql(key, found[key], f"SQL of the number of {words}")
    yield "<nav><ul>"
    yield from (f'<li><a href="#{one.key}">{_text(one.title)}</a></li>' for one in shown)
    yield "</ul></nav></header>"


def _told(wanted: Filter) -> Iterator[tuple[str, Any]]:
    for name, value in wanted.told().items():
        yield name, ", ".join(value) if isinstance(value, list) else value


def _part(part: Part, answer: Answer, frame: Frame, step: Callable[[], object]) -> Iterator[str]:
    yield f'<section id="{part.key}"><div class="keep"><h2>{_text(part.title)}</h2>'
    yield f"<p>{_text(part.words)}</p>"
    note = _note(part, frame.wanted)
    if note:
        yield f'<p class="note">{_text(note)}</p>'
    if part.is_empty:
        yield '<p class="note">There is nothing to plot.</p></div>'
    else:
        with style():
            figures = part.figures()
            for number, made in enumerate(figures, 1):
                described = f"{part.words} The numbers stand in the table below the plot."
                drawn = svg(made, f"{part.key}-{number}", part.title, described)
                yield f'<div class="plot" role="group" tabindex="0" aria-label="{_text(part.title)}">{drawn}</div>'
                if number == 1:
                    yield "</div>"
        yield "" if figures else "</div>"
        yield from _table(part)
    yield from _sql(part.key, answer, "SQL of this plot")
    yield "</section>"
    step()


def _note(part: Part, wanted: Filter) -> str | None:
    """Which of the options that were given do not hold for this part; None: all do."""
    if part.applies == "articles":
        return None
    names, words = _NARROWER[part.applies]
    given = [_OPTIONS[one] for one in names if getattr(wanted, one)]
    if not given:
        return None
    return f"This part {words.format(options=' and '.join(given))}"


def _table(part: Part) -> Iterator[str]:
    yield f'<details class="numbers"><summary>The numbers ({len(part.rows):,} rows)</summary><div class="rows"><table>'
    yield "<thead><tr>" + "".join(f'<th scope="col">{_text(one)}</th>' for one in part.head) + "</tr></thead><tbody>"
    for row in part.rows:
        yield "<tr>" + "".join(f"<td>{_text(_cell(one))}</td>" for one in row) + "</tr>"
    yield "</tbody></table></div></details>"


def _cell(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _sql(key: str, answer: Answer, words: str) -> Iterator[str]:
    yield f'<details class="sql"><summary>{words}</summary><pre data-key="{key}">{escape(answer.sql)}</pre></details>'


def _text(raw: str) -> str:
    """Escaped; what reorders or hides letters is shown as what it is."""
    return escape(harmless(raw))
