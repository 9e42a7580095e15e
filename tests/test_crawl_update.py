"""The second crawl and those after it: what is new comes, what changed is revised, all else is left alone."""

from datetime import timedelta
from unicodedata import normalize

import pytest

from foiscrawl.urls import url_key
from tests.newsroom import Article
from tests.newsroom.options import ODDITIES
from tests.newsroom.sections import SECTIONS
from tests.rehearsal import Rehearsal, on_sqlite, rehearse

# A page that asks for a password is looked at some more times before it is believed; see the test on that.
ALL_BUT_PROTECTED = tuple(one for one in ODDITIES if one != "protected")
SLUGS = [one.slug for one in SECTIONS]
EDITS = "SELECT source_id, revision, kind FROM article_history WHERE revision > 1"
CLOSED = {"sitemaps": "none", "rest": "404", "feeds": False}
SOURCES = {
    "all": {},
    "rank-math and feeds": {"sitemaps": "rank-math", "rest": "401"},
    "all with undated sitemap": {"sitemaps": "core"},
    "rest and feeds": {"sitemaps": "none"},
    "yoast alone": {**CLOSED, "sitemaps": "yoast"},
    "core-dated alone": {**CLOSED, "sitemaps": "core-dated"},
    "undated sitemap and feeds": {**CLOSED, "sitemaps": "core", "feeds": True},
    "rest alone": {**CLOSED, "rest": "open"},
    "feeds alone": {**CLOSED, "feeds": True},
    "listings alone": CLOSED,
}
# These reach back to an article that was published late and dated early.
REACHES_BACK = set(SOURCES) - {"feeds alone", "listings alone"}
# These tell that an article was modified; the others show a new headline at most.
TELLS_CHANGES = set(SOURCES) - {"listings alone"}


def publish_ten(here: Rehearsal, *, backdated: bool) -> list[Article]:
    """Ten articles of one second: plain ones, one of several sections, one sticky, one in no menu section."""
    newsroom, at = here.newsroom, here.clock()
    news = [newsroom.publish() for _ in range(6)]
    news.append(newsroom.publish(at=at - timedelta(days=9) if backdated else at, section="culture"))
    news.append(newsroom.publish(sections=["politique", "mondial", "justice"]))
    news.append(newsroom.publish(section="police", sticky=True))
    news.append(newsroom.publish(section="non-classe"))
    return news


@pytest.mark.parametrize("name", SOURCES)
@on_sqlite
def test_an_update_adds_what_is_new_revises_what_changed_and_leaves_all_else_alone(name, database_url):
    with rehearse(database_url, oddities=ALL_BUT_PROTECTED, **SOURCES[name]) as here:
        here.crawl()
        missing = set(here.public()) - set(here.archived())
        # No section page leads to what stands in no section of the menu.
        unreachable = {"Non classé"} if name == "listings alone" else set()
        assert {here.public()[one].section for one in missing} <= unreachable

        before = here.tables()
        here.clock.forward(hours=1)
        second = here.crawl()
        nothing_new = len(here.server.requests)
        assert (second["stored"], second["revised"]) == (0, 0)
        assert here.outcomes() == {}
        assert here.tables() == before
        assert nothing_new <= len(SECTIONS) + 6

        here.clock.forward(hours=1)
        old = here.plain()
        news = publish_ten(here, backdated=name in REACHES_BACK)
        edits = ("headline", "body", "letter", "headline", "body") if name in TELLS_CHANGES else ("headline",) * 5
        for article, kind in zip(old, edits, strict=False):
            here.newsroom.edit(article, kind)
        touched = old[5]
        here.newsroom.edit(touched, "touch")
        here.clock.forward(minutes=5)
        here.crawl()

    outcomes = here.outcomes()
    assert [outcomes.get(key_of(here, one)) for one in news] == ["stored"] * 10
    assert [outcomes.get(key_of(here, one)) for one in old[:5]] == ["revised"] * 5
    assert outcomes.get(key_of(here, touched)) == ("unchanged" if name in TELLS_CHANGES else None)
    assert len(outcomes) == (16 if name in TELLS_CHANGES else 15)
    assert len(here.revisions(touched)) == 1
    assert {key: row["headline"] or "" for key, row in here.archived().items()} == {
        key: normalize("NFC", one.headline) for key, one in here.public().items() if key not in missing
    }
    assert len(here.server.requests) <= nothing_new + 20


