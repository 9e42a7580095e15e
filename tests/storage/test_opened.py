"""An archive that is read: one moment of it, and errors in our words."""

import pytest
from sqlalchemy import Engine, func, select, text

from foiscrawl.errors import DatabaseError
from foiscrawl.storage.models import sites
from foiscrawl.storage.opened import read_archive
from tests.storage.rows import add_site


def test_what_is_written_meanwhile_is_not_seen(engine: Engine, database_url: str):
    counted = select(func.count()).select_from(sites)
    with read_archive(database_url) as conn:
        assert conn.execute(counted).scalar() == 0
        with engine.begin() as other:
            add_site(other)
        assert conn.execute(counted).scalar() == 0
    with read_archive(database_url) as conn:
        assert conn.execute(counted).scalar() == 1


def test_what_the_database_says_is_told_in_our_words(database_url: str):
    with pytest.raises(DatabaseError, match="no_such_table"), read_archive(database_url) as conn:
        conn.execute(text("SELECT * FROM no_such_table"))
