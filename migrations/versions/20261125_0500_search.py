"""Search: the stems of every revision, full-text indexes that the database keeps by itself; and articles per month.

Texts that stand in the archive are not searchable by this step alone: their rows say stems_version 0, and the program
makes their stems afterwards, some in each transaction (command migrate). The counts are whole at once.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261125_search"
down_revision = "20261125_reading"
branch_labels = None
depends_on = None

TEXT = sa.Text()
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STEMS = (("headline", "headline"), ("standfirst", "standfirst"), ("body", "body"))

# One full-text table for the current texts, one for the superseded ones: what is asked most needs no filter.
# tokenize ascii: the stems are plain words between blanks, and each letter of other scripts belongs to its word.
# In the trigger of an update the old words go before the new ones come; of two triggers the order would not be known.
SQLITE_SEARCH = (
    """
    CREATE VIEW {side}_stems AS
    SELECT place, headline, standfirst, body FROM search_texts WHERE {which} AND stems_version > 0
    """,
    """
    CREATE VIRTUAL TABLE {side}_search USING fts5(
        headline, standfirst, body, content='{side}_stems', content_rowid='place', tokenize='ascii'
    )
    """,
    """
    CREATE TRIGGER {side}_search_insert AFTER INSERT ON search_texts WHEN {new} AND new.stems_version > 0
    BEGIN
        INSERT INTO {side}_search (rowid, headline, standfirst, body)
        VALUES (new.place, new.headline, new.standfirst, new.body);
    END
    """,
    """
    CREATE TRIGGER {side}_search_delete AFTER DELETE ON search_texts WHEN {old} AND old.stems_version > 0
    BEGIN
        INSERT INTO {side}_search ({side}_search, rowid, headline, standfirst, body)
        VALUES ('delete', old.place, old.headline, old.standfirst, old.body);
    END
    """,
    """
    CREATE TRIGGER {side}_search_update
    AFTER UPDATE OF place, current, stems_version, headline, standfirst, body ON search_texts
    BEGIN
        INSERT INTO {side}_search ({side}_search, rowid, headline, standfirst, body)
        SELECT 'delete', old.place, old.headline, old.standfirst, old.body
        WHERE {old} AND old.stems_version > 0;
        INSERT INTO {side}_search (rowid, headline, standfirst, body)
        SELECT new.place, new.headline, new.standfirst, new.body
        WHERE {new} AND new.stems_version > 0;
    END
    """,
)
SIDES = (
    {"side": "article", "which": "current", "new": "new.current", "old": "old.current"},
    {"side": "revision", "which": "NOT current", "new": "NOT new.current", "old": "NOT old.current"},
)

# A revision counts while there is no later one of its article.
SQLITE_COUNTS = (
    """
    CREATE TRIGGER revisions_counted_insert AFTER INSERT ON revisions WHEN {latest_new}
    BEGIN
        UPDATE article_counts SET articles = articles - 1 WHERE (site_id, section, month) = {before_new};
        INSERT INTO article_counts (site_id, section, month, articles)
        SELECT a.site_id, {cell_new}, 1 FROM articles a WHERE a.id = new.article_id
        ON CONFLICT (site_id, section, month) DO UPDATE SET articles = articles + 1;
    END
    """,
    """
    CREATE TRIGGER revisions_counted_update AFTER UPDATE OF section, published_at ON revisions
    WHEN (old.section IS NOT new.section OR old.published_at IS NOT new.published_at) AND {latest_new}
    BEGIN
        UPDATE article_counts SET articles = articles - 1
        WHERE (site_id, section, month) = (SELECT a.site_id, {cell_old} FROM articles a WHERE a.id = old.article_id);
        INSERT INTO article_counts (site_id, section, month, articles)
        SELECT a.site_id, {cell_new}, 1 FROM articles a WHERE a.id = new.article_id
        ON CONFLICT (site_id, section, month) DO UPDATE SET articles = articles + 1;
    END
    """,
    """
    CREATE TRIGGER revisions_counted_delete AFTER DELETE ON revisions WHEN {latest_old}
    BEGIN
        UPDATE article_counts SET articles = articles - 1
        WHERE (site_id, section, month) = (SELECT a.site_id, {cell_old} FROM articles a WHERE a.id = old.article_id);
        INSERT INTO article_counts (site_id, section, month, articles)
        SELECT cell.*, 1 FROM {before_old} AS cell WHERE true
        ON CONFLICT (site_id, section, month) DO UPDATE SET articles = articles + 1;
    END
    """,
)
LATEST = "NOT EXISTS (SELECT 1 FROM revisions r WHERE r.article_id = {row}.article_id AND r.number > {row}.number)"
CELL = "coalesce({row}.section, ''), coalesce(substr({row}.published_at, 1, 7), '')"
BEFORE = """(
            SELECT a.site_id, coalesce(p.section, ''), coalesce(substr(p.published_at, 1, 7), '')
            FROM revisions p JOIN articles a ON a.id = p.article_id
            WHERE p.article_id = {row}.article_id AND p.number < {row}.number ORDER BY p.number DESC LIMIT 1
        )"""

WORDS = "array_to_tsvector(array_remove(string_to_array({text}, ' '), ''))"
ALL_WORDS = WORDS.format(text="headline || ' ' || standfirst || ' ' || body")
HEADLINE_WORDS = WORDS.format(text="headline")
POSTGRESQL = (
    # To look into a text takes longer when it is compressed, and stems hardly shrink.
    "ALTER TABLE search_texts ALTER body SET STORAGE EXTERNAL",
    "CREATE INDEX ix_search_texts_words ON search_texts USING gin (({words}))",
    "CREATE INDEX ix_search_texts_headline_words ON search_texts USING gin (({headline_words}))",
    """
    CREATE VIEW article_search AS
    SELECT place, article_id, number, headline, standfirst, body, {words} AS words
    FROM search_texts WHERE current
    """,
    """
    CREATE VIEW revision_search AS
    SELECT place, article_id, number, headline, standfirst, body, {words} AS words
    FROM search_texts WHERE NOT current
    """,
    # Of each statement at once: its rows all stand there when PostgreSQL calls a trigger for the first of them.
    """
    CREATE FUNCTION count_added_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO article_counts AS c (site_id, section, month, articles)
        SELECT {cell}, count(*)
        FROM added v JOIN articles a ON a.id = v.article_id
        WHERE NOT EXISTS (SELECT 1 FROM revisions l WHERE l.article_id = v.article_id AND l.number > v.number)
        GROUP BY 1, 2, 3
        ON CONFLICT (site_id, section, month) DO UPDATE SET articles = c.articles + excluded.articles;
        WITH o AS MATERIALIZED (
            SELECT article_id, number FROM added
        ), n AS MATERIALIZED (
            SELECT article_id, max(number) AS number FROM o GROUP BY article_id
        ), f AS (
            SELECT {cell}, count(*) AS articles
            FROM n JOIN articles a ON a.id = n.article_id CROSS JOIN LATERAL (
                SELECT * FROM revisions p
                WHERE p.article_id = n.article_id AND p.number < n.number
                    AND (p.article_id, p.number) NOT IN (SELECT article_id, number FROM o)
                ORDER BY p.number DESC LIMIT 1
            ) v
            WHERE NOT EXISTS (SELECT 1 FROM revisions l WHERE l.article_id = n.article_id AND l.number > n.number)
            GROUP BY 1, 2, 3
        )
        UPDATE article_counts c SET articles = c.articles - f.articles
        FROM f WHERE (c.site_id, c.section, c.month) = (f.site_id, f.section, f.month);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION count_removed_revisions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO article_counts AS c (site_id, section, month, articles)
        SELECT {cell}, count(*)
        FROM (SELECT article_id, max(number) AS number FROM removed GROUP BY article_id) n
        JOIN articles a ON a.id = n.article_id CROSS JOIN LATERAL (
            SELECT * FROM revisions p WHERE p.article_id = n.article_id ORDER BY p.number DESC LIMIT 1
        ) v
        WHERE v.number < n.number
        GROUP BY 1, 2, 3
        ON CONFLICT (site_id, section, month) DO UPDATE SET articles = c.articles + excluded.articles;
        UPDATE article_counts c SET articles = c.articles - f.articles FROM (
            SELECT {cell}, count(*) AS articles
            FROM removed v JOIN articles a ON a.id = v.article_id
            WHERE NOT EXISTS (SELECT 1 FROM removed l WHERE l.article_id = v.article_id AND l.number > v.number)
                AND NOT EXISTS (SELECT 1 FROM revisions l WHERE l.article_id = v.article_id AND l.number > v.number)
            GROUP BY 1, 2, 3
        ) f WHERE (c.site_id, c.section, c.month) = (f.site_id, f.section, f.month);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE FUNCTION count_changed_revision() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT 1 FROM revisions l WHERE l.article_id = new.article_id AND l.number > new.number) THEN
            RETURN NULL;
        END IF;
        INSERT INTO article_counts AS c (site_id, section, month, articles)
        SELECT {cell}, 1 FROM (SELECT new.*) v JOIN articles a ON a.id = v.article_id
        ON CONFLICT (site_id, section, month) DO UPDATE SET articles = c.articles + 1;
        UPDATE article_counts c SET articles = c.articles - 1 FROM (
            SELECT {cell} FROM (SELECT old.*) v JOIN articles a ON a.id = v.article_id
        ) f WHERE (c.site_id, c.section, c.month) = (f.site_id, f.section, f.month);
        RETURN NULL;
    END
    $$
    """,
    """
    CREATE TRIGGER revisions_counted_insert AFTER INSERT ON revisions REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION count_added_revisions()
    """,
    """
    CREATE TRIGGER revisions_counted_delete AFTER DELETE ON revisions REFERENCING OLD TABLE AS removed
    FOR EACH STATEMENT EXECUTE FUNCTION count_removed_revisions()
    """,
    """
    CREATE TRIGGER revisions_counted_update AFTER UPDATE OF section, published_at ON revisions FOR EACH ROW
    WHEN (old.section IS DISTINCT FROM new.section OR old.published_at IS DISTINCT FROM new.published_at)
    EXECUTE FUNCTION count_changed_revision()
    """,
)
POSTGRESQL_CELL = """a.site_id, coalesce(v.section, '') AS section,
            coalesce(to_char(v.published_at AT TIME ZONE 'UTC', 'YYYY-MM'), '') AS month"""

ARTICLES_BY_MONTH = """
CREATE VIEW articles_by_month AS
SELECT s.name AS site, nullif(c.section, '') AS section, nullif(c.month, '') AS month, c.articles
FROM article_counts c
JOIN sites s ON s.id = c.site_id
WHERE c.articles > 0
"""

COMMENTS = {
    "articles_by_month": (
        "How many articles there are per site, main section and month of publication, by their current revisions",
        {
            "site": "Short name of the site",
            "section": "Main section, as the page names it; NULL: not told",
            "month": "Month of publication in UTC, YYYY-MM; NULL: not told, or not believable",
            "articles": "How many articles",
        },
    ),
    "article_search": (
        "Current texts, to be searched: words @@ 'terr & rar'",
        {
            "place": "Its place among the answers, the highest first (see search_texts.place)",
            "article_id": "Number of the article (articles.id)",
            "number": "Number of the revision",
            "headline": "Stems of the headline, joined by blanks",
            "standfirst": "Stems of the standfirst, joined by blanks",
            "body": "Stems of the body, joined by blanks",
            "words": "All these stems, each once; an index finds them",
        },
    ),
    "revision_search": ("Superseded texts, to be searched as article_search is", {}),
}

# Numbers of revisions lie below all places of dated texts.
FILL = (
    """
    INSERT INTO search_texts (place, article_id, number, current, stems_version)
    SELECT r.id, r.article_id, r.number,
        NOT EXISTS (SELECT 1 FROM revisions l WHERE l.article_id = r.article_id AND l.number > r.number), 0
    FROM revisions r
    """,
    """
    INSERT INTO article_counts (site_id, section, month, articles)
    SELECT a.site_id, coalesce(r.section, ''), coalesce({month}, ''), count(*)
    FROM revisions r
    JOIN articles a ON a.id = r.article_id
    WHERE NOT EXISTS (SELECT 1 FROM revisions l WHERE l.article_id = r.article_id AND l.number > r.number)
    GROUP BY 1, 2, 3
    """,
)
MONTH = {
    "sqlite": "substr(r.published_at, 1, 7)",
    "postgresql": "to_char(r.published_at AT TIME ZONE 'UTC', 'YYYY-MM')",
}


def upgrade() -> None:
    op.create_table(
        "search_texts",
        sa.Column(
            "place",
            ID,
            autoincrement=False,
            nullable=False,
            comment="Its place among the answers, the highest first: newest publication first, undated texts last; "
            "of the same second, the one stored later first",
        ),
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("number", sa.Integer(), nullable=False, comment="Number of the revision"),
        sa.Column(
            "current", sa.Boolean(), nullable=False, comment="True: the current revision; false: a superseded one"
        ),
        sa.Column(
            "stems_version",
            sa.Integer(),
            nullable=False,
            comment="Version of the stems; 0: not yet made (command migrate makes them)",
        ),
        *(
            sa.Column(
                name,
                TEXT,
                server_default=sa.text("''"),
                nullable=False,
                comment=f"Stems of the {what}, joined by blanks",
            )
            for name, what in STEMS
        ),
        sa.ForeignKeyConstraint(
            ["article_id", "number"],
            ["revisions.article_id", "revisions.number"],
            name=op.f("fk_search_texts_article_id_number_revisions"),
        ),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_search_texts")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_search_texts_article_id_number")),
        comment="What a search compares: the words of each revision without case, accents and inflection",
    )
    op.create_index(op.f("ix_search_texts_stems_version"), "search_texts", ["stems_version"])
    op.create_table(
        "article_counts",
        sa.Column("site_id", ID, nullable=False, comment="Site"),
        sa.Column("section", TEXT, nullable=False, comment="Main section of the current revision; empty: not told"),
        sa.Column("month", TEXT, nullable=False, comment="Month of publication in UTC, YYYY-MM; empty: not told"),
        sa.Column("articles", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="How many articles"),
        sa.CheckConstraint("articles >= 0", name=op.f("ck_article_counts_articles")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_article_counts_site_id_sites")),
        sa.PrimaryKeyConstraint("site_id", "section", "month", name=op.f("pk_article_counts")),
        comment="Articles per section and month; triggers on revisions keep it, view articles_by_month shows it",
    )
    dialect = op.get_context().dialect.name
    for statement in FILL:
        op.execute(statement.format(month=MONTH[dialect]))
    for statement in _sqlite() if dialect == "sqlite" else _postgresql():
        op.get_bind().exec_driver_sql(statement)
    op.execute(ARTICLES_BY_MONTH)
    if dialect == "postgresql":
        _comment()


def downgrade() -> None:
    op.execute("DROP VIEW articles_by_month")
    if op.get_context().dialect.name == "sqlite":
        for name in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER revisions_counted_{name}")
        for side in ("article", "revision"):
            for name in ("insert", "update", "delete"):
                op.execute(f"DROP TRIGGER {side}_search_{name}")
            op.execute(f"DROP TABLE {side}_search")
            op.execute(f"DROP VIEW {side}_stems")
    else:
        for name in ("insert", "update", "delete"):
            op.execute(f"DROP TRIGGER revisions_counted_{name} ON revisions")
        for name in ("added_revisions", "removed_revisions", "changed_revision"):
            op.execute(f"DROP FUNCTION count_{name}()")
        op.execute("DROP VIEW article_search")
        op.execute("DROP VIEW revision_search")
    op.drop_table("article_counts")
    op.drop_table("search_texts")


def _sqlite() -> list[str]:
    rows = {
        f"{name}_{row}": text.format(row=row)
        for name, text in (("latest", LATEST), ("cell", CELL), ("before", BEFORE))
        for row in ("new", "old")
    }
    indexed = [one.format(**side) for side in SIDES for one in SQLITE_SEARCH]
    return [*indexed, *(one.format(**rows) for one in SQLITE_COUNTS)]


def _postgresql() -> list[str]:
    texts = {"words": ALL_WORDS, "headline_words": HEADLINE_WORDS, "cell": POSTGRESQL_CELL}
    return [one.format(**texts) for one in POSTGRESQL]


def _comment() -> None:
    for view, (words, columns) in COMMENTS.items():
        op.get_bind().exec_driver_sql(f"COMMENT ON VIEW {view} IS {_quoted(words)}")
        for column, meaning in columns.items():
            op.get_bind().exec_driver_sql(f"COMMENT ON COLUMN {view}.{column} IS {_quoted(meaning)}")


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