def key_of(here: Rehearsal, article: Article) -> str:
    return url_key(here.newsroom.url(article))


@on_sqlite
def test_an_update_minutes_after_the_last_one_reads_no_section_page(database_url):
    with rehearse(database_url, articles=14, oddities=()) as here:
        here.crawl()
        here.clock.forward(minutes=10)
        late = here.newsroom.publish()
        here.clock.forward(minutes=10)
        here.crawl()

    assert here.outcome(late) == "stored"
    assert [one for one in here.server.paths() if "/category/" in one] == []
    assert len(here.server.requests) <= 8


@on_sqlite
def test_a_page_that_asks_for_a_password_is_looked_at_a_few_more_times_and_then_left_alone(database_url):
    with rehearse(database_url, articles=6, oddities=()) as here:
        hidden = here.plain()[0]
        here.newsroom.protect(hidden)
        looks = []
        for _ in range(6):
            here.crawl()
            looks.append(here.outcome(hidden))
            here.clock.forward(hours=2)
        here.newsroom.protect(hidden, lift=True)
        here.newsroom.edit(hidden, "touch")
        here.crawl()

    assert looks == ["quarantined:protected"] * 4 + [None] * 2
    assert here.outcome(hidden) == "stored"


@on_sqlite
def test_pages_that_differ_at_every_fetch_give_no_revision_and_one_letter_gives_one(database_url):
    with rehearse(database_url, articles=44, noise=True, oddities=ALL_BUT_PROTECTED) as here:
        here.crawl()
        for _ in range(2):
            here.clock.forward(hours=1)
            for article in here.newsroom.articles.values():
                here.newsroom.edit(article, "touch")
            told = here.crawl()
            assert (told["stored"], told["revised"]) == (0, 0)
            assert len([one for one in here.outcomes().values() if one == "unchanged"]) == 44

        here.clock.forward(hours=1)
        headline, body, byline, date, section, *_ = here.plain()
        here.newsroom.edit(headline, "headline", headline.headline[:-1] + "y")
        here.newsroom.edit(body, "letter")
        here.newsroom.edit(byline, "byline", byline.byline[:-1] + "y")
        here.newsroom.edit(date, "date", date.published - timedelta(minutes=1))
        here.newsroom.edit(section, "section", next(one for one in SLUGS if one not in section.sections))
        here.clock.forward(hours=1)
        told = here.crawl()

    edited = {headline.id: "headline", body.id: "body", byline.id: "byline", date.id: "published"}
    assert told["revised"] == 4
    assert {int(one.source_id): (one.revision, one.kind) for one in here.ask(EDITS)} == {
        number: (2, kind) for number, kind in edited.items()
    }
    changes = here.ask(
        "SELECT a.source_id, t.kind, t.change FROM term_changes t JOIN articles a ON a.id = t.article_id"
    )
    assert {(int(one.source_id), one.kind, one.change) for one in changes} >= {
        (section.id, "section", "added"),
        (section.id, "section", "removed"),
    }
    assert {int(one.source_id) for one in changes} == {section.id}


def test_an_edit_that_is_taken_back_is_a_third_revision_equal_to_the_first(database_url):
    with rehearse(database_url, articles=6, oddities=()) as here:
        article = here.plain()[0]
        here.crawl()
        before = here.tables()
        here.clock.forward(hours=1)
        here.crawl()
        assert here.tables() == before
        here.newsroom.edit(article, "body")
        here.crawl()
        here.clock.forward(hours=1)
        here.newsroom.undo(article)
        here.crawl()

    first, second, third = here.revisions(article)
    assert (first.number, second.number, third.number) == (1, 2, 3)
    assert first.content_hash == third.content_hash != second.content_hash
    assert first.body_text == third.body_text != second.body_text
    assert here.row(article)["body_text"] == third.body_text
    assert len(here.archived()) == 6


@on_sqlite
def test_an_edit_that_a_page_cache_hides_from_one_update_is_found_by_the_next(database_url):
    with rehearse(database_url, articles=6, oddities=(), page_cache=65 * 60) as here:
        article = here.plain()[0]
        here.crawl()
        here.clock.forward(hours=1)
        here.newsroom.edit(article, "body")
        here.crawl()
        hidden = here.outcome(article)
        here.clock.forward(hours=1)
        here.crawl()

    assert hidden == "unchanged"
    assert here.outcome(article) == "revised"
