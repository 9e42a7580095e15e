"""The archive over time: captures, graded revisions, re-checking, removals, sightings; and the views that show them.

Articles that stand in the archive are looked at again from now on, longest unseen first. Revisions that were stored
before are not graded (kind is NULL), but for the first ones; they name no capture.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261125_over_time"
down_revision = "20261123_views"
branch_labels = None
depends_on = None

TEXT = sa.Text()
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql")
MOMENT = sa.Text().with_variant(postgresql.TIMESTAMP(timezone=True, precision=0), "postgresql")

# Tables and columns that this step adds, in the order in which they can be taken away.
TABLES = (
    "rereadings",
    "term_changes",
    "sightings",
    "looks",
    "held_changes",
    "captures",
    "removals",
    "places",
    "alarms",
)
ADDED = {
    "articles": ["terms_read"],
    "fetches": ["capture_id", "listed", "declared", "newest_at"],
    "revisions": ["row_digest", "kind", "change_size", "capture_id"],
    "runs": ["canaries", "relooked", "changed", "relooks"],
    "urls": ["next_check_at", "checks_from", "last_full_at"],
}
CAPTURED = {
    "fetches": "Raw answer that settled it: file, offset, length and digest",
    "revisions": "Capture that it was read from (the first of several pages)",
}

ARTICLE_STATES = (
    "live, suspected (missing, not yet believed), removed (missing for good; the text is kept) or withdrawn "
    "(closed to us: 401, 403, 451; the text is kept)"
)
ARTICLE_STATES_BEFORE = (
    "live, suspected (missing, not yet believed), removed (missing for good; the text is kept) or withdrawn "
    "(the publisher asked not to be archived)"
)

ARTICLE_HISTORY = """
CREATE VIEW article_history AS
SELECT
    a.id AS article_id,
    a.canonical_url AS url,
    a.source_id,
    r.number AS revision,
    r.kind,
    r.change_size,
    {captured_at} AS captured_at,
    r.headline,
    r.body_text,
    {published_at} AS published_at,
    {modified_at} AS modified_at,
    r.layout,
    r.extractor_version,
    c.file AS capture_file,
    c.record_offset AS capture_offset
FROM revisions r
JOIN articles a ON a.id = r.article_id
LEFT JOIN captures c ON c.id = r.capture_id
"""

REMOVED_ARTICLES = """
CREATE VIEW removed_articles AS
SELECT
    a.id AS article_id,
    a.canonical_url AS url,
    a.source_id,
    r.headline,
    m.state,
    m.last_status,
    m.looks,
    {first_failed_at} AS first_failed_at,
    {confirmed_at} AS confirmed_at,
    {returned_at} AS returned_at,
    m.rule
FROM removals m
JOIN articles a ON a.id = m.article_id
LEFT JOIN revisions r ON r.article_id = a.id AND r.number = a.revision_count
"""

SECTION_FRONTS = """
CREATE VIEW section_fronts AS
SELECT
    s.name AS site,
    p.kind AS place,
    p.section,
    l.url AS page_url,
    g.rank,
    coalesce(a.canonical_url, u.url) AS url,
    u.article_id,
    coalesce(r.headline, u.title) AS headline,
    g.from_run_id,
    {from_at} AS from_at,
    g.to_run_id,
    {to_at} AS to_at,
    {read_at} AS read_at
FROM sightings g
JOIN places p ON p.id = g.place_id
JOIN sites s ON s.id = p.site_id
JOIN urls l ON l.id = p.url_id
JOIN urls u ON u.id = g.url_id
LEFT JOIN articles a ON a.id = u.article_id
LEFT JOIN revisions r ON r.article_id = a.id AND r.number = a.revision_count
"""

COVERAGE = """
CREATE VIEW coverage AS
SELECT
    s.name AS site,
    coalesce(r.section, u.section) AS section,
    {stored_day} AS day,
    'stored' AS state,
    NULL AS reason,
    a.canonical_url AS url,
    a.source_id,
    a.id AS article_id,
    u.id AS url_id,
    u.found_in,
    {stored_published_at} AS published_at,
    {stored_modified_at} AS modified_at,
    {stored_first_seen_at} AS first_seen_at,
    {last_tried_at} AS last_tried_at,
    {due_at} AS due_at
