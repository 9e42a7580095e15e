"""How each kind of item settles its address, and what it leaves behind."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import Connection, Engine

from foiscrawl.items import (
    Access,
    Image,
    Instant,
    ListingItem,
    Outcome,
    PageKind,
    SectionHint,
    UrlKind,
)
from foiscrawl.storage.models import (
    articles,
    fetches,
    quarantine,
    revisions,
    runs,
    sections,
    urls,
)
from foiscrawl.storage.writer import SettleError
from tests.storage.making import (
    DAY,
    HOME,
    HOUR,
    MINUTE,
    NOON,
    Crawl,
    article,
    count,
    hint,
    rows,
    url_row,
)


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


# --- the outcome of an address ----------------------------------------------------------------------------------------


def test_an_outcome_fills_the_row_of_its_fetch(conn: Connection):
    crawl = Crawl(conn)
    fetch = crawl.fetch("un/", status=200, requests=3, size=5000, elapsed=1.2345, final_url=HOME + "un/?x=1")
    before = rows(conn, fetches)[0]

    crawl.now += MINUTE
    written = crawl.write(replace(article("un/"), fetch=fetch))[0]

    assert rows(conn, fetches)[0] == before | {
        "settled_at": NOON + MINUTE,
        "outcome": "stored",
        "reason": None,
        "status": 200,
        "final_url": HOME + "un/?x=1",
        "requests": 3,
        "size": 5000,
        "elapsed_ms": 1234,
        "article_id": written.article_id,
    }


def test_settling_twice_or_what_was_not_taken_up_is_refused(conn: Connection):
    crawl = Crawl(conn)
    item = replace(article("un/"), fetch=crawl.fetch("un/"))
    crawl.write(item)

    with pytest.raises(SettleError):
        crawl.write(item)
    with pytest.raises(SettleError):
        Crawl(conn, NOON + HOUR).write(item)
    other = replace(article("deux/"), fetch=crawl.fetch("deux/"))
    with pytest.raises(SettleError):
        crawl.write(other, other)

    assert count(conn, articles) == 1


def test_an_outcome_that_needs_an_article_is_refused_without_one(conn: Connection):
    crawl = Crawl(conn)

    with pytest.raises(ValueError, match="needs an article"):
        crawl.end("un/", Outcome.STORED)


@pytest.mark.parametrize(
    ("outcome", "state", "attempts", "due_in"),
    [
        (Outcome.GONE, "gone", 1, MINUTE),
        (Outcome.FAILED, "failed", 1, MINUTE),
        (Outcome.REFUSED, "refused", 1, 7 * DAY),
        (Outcome.SKIPPED, "dropped", 0, None),
        (Outcome.UNCHANGED, "known", 0, None),
    ],
)
def test_an_outcome_sets_the_state_of_its_address(conn: Connection, outcome, state, attempts, due_in):
    written = Crawl(conn).end("un/", outcome, "http_404")

    row = url_row(conn, "un/")
    why = None if outcome is Outcome.UNCHANGED else "http_404"
    assert (row.state, row.attempts, row.reason, row.last_fetched_at) == (state, attempts, why, NOON)
    assert row.next_fetch_at == (None if due_in is None else NOON + due_in)
    assert (written.outcome, written.reason, written.article_id) == (outcome, "http_404", None)


def test_an_interrupted_address_stays_as_it_was(conn: Connection):
    crawl = Crawl(conn)
    crawl.fetch("un/")
    before = rows(conn, urls)

    crawl.end("un/", Outcome.INTERRUPTED)

    assert rows(conn, urls) == before
    assert rows(conn, fetches)[0]["outcome"] == "interrupted"


def test_the_time_that_an_item_gives_for_its_retry_wins(conn: Connection):
    Crawl(conn).end("un/", Outcome.FAILED, retry_at=NOON + 5 * HOUR)

    assert url_row(conn, "un/").next_fetch_at == NOON + 5 * HOUR


def test_failures_in_a_row_lengthen_the_wait_and_a_success_ends_them(conn: Connection):
    waits = []
    for day in range(4):
        now = NOON + day * 2 * DAY
        Crawl(conn, now).end("un/", Outcome.FAILED)
        waits.append(url_row(conn, "un/").next_fetch_at - now)
    Crawl(conn, NOON + 9 * DAY).store(article("un/"))

    assert waits == [MINUTE, 10 * MINUTE, HOUR, DAY]
    assert (url_row(conn, "un/").attempts, url_row(conn, "un/").next_fetch_at) == (0, None)


@pytest.mark.parametrize(
    ("outcome", "seen", "checked"),
    [
        (Outcome.UNCHANGED, HOUR, HOUR),
        (Outcome.GONE, 0 * HOUR, HOUR),
        (Outcome.REFUSED, 0 * HOUR, 0 * HOUR),
        (Outcome.FAILED, 0 * HOUR, 0 * HOUR),
    ],
)
def test_a_look_without_text_moves_the_times_of_a_known_article_and_nothing_else(
    conn: Connection, outcome, seen, checked
):
    first = Crawl(conn).store(article("un/"))[0]
    before = rows(conn, articles)[0]

    written = Crawl(conn, NOON + HOUR).end("un/", outcome)

    assert written.article_id == first.article_id
    assert rows(conn, articles)[0] == before | {"last_seen_at": NOON + seen, "last_checked_at": NOON + checked}


def test_a_change_announced_while_the_article_was_fetched_leaves_it_due(conn: Connection):
    crawl = Crawl(conn)
    crawl.store(article("un/", "A."))
    crawl = Crawl(conn, NOON + HOUR)
    fetch = crawl.fetch("un/")
    crawl.now += MINUTE
    crawl.learn(hint("un/", modified=crawl.now))

    crawl.write(replace(article("un/", "B."), fetch=fetch))

    assert url_row(conn, "un/").next_fetch_at == NOON + HOUR + MINUTE
    assert crawl.take() == []
    assert Crawl(conn, NOON + 2 * HOUR).take() == ["un/"]


def test_a_change_announced_for_an_alias_while_it_was_fetched_leaves_the_canonical_address_due(conn: Connection):
    crawl = Crawl(conn)
    fetch = crawl.fetch("court/")
    crawl.now += MINUTE
    crawl.learn(hint("court/", modified=crawl.now))
    conn.execute(urls.update().values(next_fetch_at=crawl.now))

    crawl.write(replace(article("juste/"), fetch=fetch))

    assert url_row(conn, "juste/").next_fetch_at == NOON + MINUTE
    assert url_row(conn, "court/").next_fetch_at is None


def test_the_old_address_of_an_article_that_has_moved_is_no_longer_due(conn: Connection):
    Crawl(conn).store(article("un/", source_id="7"))
    crawl = Crawl(conn, NOON + HOUR)
    crawl.learn(hint("un/", modified=NOON + HOUR))

    crawl.write(replace(article("deux/", source_id="7"), fetch=crawl.fetch("autre/")))

    assert url_row(conn, "un/").next_fetch_at is None


def test_validators_belong_to_the_address_that_answered(conn: Connection):
    crawl = Crawl(conn)
    fetch = crawl.fetch("un/", redirects=(HOME + "un/",), final_url=HOME + "deux/", etag='"a"', last_modified="lundi")

    crawl.write(replace(article("deux/"), fetch=fetch))

    assert (url_row(conn, "un/").etag, url_row(conn, "un/").last_modified) == (None, None)
    assert (url_row(conn, "deux/").etag, url_row(conn, "deux/").last_modified) == ('"a"', "lundi")


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_list_is_settled_with_its_hints_sections_counts_and_total(conn: Connection):
    crawl = Crawl(conn)
    menu = (
        SectionHint("Monde", HOME + "category/monde/", 1),
        SectionHint("Santé", HOME + "category/sant%C3%A9/", 2, parent="Plus"),
        SectionHint("Monde", HOME + "category/monde", 3),
    )

    written = crawl.read(
        "liste/",
        hint("un/"),
        hint("deux/"),
        sections=menu,
        skipped={"tag": 2, "author": 1},
        total=40,
        kind=UrlKind.REST,
    )
    crawl.read("liste2/", hint("un/"), skipped={"tag": 3}, total=30, kind=UrlKind.REST)

    assert (written.outcome, written.learned.new, written.learned.before) == (Outcome.READ, 2, 0)
    assert [(row["name"], row["slug"], row["parent"], row["position"]) for row in rows(conn, sections)] == [
        ("Monde", "monde", None, 1),
        ("Santé", "santé", "Plus", 2),
    ]
    run = rows(conn, runs)[0]
    assert (run["skipped"], run["declared_total"]) == ({"tag": 5, "author": 1}, 40)
    assert (url_row(conn, "liste/").state, url_row(conn, "liste/").next_fetch_at) == ("known", None)


def test_a_section_that_moves_in_the_menu_is_the_same_section(conn: Connection):
    Crawl(conn).read("", kind=UrlKind.HOME, sections=(SectionHint("Monde", HOME + "monde/", 1),))

    Crawl(conn, NOON + HOUR).read("", kind=UrlKind.HOME, sections=(SectionHint("Le monde", HOME + "monde/", 4),))

    row = rows(conn, sections)[0]
    assert (count(conn, sections), row["name"], row["position"]) == (1, "Le monde", 4)
    assert (row["first_seen_at"], row["last_seen_at"]) == (NOON, NOON + HOUR)


def test_a_next_page_is_taken_up_only_when_it_is_among_the_hints(conn: Connection):
    crawl = Crawl(conn)
    following = hint("liste/page/2/", UrlKind.LISTING, "listing", page=2)

    crawl.read("liste/", hint("un/"), next_page=following)
    assert crawl.take(UrlKind.LISTING) == []
    crawl.read("autre/", hint("un/"), following, next_page=following)
    assert crawl.take(UrlKind.LISTING) == ["liste/page/2/"]


def test_a_list_that_was_cut_off_is_asked_for_in_full_next_time(conn: Connection):
    crawl = Crawl(conn)
    fetch = crawl.fetch("feed/", UrlKind.FEED, etag='"a"')

    written = crawl.write(ListingItem(hints=(hint("un/"),), complete=False, fetch=fetch))[0]

    assert (written.outcome, written.reason) == (Outcome.READ, "incomplete")
    assert url_row(conn, "feed/").etag is None


# --- quarantine ------------------------------------------------------------------------------------------------------


def test_a_page_that_is_not_believed_is_kept_once_and_makes_no_article(conn: Connection):
    item = article("un/", "Un mur.", published=Instant(NOON, "midi"))
    Crawl(conn).quarantine(item, "consent")

    Crawl(conn, NOON + DAY).quarantine(replace(item, headline="Autre"), "soft_404")

    row = rows(conn, quarantine)[0]
    assert (count(conn, quarantine), count(conn, articles)) == (1, 0)
    assert (row["reason"], row["headline"], row["looks"]) == ("soft_404", "Autre", 2)
    assert (row["first_at"], row["last_at"], row["fetch_id"]) == (NOON, NOON + DAY, rows(conn, fetches)[1]["id"])
    assert row["item"]["body_text"] == "Un mur."
    assert row["item"]["published"]["at"] == "2026-11-23T12:00:00+00:00"
    assert (url_row(conn, "un/").state, url_row(conn, "un/").reason) == ("failed", "soft_404")


@pytest.mark.parametrize(
    ("reason", "values"),
    [
        ("protected", {}),
        ("no_body", {"access": Access.PROTECTED}),
        ("no_body", {"page_kind": PageKind.PROTECTED}),
    ],
)
def test_nothing_of_what_stands_behind_a_password_is_kept(conn: Connection, reason, values):
    item = article(
        "un/", "Secret.", body_html="<p>Secret.</p>", standfirst="Secret.", images=(Image(HOME + "secret.jpg", "body"),)
    )

    Crawl(conn).quarantine(replace(item, **values), reason)

    assert "ecret" not in str(rows(conn, quarantine))


def test_a_known_article_whose_page_is_not_believed_stays_as_it_is(conn: Connection):
    Crawl(conn).store(article("un/", "Le texte."))
    before = rows(conn, articles), rows(conn, revisions)

    written = Crawl(conn, NOON + HOUR).quarantine(article("un/", "Un mur."), "consent")

    assert written.outcome is Outcome.QUARANTINED
    assert (rows(conn, articles), rows(conn, revisions)) == before
