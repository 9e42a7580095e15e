"""The archive's file as Datasette asks it: opened to be read, and guarded as `foiscrawl query` guards it."""

import sqlite3
from typing import Any
from urllib.parse import quote

from datasette.database import Database

from foiscrawl.storage.asking.sqlite import guard
from foiscrawl.storage.engine import BUSY_TIMEOUT

# Without these Datasette cannot tell what tables there are; none of them sets anything in a file opened read-only.
_PRAGMAS = frozenset({"database_list", "foreign_key_list", "index_info", "index_list", "index_xinfo", "schema_version",
                      "table_info", "table_xinfo"})  # fmt: skip


class Archive(Database):  # type: ignore[misc]
    """Not « immutable »: a crawl may write the file meanwhile."""

    def connect(self, write: bool = False) -> sqlite3.Connection:
        if write:
            raise PermissionError("the archive is only read here")
        opened = sqlite3.connect(
            f"file:{quote(str(self.path))}?mode=ro", uri=True, check_same_thread=False, timeout=BUSY_TIMEOUT
        )
        guard(opened, _PRAGMAS)
        self._all_file_connections.append(opened)
        return opened

    async def execute(self, sql: str, params: Any = None, **options: Any) -> Any:
        """An asker's slip is told on the page; Datasette would also print it, with whatever it holds."""
        return await super().execute(sql, params, **{**options, "log_sql_errors": False})
