"""Link hints into the frontier: what becomes due, what stays outside, what brings nothing new."""

import itertools
import random
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, update

from foiscrawl.items import LinkHint, Outcome, OutcomeItem, UrlKind
from foiscrawl.recheck import Learned
from foiscrawl.storage import frontier
from foiscrawl.storage.models import urls
from tests.storage.making import DAY, HOME, HOUR, MINUTE, NOON, Crawl, article, hint, rows, url_row

OLD = NOON - 90 * DAY  # before the horizon, which lies 30 days back


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


# --- what is new -----------------------------------------------------------------------------------------------------


def test_a_new_address_is_due_at_once_and_keeps_what_its_finder_knew(conn: Connection):
    crawl = Crawl(conn)
    one = hint(
        "un/?utm_source=x#haut",
        found_in="listing",
        published=NOON - HOUR,
        modified=NOON,
        title="Un titre",
        section="Monde",
        source_id="7",
    )

    learned = crawl.learn(one)

    row = rows(conn, urls)[0]
    assert learned == Learned(new=1)
    assert (row["url"], row["url_key"], row["kind"], row["state"]) == (HOME + "un/", "essai.test/un", "article", "new")
    assert (row["found_in"], row["title"], row["section"], row["source_id"]) == ("listing", "Un titre", "Monde", "7")
    assert (row["published_at"], row["modified_at"], row["next_fetch_at"]) == (NOON - HOUR, NOON, NOON)
    assert row["first_seen_at"] == row["last_seen_at"] == NOON
    assert row["first_run_id"] == crawl.run.id


def test_a_hint_that_brings_nothing_new_moves_only_the_time_of_the_last_sight(conn: Connection):
    one = hint("un/", found_in="listing", published=NOON, modified=NOON, title="Titre", section="A", source_id="7")
    Crawl(conn).learn(one)
    before = rows(conn, urls)

    learned = Crawl(conn, NOON + HOUR).learn(one, one)

    assert learned == Learned(known=1, before=1)
    assert rows(conn, urls) == [before[0] | {"last_seen_at": NOON + HOUR}]


def test_a_preview_tells_the_same_and_writes_nothing(conn: Connection):
    crawl = Crawl(conn)
    crawl.store(article("connu/"))
    crawl = Crawl(conn, NOON + HOUR)
    hints = [hint("un/"), hint("vieux/", published=OLD), hint("connu/", modified=NOON + HOUR)]
    before = rows(conn, urls)

    previewed = frontier.preview(conn, crawl.run, hints, crawl.now)

    assert rows(conn, urls) == before
    assert previewed == crawl.learn(*hints) == Learned(new=2, modified=1, before=1, older=1)


def test_what_this_run_learnt_itself_is_told_apart_from_what_was_known_before(conn: Connection):
    Crawl(conn).learn(hint("un/"))
    crawl = Crawl(conn, NOON + HOUR)
    crawl.learn(hint("deux/"))

    assert crawl.learn(hint("un/"), hint("deux/"), hint("trois/")) == Learned(new=1, known=1, repeated=1, before=1)


def test_the_order_of_hints_and_their_repetition_make_no_difference(conn: Connection):
    hints = [
        hint("un/", found_in="sitemap", modified=NOON - DAY),
        hint("un/", found_in="listing", title="B", section="Monde"),
        hint("un/", found_in="featured", title="A", published=NOON - 2 * DAY, section="Europe"),
        hint("un", found_in="feed", source_id="7", modified=NOON - HOUR),
        hint("monde/", UrlKind.LISTING, "menu"),
        hint("monde/", found_in="sitemap"),
        hint("vieux/", found_in="sitemap", modified=OLD),
    ]
    shuffled = random.Random(4)
    at_once, bit_by_bit = [], []
    for _ in range(6):
        shuffled.shuffle(hints)
        at_once.append(_learnt(conn, [*hints, *hints[:3]]))
        bit_by_bit.append(_learnt(conn, hints[:3], hints[2:], hints[:1]))

    assert all(one == at_once[0] for one in at_once)
    assert all(one == bit_by_bit[0] for one in bit_by_bit)
    assert [(row["kind"], row["state"]) for row in at_once[0]] == [
        ("listing", "new"),
        ("article", "new"),
        ("article", "outside"),
    ]


