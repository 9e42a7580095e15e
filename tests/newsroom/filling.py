"""The articles that a newsroom opens with: spread backwards from now, the odd ones among them."""

import random
import unicodedata
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.newsroom.sections import BY_SLUG, SECTIONS, UNCATEGORISED
from tests.newsroom.text import Writer, slugify

if TYPE_CHECKING:
    from tests.newsroom.model import Article, Newsroom

_WEIGHTS = [1 / (rank + 1) for rank in range(len(SECTIONS))]
_NEW_LONG = 1  # the very long article is the second newest
TAG_NAMES = sorted({Writer(f"tag {number}").place() for number in range(40)})


def fill(newsroom: "Newsroom") -> None:
    """Publish `options.articles` articles, oldest first, so that ids grow with time as they do in WordPress."""
    options = newsroom.options
    rng = random.Random(f"{options.seed} fill")
    now = newsroom.now()
    odd = _give_oddities(rng, options.articles, options.oddities)
    plain: list[Article] = []
    for number in range(options.articles):
        age = options.days * (options.articles - 1 - number + rng.uniform(0.1, 0.9)) / options.articles
        at = now - timedelta(days=age)
        name = odd.get(number)
        fields: dict[str, Any] = {"oddity": name, "tags": rng.sample(TAG_NAMES, rng.randint(0, 3))}
        if options.long_bytes and number == options.articles - 1 - _NEW_LONG:
            name, fields["kind"] = None, "long"
        section = rng.choices([one.slug for one in SECTIONS], _WEIGHTS)[0]
        article = _publish(newsroom, rng, plain, name, at, section, fields)
        if article.oddity is None and article.kind == "article":
            plain.append(article)
    _share_a_second(newsroom, options.same_second, options.page_size)


def _give_oddities(rng: random.Random, articles: int, names: tuple[str, ...]) -> dict[int, str]:
    """Number of the article -> its oddity. Copies get late numbers, for they need something to copy."""
    early, late = list(range(articles // 2)), list(range(articles // 2, articles))
    rng.shuffle(early)
    rng.shuffle(late)
    odd: dict[int, str] = {}
    for turn, name in enumerate(names):
        for _ in range(max(1, articles // 60)):
            pools = (late,) if "copy" in name else (early, late) if turn % 2 else (late, early)
            pool = next((one for one in pools if one), None)
            if pool and len(odd) < articles // 2:  # a small site keeps plain articles, too
                odd[pool.pop()] = name
    return odd


def _publish(
    newsroom: "Newsroom",
    rng: random.Random,
    plain: "list[Article]",
    name: str | None,
    at: datetime,
    section: str,
    fields: dict[str, Any],
) -> "Article":
    """Publish one article with the oddity `name`; copies are made of one of the `plain` ones."""
    if name in ("copy", "near-copy") and plain:
        share = 0 if name == "copy" else rng.uniform(0.02, 0.1)
        source = rng.choice(plain)
        return newsroom.copy(source, share=share, at=at, sections=[section], **fields)
    writer = Writer(f"{newsroom.options.seed} odd {len(newsroom.articles)}")
    headline: str | None = None
    slug: str | None = None
    if name in ("protected", "multi-page", "picture-only", "embed-only", "very-short"):
        fields["kind"] = name
    elif name == "uncategorised":
        section = UNCATEGORISED.slug
    elif name == "several-sections":
        fields["sections"] = [section, *[one for one in list(BY_SLUG)[:4] if one != section][:2]]
    elif name == "untitled":
        headline, fields["kind"] = "", "untitled"
    elif name == "markup-title":
        headline = f"<em>{writer.place()}</em> & {writer.place()} : 3 < 5, {writer.headline()}"
    elif name == "emoji":
        headline = writer.headline() + " :)"
        slug = slugify(headline) + "-🙂"
    elif name == "decomposed":
        headline = unicodedata.normalize("NFD", f"Été à {writer.place()}, {writer.headline()}")
    elif name == "non-ascii-slug":
        slug = f"αθήνα-{slugify(writer.place())}-{len(newsroom.articles)}"
    elif name == "comments":
        fields["comments"] = 24
    elif name in ("sticky", "attachment"):
        fields[name] = True
    article = newsroom.publish(headline, section=section, at=at, slug=slug, **fields)
    _afterwards(newsroom, article)
    return article


def _afterwards(newsroom: "Newsroom", article: "Article") -> None:
    """What the oddity does to an article that is out already."""
    name = article.oddity
    if name == "old-slug":
        newsroom.rename(article, f"{article.slug}-suite")
        article.modified = article.published
    elif name == "backdated":
        article.published -= timedelta(days=newsroom.options.days * 0.5)
    elif name in ("edited", "touched"):
        if name == "edited":
            article.body_edits.append("sentence")
        later = article.published + timedelta(hours=3)
        article.modified = min(later, max(newsroom.now().replace(microsecond=0), article.published))


def _share_a_second(newsroom: "Newsroom", count: int, page_size: int) -> None:
    """Give `count` articles around the end of page 1 of the first section one second of publication."""
    mine = [one for one in newsroom.articles.values() if one.sections[0] == SECTIONS[0].slug and not one.oddity]
    mine.sort(key=lambda one: one.published, reverse=True)
    group = mine[max(0, page_size - count // 2) :][:count]
    for one in group:
        one.published = one.modified = group[0].published
