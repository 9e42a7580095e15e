"""Who may ask what, and what each answer carries: the doors of `foiscrawl browse`."""

import csv
import io
import json
import socket
import sqlite3
import time
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlencode

import pytest
from datasette.app import Datasette

from foiscrawl.browse.guard import App, Guard
from foiscrawl.browse.locked import Archive
from foiscrawl.browse.server import listen
from tests.browse.serving import Served

EVERYWHERE = {
    "content-security-policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}


def asked(sql: str, shape: str = "json") -> str:
    return f"/archive.{shape}?{urlencode({'sql': sql, '_shape': 'array'})}"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/article/1",
        "/article/99999",
        "/articles?page=0",
        "/nowhere",
        "/articles/",
        "/-/versions",
        "/assets/style.css",
        "/assets/nothing.css",
        "/favicon.ico",
        "/go?address=1",
        "/archive",
        "/archive.json",
        "/archive/articles.csv",
        "/archive/articles.csv?_dl=1",
        "/archive/articles/1.json",
        "/archive/newest-articles",
        "/archive/articles/1.blob?_blob_column=signature",
        "/archive?sql=DROP+TABLE+articles",
        "/archive.db",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/assets/%2e%2e/plugin.py",
    ],
)
def test_each_answer_carries_the_policy_and_none_opens_a_door(path: str, served: Served):
    for headers in ({}, {"Origin": "https://evil.test"}, {"Cookie": "ds_actor=x"}):
        answer = served.get(path, headers=headers)
        assert {name: answer.headers.get(name) for name in EVERYWHERE} == EVERYWHERE
        assert not {"access-control-allow-origin", "set-cookie", "server", "link"} & set(answer.headers)
        assert "plugin" not in answer.text or path != "/assets/%2e%2e/plugin.py"
        assert "root:" not in answer.text


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "127.0.0.1:{port}"}, 200),
        ({"Host": "localhost:{port}"}, 200),
        ({"Host": "LocalHost:{port}"}, 200),
        ({"Host": "evil.test:{port}"}, 421),
        ({"Host": "127.0.0.1.evil.test:{port}"}, 421),
        ({"Host": "localhost"}, 421),
        ({"Host": "127.0.0.1:1"}, 421),
        ({"Host": "[::1]:{port}"}, 421),
        ({"Host": ""}, 421),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "style"}, 200),
        ({"Sec-Fetch-Site": "none", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}, 200),
    ],
    ids=str,
)
def test_other_names_and_other_sites_pages_are_refused(headers: dict[str, str], status: int, served: Served):
    told = {name: value.format(port=served.port) for name, value in headers.items()}

    assert served.get("/", headers=told).status == status


def test_two_hosts_or_none_are_refused(served: Served):
    own, evil = (b"host", f"127.0.0.1:{served.port}".encode()), (b"host", b"evil.test")
    guard = Guard(cast("App", None), served.port)
    for hosts in ([], [evil, own], [own, evil], [own, own]):
        told = guard.refused({"type": "http", "method": "GET", "path": "/", "headers": hosts})
        assert told is not None
        assert told[0] == 421
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as raw:
        raw.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert raw.makefile("rb").readline().split()[1] == b"421"


def test_it_listens_on_this_machine_only():
    with listen(0) as door:
        assert door.family is socket.AF_INET
        assert door.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
def test_it_is_only_read(method: str, served: Served):
    for path in ("/", "/archive/newest-articles", "/-/logout"):
        assert served.get(path, method).status == 405
    assert served.get("/", "HEAD").status == 200


@pytest.mark.parametrize("path", ["/-/versions.json", "/-/settings", "/-/auth-token", "/-/allow-debug", "/_internal"])
def test_datasettes_own_pages_are_closed(path: str, served: Served):
    assert served.get(path).status == 404


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM articles",
        "WITH x AS (SELECT 1) DELETE FROM articles",
        "WITH x AS (SELECT 1) UPDATE sqlite_master SET sql = ''",
        "WITH x AS (SELECT 1) INSERT INTO article_search (article_search) VALUES ('rebuild')",
        "ATTACH DATABASE '/tmp/other.db' AS other",
        "SELECT 1; ATTACH DATABASE '/tmp/other.db' AS other",
        "VACUUM INTO '/tmp/copy.db'",
        "PRAGMA writable_schema = 1",
        "SELECT load_extension('/tmp/x')",
        "SELECT readfile('/etc/passwd')",
        "SELECT length(zeroblob(2000000000))",
        "SELECT * FROM nowhere",
        "EXPLAIN DELETE FROM articles",
    ],
)
def test_sql_that_is_not_a_question_is_refused(sql: str, served: Served):
    answer = served.get(asked(sql))

    assert answer.status == 400, answer.text
    assert json.loads(answer.text)["ok"] is False
    with sqlite3.connect(f"file:{quote(str(served.file))}?mode=ro", uri=True) as left:
        assert left.execute("SELECT count(*) FROM articles").fetchone() == (130,)
    left.close()


def test_the_connection_itself_is_locked(served: Served, tmp_path: Path):
    """Whatever Datasette lets through."""
    locked = Archive(Datasette(memory=True), str(served.file)).connect()
    copy = tmp_path / "copy.db"
    for sql in (
        "DELETE FROM articles",
        f"ATTACH DATABASE '{copy}' AS other",
        f"VACUUM INTO '{copy}'",
        "CREATE TEMP TABLE t (x)",
        "PRAGMA writable_schema = 1",
        "PRAGMA journal_mode = DELETE",
        "UPDATE sqlite_master SET sql = ''",
        "SELECT load_extension('x')",
        "SELECT length(zeroblob(60000000))",
    ):
        with pytest.raises((sqlite3.Error, OverflowError)):
            locked.execute(sql).fetchall()
    assert locked.execute("SELECT count(*) FROM article_search WHERE article_search MATCH 'terr'").fetchone()[0] > 0
    locked.close()
    assert list(tmp_path.iterdir()) == []


def test_sql_is_answered_within_its_limits(served: Served):
    found = json.loads(served.get(asked("SELECT count(*) AS n FROM articles_current WHERE section = 'Politique'")).text)
    many = served.get(f"/archive?{urlencode({'sql': 'SELECT a.id FROM articles a, articles b'})}")
    begun = time.monotonic()
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    stopped = served.get(f"/archive?{urlencode({'sql': endless, '_timelimit': 100})}")

    assert found[0]["n"] > 0
    assert "The first 1,000 rows" in many.text
    assert stopped.status == 400
    assert "The question was given up, it takes too long." in stopped.text
    assert time.monotonic() - begun < 5


def test_no_cell_of_a_csv_is_a_formula(served: Served):
    sql = "SELECT '=1+1' AS a, '-2' AS b, '@x' AS c, -3 AS d, 'plain, \"text\"' AS e, '+cmd|x' AS f"
    for more in ({}, {"_dl": "1"}):
        answer = served.get(f"/archive.csv?{urlencode({'sql': sql, **more})}")
        rows = list(csv.reader(io.StringIO(answer.text, newline="")))
        assert rows == [list("abcdef"), ["'=1+1", "-2", "'@x", "-3", 'plain, "text"', "'+cmd|x"]]
