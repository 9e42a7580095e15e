"""Whatever is asked of whatever texts: SQLite, PostgreSQL and a plain reading of the question find the same."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, insert

from foiscrawl.errors import UsageError
from foiscrawl.search_query import Group, Term, parse
from foiscrawl.stems import stems
from foiscrawl.storage import searchable
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import upgrade
from foiscrawl.storage.models import revisions
from foiscrawl.storage.search import search
from tests.postgres import Postgres
from tests.storage.making import NOON
from tests.storage.rows import add_article, add_fetch, add_run, add_site, add_url

WORDS = [
    "terres",
    "rares",
    "l’école",
    "École",
    "d'État",
    "chef",
    "vice-président",
    "journaux",
    "Київ",
    "3,5",
    "œuf",
    "🙂",
]
texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
words = st.sampled_from(WORDS)
phrases = st.lists(words, min_size=2, max_size=3).map(lambda words: f'"{" ".join(words)}"')
plain = st.one_of(words, words, phrases, st.sampled_from(["te*", "jour*", "ra*", "ar"]))
terms = st.one_of(plain, plain, st.tuples(st.sampled_from(["headline:", "standfirst:", "body:"]), plain).map("".join))
pieces = st.one_of(terms, terms, terms.map("-{}".format), st.just("OR"), st.text(max_size=4))
questions = st.lists(pieces, max_size=4).map(" ".join)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[list[Connection]]:
    with postgres.database() as url:
        engines = [make_engine(f"sqlite:///{tmp_path_factory.mktemp('both') / 'archive.db'}"), make_engine(url)]
        for engine in engines:
            upgrade(engine)
        connections = [engine.connect() for engine in engines]
        yield connections
        for conn in connections:
            conn.close()
        for engine in engines:
            engine.dispose()


def store(conn: Connection, found: list[tuple[str, str, str]]) -> None:
    site = add_site(conn)
    run = add_run(conn, site)
    for number, (headline, standfirst, body) in enumerate(found):
        article = add_article(conn, site, f"essai.test/{number}", id=number + 1, revision_count=1)
        fetch = add_fetch(conn, run, add_url(conn, site, run, f"essai.test/{number}"))
        row = {"article_id": article, "number": 1, "fetch_id": fetch, "captured_at": NOON, "body_html": ""}
        row |= {"headline": headline, "standfirst": standfirst, "body_text": body, "access": "open", "layout": "x"}
        row |= {"content_hash": "0", "extractor_version": "1", "origins": {}, "flags": []}
        conn.execute(insert(revisions).values(row))
        searchable.add(conn, [searchable.Text(article, 1, True, None, headline, standfirst, body)])


def stands(term: Term, fields: dict[str, list[str]]) -> bool:
    """Read off the definition: side by side in one field, the last one perhaps only begun."""
    size = len(term.stems)
    for name, words in fields.items():
        for at in range(len(words) - size + 1):
            here = words[at : at + size]
            last = here[-1].startswith(term.stems[-1]) if term.prefix else here[-1] == term.stems[-1]
            if term.field in (None, name) and here[:-1] == list(term.stems[:-1]) and last:
                return True
    return False


def answers(groups: tuple[Group, ...], fields: dict[str, list[str]]) -> bool:
    return any(
        all(stands(one, fields) for one in group.terms) and not any(stands(one, fields) for one in group.without)
        for group in groups
    )


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    found=st.lists(st.tuples(texts, texts, texts), min_size=3, max_size=8),
    asked=st.lists(questions, min_size=4, max_size=4),
)
def test_both_databases_find_what_a_plain_reading_finds(
    both: list[Connection], found: list[tuple[str, str, str]], asked: list[str]
):
    stemmed = [dict(zip(("headline", "standfirst", "body"), map(stems, one), strict=True)) for one in found]
    undone = [conn.begin() for conn in both]
    try:
        for conn in both:
            store(conn, found)
        for question in asked:
            try:
                query = parse(question)
            except UsageError:
                continue
            wanted = {number for number, fields in enumerate(stemmed, 1) if answers(query.groups, fields)}
            told = [[(one.article_id, one.in_headline) for one in search(conn, query).hits] for conn in both]
            assert told[0] == told[1]
            assert {id_ for id_, _ in told[0]} == wanted
            assert [one for _, one in told[0]] == sorted((one for _, one in told[0]), reverse=True)
    finally:
        for one in undone:
            one.rollback()
