"""Checks of the generic fallback against real pages, for whoever holds some: FOISCRAWL_REAL_PAGES names their folder.

Each page is NAME.html.gz with NAME.json (url, fetched_at, title, published, paragraphs, subheads). No page is ours to
ship, so without the folder there is nothing to check here.
"""

import gzip
import json
import os
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from foiscrawl.items import ArticleItem, PageKind
from foiscrawl.parsing.article import parse_article
from foiscrawl.parsing.document import Document
from foiscrawl.site import Noise, load_site
from foiscrawl.text import comparable, hashable

FOLDER = os.environ.get("FOISCRAWL_REAL_PAGES", "")
NAMES = sorted(one.name.removesuffix(".html.gz") for one in Path(FOLDER).glob("*.html.gz")) if FOLDER else []

pytestmark = pytest.mark.skipif(not NAMES, reason="FOISCRAWL_REAL_PAGES names no folder of pages")


def read(name: str) -> tuple[ArticleItem, dict[str, Any]]:
    """The article as read by a site that knows nothing of the page's theme, and what a person reads there."""
    known: dict[str, Any] = json.loads(Path(FOLDER, f"{name}.json").read_text("utf-8"))
    home = urljoin(known["url"], "/")
    site = replace(load_site("francaisfois"), title="", home=home, layouts=(), noise=Noise(selectors=("form",)))
    page = Document(known["url"], gzip.decompress(Path(FOLDER, f"{name}.html.gz").read_bytes()))
    fetched_at = datetime.fromisoformat(known["fetched_at"]).replace(tzinfo=UTC)
    return parse_article(page, site, fetched_at), known


def body_f1(item: ArticleItem, known: dict[str, Any]) -> float:
    """Word F1 of the body, as bags of words."""
    ours = Counter(comparable(item.body_text).split())
    theirs = Counter(comparable(" ".join((*known["paragraphs"], *known["subheads"]))).split())
    shared = (ours & theirs).total()
    return 2 * shared / (ours.total() + theirs.total())


@pytest.mark.parametrize("name", NAMES)
def test_title_and_day_of_a_real_page_are_read(name: str) -> None:
    item, known = read(name)

    assert item.page_kind is PageKind.ARTICLE
    assert hashable(item.headline or "") == hashable(known["title"])
    assert item.published is not None
    assert item.published.at is not None
    assert item.published.at.date() == datetime.fromisoformat(known["published"]).astimezone(UTC).date()


def test_bodies_of_real_pages_are_read() -> None:
    scores = {name: body_f1(*read(name)) for name in NAMES}

    assert sum(scores.values()) / len(scores) >= 0.95, scores
    assert min(scores.values()) >= 0.85, scores
