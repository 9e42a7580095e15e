"""`foiscrawl browse`: how it starts, what it refuses, how it ends. What it shows stands in tests/browse."""

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from sqlalchemy import Engine, Row, select, update

from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.models import articles, metadata
from tests.browse.filled import library, searched, story
from tests.browse.serving import browsing
from tests.commands.test_crawl_command import refused
from tests.crawling import FOISCRAWL, ROOT, change, environment, run
from tests.rehearsal import on_sqlite
from tests.storage.making import NOON, Crawl, article


@on_sqlite
def test_wrong_use_is_told_in_one_line(database_url: str, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for words, url, told in (
            (["--port", "x"], database_url, "--port x is no port; it is a number from 0 to 65535"),
            (["--port", "65536"], database_url, "--port 65536 is no port"),
            (["--port", "-1"], database_url, "--port -1 is no port"),
            (["--host", "0.0.0.0"], database_url, "unknown argument --host"),
            (["page"], database_url, "unknown argument page; see foiscrawl browse --help"),
            (["--port", port], database_url, f"port {port} cannot be used (Address already in use); name another with"),
            ([], f"sqlite:///{tmp_path / 'rien.db'}", "there is no archive at"),
            ([], f"sqlite:///{ROOT / 'README.md'}", "is not a SQLite database"),
        ):
            ended = run([FOISCRAWL, "browse", *words], environment(url))
            assert told in refused(ended), words
    assert not (tmp_path / "rien.db").exists()


@on_sqlite
def test_without_datasette_it_names_the_extra(database_url: str, tmp_path: Path):
    (tmp_path / "datasette.py").write_text(
        "raise ModuleNotFoundError(\"No module named 'datasette'\", name='datasette')"
    )

    ended = run([FOISCRAWL, "browse"], environment(database_url, PYTHONPATH=str(tmp_path)))

    assert refused(ended) == "foiscrawl: browse needs the extra `browse`: pip install 'foiscrawl[browse]'\n"


@on_sqlite
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=str)
def test_it_ends_quietly_also_while_a_browser_holds_on(how: signal.Signals, database_url: str, tmp_path: Path):
    shown = tmp_path / "shown"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" > {shown}\n')
    browser.chmod(0o755)
    words = [FOISCRAWL, "browse", "--port", "0", "--open"]
    env = environment(database_url, BROWSER=str(browser))
    with subprocess.Popen(
        words, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            address = line.split()[4]
            port = int(address.rstrip("/").rpartition(":")[2])
            with urlopen(address) as answer, socket.create_connection(("127.0.0.1", port)) as held:
                assert answer.status == 200
                held.sendall(b"GET / HTTP/1.1\r\n")
                process.send_signal(how)
                out, err = process.communicate(timeout=20)
        finally:
            process.kill()

    assert line == f"The archive is at {address} (only on this machine; Ctrl-C ends it)\n"
    assert (process.returncode, out, err) == (0, "", "")
    assert shown.read_text() == f"{address}\n"


@on_sqlite
def test_it_shows_what_a_crawl_writes_meanwhile_and_writes_nothing_itself(database_url: str, engine: Engine):
    file = Path(database_url.removeprefix("sqlite:///"))
    with engine.begin() as conn:
        Crawl(conn).store(article("un/", source_id="1", headline="Le premier"))
    with browsing(file) as server:
        assert "1 article, 1 revision, " in server.get("/").text
        assert "Le second" not in server.get("/articles").text
        with engine.begin() as conn:
            Crawl(conn, NOON).store(article("deux/", "Autre texte.", source_id="2", headline="Le second"))
        change(database_url, "UPDATE revisions SET headline = 'Le tout premier' WHERE article_id = 1")
        assert "2 articles, 2 revisions, " in server.get("/").text
        assert "Le second" in server.get("/articles").text
        assert "Le tout premier" in server.get("/article/1").text
        assert server.get("/archive/articles.json?_shape=array").text.count('"canonical_url"') == 2


@on_sqlite
def test_other_plugins_of_datasette_have_no_say(database_url: str, tmp_path: Path):
    """One that lies in the same environment, as any program's may."""
    info = tmp_path / "datasette_loud-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: datasette-loud\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[datasette]\nloud = datasette_loud\n")
    (tmp_path / "datasette_loud.py").write_text(
        "from datasette import hookimpl\n"
        "@hookimpl\n"
        "def extra_body_script():\n    return 'alert(1)'\n"
        "@hookimpl\n"
        "def asgi_wrapper():\n    raise RuntimeError('loud')\n"
    )
    words = [sys.executable, "-c", "import datasette.plugins as p; print(p.pm.has_plugin('loud'))"]
    assert run(words, environment(PYTHONPATH=str(tmp_path))).out == "True\n"

    os_path = os.pathsep.join(filter(None, [str(tmp_path), os.environ.get("PYTHONPATH")]))
    with browsing(Path(database_url.removeprefix("sqlite:///")), PYTHONPATH=os_path) as server:
        page = server.get("/archive")

    assert page.status == 200
    assert "alert" not in page.text


