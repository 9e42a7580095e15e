"""What a question to SQLite may do: the authorizer, which SQLite asks about each step when it compiles a statement."""

import sqlite3
from collections.abc import Collection

_FUNCTIONS = frozenset(
    """
    -> ->> abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling char coalesce concat concat_ws cos cosh
    count cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp first_value
    floor format glob group_concat hex highlight if ifnull iif instr json json_array json_array_insert
    json_array_length json_error_position json_extract json_group_array json_group_object json_insert json_object
    json_patch json_pretty json_quote json_remove json_replace json_set json_type json_valid jsonb jsonb_array
    jsonb_extract jsonb_group_array jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove
    jsonb_replace jsonb_set julianday lag last_value lead length like likelihood likely ln log log10 log2 lower
    ltrim match max median min mod nth_value ntile nullif octet_length percent_rank percentile percentile_cont
    percentile_disc pi pow power printf quote radians random randomblob rank replace round row_number rtrim sign sin
    sinh snippet soundex sqlite_version sqrt strftime string_agg substr substring subtype sum tan tanh time timediff
    total trim trunc typeof unhex unicode unistr unistr_quote unixepoch unlikely upper zeroblob
    """.split()  # noqa: SIM905 (a list of words is easier to read)
)
_CATALOGUE = ("sqlite_master", "sqlite_schema")
_LISTS = ("json_each", "json_tree")
_ACTIONS = {value: name[7:] for name, value in vars(sqlite3).items() if name.startswith("SQLITE_") and name[7:] in (
    "ALTER_TABLE", "ANALYZE", "ATTACH", "CREATE_INDEX", "CREATE_TABLE", "CREATE_TEMP_INDEX", "CREATE_TEMP_TABLE",
    "CREATE_TEMP_TRIGGER", "CREATE_TEMP_VIEW", "CREATE_TRIGGER", "CREATE_VIEW", "CREATE_VTABLE", "DELETE", "DETACH",
    "DROP_INDEX", "DROP_TABLE", "DROP_TRIGGER", "DROP_VIEW", "DROP_VTABLE", "INSERT", "PRAGMA", "REINDEX", "SAVEPOINT",
    "TRANSACTION", "UPDATE",
)}  # fmt: skip


class Authorizer:
    """Allows reading of what the main database holds now, functions of the list, and the pragmas that are named.

    refusals    what was refused, in words; for whoever tells a person
    """

    def __init__(self, connection: sqlite3.Connection, pragmas: Collection[str] = ()) -> None:
        self.refusals: list[str] = []
        self._pragmas = pragmas
        held = connection.execute("SELECT lower(name) FROM sqlite_master WHERE type <> 'index'").fetchall()
        self._readable = {name for (name,) in held}.union(_CATALOGUE, _LISTS)
        modules = connection.execute("SELECT lower(name) FROM pragma_module_list").fetchall()
        self._unreadable = {name for (name,) in modules} - self._readable

    def __call__(
        self, action: int, first: str | None, second: str | None, database: str | None, _by: str | None
    ) -> int:
        why = self._refused(action, first or "", second or "", database)
        if why is None:
            return sqlite3.SQLITE_OK
        self.refusals.append(why)
        return sqlite3.SQLITE_DENY

    def _refused(self, action: int, first: str, second: str, database: str | None) -> str | None:
        """Why not, in words; None: it is allowed."""
        if action in (sqlite3.SQLITE_SELECT, sqlite3.SQLITE_RECURSIVE):
            return None
        if action == sqlite3.SQLITE_FUNCTION:
            return None if second.lower() in _FUNCTIONS else f"the function {second} is not among those allowed"
        if action == sqlite3.SQLITE_READ:
            return None if self._may_read(first.lower(), second, database) else f"{first} cannot be read"
        if action == sqlite3.SQLITE_PRAGMA and (first, second) == ("data_version", ""):
            return None  # full-text search asks for it itself
        if action == sqlite3.SQLITE_PRAGMA and first.lower() in self._pragmas:
            return None
        if (action, first) == (sqlite3.SQLITE_UPDATE, "sqlite_master"):
            return (
                None  # SQLite prepares this, and never runs it, when it meets a virtual table; else it refuses itself
            )
        if first in _CATALOGUE:
            return "the schema, and tables that SQLite itself makes up, are out of reach"
        return f"{_ACTIONS.get(action, f'action {action}').replace('_', ' ')} {first}".strip() + " is refused"

    def _may_read(self, name: str, column: str, database: str | None) -> bool:
        if database == "main" and name in self._readable:
            return True
        # `SELECT count(*) FROM x` names no column and no database, and x may be a name that WITH has given.
        return not column and database is None and name not in self._unreadable and not name.startswith("pragma_")
