"""An article's history for a terminal: colours where it has them, [-words-]{+marked+} where not."""

from collections.abc import Iterable, Iterator

from rich.console import Console
from rich.text import Text

from foiscrawl.difference import Piece
from foiscrawl.storage.history import History, Revision
from foiscrawl.telling import changes, count, disappearance, facts, label, moment, title
from foiscrawl.text import harmless

CONTEXT = 8  # words that are shown beside a change


def lines(found: History) -> Iterator[str]:
    """What is printed, ready for this terminal."""
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    coloured = console.is_terminal and console.color_system is not None and not console.no_color
    for line in _lines(found, coloured=coloured):
        with console.capture() as capture:
            console.print(line, end="")
        yield capture.get()


def _lines(found: History, *, coloured: bool) -> Iterator[Text]:
    current = found.revisions[-1]
    yield Text(harmless(current.headline or "(no headline)"), "bold")
    yield Text(harmless(found.url))
    yield Text(facts(found))
    for gone in found.disappearances:
        yield Text(disappearance(gone), "yellow")
    previous: Revision | None = None
    for one in found.revisions:
        yield Text()
        yield Text(f"{one.number}  {title(one)}", "bold")
        if previous is None:
            yield Text(f"   {count(one.word_count, 'word')}")
        for change in changes(previous, one) if previous is not None else ():
            yield Text(f"   {label(change.field)}", "dim")
            for row in change.rows():
                if not all(piece.is_same for piece in row):
                    yield from _indented(_marked(row, coloured=coloured))
        previous = one
    if found.terms:
        yield Text()
        yield Text("sections and tags", "bold")
    for term in found.terms:
        yield Text(f"   {moment(term.seen_at)}  {term.kind} {term.change}: {harmless(term.name)}")


def _indented(text: Text) -> Iterator[Text]:
    for line in text.split("\n"):
        if line.plain.strip():
            yield Text("     ") + line


def _marked(row: Iterable[Piece], *, coloured: bool) -> Text:
    """One paragraph with its changes, and some words around each."""
    parts = list(row)
    text = Text()
    for place, one in enumerate(parts):
        if one.is_same:
            text.append(_shortened(harmless(one.after), first=place == 0, last=place == len(parts) - 1))
            continue
        removed, added = harmless(one.before), harmless(one.after)
        gap = added[len(added.rstrip()) :] or removed[len(removed.rstrip()) :]
        removed, added = removed.strip(), added.strip()
        if removed:
            text.append(*((removed, "red strike") if coloured else (f"[-{removed}-]",)))
        if removed and added and coloured:
            text.append(" ")
        if added:
            text.append(*((added, "green underline") if coloured else (f"{{+{added}+}}",)))
        text.append(gap)
    return text


def _shortened(text: str, *, first: bool, last: bool) -> str:
    """An equal stretch with the words that are next to a change, and what is left out as « … »."""
    found = text.split(" ")
    if first and last:
        return text
    if first:
        return text if len(found) <= CONTEXT + 2 else "… " + " ".join(found[-CONTEXT - 1 :])
    if last:
        return text if len(found) <= CONTEXT + 2 else " ".join(found[:CONTEXT]) + " …"
    keep = " ".join(found[:CONTEXT]), " ".join(found[-CONTEXT - 1 :])
    return text if len(found) <= 2 * CONTEXT + 3 else " … ".join(keep)
