"""`kill -9` at random moments of a real crawl. `make kill` does it fifty times on each database."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from urllib.parse import urlsplit

import pytest
from warcio.archiveiterator import ArchiveIterator

from foiscrawl.storage import verify_files, verify_rows
from foiscrawl.storage.engine import make_engine
from foiscrawl.urls import url_key
from tests.crawling import QUICK, ask, capture_folder, crawl, crawling, end, wait_until
from tests.newsroom import Newsroom, Server, serve, truth_of
from tests.rehearsal import on_sqlite

KILLS = int(os.environ.get("FOISCRAWL_TEST_KILLS", "2"))  # on each database
PER_SITE = 2
TWO = QUICK | {"CONCURRENT_REQUESTS": "2", "CONCURRENT_REQUESTS_PER_DOMAIN": "2"}
IN_FLIGHT = 8  # addresses in hand with two connections: on their way, or answered and waiting for their commit


@contextmanager
def newsroom(**options: object) -> Iterator[Server]:
    with serve(Newsroom(**{"articles": 60, "days": 20, "noise": True, **options}), latency=0.005) as server:
        yield server


def kill_after(server: Server, requests: int, pause: float, database_url: str, *arguments: str) -> None:
    """Start a crawl and kill it so many requests and seconds later."""
    before = len(server.requests)
    with crawling(f"{server.url}/", database_url, *arguments, settings=TWO) as process:
        wait_until(lambda: len(server.requests) - before >= requests or process.poll() is not None)
        time.sleep(pause)
        process.kill()
        ended = end(process)
    assert ended.code == -signal.SIGKILL, ended.err


def article_paths(server: Server) -> list[str]:
    """Paths of articles in the order in which they were asked for."""
    addresses = {urlsplit(one.url).path for one in truth_of(server.newsroom).values()}
    return [one for one in server.paths() if one in addresses]


def check_nothing_lost_doubled_or_silent(server: Server, database_url: str) -> None:
    truth = [one for one in truth_of(server.newsroom).values() if one.public]
    wanted = sorted(url_key(one.url) for one in truth if one.kind != "protected")
    hidden = sorted(url_key(one.url) for one in truth if one.kind == "protected")
    assert sorted(url_key(one.url) for one in ask(database_url, "SELECT url FROM articles_current")) == wanted
    kept_apart = "SELECT url FROM quarantine JOIN urls ON urls.id = quarantine.url_id"
    assert sorted(url_key(one.url) for one in ask(database_url, kept_apart)) == hidden
    assert ask(database_url, "SELECT count(*) FROM revisions") == [(len(wanted),)]
    rows = "SELECT count(*) FROM revisions WHERE article_id = articles.id"
    assert ask(database_url, f"SELECT id FROM articles WHERE revision_count <> ({rows})") == []
    assert ask(database_url, "SELECT run_id FROM run_accounting WHERE silent <> 0 OR open <> 0") == []


def check_raw_answers(database_url: str) -> None:
    """Every row stands in its file, and the files of killed runs can be read up to what was being written."""
    folder = capture_folder(database_url)
    engine = make_engine(database_url)
    with engine.connect() as conn:
        wrong = [*verify_rows.counts(conn), *verify_rows.texts(conn, since=None, step=lambda _: None)]
        wrong += verify_files.files(conn, folder, since=None, quick=False, step=lambda _: None)
    engine.dispose()
    assert [one for one in wrong if one.damage] == []
    for row in ask(database_url, "SELECT file, count(*) AS answers FROM captures GROUP BY file"):
        with (folder / row.file).open("rb") as stream:
            records = ArchiveIterator(stream)
            answers = [one for one in islice(records, 1 + 2 * row.answers) if one.rec_type in ("response", "revisit")]
        assert len(answers) == row.answers


@pytest.mark.parametrize("seed", range(-(-KILLS // PER_SITE)))
def test_a_crawl_killed_anywhere_loses_nothing_and_doubles_nothing(seed: int, database_url: str):
    moment = random.Random(f"{seed} {database_url.partition(':')[0]}")
    arguments = ("mode=backfill",) if seed % 2 else ()
    begun = 0
    with newsroom(seed=seed) as server:
        for _ in range(PER_SITE):
            requests = moment.randint(0, 30)  # 0: while it starts
            pause = moment.uniform(0, 0.02 if requests else 1.5)
            kill_after(server, requests, pause, database_url, *arguments)
            begun += requests > 0
        ended = crawl(f"{server.url}/", database_url, *arguments, settings=TWO)
        asked = article_paths(server)

        assert ended.code == 0, ended.err
        check_nothing_lost_doubled_or_silent(server, database_url)
        check_raw_answers(database_url)
    again = len(asked) - len(set(asked))
    print(f"{again} articles asked for again")
    assert again <= IN_FLIGHT * PER_SITE
    crashed = ask(database_url, "SELECT id FROM runs WHERE outcome = 'crashed' AND ended_at IS NOT NULL")
    assert begun <= len(crashed) <= PER_SITE
    left = (
        "SELECT DISTINCT fetches.reason FROM fetches JOIN runs ON runs.id = run_id"
        " WHERE runs.outcome = 'crashed' AND fetches.outcome = 'interrupted'"
    )
    assert set(ask(database_url, left)) <= {("run_crashed",)}


@on_sqlite
@pytest.mark.parametrize("rest", ["404", "open"])
def test_a_back_fill_goes_on_where_it_was_killed(rest: str, database_url: str):
    """With section pages as the only way into the past, and with REST."""
    options = {"articles": 150, "days": 900, "oddities": (), "rest": rest, "sitemaps": "none", "feeds": False}
    with newsroom(**options) as server:
        kill_after(server, 100, 0.0, database_url, "mode=backfill")
        walked = ask(
            database_url,
            "SELECT urls.url FROM fetches JOIN urls ON urls.id = url_id WHERE outcome = 'read' AND urls.page > 1",
        )
        server.forget()
        ended = crawl(f"{server.url}/", database_url, "mode=backfill")

        assert ended.code == 0, ended.err
        check_nothing_lost_doubled_or_silent(server, database_url)
        assert walked
        assert {one.url.removeprefix(server.url) for one in walked}.isdisjoint(one.path for one in server.requests)
