"""Questions of people to an archive, in SQL that nobody has looked at before: read-only by construction, within a time.

What keeps the archive whole stands in `sqlite` and `postgresql`.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import make_url

from foiscrawl.storage.asking.answer import Answer
from foiscrawl.storage.asking.sqlite import SqliteReader
from foiscrawl.storage.engine import sqlite_file
from foiscrawl.storage.migrate import open_archive


class Reader(Protocol):
    """An archive that is open for questions, one at a time."""

    def ask(
        self,
        sql: str,
        values: Mapping[str, str] | None = None,
        *,
        seconds: float,
        give_up: Callable[[], None] | None = None,
    ) -> AbstractContextManager[Answer]:
        """Put one question. `values` are those of its :parameters, as a person types them.

        The limit is for the whole answer, with what the caller does between its rows. `give_up` is called, in another
        thread, when the database does not obey soon after the limit.
        Raises UsageError for what is no question, is not allowed or is wrong; TimeLimit, DatabaseError, DiskFull.
        """

    def close(self) -> None:
        """Give the connection back."""


def open_reader(url: str) -> Reader:
    """Raises UsageError, DatabaseError as `open_archive` does."""
    engine = open_archive(url, read_only=True)
    engine.dispose()
    if engine.url.get_backend_name() == "sqlite":
        file = sqlite_file(make_url(url))
        assert file is not None
        return SqliteReader(file)
    from foiscrawl.storage.asking.postgresql import PostgresReader  # psycopg is an extra

    return PostgresReader(engine)
