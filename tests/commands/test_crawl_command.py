"""`scrapy crawl` as a person meets it: wrong use, help, what is shown while it runs and when it has ended."""

import os
import pty
import re
import resource
import select
import stat
import subprocess
import time
from pathlib import Path

import pytest

from tests.crawling import FOISCRAWL, QUICK, SCRAPY, Ended, ask, command, crawl, environment, run
from tests.newsroom import Newsroom, Replace, serve, truth_of
from tests.rehearsal import on_sqlite

CONTACT = {"FOISCRAWL_CONTACT": "essai@example.org"}
ONE_LINE = re.compile(r"foiscrawl: [^\n]+\n")


def refused(ended: Ended) -> str:
    """The one line that a wrong use gets."""
    assert ended.code == 2
    assert ended.out == ""
    assert ONE_LINE.fullmatch(ended.err), ended.err
    return ended.err


# --- Wrong use ---------------------------------------------------------------------------------------------------

SITE = ["crawl", "francaisfois"]


@pytest.mark.parametrize(
    ("words", "env", "told"),
    [
        (["crawl"], {}, "name one site, as in: scrapy crawl francaisfois"),
        (["crawl", "francaisfoi"], {}, "there is no site francaisfoi; did you mean francaisfois?"),
        ([*SITE, "--nosuch"], {}, "unknown option --nosuch"),
        ([*SITE, "-a"], {}, "argument -a: expected one argument"),
        ([*SITE, "-a", "x"], {}, "-a x must look like -a x=VALUE"),
        ([*SITE, "-a", "mod=update"], {}, "unknown argument mod=; did you mean mode?"),
        ([*SITE, "-a", "mode=a\nb\x1b[31m"], {}, r"mode=a\nb\x1b[31m is unknown; known: update, backfill"),
        ([*SITE, "-a", b"mode=\xff"], {}, r"mode=\udcff is unknown"),
        ([*SITE, "-a", "since=2026-02-31"], {}, "since=2026-02-31 is no date"),
        ([*SITE], {"FOISCRAWL_CONTACT": ""}, "FOISCRAWL_CONTACT is not set"),
        ([*SITE], {"FOISCRAWL_DATADIR": "x"}, "FOISCRAWL_DATADIR; did you mean FOISCRAWL_DATA_DIR?"),
        ([*SITE], {"FOISCRAWL_DATA_DIR": "/proc/nothing"}, "/proc/nothing/foiscrawl.db cannot be made"),
        ([*SITE], {"FOISCRAWL_DATA_DIR": __file__}, "test_crawl_command.py/foiscrawl.db cannot be made"),
        ([*SITE], {"FOISCRAWL_MIN_FREE_MB": "much"}, "FOISCRAWL_MIN_FREE_MB=much is no number"),
        ([*SITE], {"FOISCRAWL_DATABASE_WAIT": "nan"}, "FOISCRAWL_DATABASE_WAIT=nan must be at least 0"),
        ([*SITE], {"FOISCRAWL_DATABASE_URL": "mysql://a:geheim@b/c"}, "database driver 'mysql' is unknown"),
        ([*SITE], {"FOISCRAWL_NOW": "9999-12-31"}, "FOISCRAWL_NOW=9999-12-31 must lie between 1990 and 2200"),
        ([*SITE, "-s", "X"], {}, "-s X must look like -s X=VALUE"),
        ([*SITE, "-s", "DOWNLOAD_DELAI=2"], {}, "unknown setting DOWNLOAD_DELAI; did you mean DOWNLOAD_DELAY?"),
        ([*SITE, "-s", "DOWNLOAD_DELAY=abc"], {}, "DOWNLOAD_DELAY=abc is no number"),
        ([*SITE, "-s", "DOWNLOAD_DELAY=0.5"], {}, "DOWNLOAD_DELAY=0.5 is below the polite floor of 1 s"),
        ([*SITE, "-s", "DOWNLOAD_TIMEOUT=-1"], {}, "DOWNLOAD_TIMEOUT=-1 must be at least 1"),
        ([*SITE, "-s", "RETRY_TIMES=1.5"], {}, "RETRY_TIMES=1.5 is no whole number"),
        ([*SITE, "-s", "COOKIES_ENABLED=perhaps"], {}, "COOKIES_ENABLED=perhaps is neither True nor False"),
        ([*SITE, "-s", "ROBOTSTXT_OBEY=False"], {}, "ROBOTSTXT_OBEY cannot be switched off for this site"),
        ([*SITE, "-s", "USER_AGENT=Mozilla/5.0"], {}, "USER_AGENT cannot be changed for this site"),
        ([*SITE, "-s", "DOWNLOADER_MIDDLEWARES={}"], {}, "DOWNLOADER_MIDDLEWARES cannot be changed"),
        ([*SITE, "-s", "SCHEDULER=none.such"], {}, "SCHEDULER cannot be changed"),
        ([*SITE, "-s", "JOBDIR=jobs"], {}, "JOBDIR cannot be changed"),
        ([*SITE, "-L", "LOUD"], {}, "LOG_LEVEL=LOUD is no level"),
        ([*SITE, "--logfile", "/nothing/log"], {}, "No such file or directory: '/nothing/log'"),
        ([*SITE, "--pidfile", "/nothing/pid"], {}, "No such file or directory: '/nothing/pid'"),
    ],
    ids=lambda value: str(value[-1:]) if isinstance(value, list) else None,
)
def test_wrong_use_is_told_in_one_line_and_writes_nothing(
    words: list[str], env: dict[str, str], told: str, tmp_path: Path
):
    ended = run([FOISCRAWL, *words], environment(None, **(CONTACT | env)), cwd=tmp_path)

    line = refused(ended)
    assert told in line
    assert "geheim" not in line
    assert list(tmp_path.iterdir()) == []


