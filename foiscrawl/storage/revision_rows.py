"""What a row of `revisions` holds of the article that was read, and the digest that proves it."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from foiscrawl.items import ArticleItem, Instant

TEXTS = ("headline", "standfirst", "byline", "credit", "body_text", "body_html", "access", "published_raw",
         "modified_raw", "section", "language", "content_hash")  # fmt: skip


def read_values(item: ArticleItem) -> dict[str, Any]:
    """The columns that come from the page; identity, number and kind are the writer's."""
    return {
        "headline": item.headline,
        "standfirst": item.standfirst,
        "byline": item.byline,
        "credit": item.credit,
        "body_text": item.body_text,
        "body_html": item.body_html,
        "access": item.access.value,
        **_instant("published", item.published),
        **_instant("modified", item.modified),
        "section": item.section,
        "language": item.language,
        "word_count": item.word_count,
        "content_hash": item.content_hash,
        "layout": item.layout,
        "extractor_version": item.extractor_version,
        "origins": dict(item.origins),
        "flags": list(item.flags),
    }


def row_digest(revision: Mapping[str, Any]) -> str:
    """SHA-256 of the texts of a row of `revisions`, letter by letter, which the content hash is not.

    Whoever changes a text of a row sets its `row_digest` anew.
    """
    texts = json.dumps([revision[name] for name in TEXTS], ensure_ascii=False)
    return hashlib.sha256(texts.encode()).hexdigest()


def _instant(name: str, value: Instant | None) -> dict[str, Any]:
    at, raw, precision, zone, flag = (
        (None,) * 5 if value is None else (value.at, value.raw, value.precision, value.zone, value.flag)
    )
    return {
        f"{name}_at": at,
        f"{name}_raw": raw,
        f"{name}_precision": precision,
        f"{name}_zone": zone,
        f"{name}_flag": flag,
    }
