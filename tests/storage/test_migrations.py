import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, event, insert, inspect, select, text

from foiscrawl.errors import AlreadyRunning, DatabaseError
from foiscrawl.storage import migrate
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.lock import LOCK_CLASS, site_lock
from foiscrawl.storage.migrate import current_and_head, downgrade, upgrade
from foiscrawl.storage.models import articles, metadata, tags
from foiscrawl.storage.models.search import is_ours
from foiscrawl.storage.views import views
from tests.postgres import Postgres
from tests.storage.rows import add_article, add_site

MIGRATIONS = Path(__file__).parents[2] / "migrations"


# Full-text tables with their views, and triggers: SQLAlchemy has no words for them.
MADE_BY_SQL = ("article_search", "revision_search", "article_stems", "revision_stems", "revisions_counted")


def shape(connection: Connection) -> dict[str, object]:
    """Everything that the database knows of its tables and views, in a form that can be compared."""
    inspector = inspect(connection)
    if connection.dialect.name == "sqlite":
        rows = connection.execute(
            text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name <> 'alembic_version'")
        )
        # In whatever order it was written; a reference may stand with its column or, by its name, with the table.
        found = {name: re.sub(r"FOREIGN KEY\s?\(\w+\)", "", sql) for name, sql in rows}
        return {name: sorted(re.findall(r"[^\s\",()]+", sql)) for name, sql in found.items()}
    return {
        table: (
            sorted(map(str, inspector.get_columns(table))),
            str(inspector.get_pk_constraint(table)),
            sorted(map(str, inspector.get_unique_constraints(table))),
            sorted(map(str, inspector.get_check_constraints(table))),
            sorted(map(str, inspector.get_foreign_keys(table))),
            sorted(str(one) for one in inspector.get_indexes(table) if is_ours(one["name"], "index")),
            inspector.get_table_comment(table),
        )
        for table in inspector.get_table_names()
        if table != "alembic_version"
    }


def test_there_is_one_head_and_no_migration_imports_our_code():
    scripts = ScriptDirectory(MIGRATIONS)

    assert len(scripts.get_heads()) == 1
    for file in (MIGRATIONS / "versions").glob("*.py"):
        assert "foiscrawl" not in file.read_text("utf-8")


def test_the_migrated_schema_is_that_of_the_models(engine: Engine):
    with engine.connect() as connection:
        options = {"include_name": lambda name, kind, _parents: is_ours(name, kind)}
        differences = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)

    assert differences == []


def test_the_migrated_schema_is_the_same_to_the_last_constraint_and_comment(engine: Engine, empty_database_url: str):
    # Alembic's comparison knows nothing of CHECK constraints, WITHOUT ROWID and the kind of an index.
    other = make_engine(empty_database_url)
    metadata.create_all(other)

    with engine.connect() as migrated, other.connect() as modelled:
        found, wanted = shape(migrated), shape(modelled)
    other.dispose()

    for view in [name for name in found if name in views.tables or name.startswith(MADE_BY_SQL)]:
        del found[view]
    assert found == wanted


def test_what_sql_alone_can_make_stands_at_the_head(engine: Engine):
    # A migration that rebuilds a table of SQLite drops its triggers; it has to make them anew.
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            rows = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'"))
            wanted = [f"{one}_{when}" for one in MADE_BY_SQL[:2] for when in ("delete", "insert", "update")]
            wanted += [f"revisions_counted_{when}" for when in ("delete", "insert", "update")]
        else:
            rows = connection.execute(
                text(
                    "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal "
                    "UNION SELECT indexname FROM pg_indexes WHERE indexname LIKE 'ix_search_texts_%words'"
                )
            )
            wanted = [f"revisions_counted_{when}" for when in ("delete", "insert", "update")]
            wanted += ["ix_search_texts_words", "ix_search_texts_headline_words"]

        assert sorted(rows.scalars()) == sorted(wanted)


def test_postgresql_holds_the_comments_of_the_views(postgres: Postgres, migrated_database: str):
    with postgres.database(f"TEMPLATE {migrated_database}") as url:
        engine = make_engine(url)
        with engine.connect() as connection:
            inspector = inspect(connection)
            found = {
                view: {column["name"]: column["comment"] for column in inspector.get_columns(view)}
                for view in views.tables
            }
            about = {view: inspector.get_table_comment(view)["text"] for view in views.tables}
        engine.dispose()

    assert found == {
        view.name: {column.name: column.comment for column in view.columns} for view in views.sorted_tables
    }
    assert about == {view.name: view.comment for view in views.sorted_tables}


def test_every_step_can_be_taken_back_and_again(empty_database_url: str):
    engine = make_engine(empty_database_url)
    steps = [script.revision for script in reversed(list(ScriptDirectory(MIGRATIONS).walk_revisions()))]
    shapes = {}

    for step in steps:
        upgrade(engine, step)
        with engine.connect() as connection:
            shapes[step] = shape(connection)
    for step in reversed(steps[:-1]):
        downgrade(engine, step)
        with engine.connect() as connection:
            assert shape(connection) == shapes[step]
    downgrade(engine, "base")
    with engine.connect() as connection:
        assert shape(connection) == {}
    upgrade(engine)

    current, head = current_and_head(engine)
    engine.dispose()
    assert current == head == steps[-1]


def test_an_upgrade_of_what_is_up_to_date_does_nothing(engine: Engine):
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *arguments: seen.append(arguments[2].split()[0].upper()))

    upgrade(engine)

    assert set(seen) <= {"SELECT", "SHOW", "PRAGMA", "BEGIN"}


