"""The newsroom's state and what an editor can do to it. Rendering reads it, never changes it."""

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from tests.newsroom.options import Options
from tests.newsroom.sections import BY_SLUG, SECTIONS
from tests.newsroom.text import Writer, slugify, texturise

ZONE = ZoneInfo("Europe/Paris")
MARKUPS = ("plain", "lemonde", "blocks", "divs", "bare")
CREDITS = ("Le Monde avec AFP", "AFP", "Reuters", None, None)
GOING = (401, 403, 404, 410, 451)
BODY_EDITS = {
    "body": "sentence",
    "letter": "letter",
    "paragraph": "paragraph",
    "correction": "correction",
    "cut": "cut",
}


@lru_cache(maxsize=20_000)
def _printed(slug: str) -> str:
    return "".join(one if one.isascii() or ord(one) > 0x1F000 else quote(one).lower() for one in slug)


@dataclass(slots=True, kw_only=True)
class Article:
    """One article. `state` is "live", or how its address answers now: a status of `GOING`, "home", "soft-404", or the
    id of a stranger.

    kind            "article", "protected", "picture-only", "embed-only", "very-short", "untitled", "multi-page", "long"
    text_seed       what its text is made from; copies share it
    changed         share of the words that differ from the text of the seed (near-copies)
    body_edits      one entry per edit of the body: "sentence" adds one, "letter" changes one letter, "paragraph" and
                    "correction" add a paragraph, "cut" takes one away
    paragraphs, body_html   when given, the text is this and not filler
    """

    id: int
    slug: str
    headline: str
    published: datetime
    modified: datetime
    sections: list[str]
    text_seed: str
    standfirst: str | None = None
    byline: str = "Personnel"
    credit: str | None = None
    tags: list[str] = field(default_factory=list)
    kind: str = "article"
    markup: str = "plain"
    layout: str | None = None
    oddity: str | None = None
    sticky: bool = False
    comments: int = 0
    attachment: bool = False
    noarchive: str | None = None  # "meta" or "header"
    state: str | int = "live"
    still_listed: bool = False  # removed, yet feeds, sitemaps and lists still name it
    old_slugs: list[str] = field(default_factory=list)
    changed: float = 0
    body_edits: list[str] = field(default_factory=list)
    paragraphs: list[str] | None = None
    body_html: str | None = None
    duplicate_of: int | None = None
    near_duplicate_of: int | None = None

    @property
    def title(self) -> str:
        """As every page prints it before escaping: a protected article says so."""
        return f"Protégé\u00a0: {self.headline}" if self.kind == "protected" else self.headline


