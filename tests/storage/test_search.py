"""Questions in French as people type them: the same answers in the same order on SQLite and PostgreSQL."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Connection

from foiscrawl.items import Term
from foiscrawl.search_query import parse
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.filters import Filter
from foiscrawl.storage.migrate import upgrade
from foiscrawl.storage.search import postgresql as search_postgresql
from foiscrawl.storage.search import search, sql
from tests.storage.making import DAY, HOUR, NOON, Crawl, article, instant

MONDE, ECONOMIE, CULTURE = Term("Monde", "monde"), Term("Économie", "economie"), Term("Culture", "culture")

# Headline, standfirst and body of filler; the number of an article is its place here. All dated one day apart, the
# first one newest; the last has no date.
TEXTS = (
    ("Des terres rares sous la mer", "Un gisement.", "Les métaux sont chers. Le ministre se tait.", MONDE),
    ("Un accord signé", "Chef d’État absent", "L’accord porte sur les terres rares du Kivu.", MONDE),
    ("L’école rouvre", None, "Les élèves de l'École, ravis. Aujourd’hui, c'est la fête.", CULTURE),
    ("Journaux en crise", None, "Le journal du soir ferme. Ses œuvres restent.", ECONOMIE),
    ("Un journal de bord", None, "Des rares visiteurs sur ces terres. Chœur et cœur.", CULTURE),
    ("Élections municipales", None, "L’élection municipale a été publiée; le vice-président élu.", MONDE),
    ("Le chef de l’Etat", None, "Le chef d'État parle. Covid-19: 1 500 cas, +3,5 %.", MONDE),
    ("Publié trop tôt", "Un œuf", "Textes publiés, notes publiées. Il les publie. C++ et A:B.", ECONOMIE),
    ("Heureuse surprise", None, "Un homme heureux, des nationaux et un national.", CULTURE),
    ("Ministères", None, "La ministre, le ministère, une administration. Київ.", ECONOMIE),
    ("Sans date", None, "Terres rares, encore. NOËL à l'hôtel de ville.", CULTURE),
)

QUESTIONS: list[tuple[str, list[int]]] = [
    # words, all of them, headlines first
    ("terres rares", [1, 2, 5, 11]),
    ("rares terres", [1, 2, 5, 11]),
    ("TERRES RARES", [1, 2, 5, 11]),
    ("terre rare", [1, 2, 5, 11]),
    ("terres", [1, 2, 5, 11]),
    ("terres métaux", [1]),
    ("terres kivu", [2]),
    ("terres crise", []),
    ("accord", [2]),
    # elided articles, every apostrophe
    ("l'accord", [2]),
    ("l’accord", [2]),
    ("d'accord", [2]),
    ("école", [3]),
    ("l'école", [3]),
    ("ecole", [3]),
    ("ECOLES", [3]),
    ("aujourd'hui", [3]),
    ("aujourd’hui", [3]),
    ("aujourdhui", [3]),
    ("qu'élèves", [3]),
    # plurals and inflection
    ("journaux", [4, 5]),
    ("journal", [4, 5]),
    ("élection", [6]),
    ("elections municipales", [6]),
    ("municipale", [6]),
    ("publié", [8, 6]),
    ("publiée", [8, 6]),
    ("publiées", [8, 6]),
    ("publie", [8, 6]),
    ("heureux", [9]),
    ("heureuses", [9]),
    ("national", [9]),
    ("ministère", [10]),
    ("ministre", [1, 10]),
    # ligatures and accents
    ("œuvre", [4]),
    ("oeuvres", [4]),
    ("coeur", [5]),
    ("cœurs", [5]),
    ("choeur", [5]),
    ("oeuf", [8]),
    ("noel", [11]),
    ("hotel", [11]),
    ("Київ", [10]),
    # phrases, also across elisions, in one field only
    ('"terres rares"', [1, 2, 11]),
    ("« terres rares »", [1, 2, 11]),
    ('"rares terres"', []),
    ('"chef d\'État"', [2, 7]),
    ('"chef d’etat"', [2, 7]),
    ('"chef de l\'État"', [7]),
    ('"signé chef"', []),
    ("vice-président", [6]),
    ('"vice président"', [6]),
    ("hôtel-de-ville", [11]),
    # left out
    ("terres -métaux", [2, 5, 11]),
    ('terres -"terres rares"', [5]),
    ("terres -rare -kivu", []),
    ("terres -headline:terres", [2, 5, 11]),
    ("journal -crise", [5]),
    ("-crise journal", [5]),
    # OR binds looser than side by side
    ("crise OR kivu", [4, 2]),
    ("crise OR terres kivu", [4, 2]),
    ("école OR œuf -publiées", [3]),
    ("headline:crise OR body:crise", [4]),
    # prefixes
    ("minist*", [10, 1]),
    ("ministères*", [10]),
    ("journa*", [4, 5]),
    ("journaux*", [4, 5]),
    ("heureuse*", [9]),
    ("muni*", [6]),
    ("élect*", [6]),
    ("terr* rar*", [1, 2, 5, 11]),
    ("vice-prés*", [6]),
    ("headline:minist*", [10]),
    # fields
    ("headline:terres", [1]),
    ("headline:journal", [4, 5]),
    ("standfirst:chef", [2]),
    ("body:chef", [7]),
    ("BODY:terres", [2, 5, 11]),
    ('body:"terres rares"', [2, 11]),
    ('headline:"terres rares" métaux', [1]),
    ("headline:terres body:ministre", [1]),
    # small words, numbers, odd letters
    ("les", [7, 1, 2, 3, 4, 6, 8, 10]),
    ("les terres", [1, 2]),
    ("covid-19", [7]),
    ("covid 19", [7]),
    ("1 500", [7]),
    ("3,5", [7]),
    ("C++", [8]),
    ("a:b", [8]),
    ("terres & rares | (métaux)", [1]),
    ("journal; DROP TABLE articles", []),
    ("journal 🙂", [4, 5]),
    ("NOT terres", []),
    ("terres AND rares", []),
]


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "postgresql, walking"])
def conn(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """One archive for all questions. Walking: as if every word stood in very many texts."""
    if request.param == "sqlite":
        yield from _archive(f"sqlite:///{tmp_path_factory.mktemp('search') / 'archive.db'}")
        return
    with pytest.MonkeyPatch.context() as patch, request.getfixturevalue("postgres").database() as url:
        if request.param.endswith("walking"):
            for name, value in (("GATHERED", 0), ("READ", 0), ("STEP", 2), ("LONGEST_STEP", 3)):
                patch.setattr(search_postgresql, name, value)
        yield from _archive(url)


def _archive(url: str) -> Iterator[Connection]:
    engine = make_engine(url)
    upgrade(engine)
    with engine.connect() as made:
        items = [
            article(
                f"{number}/",
                body,
                headline=headline,
                standfirst=standfirst,
                sections=(section,),
                section=section.name,
                published=None if headline == "Sans date" else instant(NOON - number * DAY),
            )
            for number, (headline, standfirst, body, section) in enumerate(TEXTS, 1)
        ]
        Crawl(made, NOON - 20 * DAY).store(*items)
        yield made
    engine.dispose()


def ids(conn: Connection, question: str, wanted: Filter | None = None, **options: object) -> list[int]:
    return [one.article_id for one in search(conn, parse(question), wanted, **options).hits]


@pytest.mark.parametrize(("question", "answers"), QUESTIONS)
def test_a_question_has_these_answers_in_this_order(conn: Connection, question: str, answers: list[int]):
    found = search(conn, parse(question))

    assert [one.article_id for one in found.hits] == answers
    assert found.count in (len(answers), None)  # None: PostgreSQL has walked and not counted
    assert found.more is False
    assert found.waiting == 0


def test_there_are_enough_questions():
    assert len({question for question, _ in QUESTIONS}) == len(QUESTIONS) >= 60


@pytest.mark.parametrize(
    ("wanted", "answers"),
    [
        (Filter(sections=("Monde",)), [1, 2]),
        (Filter(sections=("Monde", "Culture")), [1, 2, 5, 11]),
        (Filter(since=NOON - 2 * DAY), [1, 2]),
        (Filter(since=NOON - 2 * DAY + HOUR), [1]),
        (Filter(until=NOON - 2 * DAY), [2, 5]),
        (Filter(since=NOON - 2 * DAY, until=NOON - 2 * DAY), [2]),
        (Filter(since=NOON - 2 * DAY, until=NOON - 2 * DAY + timedelta(milliseconds=999)), [2]),
        (Filter(sections=("Culture",), since=NOON - 30 * DAY), [5]),
        (Filter(states=("removed",)), []),
        (Filter(site="essai"), [1, 2, 5, 11]),
    ],
)
def test_filters_leave_these_answers(conn: Connection, wanted: Filter, answers: list[int]):
    assert ids(conn, "terres rares", wanted) == answers


def test_pages_follow_one_another_without_gap_or_repetition(conn: Connection):
    whole = ids(conn, "les OR terres OR journal")
    assert len(whole) == 10

    for limit in (1, 2, 4, 10):
        pages = [search(conn, parse("les OR terres OR journal"), limit=limit, offset=at) for at in range(0, 10, limit)]
        assert [one.article_id for page in pages for one in page.hits] == whole
        assert [page.more for page in pages] == [True] * (len(pages) - 1) + [False]
    assert search(conn, parse("terres"), limit=5, offset=5).hits == []


def test_what_is_told_of_a_hit(conn: Connection):
    found = search(conn, parse('"chef d\'état"')).hits[0]

    assert (found.article_id, found.revision, found.site, found.state, found.section) == (
        2,
        1,
        "essai",
        "live",
        "Monde",
    )
    assert (found.url, found.published_at) == ("https://essai.test/2/", NOON - 2 * DAY)
    assert (found.captured_at, found.superseded_at, found.in_headline) == (NOON - 20 * DAY, None, False)
    assert [one.text for one in found.snippet if one.is_match] == ["Chef", "État"]
    assert (
        "".join(one.text for one in found.snippet) == "Chef d’État absent L’accord porte sur les terres rares du Kivu."
    )


@pytest.mark.parametrize(
    "question", ['"terres rares"', "minist* -administration", "headline:journal OR école", "rares"]
)
@pytest.mark.parametrize("history", [False, True])
def test_plain_sql_finds_the_same_texts_with_nothing_of_ours(conn: Connection, question: str, history: bool):
    statement = sql(conn, parse(question), Filter(sections=("Monde", "Culture")), limit=50, history=history)

    found = {row[3] for row in conn.connection.driver_connection.execute(statement).fetchall()}

    wanted = search(conn, parse(question), Filter(sections=("Monde", "Culture")), history=history)
    assert found == {one.url for one in wanted.hits} != set()


def test_the_recipes_of_the_documentation_find_terres_rares(conn: Connection):
    where = "article_search MATCH 'terr* rar*'" if conn.dialect.name == "sqlite" else "words @@ 'terr:* & rar:*'"
    place = "article_search.rowid" if conn.dialect.name == "sqlite" else "article_search.place"
    rows = conn.connection.driver_connection.execute(
        f"SELECT a.id FROM article_search JOIN search_texts t ON t.place = {place} "
        f"JOIN articles_current a ON a.id = t.article_id WHERE {where} ORDER BY t.place DESC LIMIT 20"
    ).fetchall()

    assert [row[0] for row in rows] == [1, 2, 5, 11]
