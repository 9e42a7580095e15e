"""The tables of the archive. The schema is the product: each comment here is read by a researcher.

`docs/schema.md` is generated from these comments; `migrations/` builds what stands here and a test holds both equal.
The views stand in `views.py`.
"""

from foiscrawl.storage.models.articles import ARTICLE_STATES, articles, quarantine, revisions
from foiscrawl.storage.models.base import metadata
from foiscrawl.storage.models.captures import captures
from foiscrawl.storage.models.changes import alarms, held_changes, looks, removals, rereadings, term_changes
from foiscrawl.storage.models.crawl import RUN_OUTCOMES, URL_STATES, fetches, policies, runs, sections, sites, urls
from foiscrawl.storage.models.lists import article_sections, authors, images, links, near_bands, tags
from foiscrawl.storage.models.places import places, sightings
from foiscrawl.storage.models.search import article_counts, search_texts

__all__ = [
    "ARTICLE_STATES",
    "RUN_OUTCOMES",
    "URL_STATES",
    "alarms",
    "article_counts",
    "article_sections",
    "articles",
    "authors",
    "captures",
    "fetches",
    "held_changes",
    "images",
    "links",
    "looks",
    "metadata",
    "near_bands",
    "places",
    "policies",
    "quarantine",
    "removals",
    "rereadings",
    "revisions",
    "runs",
    "search_texts",
    "sections",
    "sightings",
    "sites",
    "tags",
    "term_changes",
    "urls",
]
