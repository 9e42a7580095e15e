"""Articles that disappear, come back, move or lose their address, and sites that are merely unwell: whole crawls."""

import re
import shutil
from typing import Any

from tests.crawling import FOISCRAWL, accounting, ask, environment, run
from tests.newsroom import Article
from tests.newsroom.faults import Replace, Status, soft_404
from tests.rehearsal import Rehearsal, on_sqlite, rehearse

HELD = re.compile(r"^  removed, [34] looks since 2026-\d\d-\d\d \d\d:\d\d, last 404: http", re.MULTILINE)


def lists_name(here: Rehearsal, *articles: Article) -> None:
    """Lists announce a change of these, so that the next run looks at them."""
    for one in articles:
        one.modified, one.still_listed = here.clock().replace(microsecond=0), one.state != "live"
    here.newsroom.changed()


def lists_forget(here: Rehearsal, *articles: Article) -> None:
    for one in articles:
        one.still_listed = False
    here.newsroom.changed()


def states(here: Rehearsal, **articles: Article) -> dict[str, str]:
    return {name: here.row(one)["state"] for name, one in articles.items()}


def removal_of(here: Rehearsal, article: Article) -> dict[str, Any]:
    (row,) = here.ask("SELECT * FROM removed_articles WHERE source_id = :id", id=str(article.id))
    return dict(row._mapping)


def verdicts(here: Rehearsal, article: Article) -> list[str]:
    rows = here.ask(
        "SELECT l.verdict FROM looks l JOIN articles a ON a.id = l.article_id WHERE a.source_id = :id ORDER BY l.id",
        id=str(article.id),
    )
    return [one.verdict for one in rows]


def last_canaries(here: Rehearsal) -> str | None:
    return here.ask("SELECT canaries FROM runs ORDER BY id DESC LIMIT 1")[0].canaries


