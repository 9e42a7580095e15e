"""Indexes for people who read: articles in the order of publication, and what stood in a list when."""

from alembic import op

revision = "20261125_reading"
down_revision = "20261125_over_time"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_revisions_published_at", "revisions", ["published_at", "article_id", "number"])
    op.create_index("ix_sightings_place_id", "sightings", ["place_id", "from_at"])


def downgrade() -> None:
    op.drop_index("ix_sightings_place_id", "sightings")
    op.drop_index("ix_revisions_published_at", "revisions")
