"""Redesigns and bad days: what a run sees of known articles is held until it can be believed, and then mended."""

import signal
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from foiscrawl.site import Layout, Site, load_site
from foiscrawl.storage import reextraction
from foiscrawl.storage.rereadings import Reread
from tests.crawling import (
    QUICK,
    SCRAPY,
    Ended,
    ask,
    assert_settled,
    capture_folder,
    crawling,
    end,
    environment,
    run,
    wait_until,
)
from tests.newsroom import Newsroom, serve
from tests.newsroom.faults import Exchange
from tests.newsroom.options import LAYOUTS, ODDITIES
from tests.rehearsal import Rehearsal, rehearse

BODY = '<div class="post-content cf entry-content content-spacious">'
# The body moves into an element that no layout knows, and where it stood there is the same advertisement everywhere.
DECOY = '<div class="post-content cf entry-content">' + "<p>Abonnez vous à nos offres de saison sans tarder.</p>" * 30
DECOY += '</div><div class="relooked">'


@dataclass
class Redesigned:
    """A fault of the newsroom: article pages in a theme that our layouts misread."""

    async def __call__(self, exchange: Exchange) -> Any:
        answer = exchange.answer()
        return exchange.send(replace(answer, body=answer.body.replace(BODY.encode(), DECOY.encode())))


def with_new_layout(site: Site) -> Site:
    """The site file with one more [[layout]] block."""
    old = next(one for one in site.layouts if one.name == "smartmag-cover")
    new = replace(old, name="redesign", match=".relooked", body=("css:.relooked",))
    assert isinstance(new, Layout)
    return replace(site, layouts=(new, *site.layouts))


def foiscrawl(here: Rehearsal, *words: str) -> Ended:
    now = {"FOISCRAWL_NOW": here.clock().isoformat()}
    return run([SCRAPY, *words], environment(here.database_url, **now))


def degraded(here: Rehearsal, *arguments: str) -> str:
    """Run a crawl that ends degraded. Gives its reason."""
    now = {"FOISCRAWL_NOW": here.clock().isoformat()}
    words = [SCRAPY, "crawl", "francaisfois", "-a", f"home={here.server.url}/"]
    for one in arguments:
        words += ["-a", one]
    for name, value in QUICK.items():
        words += ["-s", f"{name}={value}"]
    here.server.forget()
    ended = run(words, environment(here.database_url, **now))
    here.clock.forward(minutes=2)
    assert ended.code == 3, ended.out + ended.err
    assert_settled(here.database_url)
    return str(here.ask("SELECT reason FROM runs ORDER BY id DESC LIMIT 1")[0][0])


def alarms(here: Rehearsal) -> list[Any]:
    return here.ask("SELECT kind, subject, decision FROM alarms ORDER BY id")


def held(here: Rehearsal) -> dict[tuple[str, str], int]:
    rows = here.ask("SELECT reason, state, count(*) AS n FROM held_changes GROUP BY reason, state")
    return {(row.reason, row.state): row.n for row in rows}


def reextract(
    here: Rehearsal, site: Site, *, apply: bool, processes: int = 1
) -> tuple[list[Reread], reextraction.Done]:
    found: list[Reread] = []
    wanted = reextraction.Wanted(here.database_url, capture_folder(here.database_url), site, processes)
    now = here.clock()
    if apply:
        done = reextraction.apply(wanted, now, lambda some, _: found.extend(some), 10.0)
    else:
        done = reextraction.preview(wanted, now, lambda some, _: found.extend(some))
    return found, done


