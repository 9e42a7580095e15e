"""${message}.

Say here what changes for a reader of the data. Never import from foiscrawl: this file must mean the same in years.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}

MOMENT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True, precision=0), "postgresql")


def upgrade() -> None:
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    ${downgrades if downgrades else "pass"}
