"""Questions to a PostgreSQL archive, harmless even where the URL is that of the owner of the tables or of a superuser.

1. The server's grammar decides what a question is: `DECLARE CURSOR FOR …` takes SELECT, WITH, VALUES and TABLE and
   nothing else, no INTO and no WITH that writes. Only what it took is sent, as one statement of the extended protocol.
2. The transaction is READ ONLY, and nothing but this one statement runs in it.
3. The server's catalogue decides which functions a question may call: those that it declares to be free of side effects
   (IMMUTABLE, STABLE), that PUBLIC may call, and a few volatile ones. The same for relations of the system: what PUBLIC
   may not read, no superuser reads here.
4. A superuser's question runs as `pg_read_all_data`, a role that owns nothing and may write nothing.
5. `statement_timeout`, and a clock of ours that cancels. A server that does not obey is left alone by `give_up`.

Rows come in chunks as the server finds them. Values are the server's own text, but for numbers and booleans.
"""

from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager, suppress
from itertools import chain
from typing import Any, cast

import psycopg
from psycopg.adapt import Buffer, Loader
from psycopg.types.numeric import FloatLoader, IntLoader
from psycopg.types.string import ByteaLoader, TextLoader
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from foiscrawl.errors import DatabaseError, DiskFull, FoiscrawlError, UsageError
from foiscrawl.storage.asking.answer import GRACE, Answer, Column, Watch, batched, hint
from foiscrawl.storage.asking.words import Question, check_values, read_question
from foiscrawl.storage.engine import first_line, shown, translate

_CHUNK = 20  # rows that are in memory at once, where libpq can (17 or newer), else 1
_VOLATILE = ["clock_timestamp", "gen_random_uuid", "random", "random_normal", "timeofday", "uuidv4", "uuidv7"]
_INTEGERS, _NUMBERS, _BOOLEAN, _BYTEA = (20, 21, 23, 26), (700, 701, 1700), 16, 17  # numbers of types
_NUMERIC, _TIMESTAMPTZ = 1700, 1184
# What a name of the question may stand for and must not. Functions that run SQL given as text are not all volatile.
_FORBIDDEN = """
SELECT p.proname AS name, 'the function ' || p.proname || ' may have side effects' AS why FROM pg_catalog.pg_proc p
WHERE p.proname = ANY($1::text[]) AND NOT p.proname = ANY($3::text[])
    AND (p.provolatile = 'v'
         OR p.proname ~ '^((table|schema|database|query|cursor)_to_xml|crosstab|connectby|xpath_table)'
         OR NOT pg_catalog.has_function_privilege('public', p.oid, 'EXECUTE')
            AND p.pronamespace = 'pg_catalog'::regnamespace)
UNION ALL
SELECT c.relname, c.relname || ' is not for everybody to read' FROM pg_catalog.pg_class c
WHERE c.relname = ANY($2::text[]) AND c.relnamespace = 'pg_catalog'::regnamespace
    AND NOT pg_catalog.has_table_privilege('public', c.oid, 'SELECT')
ORDER BY 1 LIMIT 1
"""
_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "iso_8601",
    "bytea_output": "hex",
    "standard_conforming_strings": "on",  # `words` reads texts in this way
    "cursor_tuple_fraction": "1",
    "lock_timeout": "0",
    "idle_in_transaction_session_timeout": "0",
}


