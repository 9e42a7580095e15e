"""Any text, any order of events: what is stored is what was given, and the archive stays consistent."""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select

from foiscrawl.items import (
    BodyLink,
    Image,
    Outcome,
    OutcomeItem,
    Term,
)
from foiscrawl.storage.models import (
    articles,
    fetches,
    images,
    links,
    revisions,
    tags,
    urls,
)
from foiscrawl.text import clean_text
from tests.storage.making import (
    DAY,
    HOME,
    NOON,
    Crawl,
    article,
    rows,
    words,
)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


# Texts that have broken one database or the other; both engines must give back the same.
NASTY = st.one_of(
    st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=60),
    st.sampled_from(
        [
            "👨\u200d👩\u200d👧",
            "שלום עולם",
            "Z\u0351\u036b\u0343a\u030e\u036b",
            "\U0001f600" * 50,
            "é" * 10_000,
            "'; DROP TABLE urls; --",
            "%s ? :x {}",
            "\u202f« oui »\u00a0!",
        ]
    ),
).map(clean_text)
SHARED_FIXTURE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
numbers = itertools.count()


@settings(SHARED_FIXTURE, max_examples=60)
@given(texts=st.lists(NASTY, min_size=8, max_size=8))
def test_any_clean_text_comes_back_as_it_was_given_on_both_databases(conn: Connection, texts):
    headline, standfirst, byline, body, name, caption, words_of_link, reason = texts
    path = f"article-{next(numbers)}/"
    crawl = Crawl(conn)
    item = article(
        path,
        body,
        headline=headline,
        standfirst=standfirst,
        byline=byline,
        authors=(name,),
        tags=(Term(name, name),),
        images=(Image(HOME, "body", caption),),
        links=(BodyLink(HOME, words_of_link, "external"),),
        flags=(reason,),
    )

    written = crawl.store(item)[0]

    of_article = {"article_id": written.article_id}
    stored = conn.execute(select(revisions).filter_by(**of_article)).one()
    lengths = conn.execute(select(func.length(revisions.c.headline)).filter_by(**of_article)).scalar_one()
    assert (stored.headline, stored.standfirst, stored.byline) == (headline, standfirst, byline)
    assert (stored.body_text, stored.flags, lengths) == (body, [reason], len(headline))
    assert conn.execute(select(tags.c.name, tags.c.slug).filter_by(**of_article)).one() == (name, name)
    assert conn.execute(select(images.c.caption).filter_by(**of_article)).scalar_one() == caption
    assert conn.execute(select(links.c.text).filter_by(**of_article)).scalar_one() == words_of_link


PATHS = [f"page-{number}/" for number in range(4)]
BODIES = ["Un.", "Deux.", words("alpha"), words("alpha", count=58), words("beta"), words("beta", "alpha")]
PLAIN = (Outcome.UNCHANGED, Outcome.SKIPPED, Outcome.GONE, Outcome.REFUSED, Outcome.FAILED, Outcome.INTERRUPTED)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["article", "article", "article", "moved", *PLAIN]),
        st.sampled_from(PATHS),
        st.sampled_from(PATHS),
        st.sampled_from(BODIES),
        st.sampled_from([None, None, "1", "2"]),
        st.booleans(),
    ),
    max_size=14,
)


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
@settings(SHARED_FIXTURE, max_examples=80)
@given(steps=STEPS)
def test_whatever_comes_in_whatever_order_the_archive_stays_consistent(engine: Engine, steps):
    with engine.connect() as conn, conn.begin() as transaction:
        crawl, batch, open_paths = Crawl(conn), [], set()
        for place, (what, path, canonical, body, source_id, flush) in enumerate(steps):
            if flush or path in open_paths:
                crawl.write(*batch)
                crawl.end_run()
                batch, open_paths = [], set()
                crawl = Crawl(conn, NOON + (place + 1) * DAY)
            fetch = crawl.fetch(path)
            open_paths.add(path)
            item = article(canonical if what == "moved" else path, body, source_id=source_id)
            if isinstance(what, Outcome):
                batch.append(OutcomeItem(fetch=fetch, outcome=what, reason="x"))
            else:
                batch.append(replace(item, url=fetch.url, fetch=fetch))
        crawl.write(*batch)
        crawl.end_run()

        _assert_consistent(conn)
        transaction.rollback()


def _assert_consistent(conn: Connection) -> None:
    stored = {row["id"]: row for row in rows(conn, articles)}
    numbers_of: dict[int, list[int]] = {}
    for row in rows(conn, revisions):
        numbers_of.setdefault(row["article_id"], []).append(row["number"])
    assert numbers_of == {id_: list(range(1, row["revision_count"] + 1)) for id_, row in stored.items()}
    for id_, row in stored.items():
        exact, near = row["duplicate_of_id"], row["near_duplicate_of_id"]
        assert exact is None or near is None
        for original in (exact, near):
            assert original is None or (original < id_ and stored[original]["duplicate_of_id"] is None)
        if exact is not None:
            assert stored[exact]["content_hash"] == row["content_hash"]
        if near is not None:
            assert stored[near]["near_duplicate_of_id"] is None
            assert row["near_similarity"] >= 0.4
        same = [other for other in stored if stored[other]["content_hash"] == row["content_hash"]]
        assert exact == (None if id_ == min(same) else min(same))
    assert all(row["outcome"] is not None for row in rows(conn, fetches))
    keys = [row["url_key"] for row in rows(conn, urls)]
    assert len(keys) == len(set(keys))
