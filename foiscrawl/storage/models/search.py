"""What search and counts are answered from: the stems of each text, and how many articles there are per month.

The databases keep their indexes up to date by themselves: SQLite by triggers that feed two FTS5 tables, PostgreSQL by
GIN indexes over the same words.
"""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from foiscrawl.storage.columns import BigId, count, ref, string
from foiscrawl.storage.models.base import metadata

search_texts = Table(
    "search_texts",
    metadata,
    Column(
        "place",
        BigId,
        primary_key=True,
        autoincrement=False,
        comment="Its place among the answers, the highest first: newest publication first, undated texts last; of the "
        "same second, the one stored later first",
    ),
    Column("article_id", BigId, nullable=False, comment="Article"),
    Column("number", Integer, nullable=False, comment="Number of the revision"),
    Column("current", Boolean, nullable=False, comment="True: the current revision; false: a superseded one"),
    Column(
        "stems_version",
        Integer,
        nullable=False,
        index=True,
        comment="Version of the stems; 0: not yet made (command migrate makes them)",
    ),
    *(
        string(name, f"Stems of the {what}, joined by blanks", nullable=False, server_default=text("''"))
        for name, what in (("headline", "headline"), ("standfirst", "standfirst"), ("body", "body"))
    ),
    ForeignKeyConstraint(["article_id", "number"], ["revisions.article_id", "revisions.number"]),
    UniqueConstraint("article_id", "number"),
    comment="What a search compares: the words of each revision without case, accents and inflection",
)

article_counts = Table(
    "article_counts",
    metadata,
    ref("site_id", "sites", "Site"),
    string("section", "Main section of the current revision; empty: not told", nullable=False),
    string("month", "Month of publication in UTC, YYYY-MM; empty: not told", nullable=False),
    count("articles", "How many articles"),
    PrimaryKeyConstraint("site_id", "section", "month"),
    CheckConstraint("articles >= 0", name="articles"),
    comment="Articles per section and month; triggers on revisions keep it, view articles_by_month shows it",
)

# What the migrations make besides, since SQLAlchemy has no words for it: full-text tables, and indexes of expressions.
_FTS_TABLES = ("article_search", "revision_search")
_INDEXES = ("ix_search_texts_words", "ix_search_texts_headline_words")


def is_ours(name: str | None, kind: str) -> bool:
    """Whether a table or an index of the database is one that these models describe, for Alembic."""
    if name is None:
        return True
    return name not in _INDEXES if kind == "index" else not name.startswith(_FTS_TABLES)
