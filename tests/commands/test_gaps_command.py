"""`foiscrawl gaps` against the newsroom's truth, and as a person meets it."""

import json
from datetime import timedelta
from typing import Any

import pytest

from foiscrawl.urls import url_key
from tests.crawling import QUICK, SCRAPY, Ended, ask, environment, run
from tests.newsroom import Status, truth_of
from tests.rehearsal import Rehearsal, on_sqlite, rehearse

SECTIONS_AND_DAYS = "SELECT section, day, seen, stored, refused, failed, gone, no_article, left_aside, missing FROM "


def gaps(rehearsal: Rehearsal, *words: str) -> Ended:
    settings = [word for name, value in QUICK.items() for word in ("-s", f"{name}={value}")]
    now = {"FOISCRAWL_NOW": rehearsal.clock().isoformat()}
    ended = run([SCRAPY, "gaps", "francaisfois", *words, *settings], environment(rehearsal.database_url, **now))
    rehearsal.clock.forward(minutes=2)
    return ended


def told(ended: Ended) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(ended.out)
    return found


def assert_closes(rehearsal: Rehearsal, found: dict[str, Any]) -> None:
    """The sums are those of coverage_by_day, and in all the articles that were ever told of."""
    view = {(row.section, row.day): dict(row._mapping) for row in rehearsal.ask(f"{SECTIONS_AND_DAYS} coverage_by_day")}
    assert {(day["section"], day["day"]): day for day in found["days"]} == view
    assert found["seen"] == sum(found["totals"].values()) == sum(day["seen"] for day in found["days"])


def states(found: dict[str, Any]) -> dict[str, set[str]]:
    """State -> keys of the addresses that are not stored."""
    by_state: dict[str, set[str]] = {}
    for one in found["not_stored"]:
        by_state.setdefault(one["state"], set()).add(url_key(one["url"]))
    return by_state


def test_gaps_tell_the_newsrooms_truth_and_fetch_brings_what_is_missing(database_url):
    with rehearse(database_url, articles=60, days=80) as r:
        home, start = f"home={r.server.url}/", r.clock()
        broken, dead = r.plain()[0], r.plain()[1]
        r.server.faults.add(r.newsroom.path(broken), Status(500))
        r.newsroom.remove(dead, 410, still_listed=True)
        truth = truth_of(r.newsroom)
        key = {number: url_key(one.url) for number, one in truth.items()}
        protected = {key[number] for number, one in truth.items() if one.kind == "protected"}
        old = {key[number] for number, one in truth.items() if one.modified < start - timedelta(days=30)}
        r.crawl()

        ended = gaps(r, "--json", "--list")
        found = told(ended)
        expected = {"failed": {key[broken.id]}, "gone": {key[dead.id]}, "left_aside": old, "refused": protected - old}
        assert states(found) == {state: keys for state, keys in expected.items() if keys}
        assert (ended.code, ended.err, found["complete"], found["seen"]) == (3, "", False, 60)
        assert found["totals"]["stored"] == len(r.ask("SELECT id FROM articles"))
        assert_closes(r, found)
        assert found["sentence"].startswith(
            f"The site has told of 60 articles: {found['totals']['stored']} are stored, "
        )
        assert found["sentence"].endswith("Missing: 1 failed.")
        (failed,) = [one for one in found["not_stored"] if one["state"] == "failed"]
        assert (failed["reason"], failed["found_in"]) == ("http_500", "front")
        assert failed["next"] == "the next run asks for it"  # a minute after the failure

        # The newsroom is mended; what failed is due and what was left aside is not.
        r.server.faults.clear()
        ended = gaps(r, "--fetch", "-a", home)
        assert ended.code == 0, ended.out + ended.err
        assert "Missing: 1 failed.\nGoing after 1 address.\n" in ended.out
        assert "Of 1 address gone after: 1 stored.\n" in ended.out
        assert ended.out.count("Nothing is missing.") == 1
        assert gaps(r).code == 0

        # Two weeks of what was left aside.
        since, until = start - timedelta(days=60), start - timedelta(days=46)
        dates = f"--since={since:%Y-%m-%dT%H:%M:%S+00:00}", f"--until={until:%Y-%m-%dT%H:%M:%S+00:00}"
        ended = gaps(r, *dates, "--fetch", "--json", "-a", home)
        found = told(ended)
        within = {url_key(one["url"]) for one in found["fetched"]}
        # Of some the sitemap alone has told, which knows the last change and not the day of publication.
        certain = {key[number] for number, one in truth.items() if since <= one.published <= until}
        assert certain & old <= within <= {key[number] for number, one in truth.items() if one.modified >= since} & old
        assert {one["outcome"] for one in found["fetched"] if url_key(one["url"]) not in protected} == {"stored"}
        assert ended.code == 0
        assert told(gaps(r, "--json"))["totals"]["left_aside"] == len(old - within)
        assert gaps(r, "--all").code == 3

        # And all of it.
        found = told(gaps(r, "--all", "--fetch", "--json", "--list", "-a", home))
        assert states(found) == {"gone": {key[dead.id]}, "refused": protected}
        assert found["complete"]
        assert set(r.archived()) == {key[number] for number in truth} - protected - {key[dead.id]}
        assert_closes(r, found)
        assert found["declared"] is None

        # A back-fill learns what the site declares.
        r.crawl("mode=backfill")
        ended = gaps(r, "--json", "--all")
        found = told(ended)
        assert (ended.code, found["complete"]) == (0, True)
        assert {name: found["declared"][name] for name in ("total", "listed", "unlisted")} == {
            "total": 59, "listed": 59, "unlisted": 0,
        }  # fmt: skip
        assert found["sentence"].startswith("The site declared 59 posts on 2026-11-20 and has told of 60 articles: ")
        unknown = {n for first, last in found["numbers"]["ranges"] for n in range(first, last + 1)}
        assert unknown == set(range(min(truth), max(truth) + 1)) - set(truth)
        assert found["numbers"]["unknown"] == len(unknown)


