"""What a person is told of an article, in the same words in a terminal, on a page and in the browser."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from foiscrawl.difference import Piece, paragraphs, pieces
from foiscrawl.storage.history import Disappearance, History, Revision
from foiscrawl.text import hashable

FIELDS = ("headline", "standfirst", "byline", "credit", "published_at", "body_text")
# The field in which a kind of change is seen; « restored » is seen in what else changed.
_FIELD_OF = {"body": "body_text", "correction": "body_text", "published": "published_at"}


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs between two revisions, as text; a field that is absent is empty."""

    field: str
    before: str
    after: str

    def rows(self) -> list[list[Piece]]:
        """Paragraph by paragraph for a body."""
        return paragraphs(self.before, self.after) if self.field == "body_text" else [pieces(self.before, self.after)]

    def blocks(self) -> Iterator[tuple[bool, list[list[Piece]]]]:
        """Whether these rows are the same in both, and the rows: those to be folded away and those to be shown."""
        for is_same, rows in groupby(self.rows(), key=lambda row: all(one.is_same for one in row)):
            yield is_same, list(rows)

    def words(self) -> list[dict[str, str]]:
        """What was removed and added, in the order of the text; equal stretches left out."""
        changed = (one for row in self.rows() for one in row if not one.is_same)
        return [{"removed": one.before.strip(), "added": one.after.strip()} for one in changed]


def side(row: Sequence[Piece], *, after: bool) -> Iterator[tuple[str, bool, str]]:
    """One side of a row: each stretch, whether it is to be marked, and the white space behind it, which is not."""
    for one in row:
        text = one.after if after else one.before
        bare = text.rstrip()
        yield bare, not one.is_same and bool(bare.strip()), text[len(bare) :]


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


def label(field: str) -> str:
    return {"body_text": "body", "published_at": "published"}.get(field, field)
