"""Questions to a SQLite archive: its own guards, not the look of the text, refuse all that would not only read.

1. The file is opened `mode=ro`, and `query_only` is on.
2. An authorizer allows reading of what the file itself holds, and functions of a list. ATTACH, VACUUM INTO, PRAGMA,
   load_extension and every write are refused when the statement is compiled, wherever in it they stand.
3. Limits of the connection bound values, rows, columns and depth; `hard_heap_limit` bounds the memory of SQLite in this
   process; what has to be sorted or kept goes to temporary files that SQLite has deleted already when it opens them.
4. The progress handler and an interrupt end it when the time is over. Some functions look at neither while they work on
   one large value (instr, replace); for these there is `give_up`.
"""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from foiscrawl.errors import DatabaseError, DiskFull, FoiscrawlError, UsageError
from foiscrawl.storage.asking.answer import LARGEST, Answer, Column, Watch, batched, hint
from foiscrawl.storage.asking.authorizer import Authorizer
from foiscrawl.storage.asking.words import Question, check_values, read_question
from foiscrawl.storage.engine import BUSY_TIMEOUT

_HEAP = 256 * 1024 * 1024  # bytes
_CACHE = 16 * 1024  # KiB of pages; sorting keeps as much in memory
_STEPS = 10_000  # of SQLite's virtual machine between two looks at the clock
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LARGEST,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 400_000,  # bytes; `read_question` counts characters
    sqlite3.SQLITE_LIMIT_COLUMN: 500,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 500,
    sqlite3.SQLITE_LIMIT_COMPOUND_SELECT: 100,
    sqlite3.SQLITE_LIMIT_VDBE_OP: 1_000_000,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 1000,
    sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER: 500,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}


class SqliteReader:
    """`asking.Reader` on a SQLite file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        # The thread of the limit calls `interrupt`, nothing else.
        self._connection = sqlite3.connect(
            f"file:{quote(str(file))}?mode=ro", uri=True, timeout=BUSY_TIMEOUT, check_same_thread=False
        )
        self._refusals = guard(self._connection)

    @contextmanager
    def ask(
        self,
        sql: str,
        values: Mapping[str, str] | None = None,
        *,
        seconds: float,
        give_up: Callable[[], None] | None = None,
    ) -> Iterator[Answer]:
        question = read_question(sql, postgres=False)
        check_values(question, values or {})
        bound = {name: bindable(value) for name, value in (values or {}).items()}
        self._refusals.clear()
        with Watch(seconds, self._connection.interrupt, give_up) as watch:
            self._connection.set_progress_handler(lambda: watch.over, _STEPS)
            cursor = self._connection.cursor()
            try:
                with self._translated(question, watch):
                    cursor.execute(question.text, bound)
                columns = tuple(Column(one[0]) for one in cursor.description)
                yield Answer(columns, self._batches(cursor, question, watch))
            finally:
                cursor.close()
                self._connection.set_progress_handler(None, 0)

    def close(self) -> None:
        self._connection.close()

    def _batches(self, cursor: sqlite3.Cursor, question: Question, watch: Watch) -> Iterator[list[tuple[Any, ...]]]:
        with self._translated(question, watch):
            yield from batched(cursor, watch)

    @contextmanager
    def _translated(self, question: Question, watch: Watch) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, MemoryError, OverflowError) as error:
            if getattr(error, "sqlite_errorname", "") == "SQLITE_INTERRUPT":
                watch.check()
            raise self._error(error, question) from error

    def _error(self, error: Exception, question: Question) -> FoiscrawlError:
        name, told = str(getattr(error, "sqlite_errorname", "")), str(error)
        if self._refusals:
            return UsageError(f"a question can only read: {self._refusals[0]}")
        if isinstance(error, MemoryError):
            return UsageError(f"the question needs more than {_HEAP // 2**20} MB of memory")
        if name == "SQLITE_TOOBIG":
            return UsageError(f"a value of the answer is larger than {LARGEST // 2**20} MB")
        if name == "SQLITE_FULL":
            return DiskFull(f"{self._file}: no room for the temporary files of the question")
        if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CORRUPT", "SQLITE_CANTOPEN")):
            return DatabaseError(f"{self._file}: {told}")
        if "decode to UTF-8" in told:
            told = "a value of the answer is not UTF-8; ask for hex() of it"
        return UsageError(f"the question is wrong: {told}{hint(told, question.names)}")


def bindable(value: str) -> str | int | float:
    """A parameter as SQLite has to compare it: a number where it is written as SQLite itself would write one.

    Beside a column of text SQLite takes a number for its text again; an expression has no such liking, and to it each
    text is greater than each number.
    """
    for kind in (int, float):
        try:
            number = kind(value)
        except ValueError:
            continue
        if str(number) == value and abs(number) < 2**63:
            return number
    return value


def guard(connection: sqlite3.Connection, pragmas: Collection[str] = ()) -> list[str]:
    """Make a connection fit for questions of strangers; there is no way back.

    pragmas   that may be asked all the same, by a program that has to know the tables
    Gives a list to which is added what the authorizer refused, in words.
    """
    for pragma in ("query_only = 1", "cell_size_check = 1", "temp_store = 1", "mmap_size = 0"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute(f"PRAGMA cache_size = -{_CACHE}")
    connection.execute(f"PRAGMA hard_heap_limit = {_HEAP}")
    for limit, value in _LIMITS.items():
        connection.setlimit(limit, value)
    authorizer = Authorizer(connection, pragmas)
    connection.set_authorizer(authorizer)
    return authorizer.refusals
