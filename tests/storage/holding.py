"""Runs that look at articles again, with the captures of every page that they read; for tests of what is held."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, select, update

from foiscrawl.items import ArticleItem, Exchange
from foiscrawl.judgement import Doubt
from foiscrawl.parsing.exchange import Told, reread
from foiscrawl.parsing.finishing import finished
from foiscrawl.site import Site, load_site
from foiscrawl.storage import held
from foiscrawl.storage.held import Applied
from foiscrawl.storage.models import fetches, urls
from foiscrawl.storage.rereading import Answers
from foiscrawl.storage.writer import Written, write
from tests.storage.making import HOME, HOUR, NOON, Crawl, words

SITE = replace(load_site("francaisfois"), home=HOME)


@dataclass
class Page:
    """What an article page shows at present. parts: the markup around body and headline."""

    path: str
    headline: str = "Titre"
    body: str = ""
    byline: str | None = "Rédaction"
    body_class: str = "single single-post post-layout-modern"
    content_class: str = "post-content entry-content"

    @property
    def markup(self) -> bytes:
        author = f'<a rel="author" href="/author/r/">{self.byline}</a>' if self.byline else ""
        return (
            f'<html><head><link rel="canonical" href="{HOME}{self.path}"><title>T</title></head>'
            f'<body class="{self.body_class}"><div class="the-post s-post-modern"><div class="the-post-header">'
            f'<h1 class="post-title">{self.headline}</h1>{author}</div>'
            f'<div class="{self.content_class}"><p>{self.body}</p></div></div></body></html>'
        ).encode()


@dataclass
class Past:
    """An archive on one connection, the site as it is now, and the captures of what was read."""

    conn: Connection
    pages: dict[str, Page] = field(default_factory=dict)
    captures: dict[int, list[Exchange]] = field(default_factory=dict)
    now: datetime = NOON
    site: Site = SITE

    def read(self, conn: Connection, fetch_ids: Collection[int]) -> Answers:
        return lambda fetch_id: self.captures.get(fetch_id, [])

    def publish(self, count: int, text: str = "mot") -> list[Page]:
        """So many articles, stored by a run of their own."""
        for number in range(count):
            path = f"{text}-{number}/"
            self.pages[path] = Page(path, f"Titre {text} {number}", words(f"{text}{number}x", count=120))
        made = list(self.pages.values())[-count:]
        self.look(made)
        return made

    def run(self) -> "Looking":
        self.now += HOUR
        return Looking(self, Crawl(self.conn, self.now, site=self.site))

    def look(self, pages: Iterable[Page], *, announced: bool = False) -> "Looking":
        """One run that looks at these, judges and ends."""
        run = self.run()
        run.look(pages, announced=announced)
        run.judge()
        run.crawl.end_run()
        return run


@dataclass
class Looking:
    """One run."""

    past: Past
    crawl: Crawl
    written: list[Written] = field(default_factory=list)
    doubt: Doubt | None = None
    applied: Applied = field(default_factory=Applied)

    def look(self, pages: Iterable[Page], *, announced: bool = False) -> None:
        past, items = self.past, []
        for page in pages:
            past.now += timedelta(seconds=1)
            self.crawl.now = past.now
            fetch = self.crawl.fetch(page.path)
            if not announced:
                past.conn.execute(update(urls).where(urls.c.id == fetch.url_id).values(next_fetch_at=None))
            answer = Exchange(fetch.url, past.now, 200, response=(("Content-Type", "text/html"),), body=page.markup)
            item = reread([answer], fetch, past.site, Told())
            assert isinstance(item, ArticleItem)
            items.append(finished(item))
            of_url = fetches.c.run_id == self.crawl.run.id, fetches.c.url_id == fetch.url_id
            past.captures[past.conn.execute(select(fetches.c.id).where(*of_url)).scalar_one()] = [answer]
        self.written += write(past.conn, self.crawl.run, items, past.now, hold=True)

    def judge(self) -> None:
        past, run = self.past, self.crawl.run
        self.doubt = held.judge(past.conn, run, past.now)
        while (applied := held.apply_waiting(past.conn, past.site, past.read, run.id, past.now)).total:
            self.applied += applied