def _learnt(conn: Connection, *batches: list[LinkHint]) -> list[dict[str, object]]:
    """The frontier after these batches; of several batches without what the first or last one alone tells."""
    nested = conn.begin_nested()
    crawl = Crawl(conn)
    for batch in batches:
        crawl.learn(*batch)
    names = {"url_key", "kind", "state", "next_fetch_at", "published_at", "modified_at", "source_id"}
    names |= {"url", "title", "section", "found_in"} if len(batches) == 1 else set()
    found = [{name: row[name] for name in names} for row in rows(conn, urls)]
    nested.rollback()
    return sorted(found, key=lambda row: row["url_key"])


# --- what has changed ------------------------------------------------------------------------------------------------


@pytest.fixture
def known(conn: Connection) -> Crawl:
    """A run one day after « un/ » was announced, modified at noon, and stored."""
    crawl = Crawl(conn)
    crawl.learn(hint("un/", found_in="listing", modified=NOON, title="Un titre"))
    crawl.store(article("un/", source_id="7", aliases=(HOME + "?p=7",)))
    return Crawl(conn, NOON + DAY)


def test_a_later_modification_makes_a_known_article_due(known: Crawl):
    assert known.learn(hint("un/", modified=NOON + HOUR)) == Learned(modified=1, before=1)
    assert known.take() == ["un/"]


@pytest.mark.parametrize("modified", [NOON, NOON - HOUR, None])
def test_an_equal_an_older_or_no_modification_does_not(known: Crawl, modified):
    assert known.learn(hint("un/", modified=modified)) == Learned(known=1, before=1)
    assert known.take() == []


def test_where_no_list_ever_told_a_modification_our_last_look_is_the_measure(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(hint("un/"))
    crawl.store(article("un/"))
    crawl = Crawl(conn, NOON + DAY)

    assert crawl.learn(hint("un/", modified=NOON)) == Learned(known=1, before=1)
    assert crawl.learn(hint("un/", modified=NOON + MINUTE)) == Learned(modified=1, before=1)


def test_a_new_title_on_a_section_page_makes_a_known_article_due(known: Crawl):
    assert known.learn(hint("un/", found_in="listing", title="Un autre titre")) == Learned(modified=1, before=1)
    assert known.take() == ["un/"]


@pytest.mark.parametrize(
    ("found_in", "title"), [("listing", "« UN TITRE »"), ("ticker", "Un au…"), ("feed", "Un autre"), ("listing", None)]
)
def test_the_same_title_in_other_letters_or_a_title_elsewhere_does_not(known: Crawl, found_in, title):
    assert known.learn(hint("un/", found_in=found_in, title=title)) == Learned(known=1, before=1)


def test_a_change_announced_for_an_alias_makes_the_canonical_address_due(known: Crawl):
    learned = known.learn(hint("?p=7", found_in="feed", modified=NOON + HOUR))

    assert learned == Learned(modified=1, before=1)
    assert known.take() == ["un/"]


def test_an_alias_is_never_due_by_itself(known: Crawl):
    known.learn(hint("?p=7", found_in="feed"), hint("un/"))

    assert known.take() == []
    assert url_row(known.conn, "?p=7").next_fetch_at is None


@pytest.mark.parametrize("outcome", [Outcome.GONE, Outcome.REFUSED, Outcome.SKIPPED, Outcome.FAILED])
def test_a_later_modification_brings_back_what_ended_badly(conn: Connection, outcome):
    Crawl(conn).end("un/", outcome)
    crawl = Crawl(conn, NOON + MINUTE / 2)

    crawl.learn(hint("un/", modified=NOON + MINUTE / 2))

    assert crawl.take() == ["un/"]


def test_a_gone_article_that_is_still_listed_is_looked_at_again_once_a_day(conn: Connection):
    for day in range(4):
        Crawl(conn, NOON + day * DAY).end("un/", Outcome.GONE)
    gone = NOON + 3 * DAY
    due = {}
    for hours in (12, 24):
        crawl = Crawl(conn, gone + hours * HOUR)
        crawl.learn(hint("un/"))
        due[hours] = url_row(conn, "un/").next_fetch_at

    assert due == {12: None, 24: gone + DAY}


def test_an_article_that_led_elsewhere_and_is_listed_again_is_looked_at_and_a_page_is_not(conn: Connection):
    stored, page = article("un/"), "deux/"
    Crawl(conn).store(stored)
    for path in ("un/", page):
        Crawl(conn, NOON + 400 * DAY).end(path, Outcome.SKIPPED, "redirect_home")
        conn.execute(update(urls).where(urls.c.url == HOME + path).values(next_fetch_at=None))
    crawl = Crawl(conn, NOON + 401 * DAY)

    crawl.learn(hint("un/"), hint(page))

    assert crawl.take() == ["un/"]


# --- what this run wants ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("published", "modified", "state"),
    [
        (OLD, None, "outside"),
        (OLD, OLD, "outside"),
        (OLD, NOON, "new"),
        (NOON - 30 * DAY, None, "new"),
        (None, None, "new"),
    ],
)
def test_an_update_leaves_what_is_older_than_the_horizon_outside(conn: Connection, published, modified, state):
    crawl = Crawl(conn)

    crawl.learn(hint("un/", published=published, modified=modified))

    row = url_row(conn, "un/")
    assert (row.state, row.next_fetch_at) == (state, NOON if state == "new" else None)


