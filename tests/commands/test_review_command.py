"""`foiscrawl review` and `foiscrawl reextract`: wrong use in one line, an archive that is not there, one in use."""

from pathlib import Path

import pytest

from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.lock import site_lock
from tests.commands.test_crawl_command import FOISCRAWL, refused
from tests.crawling import change, environment, run

SITE = "INSERT INTO sites (name, title, home, created_at) VALUES ('francaisfois', 'F', 'https://f.test/', '{at}')"
RUN = (
    "INSERT INTO runs (site_id, mode, arguments, started_at, heartbeat_at, versions)"
    " VALUES (1, 'update', '{{}}', '{at}', '{at}', '{{}}')"
)
ALARM = "INSERT INTO alarms (site_id, run_id, kind, message, raised_at) VALUES (1, 1, 'layout', 'autre', '{at}')"


@pytest.fixture
def with_alarm(database_url: str) -> str:
    for one in (SITE, RUN, ALARM):
        change(database_url, one.format(at="2026-11-23T04:05:06Z"))
    return database_url


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["review", "trois"], "trois is no number of an alarm"),
        (["review", "3", "4"], "name one alarm or one change"),
        (["review", "--release"], "name an alarm, as in: foiscrawl review 3 --release"),
        (["review", "1", "--release", "--discard"], "not allowed with argument"),
        (["review", "--relase"], "unknown option --relase; see foiscrawl review --help"),
        (["review", "1", "--change", "2"], "name one alarm or one change"),
        (["reextract"], "name one site, as in: foiscrawl reextract francaisfois"),
        (["reextract", "francaisfoi"], "there is no site francaisfoi; did you mean francaisfois?"),
        (["reextract", "francaisfois", "--processes", "0"], "--processes 0 must be from 1 to 64"),
        (["reextract", "francaisfois", "--layout", "smartmag-cove"], "did you mean smartmag-cover?"),
        (["reextract", "francaisfois", "--since", "hier"], "--since hier is no date"),
        (["reextract", "francaisfois", "--preview", "--apply"], "not allowed with argument"),
    ],
)
def test_wrong_use_is_told_in_one_line(words: list[str], told: str, tmp_path: Path):
    ended = run([FOISCRAWL, *words], environment(), cwd=tmp_path)

    assert told in refused(ended)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [["review"], ["reextract", "francaisfois"], ["reextract", "francaisfois", "--apply"]])
def test_an_archive_that_is_not_there_is_not_made(words: list[str], tmp_path: Path):
    ended = run([FOISCRAWL, *words], environment(f"sqlite:///{tmp_path / 'none.db'}"))

    assert "there is no archive at" in refused(ended)
    assert list(tmp_path.iterdir()) == []


def test_an_archive_without_this_site_is_told(database_url: str):
    for words in (["reextract", "francaisfois"], ["reextract", "francaisfois", "--apply"]):
        ended = run([FOISCRAWL, *words], environment(database_url))
        assert "this archive holds nothing of francaisfois" in refused(ended)


def test_what_is_not_there_is_told_and_a_decision_waits_for_no_run(with_alarm: str):
    env = environment(with_alarm)
    for words, told in (
        (["review", "7", "--release"], "there is no alarm 7"),
        (["review", "--change", "7", "--discard"], "there is no held change 7"),
    ):
        assert told in refused(run([FOISCRAWL, *words], env))
    engine = make_engine(with_alarm)
    lock = site_lock(engine, "francaisfois")
    lock.acquire()
    busy = [
        run([FOISCRAWL, *words], env)
        for words in (["review", "1", "--discard"], ["reextract", "francaisfois", "--apply"])
    ]
    listed = run([FOISCRAWL, "review"], env)
    lock.release()
    engine.dispose()

    assert [one.code for one in busy] == [4, 4]
    assert listed.out == "alarm 1, layout, francaisfois, run 1 of 2026-11-23 04:05: autre\n"
    assert run([FOISCRAWL, "review", "1", "--discard"], env).code == 0
    assert run([FOISCRAWL, "review"], env).out == "nothing is held\n"
