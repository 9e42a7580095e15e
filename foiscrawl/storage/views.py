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

article_history = _view(
    "article_history",
    {
        "article_id": (BigInteger, "Number of the article (articles.id)"),
        "url": (Text, "Canonical address"),
        "source_id": (Text, "The publisher's own number of the article; NULL: the site did not tell"),
        "revision": (Integer, "1 for the text as first seen, then one more for each edit by the publisher"),
        "kind": (Text, "What the publisher changed (see revisions.kind)"),
        "change_size": (Integer, "Words added plus words removed in headline, standfirst and body"),
        "captured_at": (Text, "When it was fetched"),
        "headline": (Text, "Headline"),
        "body_text": (Text, "Body: paragraphs separated by a blank line; empty: the page has none"),
        "published_at": (Text, "When the publisher says it was published; NULL: not told, or not believable"),
        "modified_at": (Text, "When the publisher says it was last changed; NULL: not told, or not believable"),
        "layout": (Text, "Layout of the site file that read the page"),
        "extractor_version": (Text, "Version of the reading code"),
        "capture_file": (Text, "WARC file with the raw response, relative to the folder of captures"),
        "capture_offset": (BigInteger, "Byte in that file at which the record begins"),
    },
    "One row for each revision of each article; revision 1 is the first capture",
)

removed_articles = _view(
    "removed_articles",
    {
        "article_id": (BigInteger, "Number of the article (articles.id)"),
        "url": (Text, "Canonical address"),
        "source_id": (Text, "The publisher's own number of the article; NULL: the site did not tell"),
        "headline": (Text, "Headline as last seen"),
        "state": (Text, "suspected, held, removed, withdrawn or returned (see removals.state)"),
        "last_status": (Integer, "HTTP status of the last look"),
        "looks": (Integer, "Looks that counted"),
        "first_failed_at": (Text, "First look that failed"),
        "confirmed_at": (Text, "When it was believed; NULL: not (yet)"),
        "returned_at": (Text, "When it answered again; NULL: it has not"),
        "rule": (Text, "Version of the rule that judged it"),
    },
    "One row for each disappearance: suspected, believed, held or over; the text is kept",
)

section_fronts = _view(
    "section_fronts",
    {
        "site": (Text, "Short name of the site"),
        "place": (Text, "front, ticker, widget, featured, listing or feed (see places.kind)"),
        "section": (Text, "Section of a listing or featured strip"),
        "page_url": (Text, "Page on which the list stands"),
        "rank": (Integer, "Place in the list, from 1"),
        "url": (Text, "Canonical address of the article, or the one that was listed"),
        "article_id": (BigInteger, "Number of the article (articles.id); NULL: not stored"),
        "headline": (Text, "Headline as stored, or as a section page listed it"),
        "from_run_id": (BigInteger, "First run that saw it there"),
        "from_at": (Text, "When that run read the list"),
        "to_run_id": (BigInteger, "Last run that saw it there; NULL: it stands there still"),
        "to_at": (Text, "When that run read the list; NULL: it stands there still"),
        "read_at": (Text, "When the list was last read whole: what stands there still was seen then"),
    },
    "Which article stood at which rank of which list, from which run to which run",
)

coverage = _view(
    "coverage",
    {
        "site": (Text, "Short name of the site"),
        "section": (Text, "Section, as the page or the list names it; NULL: not told"),
        "day": (Text, "Day of publication in UTC; NULL: not told"),
        "state": (
            Text,
            "stored, refused (not ours to fetch or keep), failed (error, or not believed), gone (404 or 410, "
            "never stored), no_article, left_aside (older than the horizon or the asked-for dates) or missing (due)",
        ),
        "reason": (Text, "Why it is not stored"),
        "url": (Text, "Canonical address of the article, or the one that was listed"),
        "source_id": (Text, "The publisher's own number of the article; NULL: the site did not tell"),
        "article_id": (BigInteger, "Number of the article (articles.id); NULL: not stored"),
        "url_id": (BigInteger, "Number of the address (urls.id); NULL: another article stands there now"),
        "found_in": (Text, "Where the address was first found"),
        "published_at": (Text, "Publication, as the page or a list tells it"),
        "modified_at": (Text, "Last change, as the page or a list tells it"),
        "first_seen_at": (Text, "When it was first learnt; of a stored one, when it was first fetched"),
        "last_tried_at": (Text, "When it was last asked for; NULL: never"),
        "due_at": (Text, "When it is asked for next; NULL: when a list announces it anew"),
    },
    "One row for each article that the site has told of, and what became of it",
)

coverage_by_day = _view(
    "coverage_by_day",
    {
        "site": (Text, "Short name of the site"),
        "section": (Text, "Section, as the page or the list names it; NULL: not told"),
        "day": (Text, "Day of publication in UTC; NULL: not told"),
        "seen": (Integer, "Articles that the site has told of, each once however many addresses it has"),
        "stored": (Integer, "Stored as articles"),
        "refused": (Integer, "Not ours to fetch or keep: forbidden, or behind a password"),
        "failed": (Integer, "Errors, and pages that were not believed; some are tried again"),
        "gone": (Integer, "Answered 404 or 410 and were never stored"),
        "no_article": (Integer, "Answered with something else than an article"),
        "left_aside": (Integer, "Older than the horizon or the asked-for dates"),
        "missing": (Integer, "Told of and never answered: due"),
    },
    "What the site has told of, per section and day of publication, and what became of it; the sums close",
)

articles_by_month = _view(
    "articles_by_month",
    {
        "site": (Text, "Short name of the site"),
        "section": (Text, "Main section, as the page names it; NULL: not told"),
        "month": (Text, "Month of publication in UTC, YYYY-MM; NULL: not told, or not believable"),
        "articles": (Integer, "How many articles"),
    },
    "How many articles there are per site, main section and month of publication, by their current revisions",
)