@pytest.mark.parametrize(
    ("published", "state"),
    [(NOON - 5 * DAY, "outside"), (NOON - 4 * DAY, "new"), (NOON - 2 * DAY, "new"), (NOON - DAY, "outside")],
)
@pytest.mark.parametrize("mode", ["update", "backfill"])
def test_since_and_until_narrow_a_run_of_either_mode(conn: Connection, mode, published, state):
    crawl = Crawl(conn, mode=mode, since=NOON - 4 * DAY, until=NOON - 2 * DAY)

    crawl.learn(hint("un/", published=published))

    assert url_row(conn, "un/").state == state


def test_a_back_fill_wants_everything(conn: Connection):
    crawl = Crawl(conn, mode="backfill")

    crawl.learn(hint("un/", published=OLD), hint("deux/", found_in="sitemap"))

    assert crawl.take() == ["un/", "deux/"]


def test_what_was_left_outside_becomes_due_when_a_hint_puts_it_inside(conn: Connection):
    Crawl(conn).learn(hint("un/", published=OLD))

    crawl = Crawl(conn, NOON + HOUR)
    crawl.learn(hint("un/"))
    still = url_row(conn, "un/").state
    learned = crawl.learn(hint("un/", modified=NOON))

    assert still == "outside"
    assert learned == Learned(modified=1, before=1)  # so that the list which named it is walked on
    assert crawl.take() == ["un/"]


@pytest.mark.parametrize(("mode", "wanted"), [("update", {}), ("backfill", {"since": NOON - DAY})])
def test_what_was_named_without_a_date_is_left_outside_when_the_same_run_hears_that_it_is_older(conn, mode, wanted):
    crawl = Crawl(conn, mode=mode, **wanted)
    crawl.learn(hint("un/", found_in="ticker"), hint("deux/", found_in="ticker"))

    crawl.learn(hint("un/", published=OLD), hint("deux/", published=NOON))

    assert crawl.take() == ["deux/"]
    assert url_row(conn, "un/").state == "outside"


def test_a_clock_that_was_put_back_hides_no_list(conn: Connection):
    Crawl(conn, NOON + HOUR).read("monde/")
    crawl = Crawl(conn, mode="backfill")

    crawl.learn(hint("monde/", UrlKind.LISTING, found_in="menu"))

    assert crawl.take(UrlKind.LISTING) == ["monde/"]


def test_only_what_stands_in_the_sections_that_were_asked_for_is_taken_and_the_rest_waits(conn: Connection):
    crawl = Crawl(conn, sections=["monde", "High-Tech"])

    crawl.learn(
        hint("un/", section="Monde"),
        hint("deux/", section="Économie"),
        hint("trois/"),
        hint("quatre/", section="high-tech"),
        hint("cinq/", section="Économie"),
        hint("cinq/", section="Monde"),
    )

    assert crawl.take() == ["un/", "quatre/", "cinq/"]
    assert url_row(conn, "deux/").state == "outside"
    later = Crawl(conn, NOON + HOUR)
    later.learn(hint("deux/", section="Économie"))
    assert {"deux/", "trois/"} <= set(later.take())


