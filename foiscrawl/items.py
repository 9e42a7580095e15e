"""The values that travel: read from a page by `parsing`, carried by Scrapy, stored by `storage`.

Frozen dataclasses without logic. A pipeline returns a new one (`dataclasses.replace`) and never edits.
Long texts have `repr=False`, so no body ever reaches a log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class UrlKind(StrEnum):
    """What an address is expected to be; column `urls.kind`."""

    HOME = "home"
    LISTING = "listing"
    FEED = "feed"
    SITEMAP = "sitemap"
    REST = "rest"
    ARTICLE = "article"


class Outcome(StrEnum):
    """How a URL that a run took up ended; column `fetches.outcome`. Exactly one each."""

    STORED = "stored"  # a new article
    REVISED = "revised"  # a known article whose text changed
    UNCHANGED = "unchanged"  # a known article as before, or 304
    READ = "read"  # a menu, listing, feed, sitemap or REST page gave its link hints
    SKIPPED = "skipped"  # answered, but is no article (a page, an attachment, a tag archive ...)
    GONE = "gone"  # 404 or 410
    REFUSED = "refused"  # not ours to fetch or keep: robots, scope, noarchive, reservation, size
    QUARANTINED = "quarantined"  # fetched and not believed
    FAILED = "failed"  # error, time-out, cut body, redirect loop; stays due
    INTERRUPTED = "interrupted"  # the run ended first; stays due


class Access(StrEnum):
    """Who may read the text; never OPEN from silence."""

    OPEN = "open"
    SUBSCRIBER = "subscriber"
    PROTECTED = "protected"
    TRUNCATED = "truncated"
    UNKNOWN = "unknown"


class PageKind(StrEnum):
    """What the page says it is. Only ARTICLE and UNKNOWN can become an article."""

    ARTICLE = "article"
    PAGE = "page"
    ATTACHMENT = "attachment"
    ARCHIVE = "archive"
    HOME = "home"
    PROTECTED = "protected"  # a password form instead of a body
    NOT_FOUND = "not_found"  # the theme's error page, whatever the status
    CONSENT = "consent"  # a consent, challenge or maintenance page in the article's place
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment as the site gave it.

    at          aware UTC, or None when the raw string is no believable moment
    raw         the very string that was read
    precision   "second", "minute" or "day"
    zone        the offset that was printed ("+02:00", "Z"), "site" where the site's own zone was assumed
    flag        None, or why `at` is None: "zero", "implausible", "future", "unreadable"
    """

    at: datetime | None
    raw: str
    precision: str = "second"
    zone: str | None = None
    flag: str | None = None


@dataclass(frozen=True, slots=True)
class LinkHint:
    """A URL with what its finder knew. Hints become frontier rows, never articles.

    url         absolute, as the page meant it (entities decoded, relative resolved), not yet normalised
    kind        what the finder takes it for
    found_in    "menu", "listing", "featured", "front", "ticker", "widget", "feed", "sitemap", "rest", "robots"
    section     label or slug of the section it stood in, where the finder knew it
    source_id   the publisher's post id, where the finder knew it (REST id, feed guid ?p=ID, card post-ID)
    rank        place in its list from 1, or None
    page        number of the listing, feed or REST page that this URL is; 1 for articles
    """

    url: str
    kind: UrlKind
    found_in: str
    title: str | None = None
    published: Instant | None = None
    modified: Instant | None = None
    section: str | None = None
    source_id: str | None = None
    rank: int | None = None
    page: int = 1


@dataclass(frozen=True, slots=True)
class SectionHint:
    """A section as the menu shows it. `parent` is the label of the menu group above it, "Plus" for one."""

    name: str
    url: str
    position: int
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Term:
    """A section or tag that an article names: label as shown, slug where the page gives one."""

    name: str
    slug: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """A picture of an article, as an address; bytes are not fetched. role: "featured" or "body"."""

    url: str
    role: str
    caption: str | None = None
    credit: str | None = None
    alt: str | None = None


