"""Labels of duplicates: which article names which as its original, and what an edit does to them."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, select

from foiscrawl import fingerprint
from foiscrawl.items import ArticleItem
from foiscrawl.storage.models import articles, near_bands
from tests.storage.making import HOME, HOUR, NOON, SITE, Crawl, article, count, words

TEXT = words("mot", count=200)
EDITED = TEXT.replace("mot100", "autre")
REWRITTEN = words("neuf", count=200)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def labels(conn: Connection) -> dict[str, tuple[str | None, str | None]]:
    """source id -> source ids of (exact original, near original)."""
    columns = (articles.c.id, articles.c.source_id, articles.c.duplicate_of_id, articles.c.near_duplicate_of_id)
    found = conn.execute(select(*columns).order_by(articles.c.id)).all()
    names = {row.id: row.source_id for row in found} | {None: None}
    return {row.source_id: (names[row.duplicate_of_id], names[row.near_duplicate_of_id]) for row in found}


def numbered(id_: str, body: str) -> ArticleItem:
    return article(f"article-{id_}/", body, source_id=id_)


def test_a_copy_names_the_first_article_with_its_text(conn: Connection):
    for hour, id_ in enumerate(["1", "2", "3"]):
        Crawl(conn, NOON + hour * HOUR).store(numbered(id_, TEXT))

    assert labels(conn) == {"1": (None, None), "2": ("1", None), "3": ("1", None)}


def test_copies_in_one_batch_are_found_too(conn: Connection):
    Crawl(conn).store(*(numbered(id_, body) for id_, body in [("1", TEXT), ("2", TEXT), ("3", EDITED), ("4", "Un.")]))

    assert labels(conn) == {"1": (None, None), "2": ("1", None), "3": (None, "1"), "4": (None, None)}


def test_a_copy_on_another_site_is_found(conn: Connection):
    Crawl(conn).store(numbered("1", TEXT))
    other = SITE.__class__(
        name="autre", title="Autre", home=SITE.home, menu=SITE.menu, listing=SITE.listing, generic=SITE.generic
    )

    Crawl(conn, site=other).store(numbered("2", TEXT))

    assert labels(conn) == {"1": (None, None), "2": ("1", None)}


def test_a_near_copy_names_the_older_article_with_the_similarity_that_was_measured(conn: Connection):
    Crawl(conn).store(numbered("1", TEXT))

    Crawl(conn, NOON + HOUR).store(numbered("2", EDITED))

    expected = fingerprint.similarity(fingerprint.signature(TEXT), fingerprint.signature(EDITED))
    assert labels(conn) == {"1": (None, None), "2": (None, "1")}
    assert conn.execute(select(articles.c.near_similarity).order_by(articles.c.id)).scalars().all() == [None, expected]


def test_texts_that_share_little_are_no_near_copies(conn: Connection):
    Crawl(conn).store(numbered("1", TEXT), numbered("2", words("mot", "autre", "tiers", "quart", count=200)))

    assert labels(conn) == {"1": (None, None), "2": (None, None)}


def test_a_copy_of_a_near_copy_names_the_near_copy_and_the_next_near_copy_the_original(conn: Connection):
    for hour, (id_, body) in enumerate([("1", TEXT), ("2", EDITED), ("3", EDITED), ("4", EDITED + " fin")]):
        Crawl(conn, NOON + hour * HOUR).store(numbered(id_, body))

    assert labels(conn) == {"1": (None, None), "2": (None, "1"), "3": ("2", None), "4": (None, "1")}


@pytest.mark.parametrize("at_once", [True, False])
def test_near_labels_never_lead_to_an_article_that_has_one(conn: Connection, at_once):
    text = TEXT.split()
    bodies = [[f"neuf{place}" if place < step else text[place] for place in range(200)] for step in range(0, 160, 20)]
    items = [numbered(str(number), " ".join(body)) for number, body in enumerate(bodies)]

    # Each resembles the one before most, from the sixth on no longer the first.
    for hour, batch in enumerate([items] if at_once else [[one] for one in items]):
        Crawl(conn, NOON + hour * HOUR).store(*batch)

    near = {id_: original for id_, (_, original) in labels(conn).items() if original is not None}
    assert near == {"1": "0", "2": "0", "3": "0", "4": "0", "6": "5", "7": "5"}


def test_an_original_that_is_rewritten_hands_its_place_to_the_oldest_copy(conn: Connection):
    Crawl(conn).store(*(numbered(id_, TEXT) for id_ in "123"))

    Crawl(conn, NOON + HOUR).store(numbered("1", REWRITTEN))

    assert labels(conn) == {"1": (None, None), "2": (None, None), "3": ("2", None)}


def test_a_near_copy_whose_original_is_rewritten_loses_its_label_or_finds_another(conn: Connection):
    Crawl(conn).store(numbered("1", TEXT), numbered("2", EDITED), numbered("3", TEXT + " fin"))

    Crawl(conn, NOON + HOUR).store(numbered("1", REWRITTEN))

    assert labels(conn) == {"1": (None, None), "2": (None, None), "3": (None, "2")}


def test_a_copy_that_is_rewritten_is_an_article_of_its_own(conn: Connection):
    Crawl(conn).store(numbered("1", TEXT), numbered("2", TEXT), numbered("3", EDITED))

    Crawl(conn, NOON + HOUR).store(numbered("2", REWRITTEN), numbered("3", REWRITTEN))

    assert labels(conn) == {"1": (None, None), "2": (None, None), "3": ("2", None)}


def test_an_older_article_that_takes_over_a_text_becomes_its_original(conn: Connection):
    Crawl(conn).store(numbered("1", "Un."), numbered("2", TEXT), numbered("3", TEXT), numbered("4", EDITED))

    Crawl(conn, NOON + HOUR).store(numbered("1", TEXT))

    assert labels(conn) == {"1": (None, None), "2": ("1", None), "3": ("1", None), "4": (None, "1")}


def test_an_edit_that_is_undone_within_a_batch_leaves_the_labels_as_they_were(conn: Connection):
    Crawl(conn).store(numbered("1", TEXT), numbered("2", TEXT))
    back = article("?p=2", TEXT, source_id="2", canonical_url=HOME + "article-2/")

    Crawl(conn, NOON + HOUR).store(numbered("2", REWRITTEN), back)

    assert labels(conn) == {"1": (None, None), "2": ("1", None)}


def test_the_bands_of_an_old_text_go_with_it(conn: Connection):
    Crawl(conn).store(numbered("1", TEXT))
    Crawl(conn, NOON + HOUR).store(numbered("1", REWRITTEN))
    stored = set(conn.execute(select(near_bands.c.band)).scalars())

    Crawl(conn, NOON + 2 * HOUR).store(numbered("1", "Trop court."))

    assert stored == set(fingerprint.bands(fingerprint.signature(REWRITTEN)))
    assert count(conn, near_bands) == 0