FROM articles a
JOIN sites s ON s.id = a.site_id
LEFT JOIN urls u ON u.site_id = a.site_id AND u.url_key = a.url_key AND u.article_id = a.id
LEFT JOIN revisions r ON r.article_id = a.id AND r.number = a.revision_count
UNION ALL
SELECT
    s.name,
    u.section,
    {day},
    CASE
        WHEN u.state = 'failed' AND u.reason = 'protected' THEN 'refused'
        WHEN u.state IN ('refused', 'failed', 'gone') THEN u.state
        WHEN u.state = 'dropped' THEN 'no_article'
        WHEN u.state = 'outside' THEN 'left_aside'
        ELSE 'missing'
    END,
    u.reason,
    u.url,
    u.source_id,
    NULL,
    u.id,
    u.found_in,
    {listed_published_at},
    {listed_modified_at},
    {listed_first_seen_at},
    {last_tried_at},
    {due_at}
FROM urls u
JOIN sites s ON s.id = u.site_id
WHERE u.kind = 'article' AND u.article_id IS NULL
"""

COVERAGE_BY_DAY = """
CREATE VIEW coverage_by_day AS
SELECT
    site,
    section,
    day,
    count(*) AS seen,
    count(*) FILTER (WHERE state = 'stored') AS stored,
    count(*) FILTER (WHERE state = 'refused') AS refused,
    count(*) FILTER (WHERE state = 'failed') AS failed,
    count(*) FILTER (WHERE state = 'gone') AS gone,
    count(*) FILTER (WHERE state = 'no_article') AS no_article,
    count(*) FILTER (WHERE state = 'left_aside') AS left_aside,
    count(*) FILTER (WHERE state = 'missing') AS missing
