"""Many rows in one statement, the same on SQLite and PostgreSQL."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, cast

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ClauseElement,
    Column,
    Connection,
    Dialect,
    Executable,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeDecorator, TypeEngine

_JSON = json.JSONEncoder(ensure_ascii=False).encode
Rows = Sequence[Mapping[str, Any]]


class _Many(TypeDecorator[Collection[Any]]):
    """A list as one parameter: JSON text on SQLite, an array on PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, item: type[TypeEngine[Any]]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return postgresql.ARRAY(self.item) if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: Collection[Any] | None, dialect: Dialect) -> Any:
        values = list(value or ())
        return values if dialect.name == "postgresql" else _JSON(values)


def texts(name: str) -> BindParameter[Any]:
    """A parameter that takes a list of strings."""
    return bindparam(name, type_=_Many(Text))


def numbers(name: str) -> BindParameter[Any]:
    """A parameter that takes a list of integers."""
    return bindparam(name, type_=_Many(BigInteger))


class among(FunctionElement[Any]):  # noqa: N801 (reads as SQL)
    """`among(column, texts("keys"))`: an IN whose SQL is the same for one value and for 2,000.

    An expanding IN is rendered and planned anew for each number of values; this is compiled once.
    """

    type = NullType()  # as a Boolean, SQLAlchemy would write « (... IN ...) = 1 » for SQLite, which no index serves
    inherit_cache = True


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    tested, values = element.clauses
    listed: Select[Any] = select(literal_column("value")).select_from(func.json_each(values))
    return compiler.process(tested.in_(listed), **options)


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    tested, values = element.clauses
    return compiler.process(tested == any_(values), **options)


class Upsert:
    """INSERT ... ON CONFLICT (key) DO UPDATE; both databases spell it alike, SQLAlchemy keeps one class for each.

    changes   from the row that was refused (`excluded`) to the columns that are then set
    """

    def __init__(self, table: Table, key: Sequence[str], changes: Callable[[Any], Mapping[str, Any]]) -> None:
        self._statements: dict[str, Executable] = {}
        for name, dialect in (("sqlite", sqlite), ("postgresql", postgresql)):
            statement = dialect.insert(table)
            self._statements[name] = statement.on_conflict_do_update(
                index_elements=list(key), set_=dict(changes(statement.excluded))
            )

    def __call__(self, conn: Connection, rows: Rows) -> None:
        if rows:
            conn.execute(self._statements[conn.dialect.name], list(rows))


def run_many(conn: Connection, statement: Executable, rows: Rows) -> None:
    """Execute for each of the rows, which all have the same keys; nothing when there are none.

    SQLAlchemy would assemble the parameters of each row anew, which costs as much as storing it.
    """
    if not rows:
        return
    prepared = _prepared(cast("ClauseElement", statement), conn.dialect, tuple(rows[0]))
    conn.exec_driver_sql(prepared.sql, prepared.parameters(rows))


class _Prepared(NamedTuple):
    """A statement as the driver takes it. makers: for each parameter, what makes the driver's value of ours."""

    sql: str
    makers: Sequence[tuple[str, Callable[[Any], Any] | None]]
    constants: dict[str, Any]
    positional: bool

    def parameters(self, rows: Rows) -> list[Any]:
        rows = [{**self.constants, **row} for row in rows] if self.constants else rows
        made = [[row[name] if make is None else make(row[name]) for name, make in self.makers] for row in rows]
        if self.positional:
            return list(map(tuple, made))
        return [{name: value for (name, _), value in zip(self.makers, one, strict=True)} for one in made]


@lru_cache(maxsize=256)
def _prepared(statement: ClauseElement, dialect: Dialect, keys: tuple[str, ...]) -> _Prepared:
    compiled = cast("SQLCompiler", statement.compile(dialect=dialect, column_keys=list(keys)))
    binds = [(name, compiled.binds[name]) for name in compiled.positiontup or compiled.binds]
    makers = [(name, one.type.dialect_impl(dialect).bind_processor(dialect)) for name, one in binds]
    constants = {name: one.effective_value for name, one in binds if name not in keys}
    return _Prepared(str(compiled), makers, constants, compiled.positional)


class BulkInsert:
    """INSERT of many small rows of numbers and texts, past SQLAlchemy, whose share of a row would be the largest.

    Rows are given as tuples in the order of `columns`. SQLite takes them as they are; PostgreSQL a column at a time,
    since a server is asked once.
    """

    def __init__(self, table: Table, columns: Sequence[str]) -> None:
        names, types = list(columns), [BigInteger if _is_number(table.c[name]) else Text for name in columns]
        arrays = [bindparam(name, type_=_Many(type_)) for name, type_ in zip(names, types, strict=True)]
        listed = func.unnest(*arrays).table_valued(*names).render_derived()
        self._names = names
        values = ", ".join("?" * len(names))
        self._sqlite = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({values})"  # noqa: S608 (our own names)
        self._postgresql = insert(table).from_select(names, select(*(listed.c[name] for name in names)))

    def __call__(self, conn: Connection, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        if conn.dialect.name == "postgresql":
            conn.execute(self._postgresql, dict(zip(self._names, zip(*rows, strict=True), strict=True)))
        else:
            conn.exec_driver_sql(self._sqlite, list(rows))


def _is_number(column: Column[Any]) -> bool:
    return issubclass(column.type.python_type, int)
