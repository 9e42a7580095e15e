"""What happens in the sixty days: seeded, so that the same season can be played again and again.

Acts are planned for their time; each picks its article when it happens, by the season's own dice, never by what an
archive did. Acts of one article that would spoil each other are kept apart by `busy`.
"""

import heapq
import itertools
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from tests.newsroom import Article, Clock, Replace, Server, Status, maintenance, soft_404
from tests.newsroom.faults import Fault, Reset
from tests.newsroom.text import Writer
from tests.season.chronicle import Chronicle
from tests.season.thinning import Thinned

DAYS = 60
OUTAGE = (30, 33)  # from day to day
REDESIGN = 44
KINDS = (
    "headline",
    "letter of the headline",
    "standfirst",
    "body",
    "letter",
    "paragraph",
    "correction",
    "cut",
    "byline",
    "letter of the byline",
    "credit",
    "date",
)
CREDITS = ("AFP", "Reuters", "Le Monde avec AFP")
XML = '<?xml version="1.0" encoding="UTF-8"?>'
EMPTY_SITEMAP = f'{XML}<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"></urlset>'
EMPTY_FEED = f'{XML}<feed xmlns="http://www.w3.org/2005/Atom"><title>Français Fois</title></feed>'

# Articles that go: how, on which day, and what comes of it: day and way of the return, None for good.
GOING: tuple[tuple[str | int, float, tuple[float, str] | None], ...] = (
    (404, 3.3, None),
    (404, 6.2, None),
    (404, 12.4, None),
    (404, 20.3, None),
    (404, 31.5, None),  # while the whole site is away
    (404, 50.4, None),  # too late to be believed
    (410, 5.4, None),
    (410, 15.2, None),
    (451, 8.3, None),
    (403, 10.3, None),
    (401, 14.2, None),
    ("home", 7.3, None),
    ("stranger", 9.4, None),
    ("soft-404", 11.2, None),
    ("guess", 13.3, None),  # 404, but WordPress guesses a copy that begins alike
    (404, 4.4, (9.1, "same")),
    (404, 5.2, (29.2, "edited")),
    (404, 6.4, (34.3, "elsewhere")),
    (410, 8.4, (20.4, "same")),
    (403, 11.4, (21.3, "same")),
    ("home", 12.2, (18.3, "edited")),
    (404, 16.3, (16.9, "same")),
    (404, 9.2, (12.3, "reused")),
    (404, 4.2, (27.4, "reused")),
)


