"""What the two databases share when they look for texts: which of them a filter leaves, and where in the order."""

from typing import Any, NamedTuple

from sqlalchemy import Column, ColumnElement, Exists, and_, exists

from foiscrawl.storage import searchable
from foiscrawl.storage.filters import Filter, conditions
from foiscrawl.storage.models import articles, revisions, search_texts

COUNTED = 1_000  # answers; more are not counted


class Asked(NamedTuple):
    """Which texts are looked through. history: superseded ones too."""

    wanted: Filter
    history: bool = False


class Found(NamedTuple):
    """Places of the first answers, highest first.

    in_headline   of those that the headline alone answers
    places        of all, these too
    total         how many there are, at most COUNTED + 1
    """

    in_headline: list[int]
    places: list[int]
    total: int


def within(place: ColumnElement[Any], wanted: Filter) -> list[ColumnElement[bool]]:
    """Bounds of the places; the exact dates are left to `is_meant`, as a second that is full goes on in the next."""
    met = []
    if wanted.since is not None:
        met.append(place >= searchable.since(wanted.since.replace(microsecond=0)))
    if wanted.until is not None:
        met.append(place < searchable.since(wanted.until) + searchable.SPILLED)
    return met


def is_meant(place: Column[int] | ColumnElement[int], wanted: Filter) -> list[Exists]:
    """What a filter asks of the text at this place; empty: nothing."""
    met = conditions(wanted)
    if not met:
        return []
    own = search_texts.alias("own")
    of_article = articles.c.id == own.c.article_id
    of_text = and_(revisions.c.article_id == own.c.article_id, revisions.c.number == own.c.number)
    joined = own.join(articles, of_article).join(revisions, of_text)
    return [exists().select_from(joined).where(own.c.place == place, *met).correlate_except(own, articles, revisions)]