class Newsroom:
    """Opens with `Options` filled from the keyword arguments; `now` is its only clock."""

    def __init__(
        self, *, now: Callable[[], datetime] | None = None, base: str = "http://newsroom.invalid", **options: Any
    ) -> None:
        from tests.newsroom.filling import fill  # filling publishes through this class

        self.options = Options(**options)
        self.options.check()
        self.now = now or (lambda: datetime.now(UTC))
        self.base = base  # the server puts its own address here
        self.title = "Français Fois"
        self.lock = threading.RLock()
        self.version = 0
        self.articles: dict[int, Article] = {}
        self.slugs: dict[str, int] = {}  # every slug in use, old ones too
        self.rng = random.Random(self.options.seed)
        self._next_id = 101
        self._opened_at = self.now().replace(microsecond=0)
        # Switches of the whole site that tests may set at any time:
        self.extra_head = ""  # inside every <head>, e.g. a tdm-reservation meta
        self.robots_rules = "User-agent: *\nDisallow: /wp-admin/\nAllow: /wp-admin/admin-ajax.php\n"
        self.tdmrep: str | None = None  # body of /.well-known/tdmrep.json, None = 404
        fill(self)

    # --- reading -----------------------------------------------------------------------------------------------

    def path(self, article: Article) -> str:
        """Address of an article as the site prints it: non-ASCII as %xx in lower case, emoji as they are."""
        slug = _printed(article.slug)
        if self.options.permalinks == "dated":
            return f"/{article.published.astimezone(ZONE):%Y/%m/%d}/{slug}/"
        if self.options.permalinks == "section":
            return f"/{article.sections[0]}/{slug}/"
        return f"/{slug}/"

    def url(self, article: Article) -> str:
        return self.base + self.path(article)

    def layout_of(self, article: Article) -> str:
        return article.layout or self.options.layout

    # --- verbs -------------------------------------------------------------------------------------------------

    def changed(self) -> None:
        """Call after setting a field by hand, so that no page is served from before."""
        with self.lock:
            self.version += 1

    def publish(
        self,
        headline: str | None = None,
        *,
        section: str | None = None,
        at: datetime | None = None,
        slug: str | None = None,
        **fields: Any,
    ) -> Article:
        """A new article, now or `at`; what is not given is filler. `fields` are those of Article."""
        with self.lock:
            new_id = self._next_id
            self._next_id += self.rng.randint(2, 9)  # drafts and pictures use up ids too
            writer = Writer(f"{self.options.seed} article {new_id}")
            headline = texturise(headline) if headline is not None else writer.headline()
            standfirst = fields.pop("standfirst", writer.sentence())
            if "body_html" in fields:  # whoever gives the markup says what text there is in it
                fields = {"paragraphs": [], "credit": None, **fields}
            at = (at or self.now()).replace(microsecond=0)
            article = Article(
                id=new_id,
                slug=self._free_slug(slug or slugify(headline) or f"{new_id}-2"),
                headline=headline,
                standfirst=standfirst,
                published=at,
                modified=fields.pop("modified", at),
                sections=fields.pop("sections", None) or [section or writer.rng.choice(SECTIONS).slug],
                text_seed=fields.pop("text_seed", f"{self.options.seed} body {new_id}"),
                credit=fields.pop("credit", writer.rng.choice(CREDITS)),
                markup=fields.pop("markup", writer.rng.choice(MARKUPS)),
                **fields,
            )
            for one in article.sections:
                if one not in BY_SLUG:
                    raise ValueError(f"no such section: {one}")
            self.articles[new_id] = article
            self.slugs[article.slug] = new_id
            self.changed()
            return article

    def copy(self, source: Article, *, share: float = 0, **fields: Any) -> Article:
        """The text of another article under a new address; `share` (0 to 1) of its words differ."""
        near = {"near_duplicate_of": source.id, "changed": share} if share else {"duplicate_of": source.id}
        return self.publish(
            source.headline,
            text_seed=source.text_seed,
            body_edits=list(source.body_edits),
            paragraphs=source.paragraphs,
            standfirst=source.standfirst,
            credit=source.credit,
            **{"sections": list(source.sections), **near, **fields},
        )

    def edit(self, article: Article, kind: str, value: Any = None, *, silently: bool = False) -> None:
        """Change one thing: headline, standfirst, byline, credit, section, tags, date, body, letter, paragraph,
        correction, cut or touch (nothing).

        `value` is the new one, filler when None. `modified` moves to now unless `silently`.
        """
        with self.lock:
            writer = Writer(f"{self.options.seed} edit {article.id} {self.version}")
            if kind == "headline":
                article.headline = texturise(value) if value else writer.headline()
            elif kind == "standfirst":
                article.standfirst = value or writer.sentence()
            elif kind in ("byline", "credit"):
                setattr(article, kind, value or writer.person())
            elif kind == "section":
                article.sections = [value or writer.rng.choice(SECTIONS).slug]
            elif kind == "tags":
                article.tags = list(value or [writer.place()])
            elif kind == "date":
                article.published = value or article.published + timedelta(minutes=7)
            elif kind in BODY_EDITS:
                article.body_edits.append(BODY_EDITS[kind])
            elif kind != "touch":
                raise ValueError(f"no such kind of edit: {kind}")
            if not silently:
                article.modified = max(self.now().replace(microsecond=0), article.published)
            self.changed()

    def undo(self, article: Article, *, silently: bool = False) -> None:
        """Take the last edit of the body back."""
        with self.lock:
            article.body_edits.pop()
            if not silently:
                article.modified = self.now().replace(microsecond=0)
            self.changed()

    def remove(self, article: Article, how: str | int = 404, *, still_listed: bool = False) -> None:
        """The address answers with a status of `GOING`, "soft-404" (200), or 301 to "home" or to a "stranger"."""
        if how == "stranger":
            how = next(one.id for one in self.articles.values() if one.state == "live" and one is not article)
        elif how not in (*GOING, "home", "soft-404"):
            raise ValueError(f"no such way to go: {how}")
        with self.lock:
            article.state, article.still_listed = how, still_listed
            self.changed()

    def restore(self, article: Article) -> None:
        with self.lock:
            article.state, article.still_listed = "live", False
            self.changed()

    def rename(self, article: Article, slug: str, *, forget: bool = False) -> None:
        """A new slug; the old address answers 301 from now on, with `forget` 404."""
        with self.lock:
            if forget:
                del self.slugs[article.slug]
            else:
                article.old_slugs.append(article.slug)
            article.slug = self._free_slug(slug)
            self.slugs[article.slug] = article.id
            article.modified = max(self.now().replace(microsecond=0), article.published)
            self.changed()

    def reuse_slug(self, gone: Article, **fields: Any) -> Article:
        """Publish another article at the address of a removed one."""
        if gone.state == "live":
            raise ValueError(f"article {gone.id} still lives at {gone.slug}")
        with self.lock:
            del self.slugs[gone.slug]
            return self.publish(slug=gone.slug, **fields)

    def protect(self, article: Article, *, lift: bool = False) -> None:
        with self.lock:
            article.kind = "article" if lift else "protected"
            self.changed()

    def make_sticky(self, article: Article, *, lift: bool = False) -> None:
        with self.lock:
            article.sticky = not lift
            self.changed()

    def backdate(self, article: Article, days: float) -> None:
        """Say that it was published so many days earlier."""
        self.edit(article, "date", article.published - timedelta(days=days))

    def redesign(self, layout: str) -> None:
        """The whole site in another layout, from now on."""
        with self.lock:
            self.options.layout = layout
            self.options.check()
            self.changed()

    def last_change(self) -> datetime:
        """Newest modification of the whole site: what feed validators are made of."""
        now = self.now()
        public = (one for one in self.articles.values() if one.state == "live" and one.published <= now)
        return max((one.modified for one in public), default=self._opened_at)

    def _free_slug(self, wanted: str) -> str:
        slug, number = wanted, 2
        while slug in self.slugs:
            slug, number = f"{wanted}-{number}", number + 1
        return slug
