"""An article's history as one HTML page that needs nothing else: no script, nothing loaded, archived text escaped."""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from html import escape

from foiscrawl.difference import Piece
from foiscrawl.storage.history import History, Revision
from foiscrawl.telling import FieldChange, changes, count, disappearance, facts, label, moment, side, title
from foiscrawl.text import harmless

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2126; --dim: #5a646f; --paper: #fff; --line: #d5dae0; --shade: #f4f6f8;
  --del: #a40e26; --del-back: #ffe3e6; --ins: #0b5a27; --ins-back: #d9f5e0; --warn: #7a4b00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e3e7ec; --dim: #9aa5b1; --paper: #14171b; --line: #363d46;
  --shade: #1d2127; --del: #ffa3ad; --del-back: #4a1a21; --ins: #8fe3a8; --ins-back: #143d22; --warn: #f0c674; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 72rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .5rem; }
h2 { font-size: 1.1rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 2px solid var(--line); }
h3 { font-size: .85rem; font-weight: 600; color: var(--dim); margin: 1.25rem 0 .35rem; }
p { margin: 0 0 .5rem; }
a { color: inherit; }
.dim { color: var(--dim); font-size: .9rem; }
.pair + .dim { margin-top: .5rem; }
.gone { color: var(--warn); }
nav ol { margin: 1rem 0 0; padding-left: 1.5rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; border: 1px solid var(--line); border-radius: .4rem; }
.pair > div { padding: .6rem .8rem; white-space: pre-line; min-width: 0; }
.pair > .after, .pair > .head:nth-child(2) { border-left: 1px solid var(--line); }
.pair > .before ~ .before, .pair > .before ~ .after { border-top: 1px solid var(--line); }
.pair > .same + .before, .pair > .same + .before + .after, .pair > .before:nth-child(3),
  .pair > .after:nth-child(4) { border-top: 0; }
.pair > .head { padding: .25rem .8rem; background: var(--shade); color: var(--dim); font-size: .8rem; }
.pair > .head:first-child { border-top-left-radius: .4rem; }
.pair > .head:nth-child(2) { border-top-right-radius: .4rem; }
.pair > .same { grid-column: 1 / -1; border-top: 1px solid var(--line);
  border-bottom: 1px solid var(--line); padding: .3rem .8rem; background: var(--shade); }
.absent { color: var(--dim); font-style: italic; }
del { color: var(--del); background: var(--del-back); text-decoration: line-through; border-radius: .2rem; }
ins { color: var(--ins); background: var(--ins-back); text-decoration: underline; text-underline-offset: .15em;
  border-radius: .2rem; }
summary { cursor: pointer; color: var(--dim); font-size: .9rem; }
details > div { white-space: pre-line; padding-top: .5rem; max-width: 44rem; }
@media (max-width: 40rem) {
  body { padding: 1rem .9rem 3rem; }
  .pair { grid-template-columns: 1fr; }
  .pair > .head { display: none; }
  .pair > .before::before, .pair > .after::before { display: block; color: var(--dim); font-size: .75rem; }
  .pair > .before::before { content: "before"; }
  .pair > .after::before { content: "after"; }
  .pair > .after { border-left: 0; }
  .pair > .before + .after { border-top: 1px dashed var(--line); }
}
@media print {
  :root { --ink: #000; --dim: #444; --paper: #fff; --line: #999; --shade: #fff; --del: #000; --del-back: #fff;
    --ins: #000; --ins-back: #fff; --warn: #000; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  ins { font-weight: bold; }
  nav { display: none; }
  h2, h3 { break-after: avoid; }
}
"""


def page(found: History) -> str:
    """The whole document."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<meta name="referrer" content="no-referrer">',
            f"<title>{_text(found.revisions[-1].headline or found.url)}</title>",
            f"<style>{_STYLE}</style>",
            "</head>",
            "<body>",
            *_body(found),
            "</body>",
            "</html>",
            "",
        )
    )


def _body(found: History) -> Iterator[str]:
    yield "<header>"
    yield f'<h1 lang="fr">{_text(found.revisions[-1].headline or "(no headline)")}</h1>'
    yield f"<p>{_link(found.url)}</p>"
    yield f'<p class="dim">{_text(facts(found))}</p>'
    for gone in found.disappearances:
        yield f'<p class="gone">{_text(disappearance(gone))}</p>'
    yield "<nav><ol>"
    for one in found.revisions:
        yield f'<li><a href="#revision-{one.number}">{_text(title(one))}</a></li>'
    yield "</ol></nav>"
    yield "</header>"
    yield "<main>"
    previous: Revision | None = None
    for one in found.revisions:
        yield f'<section id="revision-{one.number}">'
        yield f"<h2>Revision {one.number} · {_text(title(one))}</h2>"
        yield from _first(one) if previous is None else _changed(previous, one)
        capture = f", read from {one.capture_file} at byte {one.capture_offset}" if one.capture_file else ""
        yield f'<p class="dim">layout {_text(one.layout)}, extractor {_text(one.extractor_version)}{_text(capture)}</p>'
        yield "</section>"
        previous = one
    if found.terms:
        yield "<section><h2>Sections and tags</h2>"
        for term in found.terms:
            yield f"<p>{moment(term.seen_at)} · {_text(term.kind)} {_text(term.change)}: {_text(term.name)}</p>"
        yield "</section>"
    yield "</main>"


def _first(one: Revision) -> Iterator[str]:
    for value, name in ((one.standfirst, "standfirst"), (one.byline, "byline"), (one.credit, "credit")):
        if value:
            yield f'<h3>{name}</h3><p lang="fr">{_text(value)}</p>'
    if one.body_text:
        told = f"<details><summary>body, {count(one.word_count, 'word')}</summary>"
        yield f'<h3>body</h3>{told}<div lang="fr">{_text(one.body_text)}</div></details>'


def _changed(before: Revision, after: Revision) -> Iterator[str]:
    found = changes(before, after)
    if not found:
        yield '<p class="absent">No field that is shown here differs.</p>'
    for change in found:
        yield f"<h3>{_text(label(change.field))}</h3>"
        yield '<div class="pair" lang="fr">'
        yield f'<div class="head" lang="en">revision {before.number}</div>'
        yield f'<div class="head" lang="en">revision {after.number}</div>'
        yield from _rows(change)
        yield "</div>"


def _rows(change: FieldChange) -> Iterator[str]:
    """Changed paragraphs side by side; runs of equal ones folded away."""
    for is_same, rows in change.blocks():
        if is_same:
            text = "\n\n".join("".join(one.after for one in row) for row in rows)
            told = f'<summary lang="en">{count(len(rows), "paragraph")} as before</summary>'
            yield f'<div class="same"><details>{told}<div>{_text(text)}</div></details></div>'
            continue
        for row in rows:
            yield f'<div class="before">{_side(row, "del")}</div>'
            yield f'<div class="after">{_side(row, "ins")}</div>'


def _side(row: Sequence[Piece], tag: str) -> str:
    parts = [
        (f"<{tag}>{_text(bare)}</{tag}>" if marked else _text(bare)) + _text(space)
        for bare, marked, space in side(row, after=tag == "ins")
    ]
    return "".join(parts) or '<span class="absent" lang="en">none</span>'


def _link(url: str) -> str:
    """Only what a browser fetches by http is a link; whatever else a site calls its address stays text."""
    if not url.startswith(("https://", "http://")):
        return _text(url)
    return f'<a href="{escape(url)}" rel="noreferrer noopener">{_text(url)}</a>'


def _text(raw: str) -> str:
    """Escaped; what reorders or hides letters is shown as what it is."""
    return escape(harmless(raw))
