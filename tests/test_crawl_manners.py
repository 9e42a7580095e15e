"""Politeness, counted in the server's own log: gaps, pauses, robots.txt, reservations, how we introduce ourselves."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise

import pytest
from aiohttp import web

from foiscrawl import __version__
from tests.crawling import QUICK, accounting, article_fetches, ask, assert_settled, change, crawl
from tests.newsroom import Header, Never, Newsroom, Redirect, Replace, Reset, Server, Status, serve
from tests.newsroom.answer import Answer
from tests.newsroom.faults import Exchange, Fault

POLICIES = {"/robots.txt", "/.well-known/tdmrep.json"}
ALONE = {**QUICK, "CONCURRENT_REQUESTS": "1"}
LATE = 0.03  # seconds by which the server's log may see two requests closer together than they were sent


def small(articles: int = 3) -> Newsroom:
    return Newsroom(articles=articles, days=20, oddities=())


def politics() -> Newsroom:
    """Four articles in one section, so that a crawl of that section is short."""
    newsroom = small(0)
    for _ in range(4):
        newsroom.publish(section="politique")
    return newsroom


def gaps(server: Server) -> list[float]:
    return [after.started - before.started for before, after in pairwise(server.requests)]


def assert_gap(server: Server, least: float) -> None:
    """The first request also waits for its connection, so that the server sees it later than it was sent."""
    first, *others = gaps(server)
    assert first >= least - 0.1
    assert min(others) >= least - LATE


def pages(server: Server) -> list[str]:
    return [one for one in server.paths() if one not in POLICIES]


def first_path(server: Server, place: int = 0) -> str:
    return server.newsroom.path(list(server.newsroom.articles.values())[place])


@dataclass
class InHead:
    """The right page with one more element in its head."""

    markup: str

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        answer = exchange.answer()
        body = answer.body.replace(b"</head>", self.markup.encode() + b"</head>", 1)
        return exchange.send(Answer(answer.status, body, answer.content_type, answer.headers))


# --- pace ----------------------------------------------------------------------------------------------------------


def test_by_default_one_request_at_a_time_and_never_closer_than_the_delay(archive):
    settings = {"DOWNLOAD_DELAY": "0.2", "AUTOTHROTTLE_START_DELAY": "0.2"}
    with serve(politics(), latency=0.01) as server:
        ended = crawl(f"{server.url}/", archive, "sections=politique", settings=settings)

    assert ended.code == 0, ended.err
    assert len(server.requests) >= 5
    assert_gap(server, 0.2)
    assert server.most_in_flight == 1
    assert_settled(archive)


@pytest.mark.parametrize("for_one_host", ["4", "16"])
def test_with_a_delay_of_zero_the_cap_still_holds(for_one_host, archive):
    settings = {**QUICK, "DOWNLOAD_DELAY": "0", "CONCURRENT_REQUESTS_PER_DOMAIN": for_one_host}
    with serve(small(24), latency=0.05) as server:
        crawl(f"{server.url}/", archive, settings=settings)

    assert server.most_in_flight == 4
    assert_settled(archive)


@pytest.mark.parametrize("throttle", ["True", "False"])
def test_crawl_delay_is_the_least_gap_also_when_the_site_is_fast(throttle, archive):
    settings = {**ALONE, "AUTOTHROTTLE_ENABLED": throttle, "AUTOTHROTTLE_START_DELAY": "0.01"}
    with serve(politics()) as server:
        server.newsroom.robots_rules = "User-agent: *\nCrawl-delay: 0.3\nDisallow: /wp-admin/\n"
        crawl(f"{server.url}/", archive, "sections=politique", settings=settings)

    assert server.paths()[:3] == ["/robots.txt", "/.well-known/tdmrep.json", "/"]
    assert len(server.requests) >= 5
    assert_gap(server, 0.3)
    assert_settled(archive)


def test_429_without_a_time_doubles_the_gap_each_time(archive):
    settings = {**ALONE, "DOWNLOAD_DELAY": "0.05"}
    with serve(small(12)) as server:
        server.faults.add("kind:article", Status(429), times=3, every=2)
        crawl(f"{server.url}/", archive, settings=settings)

    refused = [place for place, one in enumerate(server.requests) if one.status == 429]
    assert len(refused) == 3
    for place, least in zip(refused, (0.1, 0.2, 0.4), strict=True):
        assert min(gaps(server)[place : place + 2]) >= least - LATE
    assert min(gaps(server)[refused[-1] :]) >= 0.4 - LATE
    assert len(article_fetches(archive)) == 12
    assert_settled(archive)


# --- Retry-After ---------------------------------------------------------------------------------------------------


@dataclass
class Busy:
    """503 until a date so many seconds from now."""

    seconds: float
    until: datetime | None = None

    async def __call__(self, exchange: Exchange) -> web.StreamResponse:
        self.until = (datetime.now(UTC) + timedelta(seconds=self.seconds)).replace(microsecond=0)
        return exchange.send(Answer(503, b"", "text/html", {"Retry-After": format_datetime(self.until, usegmt=True)}))


@pytest.mark.parametrize("code", [429, 503])
def test_nothing_is_sent_before_the_seconds_that_the_site_asks_for(code, archive):
    with serve(small(6)) as server:
        server.faults.add("kind:article", Status(code, "3"), times=1)
        ended = crawl(f"{server.url}/", archive, settings=ALONE)

    place = next(place for place, one in enumerate(server.requests) if one.status == code)
    assert gaps(server)[place] >= 3 - LATE
    assert ended.code == 0, ended.err
    assert accounting(archive)["stored"] == 6
    assert_settled(archive)


def test_nothing_is_sent_before_the_date_that_the_site_asks_for(archive):
    busy = Busy(4)
    with serve(politics()) as server:
        server.faults.add("kind:home", busy, times=1)
        crawl(f"{server.url}/", archive, "sections=politique", settings=ALONE)

    _, second = [one for one in server.requests if one.path == "/"]
    assert busy.until is not None
    assert second.at >= busy.until - timedelta(seconds=LATE)
    assert_settled(archive)


def test_a_time_that_makes_no_sense_leaves_us_our_own_pause(archive):
    past = format_datetime(datetime.now(UTC) - timedelta(days=1), usegmt=True)
    odd = [past, "-5", "abc", "Mon, 01 Jan 2029 00:00:00 +99999999999999", ""]
    with serve(small(12)) as server:
        for place, raw in enumerate(odd):
            server.faults.add(first_path(server, place), Status(503, raw), times=1)
        ended = crawl(f"{server.url}/", archive)

    ask_again = [
        after.started - before.started
        for place in range(len(odd))
        for before, after in [[one for one in server.requests if one.path == first_path(server, place)]]
    ]
    assert min(ask_again) >= 0.2 - LATE
    assert max(ask_again) < 5
    assert ended.code == 0, ended.err
    assert_settled(archive)


def test_ten_years_end_the_run_and_the_next_ones_keep_away_for_a_day_at_most(archive):
    start = datetime.now(UTC)
    with serve(small(6)) as server:
        rule = server.faults.add("kind:article", Status(503, str(10 * 365 * 86400)))
        first = crawl(f"{server.url}/", archive, settings=ALONE)
        sent = len([one for one in server.requests if one.status == 503])
        server.forget()
        second = crawl(f"{server.url}/", archive, settings=ALONE)
        died = "INSERT INTO runs (site_id, mode, arguments, started_at, heartbeat_at, outcome, skipped, versions) "
        change(
            archive,
            died + "SELECT site_id, mode, arguments, started_at, heartbeat_at, 'running', '{}', '{}' FROM runs LIMIT 1",
        )
        third = crawl(f"{server.url}/", archive, settings=ALONE)
        asleep = list(server.requests)
        server.faults.remove(rule)
        awake = crawl(f"{server.url}/", archive, env={"FOISCRAWL_NOW": (start + timedelta(hours=26)).isoformat()})

    assert (first.code, second.code, third.code, awake.code) == (3, 3, 3, 0)
    assert sent == 1
    assert asleep == []
    told = ask(archive, "SELECT outcome, resume_at FROM runs ORDER BY id")
    assert [one.outcome for one in told] == ["degraded", "degraded", "crashed", "degraded", "done"]
    kept = datetime.fromisoformat(told[0].resume_at)
    assert timedelta(hours=23.9) < kept - start < timedelta(hours=24.1)
    assert [one.resume_at for one in told] == [told[0].resume_at, told[0].resume_at, None, told[0].resume_at, None]
    assert accounting(archive)["stored"] == 6
    assert_settled(archive)


# --- robots.txt ------------------------------------------------------------------------------------------------------

FORBID = "User-agent: *\nDisallow: /\n"
LONG = "# filler of a line that says nothing at all\n" * 14_000  # 600 KiB
PLAIN = "text/plain"


def text_file(body: str | bytes) -> Replace:
    return Replace(body, content_type=PLAIN)


@pytest.mark.parametrize(
    ("faults", "is_open"),
    [
        ([text_file(FORBID)], False),
        ([text_file("User-agent: foiscrawl\nDisallow: /\n\nUser-agent: *\nAllow: /\n")], False),
        ([text_file("User-agent: *\nDisallow: /\n\nUser-agent: foiscrawl\nAllow: /\n")], True),
        ([text_file("\ufeff" + FORBID)], False),
        ([text_file(FORBID + LONG)], False),
        ([Replace("<!DOCTYPE html><html><body>Erreur</body></html>")], True),
        ([Redirect("/autres-robots.txt", 301), ("/autres-robots.txt", text_file(FORBID))], False),
        ([Redirect("endless", 301)], True),
        ([Redirect("https://ailleurs.invalid/robots.txt")], False),
        ([Status(401)], True),
        ([Status(403)], True),
        ([Status(404)], True),
        ([Status(410)], True),
        ([Status(429)], False),
        ([Status(500)], False),
        ([Status(503)], False),
        ([Never()], False),
        ([Reset()], False),
    ],
    ids=[
        "forbids all", "forbids us", "allows us", "BOM", "600 KiB", "HTML", "moved once", "moved six times",
        "moved off the site", "401", "403", "404", "410", "429", "500", "503", "timeout", "reset",
    ],
)  # fmt: skip
def test_what_robots_txt_answers_decides_whether_any_page_is_asked_for(faults, is_open, archive):
    with serve(small(1)) as server:
        for one in faults:
            server.faults.add(*(one if isinstance(one, tuple) else ("/robots.txt", one)))
        ended = crawl(f"{server.url}/", archive, settings={**QUICK, "DOWNLOAD_TIMEOUT": "1"})

    found = set(pages(server)) - {"/autres-robots.txt"}
    assert bool(found) is is_open
    assert ended.code == (0 if is_open else 3)
    assert len(article_fetches(archive)) == (1 if is_open else 0)
    if not is_open:
        assert server.paths().count("/.well-known/tdmrep.json") == 0
    assert_settled(archive)


def test_robots_txt_moved_six_times_is_asked_for_six_times(archive):
    with serve(small(1)) as server:
        server.faults.add("/robots.txt", Redirect("endless", 301))
        crawl(f"{server.url}/", archive)

    assert server.paths().count("/robots.txt") == 6


def test_a_copy_of_robots_txt_serves_for_a_day_when_the_site_cannot_tell_and_no_longer(archive):
    start = datetime.now(UTC)
    with serve(small(4)) as server:
        secret = first_path(server)
        server.newsroom.robots_rules = f"User-agent: *\nDisallow: {secret}\n"
        crawl(f"{server.url}/", archive)
        server.faults.add("/robots.txt", Status(503))
        before = server.paths()
        server.forget()
        soon = crawl(f"{server.url}/", archive, env={"FOISCRAWL_NOW": (start + timedelta(hours=23)).isoformat()})
        by_copy = pages(server)
        server.forget()
        late = crawl(f"{server.url}/", archive, env={"FOISCRAWL_NOW": (start + timedelta(hours=25)).isoformat()})

    assert soon.code == 0, soon.err
    assert len(by_copy) >= 2
    assert secret not in before + by_copy
    assert late.code == 3
    assert server.paths() == ["/robots.txt"]
    (refused,) = ask(archive, "SELECT count(*) AS n FROM fetches WHERE outcome = 'refused' AND reason = 'robots'")
    assert refused.n >= 1
    assert_settled(archive)


def test_retry_after_on_robots_txt_is_kept_too(archive):
    with serve(small(1)) as server:
        server.faults.add("/robots.txt", Status(503, "7200"))
        first = crawl(f"{server.url}/", archive)
        second = crawl(f"{server.url}/", archive)

    assert (first.code, second.code) == (3, 3)
    assert server.paths() == ["/robots.txt"]


# --- wishes about keeping -----------------------------------------------------------------------------------------

ROBOTS_META = "<meta name='{}' content='{}'>"
KEPT = ("stored", None)

WISHES: list[tuple[Fault, tuple[str, str | None]]] = [
    (Header("X-Robots-Tag", "noarchive"), ("refused", "noarchive")),
    (Header("X-Robots-Tag", "foiscrawl: noarchive"), ("refused", "noarchive")),
    (Header("X-Robots-Tag", "otherbot: noarchive"), KEPT),
    (Header("X-Robots-Tag", "noindex, nofollow"), KEPT),
    (InHead(ROBOTS_META.format("robots", "noarchive")), ("refused", "noarchive")),
    (InHead(ROBOTS_META.format("ROBOTS", "index, NOARCHIVE")), ("refused", "noarchive")),
    (InHead(ROBOTS_META.format("foiscrawl", "noarchive")), ("refused", "noarchive")),
    (InHead(ROBOTS_META.format("otherbot", "noarchive")), KEPT),
    (Header("tdm-reservation", "1"), ("refused", "tdm_reserved")),
    (Header("tdm-reservation", "0"), KEPT),
    (Header("tdm-reservation", "2"), KEPT),
    (InHead(ROBOTS_META.format("tdm-reservation", "1")), ("refused", "tdm_reserved")),
    (InHead(ROBOTS_META.format("tdm-reservation", "0")), KEPT),
]


def test_what_the_site_does_not_want_kept_is_not_kept_and_the_reason_is(archive):
    with serve(small(20)) as server:
        expected = {}
        for place, (fault, outcome) in enumerate(WISHES):
            server.faults.add(first_path(server, place), fault)
            expected[first_path(server, place)] = outcome
        reserved = first_path(server, 19)
        server.newsroom.tdmrep = json.dumps([{"location": reserved, "tdm-reservation": 1}])
        crawl(f"{server.url}/", archive)

    found = {path: (row.outcome, row.reason) for path, row in article_fetches(archive).items()}
    assert {path: found[path] for path in expected} == expected
    assert found[reserved] == ("refused", "tdm_reserved")
    assert reserved not in server.paths()
    refused = sum(outcome[0] == "refused" for outcome in found.values())
    assert len(ask(archive, "SELECT id FROM articles_current")) == 20 - refused
    assert len(ask(archive, "SELECT id FROM revisions")) == 20 - refused
    raw = {row.url.removeprefix(server.url) for row in ask(archive, "SELECT url FROM captures")}
    assert {path: path in raw for path in expected} == {path: one == KEPT for path, one in expected.items()}
    assert_settled(archive)


# --- who we are --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["environment", "-s"])
def test_every_request_names_program_version_and_contact_and_carries_neither_cookie_nor_referer(by, archive):
    contact = "archives@example.fr"
    env = {"FOISCRAWL_CONTACT": contact} if by == "environment" else {}
    settings = QUICK if by == "environment" else {**QUICK, "FOISCRAWL_CONTACT": contact}
    with serve(small()) as server:
        server.faults.add("*", Header("Set-Cookie", "suivi=1; Path=/"))
        crawl(f"{server.url}/", archive, settings=settings, env=env)

    assert {"/robots.txt", "/.well-known/tdmrep.json", "/", first_path(server)} <= set(server.paths())
    assert {one.headers.get("User-Agent") for one in server.requests} == {f"foiscrawl/{__version__} (+{contact})"}
    assert not any({"Cookie", "Referer", "Authorization"} & set(one.headers) for one in server.requests)
    assert {one.method for one in server.requests} == {"GET"}
    assert_settled(archive)
