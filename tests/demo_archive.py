"""The archive of `make demo`, played once for all tests by the commands of the README; and copied to PostgreSQL."""

import fcntl
import json
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import create_engine, insert, select, text

from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.models import metadata
from tests.newcomer import blocks, check_out, type_in

_BATCH = 2000  # rows


class Demo(NamedTuple):
    """folder: where the commands ran; code and said: how they ended, and what was to be read on the terminal."""

    folder: Path
    code: int
    said: str

    @property
    def url(self) -> str:
        return f"sqlite:///{self.folder / 'demo-data' / 'foiscrawl.db'}"


def played(shared: Path) -> Demo:
    """The first who comes plays it; other processes of the test run wait for that. `shared`: a folder of theirs."""
    folder, home, told = shared / "newcomer", shared / "home", shared / "newcomer.json"
    with (shared / "newcomer.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not told.exists():
            for one in (folder, home):
                one.mkdir()
            check_out(folder)
            commands = blocks((folder / "README.md").read_text("utf-8"))[0]
            told.write_text(json.dumps(type_in(commands, folder, home)))
    code, said = json.loads(told.read_text())
    return Demo(folder, code, said)


def copy_to_postgres(sqlite_url: str, postgres_url: str) -> None:
    """All rows into a migrated database. No trigger and no foreign key looks at them: they are whole already."""
    origin, target = make_engine(sqlite_url), create_engine(postgres_url)
    with origin.connect() as reading, target.begin() as writing:
        writing.execute(text("SET LOCAL session_replication_role = replica"))
        for table in metadata.tables.values():
            rows = [dict(row._mapping) for row in reading.execute(select(table))]
            for first in range(0, len(rows), _BATCH):
                writing.execute(insert(table), rows[first : first + _BATCH])
    origin.dispose()
    target.dispose()
