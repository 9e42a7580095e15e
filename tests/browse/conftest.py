"""One archive, one server and one browser for many questions."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from foiscrawl.storage.engine import make_engine
from tests.browse.filled import Book, library, searched, story
from tests.browse.serving import Served, browsing
from tests.browser import Browser, browser


@pytest.fixture(scope="package")
def books(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> tuple[Path, list[Book]]:
    """The file of the library, and what stands in it."""
    file = tmp_path_factory.mktemp("library") / "a b#c é.db"  # a name that an address would read otherwise
    shutil.copy(migrated_file, file)
    engine = make_engine(f"sqlite:///{file}")
    with engine.begin() as conn:
        told = library(conn)
        story(conn)
    searched(engine)
    engine.dispose()
    return file, told


@pytest.fixture(scope="package")
def served(books: tuple[Path, list[Book]]) -> Iterator[Served]:
    with browsing(books[0]) as server:
        yield server


@pytest.fixture(scope="package")
def seen() -> Iterator[Browser]:
    with browser() as one:
        yield one
