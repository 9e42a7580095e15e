"""An archive in which every text is an attack: nothing runs, nothing is loaded, every page stays what it is."""

import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from selectolax.lexbor import LexborHTMLParser

from foiscrawl.storage.engine import make_engine
from tests.browse.filled import searched, trap
from tests.browse.payloads import payloads
from tests.browse.serving import Served, browsing
from tests.browser import Browser, needs_browser

pytestmark = needs_browser

# What our templates hold; whatever else stands in a page has come out of the archive.
ELEMENTS = (
    "a article aside b blockquote body br button code dd del details div dl dt em fieldset footer form h1 h2 h3 h4 "
    "head header html i input ins label legend li link main mark meta nav ol option p pre section select span strong "
    "sub summary sup table tbody td textarea th thead time title tr ul"
)
ATTRIBUTES = (
    "action aria-current aria-label aria-labelledby aria-sort autocapitalize autocomplete checked class colspan "
    "content charset datetime for href id lang method name open placeholder rel required role rows scope selected "
    "spellcheck start tabindex title type value"
)
LOOK = """
const wrong = [];
for (const one of document.querySelectorAll('*')) {
  const name = one.localName;
  const own = one.namespaceURI === 'http://www.w3.org/1999/xhtml' && '%s'.split(' ').includes(name);
  if (!own) wrong.push('<' + name + '>');
  for (const {name: key, value} of one.attributes) {
    if (!'%s'.split(' ').includes(key)) wrong.push(name + '[' + key + ']');
    if (['href', 'action'].includes(key) && new URL(value, location).origin !== location.origin) {
      if (name !== 'a' || !/^https?:/.test(value) || !/noreferrer/.test(one.rel) && !one.closest('.cell, .record.wide'))
        wrong.push(key + '=' + value);
    }
    if (key === 'http-equiv' || name === 'meta' && key === 'content' && /url=/i.test(value)) wrong.push('meta');
  }
}
if (/[\\u0000-\\u0008\\u200b-\\u200f\\u2028-\\u202e\\u2066-\\u2069\\ufeff]/.test(document.documentElement.textContent))
  wrong.push('a letter that nobody sees');
return {wrong, title: document.title, resources: performance.getEntriesByType('resource').map(one => one.name),
        language: document.documentElement.lang, at: location.href, wide: document.documentElement.scrollWidth}
"""


@dataclass
class Canary:
    """An address at which nobody must call."""

    address: str = ""
    calls: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def canary() -> Iterator[Canary]:
    told = Canary()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.calls.append(self.path)
            self.send_response(204)
            self.end_headers()

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        told.address = f"http://127.0.0.1:{server.server_port}/called"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield told
        server.shutdown()


