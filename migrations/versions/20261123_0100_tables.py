"""The tables of the archive.

A reader of the data finds every column's meaning in docs/schema.md and, on PostgreSQL, in the column's comment.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261123_tables"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text()
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True, precision=0), "postgresql")


def upgrade() -> None:
    op.create_table(
        "sites",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("name", TEXT, nullable=False, comment="Short name of the site, as its site file is called"),
        sa.Column("title", TEXT, nullable=False, comment="What the site calls itself on its front page"),
        sa.Column("home", TEXT, nullable=False, comment="Address of the front page"),
        sa.Column(
            "verified_at",
            MOMENT,
            nullable=True,
            comment="When the front page last named itself by this title; NULL: never",
        ),
        sa.Column(
            "horizon_at",
            MOMENT,
            nullable=True,
            comment="Articles older than this are known but not fetched; NULL: no horizon set",
        ),
        sa.Column("created_at", MOMENT, nullable=False, comment="When the site entered the archive"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sites")),
        sa.UniqueConstraint("name", name=op.f("uq_sites_name")),
        comment="News sites in this archive",
    )
    op.create_table(
        "articles",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("site_id", ID, nullable=False, comment="Site of the article"),
        sa.Column(
            "source_id",
            TEXT,
            nullable=True,
            comment="The publisher's own number of the article; NULL: the site did not tell",
        ),
        sa.Column(
            "canonical_url",
            TEXT,
            nullable=False,
            comment="The address that the page calls its own, else the one that answered",
        ),
        sa.Column(
            "url_key", TEXT, nullable=False, comment="The canonical address without what does not tell addresses apart"
        ),
        sa.Column(
            "state",
            TEXT,
            server_default="live",
            nullable=False,
            comment=(
                "live, suspected (missing, not yet believed), removed (missing for good; the text is kept) or "
                "withdrawn (the publisher asked not to be archived)"
            ),
        ),
        sa.Column("first_seen_at", MOMENT, nullable=False, comment="When it was first fetched"),
        sa.Column(
            "last_seen_at",
            MOMENT,
            nullable=False,
            comment="When it last answered with its text, or said that nothing had changed",
        ),
        sa.Column("last_checked_at", MOMENT, nullable=False, comment="When it was last looked at, whatever the answer"),
        sa.Column(
            "revision_count",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="How many revisions are stored; the current one has this number",
        ),
        sa.Column(
            "content_hash",
            TEXT,
            nullable=False,
            comment="SHA-256 of headline, standfirst and body of the current revision",
        ),
        sa.Column(
            "signature",
            sa.LargeBinary(),
            nullable=True,
            comment="MinHash of the current body, 128 permutations; NULL: text too short",
        ),
        sa.Column(
            "duplicate_of_id", ID, nullable=True, comment="The first stored article with the very same text; NULL: none"
        ),
        sa.Column(
            "near_duplicate_of_id",
            ID,
            nullable=True,
            comment="An earlier stored article with nearly the same text; NULL: none",
        ),
        sa.Column(
            "near_similarity",
            sa.Float(),
            nullable=True,
            comment="Estimated share of common three-word runs with that article, 0 to 1",
        ),
        sa.Column(
            "noarchive",
            sa.Boolean(),
            server_default=sa.false(),
            nullable=False,
            comment="True: the page asks not to be shown from an archive",
        ),
        sa.CheckConstraint("state IN ('live', 'suspected', 'removed', 'withdrawn')", name=op.f("ck_articles_state")),
        sa.ForeignKeyConstraint(
            ["duplicate_of_id"], ["articles.id"], name=op.f("fk_articles_duplicate_of_id_articles")
        ),
        sa.ForeignKeyConstraint(
            ["near_duplicate_of_id"], ["articles.id"], name=op.f("fk_articles_near_duplicate_of_id_articles")
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_articles_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_articles")),
        comment="Articles: one row each however many addresses it has, labelled and never deleted as a duplicate",
    )
    op.create_index("ix_articles_content_hash", "articles", ["content_hash"])
    op.create_index("ix_articles_duplicate_of_id", "articles", ["duplicate_of_id"])
    op.create_index("ix_articles_near_duplicate_of_id", "articles", ["near_duplicate_of_id"])
    op.create_index(
        "uq_articles_site_id_source_id",
        "articles",
        ["site_id", "source_id"],
        unique=True,
        sqlite_where=sa.text("source_id IS NOT NULL"),
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )
    op.create_index(
        "uq_articles_site_id_url_key",
        "articles",
        ["site_id", "url_key"],
        unique=True,
        sqlite_where=sa.text("source_id IS NULL"),
        postgresql_where=sa.text("source_id IS NULL"),
    )

    op.create_table(
        "policies",
        sa.Column("site_id", ID, nullable=False, comment="Site"),
        sa.Column(
            "kind", TEXT, nullable=False, comment="robots (robots.txt) or tdmrep (text-and-data-mining reservation)"
        ),
        sa.Column("url", TEXT, nullable=False, comment="Address of the file"),
        sa.Column("fetched_at", MOMENT, nullable=False, comment="When it was last asked for"),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status of the answer; NULL: none came"),
        sa.Column("body", TEXT, nullable=True, comment="The file; NULL: none came"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_policies_site_id_sites")),
        sa.PrimaryKeyConstraint("site_id", "kind", name=op.f("pk_policies")),
        comment="What each site asks of crawlers, as last read",
    )
    op.create_table(
        "runs",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("site_id", ID, nullable=False, comment="Site that was crawled"),
        sa.Column("mode", TEXT, nullable=False, comment="What the run was for: update or backfill"),
        sa.Column("arguments", JSON, nullable=False, comment="Arguments of the run, as a JSON object"),
        sa.Column("started_at", MOMENT, nullable=False, comment="When the run began"),
        sa.Column("heartbeat_at", MOMENT, nullable=False, comment="Last sign of life"),
        sa.Column(
            "ended_at",
            MOMENT,
            nullable=True,
            comment="When the run ended; NULL: it is running, or died and nobody has noticed yet",
        ),
        sa.Column(
            "outcome",
            TEXT,
            server_default="running",
            nullable=False,
            comment=(
                "running, done, degraded (the site or our reading of it was not well), interrupted (asked to "
                "stop), crashed (died; noticed by the next run) or failed"
            ),
        ),
        sa.Column("exit_code", sa.Integer(), nullable=True, comment="What the command returned to the schedule"),
        sa.Column("reason", TEXT, nullable=True, comment="Why the run ended so"),
        sa.Column(
            "skipped",
            JSON,
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="Links seen and never taken for an article, counted by reason, as a JSON object",
        ),
        sa.Column(
            "declared_total",
            sa.Integer(),
            nullable=True,
            comment="How many articles the site said it has; NULL: it did not say",
        ),
        sa.Column(
            "resume_at",
            MOMENT,
            nullable=True,
            comment="The site asked not to be asked again before this (Retry-After); NULL: no",
        ),
        sa.Column(
            "versions", JSON, nullable=False, comment="Versions of the program and its libraries, as a JSON object"
        ),
        sa.CheckConstraint("(outcome = 'running') = (ended_at IS NULL)", name=op.f("ck_runs_ended")),
        sa.CheckConstraint(
            "outcome IN ('running', 'done', 'degraded', 'interrupted', 'crashed', 'failed')",
            name=op.f("ck_runs_outcome"),
        ),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_runs_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        comment="Runs of the crawler, one row each",
    )
    op.create_index("ix_runs_site_id", "runs", ["site_id"])

    op.create_table(
        "sections",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("site_id", ID, nullable=False, comment="Site of the section"),
        sa.Column(
            "url_key",
            TEXT,
            nullable=False,
            comment="The address without what does not tell addresses apart; unique within the site",
        ),
        sa.Column("url", TEXT, nullable=False, comment="Address of the section page"),
        sa.Column("name", TEXT, nullable=False, comment="Label in the menu"),
        sa.Column("slug", TEXT, nullable=True, comment="The section's name in addresses"),
        sa.Column("parent", TEXT, nullable=True, comment="Label of the menu entry above it; NULL: top level"),
        sa.Column("position", sa.Integer(), nullable=False, comment="Place in the menu, from 1, as last seen"),
        sa.Column("first_seen_at", MOMENT, nullable=False, comment="First time the menu showed it"),
        sa.Column("last_seen_at", MOMENT, nullable=False, comment="Last time the menu showed it"),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_sections_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sections")),
        sa.UniqueConstraint("site_id", "url_key", name=op.f("uq_sections_site_id_url_key")),
        comment="Sections (categories) that the menu has shown",
    )
    op.create_table(
        "article_sections",
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False, comment="Place in the list, from 1"),
        sa.Column("name", TEXT, nullable=False, comment="Section as the page names it"),
        sa.Column("slug", TEXT, nullable=True, comment="The section's name in addresses"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_article_sections_article_id_articles")),
        sa.PrimaryKeyConstraint("article_id", "position", name=op.f("pk_article_sections")),
        comment="Sections of an article, current state",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_article_sections_name", "article_sections", ["name"], postgresql_using="hash")

    op.create_table(
        "authors",
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False, comment="Place in the list, from 1"),
        sa.Column("name", TEXT, nullable=False, comment="Author as the page names it"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_authors_article_id_articles")),
        sa.PrimaryKeyConstraint("article_id", "position", name=op.f("pk_authors")),
        comment="Authors of an article, current state",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_authors_name", "authors", ["name"], postgresql_using="hash")

    op.create_table(
        "images",
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False, comment="Place in the list, from 1"),
        sa.Column("url", TEXT, nullable=False, comment="Address of the picture; its bytes are not fetched"),
        sa.Column("role", TEXT, nullable=False, comment="featured or body"),
        sa.Column("caption", TEXT, nullable=True, comment="Caption"),
        sa.Column("credit", TEXT, nullable=True, comment="Credit"),
        sa.Column("alt", TEXT, nullable=True, comment="Alternative text"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_images_article_id_articles")),
        sa.PrimaryKeyConstraint("article_id", "position", name=op.f("pk_images")),
        comment="Pictures of an article, current state",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "links",
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False, comment="Place in the list, from 1"),
        sa.Column("url", TEXT, nullable=False, comment="Where the link leads"),
        sa.Column("text", TEXT, nullable=False, comment="Its words"),
        sa.Column("kind", TEXT, nullable=False, comment="read_also, subscriber, internal or external"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_links_article_id_articles")),
        sa.PrimaryKeyConstraint("article_id", "position", name=op.f("pk_links")),
        comment="Links in the body of an article, current state",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "near_bands",
        sa.Column(
            "band", sa.BigInteger(), autoincrement=False, nullable=False, comment="One band of a signature, as a number"
        ),
        sa.Column("article_id", ID, nullable=False, comment="Article with this band"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_near_bands_article_id_articles")),
        sa.PrimaryKeyConstraint("band", "article_id", name=op.f("pk_near_bands")),
        comment="Index of near-duplicates: articles that share a band may have nearly the same text",
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tags",
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False, comment="Place in the list, from 1"),
        sa.Column("name", TEXT, nullable=False, comment="Tag as the page names it"),
        sa.Column("slug", TEXT, nullable=True, comment="The tag's name in addresses"),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_tags_article_id_articles")),
        sa.PrimaryKeyConstraint("article_id", "position", name=op.f("pk_tags")),
        comment="Tags of an article, current state",
        sqlite_with_rowid=False,
    )
    op.create_index("ix_tags_name", "tags", ["name"], postgresql_using="hash")

    op.create_table(
        "urls",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("site_id", ID, nullable=False, comment="Site of the address"),
        sa.Column(
            "url_key",
            TEXT,
            nullable=False,
            comment="The address without what does not tell addresses apart; unique within the site",
        ),
        sa.Column("url", TEXT, nullable=False, comment="The address, fetchable"),
        sa.Column("kind", TEXT, nullable=False, comment="What it is: home, listing, feed, sitemap, rest or article"),
        sa.Column(
            "state",
            TEXT,
            server_default="new",
            nullable=False,
            comment=(
                "new (never answered), known (answered), outside (older than the horizon or the asked-for dates), "
                "refused (not ours to fetch), gone (404 or 410), failed (error; tried again) or dropped (no "
                "article after all)"
            ),
        ),
        sa.Column("next_fetch_at", MOMENT, nullable=True, comment="When it is due; NULL: not due"),
        sa.Column(
            "attempts", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Failed fetches in a row"
        ),
        sa.Column("reason", TEXT, nullable=True, comment="Why it is in this state"),
        sa.Column(
            "found_in", TEXT, nullable=False, comment="Where it was first found: menu, listing, feed, sitemap, rest ..."
        ),
        sa.Column(
            "page",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Number of the list page that this address is; 1 for articles",
        ),
        sa.Column("section", TEXT, nullable=True, comment="Section it was listed under, where its finder knew one"),
        sa.Column(
            "source_id", TEXT, nullable=True, comment="The publisher's number of the article, where its finder knew it"
        ),
        sa.Column("title", TEXT, nullable=True, comment="Title as a section page last listed it"),
        sa.Column("published_at", MOMENT, nullable=True, comment="Publication as announced by a list"),
        sa.Column("modified_at", MOMENT, nullable=True, comment="Newest change that a list ever announced"),
        sa.Column("etag", TEXT, nullable=True, comment="ETag of the last full answer"),
        sa.Column("last_modified", TEXT, nullable=True, comment="Last-Modified of the last full answer"),
        sa.Column("article_id", ID, nullable=True, comment="Article that this address shows; NULL: none yet"),
        sa.Column("first_seen_at", MOMENT, nullable=False, comment="When it was first learnt"),
        sa.Column("last_seen_at", MOMENT, nullable=False, comment="When it was last listed or fetched"),
        sa.Column("first_run_id", ID, nullable=False, comment="Run that learnt it"),
        sa.Column("last_fetched_at", MOMENT, nullable=True, comment="When it was last asked for; NULL: never"),
        sa.CheckConstraint(
            "kind IN ('home', 'listing', 'feed', 'sitemap', 'rest', 'article')", name=op.f("ck_urls_kind")
        ),
        sa.CheckConstraint(
            "state IN ('new', 'known', 'outside', 'refused', 'gone', 'failed', 'dropped')", name=op.f("ck_urls_state")
        ),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_urls_article_id_articles")),
        sa.ForeignKeyConstraint(["first_run_id"], ["runs.id"], name=op.f("fk_urls_first_run_id_runs")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_urls_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_urls")),
        sa.UniqueConstraint("site_id", "url_key", name=op.f("uq_urls_site_id_url_key")),
        comment="The frontier: every address ever learnt, of any kind",
    )
    op.create_index("ix_urls_article_id", "urls", ["article_id"])
    op.create_index("ix_urls_state", "urls", ["site_id", "kind", "state"])
    op.create_index(
        "ix_urls_due",
        "urls",
        ["site_id", "kind", "next_fetch_at"],
        sqlite_where=sa.text("next_fetch_at IS NOT NULL"),
        postgresql_where=sa.text("next_fetch_at IS NOT NULL"),
    )

    op.create_table(
        "fetches",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("run_id", ID, nullable=False, comment="Run that took the address up"),
        sa.Column("url_id", ID, nullable=False, comment="The address"),
        sa.Column("kind", TEXT, nullable=False, comment="What the address was taken for"),
        sa.Column("taken_at", MOMENT, nullable=False, comment="When the run took it up"),
        sa.Column("settled_at", MOMENT, nullable=True, comment="When its outcome was recorded; NULL: still open"),
        sa.Column(
            "outcome",
            TEXT,
            nullable=True,
            comment=(
                "How it ended: stored, revised, unchanged, read, skipped, gone, refused, quarantined, failed, "
                "interrupted; NULL: still open"
            ),
        ),
        sa.Column("reason", TEXT, nullable=True, comment="Why it ended so"),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status of the last answer; NULL: none came"),
        sa.Column("final_url", TEXT, nullable=True, comment="The address that answered, after redirects"),
        sa.Column(
            "requests",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Requests sent for it: redirects, retries and further pages included",
        ),
        sa.Column(
            "size",
            sa.BigInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Body bytes after content decoding, all requests together",
        ),
        sa.Column(
            "elapsed_ms",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Milliseconds of waiting, all requests together",
        ),
        sa.Column("article_id", ID, nullable=True, comment="Article that it gave or confirmed"),
        sa.CheckConstraint(
            "outcome IN ('stored', 'revised', 'unchanged', 'read', 'skipped', 'gone', 'refused', "
            "'quarantined', 'failed', 'interrupted')",
            name=op.f("ck_fetches_outcome"),
        ),
        sa.CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name=op.f("ck_fetches_settled")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_fetches_article_id_articles")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_fetches_run_id_runs")),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], name=op.f("fk_fetches_url_id_urls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetches")),
        sa.UniqueConstraint("run_id", "url_id", name=op.f("uq_fetches_run_id_url_id")),
        comment="Accounting: one row for each address that a run took up",
    )
    op.create_index("ix_fetches_url_id", "fetches", ["url_id"])

    op.create_table(
        "quarantine",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("site_id", ID, nullable=False, comment="Site of the page"),
        sa.Column("url_id", ID, nullable=False, comment="Its address"),
        sa.Column("fetch_id", ID, nullable=False, comment="Fetch that brought it last"),
        sa.Column("reason", TEXT, nullable=False, comment="Why it was not believed"),
        sa.Column("headline", TEXT, nullable=True, comment="Headline as read"),
        sa.Column(
            "item", JSON, nullable=False, comment="All fields as read, as a JSON object; no body of protected pages"
        ),
        sa.Column("first_at", MOMENT, nullable=False, comment="When it was first put here"),
        sa.Column("last_at", MOMENT, nullable=False, comment="When it was last put here"),
        sa.Column(
            "looks",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="How many fetches were not believed",
        ),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetches.id"], name=op.f("fk_quarantine_fetch_id_fetches")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_quarantine_site_id_sites")),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], name=op.f("fk_quarantine_url_id_urls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("url_id", name=op.f("uq_quarantine_url_id")),
        comment="Pages that were fetched and not believed, kept to be judged again",
    )
    op.create_index("ix_quarantine_site_id", "quarantine", ["site_id"])

    op.create_table(
        "revisions",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column(
            "number", sa.Integer(), nullable=False, comment="1 for the text as first seen, then one more for each edit"
        ),
        sa.Column("fetch_id", ID, nullable=False, comment="Fetch that brought it"),
        sa.Column("captured_at", MOMENT, nullable=False, comment="When it was fetched"),
        sa.Column("headline", TEXT, nullable=True, comment="Headline"),
        sa.Column("standfirst", TEXT, nullable=True, comment="Standfirst (chapô)"),
        sa.Column("byline", TEXT, nullable=True, comment="Byline as printed"),
        sa.Column(
            "credit", TEXT, nullable=True, comment="Agency or other paper that the text is credited to, as printed"
        ),
        sa.Column(
            "body_text",
            TEXT,
            nullable=False,
            comment="Body: paragraphs separated by a blank line; empty: the page has none",
        ),
        sa.Column(
            "body_html", TEXT, nullable=False, comment="The same body as clean HTML; never the page's own markup"
        ),
        sa.Column(
            "access", TEXT, nullable=False, comment="Who may read it: open, subscriber, protected, truncated, unknown"
        ),
        sa.Column(
            "published_at",
            MOMENT,
            nullable=True,
            comment="When the publisher says it was published; NULL: not told, or not believable",
        ),
        sa.Column("published_raw", TEXT, nullable=True, comment="The very string that was read for it"),
        sa.Column("published_precision", TEXT, nullable=True, comment="second, minute or day"),
        sa.Column(
            "published_zone",
            TEXT,
            nullable=True,
            comment="Offset that was printed; site: none was printed, the site's own zone was assumed",
        ),
        sa.Column(
            "published_flag",
            TEXT,
            nullable=True,
            comment="Why the string was not believed: zero, implausible, future or unreadable",
        ),
        sa.Column(
            "modified_at",
            MOMENT,
            nullable=True,
            comment="When the publisher says it was last changed; NULL: not told, or not believable",
        ),
        sa.Column("modified_raw", TEXT, nullable=True, comment="The very string that was read for it"),
        sa.Column("modified_precision", TEXT, nullable=True, comment="second, minute or day"),
        sa.Column(
            "modified_zone",
            TEXT,
            nullable=True,
            comment="Offset that was printed; site: none was printed, the site's own zone was assumed",
        ),
        sa.Column(
            "modified_flag",
            TEXT,
            nullable=True,
            comment="Why the string was not believed: zero, implausible, future or unreadable",
        ),
        sa.Column("section", TEXT, nullable=True, comment="Main section, as the page names it"),
        sa.Column("language", TEXT, nullable=True, comment="Language code that the page declares"),
        sa.Column("word_count", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Words of the body"),
        sa.Column(
            "content_hash",
            TEXT,
            nullable=False,
            comment="SHA-256 of headline, standfirst and body, blind to typography",
        ),
        sa.Column("layout", TEXT, nullable=False, comment="Layout of the site file that read the page"),
        sa.Column("extractor_version", TEXT, nullable=False, comment="Version of the reading code"),
        sa.Column("origins", JSON, nullable=False, comment="Which reader gave each field, as a JSON object"),
        sa.Column("flags", JSON, nullable=False, comment="What was odd without being fatal, as a JSON array"),
        sa.CheckConstraint(
            "access IN ('open', 'subscriber', 'protected', 'truncated', 'unknown')", name=op.f("ck_revisions_access")
        ),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_revisions_article_id_articles")),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetches.id"], name=op.f("fk_revisions_fetch_id_fetches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revisions")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_revisions_article_id_number")),
        comment="Texts of articles: the first one and every edit by the publisher",
    )


def downgrade() -> None:
    for table in (
        "revisions",
        "quarantine",
        "fetches",
        "urls",
        "tags",
        "near_bands",
        "links",
        "images",
        "authors",
        "article_sections",
        "sections",
        "runs",
        "policies",
        "articles",
        "sites",
    ):
        op.drop_table(table)
