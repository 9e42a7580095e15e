"""What became of articles after they were stored: held changes, missing pages, new readings, sections and tags."""

from sqlalchemy import Column, Integer, Table, UniqueConstraint

from foiscrawl.removal import Verdict
from foiscrawl.storage.columns import Json, count, moment, one_of, partial_index, ref, row_id, string
from foiscrawl.storage.models.base import metadata

ALARM_KINDS = ("mass_change", "field_coverage", "mass_removal", "layout")
ALARM_DECISIONS = ("released", "discarded")
HELD_STATES = ("waiting", "held", "applied", "discarded")
REMOVAL_STATES = ("suspected", "held", "removed", "withdrawn", "returned")
TERM_KINDS = ("section", "tag")
TERM_CHANGES = ("added", "removed")

alarms = Table(
    "alarms",
    metadata,
    row_id(),
    ref("site_id", "sites", "Site", index=True),
    ref("run_id", "runs", "Run that raised it"),
    string(
        "kind",
        "mass_change (too many articles changed at once), field_coverage (a field is read from far fewer pages than "
        "before), mass_removal (too many articles would be removed at once) or layout (the site has a new design)",
        nullable=False,
    ),
    string("subject", "The field, or the layout, that it is about; NULL: neither"),
    string("message", "What was seen, in one line", nullable=False),
    moment("raised_at", "When it was raised"),
    moment("decided_at", "When a person decided; NULL: open", nullable=True),
    string("decision", "released (what was held is believed) or discarded; NULL: open"),
    one_of("kind", ALARM_KINDS),
    one_of("decision", ALARM_DECISIONS),
    comment="Alarms that hold something back until a person decides (command review)",
)

held_changes = Table(
    "held_changes",
    metadata,
    row_id(),
    ref("run_id", "runs", "Run that saw it", index=True),
    ref("article_id", "articles", "Article", index=True),
    ref("fetch_id", "fetches", "Fetch whose captures hold the new text", unique=True),
    ref("alarm_id", "alarms", "Alarm that holds it; NULL: none", nullable=True, index=True),
    string(
        "reason",
        "change (waits for the end of its run), mass_change, field_coverage, collapsed (little is left of the text) or "
        "unreadable (its captures give no article)",
        nullable=False,
    ),
    string(
        "state",
        "waiting (for the end of the run), held (for a person), applied (a revision by now) or discarded",
        nullable=False,
        server_default="waiting",
    ),
    moment("seen_at", "When the page was fetched"),
    moment("decided_at", "When it was applied or discarded; NULL: not yet", nullable=True),
    one_of("state", HELD_STATES),
    comment="Changed texts of known articles that are not believed yet; their captures are kept",
)
partial_index(
    "ix_held_changes_open",
    held_changes.c.run_id,
    held_changes.c.state,
    where=held_changes.c.decided_at.is_(None),
)

rereadings = Table(
    "rereadings",
    metadata,
    row_id(),
    ref("revision_id", "revisions", "Revision that was read again from its captures", index=True),
    moment("read_at", "When it was read again"),
    string("from_version", "Version of the reading code before", nullable=False),
    string("to_version", "Version of the reading code now", nullable=False),
    string("from_layout", "Layout before", nullable=False),
    string("to_layout", "Layout now", nullable=False),
    Column("before", Json, nullable=False, comment="The fields that changed, as they were read before, as JSON"),
    comment="Revisions that a newer reading code reads otherwise: our parser changed, not the publisher",
)

looks = Table(
    "looks",
    metadata,
    row_id(),
    ref("article_id", "articles", "Article", index=True),
    ref("url_id", "urls", "Canonical address of the article then", index=True),
    ref("fetch_id", "fetches", "Fetch"),
    ref("run_id", "runs", "Run; what it saw counts only when its canaries were well (runs.canaries)", index=True),
    moment("looked_at", "When it answered"),
    Column("status", Integer, comment="HTTP status of the last answer"),
    string(
        "verdict",
        "answered (it is back), not_found (404), gone (410), forbidden (401, 403, or 200 with a form for a password), "
        "legal (451), redirect_home, redirect_stranger (to another article) or soft_404 (an error page with status "
        "200)",
        nullable=False,
    ),
    UniqueConstraint("fetch_id", "article_id"),
    one_of("verdict", Verdict),
    comment="Dated looks at articles that did not answer as articles, and at those that came back",
)

removals = Table(
    "removals",
    metadata,
    row_id(),
    ref("article_id", "articles", "Article", index=True),
    string(
        "state",
        "suspected (missing, not yet believed), held (for a person), removed (missing for good), withdrawn (closed: "
        "401, 403, 451, a password) or returned",
        nullable=False,
        server_default="suspected",
    ),
    string("rule", "Version of the rule that judged it", nullable=False),
    count("looks", "Looks that counted"),
    Column("last_status", Integer, comment="HTTP status of the last look"),
    moment("first_failed_at", "First look that failed"),
    moment("last_failed_at", "Last look that failed"),
    moment("confirmed_at", "When it was believed; NULL: not (yet)", nullable=True),
    moment("returned_at", "When it answered again; NULL: it has not", nullable=True),
    ref("returned_url_id", "urls", "Address at which it answered again", nullable=True),
    ref("alarm_id", "alarms", "Alarm that holds it; NULL: none", nullable=True),
    one_of("state", REMOVAL_STATES),
    comment="Disappearances, one row each; the text is kept, the evidence stands in looks",
)
partial_index(
    "uq_removals_open",
    removals.c.article_id,
    where=removals.c.returned_at.is_(None),
    unique=True,
)

term_changes = Table(
    "term_changes",
    metadata,
    row_id(),
    ref("article_id", "articles", "Article", index=True),
    ref("fetch_id", "fetches", "Fetch that showed it"),
    moment("seen_at", "When it was seen"),
    string("kind", "section or tag", nullable=False),
    string("change", "added or removed", nullable=False),
    string("name", "Name as the page gives it", nullable=False),
    string("slug", "Its name in addresses"),
    one_of("kind", TERM_KINDS),
    one_of("change", TERM_CHANGES),
    comment="Sections and tags that articles got or lost after they were first stored",
)
