"""`foiscrawl history`: an article by any of its names, its revisions in a terminal, as a page and as JSON."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, insert

from foiscrawl.items import Outcome, Term
from foiscrawl.storage.models import removals
from tests.browser import browser, needs_browser
from tests.commands.test_crawl_command import refused
from tests.crawling import FOISCRAWL, Ended, environment, run
from tests.rehearsal import on_sqlite
from tests.storage.making import DAY, HOME, HOUR, NOON, Crawl, article, instant

HOSTILE = "<script>document.title = 'pris'</script><img src=http://127.0.0.1:9/x>\u202egnp.exe\x9b31m \"'><b onclick=x>"
FIRST = "Le maire a dit « oui » hier soir.\n\nUn autre paragraphe reste comme il est.\n\nLa fin."
SECOND = FIRST.replace("oui", "non").replace("La fin.", "La fin, revue.")


def history(database_url: str, *words: str, **env: str) -> Ended:
    return run([FOISCRAWL, "history", *words], environment(database_url, **env))


@pytest.fixture
def archive(engine: Engine, database_url: str) -> str:
    """One article with four revisions under two addresses, one with a hostile text, one that is gone."""
    item = article(
        "nouveau-nom/",
        FIRST,
        source_id="345",
        byline="A. Durand",
        published=instant(NOON - DAY),
        sections=(Term("Monde", "monde"),),
        origins={"sections": "css:a", "byline": "css:b", "body": "css:c"},
        word_count=17,
    )
    edits = (
        {"body_text": SECOND},
        {"body_text": SECOND, "byline": "B. Martin", "sections": (Term("Culture", "culture"),)},
        {},
    )
    with engine.begin() as conn:
        first = Crawl(conn)
        first.store(replace(item, url=HOME + "vieux-nom/"))
        other = article("piege/", HOSTILE * 2, source_id="9", headline=HOSTILE)
        first.store(other, article("parti/", "parti", source_id="11"))
        for number, values in enumerate(edits, 1):
            body = values.get("body_text", FIRST)
            again = article("nouveau-nom/", str(body), source_id="345", published=item.published)
            kept = {"byline": item.byline, "sections": item.sections, "origins": item.origins, "word_count": 17}
            written = Crawl(conn, NOON + number * HOUR).store(replace(again, **{**kept, **values}))
            assert written[0].outcome is Outcome.REVISED
        Crawl(conn, NOON + HOUR).store(replace(other, byline=HOSTILE))
        gone = {"article_id": 3, "state": "removed", "rule": "1", "looks": 3, "last_status": 410}
        moments = {"first_failed_at": NOON, "last_failed_at": NOON + 2 * DAY, "confirmed_at": NOON + 2 * DAY}
        conn.execute(insert(removals).values(gone | moments))
    return database_url


def test_an_article_is_named_by_any_address_or_number(archive: str):
    asked = [
        HOME + "nouveau-nom/",
        HOME + "vieux-nom",
        "http://www.essai.test/nouveau-nom/?utm_source=lettre#fin",
        HOME + "?p=345",
        "?p=345",
        "/nouveau-nom/",
        "1",
    ]

    told = [history(archive, one) for one in asked]

    assert {(one.code, one.out, one.err) for one in told} == {(0, told[0].out, "")}
    assert told[0].out.splitlines() == [
        "Titre",
        HOME + "nouveau-nom/",
        "article 1 · 345 at the publisher · live · 4 revisions"
        " · seen from 2026-11-23 12:00 UTC to 2026-11-23 15:00 UTC",
        "",
        "1  2026-11-23 12:00 UTC · first",
        "   17 words",
        "",
        "2  2026-11-23 13:00 UTC · body · 5 words changed",
        "   body",
        "     Le maire a dit [-« oui »-]{+« non »+} hier soir.",
        "     La [-fin.-]{+fin, revue.+}",
        "",
        "3  2026-11-23 14:00 UTC · byline",
        "   byline",
        "     [-A. Durand-]{+B. Martin+}",
        "",
        "4  2026-11-23 15:00 UTC · body, byline, restored · 5 words changed",
        "   byline",
        "     [-B. Martin-]{+A. Durand+}",
        "   body",
        "     Le maire a dit [-« non »-]{+« oui »+} hier soir.",
        "     La [-fin, revue.-]{+fin.+}",
        "",
        "sections and tags",
        "   2026-11-23 14:00 UTC  section removed: Monde",
        "   2026-11-23 14:00 UTC  section added: Culture",
        "   2026-11-23 15:00 UTC  section removed: Culture",
        "   2026-11-23 15:00 UTC  section added: Monde",
    ]


@on_sqlite
def test_colours_are_for_terminals_that_have_them_and_want_them(archive: str):
    terminal = {"FORCE_COLOR": "1", "TERM": "xterm-256color"}

    coloured = history(archive, "1", **terminal).out
    plain = history(archive, "1", **terminal, NO_COLOR="1").out

    assert "\x1b[9;31m« oui »\x1b[0m \x1b[4;32m« non »\x1b[0m" in coloured
    assert "[-« oui »-]{+« non »+}" in plain


def test_what_is_archived_reaches_no_terminal_raw_and_a_disappearance_is_told(archive: str):
    hostile, gone = history(archive, "2"), history(archive, "3")

    assert "\x9b" not in hostile.out
    assert "\u202e" not in hostile.out
    assert "\\u202egnp.exe" in hostile.out
    assert (
        "removed: did not answer from 2026-11-23 12:00 UTC, 3 looks, last with 410; believed 2026-11-25 12:00 UTC"
        in gone.out.splitlines()
    )


def test_json_is_one_document_with_what_was_removed_and_added(archive: str):
    ended = history(archive, "1", "--json")
    told, hostile = json.loads(ended.out), json.loads(history(archive, "2", "--json").out)

    assert ended.out.isascii()
    assert list(told) == [
        "id",
        "site",
        "source_id",
        "url",
        "state",
        "first_seen_at",
        "last_seen_at",
        "last_checked_at",
        "revisions",
        "terms",
        "disappearances",
    ]
    first, second, *_ = told["revisions"]
    assert (first["kinds"], first["change_size"], first["changes"]) == (["first"], None, [])
    assert (second["kinds"], second["change_size"], second["captured_at"]) == (["body"], 5, "2026-11-23T13:00:00Z")
    assert second["changes"] == [
        {
            "field": "body_text",
            "before": FIRST,
            "after": SECOND,
            "words": [{"removed": "« oui »", "added": "« non »"}, {"removed": "fin.", "added": "fin, revue."}],
        }
    ]
    assert hostile["revisions"][0]["headline"] == HOSTILE


@on_sqlite
def test_wrong_use_is_told_in_one_line(archive: str, tmp_path: Path):
    file = tmp_path / "page.html"
    file.write_text("à moi")
    for words, told in (
        ([], "name one article"),
        (["1", "2"], "name one article"),
        (["--htlm", "x", "1"], "unknown option --htlm; see foiscrawl history --help"),
        (["1", "--html", str(file)], f"{file} exists; write over it with --force"),
        (["1", "--html", str(tmp_path)], "is not a file"),
        (["1", "--html", str(tmp_path / "nulle" / "part.html")], f"there is no folder {tmp_path / 'nulle'}"),
        (["1", "--html", str(file), "--json"], "--json and --html cannot be asked for together"),
        (["1", "--force"], "--force is of use with --html only"),
        ([HOME + "nouveau-non/"], f"knows no article {HOME}nouveau-non/; did you mean {HOME}nouveau-nom/ ?"),
        (["https://ailleurs.test/0123456789"], "the archive knows no article https://ailleurs.test/0123456789\n"),
        (["99"], "the archive knows no article 99\n"),
        (["?p=99"], "the archive knows no article ?p=99"),
        (["https://[x"], "the archive knows no article https://[x"),
        (["//[x"], "the archive knows no article //[x"),
    ):
        ended = history(archive, *words)
        assert told in ended.err, words
        assert refused(ended)
    assert file.read_text() == "à moi"
    assert [one.name for one in tmp_path.glob("*.html")] == ["page.html"]


def test_an_archive_that_is_not_there_is_not_made(tmp_path: Path):
    ended = history(f"sqlite:///{tmp_path / 'rien.db'}", "1")

    assert "there is no archive at" in refused(ended)
    assert list(tmp_path.iterdir()) == []


@on_sqlite
@needs_browser
def test_the_page_is_whole_in_a_browser_and_nothing_in_it_acts(archive: str, tmp_path: Path):
    file, trap = tmp_path / "page.html", tmp_path / "trap.html"
    assert history(archive, "1", "--html", str(file)).out == f"4 revisions of article 1: {file}\n"
    assert history(archive, "1", "--html", str(file), "--force").code == 0
    assert history(archive, "2", "--html", str(trap)).code == 0

    with browser() as seen:
        seen.resize(1280, 900)
        seen.open(file)
        marks = seen.run("return [...document.querySelectorAll('del, ins')].map(one => one.tagName + one.textContent)")
        assert marks[:6] == ["DEL« oui »", "INS« non »", "DELfin.", "INSfin, revue.", "DELA. Durand", "INSB. Martin"]
        side = "return ['.before', '.after'].map(one => document.querySelector(one).getBoundingClientRect().%s)"
        (left, right), (top, same) = seen.run(side % "left"), seen.run(side % "top")
        assert left < right
        assert top == same
        assert seen.run("return getComputedStyle(document.querySelector('del')).textDecorationLine") == "line-through"
        light = seen.run("return getComputedStyle(document.body).backgroundColor")
        seen.resize(390, 844, dark=True)
        assert seen.run("return getComputedStyle(document.body).backgroundColor") != light
        assert seen.run("return document.documentElement.scrollWidth") == 390
        (left, right), (top, below) = seen.run(side % "left"), seen.run(side % "top")
        assert left == right
        assert top < below
        assert seen.log() == []

        seen.open(trap)
        assert seen.run("return document.title").startswith("<script>document.title = 'pris'</script><img")
        assert seen.run("return document.querySelectorAll('script, img, b, [onclick]').length") == 0
        assert seen.run("return performance.getEntriesByType('resource').length") == 0
        assert seen.run("return document.documentElement.scrollWidth") == 390
        assert "\u202e" not in seen.run("return document.body.textContent")
        assert seen.log() == []
        # The policy holds should anything slip through.
        seen.run(
            "const one = document.createElement('img'); one.src = 'http://127.0.0.1:9/x'; document.body.append(one)"
        )
        seen.run(
            "const one = document.createElement('script'); one.text = 'document.title = 1'; document.body.append(one)"
        )
        assert seen.run("return document.title") != "1"
        assert sum("Content Security Policy" in one["message"] for one in seen.log()) >= 2
