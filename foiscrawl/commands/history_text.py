"""An article's history for a terminal: colours where it has them, [-words-]{+marked+} where not."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console
from rich.text import Text

from foiscrawl.commands import harmless
from foiscrawl.difference import Piece, paragraphs, pieces
from foiscrawl.storage.history import Disappearance, History, Revision
from foiscrawl.text import hashable

FIELDS = ("headline", "standfirst", "byline", "credit", "published_at", "body_text")
# The field in which a kind of change is seen; « restored » is seen in what else changed.
_FIELD_OF = {"body": "body_text", "correction": "body_text", "published": "published_at"}
CONTEXT = 8  # words that are shown beside a change


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs between two revisions, as text; a field that is absent is empty."""

    field: str
    before: str
    after: str

    def rows(self) -> list[list[Piece]]:
        """Paragraph by paragraph for a body."""
        return paragraphs(self.before, self.after) if self.field == "body_text" else [pieces(self.before, self.after)]

    def words(self) -> list[dict[str, str]]:
        """What was removed and added, in the order of the text; equal stretches left out."""
        changed = (one for row in self.rows() for one in row if not one.is_same)
        return [{"removed": one.before.strip(), "added": one.after.strip()} for one in changed]


def changes(before: Revision, after: Revision) -> list[FieldChange]:
    """What the publisher changed; of revisions that were stored before edits were graded, all that differs."""
    wanted = FIELDS if after.kinds is None else {_FIELD_OF.get(one, one) for one in after.kinds}
    found = (FieldChange(one, _shown(before, one), _shown(after, one)) for one in FIELDS if one in wanted)
    return [one for one in found if hashable(one.before) != hashable(one.after)]


def _shown(revision: Revision, field: str) -> str:
    value = getattr(revision, field)
    return moment(value) if isinstance(value, datetime) else value or ""


def moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def title(revision: Revision) -> str:
    """ "2026-11-20 18:02 UTC · body, byline · 8 words changed" """
    kinds = "not graded" if revision.kinds is None else ", ".join(revision.kinds)
    size = f" · {count(revision.change_size, 'word')} changed" if revision.change_size else ""
    return f"{moment(revision.captured_at)} · {kinds}{size}"


def count(number: int, name: str) -> str:
    return f"{number} {name}" if number == 1 else f"{number} {name}s"


def facts(found: History) -> str:
    number = f" · {found.source_id} at the publisher" if found.source_id else ""
    seen = f"seen from {moment(found.first_seen_at)} to {moment(found.last_seen_at)}"
    return f"article {found.id}{number} · {found.state} · {count(len(found.revisions), 'revision')} · {seen}"


def disappearance(one: Disappearance) -> str:
    told = f"{one.state}: did not answer from {moment(one.first_failed_at)}, {count(one.looks, 'look')}"
    if one.last_status is not None:
        told += f", last with {one.last_status}"
    if one.confirmed_at is not None:
        told += f"; believed {moment(one.confirmed_at)}"
    return told + (f"; back {moment(one.returned_at)}" if one.returned_at is not None else "")


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


def label(field: str) -> str:
    return {"body_text": "body", "published_at": "published"}.get(field, field)


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
