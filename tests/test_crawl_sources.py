"""Lists over many runs: who stood where, and sources that are cut, empty, stale or something else for a day."""

import re
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from foiscrawl.urls import url_key
from tests.crawling import accounting, crawl
from tests.newsroom import Article, Cut, Replace, Status, fetch
from tests.newsroom.faults import Exchange
from tests.newsroom.lists import read_lists
from tests.rehearsal import QUICK, Rehearsal, on_sqlite, rehearse

# --- Sightings ---------------------------------------------------------------------------------------------------


def standing(r: Rehearsal, place: str, section: str | None = None) -> list[str]:
    """Keys of the addresses that stand in a list now, by rank."""
    rows = r.ask(
        "SELECT url FROM section_fronts WHERE place = :place AND to_at IS NULL"
        " AND (section = :section OR CAST(:section AS text) IS NULL) ORDER BY page_url, rank",
        place=place,
        section=section,
    )
    return [url_key(row.url) for row in rows]


def newest(r: Rehearsal, section: str | None = None) -> list[str]:
    lists = read_lists(r.newsroom)
    return [url_key(r.newsroom.url(one)) for one in (lists.by_section[section] if section else lists.articles)]


def assert_as_printed(r: Rehearsal) -> None:
    """What the archive says stands in the lists is what the newsroom prints there."""
    assert standing(r, "ticker") == newest(r)[:8]
    assert standing(r, "feed") == newest(r)[:10]
    politics = newest(r, "politique")
    assert standing(r, "featured", "Politique") == politics[:3]
    assert standing(r, "listing", "Politique") == politics[3:15]
    assert standing(r, "front")[:5] == newest(r)[:5]  # the hero; below it stand articles of each section


def sighted(r: Rehearsal) -> int:
    return int(r.ask("SELECT count(*) FROM sightings")[0][0])


def test_sightings_follow_the_newsroom_from_run_to_run(database_url):
    with rehearse(database_url, same_second=1, oddities=("copy", "edited")) as r:
        r.crawl()
        first = sighted(r)
        assert_as_printed(r)

        for _ in range(3):
            r.clock.forward(hours=1)
            r.crawl()
        assert sighted(r) == first

        # One more article in one section moves each list that shows it by one, and no other.
        before = newest(r, "politique")[0]
        at = r.clock()
        r.clock.forward(hours=1)
        one = r.newsroom.publish("Une première", section="politique")
        r.crawl()
        added = sighted(r) - first
        assert_as_printed(r)
        assert 8 + 10 + 3 <= added < first

        # A section page that fails, the others and the front page being well, closes nothing.
        rule = r.server.faults.add("/category/politique/", Status(404))
        r.clock.forward(hours=1)
        r.newsroom.publish("Une seconde", section="politique")
        politics = standing(r, "listing", "Politique")
        r.crawl()
        assert rule.hits == 1
        assert standing(r, "listing", "Politique") == politics
        assert standing(r, "ticker") == newest(r)[:8]
        r.server.faults.clear()
        r.clock.forward(hours=25)
        r.crawl()
        assert_as_printed(r)

        # Who was first then? The last reading before the moment tells.
        (row,) = r.ask(
            "SELECT url, to_at FROM section_fronts WHERE place = 'featured' AND section = 'Politique' AND rank = 1"
            " AND from_at <= :at ORDER BY from_at DESC LIMIT 1",
            at=f"{at:%Y-%m-%dT%H:%M:%SZ}",
        )
        assert url_key(row.url) == before
        assert row.to_at is not None
        (later,) = r.ask(
            "SELECT url FROM section_fronts WHERE place = 'featured' AND section = 'Politique' AND rank = 1"
            " AND from_at <= :at ORDER BY from_at DESC LIMIT 1",
            at=f"{at + timedelta(hours=1, minutes=30):%Y-%m-%dT%H:%M:%SZ}",
        )
        assert url_key(later.url) == url_key(r.newsroom.url(one))


# --- Sources on bad days -------------------------------------------------------------------------------------------