@pytest.fixture(scope="module")
def hostile(canary: Canary, tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> Iterator[Served]:
    file = tmp_path_factory.mktemp("trap") / "trap.db"
    shutil.copy(migrated_file, file)
    engine = make_engine(f"sqlite:///{file}")
    with engine.begin() as conn:
        assert trap(conn, payloads(canary.address)) >= 100
    searched(engine)
    engine.dispose()
    with browsing(file) as server:
        yield server


def look(seen: Browser, served: Served, path: str) -> dict[str, Any]:
    seen.post("url", url=served.address + path)
    told: dict[str, Any] = seen.run(LOOK % (ELEMENTS, ATTRIBUTES))
    return told


def test_no_text_of_any_article_is_more_than_text(seen: Browser, hostile: Served, canary: Canary):
    attacks = payloads(canary.address)
    asked = [f"/article/{number}" for number in range(1, len(attacks) + 1)]
    asked += [f"/articles?page={leaf}" for leaf in (1, 2, 3)] + [f"/removed?page={leaf}" for leaf in (1, 2, 3)]
    asked += ["/", "/fronts", "/runs", "/questions", "/search?q=taken", "/search?q=document&history=1&page=2"]
    tables = ("urls", "captures", "runs", "sites", "links", "images", "alarms", "section_fronts", "removed_articles")
    asked += [f"/archive/{one}?_size=120" for one in (*tables, "articles_current", "article_history")]
    asked += ["/archive/articles/5", "/archive/revisions/5", "/archive/urls/5", "/archive/newest-articles"]
    seen.resize(1280, 900)
    seen.log()

    for path in asked:
        found = look(seen, hostile, path)
        assert found["wrong"] == [], path
        assert found["title"].endswith(" · foiscrawl"), path
        assert found["at"].startswith(hostile.address), path
        assert all(one.startswith(f"{hostile.address}/assets/") for one in found["resources"]), path

    assert seen.log() == []  # no report of the policy either: there was nothing to forbid
    assert canary.calls == []


def reflected(attacks: list[str]) -> list[str]:
    """Each attack as the words of an asker, which come back in forms, messages and filters."""
    asked = []
    for number, one in enumerate(attacks):
        words = [
            ("/articles", {"section": one[:300], "author": one[:300]}),
            ("/search", {"q": one, "section": one[:300], "author": one[:300]}),
            ("/archive", {"sql": f"SELECT '{one.replace(chr(39), chr(39) * 2)}' AS \"{one.replace(chr(34), '')}\""}),
            ("/archive/articles_current", {"headline__contains": one, "_sort": one}),
            ("/archive/first-in-a-section", {"section": one}),
            ("/go", {"address": one[:300]}),
            ("/fronts", {"at": one[:300], "place": one[:300]}),
        ]
        path, values = words[number % len(words)]
        asked.append(f"{path}?{urlencode(values)}")
    return asked


def test_no_word_of_an_asker_is_more_than_text(seen: Browser, hostile: Served, canary: Canary):
    attacks = payloads(canary.address)
    for path in (one for by in range(7) for one in reflected(attacks[by:] + attacks[:by])[by % 3 :: 3]):
        page = LexborHTMLParser(hostile.get(path).text)
        for one in page.css("*"):
            assert one.tag in ELEMENTS.split(), (path, one.tag)
            assert set(one.attributes) <= set(ATTRIBUTES.split()), (path, one.attributes)

    seen.log()
    for path in reflected(attacks)[::5]:
        found = look(seen, hostile, path)
        assert found["wrong"] == [], path
        assert found["title"].endswith(" · foiscrawl"), path
    complaints = [one["message"] for one in seen.log()]

    assert [one for one in complaints if "the server responded with a status of 40" not in one] == []
    assert canary.calls == []


def test_the_policy_holds_should_anything_slip_through(seen: Browser, hostile: Served, canary: Canary):
    look(seen, hostile, "/article/1")
    load = "const one = document.createElement('{}'); one.{} = '%s'; document.head.append(one)"
    attempts = (
        "const one = document.createElement('script'); one.text = 'document.title = 1'; document.body.append(one)",
        load.format("script", "src"),
        load.format("img", "src"),
        load.format("iframe", "src"),
        load.format("link", "rel = 'stylesheet'; one.href"),
        "const one = document.createElement('style'); one.textContent = '@import url(%s)'; document.head.append(one)",
        "const one = document.createElement('base'); one.href = '%s/'; document.head.prepend(one)",
        "document.body.setAttribute('onclick', 'document.title = 1'); document.body.click()",
        "const one = document.createElement('form'); one.action = '%s'; document.body.append(one); one.submit()",
    )
    seen.log()

    for one in attempts:
        seen.run(one.replace("%s", canary.address))

    told = [one["message"] for one in seen.log() if "Content Security Policy" in one["message"]]
    assert len(told) >= len(attempts)
    assert seen.run("return document.title") != "1"
    assert seen.run("return document.baseURI").startswith(hostile.address)
    assert canary.calls == []


def test_a_page_of_somebody_else_cannot_look_in(seen: Browser, hostile: Served, tmp_path: Path):
    page = tmp_path / "other.html"
    page.write_text(f"<iframe src='{hostile.address}/'></iframe><img src='{hostile.address}/assets/icon.svg'>")
    seen.log()

    seen.open(page)

    read = f"return fetch('{hostile.address}/archive.json').then(() => 'read', () => 'refused')"
    assert seen.run(read) == "refused"
    assert seen.run("return document.images[0].naturalWidth") == 0
    assert any("frame" in one["message"].lower() for one in seen.log())