@on_sqlite
def test_a_file_in_the_place_of_the_raw_answers_is_refused(database_url: str):
    env = environment(database_url, **CONTACT, FOISCRAWL_CAPTURE_DIR=f"{__file__}/captures")

    line = refused(run([SCRAPY, *SITE], env))

    assert f"{__file__}/captures cannot hold raw answers: {__file__} is not a folder" in line


def test_wrong_use_is_told_before_much_is_loaded(tmp_path: Path):
    """A second at most on an idle machine; processor time is counted here, and twice as much allowed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run([FOISCRAWL, *SITE, "-a", "mode=x"], environment(None, **CONTACT), cwd=tmp_path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)

    taken = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{taken:.2f} s")
    assert taken < 2


@on_sqlite
def test_another_site_is_refused_after_its_front_page(database_url: str):
    page = "<html><head><title>L'Autre Journal</title></head><body><h1>L'Autre Journal</h1></body></html>"
    with serve(Newsroom(articles=3)) as server:
        server.faults.add("/", Replace(page))
        ended = crawl(f"{server.url}/", database_url)
        asked = server.paths()

    assert ended.code == 2
    assert ONE_LINE.fullmatch(ended.err)
    assert "is not that of « Français Fois » (it calls itself « L'Autre Journal »)" in ended.err
    assert "give the right address with -a home=URL" in ended.err
    assert set(asked) <= {"/robots.txt", "/.well-known/tdmrep.json", "/"}
    assert ask(database_url, "SELECT outcome FROM runs") == [("failed",)]


# --- Help --------------------------------------------------------------------------------------------------------


def test_help_names_arguments_and_exit_codes(tmp_path: Path):
    told = " ".join(run([FOISCRAWL, "crawl", "--help"], environment(), cwd=tmp_path).out.split())
    listed = run([FOISCRAWL], environment(), cwd=tmp_path).out

    for word in ("home=URL", "mode=update|backfill", "sections=a,b", "since=DATE", "until=DATE", "max_articles=N"):
        assert word in told
    assert "0 done, 2 wrong use, 3 degraded, 4 already running, 5 database, 6 disk, 7 interrupted" in told
    assert re.search(r"^  crawl +Archive a site", listed, re.MULTILINE)
    assert re.search(r"^  migrate +Create or upgrade", listed, re.MULTILINE)
    assert list(tmp_path.iterdir()) == []


# --- While it runs and when it has ended -------------------------------------------------------------------------


def plain(articles: int = 20, **options: object) -> Newsroom:
    return Newsroom(**{"articles": articles, "days": 20, "oddities": (), **options})


@on_sqlite
def test_without_a_terminal_progress_is_plain_lines_and_the_end_a_summary(database_url: str):
    with serve(plain(), latency=0.5) as server:
        ended = crawl(f"{server.url}/", database_url, "mode=backfill", env={"FOISCRAWL_PROGRESS_SECONDS": "1"})

    assert ended.code == 0
    lines = [one for one in ended.err.splitlines() if "INFO: new" in one]
    assert len(lines) >= 2
    shape = r"INFO: new \d+, revised 0, unchanged 0, failed 0, queue \d+, pages/s \d+\.\d(, done \d+%)?$"
    assert all(re.search(shape, one) for one in lines), lines
    assert re.search(r"done \d+%$", lines[-1])
    assert "\x1b" not in ended.err
    assert re.match(r"Run 1 done after \d+ s: \d+ addresses taken up \(20 stored, \d+ read\)\n", ended.out)


@on_sqlite
def test_on_a_terminal_progress_is_a_live_line(database_url: str):
    master, slave = pty.openpty()
    with serve(plain(), latency=0.5) as server:
        process = subprocess.Popen(
            command(f"{server.url}/", "mode=backfill"),
            env=environment(database_url, TERM="xterm", COLUMNS="120"),
            stdout=slave,
            stderr=slave,
        )
        os.close(slave)
        shown = read_all(master, process)

    assert process.returncode == 0
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert re.search(r"new \d+ +revised 0 +unchanged 0 +failed 0 +queue \d+ +pages/s \d+\.\d +done \d+%", told)
    assert "\x1b[2K" in shown or "\x1b[1A" in shown or "\r" in shown  # drawn anew in its place
    assert "Run 1 done" in told


def read_all(master: int, process: subprocess.Popen[bytes]) -> str:
    """What was written to a pseudo-terminal until the process ended."""
    shown = b""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        ready, _, _ = select.select([master], [], [], 0.1)
        try:
            shown += os.read(master, 65536) if ready else b""
        except OSError:  # nobody has the other end any more
            break
        if not ready and process.poll() is not None:
            break
    process.wait(10)
    os.close(master)
    return shown.decode()


@on_sqlite
def test_no_word_of_an_article_stands_in_the_output(database_url: str):
    with serve(plain(5)) as server:
        ended = crawl(f"{server.url}/", database_url, settings=QUICK | {"LOG_LEVEL": "DEBUG"})
        texts = [text for one in truth_of(server.newsroom).values() for text in one.paragraphs]

    assert ended.code == 0
    assert "DEBUG" in ended.err
    assert not any(text[:40] in ended.err + ended.out for text in texts)


@on_sqlite
def test_an_update_on_an_empty_archive_tells_how_to_get_the_rest(database_url: str):
    with serve(plain(20, days=300)) as server:
        ended = crawl(f"{server.url}/", database_url)

    (left,) = ask(database_url, "SELECT count(*) FROM urls WHERE state = 'outside' AND kind = 'article'")
    assert left[0] > 5
    line = f"{left[0]} older articles are known and were left aside; fetch them with: "
    assert f"{line}scrapy crawl francaisfois -a mode=backfill\n" in ended.out


@on_sqlite
@pytest.mark.parametrize("closed", ["| head -c 0", ">&-"])
def test_a_closed_output_is_no_trouble(closed: str, database_url: str):
    with serve(plain(1)) as server:
        words = " ".join(f"'{one}'" for one in command(f"{server.url}/"))
        ended = run(["bash", "-c", f"set -o pipefail; {words} {closed}"], environment(database_url))

    assert (ended.code, ended.err) == (0, "")


def test_the_first_crawl_makes_the_archive_and_nobody_else_can_read_it(tmp_path: Path):
    with serve(plain(3)) as server:
        env = environment(None, FOISCRAWL_DATA_DIR=str(tmp_path / "deep" / "data"))
        ended = run(command(f"{server.url}/"), env)

    assert ended.code == 0, ended.err
    files = [one for one in (tmp_path / "deep").rglob("*") if one.is_file()]
    assert {one.name for one in files} >= {"foiscrawl.db"}
    assert [one.name for one in files if stat.S_IMODE(one.stat().st_mode) & 0o077] == []