def test_a_narrow_run_does_not_swallow_a_change_that_it_was_not_asked_for(known: Crawl):
    changed = hint("un/", found_in="listing", published=NOON, modified=NOON + HOUR, title="Autre", section="Économie")
    by_section = Crawl(known.conn, NOON + DAY, sections=["monde"])
    by_date = Crawl(known.conn, NOON + DAY, until=NOON - DAY)

    assert by_section.learn(changed) == by_date.learn(changed) == Learned(known=1, before=1)
    assert known.learn(changed) == Learned(modified=1, before=1)


# --- sitemaps --------------------------------------------------------------------------------------------------------

SITEMAP = UrlKind.SITEMAP


def child(path: str, modified=None) -> LinkHint:
    return hint(path, SITEMAP, "sitemap", modified=modified)


def entry(path: str, modified=None) -> LinkHint:
    return hint(path, found_in="sitemap", modified=modified)


def test_the_undated_entries_of_a_sitemap_that_is_new_to_an_update_are_its_past(conn: Connection):
    first = Crawl(conn)
    first.read("sitemap.xml", entry("un/"), entry("deux/", NOON), kind=SITEMAP)
    assert first.take() == ["deux/"]

    second = Crawl(conn, NOON + HOUR)
    second.learn(hint("sitemap.xml", SITEMAP, "site"))
    second.read("sitemap.xml", entry("un/"), entry("trois/"), kind=SITEMAP)

    assert second.take() == ["deux/", "trois/"]
    assert url_row(conn, "un/").state == "outside"


def test_a_back_fill_takes_the_undated_entries_too(conn: Connection):
    Crawl(conn).read("sitemap.xml", entry("un/"), kind=SITEMAP)

    crawl = Crawl(conn, NOON + HOUR, "backfill")
    crawl.learn(hint("sitemap.xml", SITEMAP, "site"))
    crawl.read("sitemap.xml", entry("un/"), kind=SITEMAP)

    assert crawl.take() == ["un/"]


def test_another_finder_may_open_what_an_undated_sitemap_left_outside(conn: Connection):
    crawl = Crawl(conn)
    crawl.read("sitemap.xml", entry("un/"), kind=SITEMAP)

    crawl.read("monde/", hint("un/", found_in="listing"))

    assert crawl.take() == ["un/"]


def test_the_undated_entries_of_a_volume_that_turns_up_later_are_news(conn: Connection):
    first = Crawl(conn)
    first.read("index.xml", child("s1.xml"), kind=SITEMAP)
    first.read("s1.xml", entry("un/"), kind=SITEMAP)
    second = Crawl(conn, NOON + HOUR)
    second.learn(hint("index.xml", SITEMAP, "site"))
    second.read("index.xml", child("s1.xml"), child("s2.xml"), kind=SITEMAP)

    assert second.take(SITEMAP) == ["s1.xml", "s2.xml"]
    second.read("s1.xml", entry("un/"), entry("deux/"), kind=SITEMAP)
    second.read("s2.xml", entry("trois/"), kind=SITEMAP)

    assert second.take() == ["deux/", "trois/"]


def test_the_children_of_an_index_become_due_with_the_marks_that_stop_the_next_run(conn: Connection):
    first = Crawl(conn)
    first.read("index.xml", child("s1.xml", OLD), child("s2.xml", NOON - DAY), child("s3.xml", NOON), kind=SITEMAP)
    assert first.take(SITEMAP) == ["s2.xml", "s3.xml"]
    first.read("s2.xml", kind=SITEMAP)  # the run dies with s3.xml in hand

    second = Crawl(conn, NOON + HOUR)
    second.read("index.xml", child("s1.xml", OLD), child("s2.xml", NOON - HOUR), child("s3.xml", NOON), kind=SITEMAP)
    due_again = second.take(SITEMAP)
    second.read("s3.xml", kind=SITEMAP)
    third = Crawl(conn, NOON + 2 * HOUR)
    third.read("index.xml", child("s2.xml", NOON - HOUR), child("s3.xml", NOON + HOUR), kind=SITEMAP)

    assert due_again == []  # taken together with the index
    assert "s3.xml" in "".join(one.url for one in second.taken.values())
    assert third.take(SITEMAP) == ["s3.xml"]
    assert url_row(conn, "s1.xml").state == "outside"