@dataclass
class Stale:
    """Keeps serving what it was first asked to serve."""

    kept: dict[str, Any] = field(default_factory=dict)

    async def __call__(self, exchange: Exchange) -> Any:
        return exchange.send(self.kept.setdefault(str(exchange.request.rel_url), exchange.answer()))


@dataclass
class Third:
    """The newer two thirds of a list's entries are missing, and nothing shows it."""

    async def __call__(self, exchange: Exchange) -> Any:
        answer = exchange.answer()
        entries = re.findall(rb"<(?:url|entry)>.*?</(?:url|entry)>", answer.body, re.DOTALL)
        body = answer.body
        for one in entries[len(entries) // 3 :]:
            body = body.replace(one, b"")
        return exchange.send(replace(answer, body=body))


SOURCES = ("/post-sitemap.xml", "kind:feed")  # not its index, which goes on to tell when something changed
EMPTY = {
    "/post-sitemap.xml": Replace("<urlset></urlset>", content_type="text/xml"),
    "kind:feed": Replace("<feed xmlns='http://www.w3.org/2005/Atom'></feed>", content_type="text/xml"),
}
BLANK_LIST = Replace("<html><body class='archive category'><main></main></body></html>")


def publish(r: Rehearsal) -> list[Article]:
    """One that every list names first, and one so old that sitemaps alone name it where one would find it."""
    r.clock.forward(hours=1)
    at = r.clock() - timedelta(days=6)
    return [r.newsroom.publish(section="actualites"), r.newsroom.publish(section="actualites", at=at)]


def bad_run(r: Rehearsal, faults: dict[str, Any]) -> dict[str, Any]:
    """A run in which these sources answer so and section pages are blank."""
    for on, fault in faults.items():
        r.server.faults.add(on, fault)
    r.server.faults.add("kind:listing", BLANK_LIST)
    ended = crawl(f"{r.server.url}/", r.database_url, settings=QUICK, env={"FOISCRAWL_NOW": r.clock().isoformat()})
    r.server.faults.clear()
    r.clock.forward(hours=1)
    assert ended.code in (0, 3), ended.err
    told = accounting(r.database_url)
    return told | {"reason": r.ask("SELECT reason FROM runs WHERE id = :id", id=told["run_id"])[0].reason}


@on_sqlite
def test_sources_on_bad_days_remove_nothing_and_nothing_is_missed_after_the_next_good_run(database_url):
    with rehearse(
        database_url, articles=60, days=20, page_size=2, rest="404", oddities=("copy", "edited", "backdated")
    ) as r:
        for _ in range(3):
            publish(r)
            r.crawl()
        stale = Stale()
        for path in ("/sitemap_index.xml", "/post-sitemap.xml", "/feed/atom/"):
            rule = r.server.faults.add(path, stale)
            fetch(r.server.url + path)
            r.server.faults.remove(rule)
        reasons = {}
        for name, faults in {
            "cut": dict.fromkeys(SOURCES, Cut(0.6, "matching")),
            "third": dict.fromkeys(SOURCES, Third()),
            "empty": EMPTY,
            "html": dict.fromkeys(SOURCES, Replace("<html><body>Un instant</body></html>")),
            "500": dict.fromkeys(SOURCES, Status(500)),
            "stale": dict.fromkeys(("kind:sitemap", "kind:feed"), stale),
        }.items():
            known = r.archived()
            fresh, old = publish(r)
            reasons[name] = bad_run(r, faults)["reason"]
            assert known.keys() <= r.archived().keys()
            assert url_key(r.newsroom.url(old)) not in r.archived(), f"{name}: the day was not bad enough"

            r.crawl()
            assert r.archived().keys() == r.public().keys(), name
            assert {row["state"] for row in r.archived().values()} == {"live"}
        feed, child = f"{r.server.url}/feed/atom/", f"{r.server.url}/post-sitemap.xml"
        assert f"the feed {feed} lists 3 entries, 10 as a rule" in reasons["third"]
        assert re.search(rf"the sitemap {re.escape(child)} lists \d+ entries, \d+ as a rule", reasons["third"])
        assert f"the feed {feed} lists nothing" in reasons["empty"]
        assert fresh
