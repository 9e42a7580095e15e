"""Which article an item is, and what of it is written: revisions, current lists."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine

from foiscrawl.items import (
    BodyLink,
    Fetch,
    Image,
    Instant,
    LinkHint,
    Outcome,
    Term,
    UrlKind,
)
from foiscrawl.storage.models import (
    article_sections,
    articles,
    authors,
    fetches,
    images,
    links,
    near_bands,
    quarantine,
    revisions,
    sections,
    tags,
    urls,
)
from foiscrawl.storage.revision_rows import row_digest
from foiscrawl.storage.writer import Written
from tests.storage.making import (
    HOME,
    HOUR,
    NOON,
    Crawl,
    article,
    article_row,
    count,
    rows,
    statements,
    url_row,
    words,
)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


# --- one article however many addresses ------------------------------------------------------------------------------


def test_a_new_article_is_stored_with_its_first_revision_and_all_its_fields(conn: Connection):
    crawl = Crawl(conn)
    item = article(
        "un/",
        "Le texte.",
        source_id="7",
        standfirst="Un chapô",
        byline="Par A. B.",
        credit="AFP",
        authors=("A. B.",),
        published=Instant(NOON - HOUR, "23/11/2026 12h", "minute", "site"),
        modified=Instant(None, "0000-00-00", flag="zero"),
        section="Monde",
        sections=(Term("Monde", "monde"), Term("Europe")),
        tags=(Term("Paix", "paix"),),
        body_html="<p>Le texte.</p>",
        images=(Image(HOME + "a.jpg", "featured", "Légende", "AFP", "alt"),),
        links=(BodyLink(HOME + "deux/", "à lire", "read_also"),),
        language="fr",
        word_count=2,
        layout="smartmag",
        extractor_version="3",
        origins={"headline": "css:h1"},
        flags=("modified:zero",),
    )

    written = crawl.store(item)[0]

    stored, revision = article_row(conn, written.article_id), rows(conn, revisions)[0]
    assert written == Written(url_row(conn, "un/").id, UrlKind.ARTICLE, Outcome.STORED, article_id=stored.id)
    assert (stored.source_id, stored.url_key, stored.canonical_url) == ("7", "essai.test/un", HOME + "un/")
    assert (stored.state, stored.revision_count, stored.content_hash) == ("live", 1, item.content_hash)
    assert stored.first_seen_at == stored.last_seen_at == stored.last_checked_at == NOON
    del revision["id"]
    assert revision.pop("row_digest") == row_digest(revision)
    assert revision == {
        "article_id": stored.id,
        "number": 1,
        "fetch_id": rows(conn, fetches)[0]["id"],
        "captured_at": NOON,
        "headline": "Titre",
        "standfirst": "Un chapô",
        "byline": "Par A. B.",
        "credit": "AFP",
        "body_text": "Le texte.",
        "body_html": "<p>Le texte.</p>",
        "access": "open",
        "published_at": NOON - HOUR,
        "published_raw": "23/11/2026 12h",
        "published_precision": "minute",
        "published_zone": "site",
        "published_flag": None,
        "modified_at": None,
        "modified_raw": "0000-00-00",
        "modified_precision": "second",
        "modified_zone": None,
        "modified_flag": "zero",
        "section": "Monde",
        "language": "fr",
        "word_count": 2,
        "content_hash": item.content_hash,
        "kind": "first",
        "change_size": None,
        "capture_id": None,
        "layout": "smartmag",
        "extractor_version": "3",
        "origins": {"headline": "css:h1"},
        "flags": ["modified:zero"],
    }
    key = {"article_id": stored.id, "position": 1}
    assert rows(conn, article_sections) == [
        key | {"name": "Monde", "slug": "monde"},
        key | {"position": 2, "name": "Europe", "slug": None},
    ]
    assert rows(conn, authors) == [key | {"name": "A. B."}]
    assert rows(conn, tags) == [key | {"name": "Paix", "slug": "paix"}]
    assert rows(conn, images) == [
        key | {"url": HOME + "a.jpg", "role": "featured", "caption": "Légende", "credit": "AFP", "alt": "alt"}
    ]
    assert rows(conn, links) == [key | {"url": HOME + "deux/", "text": "à lire", "kind": "read_also"}]


SPELLINGS = [
    "un/",
    "un",
    "un/?utm_source=lettre",
    "un/#respond",
    "?p=7",
    "un/amp/",
    "vieux-nom/",
    "%C3%A9t%C3%A9/",
    "%c3%a9t%c3%a9/",
    "été/",
    "e\u0301te\u0301/",
]


def test_twelve_spellings_of_an_address_are_one_article(conn: Connection):
    crawl = Crawl(conn)
    spellings = [HOME + path for path in SPELLINGS] + ["http://www.essai.test/un/"]
    crawl.learn(*(LinkHint(url, UrlKind.ARTICLE, "feed") for url in spellings))
    crawl.take()
    answer = {"kind": UrlKind.ARTICLE, "final_url": HOME + "un/", "fetched_at": NOON}
    fetched = [
        replace(article("un/", source_id="7"), fetch=Fetch(url_id=one.url_id, url=one.url, **answer))
        for one in crawl.taken.values()
    ]

    outcomes = [one.outcome for one in crawl.write(*fetched)]

    assert outcomes == [Outcome.STORED] + [Outcome.UNCHANGED] * (len(fetched) - 1)
    assert (count(conn, articles), count(conn, revisions)) == (1, 1)
    assert {row["article_id"] for row in rows(conn, urls)} == {rows(conn, articles)[0]["id"]}
    assert [row["outcome"] for row in rows(conn, fetches)].count("stored") == 1


def test_every_address_that_led_to_an_article_becomes_a_row_that_names_it(conn: Connection):
    crawl = Crawl(conn)
    item = article("juste/", source_id="7", aliases=(HOME + "?p=7", HOME + "juste/amp/"))
    fetch = crawl.fetch("court/", redirects=(HOME + "court/", HOME + "moyen/"), final_url=HOME + "juste/?ref=x")

    written = crawl.write(replace(item, fetch=fetch))[0]

    found = {row["url_key"]: row for row in rows(conn, urls)}
    expected = {"court", "moyen", "juste", "?p=7", "juste/amp"}
    assert set(found) == {f"essai.test/{one}".replace("/?", "?") for one in expected}
    assert {row["article_id"] for row in found.values()} == {written.article_id}
    assert {row["state"] for row in found.values()} == {"known"}
    assert {row["next_fetch_at"] for row in found.values()} == {None}
    assert {key for key, row in found.items() if row["last_fetched_at"] == NOON} == {
        "essai.test/court",
        "essai.test/moyen",
        "essai.test/juste",
    }


def test_an_article_without_id_gains_the_one_that_a_later_page_tells(conn: Connection):
    first = Crawl(conn).store(article("un/"))[0]

    second = Crawl(conn, NOON + HOUR).store(article("un/", source_id="7"))[0]

    assert (second.outcome, second.article_id) == (Outcome.UNCHANGED, first.article_id)
    assert article_row(conn, first.article_id).source_id == "7"


def test_a_page_that_has_lost_its_id_is_still_the_article_at_that_address(conn: Connection):
    first = Crawl(conn).store(article("un/", source_id="7"))[0]

    second = Crawl(conn, NOON + HOUR).store(article("un/"))[0]

    assert (second.outcome, second.article_id) == (Outcome.UNCHANGED, first.article_id)
    assert article_row(conn, first.article_id).source_id == "7"


def test_within_one_batch_too_a_page_without_id_is_the_article_at_its_address(conn: Connection):
    items = [article("un/", source_id="7"), article("?p=7", canonical_url=HOME + "un/")]

    outcomes = [one.outcome for one in Crawl(conn).store(*items)]

    assert outcomes == [Outcome.STORED, Outcome.UNCHANGED]


def test_an_article_that_moves_keeps_its_identity_and_its_old_address(conn: Connection):
    first = Crawl(conn).store(article("un/", source_id="7"))[0]

    second = Crawl(conn, NOON + HOUR).store(article("deux/", source_id="7"))[0]

    assert (second.outcome, second.article_id) == (Outcome.UNCHANGED, first.article_id)
    assert article_row(conn, first.article_id).canonical_url == HOME + "deux/"
    assert url_row(conn, "un/").article_id == url_row(conn, "deux/").article_id == first.article_id


def test_a_freed_slug_is_another_article_and_the_address_goes_to_the_new_holder(conn: Connection):
    first = Crawl(conn).store(article("un/", "Premier texte.", source_id="7"))[0]

    second = Crawl(conn, NOON + HOUR).store(article("un/", "Autre texte.", source_id="8"))[0]
    third = Crawl(conn, NOON + 2 * HOUR).store(article("un/", "Autre texte."))[0]

    assert second.outcome is Outcome.STORED
    assert second.article_id != first.article_id
    assert url_row(conn, "un/").article_id == second.article_id
    assert (third.outcome, third.article_id) == (Outcome.UNCHANGED, second.article_id)


def test_without_ids_another_canonical_address_is_another_article(conn: Connection):
    crawl = Crawl(conn)

    one, two = crawl.store(article("un/", "Un."), article("deux/", "Deux."))

    assert one.article_id != two.article_id


def test_a_foreign_canonical_address_is_no_address_of_the_article(conn: Connection):
    crawl = Crawl(conn)

    one, two = crawl.store(
        article("un/", "Un.", canonical_url="https://ailleurs.test/x/"),
        article("deux/", "Deux.", canonical_url="https://ailleurs.test/x/"),
    )

    assert one.article_id != two.article_id
    assert {row["url_key"] for row in rows(conn, urls)} == {"essai.test/un", "essai.test/deux"}


def test_an_alias_that_a_page_merely_names_is_not_taken_from_another_article(conn: Connection):
    crawl = Crawl(conn)
    first = crawl.store(article("un/", "Un.", source_id="1"))[0]

    crawl.store(article("deux/", "Deux.", source_id="2", aliases=(HOME + "un/",)))

    assert url_row(conn, "un/").article_id == first.article_id


# --- revisions -------------------------------------------------------------------------------------------------------


def test_an_edit_and_its_undoing_make_three_revisions(conn: Connection):
    for hours, body in enumerate(["A.", "B.", "A."]):
        written = Crawl(conn, NOON + hours * HOUR).store(article("un/", body))[0]

    stored = rows(conn, revisions)
    assert written.outcome is Outcome.REVISED
    assert [(row["number"], row["body_text"]) for row in stored] == [(1, "A."), (2, "B."), (3, "A.")]
    assert stored[0]["content_hash"] == stored[2]["content_hash"] != stored[1]["content_hash"]
    assert article_row(conn, written.article_id).revision_count == 3


def test_two_looks_at_one_article_in_one_batch_are_applied_in_their_order(conn: Connection):
    crawl = Crawl(conn)
    items = [article("un/", "A.", source_id="7"), article("?p=7", "B.", source_id="7", canonical_url=HOME + "un/")]

    outcomes = [one.outcome for one in crawl.store(*items)]

    assert outcomes == [Outcome.STORED, Outcome.REVISED]
    assert [row["body_text"] for row in rows(conn, revisions)] == ["A.", "B."]
    assert rows(conn, articles)[0]["revision_count"] == 2


TABLES = (articles, revisions, article_sections, authors, tags, images, links, near_bands, sections, quarantine, urls)
TIMES = {
    "articles": {"last_seen_at", "last_checked_at"},
    "urls": {"last_fetched_at", "next_fetch_at", "next_check_at", "last_full_at"},
}


def test_a_look_that_finds_nothing_new_moves_times_and_nothing_else(conn: Connection):
    item = article(
        "un/",
        words("mot"),
        source_id="7",
        sections=(Term("Monde"),),
        tags=(Term("Paix"),),
        authors=("A.",),
        images=(Image(HOME + "a.jpg", "body"),),
        links=(BodyLink(HOME, "ici", "internal"),),
        aliases=(HOME + "?p=7",),
    )
    Crawl(conn).store(item)
    crawl = Crawl(conn, NOON + HOUR)
    fetch = crawl.fetch("un/")
    before = {table: rows(conn, table) for table in TABLES}

    written = crawl.write(replace(item, headline="Titre ", fetch=fetch))[0]

    assert written.outcome is Outcome.UNCHANGED
    changed = {
        (table.name, column)
        for table in TABLES
        for old, new in zip(before[table], rows(conn, table), strict=True)
        for column in old
        if old[column] != new[column]
    }
    assert changed == {(table, column) for table, columns in TIMES.items() for column in columns}
    assert article_row(conn, written.article_id).last_seen_at == NOON + HOUR


def test_lists_change_with_the_same_text_only_where_they_differ(conn: Connection):
    item = article("un/", sections=(Term("Monde"),), authors=("A.",), links=(BodyLink(HOME, "ici", "internal"),))
    Crawl(conn).store(item)

    written = Crawl(conn, NOON + HOUR).store(replace(item, sections=(Term("Europe"), Term("Monde")), links=()))[0]

    assert written.outcome is Outcome.UNCHANGED
    assert [(row["position"], row["name"]) for row in rows(conn, article_sections)] == [(1, "Europe"), (2, "Monde")]
    assert [row["name"] for row in rows(conn, authors)] == ["A."]
    assert rows(conn, links) == []


def test_lists_that_are_as_before_are_not_written_again(conn: Connection):
    item = article("un/", sections=(Term("Monde"),), tags=(Term("Paix", "paix"),), images=(Image(HOME, "body"),))
    Crawl(conn).store(item)
    crawl = Crawl(conn, NOON + HOUR)
    fetched = replace(item, fetch=crawl.fetch("un/"))

    sent = statements(conn, lambda: crawl.write(fetched))

    assert sorted(one.split()[1] for one, _ in sent if not one.startswith("SELECT")) == ["articles", "fetches", "urls"]


def test_a_page_on_which_no_author_section_or_tag_is_found_does_not_wipe_those_that_were(conn: Connection):
    item = article("un/", sections=(Term("Monde"),), authors=("A.",), tags=(Term("Paix"),))
    Crawl(conn).store(item)

    Crawl(conn, NOON + HOUR).store(article("un/", "Un texte corrigé."))

    assert [count(conn, table) for table in (article_sections, authors, tags)] == [1, 1, 1]


def test_an_article_that_comes_back_is_live_again_and_gone_no_longer(conn: Connection):
    first = Crawl(conn).store(article("un/"))[0]
    Crawl(conn, NOON + HOUR).end("un/", Outcome.GONE)
    conn.execute(articles.update().values(state="suspected"))

    written = Crawl(conn, NOON + 2 * HOUR).store(article("un/"))[0]

    assert (written.outcome, written.article_id) == (Outcome.UNCHANGED, first.article_id)
    assert article_row(conn, first.article_id).state == "live"
    assert (url_row(conn, "un/").state, url_row(conn, "un/").attempts) == ("known", 0)


def test_the_licence_is_that_of_the_last_look(conn: Connection):
    item = article("un/", licence="CC BY 4.0")
    first = Crawl(conn).store(item)[0]
    assert article_row(conn, first.article_id).licence == "CC BY 4.0"

    written = Crawl(conn, NOON + HOUR).store(replace(item, licence=None))[0]

    assert (written.outcome, article_row(conn, first.article_id).licence) == (Outcome.UNCHANGED, None)
