"""Databases for every test that needs one: each such test runs on SQLite and on PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from tests.demo_archive import Demo, played
from tests.postgres import MEMORY, Postgres, running

# In memory where there is room: SQLite and the WARC files are synced to the disk at each transaction, on which a test
# would wait for longer than it works. Processes of the tests have their temporary files there too.
if MEMORY is not None and "TMPDIR" not in os.environ:
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that at the end no process is left alone with one of them."""

    def seconds(item: pytest.Item) -> int:
        mark = item.get_closest_marker("long")
        return mark.args[0] if mark else 0

    items.sort(key=seconds, reverse=True)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with running() as server:
        yield server


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite archive, to be copied."""
    file = tmp_path_factory.mktemp("template") / "template.db"
    engine = make_engine(f"sqlite:///{file}")
    upgrade(engine)
    engine.dispose()
    return file


@pytest.fixture(scope="session")
def migrated_database(postgres: Postgres) -> Iterator[str]:
    """Name of a migrated PostgreSQL database, to be copied."""
    with postgres.database() as url:
        engine = make_engine(url)
        upgrade(engine)
        name = str(engine.url.database)
        engine.dispose()
        yield name


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Demo:
    """The archive of `make demo`, one for all processes of a test run."""
    base = tmp_path_factory.getbasetemp()
    return played(base if worker_id == "master" else base.parent)


@pytest.fixture(params=["sqlite", "postgresql"])
def dialect(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def empty_database_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without tables; on SQLite the file is not there yet."""
    if dialect == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        with request.getfixturevalue("postgres").database() as url:
            yield url


def copied(migrated_file: Path, folder: Path) -> str:
    return f"sqlite:///{shutil.copy(migrated_file, folder / 'archive.db')}"


@pytest.fixture
def archive(tmp_path: Path, migrated_file: Path) -> str:
    """An archive without rows in a SQLite file, for tests in which the database does not matter."""
    return copied(migrated_file, tmp_path)


@pytest.fixture
def database_url(dialect: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """An archive without rows."""
    if dialect == "sqlite":
        yield copied(request.getfixturevalue("migrated_file"), tmp_path)
    else:
        template = request.getfixturevalue("migrated_database")
        with request.getfixturevalue("postgres").database(f"TEMPLATE {template} STRATEGY file_copy") as url:
            yield url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """The engine of an archive without rows."""
    made = make_engine(database_url)
    yield made
    made.dispose()