def test_two_weeks_of_disappearances(database_url):
    with rehearse(database_url, articles=40, oddities=()) as here:
        newsroom = here.newsroom
        here.crawl()
        here.clock.forward(hours=1)
        lost, guessed, freed, illegal, closed, dead, home, soft, once, edited, elsewhere, moved = here.plain()[:12]
        gone = {"lost": lost, "guessed": guessed, "freed": freed, "illegal": illegal, "closed": closed, "dead": dead,
                "home": home, "soft": soft, "once": once, "edited": edited, "elsewhere": elsewhere}  # fmt: skip
        before = {one.id: here.row(one) for one in here.plain()}
        number = len(before)

        copy = newsroom.copy(guessed)  # WordPress leads the dead address to it
        for one in (lost, guessed, once, edited, elsewhere, freed):
            newsroom.remove(one)
        newsroom.remove(dead, 410)
        newsroom.remove(home, "home")
        taker = newsroom.reuse_slug(freed, section="culture")
        faults = here.server.faults
        for one, fault in ((illegal, Status(451)), (closed, Status(403)), (soft, soft_404())):
            faults.add(newsroom.path(one), fault)
        newsroom.rename(moved, "une-adresse-neuve")
        lists_name(here, *(one for one in gone.values() if one is not freed))
        here.crawl()

        assert last_canaries(here) == "well"
        assert states(here, **gone) == dict.fromkeys(gone, "suspected")
        assert {name: verdicts(here, one) for name, one in gone.items()} == {
            "lost": ["not_found"], "guessed": ["redirect_stranger"], "freed": ["redirect_stranger"],
            "illegal": ["legal"], "closed": ["forbidden"], "dead": ["gone"], "home": ["redirect_home"],
            "soft": ["soft_404"], "once": ["not_found"], "edited": ["not_found"], "elsewhere": ["not_found"],
        }  # fmt: skip
        assert here.row(moved)["url"] == newsroom.url(moved)
        assert verdicts(here, moved) == []  # a 301 to the same article is a move
        assert here.row(taker)["state"] == here.row(copy)["state"] == "live"

        # A day later: no list names them any more, and they are looked at all the same.
        lists_forget(here, *gone.values())
        newsroom.restore(once)
        newsroom.restore(edited)
        newsroom.edit(edited, "body", silently=True)
        here.clock.forward(days=1)
        here.crawl()
        assert states(here, once=once, edited=edited, dead=dead, lost=lost) == {
            "once": "live", "edited": "live", "dead": "removed", "lost": "suspected",
        }  # fmt: skip
        assert [len(here.revisions(one)) for one in (once, edited)] == [1, 2]
        assert (removal_of(here, dead)["last_status"], removal_of(here, dead)["looks"]) == (410, 2)

        # In the first week one comes back under another address; the old one stays dead.
        newsroom.restore(elsewhere)
        old_slug = elsewhere.slug
        newsroom.rename(elsewhere, "de-retour")
        del newsroom.slugs[old_slug]
        here.clock.forward(days=6)
        newsroom.publish()  # a site that stands still for a week is another matter
        here.crawl()
        assert here.row(elsewhere)["url"] == newsroom.url(elsewhere)
        assert removal_of(here, elsewhere)["state"] == "returned"

        # Missed three times within two weeks, then back; and nothing is believed before the fourteenth day is over.
        assert verdicts(here, home) == ["redirect_home"] * 3
        faults.rules = [one for one in faults.rules if one.on != newsroom.path(soft)]
        newsroom.restore(home)
        lists_name(here, home, soft)
        here.clock.forward(days=7, hours=-1)
        newsroom.publish()
        here.crawl()
        assert states(here, home=home, soft=soft, lost=lost, illegal=illegal) == {
            "home": "live", "soft": "live", "lost": "suspected", "illegal": "suspected",
        }  # fmt: skip
        assert {one.confirmed_at for one in here.ask("SELECT * FROM removed_articles")} == {
            None, removal_of(here, dead)["confirmed_at"],
        }  # fmt: skip

        here.clock.forward(hours=2)
        here.crawl()
        assert states(here, **gone) == {
            "lost": "removed", "guessed": "removed", "freed": "removed", "illegal": "withdrawn", "closed": "withdrawn",
            "dead": "removed", "home": "live", "soft": "live", "once": "live", "edited": "live", "elsewhere": "live",
        }  # fmt: skip
        rows = {name: removal_of(here, one) for name, one in gone.items()}
        assert {name: row["looks"] for name, row in rows.items() if not row["returned_at"]} == {
            "lost": 4, "guessed": 4, "freed": 4, "illegal": 4, "closed": 4, "dead": 3,
        }  # fmt: skip
        assert {name: row["last_status"] for name, row in rows.items() if not row["returned_at"]} == {
            "lost": 404, "guessed": 200, "freed": 200, "illegal": 451, "closed": 403, "dead": 410,
        }  # fmt: skip

        assert here.ask("SELECT count(*) FROM articles") == [
            (number + 4,)
        ]  # with the copy, the taker and the two that were published
        for one in (lost, guessed, freed, illegal, closed, dead, home, soft, once):
            assert here.row(one)["body_text"] == before[one.id]["body_text"]
            assert len(here.revisions(one)) == 1


def test_an_article_that_asks_for_a_password_now_is_withdrawn_and_comes_back_without_it(database_url):
    with rehearse(database_url, articles=12, oddities=()) as here:
        here.crawl()
        locked = here.plain()[0]
        before = here.row(locked)
        here.newsroom.protect(locked)
        for days in (1, 7, 8):
            here.clock.forward(days=days)
            here.newsroom.publish()
            here.crawl()
        assert here.row(locked)["state"] == "withdrawn"
        assert set(verdicts(here, locked)) == {"forbidden"}
        assert removal_of(here, locked)["last_status"] == 200

        here.newsroom.protect(locked, lift=True)
        here.newsroom.edit(locked, "touch")
        here.clock.forward(hours=1)
        here.crawl()

        assert (here.row(locked)["state"], len(here.revisions(locked))) == ("live", 1)
        assert here.row(locked)["body_text"] == before["body_text"]


# --- bad days ---------------------------------------------------------------------------------------------------------


def bad_day(here: Rehearsal) -> dict[str, Any]:
    """A run that is not to end well. Gives its row of run_accounting."""
    try:
        here.crawl()
    except AssertionError:
        return accounting(here.database_url)
    raise AssertionError("the run ended well")


