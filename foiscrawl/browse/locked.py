"""The archive's file as Datasette asks it: opened to be read, and locked against all that is not reading."""

import sqlite3
from typing import Any
from urllib.parse import quote

from datasette.database import Database

_ALLOWED = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
# Without these Datasette cannot tell what tables there are; none of them writes in a file opened read-only.
_PRAGMAS = {
    "database_list",
    "data_version",  # full-text search asks for it
    "foreign_key_list",
    "index_info",
    "index_list",
    "index_xinfo",
    "schema_version",
    "table_info",
    "table_xinfo",
}
_TEXT_MAX = 50_000_000  # bytes of one value; a question could else ask for gigabytes of zeros
_HEAP = 512 * 1024 * 1024  # bytes that SQLite may take in this process
_BUSY = 10  # s to wait for whoever writes


class Archive(Database):  # type: ignore[misc]
    """Read-only twice over: the file is opened so, and nothing but reading passes; ATTACH, too, is refused.

    Not « immutable »: a crawl may write the file meanwhile.
    """

    def connect(self, write: bool = False) -> sqlite3.Connection:
        if write:
            raise PermissionError("the archive is only read here")
        opened = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=ro", uri=True, check_same_thread=False, timeout=_BUSY
        )
        opened.execute(f"PRAGMA hard_heap_limit = {_HEAP}")
        opened.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _TEXT_MAX)
        opened.set_authorizer(_allowed)
        self._all_file_connections.append(opened)
        return opened

    async def execute(self, sql: str, params: Any = None, **options: Any) -> Any:
        """An asker's slip is told on the page; Datasette would also print it, with whatever it holds."""
        return await super().execute(sql, params, **{**options, "log_sql_errors": False})


def _allowed(action: int, first: str | None, second: str | None, *_: Any) -> int:
    if action == sqlite3.SQLITE_PRAGMA:
        return sqlite3.SQLITE_OK if first in _PRAGMAS else sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_UPDATE and first == "sqlite_master":
        return sqlite3.SQLITE_OK  # SQLite itself, when it meets a full-text table; an asker's own it refuses elsewhere
    if action == sqlite3.SQLITE_FUNCTION and second in ("load_extension", "fts3_tokenizer"):
        return sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY
