"""The site: which address leads where, as WordPress routes them. Answers requests; knows nothing of the wire."""

import random
import re
import unicodedata
from urllib.parse import urlencode

from tests.newsroom import feeds, rest, sitemaps
from tests.newsroom.answer import JSON, Answer, Ask, html, redirect
from tests.newsroom.article_pages import blocks_of
from tests.newsroom.body import featured_picture
from tests.newsroom.lists import Lists, list_page, read_lists
from tests.newsroom.model import Article, Newsroom
from tests.newsroom.noise import disturb
from tests.newsroom.pages import Pages
from tests.newsroom.sections import BY_SLUG, HOUSE_PAGES
from tests.newsroom.text import escape, slugify

_PIXEL = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")
_STORIES = 4


class Site:
    """Answers for one newsroom. `generation` grows whenever any page may have changed."""

    def __init__(self, newsroom: Newsroom) -> None:
        self.newsroom = newsroom
        self.generation = 0
        self.rng = random.Random(f"{newsroom.options.seed} noise")
        self._lists = read_lists(newsroom)
        self._pages = Pages(newsroom, self._lists)
        self._base = newsroom.base

    def refresh(self) -> None:
        """Bring lists up to the newsroom's present state and clock."""
        newsroom = self.newsroom
        if not self._lists.holds(newsroom, newsroom.now()) or self._base != newsroom.base:
            self._lists, self._base = read_lists(newsroom), newsroom.base
            self._pages = Pages(newsroom, self._lists)
            self.generation += 1

    @property
    def lists(self) -> Lists:
        self.refresh()
        return self._lists

    def answer(self, ask: Ask) -> Answer:
        """The answer to one GET or HEAD; 405 to anything else."""
        with self.newsroom.lock:
            if ask.method not in ("GET", "HEAD"):
                return Answer(405, b"", headers={"Allow": "GET, HEAD"})
            self.refresh()
            answer = self._route(ask)
            options = self.newsroom.options
            if options.noise and answer.content_type.startswith("text/html"):
                answer.body = disturb(answer.body.decode(), self.rng, typography=options.typography).encode()
                answer.cache = False
            return answer

    def kind(self, path: str) -> str:
        """What an address is: article, listing, feed, sitemap, rest, robots, home, file or other."""
        if path == "/":
            return "home"
        if path == "/robots.txt":
            return "robots"
        if path.startswith("/wp-json"):
            return "rest"
        if path.endswith(".xml"):
            return "sitemap"
        if re.search(r"/feed(/atom)?/?$", path):
            return "feed"
        if re.match(r"/(category|tag|author)/", path) or re.fullmatch(r"/\d{4}/\d\d/\d\d/(page/\d+/)?", path):
            return "listing"
        if path.startswith("/wp-"):
            return "file"
        return "article" if self._find(path.strip("/").split("/"))[0] else "other"

    # --- routing -----------------------------------------------------------------------------------------------

    def _route(self, ask: Ask) -> Answer:
        newsroom, path = self.newsroom, ask.path
        if path == "/":
            return self._root(ask)
        if path == "/robots.txt":
            return Answer(200, self._robots().encode(), "text/plain; charset=utf-8")
        if path == "/.well-known/tdmrep.json" and newsroom.tdmrep is not None:
            return Answer(200, newsroom.tdmrep.encode(), JSON)
        if path.startswith("/wp-json"):
            return rest.route(newsroom, ask, self._lists, path.removeprefix("/wp-json"))
        if path.endswith(".xml"):
            xml = sitemaps.sitemap(newsroom, self._lists.articles, path)
            return Answer(200, xml.encode(), "text/xml; charset=UTF-8") if xml else self._not_found()
        if path.startswith("/wp-content/"):
            return Answer(200, _PIXEL, "image/gif")
        if path.startswith("/wp-"):
            return html("<title>Connexion</title><form method='post'></form>")
        parts = [one for one in path.split("/") if one]
        if not path.endswith("/"):
            there = self._below(parts, ask)
            return redirect(self._with_query(f"{newsroom.base}{path}/", ask)) if there.status == 200 else there
        return self._below(parts, ask)

    def _root(self, ask: Ask) -> Answer:
        """The front page, and what hangs on it as a query."""
        query = ask.query
        if "rest_route" in query:
            return rest.route(self.newsroom, ask, self._lists, query["rest_route"])
        if "p" in query or "attachment_id" in query:
            raw = query.get("p", query.get("attachment_id", ""))
            article = self.newsroom.articles.get(int(raw)) if raw.isdigit() else None
            return redirect(self.newsroom.url(article)) if article and self._is_public(article) else self._not_found()
        if "feed" in query:
            return self._feed([], ask, atom=query["feed"] == "atom")
        if "s" in query:
            wanted = query["s"].casefold()
            found = [one for one in self._lists.articles if wanted in one.title.casefold()]
            return self._list(found, 1, f"Recherche : {escape(query['s'])}", "search search-results", "/")
        return html(self._pages.front(), cache=True)

    def _below(self, parts: list[str], ask: Ask) -> Answer:
        if parts[-1] == "feed" or parts[-2:] == ["feed", "atom"]:
            atom = parts[-1] == "atom"
            return self._feed(parts[: -2 if atom else -1], ask, atom=atom)
        number, base_parts = 1, parts
        if len(parts) > 2 and parts[-2] == "page" and parts[-1].isdigit():
            number, base_parts = int(parts[-1]), parts[:-2]
        found = self._articles_at(base_parts)
        if found is not None:
            articles, heading, body_class = found
            address = "/" + "/".join(base_parts) + "/"
            if parts is not base_parts and number <= 1 and self.newsroom.options.page_one == 301:
                return redirect(self.newsroom.base + address)
            strip = self.newsroom.options.featured if parts[0] == "category" else 0
            return self._list(articles, max(1, number), heading, body_class, address, strip)
        if parts[0] == "web-stories":
            return self._stories(parts[1:])
        if len(parts) == 1 and parts[0] in HOUSE_PAGES:
            return html(self._pages.house_page(parts[0]), cache=True)
        return self._article_path(parts, ask)

    def _articles_at(self, parts: list[str]) -> tuple[list[Article], str, str] | None:
        """The list that stands at an address (newest first), its heading and body class; None if there is none."""
        lists = self._lists
        if len(parts) == 2 and parts[0] == "category" and parts[1] in BY_SLUG:
            section = BY_SLUG[parts[1]]
            return (
                lists.by_section[section.slug],
                section.name,
                f"category category-{section.slug} category-{section.id}",
            )
        if len(parts) == 2 and parts[0] == "tag":
            found = [(name, articles) for name, articles in lists.by_tag.items() if slugify(name) == parts[1]]
            return (found[0][1], found[0][0], f"tag tag-{parts[1]}") if found else None
        if parts == ["author", "personnel"]:
            return lists.articles, "Personnel", "author author-personnel author-1"
        day = "/".join(parts)
        if re.fullmatch(r"\d{4}/\d\d/\d\d", day):
            return (lists.by_day[day], day, "date") if day in lists.by_day else None
        return None

    def _list(
        self, articles: list[Article], number: int, heading: str, body_class: str, address: str, strip: int = 0
    ) -> Answer:
        page = list_page(self.newsroom, articles, number, strip=strip)
        if page is None:
            return self._not_found()
        return html(self._pages.listing(heading, body_class, page, self.newsroom.base + address), cache=address != "/")

    def _feed(self, parts: list[str], ask: Ask, *, atom: bool) -> Answer:
        newsroom = self.newsroom
        if not newsroom.options.feeds:
            return self._not_found()
        if parts == ["comments"]:
            return feeds.comments_feed(newsroom, newsroom.title)
        found = (self._lists.articles, newsroom.title, "") if not parts else self._articles_at(parts)
        if found is None:
            article = self._find(parts)[0]
            return feeds.comments_feed(newsroom, article.title) if article else self._not_found()
        address = newsroom.base + "/" + "".join(f"{one}/" for one in parts) + ("feed/atom/" if atom else "feed/")
        return feeds.answer(newsroom, ask, found[0], found[1], address, atom=atom) or self._not_found()

    def _stories(self, rest_of_path: list[str]) -> Answer:
        base = self.newsroom.base
        if not rest_of_path:
            links = "".join(f'<a href="{base}/web-stories/histoire-{n}/">Histoire {n}</a>' for n in range(_STORIES))
            return html(f"<title>Histoires Web</title>{links}")
        return html(self._pages.story(len(rest_of_path[0])))

    # --- articles ----------------------------------------------------------------------------------------------

    def _is_public(self, article: Article) -> bool:
        return article.state == "live" and article.published <= self.newsroom.now()

    def _find(self, parts: list[str]) -> tuple[Article | None, list[str]]:
        """The article whose slug stands in the path, in any letter case, and what follows the slug."""
        before = {"name": 0, "dated": 3, "section": 1}[self.newsroom.options.permalinks]
        parts = [unicodedata.normalize("NFC", one).lower() for one in parts]
        if len(parts) <= before:
            return None, []
        found = self.newsroom.slugs.get(parts[before])
        return (self.newsroom.articles[found] if found is not None else None), parts[before + 1 :]

    def _article_path(self, parts: list[str], ask: Ask) -> Answer:
        article, below = self._find(parts)
        if article is None:
            return self._guess(parts)
        if article.state == "home":
            return redirect(f"{self.newsroom.base}/")
        if article.state in (401, 403, 410, 451):
            return html(self._pages.not_found(), int(article.state))
        if article.state == "soft-404":
            return html(self._pages.not_found())
        if article.state == 404 or article.published > self.newsroom.now():
            return self._guess(parts)
        if article.state != "live":
            return redirect(self.newsroom.url(self.newsroom.articles[int(article.state)]))
        slug = unicodedata.normalize("NFC", article.slug).lower()
        if slug not in [unicodedata.normalize("NFC", one).lower() for one in parts]:
            return redirect(self.newsroom.url(article))  # an old slug
        return self._article(article, below)

    def _article(self, article: Article, below: list[str]) -> Answer:
        """The article, or one of the addresses below it."""
        pages, url = self._pages, self.newsroom.url(article)
        if not below or (len(below) == 2 and below[0] == "page"):
            shuffle = self.rng.randint(1, 8) if self.newsroom.options.noise else 0
            answer = self._dressed(html(pages.article(article, 1, shuffle), cache=True), article)
            answer.shows = article.id
            return answer
        last = below[-1]
        if len(below) > 1:
            return self._not_found()
        if last.isdigit():
            is_page = 2 <= int(last) <= len(blocks_of(self.newsroom, article)) and article.kind != "protected"
            return self._dressed(html(pages.article(article, int(last))), article) if is_page else redirect(url)
        if last in ("amp", "embed"):
            return html(pages.bare_article(article, last))
        if re.fullmatch(r"comment-page-\d+", last):
            return html(pages.comment_page(article, int(last.removeprefix("comment-page-"))))
        if last == f"photo-{article.id}":
            picture = self.newsroom.base + featured_picture(article).path
            return html(pages.attachment(article)) if article.attachment else redirect(picture)
        return self._not_found()

    def _dressed(self, answer: Answer, article: Article) -> Answer:
        answer.headers["Link"] = f"<{self.newsroom.base}/?p={article.id}>; rel=shortlink"
        if article.noarchive == "header":
            answer.headers["X-Robots-Tag"] = "noarchive"
        return answer

    def _guess(self, parts: list[str]) -> Answer:
        """WordPress guesses an unknown slug to an article whose slug begins so; a stranger, as often as not."""
        wanted = parts[-1].lower()
        for article in self._lists.articles:
            if article.slug.startswith(wanted) and self._is_public(article):
                return redirect(self.newsroom.url(article))
        return self._not_found()

    def _not_found(self) -> Answer:
        return html(self._pages.not_found(), 404)

    def _robots(self) -> str:
        lines = self.newsroom.robots_rules
        index = sitemaps.index_path(self.newsroom.options.sitemaps)
        return f"{lines}\nSitemap: {self.newsroom.base}{index}\n" if index else lines

    def _with_query(self, address: str, ask: Ask) -> str:
        return f"{address}?{urlencode(ask.query)}" if ask.query else address
