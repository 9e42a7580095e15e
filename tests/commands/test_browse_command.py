"""`foiscrawl browse`: how it starts, what it refuses, how it ends. What it shows stands in tests/browse."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
from sqlalchemy import Engine

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
            (["--host", "0.0.0.0"], database_url, "unknown argument 0.0.0.0"),
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
        assert "1 article in" in server.get("/").text
        assert "Le second" not in server.get("/articles").text
        with engine.begin() as conn:
            Crawl(conn, NOON).store(article("deux/", "Autre texte.", source_id="2", headline="Le second"))
        change(database_url, "UPDATE revisions SET headline = 'Le tout premier' WHERE article_id = 1")
        assert "2 articles in" in server.get("/").text
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