def test_every_stored_page_reads_again_as_the_crawl_read_it_and_a_preview_writes_nothing(database_url: str):
    with rehearse(database_url, articles=72, oddities=ODDITIES, noise=True) as here:
        for place, one in enumerate(here.newsroom.articles.values()):
            one.layout = LAYOUTS[place % len(LAYOUTS)]
        here.newsroom.changed()
        here.crawl()
        here.clock.forward(hours=30)
        here.crawl("recheck=all")
        before = here.tables()

        ended = foiscrawl(here, "reextract", "francaisfois", "--processes", "2")

        assert (ended.code, ended.err) == (0, "")
        stored = here.ask("SELECT count(*) FROM revisions")[0][0]
        assert f"{stored} texts were read again: 0 differ\n" in ended.out, ended.out
        assert "stay as they are" not in ended.out
        assert ended.out.endswith("nothing was written; --apply keeps it\n")
        assert here.tables() == before
        assert foiscrawl(here, "reextract", "francaisfois", "--apply", "--processes", "1").code == 0
        assert here.tables() == before
        assert here.ask("SELECT count(*) FROM rereadings") == [(0,)]
        assert {row.layout for row in here.ask("SELECT DISTINCT layout FROM revisions")} >= {
            "smartmag-large",
            "generic",
        }


def test_a_redesign_in_the_same_words_makes_no_revision_and_one_alarm(database_url: str):
    with rehearse(database_url, articles=24, oddities=(), layout="cover") as here:
        here.crawl()
        here.newsroom.redesign("modern")
        for _ in range(2):
            here.clock.forward(days=1)
            assert here.crawl("recheck=all")["revised"] == 0
            assert list(here.outcomes().values()) == ["unchanged"] * 24
        listed = foiscrawl(here, "review")
        foiscrawl(here, "review", "1", "--discard")

    assert here.ask("SELECT count(*) FROM revisions") == [(24,)]
    assert "alarm 1, layout, francaisfois" in listed.out
    assert alarms(here) == [("layout", "smartmag-modern", "discarded")]


def test_a_redesign_that_is_misread_revises_nothing_and_a_layout_block_mends_all(database_url: str):
    with rehearse(database_url, articles=40, oddities=(), layout="cover") as here:
        here.crawl()
        before = here.ask("SELECT * FROM revisions ORDER BY id")
        here.server.faults.add("kind:article", Redesigned())
        here.clock.forward(hours=2)
        edited, new = here.plain()[3], here.newsroom.publish()
        here.newsroom.edit(edited, "body")
        reason = degraded(here, "recheck=all")
        assert "changed although no list had announced it" in reason
        assert reason.endswith("see foiscrawl review")
        looked = len([one for one in here.server.paths() if one in {here.newsroom.path(a) for a in here.plain()}])
        assert looked <= 30  # hopeless after ten, and what was in hand by then
        here.clock.forward(hours=2)
        degraded(here, "recheck=all")  # joins

        assert alarms(here) == [("mass_change", None, None)]
        assert here.ask("SELECT * FROM revisions ORDER BY id")[:-1] == before
        assert set(held(here)) == {("mass_change", "held")}
        listed = foiscrawl(here, "review")
        assert "alarm 1, mass_change, francaisfois" in listed.out
        shown = foiscrawl(here, "review", "1", "--show")
        assert "{+Abonnez" in shown.out

        site = with_new_layout(load_site("francaisfois"))
        found, done = reextract(here, site, apply=False)
        assert {one.revision_id for one in found if one.before} == {len(before) + 1}  # the new one was misread as well
        assert (len(done.plan.apply), done.plan.doubtful, done.plan.unread, done.plan.close) == (
            sum(held(here).values()),
            0,
            0,
            [1],
        )
        reextract(here, site, apply=True, processes=2)

        assert alarms(here) == [("mass_change", None, "released")]
        assert {state for _, state in held(here)} == {"discarded", "applied"}
        revised = here.ask("SELECT * FROM revisions ORDER BY id")
        assert revised[: len(before)] == before
        texts = {row.source_id: row for row in here.ask("SELECT source_id, body_text FROM articles_current")}
        assert not [one for one in texts.values() if "Abonnez" in one.body_text]
        assert str(new.id) in texts
        assert [(row.number, row.layout) for row in here.revisions(edited)] == [(1, "smartmag-cover"), (2, "redesign")]
        assert len(revised) == len(before) + 2
        (kept,) = here.ask("SELECT * FROM rereadings")
        assert (kept.from_layout, kept.to_layout) == ("smartmag-cover", "redesign")
        assert here.ask("SELECT count(*) FROM fetches WHERE outcome = 'quarantined'") == [(0,)]
        assert foiscrawl(here, "verify").code == 0