FROM coverage
GROUP BY site, section, day
"""

COMMENTS = {
    "article_history": (
        "One row for each revision of each article; revision 1 is the first capture",
        {
            "article_id": "Number of the article (articles.id)",
            "url": "Canonical address",
            "source_id": "The publisher's own number of the article; NULL: the site did not tell",
            "revision": "1 for the text as first seen, then one more for each edit by the publisher",
            "kind": "What the publisher changed (see revisions.kind)",
            "change_size": "Words added plus words removed in headline, standfirst and body",
            "captured_at": "When it was fetched",
            "headline": "Headline",
            "body_text": "Body: paragraphs separated by a blank line; empty: the page has none",
            "published_at": "When the publisher says it was published; NULL: not told, or not believable",
            "modified_at": "When the publisher says it was last changed; NULL: not told, or not believable",
            "layout": "Layout of the site file that read the page",
            "extractor_version": "Version of the reading code",
            "capture_file": "WARC file with the raw response, relative to the folder of captures",
            "capture_offset": "Byte in that file at which the record begins",
        },
    ),
    "removed_articles": (
        "One row for each disappearance: suspected, believed, held or over; the text is kept",
        {
            "article_id": "Number of the article (articles.id)",
            "url": "Canonical address",
            "source_id": "The publisher's own number of the article; NULL: the site did not tell",
            "headline": "Headline as last seen",
            "state": "suspected, held, removed, withdrawn or returned (see removals.state)",
            "last_status": "HTTP status of the last look",
            "looks": "Looks that counted",
            "first_failed_at": "First look that failed",
            "confirmed_at": "When it was believed; NULL: not (yet)",
            "returned_at": "When it answered again; NULL: it has not",
            "rule": "Version of the rule that judged it",
        },
    ),
    "section_fronts": (
        "Which article stood at which rank of which list, from which run to which run",
        {
            "site": "Short name of the site",
            "place": "front, ticker, widget, featured, listing or feed (see places.kind)",
            "section": "Section of a listing or featured strip",
            "page_url": "Page on which the list stands",
            "rank": "Place in the list, from 1",
            "url": "Canonical address of the article, or the one that was listed",
            "article_id": "Number of the article (articles.id); NULL: not stored",
            "headline": "Headline as stored, or as a section page listed it",
            "from_run_id": "First run that saw it there",
            "from_at": "When that run read the list",
            "to_run_id": "Last run that saw it there; NULL: it stands there still",
            "to_at": "When that run read the list; NULL: it stands there still",
            "read_at": "When the list was last read whole: what stands there still was seen then",
        },
    ),
    "coverage": (
        "One row for each article that the site has told of, and what became of it",
        {
            "site": "Short name of the site",
            "section": "Section, as the page or the list names it; NULL: not told",
            "day": "Day of publication in UTC; NULL: not told",
            "state": "stored, refused (not ours to fetch or keep), failed (error, or not believed), gone (404 or 410, "
            "never stored), no_article, left_aside (older than the horizon or the asked-for dates) or missing (due)",
            "reason": "Why it is not stored",
            "url": "Canonical address of the article, or the one that was listed",
            "source_id": "The publisher's own number of the article; NULL: the site did not tell",
            "article_id": "Number of the article (articles.id); NULL: not stored",
            "url_id": "Number of the address (urls.id); NULL: another article stands there now",
            "found_in": "Where the address was first found",
            "published_at": "Publication, as the page or a list tells it",
            "modified_at": "Last change, as the page or a list tells it",
            "first_seen_at": "When it was first learnt; of a stored one, when it was first fetched",
            "last_tried_at": "When it was last asked for; NULL: never",
            "due_at": "When it is asked for next; NULL: when a list announces it anew",
        },
    ),
    "coverage_by_day": (
        "What the site has told of, per section and day of publication, and what became of it; the sums close",
        {
            "site": "Short name of the site",
            "section": "Section, as the page or the list names it; NULL: not told",
            "day": "Day of publication in UTC; NULL: not told",
            "seen": "Articles that the site has told of, each once however many addresses it has",
            "stored": "Stored as articles",
            "refused": "Not ours to fetch or keep: forbidden, or behind a password",
            "failed": "Errors, and pages that were not believed; some are tried again",
            "gone": "Answered 404 or 410 and were never stored",
            "no_article": "Answered with something else than an article",
            "left_aside": "Older than the horizon or the asked-for dates",
            "missing": "Told of and never answered: due",
        },
    ),
}

# How a dialect writes a moment, and the day of publication.
SQLITE = {"moment": "{column}", "day": "substr({column}, 1, 10)"}
POSTGRESQL = {
    "moment": """to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
    "day": "to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD')",
}
MOMENTS = {
    "captured_at": "r.captured_at",
    "published_at": "r.published_at",
    "modified_at": "r.modified_at",
    "first_failed_at": "m.first_failed_at",
    "confirmed_at": "m.confirmed_at",
    "returned_at": "m.returned_at",
    "from_at": "g.from_at",
    "to_at": "g.to_at",
    "read_at": "p.last_read_at",
    "stored_published_at": "coalesce(r.published_at, u.published_at)",
    "stored_modified_at": "coalesce(r.modified_at, u.modified_at)",
    "stored_first_seen_at": "a.first_seen_at",
    "listed_published_at": "u.published_at",
    "listed_modified_at": "u.modified_at",
    "listed_first_seen_at": "u.first_seen_at",
    "last_tried_at": "u.last_fetched_at",
    "due_at": "u.next_fetch_at",
}
DAYS = {"stored_day": "coalesce(r.published_at, u.published_at)", "day": "u.published_at"}

# Articles that stand in the archive: due for a look at once, within the budget of each run. The first texts are known
# to be first; whether later ones were edits or noise nobody has judged.
FILL = (
    """
    UPDATE urls SET next_check_at = coalesce(last_fetched_at, first_seen_at), last_full_at = last_fetched_at
    WHERE kind = 'article' AND EXISTS (
        SELECT 1 FROM articles a WHERE a.id = urls.article_id AND a.url_key = urls.url_key
    )
    """,
    "UPDATE revisions SET kind = 'first' WHERE number = 1",
)


