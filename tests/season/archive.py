"""What an archive holds of a season, asked for by plain SQL and brought into the chronicle's form."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.crawling import ask
from tests.season.chronicle import Text, letters


@dataclass(frozen=True)
class Stored:
    """One revision. kinds: as graded, or None."""

    number: int
    at: datetime
    kinds: frozenset[str] | None
    change_size: int | None
    text: Text


def moment(value: Any) -> datetime | None:
    """PostgreSQL gives moments, SQLite and the views give text."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromisoformat(str(value)).astimezone(UTC)


def revisions(database_url: str) -> dict[int, list[Stored]]:
    """All revisions by the publisher's number of the article, in their order."""
    found: dict[int, list[Stored]] = defaultdict(list)
    for row in ask(
        database_url,
        "SELECT a.source_id, r.* FROM revisions r JOIN articles a ON a.id = r.article_id ORDER BY a.id, r.number",
    ):
        published, at = moment(row.published_at), moment(row.captured_at)
        assert at is not None
        text = Text(
            headline=letters(row.headline),
            standfirst=letters(row.standfirst) if row.standfirst is not None else None,
            body=letters(row.body_text),
            byline=letters(row.byline),
            credit=letters(row.credit),
            published=published or datetime.min.replace(tzinfo=UTC),
        )
        kinds = frozenset(row.kind.split(",")) if row.kind is not None else None
        found[int(row.source_id)].append(Stored(row.number, at, kinds, row.change_size, text))
    return found


@dataclass(frozen=True)
class Removal:
    """One row of removed_articles."""

    state: str
    looks: int
    status: int | None
    first_failed: datetime
    confirmed: datetime | None
    returned: datetime | None


def removals(database_url: str) -> dict[int, list[Removal]]:
    """Disappearances by the publisher's number of the article, the first one first."""
    found: dict[int, list[Removal]] = defaultdict(list)
    for row in ask(database_url, "SELECT * FROM removed_articles ORDER BY source_id, first_failed_at"):
        first = moment(row.first_failed_at)
        assert first is not None
        found[int(row.source_id)].append(
            Removal(
                row.state,
                row.looks,
                row.last_status,
                first,
                moment(row.confirmed_at),
                moment(row.returned_at),
            )
        )
    return found
