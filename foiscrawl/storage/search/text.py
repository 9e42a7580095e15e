"""Whether a text answers, read from its stems; the same SQL on both databases."""

from typing import Any

from sqlalchemy import ColumnElement, Integer, String, and_, func, literal, literal_column, not_, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from foiscrawl.search_query import FIELDS, Group, Query, Term
from foiscrawl.storage.models import search_texts

_BLANK: ColumnElement[str] = literal_column("' '")
_BETWEEN: ColumnElement[str] = literal_column("' | '")  # two fields; no stem holds this sign


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
    """No phrase goes on from one field into the next. All fields are looked through at once: that is quicker."""
    words = " ".join(term.stems)
    wanted = literal(f" {words}" if term.prefix else f" {words} ", String)
    first, *others = (search_texts.c[one] for one in (FIELDS if field is None else (field,)))
    text: ColumnElement[str] = _BLANK.op("||")(first)
    for one in others:
        text = text.op("||")(_BETWEEN).op("||")(one)
    return _place_in(text.op("||")(_BLANK), wanted) > 0


class _place_in(FunctionElement[int]):  # noqa: N801 (reads as SQL)
    """Where the second text begins in the first, 0: nowhere. LIKE takes twice as long on PostgreSQL."""

    type = Integer()
    inherit_cache = True


@compiles(_place_in, "sqlite")
def _place_in_sqlite(element: _place_in, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(func.instr(*element.clauses), **options)


@compiles(_place_in, "postgresql")
def _place_in_postgresql(element: _place_in, compiler: SQLCompiler, **options: Any) -> str:
    return compiler.process(func.strpos(*element.clauses), **options)
