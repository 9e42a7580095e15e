"""The tables of the archive. The schema is the product: each comment here is read by a researcher.

`docs/schema.md` is generated from these comments; `migrations/` builds what stands here and a test holds both equal.
The views stand in `views.py`.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)

from foiscrawl.items import Access, Outcome, UrlKind
from foiscrawl.storage.columns import Json, count, moment, one_of, partial_index, ref, row_id, string, url_key

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

RUN_OUTCOMES = ("running", "done", "degraded", "interrupted", "crashed", "failed")
URL_STATES = ("new", "known", "outside", "refused", "gone", "failed", "dropped")
ARTICLE_STATES = ("live", "suspected", "removed", "withdrawn")


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
    one_of("outcome", RUN_OUTCOMES),
    CheckConstraint("(outcome = 'running') = (ended_at IS NULL)", name="ended"),
    comment="Runs of the crawler, one row each",
)

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
        "or withdrawn (the publisher asked not to be archived)",
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
    Column(
        "noarchive",
        Boolean,
        nullable=False,
        server_default=false(),
        comment="True: the page asks not to be shown from an archive",
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
    UniqueConstraint("site_id", "url_key"),
    one_of("kind", UrlKind),
    one_of("state", URL_STATES),
    comment="The frontier: every address ever learnt, of any kind",
)
Index("ix_urls_state", urls.c.site_id, urls.c.kind, urls.c.state)
partial_index("ix_urls_due", urls.c.site_id, urls.c.kind, urls.c.next_fetch_at, where=urls.c.next_fetch_at.is_not(None))

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
    UniqueConstraint("run_id", "url_id"),
    one_of("outcome", Outcome),
    CheckConstraint("(outcome IS NULL) = (settled_at IS NULL)", name="settled"),
    comment="Accounting: one row for each address that a run took up",
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
    string("layout", "Layout of the site file that read the page", nullable=False),
    string("extractor_version", "Version of the reading code", nullable=False),
    Column("origins", Json, nullable=False, comment="Which reader gave each field, as a JSON object"),
    Column("flags", Json, nullable=False, comment="What was odd without being fatal, as a JSON array"),
    UniqueConstraint("article_id", "number"),
    one_of("access", Access),
    comment="Texts of articles: the first one and every edit by the publisher",
)


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
