"""The licence that a page gives for its text is kept with its article; a form for a password closes an article, too."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_licence"
down_revision = "20261125_search"
branch_labels = None
depends_on = None

# By table and column what the comment said, and what it says now. SQLite keeps no comments.
COMMENTS = {
    ("articles", "state"): ("(closed to us: 401, 403, 451;", "(closed to us: 401, 403, 451, a password;"),
    ("looks", "verdict"): ("forbidden (401, 403),", "forbidden (401, 403, or 200 with a form for a password),"),
    ("removals", "state"): ("(closed: 401, 403, 451)", "(closed: 401, 403, 451, a password)"),
}


def upgrade() -> None:
    comment = "Licence that the page gives: its address, else its name; NULL: it gives none"
    op.add_column("articles", sa.Column("licence", sa.Text, comment=comment))
    for (table, column), (old, new) in COMMENTS.items():
        _tell(table, column, old, new)


def downgrade() -> None:
    for (table, column), (old, new) in COMMENTS.items():
        _tell(table, column, new, old)
    op.drop_column("articles", "licence")


def _tell(table: str, column: str, old: str, new: str) -> None:
    bind = op.get_bind()
    if bind.dialect.name == "postgresql":
        (told,) = [one["comment"] for one in sa.inspect(bind).get_columns(table) if one["name"] == column]
        op.alter_column(table, column, comment=str(told).replace(old, new), existing_comment=told)
