"""The licence that a page gives for its text is kept with its article."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_licence"
down_revision = "20261125_search"
branch_labels = None
depends_on = None


def upgrade() -> None:
    comment = "Licence that the page gives: its address, else its name; NULL: it gives none"
    op.add_column("articles", sa.Column("licence", sa.Text, comment=comment))


def downgrade() -> None:
    op.drop_column("articles", "licence")