@on_sqlite
def test_gaps_by_section_for_people(database_url):
    with rehearse(database_url, articles=24, days=10) as r:
        broken = r.newsroom.publish("Un titre cassé", section="high-tech")
        r.server.faults.add(r.newsroom.path(broken), Status(404))
        r.crawl()

        ended = gaps(r, "--section", "high-tech", "--list")
        assert ended.code == 0
        first, _, header, row, *rest = ended.out.splitlines()
        assert first.startswith("Of High-Tech the site has told of ")
        assert first.endswith(", 1 gone (http_404). Nothing is missing.")
        assert header.split()[:3] == ["section", "day", "(UTC)"]
        assert row.split()[:2] == ["High-Tech", "2026-11-20"]
        assert f"gone (http_404): {r.newsroom.url(broken)}" in rest
        assert rest[-1].startswith("    found in front, last tried 2026-11-20T12:00:0")

        complaint = "no article stands in a section polytique; did you mean Politique?"
        assert complaint in gaps(r, "--section", "polytique").err
        assert gaps(r, "--until", "2026-11-01").out.startswith(
            "Until 2026-11-01T22:59Z the site has told of 0 articles"
        )


SITE = ["gaps", "francaisfois"]


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["gaps"], "name one site"),
        (["gaps", "francaisfoi"], "there is no site francaisfoi; did you mean francaisfois?"),
        ([*SITE, "--since", "hier"], "since=hier is no date; it must look like 2026-11-23"),
        ([*SITE, "--since", "2026-11-03", "--until", "2026-11-02"], "since=2026-11-03 lies after until=2026-11-02"),
        ([*SITE, "-a", "home=http://127.0.0.1/"], "-a is for the run of --fetch"),
        ([*SITE, "--fetch", "-a", "since=2026-11-02"], "-a since= is not for gaps; use --since"),
        ([*SITE, "--fetch", "-a", "sections=a"], "-a sections= is not for gaps; use --section"),
        ([*SITE, "--fetsch"], "unknown option --fetsch"),
        (SITE, "this archive holds nothing of francaisfois yet: crawl it first"),
    ],
)
@on_sqlite
def test_wrong_use_is_told_in_one_line(database_url, words, complaint):
    ended = run([SCRAPY, *words], environment(database_url))

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith(f"foiscrawl: {complaint}")
    assert ended.err.count("\n") == 1
    assert ask(database_url, "SELECT count(*) FROM runs")[0][0] == 0


def test_without_an_archive_there_is_nothing_to_compare(tmp_path):
    ended = run([SCRAPY, *SITE], environment(f"sqlite:///{tmp_path}/none.db"))

    assert ended.code == 2
    assert "there is no archive at" in ended.err
    assert not (tmp_path / "none.db").exists()
