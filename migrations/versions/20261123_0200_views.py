"""The views for people: `articles_current` and `run_accounting`.

They give the same bytes on SQLite and PostgreSQL: moments as ISO 8601 text in UTC, lists as JSON arrays as text.
"""

from alembic import op

revision = "20261123_views"
down_revision = "20261123_tables"
branch_labels = None
depends_on = None

OUTCOMES = (
    "stored",
    "revised",
    "unchanged",
    "read",
    "skipped",
    "gone",
    "refused",
    "quarantined",
    "failed",
    "interrupted",
)

ARTICLES_CURRENT = """
CREATE VIEW articles_current AS
SELECT
    a.id,
    s.name AS site,
    a.source_id,
    a.canonical_url AS url,
    r.headline,
    r.standfirst,
    r.byline,
    r.credit,
    r.section,
    {sections} AS sections,
    {tags} AS tags,
    {published_at} AS published_at,
    {modified_at} AS modified_at,
    {first_seen_at} AS first_seen_at,
    {last_seen_at} AS last_seen_at,
    r.access,
    r.language,
    r.word_count,
    r.body_text,
    {images} AS images,
    a.state,
    d.canonical_url AS duplicate_of_url,
    n.canonical_url AS near_duplicate_of_url
FROM articles a
JOIN sites s ON s.id = a.site_id
LEFT JOIN revisions r ON r.article_id = a.id AND r.number = a.revision_count
LEFT JOIN articles d ON d.id = a.duplicate_of_id
LEFT JOIN articles n ON n.id = a.near_duplicate_of_id
"""

RUN_ACCOUNTING = """
CREATE VIEW run_accounting AS
SELECT
    r.id AS run_id,
    s.name AS site,
    r.mode,
    {started_at} AS started_at,
    {ended_at} AS ended_at,
    r.outcome,
    count(f.id) AS taken,
    {outcomes},
    CASE WHEN r.ended_at IS NULL THEN 0 ELSE count(f.id) - count(f.outcome) END AS silent,
    CASE WHEN r.ended_at IS NULL THEN count(f.id) - count(f.outcome) ELSE 0 END AS open
FROM runs r
JOIN sites s ON s.id = r.site_id
LEFT JOIN fetches f ON f.run_id = r.id
GROUP BY r.id, s.id
"""

COMMENTS = {
    "articles_current": (
        "One row for each article, with its current revision",
        {
            "id": "Number of the article (articles.id)",
            "site": "Short name of the site",
            "source_id": "The publisher's own number of the article; NULL: the site did not tell",
            "url": "Canonical address",
            "headline": "Headline",
            "standfirst": "Standfirst (chapô)",
            "byline": "Byline as printed",
            "credit": "Agency or other paper that the text is credited to, as printed",
            "section": "Main section, as the page names it",
            "sections": "Names of all its sections, as a JSON array in the page's order",
            "tags": "Names of its tags, as a JSON array in the page's order",
            "published_at": "When the publisher says it was published; NULL: not told, or not believable",
            "modified_at": "When the publisher says it was last changed; NULL: not told, or not believable",
            "first_seen_at": "When it was first fetched",
            "last_seen_at": "When it last answered with its text, or said that nothing had changed",
            "access": "Who may read it: open, subscriber, protected, truncated, unknown",
            "language": "Language code that the page declares",
            "word_count": "Words of the body",
            "body_text": "Body: paragraphs separated by a blank line; empty: the page has none",
            "images": "Addresses of its pictures, as a JSON array in the page's order; captions: table images",
            "state": "live, suspected, removed or withdrawn (see articles.state)",
            "duplicate_of_url": "Canonical address of the first stored article with the very same text",
            "near_duplicate_of_url": "Canonical address of an earlier stored article with nearly the same text",
        },
    ),
    "run_accounting": (
        "One row for each run: what became of every address that it took up",
        {
            "run_id": "Number of the run (runs.id)",
            "site": "Short name of the site",
            "mode": "What the run was for: update or backfill",
            "started_at": "When the run began",
            "ended_at": "When the run ended; NULL: not ended",
            "outcome": "How the run ended (see runs.outcome)",
            "taken": "Addresses that the run took up",
            "stored": "New articles",
            "revised": "Known articles whose text changed",
            "unchanged": "Known articles as before",
            "read": "Menus, listings, feeds, sitemaps and REST pages that gave their links",
            "skipped": "Answered, but no article",
            "gone": "404 or 410",
            "refused": "Not ours to fetch or keep",
            "quarantined": "Fetched and not believed",
            "failed": "Errors; stay due",
            "interrupted": "The run ended first; stay due",
            "silent": "Taken up and without an outcome although the run has ended; always 0",
            "open": "Taken up and not yet settled, while the run is running",
        },
    ),
}


# A dialect's way to write a moment, and one column of a list table. json_agg of PostgreSQL puts blanks where SQLite
# puts none, so the brackets are written here. SQLite before 3.44 has no ORDER BY inside an aggregate; it feeds one in
# the order of its subquery.
SQLITE = {
    "moment": "{column}",
    "list": """(
        SELECT json_group_array({column}) FROM (SELECT {column} FROM {table} WHERE article_id = a.id ORDER BY position)
    )""",
}
POSTGRESQL = {
    "moment": """to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
    "list": """coalesce((
        SELECT '[' || string_agg(to_json({column})::text, ',' ORDER BY position) || ']'
        FROM {table} WHERE article_id = a.id
    ), '[]')""",
}


def upgrade() -> None:
    dialect = op.get_context().dialect.name
    write = POSTGRESQL if dialect == "postgresql" else SQLITE
    articles = ARTICLES_CURRENT.format(
        sections=write["list"].format(table="article_sections", column="name"),
        tags=write["list"].format(table="tags", column="name"),
        images=write["list"].format(table="images", column="url"),
        published_at=write["moment"].format(column="r.published_at"),
        modified_at=write["moment"].format(column="r.modified_at"),
        first_seen_at=write["moment"].format(column="a.first_seen_at"),
        last_seen_at=write["moment"].format(column="a.last_seen_at"),
    )
    runs = RUN_ACCOUNTING.format(
        started_at=write["moment"].format(column="r.started_at"),
        ended_at=write["moment"].format(column="r.ended_at"),
        outcomes=",\n    ".join(f"count(f.id) FILTER (WHERE f.outcome = '{one}') AS {one}" for one in OUTCOMES),
    )
    op.get_bind().exec_driver_sql(articles)
    op.get_bind().exec_driver_sql(runs)
    if dialect == "postgresql":
        _comment()


def downgrade() -> None:
    op.execute("DROP VIEW run_accounting")
    op.execute("DROP VIEW articles_current")


def _comment() -> None:
    for view, (words, columns) in COMMENTS.items():
        op.get_bind().exec_driver_sql(f"COMMENT ON VIEW {view} IS {_quoted(words)}")
        for column, meaning in columns.items():
            op.get_bind().exec_driver_sql(f"COMMENT ON COLUMN {view}.{column} IS {_quoted(meaning)}")


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
