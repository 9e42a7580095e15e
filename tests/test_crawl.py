"""Whole crawls of the newsroom by the real command, compared with the newsroom's own truth list."""

import json
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from foiscrawl.text import comparable
from foiscrawl.urls import url_key
from tests.crawling import accounting, ask, crawl
from tests.newsroom import Newsroom, Server, serve, truth_of
from tests.newsroom.options import LAYOUTS
from tests.newsroom.truth import Truth

HIDDEN = {"protected"}


@contextmanager
def newsroom(**options: object) -> Iterator[Server]:
    with serve(Newsroom(**{"articles": 66, "days": 20, **options})) as server:
        yield server


def archived(database_url: str) -> dict[str, dict]:
    """articles_current by key of the address."""
    return {url_key(row.url): dict(row._mapping) for row in ask(database_url, "SELECT * FROM articles_current")}


def public(server: Server) -> dict[str, Truth]:
    return {
        url_key(one.url): one for one in truth_of(server.newsroom).values() if one.public and one.kind not in HIDDEN
    }


def words(text: str) -> str:
    """As an archive writes it: accents composed, every run of blanks one."""
    return " ".join(unicodedata.normalize("NFC", text).split())


# What is read does not hang on where it is stored: PostgreSQL gets all layouts in one crawl.
@pytest.mark.parametrize(
    ("layouts", "dialect"),
    [*(([one], "sqlite") for one in LAYOUTS), (LAYOUTS, "postgresql")],
    indirect=["dialect"],
    ids=[*LAYOUTS, "all"],
)
def test_every_public_article_of_each_layout_is_found_once_and_read_right(layouts, database_url):
    with newsroom(layout=layouts[0], noise=True, typography=False) as server:
        for place, one in enumerate(server.newsroom.articles.values()):
            one.layout = layouts[place % len(layouts)]
        server.newsroom.changed()
        ended = crawl(f"{server.url}/", database_url)
        truth = public(server)
        protected = [one for one in truth_of(server.newsroom).values() if one.kind == "protected"]

    assert ended.code == 0, ended.err
    rows = archived(database_url)
    assert set(rows) == set(truth)
    wrong: list[str] = []
    kept = paragraphs = 0
    for key, one in truth.items():
        row = rows[key]
        found = {
            "source_id": row["source_id"] == str(one.id),
            "headline": words(row["headline"] or "") == words(one.headline),
            "published": row["published_at"] == one.published.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "section": comparable(row["section"] or "") == comparable(one.section),
            "sections": {comparable(name) for name in json.loads(row["sections"])}
            == {comparable(name) for name, _ in one.sections},
            "tags": {comparable(name) for name in json.loads(row["tags"])} == {comparable(name) for name in one.tags},
            "credit": row["credit"] == one.credit,
            "byline": row["byline"] == one.byline,
        }
        wrong += [
            f"{field} of {one.url} ({one.kind}, {one.oddity}): {row.get(field)!r}"
            for field, ok in found.items()
            if not ok
        ]
        body = {words(line) for line in row["body_text"].split("\n")}  # rows of a table are lines of one block
        paragraphs += len(one.paragraphs)
        kept += sum(words(block) in body for block in one.paragraphs)
        text = words(row["body_text"])
        wrong += [f"noise {noise!r} in {one.url}" for noise in one.noise if words(noise) in text]
    assert wrong == []
    assert kept / paragraphs >= 0.995
    told = accounting(database_url)
    assert told["silent"] == 0
    assert told["stored"] == len(truth)
    assert told["quarantined"] == len(protected)
    everything = " ".join(row["body_text"] for row in rows.values())
    assert not any(words(block) in everything for one in protected for block in one.paragraphs)
