"""What hangs on the current text of an article, and the index of near-duplicates."""

from typing import Any

from sqlalchemy import BigInteger, Column, Index, Integer, Table

from foiscrawl.storage.columns import ref, string
from foiscrawl.storage.models.base import metadata


def _current(name: str, *columns: Column[Any] | Index, comment: str) -> Table:
    """A list of the current revision of an article, in the page's order."""
    return Table(
        name,
        metadata,
        ref("article_id", "articles", "Article", primary_key=True),
        Column("position", Integer, primary_key=True, autoincrement=False, comment="Place in the list, from 1"),
        *columns,
        comment=comment,
        sqlite_with_rowid=False,
    )


def _by_name(table: str) -> Index:
    # A hash has no limit of length on PostgreSQL; a b-tree refuses a name of some 2,700 bytes and with it the article.
    return Index(f"ix_{table}_name", "name", postgresql_using="hash")


article_sections = _current(
    "article_sections",
    string("name", "Section as the page names it", nullable=False),
    string("slug", "The section's name in addresses"),
    _by_name("article_sections"),
    comment="Sections of an article, current state",
)
authors = _current(
    "authors",
    string("name", "Author as the page names it", nullable=False),
    _by_name("authors"),
    comment="Authors of an article, current state",
)
tags = _current(
    "tags",
    string("name", "Tag as the page names it", nullable=False),
    string("slug", "The tag's name in addresses"),
    _by_name("tags"),
    comment="Tags of an article, current state",
)
images = _current(
    "images",
    string("url", "Address of the picture; its bytes are not fetched", nullable=False),
    string("role", "featured or body", nullable=False),
    string("caption", "Caption"),
    string("credit", "Credit"),
    string("alt", "Alternative text"),
    comment="Pictures of an article, current state",
)
links = _current(
    "links",
    string("url", "Where the link leads", nullable=False),
    string("text", "Its words", nullable=False),
    string("kind", "read_also, subscriber, internal or external", nullable=False),
    comment="Links in the body of an article, current state",
)

near_bands = Table(
    "near_bands",
    metadata,
    Column("band", BigInteger, primary_key=True, autoincrement=False, comment="One band of a signature, as a number"),
    ref("article_id", "articles", "Article with this band", primary_key=True),
    comment="Index of near-duplicates: articles that share a band may have nearly the same text",
    sqlite_with_rowid=False,
)
