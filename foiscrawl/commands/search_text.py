"""What `foiscrawl search` prints: for people in lines, for programs as JSON."""

import argparse
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.text import Text

from foiscrawl.snippets import Piece
from foiscrawl.storage.search import COUNTED, Hit, Result
from foiscrawl.text import harmless

_MATCH = "bold yellow"


def lines(found: Result, asked: str, opts: argparse.Namespace) -> Iterator[str]:
    """Words that answer are coloured; where there are no colours they stand in [brackets]."""
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    coloured = console.is_terminal and console.color_system is not None and not console.no_color
    for line in _lines(found, asked, opts, coloured=coloured):
        if coloured:
            with console.capture() as captured:
                console.print(line, end="")
            yield captured.get()
        else:
            yield line.plain


def _lines(found: Result, asked: str, opts: argparse.Namespace, *, coloured: bool) -> Iterator[Text]:
    yield Text(_sentence(found, asked, opts))
    if found.waiting:
        yield Text(
            f"{found.waiting:,} texts are not searchable yet, so answers may be missing: run `foiscrawl migrate`"
        )
    for hit in found.hits:
        yield Text()
        yield _marked(hit.headline or [Piece("(no headline)", False)], coloured=coloured, style="bold")
        yield Text("  " + harmless(_about(hit, history=opts.history)), "dim")
        yield Text(f"  {harmless(hit.url)}", "dim")
        yield Text("  ").append_text(_marked(hit.snippet, coloured=coloured))
    if found.more:
        yield Text()
        yield Text(f"More: --page {opts.page + 1}")


def _sentence(found: Result, asked: str, opts: argparse.Namespace) -> str:
    asked = harmless(asked)
    what = "revision" if opts.history else "article"
    if found.count == 0:
        return f"No {what} answers {asked}" + ("" if "*" in asked else "; fewer words or a star (minist*) find more")
    number = f"more than {COUNTED:,}" if found.count is None else f"{found.count:,}"
    plural = "" if found.count == 1 else "s"
    first = (opts.page - 1) * opts.limit + 1
    if not found.hits:
        return f"{number} {what}{plural} for {asked}; page {opts.page} lies behind the last one"
    shown = f"{first:,}" if len(found.hits) == 1 else f"{first:,} to {first + len(found.hits) - 1:,}"
    return f"{number} {what}{plural} for {asked}: {shown}"


def _about(hit: Hit, *, history: bool) -> str:
    parts = ["undated" if hit.published_at is None else f"{hit.published_at:%Y-%m-%d %H:%M} UTC"]
    parts += [hit.section] if hit.section else []
    parts += [hit.state] if hit.state != "live" else []
    if history:
        until = "now" if hit.superseded_at is None else f"{hit.superseded_at:%Y-%m-%d %H:%M}"
        parts.append(f"revision {hit.revision}, from {hit.captured_at:%Y-%m-%d %H:%M} to {until}")
    return " · ".join(parts)


def _marked(pieces: Sequence[Piece], *, coloured: bool, style: str = "") -> Text:
    found = Text(style=style)
    for one in pieces:
        text = harmless(one.text).replace("\n", " ")
        if one.is_match:
            found.append(text if coloured else f"[{text}]", _MATCH)
        else:
            found.append(text)
    return found


def as_json(found: Result, asked: str, opts: argparse.Namespace) -> str:
    """Keys are added, never renamed; moments are ISO 8601 in UTC, what is not known is null.

    ASCII: what is archived must not reach a terminal raw.
    """
    told = {
        "question": asked,
        "count": found.count,
        "more_than": COUNTED if found.count is None else None,
        "page": opts.page,
        "limit": opts.limit,
        "more": found.more,
        "not_searchable_yet": found.waiting,
        "hits": [_hit(one) for one in found.hits],
    }
    return json.dumps(told, indent=2)


def _hit(hit: Hit) -> dict[str, Any]:
    return {
        "article_id": hit.article_id,
        "revision": hit.revision,
        "site": hit.site,
        "url": hit.url,
        "state": hit.state,
        "section": hit.section,
        "published_at": _moment(hit.published_at),
        "captured_at": _moment(hit.captured_at),
        "superseded_at": _moment(hit.superseded_at),
        "in_headline": hit.in_headline,
        "headline": "".join(one.text for one in hit.headline) or None,
        "headline_pieces": [_piece(one) for one in hit.headline],
        "snippet": "".join(one.text for one in hit.snippet),
        "snippet_pieces": [_piece(one) for one in hit.snippet],
    }


def _piece(one: Piece) -> dict[str, Any]:
    return {"text": one.text, "match": one.is_match}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else f"{at:%Y-%m-%dT%H:%M:%SZ}"