# --- lists -----------------------------------------------------------------------------------------------------------


def test_a_section_page_that_was_read_lately_waits_in_an_update_and_not_in_a_back_fill(conn: Connection):
    Crawl(conn).read("monde/")
    menu = hint("monde/", UrlKind.LISTING, "menu")
    update = Crawl(conn, NOON + 10 * MINUTE)
    update.learn(menu)
    waits = url_row(conn, "monde/").next_fetch_at
    back_fill = Crawl(conn, NOON + 20 * MINUTE, "backfill")
    back_fill.learn(menu)

    assert waits == NOON + 50 * MINUTE
    assert back_fill.take(UrlKind.LISTING) == ["monde/"]


def test_a_deeper_page_is_due_whenever_the_page_before_names_it(conn: Connection):
    Crawl(conn).read("monde/page/2/")
    conn.execute(urls.update().values(page=2))

    crawl = Crawl(conn, NOON + MINUTE)
    crawl.learn(hint("monde/page/2/", UrlKind.LISTING, "listing", page=2))

    assert crawl.take(UrlKind.LISTING) == ["monde/page/2/"]


def test_a_list_that_was_read_in_this_run_is_not_asked_for_again(conn: Connection):
    crawl = Crawl(conn)
    crawl.read("feed/", kind=UrlKind.FEED)

    crawl.learn(hint("feed/", UrlKind.FEED))

    assert url_row(conn, "feed/").next_fetch_at is None


def test_a_closed_source_is_left_alone_for_a_day(conn: Connection):
    crawl = Crawl(conn)
    crawl.write(*_gone(crawl, "feed/", UrlKind.FEED))
    planted = [
        frontier.plant(conn, Crawl(conn, NOON + hours * HOUR).run, [hint("feed/", UrlKind.FEED)], NOON + hours * HOUR)
        for hours in (1, 24)
    ]

    assert planted == [[False], [True]]


def test_the_front_page_is_asked_for_in_every_run_however_it_ended(conn: Connection):
    crawl = Crawl(conn)
    crawl.write(*_gone(crawl, "", UrlKind.HOME))

    assert frontier.plant(conn, Crawl(conn, NOON + MINUTE).run, [hint("", UrlKind.HOME)], NOON + MINUTE) == [True]


def test_a_run_that_begins_in_the_second_in_which_the_last_one_looked_looks_again(conn: Connection):
    Crawl(conn).read("", kind=UrlKind.HOME)

    assert frontier.plant(conn, Crawl(conn).run, [hint("", UrlKind.HOME)], NOON) == [True]


def _gone(crawl: Crawl, path: str, kind: UrlKind):
    return [OutcomeItem(fetch=crawl.fetch(path, kind), outcome=Outcome.GONE, reason="http_404")]


def test_an_article_that_turns_out_to_be_in_the_menu_is_a_list(conn: Connection):
    crawl = Crawl(conn)
    crawl.learn(hint("monde/", found_in="sitemap", modified=NOON))
    crawl.end("monde/", Outcome.SKIPPED)
    later = Crawl(conn, NOON + HOUR)

    later.learn(hint("monde/", UrlKind.LISTING, "menu"), hint("monde/", found_in="sitemap", modified=NOON + HOUR))

    assert later.take(UrlKind.LISTING) == ["monde/"]


def test_an_article_stays_one_whatever_the_menu_says(known: Crawl):
    known.learn(hint("un/", UrlKind.LISTING, "menu"))

    assert url_row(known.conn, "un/").kind == "article"
    assert known.take(UrlKind.LISTING) == []


def test_any_sequence_of_hints_keeps_one_row_for_each_address(conn: Connection):
    crawl = Crawl(conn)
    kinds = [UrlKind.ARTICLE, UrlKind.LISTING]
    for kind, found_in in itertools.product(kinds, ["listing", "sitemap", "menu", "feed"]):
        crawl.learn(hint("un/", kind, found_in), hint("un", kind, found_in), hint("un/#x", kind, found_in))

    assert [row["url_key"] for row in rows(conn, urls)] == ["essai.test/un"]