@on_sqlite
def test_bad_days_of_the_site_remove_nothing_and_pass_by_themselves(database_url):
    with rehearse(database_url, articles=12, oddities=()) as here:
        here.crawl()
        first, second, *_ = here.plain()
        faults = here.server.faults

        faults.add("*", Status(404))
        for _ in range(3):
            here.clock.forward(days=1)
            lists_name(here, first, second)
            assert (bad_day(here)["outcome"], here.ended.code) == ("degraded", 3)
            assert last_canaries(here) == "failing"

        faults.clear()
        faults.add("*", Replace("<html><title>Ce domaine est à vendre</title><p>Achetez-le !</p></html>"))
        here.clock.forward(days=1)
        assert bad_day(here)["outcome"] == "failed"
        assert "Français Fois" in here.ended.err + here.ended.out

        faults.clear()
        faults.add("kind:article", Status(404))  # the front page and all lists are well
        for _ in range(3):
            here.clock.forward(days=6)
            lists_name(here, first, second)
            assert (bad_day(here)["outcome"], here.ended.code) == ("degraded", 3)
            assert last_canaries(here) == "failing"
            assert "known to be live" in here.ended.out
        assert len(verdicts(here, first)) == 3

        faults.clear()
        here.clock.forward(days=1)
        lists_name(here, first, second)
        here.crawl()
        assert last_canaries(here) == "well"

    assert here.ask("SELECT count(*) FROM removals") == [(0,)]
    assert {one.state for one in here.ask("SELECT state FROM articles")} == {"live"}


@on_sqlite
def test_thirty_articles_that_vanish_at_once_wait_for_a_person(database_url, tmp_path):
    with rehearse(database_url, articles=60, oddities=()) as here:
        here.crawl()
        gone = here.plain()[:30]
        for one in gone:
            here.newsroom.remove(one)
        here.clock.forward(hours=1)
        lists_name(here, *gone)
        assert "failures in a row" in bad_day(here)["outcome"] + here.ended.out
        for hours in (2, 24 * 7):  # that those answer 404 again ends no run
            here.clock.forward(hours=hours)
            here.crawl()
        assert here.ask("SELECT looks, count(*) FROM removals GROUP BY 1") == [(2, 30)]

        here.clock.forward(days=7, hours=1)
        lists_forget(here, *gone)
        assert bad_day(here)["outcome"] == "degraded"
        assert "30 articles would be removed at once" in here.ended.out
        assert "foiscrawl review" in here.ended.out
        assert here.ask("SELECT state, count(*) FROM removed_articles GROUP BY 1") == [("held", 30)]

        here.clock.forward(days=1)
        here.crawl("max_articles=4")  # the alarm stands; the run is well, though it looks at missing ones only
        assert last_canaries(here) == "well"
        listed = review(here, database_url)
        assert re.match(r"alarm 1, mass_removal, francaisfois, run \d+ of .*: 30 articles would be removed", listed)
        assert "\n  holds 30 removals\n" in listed
        assert len(HELD.findall(listed)) == 3  # examples
        assert len(HELD.findall(review(here, database_url, "1", "--show"))) == 30
        other = f"sqlite:///{shutil.copy(database_url.removeprefix('sqlite:///'), tmp_path / 'other.db')}"
        assert review(here, other, "1", "--discard") == "alarm 1 discarded: 30 articles are suspected again\n"
        assert review(here, other) == "nothing is held\n"
        assert states_of(other) == [("live", 30), ("suspected", 30)]
        told = "alarm 1 released: 30 articles are removed or withdrawn; their texts are kept\n"
        assert review(here, database_url, "1", "--release") == told
        assert review(here, database_url) == "nothing is held\n"
        again = run([FOISCRAWL, "review", "1", "--discard"], environment(database_url))
        assert (again.code, again.err) == (2, "foiscrawl: alarm 1 was released before\n")

    assert states_of(database_url) == [("live", 30), ("removed", 30)]
    assert here.ask("SELECT state, count(*) FROM removed_articles GROUP BY 1") == [("removed", 30)]
    assert here.ask("SELECT count(*) FROM articles_current WHERE body_text <> ''") == [(60,)]


def review(here: Rehearsal, database_url: str, *words: str) -> str:
    """What the command says."""
    ended = run([FOISCRAWL, "review", *words], environment(database_url, FOISCRAWL_NOW=here.clock().isoformat()))
    assert (ended.code, ended.err) == (0, "")
    return ended.out


def states_of(database_url: str) -> list[Any]:
    return ask(database_url, "SELECT state, count(*) FROM articles GROUP BY 1 ORDER BY 1")
