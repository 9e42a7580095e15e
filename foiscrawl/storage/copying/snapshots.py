"""A PostgreSQL archive as one SQLite file with a mark, so that nothing else is ever taken for it and replaced."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Engine

from foiscrawl.storage.copying import Step, copy_archive, placed

_MARK = 0x666F6973  # SQLite's application_id: « fois »


def make(source: Engine, file: Path, step: Step) -> None:
    """Copy the archive as it stands at this moment; an older snapshot is replaced when the new one is whole.

    Raises UsageError when the file cannot be made, DiskFull, DatabaseError.
    """
    with placed(file) as part:
        copy_archive(source, part, step)
        with closing(sqlite3.connect(part)) as made:
            made.execute(f"PRAGMA application_id = {_MARK}")


def is_snapshot(file: Path) -> bool:
    """Whether `make` has made this file."""
    with closing(sqlite3.connect(f"file:{quote(str(file))}?mode=ro", uri=True)) as opened:
        try:
            (mark,) = opened.execute("PRAGMA application_id").fetchone()
        except sqlite3.DatabaseError:  # no database at all
            return False
    return bool(mark == _MARK)