on_postgresql = pytest.mark.parametrize("dialect", ["postgresql"], indirect=True)


@on_postgresql
def test_a_postgresql_archive_is_shown_by_a_snapshot_that_can_be_kept(
    database_url: str, engine: Engine, tmp_path: Path
):
    with engine.begin() as conn:
        library(conn, 40)
        story(conn)
    searched(engine)
    kept = tmp_path / "a b.db"

    with browsing(None, url=database_url) as server:
        front = server.get("/").text
        found = server.get("/search?q=terre+rare").text
        folder = server.file
    assert re.search(r"A snapshot of postgresql[^<]*, made \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", front)
    assert "40 articles, 46 revisions, 1 section in the menu, " in front
    assert "<mark>terres</mark> <mark>rares</mark>" in found
    assert not folder.exists()

    with browsing(None, "--snapshot", str(kept), url=database_url) as server:
        assert "40 articles, 46 revisions, 1 section in the menu, " in server.get("/").text
    copied = make_engine(f"sqlite:///{kept}", read_only=True)
    with engine.connect() as ours, copied.connect() as theirs:
        for table in metadata.sorted_tables:
            asked = select(table).order_by(*table.primary_key.columns)
            assert [plain(row) for row in theirs.execute(asked)] == [plain(row) for row in ours.execute(asked)]
    copied.dispose()

    with engine.begin() as conn:
        conn.execute(update(articles).where(articles.c.id == 2).values(state="withdrawn"))
    with browsing(None, "--snapshot", str(kept), url="postgresql://nobody@127.0.0.1:1/nothing") as server:
        assert "withdrawn" not in server.get("/article/2").text  # the old one is shown again, without a server
    with browsing(None, "--snapshot", str(kept), "--fresh", url=database_url) as server:
        assert "withdrawn" in server.get("/article/2").text
    assert [one.name for one in tmp_path.iterdir()] == ["a b.db"]


@on_sqlite
def test_what_is_no_snapshot_is_neither_shown_nor_replaced(database_url: str, tmp_path: Path):
    theirs = tmp_path / "theirs.db"
    theirs.write_text("à moi")
    own = Path(database_url.removeprefix("sqlite:///"))
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    for words, url, told in (
        (["--snapshot", str(theirs)], database_url, "--snapshot is of use with a PostgreSQL archive only"),
        (["--snapshot", str(theirs), "--fresh"], nowhere, f"{theirs} is no snapshot of ours; name another file"),
        (["--snapshot", str(own), "--fresh"], nowhere, f"{own} is no snapshot of ours"),  # an archive of its own
        (["--snapshot", str(tmp_path), "--fresh"], nowhere, f"{tmp_path} is no snapshot of ours"),
        (["--snapshot", str(tmp_path / "no" / "x.db")], nowhere, f"there is no folder {tmp_path / 'no'}"),
        (["--fresh"], nowhere, "--fresh is of use with --snapshot only"),
    ):
        ended = run([FOISCRAWL, "browse", "--port", "0", *words], environment(url))
        assert told in refused(ended), words
    unreached = run([FOISCRAWL, "browse", "--port", "0"], environment(nowhere))
    assert (unreached.code, unreached.out) == (5, "")
    assert theirs.read_text() == "à moi"
    assert run([FOISCRAWL, "history", "1"], environment(database_url)).err == (
        "foiscrawl: the archive knows no article 1\n"
    )


def plain(row: Row[Any]) -> list[Any]:
    return [bytes(one) if isinstance(one, memoryview) else one for one in row]
