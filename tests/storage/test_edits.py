"""What a look at a known article writes: graded revisions, dated sections and tags, or nothing."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, select

from foiscrawl.items import ArticleItem, Outcome, Term
from foiscrawl.site import Edits
from foiscrawl.storage.models import articles, revisions, term_changes
from tests.storage.making import HOUR, MINUTE, NOON, SITE, Crawl, article, count, hint, instant, rows, statements, words

ORIGINS = {"headline": "css:h1", "body": "css:.post-content", "byline": "css:.author", "sections": "css:.cats"}
ORIGINS |= {"tags": "css:.tags", "published": "jsonld:datePublished"}
BODY = f"{words('mot')}\n\n{words('autre')}"


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def page(path: str = "un/", body: str = BODY, **values: object) -> ArticleItem:
    usual = {"byline": "A. B.", "published": instant(NOON - HOUR), "origins": ORIGINS, "layout": "modern"}
    return article(path, body, **{"source_id": path, "extractor_version": "1", **usual, **values})


def look(conn: Connection, minutes: int, *items: ArticleItem, **values: object) -> list[Outcome]:
    """A run that fetches these, so many minutes after noon."""
    written = Crawl(conn, NOON + minutes * MINUTE, **values).store(*items)  # type: ignore[arg-type]
    return [one.outcome for one in written]


def history(conn: Connection, path: str = "un/") -> list[tuple[object, ...]]:
    of = articles.c.id == revisions.c.article_id
    chosen = select(revisions.c.number, revisions.c.kind, revisions.c.change_size).join(articles, of)
    return [tuple(row) for row in conn.execute(chosen.where(articles.c.source_id == path).order_by(revisions.c.number))]


def test_each_edit_is_a_revision_that_tells_what_and_how_much_and_one_taken_back_is_restored(conn: Connection):
    look(conn, 0, page())
    outcomes = [
        look(conn, 1, page(body=BODY.replace("mot1 ", "mot ")))[0],
        look(conn, 2, page())[0],
        look(conn, 3, page(byline="A. C."))[0],
        look(conn, 4, page(byline="A. C."))[0],
        look(conn, 5, page(byline="A. C.", published=instant(NOON), headline="Autre"))[0],
    ]

    assert outcomes == [*[Outcome.REVISED] * 3, Outcome.UNCHANGED, Outcome.REVISED]
    assert history(conn) == [
        (1, "first", None),
        (2, "body", 2),
        (3, "body,restored", 2),
        (4, "byline", 0),
        (5, "headline,published", 2),
    ]
    hashes = [row["content_hash"] for row in rows(conn, revisions)]
    assert hashes[0] == hashes[2] == hashes[3] != hashes[1]
    (row,) = rows(conn, articles)
    assert (row["revision_count"], row["content_hash"]) == (5, hashes[4])


def test_two_looks_at_one_article_in_one_batch_are_compared_with_each_other(conn: Connection):
    look(conn, 0, page())
    crawl = Crawl(conn, NOON + HOUR)
    crawl.learn(hint("bis/"))
    twice = [replace(page(byline=who), url=url) for who, url in (("B.", page().url), ("C.", page("bis/").url))]

    written = crawl.store(*twice, replace(twice[1], url=page("ter/").url))

    assert [one.outcome for one in written] == [Outcome.REVISED, Outcome.REVISED, Outcome.UNCHANGED]
    assert [kind for _, kind, _ in history(conn)] == ["first", "byline", "byline"]


def test_a_theme_or_reading_code_that_shows_the_same_words_leaves_the_revision_as_it_is(conn: Connection):
    look(conn, 0, page(standfirst="Un chapô"))
    before = rows(conn, revisions), rows(conn, articles)[0]["content_hash"]
    other = {"layout": "block", "origins": dict.fromkeys(ORIGINS, "css:.new")}
    outcomes = [
        look(conn, 1, page(body=BODY.replace("\n\n", " "), **other))[0],
        look(conn, 2, page(body=f"Un chapô\n\n{BODY}", byline=None, **other))[0],
        look(conn, 3, page(extractor_version="2", published=None))[0],
    ]

    assert outcomes == [Outcome.UNCHANGED] * 3
    assert (rows(conn, revisions), rows(conn, articles)[0]["content_hash"]) == before
    assert look(conn, 4, page(body=BODY.replace("mot1 ", "mot "), **other)) == [Outcome.REVISED]
    assert history(conn)[1:] == [(2, "body", 2)]


def test_after_a_redesign_a_re_date_and_another_credit_are_edits_at_every_look(conn: Connection):
    """The stored revision keeps the layout of before the redesign until something is edited."""
    new = {"layout": "generic", "origins": {**dict.fromkeys(ORIGINS, "css:.new"), "published": "jsonld:datePublished"}}
    later = {"published": instant(NOON - HOUR + 7 * MINUTE)}
    look(conn, 0, page(), page("deux/", credit="Le Monde avec AFP"), page("trois/"))

    assert (
        look(conn, 1, page(**new), page("deux/", credit="Le Monde avec AFP", **new), page("trois/", **new))
        == [Outcome.UNCHANGED] * 3
    )
    assert (
        look(conn, 2, page(**{**new, **later}), page("deux/", credit="AFP", **new), page("trois/", credit="AFP", **new))
        == [Outcome.REVISED] * 3
    )
    assert [history(conn, path)[1:] for path in ("un/", "deux/", "trois/")] == [
        [(2, "published", 0)],
        [(2, "credit", 0)],
        [(2, "credit", 0)],
    ]


def test_a_note_is_a_correction_by_the_patterns_of_the_site(conn: Connection):
    site = replace(SITE, edits=Edits(corrections=("nota bene",)))
    look(conn, 0, page(), site=site)
    look(conn, 1, page(body=f"{BODY}\n\nNota bene : il s’agissait d’un autre."), site=site)

    assert history(conn)[1:] == [(2, "correction", 6)]


def test_sections_and_tags_that_come_and_go_are_dated_facts_and_no_revision(conn: Connection):
    sections, tags = (Term("Monde", "monde"), Term("Europe")), (Term("Paix", "paix"),)
    look(conn, 0, page(sections=sections, tags=tags))
    later = [
        {"sections": sections[::-1], "tags": (Term("La paix", "paix"),)},  # in another order, spelt otherwise
        {"sections": (), "tags": tags},  # none is shown
        {"sections": (Term("Sport"),), "tags": tags, "origins": ORIGINS | {"sections": "class:category"}},
        {"sections": (Term("Sport"),), "tags": tags, "origins": ORIGINS | {"sections": "hint"}},
        {"sections": sections, "tags": tags, "origins": ORIGINS | {"sections": "class:category"}},
    ]
    assert [look(conn, minute, page(**values))[0] for minute, values in enumerate(later, 1)] == [Outcome.UNCHANGED] * 5
    assert count(conn, term_changes) == 0

    crawl = Crawl(conn, NOON + HOUR)
    crawl.store(page(sections=(sections[0], Term("Asie", "asie")), tags=(*tags, Term("Accord", "accord"))))

    found = [(row["seen_at"], row["kind"], row["change"], row["name"], row["slug"]) for row in rows(conn, term_changes)]
    assert found == [
        (crawl.now, "section", "removed", "Europe", None),
        (crawl.now, "section", "added", "Asie", "asie"),
        (crawl.now, "tag", "added", "Accord", "accord"),
    ]
    assert len(history(conn)) == 1


def test_one_page_that_differs_costs_two_statements_and_any_number_no_more(conn: Connection):
    pages = [page(f"{number}/", words(f"texte{number}"), headline=f"Titre {number}") for number in range(5)]
    look(conn, 0, *pages)

    def sent(minutes: int, items: list[ArticleItem]) -> set[str]:
        crawl = Crawl(conn, NOON + minutes * MINUTE)
        fetched = [replace(one, fetch=crawl.fetch(one.url.removeprefix(SITE.home))) for one in items]
        seen = statements(conn, lambda: crawl.write(*fetched))
        return {sql for sql, _ in seen if sql.startswith("SELECT") and "FROM revisions" in sql}

    assert sent(1, pages) == set()
    assert len(sent(2, [replace(pages[0], byline="X."), *pages[1:]])) == 2
    assert len(sent(3, [replace(one, byline="Y.") for one in pages])) == 2
