"""The common form of a news crawler, as a peer: it walks the section pages, reads ten fields with CSS selectors, and
a pipeline asks for, inserts and commits each article through an ORM. Prints how many articles the database then has.

Written as such crawlers are, in good faith: no needless work, the library's defaults, SQLite.
"""

import sys
from collections.abc import Iterator
from typing import Any

import scrapy
from scrapy.crawler import CrawlerProcess
from sqlalchemy import Text, create_engine, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.bare import SETTINGS


class Base(DeclarativeBase):
    pass


class Article(Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text, unique=True)
    title: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    author: Mapped[str | None] = mapped_column(Text)
    published: Mapped[str | None] = mapped_column(Text)
    modified: Mapped[str | None] = mapped_column(Text)
    section: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[str | None] = mapped_column(Text)
    image: Mapped[str | None] = mapped_column(Text)
    body: Mapped[str | None] = mapped_column(Text)


class Store:
    """Skip what is there, insert what is not, commit."""

    def __init__(self, database_url: str) -> None:
        engine = create_engine(database_url)
        Base.metadata.create_all(engine)
        self.session = Session(engine)

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Store":
        return cls(crawler.settings["DATABASE_URL"])

    def process_item(self, item: dict[str, Any]) -> dict[str, Any]:
        if self.session.scalar(select(Article).where(Article.url == item["url"])) is None:
            self.session.add(Article(**item))
            self.session.commit()
        return item

    def close_spider(self) -> None:
        self.session.close()


class CommonForm(scrapy.Spider):
    name = "common_form"

    def parse(self, response: Any) -> Iterator[Any]:
        for href in response.css("#menu-principal-1 a::attr(href)").getall():
            if "/category/" in href:
                yield response.follow(href, self.parse_list)

    def parse_list(self, response: Any) -> Iterator[Any]:
        for href in response.css("article.l-post .post-title a::attr(href)").getall():
            yield response.follow(href, self.parse_article)
        following = response.css("a.next.page-numbers::attr(href)").get()
        if following:
            yield response.follow(following, self.parse_list)

    def parse_article(self, response: Any) -> Iterator[Any]:
        paragraphs = response.css(".entry-content p")
        yield {
            "url": response.url,
            "title": response.css("h1.post-title::text").get(),
            "description": response.css("meta[property='og:description']::attr(content)").get(),
            "author": response.css(".post-author a[rel=author]::text").get(),
            "published": response.css("meta[property='article:published_time']::attr(content)").get(),
            "modified": response.css("meta[property='article:modified_time']::attr(content)").get(),
            "section": response.css(".cat-labels a::text").get(),
            "tags": ", ".join(response.css("a[rel=tag]::text").getall()),
            "image": response.css("meta[property='og:image']::attr(content)").get(),
            "body": "\n\n".join("".join(one.css("::text").getall()).strip() for one in paragraphs),
        }


if __name__ == "__main__":
    home, database_url = sys.argv[1:]
    pipelines = {Store: 300}
    process = CrawlerProcess({**SETTINGS, "ITEM_PIPELINES": pipelines, "DATABASE_URL": database_url})
    process.crawl(CommonForm, start_urls=[home])
    process.start()
    with Session(create_engine(database_url)) as session:
        print(session.scalar(select(func.count()).select_from(Article)))
