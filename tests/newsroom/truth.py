"""What is true of an article, for tests to compare an archive with. Derived from the state, never from the pages."""

from dataclasses import dataclass
from datetime import datetime

from tests.newsroom.article_pages import blocks_of
from tests.newsroom.body import NOISE, READ, featured_picture
from tests.newsroom.model import Article, Newsroom
from tests.newsroom.sections import BY_SLUG
from tests.newsroom.text import title_text


@dataclass(frozen=True, slots=True)
class TrueImage:
    """`url` is the full-size file; `sizes` are the smaller files of the same picture that a page may name."""

    url: str
    role: str
    caption: str | None
    alt: str
    sizes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Truth:
    """One article as a careful reader of its page would write it down.

    addresses       all that lead to it by 200 or 301, the canonical one first
    standfirst      None where the layout does not show it (cover, block, unknown)
    modified        the instant of publication when it was never modified after; Yoast then leaves it out
    headline, blocks    as the page has them, NFD too (oddity "decomposed"): normalise both sides
    blocks          (kind, text) per paragraph in reading order; kinds paragraph, subhead, quote, list, table
    noise           texts inside its body element that must not appear in its text
    public          whether its address answers 200 with it now
    kind            "article" or what is odd: "protected", "picture-only", "embed-only", "very-short", "untitled" ...
    """

    id: int
    url: str
    addresses: tuple[str, ...]
    headline: str
    standfirst: str | None
    byline: str
    credit: str | None
    published: datetime
    modified: datetime
    section: str
    sections: tuple[tuple[str, str], ...]
    tags: tuple[str, ...]
    blocks: tuple[tuple[str, str], ...]
    noise: tuple[str, ...]
    images: tuple[TrueImage, ...]
    kind: str
    oddity: str | None
    public: bool
    duplicate_of: int | None
    near_duplicate_of: int | None

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return tuple(text for _, text in self.blocks)

    @property
    def body_text(self) -> str:
        return "\n\n".join(self.paragraphs)


def truth_of(newsroom: Newsroom) -> dict[int, Truth]:
    """The truth about every article that the newsroom ever published, by its id."""
    with newsroom.lock:
        return {number: truth_of_article(newsroom, one) for number, one in newsroom.articles.items()}


def addresses(newsroom: Newsroom, article: Article) -> tuple[str, ...]:
    """Addresses that lead to the article: spellings that answer 200, then those that redirect."""
    url = newsroom.url(article)
    same = [
        url,
        url.upper().replace(newsroom.base.upper(), newsroom.base),
        f"{url}?utm_source=lettre",
        f"{url}?replytocom=7",
    ]
    moved = [url.rstrip("/"), f"{newsroom.base}/?p={article.id}"]
    moved += [url.replace(newsroom.path(article).strip("/").split("/")[-1], one) for one in article.old_slugs]
    return (*same, *moved)


def truth_of_article(newsroom: Newsroom, article: Article) -> Truth:
    """The truth about one article as it stands now."""
    hidden = article.kind == "protected"
    blocks = [] if hidden else [block for page in blocks_of(newsroom, article) for block in page]
    sources = [one.texts[0] for one in blocks if one.kind == "credit"]
    shown = newsroom.layout_of(article) in ("modern", "large", "classic")
    pictures = [featured_picture(article)] + [one.picture for one in blocks if one.picture]
    return Truth(
        id=article.id,
        url=newsroom.url(article),
        addresses=addresses(newsroom, article),
        headline=title_text(article.title),
        standfirst=article.standfirst if shown else None,
        byline=article.byline,
        credit=sources[0] if sources else None,
        published=article.published,
        modified=max(article.modified, article.published),
        section=BY_SLUG[article.sections[0]].name,
        sections=tuple((BY_SLUG[one].name, one) for one in article.sections),
        tags=tuple(article.tags),
        blocks=tuple((one.kind, text) for one in blocks if one.kind in READ for text in one.texts),
        noise=tuple(text for one in blocks if one.kind in NOISE for text in one.texts),
        images=tuple(
            TrueImage(
                newsroom.base + one.path,
                one.role,
                one.caption,
                one.alt,
                tuple(newsroom.base + one.sized(width) for width in (300, 768, 1024)),
            )
            for one in pictures
        ),
        kind=article.kind,
        oddity=article.oddity,
        public=article.state == "live" and article.published <= newsroom.now(),
        duplicate_of=article.duplicate_of,
        near_duplicate_of=article.near_duplicate_of,
    )
