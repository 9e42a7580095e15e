"""For people who read: articles in the order of publication, and what stood in a list when, come from indexes.

The view articles_current joins the current revision of each article, which is always there, instead of allowing for
none: only then can SQLite find the newest articles by the new index rather than by sorting all of them.
"""

from alembic import op

revision = "20261125_reading"
down_revision = "20261125_over_time"
branch_labels = None
depends_on = None

MAYBE, ALWAYS = "LEFT JOIN revisions r", "JOIN revisions r"


def upgrade() -> None:
    op.create_index("ix_revisions_published_at", "revisions", ["published_at", "article_id", "number"])
    op.create_index("ix_sightings_place_id", "sightings", ["place_id", "from_at"])
    _join_revisions(MAYBE, ALWAYS)


def downgrade() -> None:
    _join_revisions(ALWAYS, MAYBE)
    op.drop_index("ix_sightings_place_id", "sightings")
    op.drop_index("ix_revisions_published_at", "revisions")


def _join_revisions(old: str, new: str) -> None:
    run = op.get_bind().exec_driver_sql
    if op.get_context().dialect.name == "sqlite":
        text: str = run("SELECT sql FROM sqlite_schema WHERE name = 'articles_current'").scalar_one()
        run("DROP VIEW articles_current")
        run(text.replace(old, new))
    else:
        text = run("SELECT pg_get_viewdef('articles_current'::regclass, true)").scalar_one()
        run(f"CREATE OR REPLACE VIEW articles_current AS {text.replace(old, new)}")