def test_more_than_a_fifth_edited_without_a_word_is_held_and_released_or_discarded(database_url: str):
    with rehearse(database_url, articles=40, oddities=()) as here:
        here.crawl()
        for one in here.plain()[:12]:
            here.newsroom.edit(one, "body", silently=True)
        here.clock.forward(days=1)
        reason = degraded(here, "recheck=all")
        assert reason.startswith("12 of ")
        assert held(here) == {("mass_change", "held"): 12}

        again = foiscrawl(here, "review", "1", "--release")
        assert again.out == "alarm 1 released: 12 revisions, 0 read like the stored text\n"
        assert held(here) == {("mass_change", "applied"): 12}
        assert [len(here.revisions(one)) for one in here.plain()] == [2] * 12 + [1] * 28
        assert {row.kind for one in here.plain()[:12] for row in here.revisions(one)[1:]} == {"body"}
        twice = foiscrawl(here, "review", "1", "--release")
        assert (twice.code, twice.err) == (2, "foiscrawl: alarm 1 was released before\n")

        for one in here.plain()[12:30]:
            here.newsroom.edit(one, "letter", silently=True)
        here.clock.forward(days=1)
        degraded(here, "recheck=all")
        meant = foiscrawl(here, "review", "13", "--discard")
        assert (meant.code, meant.err) == (2, "foiscrawl: there is no alarm 13; did you mean --change 13?\n")
        one = foiscrawl(here, "review", "--change", "13", "--discard")
        assert one.out == "change 13 discarded: 1 changes are not believed; their captures stay\n"
        gone = foiscrawl(here, "review", "2", "--discard")
        assert gone.out.startswith("alarm 2 discarded: ")
        assert [len(here.revisions(one)) for one in here.plain()] == [2] * 12 + [1] * 28
        assert foiscrawl(here, "review").out == "nothing is held\n"
        assert here.ask("SELECT count(*) FROM captures c JOIN held_changes h ON h.fetch_id = c.fetch_id")[0][0] > 12
        assert_settled(database_url)


def test_a_run_killed_between_seeing_and_applying_loses_nothing_and_applies_nothing_twice(database_url: str):
    with serve(Newsroom(articles=30, days=10, oddities=()), latency=0.005) as server:
        home = f"{server.url}/"
        newsroom = server.newsroom
        here = Rehearsal(server, newsroom, _Clock(), database_url)
        here.crawl()
        edited = here.plain()[::5]
        for one in edited:
            newsroom.edit(one, "body", silently=True)
        env = {"FOISCRAWL_NOW": here.clock.forward(days=1).isoformat()}
        seen = "SELECT count(*) FROM held_changes WHERE state = 'waiting'"
        with crawling(home, database_url, "recheck=all", env=env) as process:
            wait_until(lambda: ask(database_url, seen)[0][0] >= 2 or process.poll() is not None)
            process.kill()
            ended = end(process)
        assert ended.code == -signal.SIGKILL, ended.err
        waiting = ask(database_url, seen)[0][0]
        assert [len(here.revisions(one)) for one in edited] == [1] * 6

        here.clock.forward(hours=1)
        here.crawl("recheck=none")
        assert sum(len(here.revisions(one)) - 1 for one in edited) == waiting
        here.clock.forward(days=1)
        here.crawl("recheck=all")

        assert [len(here.revisions(one)) for one in edited] == [2] * 6
        assert here.ask("SELECT count(*) FROM revisions") == [(36,)]
        assert_settled(database_url)


class _Clock:
    """The real clock and what it was put forward by, since the newsroom of that test has no other."""

    def __init__(self) -> None:
        self._shift = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._shift

    def forward(self, **by: float) -> datetime:
        self._shift += timedelta(**by)
        return self()
