"""Which articles a filter means, on both databases."""

from datetime import datetime

import pytest
from sqlalchemy import Connection, Engine, and_, select

from foiscrawl.items import Term
from foiscrawl.storage.filters import Filter, UnknownName, conditions, resolve
from foiscrawl.storage.models import articles, revisions
from tests.storage.making import DAY, NOON, Crawl, article, instant


@pytest.fixture
def conn(engine: Engine) -> Connection:
    """Articles 1 to 4: two in Économie, one of them by Zoé, two days apart; one without a date."""
    economy, culture = Term("Économie", "economie-finances"), Term("Culture", "culture")
    with engine.connect() as made:
        Crawl(made).store(
            article("un/", "texte un", sections=(economy,), authors=("Zoé Le Gall",), published=instant(NOON)),
            article("deux/", "texte deux", sections=(culture, economy), published=instant(NOON - DAY)),
            article("trois/", "texte trois", sections=(culture,), published=instant(NOON - 2 * DAY)),
            article("quatre/", "texte quatre", authors=("Rédaction",)),
        )
        yield made


def found(conn: Connection, wanted: Filter) -> list[int]:
    current = and_(revisions.c.article_id == articles.c.id, revisions.c.number == articles.c.revision_count)
    asked = select(articles.c.id).join(revisions, current).where(*conditions(resolve(conn, wanted)))
    return sorted(conn.execute(asked).scalars())


def since(moment: datetime) -> Filter:
    return Filter(since=moment)


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        (Filter(), [1, 2, 3, 4]),
        (Filter(sections=("Économie",)), [1, 2]),
        (Filter(sections=("economie",)), [1, 2]),
        (Filter(sections=("economie-finances",)), [1, 2]),
        (Filter(sections=("ECONOMIE", "culture")), [1, 2, 3]),
        (Filter(authors=("zoe le gall",)), [1]),
        (Filter(sections=("culture",), authors=("Zoé Le Gall",)), []),
        (since(NOON - DAY), [1, 2]),
        (Filter(until=NOON - DAY), [2, 3]),
        (Filter(since=NOON - DAY, until=NOON - DAY), [2]),
        (Filter(states=("live", "removed")), [1, 2, 3, 4]),
        (Filter(states=("withdrawn",)), []),
        (Filter(site="essai"), [1, 2, 3, 4]),
    ],
)
def test_a_filter_means_these_articles(conn: Connection, wanted: Filter, ids: list[int]):
    assert found(conn, wanted) == ids


@pytest.mark.parametrize(
    ("wanted", "kind", "known"),
    [
        (Filter(sections=("Cultur",)), "section", ["Culture", "Économie"]),
        (Filter(sections=("-",)), "section", ["Culture", "Économie"]),
        (Filter(authors=("Zoé",)), "author", ["Rédaction", "Zoé Le Gall"]),
        (Filter(states=("lve",)), "state", ["live", "suspected", "removed", "withdrawn"]),
        (Filter(site="esai"), "site", ["essai"]),
    ],
)
def test_a_name_that_the_archive_does_not_hold_is_refused(
    conn: Connection, wanted: Filter, kind: str, known: list[str]
):
    with pytest.raises(UnknownName, match=f"no {kind} ") as refusal:
        resolve(conn, wanted)
    assert refusal.value.known == known


def test_what_was_asked_for_can_be_told(conn: Connection):
    wanted = resolve(conn, Filter(sections=("economie",), since=NOON))
    assert wanted.told() == {"sections": ["Économie"], "since": NOON.strftime("%Y-%m-%dT%H:%M:%SZ")}
