"""What a look at a known article writes: graded revisions, dated sections and tags, or nothing."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine, select, update

from foiscrawl.items import ArticleItem, Outcome, Term
from foiscrawl.site import Edits
from foiscrawl.storage.models import articles, revisions, tags, term_changes
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
    sections, peace = (Term("Monde", "monde"), Term("Europe")), (Term("Paix", "paix"),)
    look(conn, 0, page(sections=sections, tags=peace))
    later = [
        {"sections": sections[::-1], "tags": (Term("La paix", "paix"),)},  # in another order, spelt otherwise
        {"sections": (), "tags": peace},  # none is shown
        {"sections": (Term("Sport"),), "tags": peace, "origins": ORIGINS | {"sections": "class:category"}},
        {"sections": (Term("Sport"),), "tags": peace, "origins": ORIGINS | {"sections": "hint"}},
        {"sections": sections, "tags": peace, "origins": ORIGINS | {"sections": "class:category"}},
        {"sections": sections, "tags": peace},
    ]
    assert [look(conn, minute, page(**values))[0] for minute, values in enumerate(later, 1)] == [Outcome.UNCHANGED] * 6
    assert count(conn, term_changes) == 0

    crawl = Crawl(conn, NOON + HOUR)
    crawl.store(page(sections=(sections[0], Term("Asie", "asie")), tags=(*peace, Term("Accord", "accord"))))

    found = [(row["seen_at"], row["kind"], row["change"], row["name"], row["slug"]) for row in rows(conn, term_changes)]
    assert found == [
        (crawl.now, "section", "removed", "Europe", None),
        (crawl.now, "section", "added", "Asie", "asie"),
        (crawl.now, "tag", "added", "Accord", "accord"),
    ]
    assert len(history(conn)) == 1


def tagged(*names: str, origin: str = "jsonld:keywords", **values: object) -> ArticleItem:
    """A page that shows these tags; without any it has no origin of tags."""
    origins = {name: one for name, one in ORIGINS.items() if name != "tags"} | ({"tags": origin} if names else {})
    return page(**{"tags": tuple(map(Term, names)), "origins": origins, **values})


def told(conn: Connection) -> list[tuple[str, str]]:
    return [(row["change"], row["name"]) for row in rows(conn, term_changes)]


def names(conn: Connection) -> list[str]:
    return [row["name"] for row in rows(conn, tags)]


def test_the_first_tag_and_the_last_one_are_dated_facts(conn: Connection):
    looks = [(), ("Paix",), ("Paix", "Accord"), ("Accord",), (), (), ("Accord",)]

    for minute, shown in enumerate(looks):
        look(conn, minute, tagged(*shown))
        assert names(conn) == list(shown)

    there = [("added", "Paix"), ("added", "Accord"), ("removed", "Paix"), ("removed", "Accord")]
    assert told(conn) == [*there, ("added", "Accord")]
    assert len(history(conn)) == 1


def test_tags_are_compared_with_those_of_the_look_before_under_whatever_layout(conn: Connection):
    """The revision is that of a page without tags in a theme that has gone."""
    look(conn, 0, tagged(layout="old"))
    for minute, shown in enumerate([("Paix",), ("Paix", "Accord"), ("Accord",), (), ("Asie",)], 1):
        look(conn, minute, tagged(*shown))

    there = [("added", "Accord"), ("removed", "Paix"), ("removed", "Accord"), ("added", "Asie")]
    assert told(conn) == there  # whether « Paix » was there before nobody knows
    look(conn, 6, tagged("Asie", "Europe", layout="newest", extractor_version="2"))
    assert told(conn) == [*there, ("added", "Europe")]  # JSON-LD is the same everywhere


@pytest.mark.parametrize(
    "blind",
    [
        {"layout": "other"},
        {"extractor_version": "2"},
        {"flags": ("truncated_tree",)},
        {"origins": {"headline": "css:h1", "body": "css:.post-content"}},  # no JSON-LD on that page
    ],
    ids=["layout", "code", "truncated", "no JSON-LD"],
)
def test_tags_that_a_page_may_only_hide_are_kept(conn: Connection, blind: dict[str, object]):
    look(conn, 0, tagged("Paix"))
    look(conn, 1, tagged(**blind))
    look(conn, 2, tagged(**blind))
    assert (names(conn), told(conn)) == (["Paix"], [])

    look(conn, 3, tagged("Paix", "Accord"))
    look(conn, 4, tagged("Europe", origin="css:.tags"))
    look(conn, 5, tagged("Asie"))

    assert told(conn) == [("added", "Accord")]


def test_an_article_has_always_a_section_whether_its_page_shows_it_or_not(conn: Connection):
    shown = {"sections": (Term("Monde"),)}
    for minute, values in enumerate([{}, shown, {}, shown, {"sections": (Term("Asie"),)}]):
        look(conn, minute, page(**values))

    assert told(conn) == [("removed", "Monde"), ("added", "Asie")]


def test_of_articles_that_an_older_schema_left_nothing_is_noted_before_they_are_read_again(conn: Connection):
    look(conn, 0, tagged("Paix"))
    conn.execute(update(articles).values(terms_read=None))

    for minute, shown in enumerate([(), ("Accord",), ("Accord", "Asie")], 1):
        look(conn, minute, tagged(*shown))

    assert (names(conn), told(conn)) == (["Accord", "Asie"], [("added", "Asie")])


def test_looks_of_one_batch_are_one_look_at_the_tags(conn: Connection):
    look(conn, 0, tagged())
    crawl = Crawl(conn, NOON + HOUR)
    crawl.learn(hint("bis/"))

    crawl.store(tagged("Paix"), replace(tagged("Accord"), url=page("bis/").url))

    assert told(conn) == [("added", "Accord")]


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
