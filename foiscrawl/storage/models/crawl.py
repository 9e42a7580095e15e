"""What a crawl works with: sites and their sections, runs, the frontier, the accounts, the site's own rules."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, UniqueConstraint, text

from foiscrawl.items import Outcome, UrlKind
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

RUN_OUTCOMES = ("running", "done", "degraded", "interrupted", "crashed", "failed")
URL_STATES = ("new", "known", "outside", "refused", "gone", "failed", "dropped")


sites = Table(
    "sites",
    metadata,
    row_id(),
    string("name", "Short name of the site, as its site file is called", nullable=False, unique=True),
    string("title", "What the site calls itself on its front page", nullable=False),
    string("home", "Address of the front page", nullable=False),
    moment("verified_at", "When the front page last named itself by this title; NULL: never", nullable=True),
    moment("horizon_at", "Articles older than this are known but not fetched; NULL: no horizon set", nullable=True),
    moment("created_at", "When the site entered the archive"),
    comment="News sites in this archive",
)

sections = Table(
    "sections",
    metadata,
    row_id(),
    ref("site_id", "sites", "Site of the section"),
    url_key("The address without what does not tell addresses apart; unique within the site"),
    string("url", "Address of the section page", nullable=False),
    string("name", "Label in the menu", nullable=False),
    string("slug", "The section's name in addresses"),
    string("parent", "Label of the menu entry above it; NULL: top level"),
    Column("position", Integer, nullable=False, comment="Place in the menu, from 1, as last seen"),
    moment("first_seen_at", "First time the menu showed it"),
    moment("last_seen_at", "Last time the menu showed it"),
    UniqueConstraint("site_id", "url_key"),
    comment="Sections (categories) that the menu has shown",
)

runs = Table(
    "runs",
    metadata,
    row_id(),
    ref("site_id", "sites", "Site that was crawled", index=True),
    string("mode", "What the run was for: update or backfill", nullable=False),
    Column("arguments", Json, nullable=False, comment="Arguments of the run, as a JSON object"),
    moment("started_at", "When the run began"),
    moment("heartbeat_at", "Last sign of life"),
    moment("ended_at", "When the run ended; NULL: it is running, or died and nobody has noticed yet", nullable=True),
    string(
        "outcome",
        "running, done, degraded (the site or our reading of it was not well), interrupted (asked to stop), "
        "crashed (died; noticed by the next run) or failed",
        nullable=False,
        server_default="running",
    ),
    Column("exit_code", Integer, comment="What the command returned to the schedule"),
    string("reason", "Why the run ended so"),
    Column(
        "skipped",
        Json,
        nullable=False,
        server_default=text("'{}'"),
        comment="Links seen and never taken for an article, counted by reason, as a JSON object",
    ),
    Column("declared_total", Integer, comment="How many articles the site said it has; NULL: it did not say"),
    moment("resume_at", "The site asked not to be asked again before this (Retry-After); NULL: no", nullable=True),
    Column("versions", Json, nullable=False, comment="Versions of the program and its libraries, as a JSON object"),
    string(
        "canaries",
        "well or failing: whether front page, sources and articles known to be live answered; NULL: not judged",
    ),
    Column("relooked", Integer, comment="Known articles of which this run read the whole text again"),
    Column("changed", Integer, comment="Of these, how many showed a changed text"),
    Column(
        "relooks",
        Json,
        comment="Evidence of these looks, as a JSON object: own (not announced by a list), own_changed, had and lost "
        "(fields read before, and missing now), layouts (other ones that read the same text)",
    ),
    one_of("outcome", RUN_OUTCOMES),
    CheckConstraint("(outcome = 'running') = (ended_at IS NULL)", name="ended"),
    comment="Runs of the crawler, one row each",
)

urls = Table(
    "urls",
    metadata,
    row_id(),
    ref("site_id", "sites", "Site of the address"),
    url_key("The address without what does not tell addresses apart; unique within the site"),
    string("url", "The address, fetchable", nullable=False),
    string("kind", "What it is: home, listing, feed, sitemap, rest or article", nullable=False),
    string(
        "state",
        "new (never answered), known (answered), outside (older than the horizon or the asked-for dates), refused "
        "(not ours to fetch), gone (404 or 410), failed (error; tried again) or dropped (no article after all)",
        nullable=False,
        server_default="new",
    ),
    moment("next_fetch_at", "When it is due; NULL: not due", nullable=True),
    count("attempts", "Failed fetches in a row"),
    string("reason", "Why it is in this state"),
    string("found_in", "Where it was first found: menu, listing, feed, sitemap, rest ...", nullable=False),
    count("page", "Number of the list page that this address is; 1 for articles", 1),
    string("section", "Section it was listed under, where its finder knew one"),
    string("source_id", "The publisher's number of the article, where its finder knew it"),
    string("title", "Title as a section page last listed it"),
    moment("published_at", "Publication as announced by a list", nullable=True),
    moment("modified_at", "Newest change that a list ever announced", nullable=True),
    string("etag", "ETag of the last full answer"),
    string("last_modified", "Last-Modified of the last full answer"),
    ref("article_id", "articles", "Article that this address shows; NULL: none yet", nullable=True, index=True),
    moment("first_seen_at", "When it was first learnt"),
    moment("last_seen_at", "When it was last listed or fetched"),
    ref("first_run_id", "runs", "Run that learnt it"),
    moment("last_fetched_at", "When it was last asked for; NULL: never", nullable=True),
    moment(
        "next_check_at",
        "When a stored article is looked at again although nothing has announced a change; NULL: not scheduled",
        nullable=True,
    ),
    moment("checks_from", "Publication or last edit, from which the looks are spaced out", nullable=True),
    moment("last_full_at", "When it last answered with its whole text; a 304 is none", nullable=True),
    UniqueConstraint("site_id", "url_key"),
    one_of("kind", UrlKind),
    one_of("state", URL_STATES),
    comment="The frontier: every address ever learnt, of any kind",
)
Index("ix_urls_state", urls.c.site_id, urls.c.kind, urls.c.state)
partial_index("ix_urls_due", urls.c.site_id, urls.c.kind, urls.c.next_fetch_at, where=urls.c.next_fetch_at.is_not(None))
partial_index("ix_urls_check", urls.c.site_id, urls.c.next_check_at, where=urls.c.next_check_at.is_not(None))

fetches = Table(
    "fetches",
    metadata,
    row_id(),
    ref("run_id", "runs", "Run that took the address up"),
    ref("url_id", "urls", "The address", index=True),
    string("kind", "What the address was taken for", nullable=False),
    moment("taken_at", "When the run took it up"),
    moment("settled_at", "When its outcome was recorded; NULL: still open", nullable=True),
    string("outcome", "How it ended: " + ", ".join(Outcome) + "; NULL: still open"),
    string("reason", "Why it ended so"),
    Column("status", Integer, comment="HTTP status of the last answer; NULL: none came"),
    string("final_url", "The address that answered, after redirects"),
    count("requests", "Requests sent for it: redirects, retries and further pages included"),
    Column(
        "size",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="Body bytes after content decoding, all requests together",
    ),
    count("elapsed_ms", "Milliseconds of waiting, all requests together"),
    ref("article_id", "articles", "Article that it gave or confirmed", nullable=True),
    later_ref("capture_id", "fetches", "captures", "Raw answer that settled it: file, offset, length and digest"),
    Column("listed", Integer, comment="Of a list page: how many articles it listed"),
    Column("declared", Integer, comment="Of a list page: how many articles the site says the whole list has"),
    UniqueConstraint("run_id", "url_id"),
    one_of("outcome", Outcome),
    CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled"),
    comment="Accounting: one row for each address that a run took up",
)

policies = Table(
    "policies",
    metadata,
    ref("site_id", "sites", "Site", primary_key=True),
    string(
        "kind", "robots (robots.txt) or tdmrep (text-and-data-mining reservation)", primary_key=True, nullable=False
    ),
    string("url", "Address of the file", nullable=False),
    moment("fetched_at", "When it was last asked for"),
    Column("status", Integer, comment="HTTP status of the answer; NULL: none came"),
    string("body", "The file; NULL: none came"),
    comment="What each site asks of crawlers, as last read",
)
