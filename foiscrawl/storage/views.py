"""The views of the archive, for people who ask it in SQL; stable, and the same to the byte on both databases.

The migrations make them. Here they stand to be selected from and documented, in a MetaData of their own so that nothing
takes them for tables. Moments are ISO 8601 text in UTC (`2026-11-23T04:05:06Z`).
"""

from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

from foiscrawl.items import Access

views = MetaData()


def _view(name: str, columns: dict[str, tuple[Any, str]], comment: str) -> Table:
    return Table(
        name, views, *(Column(one, type_, comment=words) for one, (type_, words) in columns.items()), comment=comment
    )


articles_current = _view(
    "articles_current",
    {
        "id": (BigInteger, "Number of the article (articles.id)"),
        "site": (Text, "Short name of the site"),
        "source_id": (Text, "The publisher's own number of the article; NULL: the site did not tell"),
        "url": (Text, "Canonical address"),
        "headline": (Text, "Headline"),
        "standfirst": (Text, "Standfirst (chapô)"),
        "byline": (Text, "Byline as printed"),
        "credit": (Text, "Agency or other paper that the text is credited to, as printed"),
        "section": (Text, "Main section, as the page names it"),
        "sections": (Text, "Names of all its sections, as a JSON array in the page's order"),
        "tags": (Text, "Names of its tags, as a JSON array in the page's order"),
        "published_at": (Text, "When the publisher says it was published; NULL: not told, or not believable"),
        "modified_at": (Text, "When the publisher says it was last changed; NULL: not told, or not believable"),
        "first_seen_at": (Text, "When it was first fetched"),
        "last_seen_at": (Text, "When it last answered with its text, or said that nothing had changed"),
        "access": (Text, "Who may read it: " + ", ".join(Access)),
        "language": (Text, "Language code that the page declares"),
        "word_count": (Integer, "Words of the body"),
        "body_text": (Text, "Body: paragraphs separated by a blank line; empty: the page has none"),
        "images": (Text, "Addresses of its pictures, as a JSON array in the page's order; captions: table images"),
        "state": (Text, "live, suspected, removed or withdrawn (see articles.state)"),
        "duplicate_of_url": (Text, "Canonical address of the first stored article with the very same text"),
        "near_duplicate_of_url": (Text, "Canonical address of an earlier stored article with nearly the same text"),
    },
    "One row for each article, with its current revision",
)

run_accounting = _view(
    "run_accounting",
    {
        "run_id": (BigInteger, "Number of the run (runs.id)"),
        "site": (Text, "Short name of the site"),
        "mode": (Text, "What the run was for: update or backfill"),
        "started_at": (Text, "When the run began"),
        "ended_at": (Text, "When the run ended; NULL: not ended"),
        "outcome": (Text, "How the run ended (see runs.outcome)"),
        "taken": (Integer, "Addresses that the run took up"),
        "stored": (Integer, "New articles"),
        "revised": (Integer, "Known articles whose text changed"),
        "unchanged": (Integer, "Known articles as before"),
        "read": (Integer, "Menus, listings, feeds, sitemaps and REST pages that gave their links"),
        "skipped": (Integer, "Answered, but no article"),
        "gone": (Integer, "404 or 410"),
        "refused": (Integer, "Not ours to fetch or keep"),
        "quarantined": (Integer, "Fetched and not believed"),
        "failed": (Integer, "Errors; stay due"),
        "interrupted": (Integer, "The run ended first; stay due"),
        "silent": (Integer, "Taken up and without an outcome although the run has ended; always 0"),
        "open": (Integer, "Taken up and not yet settled, while the run is running"),
    },
    "One row for each run: what became of every address that it took up",
)