def upgrade() -> None:

    op.create_table(
        "alarms",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("site_id", ID, nullable=False, comment="Site"),
        sa.Column("run_id", ID, nullable=False, comment="Run that raised it"),
        sa.Column(
            "kind",
            TEXT,
            nullable=False,
            comment="mass_change (too many articles changed at once), field_coverage (a field is read from far "
            "fewer pages than before), mass_removal (too many articles would be removed at once) or layout (the site "
            "has a new design)",
        ),
        sa.Column("subject", TEXT, nullable=True, comment="The field, or the layout, that it is about; NULL: neither"),
        sa.Column("message", TEXT, nullable=False, comment="What was seen, in one line"),
        sa.Column("raised_at", MOMENT, nullable=False, comment="When it was raised"),
        sa.Column("decided_at", MOMENT, nullable=True, comment="When a person decided; NULL: open"),
        sa.Column(
            "decision", TEXT, nullable=True, comment="released (what was held is believed) or discarded; NULL: open"
        ),
        sa.CheckConstraint("decision IN ('released', 'discarded')", name=op.f("ck_alarms_decision")),
        sa.CheckConstraint(
            "kind IN ('mass_change', 'field_coverage', 'mass_removal', 'layout')", name=op.f("ck_alarms_kind")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_alarms_run_id_runs")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_alarms_site_id_sites")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarms")),
        comment="Alarms that hold something back until a person decides (command review)",
    )
    op.create_index(op.f("ix_alarms_site_id"), "alarms", ["site_id"])
    op.create_table(
        "places",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("site_id", ID, nullable=False, comment="Site"),
        sa.Column(
            "kind",
            TEXT,
            nullable=False,
            comment="front (front page), ticker, widget, featured (strip above a list), listing (section page) or feed",
        ),
        sa.Column("url_id", ID, nullable=False, comment="Page on which the list stands"),
        sa.Column("section", TEXT, nullable=True, comment="Section of a listing or featured strip"),
        sa.Column("last_run_id", ID, nullable=False, comment="Run that last read it whole"),
        sa.Column("last_read_at", MOMENT, nullable=False, comment="When it was last read whole"),
        sa.CheckConstraint(
            "kind IN ('front', 'ticker', 'widget', 'featured', 'listing', 'feed')", name=op.f("ck_places_kind")
        ),
        sa.ForeignKeyConstraint(["last_run_id"], ["runs.id"], name=op.f("fk_places_last_run_id_runs")),
        sa.ForeignKeyConstraint(["site_id"], ["sites.id"], name=op.f("fk_places_site_id_sites")),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], name=op.f("fk_places_url_id_urls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_places")),
        sa.UniqueConstraint("site_id", "kind", "url_id", name=op.f("uq_places_site_id_kind_url_id")),
        comment="Lists in which articles stand",
    )
    op.create_table(
        "removals",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column(
            "state",
            TEXT,
            server_default="suspected",
            nullable=False,
            comment="suspected (missing, not yet believed), held (for a person), removed (missing for good), "
            "withdrawn (closed: 401, 403, 451) or returned",
        ),
        sa.Column("rule", TEXT, nullable=False, comment="Version of the rule that judged it"),
        sa.Column("looks", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="Looks that counted"),
        sa.Column("last_status", sa.Integer(), nullable=True, comment="HTTP status of the last look"),
        sa.Column("first_failed_at", MOMENT, nullable=False, comment="First look that failed"),
        sa.Column("last_failed_at", MOMENT, nullable=False, comment="Last look that failed"),
        sa.Column("confirmed_at", MOMENT, nullable=True, comment="When it was believed; NULL: not (yet)"),
        sa.Column("returned_at", MOMENT, nullable=True, comment="When it answered again; NULL: it has not"),
        sa.Column("returned_url_id", ID, nullable=True, comment="Address at which it answered again"),
        sa.Column("alarm_id", ID, nullable=True, comment="Alarm that holds it; NULL: none"),
        sa.CheckConstraint(
            "state IN ('suspected', 'held', 'removed', 'withdrawn', 'returned')", name=op.f("ck_removals_state")
        ),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_removals_alarm_id_alarms")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_removals_article_id_articles")),
        sa.ForeignKeyConstraint(["returned_url_id"], ["urls.id"], name=op.f("fk_removals_returned_url_id_urls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_removals")),
        comment="Disappearances, one row each; the text is kept, the evidence stands in looks",
    )
    op.create_index(op.f("ix_removals_article_id"), "removals", ["article_id"])
    op.create_index(
        "uq_removals_open",
        "removals",
        ["article_id"],
        unique=True,
        sqlite_where=sa.text("returned_at IS NULL"),
        postgresql_where=sa.text("returned_at IS NULL"),
    )
    op.create_table(
        "captures",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("run_id", ID, nullable=False, comment="Run that made it"),
        sa.Column("fetch_id", ID, nullable=False, comment="Fetch that it belongs to"),
        sa.Column(
            "position",
            sa.Integer(),
            server_default=sa.text("1"),
            nullable=False,
            comment="Its place among the answers of the fetch, from 1: redirects, retries and further pages",
        ),
        sa.Column("url", TEXT, nullable=False, comment="Address that was asked for"),
        sa.Column("captured_at", MOMENT, nullable=False, comment="When the answer came"),
        sa.Column("status", sa.Integer(), nullable=False, comment="HTTP status"),
        sa.Column(
            "record",
            TEXT,
            nullable=False,
            comment="response (the payload stands here) or revisit (that of an earlier one came again, or a 304 says "
            "it is the same)",
        ),
        sa.Column("record_id", TEXT, nullable=False, comment="WARC-Record-ID, without urn:uuid:"),
        sa.Column("file", TEXT, nullable=False, comment="WARC file, relative to the folder of captures"),
        sa.Column(
            "record_offset", sa.BigInteger(), nullable=False, comment="Byte in the file at which the record begins"
        ),
        sa.Column(
            "record_length", sa.BigInteger(), nullable=False, comment="Bytes of the record in the file, compressed"
        ),
        sa.Column(
            "request_length",
            sa.Integer(),
            server_default=sa.text("0"),
            nullable=False,
            comment="Bytes of the request record, which follows it in the file",
        ),
        sa.Column(
            "digest", TEXT, nullable=False, comment="Digest of the payload as it was sent, as the record names it"
        ),
        sa.Column("record_digest", TEXT, nullable=False, comment="SHA-256 of the bytes of both records in the file"),
        sa.Column("refers_to_id", ID, nullable=True, comment="The capture that holds the payload of a revisit"),
        sa.Column(
            "truncated",
            TEXT,
            nullable=True,
            comment="Why the payload is not whole: length, time or disconnect; NULL: it is whole",
        ),
        sa.CheckConstraint("(record = 'revisit') = (refers_to_id IS NOT NULL)", name=op.f("ck_captures_revisit")),
        sa.CheckConstraint("record IN ('response', 'revisit')", name=op.f("ck_captures_record")),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetches.id"], name=op.f("fk_captures_fetch_id_fetches")),
        sa.ForeignKeyConstraint(["refers_to_id"], ["captures.id"], name=op.f("fk_captures_refers_to_id_captures")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_captures_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_captures")),
        sa.UniqueConstraint("fetch_id", "position", name=op.f("uq_captures_fetch_id_position")),
        comment="Raw responses, one row for each answer that came: WARC record response or revisit",
    )
    op.create_index(op.f("ix_captures_digest"), "captures", ["digest"])
    op.create_index(op.f("ix_captures_run_id"), "captures", ["run_id"])
    op.create_table(
        "held_changes",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("run_id", ID, nullable=False, comment="Run that saw it"),
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("fetch_id", ID, nullable=False, comment="Fetch whose captures hold the new text"),
        sa.Column("alarm_id", ID, nullable=True, comment="Alarm that holds it; NULL: none"),
        sa.Column(
            "reason",
            TEXT,
            nullable=False,
            comment="change (waits for the end of its run), mass_change, field_coverage, collapsed (little is left of "
            "the text) or unreadable (its captures give no article)",
        ),
        sa.Column(
            "state",
            TEXT,
            server_default="waiting",
            nullable=False,
            comment="waiting (for the end of the run), held (for a person), applied (a revision by now) or discarded",
        ),
        sa.Column("seen_at", MOMENT, nullable=False, comment="When the page was fetched"),
        sa.Column("decided_at", MOMENT, nullable=True, comment="When it was applied or discarded; NULL: not yet"),
        sa.CheckConstraint("state IN ('waiting', 'held', 'applied', 'discarded')", name=op.f("ck_held_changes_state")),
        sa.ForeignKeyConstraint(["alarm_id"], ["alarms.id"], name=op.f("fk_held_changes_alarm_id_alarms")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_held_changes_article_id_articles")),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetches.id"], name=op.f("fk_held_changes_fetch_id_fetches")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_held_changes_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_held_changes")),
        sa.UniqueConstraint("fetch_id", name=op.f("uq_held_changes_fetch_id")),
        comment="Changed texts of known articles that are not believed yet; their captures are kept",
    )
    op.create_index(op.f("ix_held_changes_alarm_id"), "held_changes", ["alarm_id"])
    op.create_index(op.f("ix_held_changes_article_id"), "held_changes", ["article_id"])
    op.create_index(
        "ix_held_changes_open",
        "held_changes",
        ["run_id", "state"],
        unique=False,
        sqlite_where=sa.text("decided_at IS NULL"),
        postgresql_where=sa.text("decided_at IS NULL"),
    )
    op.create_index(op.f("ix_held_changes_run_id"), "held_changes", ["run_id"])
    op.create_table(
        "looks",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("url_id", ID, nullable=False, comment="Canonical address of the article then"),
        sa.Column("fetch_id", ID, nullable=False, comment="Fetch"),
        sa.Column(
            "run_id",
            ID,
            nullable=False,
            comment="Run; what it saw counts only when its canaries were well (runs.canaries)",
        ),
        sa.Column("looked_at", MOMENT, nullable=False, comment="When it answered"),
        sa.Column("status", sa.Integer(), nullable=True, comment="HTTP status of the last answer"),
        sa.Column(
            "verdict",
            TEXT,
            nullable=False,
            comment="answered (it is back), not_found (404), gone (410), forbidden (401, 403), legal (451), "
            "redirect_home, redirect_stranger (to another article) or soft_404 (an error page with status 200)",
        ),
        sa.CheckConstraint(
            "verdict IN ('answered', 'not_found', 'gone', 'forbidden', 'legal', 'redirect_home', "
            "'redirect_stranger', 'soft_404')",
            name=op.f("ck_looks_verdict"),
        ),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_looks_article_id_articles")),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetches.id"], name=op.f("fk_looks_fetch_id_fetches")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_looks_run_id_runs")),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], name=op.f("fk_looks_url_id_urls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_looks")),
        sa.UniqueConstraint("fetch_id", "article_id", name=op.f("uq_looks_fetch_id_article_id")),
        comment="Dated looks at articles that did not answer as articles, and at those that came back",
    )
    op.create_index(op.f("ix_looks_article_id"), "looks", ["article_id"])
    op.create_index(op.f("ix_looks_run_id"), "looks", ["run_id"])
    op.create_index(op.f("ix_looks_url_id"), "looks", ["url_id"])
    op.create_table(
        "sightings",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("place_id", ID, nullable=False, comment="List"),
        sa.Column("url_id", ID, nullable=False, comment="Address that stood in it"),
        sa.Column("rank", sa.Integer(), nullable=False, comment="Its place in the list, from 1"),
        sa.Column("from_run_id", ID, nullable=False, comment="First run that saw it there"),
        sa.Column("from_at", MOMENT, nullable=False, comment="When that run read the list"),
        sa.Column("to_run_id", ID, nullable=True, comment="Last run that saw it there; NULL: it stands there still"),
        sa.Column("to_at", MOMENT, nullable=True, comment="When that run read the list; NULL: it stands there still"),
        sa.ForeignKeyConstraint(["from_run_id"], ["runs.id"], name=op.f("fk_sightings_from_run_id_runs")),
        sa.ForeignKeyConstraint(["place_id"], ["places.id"], name=op.f("fk_sightings_place_id_places")),
        sa.ForeignKeyConstraint(["to_run_id"], ["runs.id"], name=op.f("fk_sightings_to_run_id_runs")),
        sa.ForeignKeyConstraint(["url_id"], ["urls.id"], name=op.f("fk_sightings_url_id_urls")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sightings")),
        comment="Which address stood at which rank from which run to which run; no row is added while nothing changes",
    )
    op.create_index(op.f("ix_sightings_url_id"), "sightings", ["url_id"])
    op.create_index(
        "uq_sightings_open",
        "sightings",
        ["place_id", "rank"],
        unique=True,
        sqlite_where=sa.text("to_run_id IS NULL"),
        postgresql_where=sa.text("to_run_id IS NULL"),
    )
    op.create_table(
        "term_changes",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("article_id", ID, nullable=False, comment="Article"),
        sa.Column("fetch_id", ID, nullable=False, comment="Fetch that showed it"),
        sa.Column("seen_at", MOMENT, nullable=False, comment="When it was seen"),
        sa.Column("kind", TEXT, nullable=False, comment="section or tag"),
        sa.Column("change", TEXT, nullable=False, comment="added or removed"),
        sa.Column("name", TEXT, nullable=False, comment="Name as the page gives it"),
        sa.Column("slug", TEXT, nullable=True, comment="Its name in addresses"),
        sa.CheckConstraint("change IN ('added', 'removed')", name=op.f("ck_term_changes_change")),
        sa.CheckConstraint("kind IN ('section', 'tag')", name=op.f("ck_term_changes_kind")),
        sa.ForeignKeyConstraint(["article_id"], ["articles.id"], name=op.f("fk_term_changes_article_id_articles")),
        sa.ForeignKeyConstraint(["fetch_id"], ["fetches.id"], name=op.f("fk_term_changes_fetch_id_fetches")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_changes")),
        comment="Sections and tags that articles got or lost after they were first stored",
    )
    op.create_index(op.f("ix_term_changes_article_id"), "term_changes", ["article_id"])
    op.create_table(
        "rereadings",
        sa.Column("id", ID, sa.Identity(), nullable=False, comment="Number of the row"),
        sa.Column("revision_id", ID, nullable=False, comment="Revision that was read again from its captures"),
        sa.Column("read_at", MOMENT, nullable=False, comment="When it was read again"),
        sa.Column("from_version", TEXT, nullable=False, comment="Version of the reading code before"),
        sa.Column("to_version", TEXT, nullable=False, comment="Version of the reading code now"),
        sa.Column("from_layout", TEXT, nullable=False, comment="Layout before"),
        sa.Column("to_layout", TEXT, nullable=False, comment="Layout now"),
        sa.Column("before", JSON, nullable=False, comment="The fields that changed, as they were read before, as JSON"),
        sa.ForeignKeyConstraint(["revision_id"], ["revisions.id"], name=op.f("fk_rereadings_revision_id_revisions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rereadings")),
        comment="Revisions that a newer reading code reads otherwise: our parser changed, not the publisher",
    )
    op.create_index(op.f("ix_rereadings_revision_id"), "rereadings", ["revision_id"])
    op.add_column(
        "articles",
        sa.Column(
            "terms_read",
            JSON,
            nullable=True,
            comment="By what its sections and tags were read, as a JSON object of arrays: layout, version of the "
            "reading code, reader (null: there were none); NULL: not known",
        ),
    )
    op.add_column(
        "fetches",
        sa.Column(
            "listed",
            sa.Integer(),
            nullable=True,
            comment="Of a list page: how many articles it listed; of a sitemap index: how many sitemaps",
        ),
    )
    op.add_column(
        "fetches",
        sa.Column(
            "declared",
            sa.Integer(),
            nullable=True,
            comment="Of a list page: how many articles the site says the whole list has",
        ),
    )
    op.add_column(
        "fetches",
        sa.Column("newest_at", MOMENT, nullable=True, comment="Of a list page: newest date among what it listed"),
    )
    op.add_column(
        "revisions",
        sa.Column(
            "row_digest",
            TEXT,
            nullable=True,
            comment="SHA-256 of all texts of the row, to prove them; NULL: stored before rows were proved",
        ),
    )
    op.add_column(
        "revisions",
        sa.Column(
            "kind",
            TEXT,
            nullable=True,
            comment="first, or what the publisher changed, joined by commas: headline, standfirst, body, "
            "correction, byline, credit, published, restored (the text of an earlier revision); NULL: stored "
            "before edits were graded",
        ),
    )
    op.add_column(
        "revisions",
        sa.Column(
            "change_size",
            sa.Integer(),
            nullable=True,
            comment="Words added plus words removed in headline, standfirst and body",
        ),
    )
    op.add_column(
        "runs",
        sa.Column(
            "canaries",
            TEXT,
            nullable=True,
            comment="well or failing: whether front page, sources and articles known to be live answered; NULL: not "
            "judged",
        ),
    )
    op.add_column(
        "runs",
        sa.Column(
            "relooked",
            sa.Integer(),
            nullable=True,
            comment="Known articles of which this run read the whole text again",
        ),
    )
    op.add_column(
        "runs", sa.Column("changed", sa.Integer(), nullable=True, comment="Of these, how many showed a changed text")
    )
    op.add_column(
        "runs",
        sa.Column(
            "relooks",
            JSON,
            nullable=True,
            comment="Evidence of these looks, as a JSON object: own (not announced by a list), own_changed, had and "
            "lost (fields read before, and missing now), layouts (other ones that read the same text)",
        ),
    )
    op.add_column(
        "urls",
        sa.Column(
            "next_check_at",
            MOMENT,
            nullable=True,
            comment="When a stored article is looked at again although nothing has announced a change; NULL: not "
            "scheduled",
        ),
    )
    op.add_column(
        "urls",
        sa.Column(
            "checks_from",
            MOMENT,
            nullable=True,
            comment="Publication or last edit, from which the looks are spaced out",
        ),
    )
    op.add_column(
        "urls",
        sa.Column(
            "last_full_at", MOMENT, nullable=True, comment="When it last answered with its whole text; a 304 is none"
        ),
    )
    _add_captures()
    op.create_index(
        "ix_urls_check",
        "urls",
        ["site_id", "next_check_at"],
        sqlite_where=sa.text("next_check_at IS NOT NULL"),
        postgresql_where=sa.text("next_check_at IS NOT NULL"),
    )
    for statement in FILL:
        op.execute(statement)
    _make_views()


def downgrade() -> None:
    if op.get_context().dialect.name == "postgresql":
        op.execute(f"COMMENT ON COLUMN articles.state IS {_quoted(ARTICLE_STATES_BEFORE)}")
    for view in reversed(COMMENTS):
        op.execute(f"DROP VIEW {view}")
    op.drop_index("ix_urls_check", "urls")
    for table, columns in ADDED.items():
        for column in reversed(columns):
            op.drop_column(table, column)
    for table in TABLES:
        op.drop_table(table)


def _add_captures() -> None:
    """Columns that refer to captures. SQLite takes a reference with a new column only in its own words."""
    for table, meaning in CAPTURED.items():
        name = f"fk_{table}_capture_id_captures"
        if op.get_context().dialect.name == "sqlite":
            op.execute(f"ALTER TABLE {table} ADD COLUMN capture_id INTEGER CONSTRAINT {name} REFERENCES captures (id)")
        else:
            op.add_column(table, sa.Column("capture_id", ID, nullable=True, comment=meaning))
            op.create_foreign_key(name, table, "captures", ["capture_id"], ["id"])


def _make_views() -> None:
    write = POSTGRESQL if op.get_context().dialect.name == "postgresql" else SQLITE
    filled = {name: write["moment"].format(column=column) for name, column in MOMENTS.items()}
    filled |= {name: write["day"].format(column=column) for name, column in DAYS.items()}
    for view in (ARTICLE_HISTORY, REMOVED_ARTICLES, SECTION_FRONTS, COVERAGE, COVERAGE_BY_DAY):
        op.get_bind().exec_driver_sql(view.format(**filled))
    if write is POSTGRESQL:
        _comment()


def _comment() -> None:
    for view, (words, columns) in COMMENTS.items():
        op.get_bind().exec_driver_sql(f"COMMENT ON VIEW {view} IS {_quoted(words)}")
        for column, meaning in columns.items():
            op.get_bind().exec_driver_sql(f"COMMENT ON COLUMN {view}.{column} IS {_quoted(meaning)}")
    state = "live, suspected (missing, not yet believed), removed (missing for good; the text is kept) or withdrawn "
    op.execute(
        f"COMMENT ON COLUMN articles.state IS {_quoted(state + '(closed to us: 401, 403, 451; the text is kept)')}"
    )


def _quoted(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"
