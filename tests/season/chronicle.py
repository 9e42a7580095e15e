"""What was true when: texts, sections and addresses of each article, and who looked. Written by the newsroom's side.

Nothing here knows the archive. A text « stood at a look » when the server sent the article's page, as it is, while that
text was the article's.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import unquote

from tests.newsroom import Article, Newsroom
from tests.newsroom.truth import Truth, truth_of_article

Request = tuple[str, int | None, int | None]  # path (decoded), status, number of the article that was shown
FIELDS = ("headline", "standfirst", "body", "byline", "credit", "published")


def letters(text: str | None) -> str:
    """Letters and digits alone: what is left when typography does not count."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFC", text or "")))


@dataclass(frozen=True)
class Text:
    """What a reader sees of an article, letters and digits of it. standfirst None: the layout has no place for one."""

    headline: str
    standfirst: str | None
    body: str
    byline: str
    credit: str
    published: datetime

    def changed_from(self, other: "Text") -> set[str]:
        """Names of the fields that differ; a standfirst that one of the layouts does not show differs from none."""
        different = {name for name in FIELDS if getattr(self, name) != getattr(other, name)}
        return different - ({"standfirst"} if None in (self.standfirst, other.standfirst) else set())

    def same(self, other: "Text") -> bool:
        return not self.changed_from(other)


def text_of(truth: Truth, *, shows_standfirst: bool) -> Text:
    return Text(
        headline=letters(truth.headline),
        standfirst=letters(truth.standfirst) if shows_standfirst else None,
        body=letters(truth.body_text),
        byline=letters(truth.byline),
        credit=letters(truth.credit),
        published=truth.published,
    )


@dataclass
class Stood:
    """A text and from when it stood. why: what the editor did."""

    at: datetime
    why: str
    text: Text
    looks: list[datetime] = field(default_factory=list)


@dataclass(frozen=True)
class Place:
    """Where and how an article was to be had from `at` on: state as in the newsroom ("live", 404 ...)."""

    at: datetime
    state: str | int
    url: str


@dataclass(frozen=True)
class Terms:
    at: datetime
    sections: frozenset[str]
    tags: frozenset[str]


@dataclass(frozen=True)
class Missed:
    """A look at an article that was not there while the site was well, and what the address answered."""

    at: datetime
    status: int


@dataclass
class Life:
    """All that was true of one article. `looks` are those at which its page was sent."""

    id: int
    texts: list[Stood] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    terms: list[Terms] = field(default_factory=list)
    seen_terms: list[Terms] = field(default_factory=list)
    looks: list[datetime] = field(default_factory=list)
    missed: list[Missed] = field(default_factory=list)

    def expected(self) -> list[Stood]:
        """The revisions that an archive must have: texts that stood at a look, each once until another one did."""
        found: list[Stood] = []
        for one in self.texts:
            if one.looks and not (found and found[-1].text.same(one.text)):
                found.append(one)
        return found

    def edits(self) -> list[Stood]:
        return self.texts[1:]

    def is_live(self) -> bool:
        return self.places[-1].state == "live"

    def gone_since(self) -> datetime | None:
        """From when on it has been gone to the end; None when it is there."""
        if self.is_live():
            return None
        at = self.places[-1].at
        for one in reversed(self.places):
            if one.state == "live":
                return at
            at = one.at
        return at


class Chronicle:
    """Lives of all articles of a newsroom, kept by whoever plays the season."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.lives: dict[int, Life] = {}
        self.addresses: dict[str, list[int]] = defaultdict(list)  # path -> all articles that ever lived there
        self.acts: dict[str, int] = defaultdict(int)
        self.outages = 0  # how many faults of the whole site, or of all articles, are on
        for one in newsroom.articles.values():
            self.note(one, "published")

    def act(self, why: str) -> None:
        """Count something that happened."""
        self.acts[why] += 1

    def note_all(self, why: str) -> None:
        for one in self.newsroom.articles.values():
            self.note(one, why)

    def note(self, article: Article, why: str) -> None:
        """Write down what is true of an article now, where that is new."""
        now = self.newsroom.now()
        life = self.lives.setdefault(article.id, Life(article.id))
        truth = truth_of_article(self.newsroom, article)
        layout = self.newsroom.layout_of(article)
        text = text_of(truth, shows_standfirst=layout in ("modern", "large", "classic"))
        if not life.texts or not life.texts[-1].text.same(text):
            life.texts.append(Stood(now, why, text))
        place = Place(now, article.state, truth.url)
        if not life.places or (life.places[-1].state, life.places[-1].url) != (place.state, place.url):
            life.places.append(place)
        terms = Terms(now, frozenset(name for name, _ in truth.sections), frozenset(truth.tags))
        if not life.terms or (life.terms[-1].sections, life.terms[-1].tags) != (terms.sections, terms.tags):
            life.terms.append(terms)
        here = self.addresses[unquote(self.newsroom.path(article))]
        if article.id not in here:
            here.append(article.id)

    def looked(self, requests: Iterable[Request]) -> None:
        """Note what the server was asked for in one run, during which nothing changed."""
        now = self.newsroom.now()
        for path, status, shows in requests:
            if shows is not None:
                self._saw(self.lives[shows], now)
            if status is None or self.outages:
                continue
            for one in self.addresses.get(path, ()):
                if one != shows and not self.lives[one].is_live():
                    self.lives[one].missed.append(Missed(now, status))

    def _saw(self, life: Life, now: datetime) -> None:
        life.looks.append(now)
        life.texts[-1].looks.append(now)
        if not life.seen_terms or life.seen_terms[-1] is not life.terms[-1]:
            life.seen_terms.append(life.terms[-1])