class PostgresReader:
    """`asking.Reader` on a PostgreSQL database."""

    def __init__(self, engine: Engine) -> None:
        self._url = engine.url
        try:
            pooled = engine.raw_connection()
        except DBAPIError as error:
            raise translate(error, engine.url) from error
        self._connection: psycopg.Connection[Any] = pooled.driver_connection  # type: ignore[assignment]
        pooled.detach()

    @contextmanager
    def ask(
        self,
        sql: str,
        values: Mapping[str, str] | None = None,
        *,
        seconds: float,
        give_up: Callable[[], None] | None = None,
    ) -> Iterator[Answer]:
        question = read_question(sql, postgres=True)
        check_values(question, values or {})
        bound = [(values or {})[name] for name in question.parameters]  # the server tells which type each has to be
        with Watch(seconds, self._cancel, give_up) as watch, self._transaction(seconds):
            with self._translated(question, watch):
                columns = self._check(question, bound)
            cursor = psycopg.RawCursor(self._connection)
            _load_as_text(cursor)
            size = _CHUNK if psycopg.capabilities.has_stream_chunked() else 1
            rows = cursor.stream(question.numbered().encode(), bound, size=size)
            try:
                with self._translated(question, watch):
                    first = next(rows, None)
                left = rows if first is None else chain([first], rows)
                yield Answer(columns, self._batches(left, question, watch))
            finally:
                with suppress(psycopg.Error):  # cancels what is still coming
                    cast("Generator[Any]", rows).close()

    def close(self) -> None:
        self._connection.close()

    @contextmanager
    def _transaction(self, seconds: float) -> Iterator[None]:
        """Never committed: nothing in it is worth keeping."""
        self._connection.autocommit = False
        self._connection.read_only = True
        try:
            with self._connection.cursor() as cursor:
                limits = {"statement_timeout": f"{int(seconds * 1000) + 100}ms"}
                for name, value in (_SETTINGS | limits).items():
                    cursor.execute("SELECT set_config(%s, %s, true)", (name, value))
                cursor.execute("SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user")
                if cursor.fetchone() == (True,):
                    cursor.execute("SET LOCAL ROLE pg_read_all_data")
            yield
        except psycopg.Error as error:
            raise self._error(error, None) from error
        finally:
            with suppress(psycopg.Error):  # a connection that is lost has no transaction any more
                self._connection.rollback()

    def _check(self, question: Question, bound: list[str]) -> tuple[Column, ...]:
        """The columns of the answer. Raises UsageError, or the server's own error, for what may not be asked."""
        cursor = psycopg.RawCursor(self._connection)
        names = [sorted(question.called), sorted(question.names), _VOLATILE]
        found = cursor.execute(_FORBIDDEN, names, prepare=False).fetchone()
        if found is not None:
            raise UsageError(f"a question can only read: {found[1]}")
        text = question.numbered() if question.explained is None else _explained(question)
        cursor.execute(f"DECLARE foiscrawl_question NO SCROLL CURSOR FOR {text}".encode(), bound, prepare=True)
        described = cursor.execute("FETCH 0 FROM foiscrawl_question").description or ()
        cursor.execute("CLOSE foiscrawl_question")
        if question.explained is not None:
            return (Column("QUERY PLAN", "text"),)
        return tuple(Column(one.name, _type(one.type_code)) for one in described)

    def _batches(
        self, rows: Iterator[tuple[Any, ...]], question: Question, watch: Watch
    ) -> Iterator[list[tuple[Any, ...]]]:
        with self._translated(question, watch):
            yield from batched(rows, watch)

    @contextmanager
    def _translated(self, question: Question, watch: Watch) -> Iterator[None]:
        try:
            yield
        except psycopg.errors.QueryCanceled as error:
            watch.check()
            raise self._error(error, question) from error
        except (psycopg.Error, MemoryError) as error:
            raise self._error(error, question) from error

    def _cancel(self) -> None:
        with suppress(psycopg.Error):  # the server is away or has ended it: `statement_timeout` and `give_up` are left
            self._connection.cancel_safe(timeout=GRACE)

    def _error(self, error: Exception, question: Question | None) -> FoiscrawlError:
        code, told = str(getattr(error, "sqlstate", None) or ""), first_line(error)
        if isinstance(error, MemoryError) or ("memory" in told and not code):
            return UsageError("the answer needs more memory than a question may use")
        if code == "53100":
            return DiskFull(f"{shown(self._url)}: no room for the temporary files of the question")
        if not code or code[:2] in ("08", "53", "57", "58", "XX") or question is None:
            return DatabaseError(f"{shown(self._url)}: {told}")
        if code == "25006":
            return UsageError(f"a question can only read: {told}")
        if code == "42P18":  # a parameter of which nothing tells the type
            return UsageError(f"the question is wrong: {told}; write CAST(:name AS text) or another type")
        return UsageError(f"the question is wrong: {told}{hint(told, question.names)}")


def _explained(question: Question) -> str:
    """The question behind EXPLAIN."""
    numbered = question.numbered()
    assert question.explained is not None
    return numbered[question.explained :]  # no parameter stands before it


def _type(oid: int) -> str:
    if oid in _INTEGERS:
        return "integer"
    if oid in _NUMBERS:
        return "real"
    return {_BOOLEAN: "boolean", _BYTEA: "binary"}.get(oid, "text")


def _load_as_text(cursor: psycopg.RawCursor[Any]) -> None:
    """All but numbers and booleans as the server writes them: nothing that Python cannot hold, no zone but UTC."""
    kept = {_BOOLEAN, _BYTEA, *_INTEGERS, *_NUMBERS}
    for one in cursor.adapters.types:
        for oid in (one.oid, one.array_oid):
            if oid and oid not in kept:
                cursor.adapters.register_loader(oid, TextLoader)
    for oid in _INTEGERS:
        cursor.adapters.register_loader(oid, IntLoader)
    for oid in _NUMBERS:
        cursor.adapters.register_loader(oid, FloatLoader)
    cursor.adapters.register_loader(_BYTEA, ByteaLoader)
    cursor.adapters.register_loader(_NUMERIC, _NumericLoader)
    cursor.adapters.register_loader(_TIMESTAMPTZ, _MomentLoader)


class _NumericLoader(Loader):
    """As SQLite gives it: a whole number where it is written as one, else a float."""

    def load(self, data: Buffer) -> int | float:
        told = bytes(data)
        return int(told) if told.lstrip(b"-").isdigit() else float(told)


class _MomentLoader(Loader):
    """As the archive writes moments everywhere: 2026-11-23T04:05:06Z."""

    def load(self, data: Buffer) -> str:
        told = bytes(data).decode()
        return told.replace(" ", "T", 1).removesuffix("+00") + "Z" if told.endswith("+00") else told