@dataclass(frozen=True, slots=True)
class BodyLink:
    """A link in the body. kind: "read_also", "subscriber", "internal", "external"."""

    url: str
    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, as they went over the wire: what a WARC record holds.

    request, response   header lines in order, names as sent or received
    body                the payload as it was sent: transfer coding undone, content coding (gzip) kept
    truncated           why the body is not whole: "length", "time" or "disconnect"; None: it is whole
    """

    url: str
    at: datetime
    status: int
    request: tuple[tuple[str, str], ...] = ()
    response: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    protocol: str = "HTTP/1.1"
    truncated: str | None = None


@dataclass(frozen=True, slots=True)
class Fetch:
    """What happened to one taken-up URL, requests and redirects and all.

    url_id      row of the frontier that was taken up
    url         the address that was asked for
    final_url   the address that answered, after redirects
    requests    requests sent for it, redirect hops, retries and further pages included
    status      of the last answer, None when none came
    size        body bytes after content decoding, all requests together
    elapsed     seconds of waiting, all requests together
    exchanges   every answer of the visit in order: redirects, retries and further pages
    """

    url_id: int
    url: str
    kind: UrlKind
    final_url: str
    fetched_at: datetime
    requests: int = 1
    status: int | None = None
    size: int = 0
    elapsed: float = 0.0
    redirects: tuple[str, ...] = ()
    etag: str | None = None
    last_modified: str | None = None
    exchanges: tuple[Exchange, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleItem:
    """One article as one page (or its joined pages) shows it, with the origin of each field.

    body_text     paragraphs in reading order separated by a blank line; "" when there is none
    body_html     the same body, cleaned; never the page's own markup
    flags         what was odd without being fatal: "published:future", "charset:guessed" ...
    aliases       other addresses that the page itself names for the article (shortlink, AMP)
    next_pages    addresses of the further pages of a multi-page article, to be joined
    origins       field name -> which reader gave it ("css:…", "jsonld:…", "meta:…", "generic")
    content_hash, bands     filled by the Fingerprint pipeline
    """

    page_kind: PageKind
    url: str
    canonical_url: str | None
    source_id: str | None
    headline: str | None
    standfirst: str | None = None
    byline: str | None = None
    credit: str | None = None
    authors: tuple[str, ...] = ()
    published: Instant | None = None
    modified: Instant | None = None
    section: str | None = None
    sections: tuple[Term, ...] = ()
    tags: tuple[Term, ...] = ()
    body_text: str = field(default="", repr=False)
    body_html: str = field(default="", repr=False)
    images: tuple[Image, ...] = field(default=(), repr=False)
    links: tuple[BodyLink, ...] = field(default=(), repr=False)
    embeds: int = 0
    language: str | None = None
    word_count: int = 0
    access: Access = Access.UNKNOWN
    licence: str | None = None
    noarchive: bool = False
    layout: str = "generic"
    extractor_version: str = ""
    origins: Mapping[str, str] = field(default_factory=dict, repr=False)
    flags: tuple[str, ...] = ()
    aliases: tuple[str, ...] = field(default=(), repr=False)
    next_pages: tuple[str, ...] = ()
    fetch: Fetch | None = None
    content_hash: str | None = None
    signature: bytes | None = field(default=None, repr=False)
    bands: tuple[int, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingItem:
    """What a menu, listing, feed, sitemap or REST page gave. `skipped` counts refused links by reason.

    next_page   where the list goes on; the spider decides whether to follow
    total       how many articles the source says it has, where it says so
    complete    False when the body was cut off or over a limit: what was whole is here, what is missing means nothing
    origins     "cards", "featured", "next", "menu" ... -> the selector that found them
    """

    hints: tuple[LinkHint, ...] = field(default=(), repr=False)
    sections: tuple[SectionHint, ...] = ()
    next_page: LinkHint | None = None
    skipped: Mapping[str, int] = field(default_factory=dict)
    total: int | None = None
    title: str | None = None
    complete: bool = True
    origins: Mapping[str, str] = field(default_factory=dict, repr=False)
    fetch: Fetch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OutcomeItem:
    """A fetch that ended without article or hints: refused, failed, gone, skipped, not modified."""

    fetch: Fetch
    outcome: Outcome
    reason: str
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineItem:
    """A page that was fetched and not believed; kept with its reason, to be judged again."""

    article: ArticleItem
    reason: str
