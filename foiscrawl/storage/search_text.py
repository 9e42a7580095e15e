"""Whether a text answers, read from its stems; the same SQL on both databases."""

from sqlalchemy import ColumnElement, String, and_, literal, literal_column, not_, or_

from foiscrawl.search_query import Group, Query, Term
from foiscrawl.storage.models import search_texts

_BETWEEN: ColumnElement[str] = literal_column("' | '")  # no phrase goes on from one field into the next
_BLANK: ColumnElement[str] = literal_column("' '")


def answers(query: Query, *, headline: bool = False) -> ColumnElement[bool]:
    """Whether a row of `search_texts` answers, read from the stems themselves."""
    groups = [one for one in query.groups if not headline or is_of_headline(one)]
    return or_(*(_answers_group(one, "headline" if headline else None) for one in groups))


def is_of_headline(group: Group) -> bool:
    """Whether a headline alone may answer."""
    return all(one.field in (None, "headline") for one in group.terms)


def _answers_group(group: Group, field: str | None) -> ColumnElement[bool]:
    here = [_stands(one, field or one.field) for one in group.terms]
    return and_(*here, *(not_(_stands(one, one.field)) for one in group.without))


def _stands(term: Term, field: str | None) -> ColumnElement[bool]:
    texts = search_texts.c
    text: ColumnElement[str]
    if field is not None:
        text = texts[field]
    else:
        text = texts.headline.op("||")(_BETWEEN).op("||")(texts.standfirst).op("||")(_BETWEEN).op("||")(texts.body)
    words = " ".join(term.stems)
    pattern = literal(f"% {words}%" if term.prefix else f"% {words} %", String)
    padded: ColumnElement[str] = _BLANK.op("||")(text).op("||")(_BLANK)
    return padded.op("LIKE", is_comparison=True)(pattern)