# For each number that it reads: migrates in a process of its own, which dies as by kill -9 when that many statements
# that change something have been executed, and tells with which code it ended.
KILLED = """
import gc, os, sys, tempfile
from sqlalchemy import event
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import current_and_head, downgrade, upgrade

def migrate(last):
    engine, count = make_engine(sys.argv[1]), 0

    @event.listens_for(engine, "after_cursor_execute")
    def count_and_die(connection, cursor, statement, *rest):
        nonlocal count
        if statement.lstrip().upper().startswith(("CREATE", "ALTER", "DROP", "INSERT", "UPDATE", "DELETE", "COMMENT")):
            count += 1
            if count == last:
                os._exit(9)

    upgrade(engine) if sys.argv[2] == "up" else downgrade(engine, "base")

# What each child would load and compile anew: the driver, Alembic, the migrations. It was half of the work.
engine = make_engine(sys.argv[1])
current_and_head(engine)
engine.dispose()  # a child must not share a connection
with tempfile.TemporaryDirectory() as folder:
    other = make_engine(f"sqlite:///{folder}/other.db")
    upgrade(other)
    downgrade(other, "base")
    other.dispose()
gc.freeze()
for line in sys.stdin:
    child = os.fork()
    if child == 0:
        migrate(int(line))
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.mark.long(10)
@pytest.mark.parametrize("direction", ["up", "down"])
def test_a_migration_killed_at_any_statement_leaves_the_old_version_or_the_new(
    direction: str, dialect: str, empty_database_url: str, database_url: str
):
    url = empty_database_url if direction == "up" else database_url
    engine = make_engine(url)
    with engine.connect() as connection:
        before = shape(connection)
    # What is committed too early is there at every later statement too, so that some of them are enough. On PostgreSQL
    # each comment is one, which makes some 250 of them.
    step = 4 if dialect == "sqlite" else 25 if direction == "up" else 6
    deaths = 0

    with subprocess.Popen(
        [sys.executable, "-c", KILLED, url, direction], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as migrating:
        for statement in range(1, 10_000, step):
            migrating.stdin.write(f"{statement}\n")
            migrating.stdin.flush()
            code = int(migrating.stdout.readline())
            if code == 0:
                break
            deaths += code == 9
            with engine.connect() as connection:
                assert shape(connection) == before
        migrating.stdin.close()

    current, head = current_and_head(engine)
    engine.dispose()
    assert current == (head if direction == "up" else None)
    assert deaths == (statement - 1) // step >= 3


def test_rows_that_would_refer_to_nothing_undo_a_migration(tmp_path: Path):
    file = tmp_path / "archive.db"
    engine = make_engine(f"sqlite:///{file}")
    upgrade(engine, "20261123_tables")
    with sqlite3.connect(file) as connection:  # foreign keys are off here by default
        connection.execute("INSERT INTO tags (article_id, position, name) VALUES (404, 1, 'x')")
    connection.close()

    with pytest.raises(DatabaseError, match="1 rows would refer to nothing, the first in tags"):
        upgrade(engine)

    current, _ = current_and_head(engine)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()
    assert current == "20261123_tables"


def test_of_two_migrations_at_once_one_waits_and_finds_it_done(empty_database_url: str):
    engine = make_engine(empty_database_url)
    program = "import sys; from foiscrawl.storage.migrate import *; upgrade(make_engine(sys.argv[1])); print('done')"

    with hold_migration(engine):
        migrating = [
            subprocess.Popen(
                [sys.executable, "-c", program, empty_database_url],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for _ in range(2)
        ]
        with pytest.raises(subprocess.TimeoutExpired):
            migrating[0].wait(2)
        waiting = [one.poll() for one in migrating]
    told = [one.communicate(timeout=30)[0] for one in migrating]

    current, head = current_and_head(engine)
    engine.dispose()
    assert waiting == [None, None]
    assert told == ["done\n", "done\n"]
    assert current == head


@contextmanager
def hold_migration(engine: Engine) -> Iterator[None]:
    """What another migration holds while it works."""
    with engine.begin() as connection:  # on SQLite this is the write lock
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:class, 0)"), {"class": LOCK_CLASS})
        yield


def test_no_migration_while_a_run_has_the_archive_open(database_url: str):
    engine = make_engine(database_url)
    downgrade(engine, "20261123_tables")
    lock = site_lock(engine, "essai")
    lock.acquire()

    with pytest.raises(AlreadyRunning):
        upgrade(engine)

    lock.release()
    upgrade(engine)
    current, head = current_and_head(engine)
    engine.dispose()
    assert current == head


REBUILD = """
import sqlalchemy as sa
from alembic import op

revision = "20991231_rebuild"
down_revision = "20261125_licence"


def upgrade():
    with op.batch_alter_table("articles", recreate="auto") as table:
        table.add_column(sa.Column("rating", sa.Integer()))
        table.alter_column("noarchive", nullable=True)
"""


def test_a_migration_that_rebuilds_a_table_keeps_its_rows_and_those_that_refer_to_it(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    shutil.copytree(MIGRATIONS, tmp_path / "migrations", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "migrations" / "versions" / "20991231_rebuild.py").write_text(REBUILD)
    monkeypatch.setattr(migrate.migrations, "__file__", str(tmp_path / "migrations" / "__init__.py"))
    with engine.begin() as connection:
        article_id = add_article(connection, add_site(connection), "essai.test/a")
        connection.execute(insert(tags).values(article_id=article_id, position=1, name="mot"))

    upgrade(engine)

    with engine.connect() as connection:
        rows = connection.execute(select(articles.c.canonical_url, tags.c.name).join(tags)).all()
        assert rows == [("https://essai.test/a", "mot")]
        assert "rating" in {column["name"] for column in inspect(connection).get_columns("articles")}
