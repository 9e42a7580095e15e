"""The tables of the archive. The schema is the product: each comment here is read by a researcher.

`docs/schema.md` is generated from these comments; `migrations/` builds what stands here and a test holds both equal.
The views stand in `views.py`.
"""

from foiscrawl.storage.models.articles import ARTICLE_STATES, articles, quarantine, revisions
from foiscrawl.storage.models.base import metadata
from foiscrawl.storage.models.crawl import RUN_OUTCOMES, URL_STATES, fetches, policies, runs, sections, sites, urls
from foiscrawl.storage.models.lists import article_sections, authors, images, links, near_bands, tags

__all__ = [
    "ARTICLE_STATES",
    "RUN_OUTCOMES",
    "URL_STATES",
    "article_sections",
    "articles",
    "authors",
    "fetches",
    "images",
    "links",
    "metadata",
    "near_bands",
    "policies",
    "quarantine",
    "revisions",
    "runs",
    "sections",
    "sites",
    "tags",
    "urls",
]