class Script:
    """Plans everything at once; `play_until` brings newsroom and clock to a moment."""

    def __init__(self, server: Server, clock: Clock, chronicle: Chronicle, seed: int = 7) -> None:
        self.server = server
        self.newsroom = server.newsroom
        self.clock = clock
        self.chronicle = chronicle
        self.rng = random.Random(f"season {seed}")
        self.writer = Writer(f"season {seed}")
        self.start = clock()
        self.busy: set[int] = set()
        self._order = itertools.count()
        self._plan: list[tuple[datetime, int, Callable[[], None]]] = []
        self._kinds = itertools.cycle(self.rng.sample(KINDS, len(KINDS)))
        self._publishing()
        self._editing()
        self._going()
        self._moving()
        self._bad_days()
        self.at(REDESIGN + 0.4, self._redesign)

    # --- the plan ----------------------------------------------------------------------------------------------

    def at(self, day: float, act: Callable[..., None], *arguments: Any) -> None:
        """Plan an act; days count from 0."""
        moment = self.start + timedelta(days=day)
        heapq.heappush(self._plan, (moment, next(self._order), lambda: act(*arguments)))

    def later(self, hours: float, act: Callable[..., None], *arguments: Any) -> None:
        self.at((self.clock() - self.start) / timedelta(days=1) + hours / 24, act, *arguments)

    def play_until(self, moment: datetime) -> None:
        while self._plan and self._plan[0][0] <= moment:
            at, _, act = heapq.heappop(self._plan)
            self.clock.time = max(at, self.clock.time)
            act()
        self.clock.time = max(moment, self.clock.time)

    def _publishing(self) -> None:
        for day in range(DAYS):
            burst = self.rng.choice((0, 1, 1, 0, 3))
            begin = self.rng.uniform(0.02, 0.8)
            for number in range(burst):
                self.at(day + begin + number * 0.004, self._publish)

    def _editing(self) -> None:
        for day in range(1, DAYS):
            for _ in range(self.rng.choice((1, 2, 2, 3))):
                self.at(day + self.rng.random() * 0.98, self._edit, self.rng.random() < 0.5)
            if day % 5 == 2:
                self.at(day + self.rng.random() * 0.9, self._touch)
            if day % 7 == 3:
                self.at(day + self.rng.random() * 0.9, self._terms, "section")
                self.at(day + self.rng.random() * 0.9, self._terms, "tags")
            if day % 9 == 4:
                self.at(day + self.rng.random() * 0.9, self._there_and_back, 30.0, False)
                self.at(day + self.rng.random() * 0.9, self._there_and_back, 0.3, True)
            if day % 9 == 8:
                self.at(day + self.rng.random() * 0.9, self._there_and_back, 80.0, True)
                self.at(day + self.rng.random() * 0.9, self._twice)

    def _going(self) -> None:
        for how, day, back in GOING:
            self.at(day, self._go, how, back)

    def _moving(self) -> None:
        for day, forget in ((10.6, False), (25.3, False), (18.4, True), (40.2, False), (48.3, True)):
            self.at(day, self._move, forget)

    def _bad_days(self) -> None:
        first, last = OUTAGE
        maps, feeds, lists = "/post-sitemap.xml", "*/feed/*", "/wp-json/*"
        for begin, end, on, fault in (
            (17.0, 18.0, maps, Thinned("url", 0.5)),
            (21.0, 22.0, maps, Replace(EMPTY_SITEMAP, content_type="text/xml")),
            (22.0, 23.0, "*.xml", soft_404()),
            (23.0, 24.0, "/sitemap_index.xml", Status(500)),
            (24.0, 25.0, feeds, Replace(EMPTY_FEED, content_type="application/atom+xml")),
            (26.0, 27.0, feeds, Status(404)),
            (27.0, 28.0, lists, Status(401)),
            (28.0, 29.0, lists, Replace("[]", content_type="application/json", headers={"X-WP-Total": "0"})),
            (36.0, 37.5, "kind:article", Status(404)),  # front page and lists are well, no article is
            (first, first + 0.5, "*", maintenance(None)),
            (first + 0.5, first + 1, "*", Status(500)),
            (first + 1, first + 1.6, "*", Status(404)),
            (first + 1.6, first + 2, "*", Reset()),
        ):
            self.at(begin, self._fail, on, fault, (end - begin) * 24)
        self.at(first + 2, self.server.shut)
        self.at(last, self.server.reopen)

    # --- acts --------------------------------------------------------------------------------------------------

    def _note(self, article: Article, why: str) -> None:
        self.chronicle.note(article, why)
        self.chronicle.act(why)

    def _pick(self, oldest: float, youngest: float = 0.05) -> Article | None:
        """A live article between these ages in days that nothing else is planned for."""
        now = self.clock()
        found = [
            one
            for one in self.newsroom.articles.values()
            if one.state == "live"
            and one.id not in self.busy
            and one.kind == "article"
            and timedelta(days=youngest) <= now - one.published <= timedelta(days=oldest)
        ]
        return self.rng.choice(found) if found else None

    def _any(self) -> Article | None:
        """Young ones are edited most."""
        return self._pick(self.rng.choice((2.0, 2.0, 2.0, 10.0, 10.0, 90.0)))

    def _publish(self) -> None:
        fields = {"byline": self.writer.person()} if self.rng.random() < 0.6 else {}
        self._note(self.newsroom.publish(**fields), "published")

    def _edit(self, silently: bool, article: Article | None = None) -> None:
        article = article or self._any()
        if article is None:
            return
        kind = next(self._kinds)
        value: Any = None
        if kind == "credit":
            value = self.rng.choice([one for one in CREDITS if one != article.credit])
        if kind.startswith("letter of the "):
            kind = kind.removeprefix("letter of the ")
            text = getattr(article, kind)
            value = text[:-2] + ("x" if text[-2] != "x" else "y") + text[-1]
        self.newsroom.edit(article, kind, value, silently=silently)
        self._note(article, f"{kind}, {'silently' if silently else 'announced'}")

    def _touch(self) -> None:
        article = self._any()
        if article is not None:
            self.newsroom.edit(article, "touch")
            self._note(article, "touch")

    def _terms(self, kind: str) -> None:
        article = self._any()
        if article is not None:
            self.newsroom.edit(article, kind)
            self._note(article, kind)

    def _there_and_back(self, hours: float, silently: bool) -> None:
        """A -> B -> A."""
        article = self._pick(3.0)
        if article is None:
            return
        self.busy.add(article.id)
        self.newsroom.edit(article, "body", silently=silently)
        self._note(article, "body, to be taken back")
        self.later(hours, self._back, article, silently)

    def _back(self, article: Article, silently: bool) -> None:
        self.newsroom.undo(article, silently=silently)
        self.busy.discard(article.id)
        self._note(article, "taken back")

    def _twice(self) -> None:
        """Two edits between two looks."""
        article = self._pick(3.0)
        if article is not None:
            self._edit(False, article)
            self.later(0.1, self._edit, False, article)

    def _go(self, how: str | int, back: tuple[float, str] | None) -> None:
        article = self._pick(6.0, 0.5) or self._pick(30.0)
        if article is None:
            raise RuntimeError("nobody is there who could go")
        self.busy.add(article.id)
        if how == "guess":
            copy = self.newsroom.copy(article)
            self._note(copy, "published")
            self.busy.add(copy.id)
        self.newsroom.remove(article, 404 if how == "guess" else how, still_listed=self.rng.random() < 0.2)
        self._note(article, f"goes: {how}")
        if back is not None:
            self.at(back[0], self._return, article, back[1])

    def _return(self, article: Article, way: str) -> None:
        if way == "reused":
            self._note(self.newsroom.reuse_slug(article), "published at a freed address")
            return
        self.newsroom.restore(article)
        if way == "elsewhere":
            self.newsroom.rename(article, f"{article.slug}-de-retour", forget=True)
        if way == "edited":
            self.newsroom.edit(article, "headline")
        self.busy.discard(article.id)
        self._note(article, f"returns, {way}")

    def _move(self, forget: bool) -> None:
        article = self._pick(16.0, 0.5)
        if article is None:
            raise RuntimeError("nobody is there who could move")
        self.newsroom.rename(article, f"{article.slug}-nouvelle-adresse", forget=forget)
        self._note(article, "moves, the old address is dead" if forget else "moves")

    def _fail(self, on: str, fault: Fault, hours: float) -> None:
        rule = self.server.faults.add(on, fault)
        outage = on in ("*", "kind:article")
        self.chronicle.outages += outage
        self.chronicle.act(f"bad: {type(fault).__name__} on {on}")

        def end() -> None:
            self.server.faults.remove(rule)
            self.chronicle.outages -= outage

        self.later(hours, end)

    def _redesign(self) -> None:
        self.newsroom.redesign("block")
        self.chronicle.note_all("redesign")
        self.chronicle.act("redesign")
