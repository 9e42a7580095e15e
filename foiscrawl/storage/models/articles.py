"""What a crawl brings: articles, their texts, and the pages that were not believed."""

from typing import Any

from sqlalchemy import Boolean, Column, Float, Index, Integer, LargeBinary, Table, UniqueConstraint, false

from foiscrawl.items import Access
from foiscrawl.storage.columns import (
    Json,
    count,
    later_ref,
    moment,
    one_of,
    partial_index,
    ref,
    row_id,
    string,
    url_key,
)
from foiscrawl.storage.models.base import metadata

ARTICLE_STATES = ("live", "suspected", "removed", "withdrawn")


articles = Table(
    "articles",
    metadata,
    row_id(),
    ref("site_id", "sites", "Site of the article"),
    string("source_id", "The publisher's own number of the article; NULL: the site did not tell"),
    string("canonical_url", "The address that the page calls its own, else the one that answered", nullable=False),
    url_key("The canonical address without what does not tell addresses apart"),
    string(
        "state",
        "live, suspected (missing, not yet believed), removed (missing for good; the text is kept) "
        "or withdrawn (closed to us: 401, 403, 451, a password; the text is kept)",
        nullable=False,
        server_default="live",
    ),
    moment("first_seen_at", "When it was first fetched"),
    moment("last_seen_at", "When it last answered with its text, or said that nothing had changed"),
    moment("last_checked_at", "When it was last looked at, whatever the answer"),
    count("revision_count", "How many revisions are stored; the current one has this number"),
    string(
        "content_hash", "SHA-256 of headline, standfirst and body of the current revision", nullable=False, index=True
    ),
    Column("signature", LargeBinary, comment="MinHash of the current body, 128 permutations; NULL: text too short"),
    ref(
        "duplicate_of_id",
        "articles",
        "The first stored article with the very same text; NULL: none",
        nullable=True,
        index=True,
    ),
    ref(
        "near_duplicate_of_id",
        "articles",
        "An earlier stored article with nearly the same text; NULL: none",
        nullable=True,
        index=True,
    ),
    Column("near_similarity", Float, comment="Estimated share of common three-word runs with that article, 0 to 1"),
    string("licence", "Licence that the page gives: its address, else its name; NULL: it gives none"),
    Column(
        "noarchive",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="True: the page asks not to be shown from an archive",
    ),
    Column(
        "terms_read",
        Json,
        comment="By what its sections and tags were read, as a JSON object of arrays: layout, version of the reading "
        "code, reader (null: there were none); NULL: not known",
    ),
    one_of("state", ARTICLE_STATES),
    comment="Articles: one row each however many addresses it has, labelled and never deleted as a duplicate",
)
partial_index(
    "uq_articles_site_id_source_id",
    articles.c.site_id,
    articles.c.source_id,
    where=articles.c.source_id.is_not(None),
    unique=True,
)
partial_index(
    "uq_articles_site_id_url_key",
    articles.c.site_id,
    articles.c.url_key,
    where=articles.c.source_id.is_(None),
    unique=True,
)


def _instant(name: str, what: str) -> tuple[Column[Any], ...]:
    return (
        moment(f"{name}_at", f"{what}; NULL: not told, or not believable", nullable=True),
        string(f"{name}_raw", "The very string that was read for it"),
        string(f"{name}_precision", "second, minute or day"),
        string(f"{name}_zone", "Offset that was printed; site: none was printed, the site's own zone was assumed"),
        string(f"{name}_flag", "Why the string was not believed: zero, implausible, future or unreadable"),
    )


revisions = Table(
    "revisions",
    metadata,
    row_id(),
    ref("article_id", "articles", "Article"),
    Column("number", Integer, nullable=False, comment="1 for the text as first seen, then one more for each edit"),
    ref("fetch_id", "fetches", "Fetch that brought it"),
    moment("captured_at", "When it was fetched"),
    string("headline", "Headline"),
    string("standfirst", "Standfirst (chapô)"),
    string("byline", "Byline as printed"),
    string("credit", "Agency or other paper that the text is credited to, as printed"),
    string("body_text", "Body: paragraphs separated by a blank line; empty: the page has none", nullable=False),
    string("body_html", "The same body as clean HTML; never the page's own markup", nullable=False),
    string("access", "Who may read it: " + ", ".join(Access), nullable=False),
    *_instant("published", "When the publisher says it was published"),
    *_instant("modified", "When the publisher says it was last changed"),
    string("section", "Main section, as the page names it"),
    string("language", "Language code that the page declares"),
    count("word_count", "Words of the body"),
    string("content_hash", "SHA-256 of headline, standfirst and body, blind to typography", nullable=False),
    string("row_digest", "SHA-256 of all texts of the row, to prove them; NULL: stored before rows were proved"),
    string(
        "kind",
        "first, or what the publisher changed, joined by commas: headline, standfirst, body, correction, byline, "
        "credit, published, restored (the text of an earlier revision); NULL: stored before edits were graded",
    ),
    Column("change_size", Integer, comment="Words added plus words removed in headline, standfirst and body"),
    later_ref("capture_id", "revisions", "captures", "Capture that it was read from (the first of several pages)"),
    string("layout", "Layout of the site file that read the page", nullable=False),
    string("extractor_version", "Version of the reading code", nullable=False),
    Column("origins", Json, nullable=False, comment="Which reader gave each field, as a JSON object"),
    Column("flags", Json, nullable=False, comment="What was odd without being fatal, as a JSON array"),
    UniqueConstraint("article_id", "number"),
    one_of("access", Access),
    comment="Texts of articles: the first one and every edit by the publisher",
)

# In the order of publication without touching the texts.
Index("ix_revisions_published_at", revisions.c.published_at, revisions.c.article_id, revisions.c.number)

quarantine = Table(
    "quarantine",
    metadata,
    row_id(),
    ref("site_id", "sites", "Site of the page", index=True),
    ref("url_id", "urls", "Its address", unique=True),
    ref("fetch_id", "fetches", "Fetch that brought it last"),
    string("reason", "Why it was not believed", nullable=False),
    string("headline", "Headline as read"),
    Column("item", Json, nullable=False, comment="All fields as read, as a JSON object; no body of protected pages"),
    moment("first_at", "When it was first put here"),
    moment("last_at", "When it was last put here"),
    count("looks", "How many fetches were not believed", 1),
    comment="Pages that were fetched and not believed, kept to be judged again",
)
