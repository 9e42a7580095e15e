"""Column types that mean the same on SQLite and PostgreSQL, and the shapes of column that the tables repeat."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Column,
    ColumnElement,
    Dialect,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlalchemy.types import TypeDecorator, TypeEngine


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC, whole seconds: `2026-11-23T04:05:06Z` as text on SQLite, timestamptz(0) on PostgreSQL.

    Takes aware datetimes only, of any zone; always gives aware UTC. SQLite has no type for a moment and drops zones;
    this text sorts and compares in the order of time.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return TIMESTAMP(timezone=True, precision=0) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | str | None:
        if value is None:
            return None
        return _cut(value) if dialect.name == "postgresql" else _written(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else _read(value)


def _cut(value: datetime) -> datetime:
    if value.utcoffset() is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC).replace(microsecond=0)  # cut here: PostgreSQL would round


# A batch writes the same few moments into many rows: without these two caches they are a fifth of what storing costs.
@lru_cache(maxsize=4096)
def _written(value: datetime) -> str:
    return _cut(value).isoformat().replace("+00:00", "Z")


@lru_cache(maxsize=4096)
def _read(raw: str) -> datetime:
    return datetime.fromisoformat(raw).astimezone(UTC)


# SQLite numbers rows by itself only in a column whose type is spelt INTEGER.
BigId = BigInteger().with_variant(Integer(), "sqlite")
Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def row_id() -> Column[Any]:
    return Column("id", BigId, Identity(), primary_key=True, comment="Number of the row")


def ref(name: str, target: str, comment: str, **options: Any) -> Column[Any]:
    """A reference to another table's id; NOT NULL unless told otherwise."""
    return Column(name, BigId, ForeignKey(f"{target}.id"), comment=comment, **{"nullable": False, **options})


def later_ref(name: str, table: str, target: str, comment: str) -> Column[Any]:
    """A reference to a table that refers back: its constraint is made when both stand."""
    constraint = ForeignKey(f"{target}.id", name=f"fk_{table}_{name}_{target}", use_alter=True)
    return Column(name, BigId, constraint, comment=comment)


def moment(name: str, comment: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, UtcDateTime, nullable=nullable, comment=comment)


def string(name: str, comment: str, *, nullable: bool = True, **options: Any) -> Column[Any]:
    return Column(name, Text, nullable=nullable, comment=comment, **options)


def count(name: str, comment: str, default: int = 0) -> Column[Any]:
    return Column(name, Integer, nullable=False, server_default=text(str(default)), comment=comment)


def one_of(column: str, values: Iterable[str]) -> CheckConstraint:
    allowed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({allowed})", name=column)


def url_key(comment: str) -> Column[Any]:
    return string("url_key", comment, nullable=False)


def partial_index(name: str, *columns: Column[Any], where: ColumnElement[bool], unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=where, postgresql_where=where)
