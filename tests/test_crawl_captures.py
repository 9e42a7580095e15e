"""What a crawl leaves in the WARC files, compared with what the newsroom served and was asked."""

import gzip
import zlib
from urllib.parse import urlsplit

from aiohttp import web

from foiscrawl.items import Exchange
from foiscrawl.storage.captures import exchanges
from foiscrawl.storage.engine import make_engine
from tests.crawling import capture_folder
from tests.newsroom import CutGzip, Status
from tests.newsroom.faults import Exchange as Request
from tests.rehearsal import Rehearsal, rehearse

POLICIES = {"/robots.txt", "/.well-known/tdmrep.json"}
SHORT = ("multi-page", "protected", "old-slug", "markup-title")


class Sent:
    """A fault that is none: the right answer, with a note of its very bytes and headers."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[bytes, dict[str, str]]] = {}

    async def __call__(self, asked: Request) -> web.Response:
        answer = asked.answer()
        headers = {"Content-Type": answer.content_type, **answer.headers, "Date": "Wed, 25 Nov 2026 08:00:00 GMT"}
        if answer.body:
            headers["Content-Encoding"] = "gzip"
        body = gzip.compress(answer.body, mtime=0) if answer.body else b""
        told = {"Content-Length": str(len(body)), **headers, "Server": "newsroom"}
        self.answers[str(asked.request.rel_url)] = body, lower(tuple(told.items()))
        return web.Response(status=answer.status, body=body, headers=told)


def kept(site: Rehearsal) -> dict[int, list[Exchange]]:
    """The raw answers of the last run by fetch, in the order in which the fetches were taken up."""
    engine = make_engine(site.database_url)
    ids = [row.id for row in site.ask("SELECT id FROM fetches WHERE run_id = (SELECT max(id) FROM runs) ORDER BY id")]
    with engine.connect() as conn:
        found = {one: exchanges(conn, capture_folder(site.database_url), one) for one in ids}
    engine.dispose()
    return found


def asked(site: Rehearsal) -> list[tuple[str, tuple[tuple[str, str], ...]]]:
    """Targets and headers of the requests that the server saw, but for the site's rules."""
    seen = [one for one in site.server.requests if one.path not in POLICIES]
    return sorted((one.path, tuple(one.headers.items())) for one in seen)


def lower(headers: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """Scrapy spells the names its own way."""
    return {name.lower(): value for name, value in headers}


def target(one: Exchange) -> str:
    return one.url.removeprefix(f"http://{urlsplit(one.url).netloc}")


def test_every_answer_of_every_visit_is_kept_as_it_was_sent(database_url: str):
    with rehearse(database_url, articles=24, oddities=SHORT) as site:
        sent = Sent()
        site.server.faults.add("*", sent)
        late, gone, cut = (urlsplit(site.newsroom.url(one)).path for one in site.plain()[:3])
        site.server.faults.add(late, Status(503, "0"), times=1)
        site.server.faults.add(gone, Status(404))
        site.server.faults.add(cut, CutGzip(0.5, "chunked"), times=1)
        site.crawl()
        first = kept(site)

        answers = [one for many in first.values() for one in many]
        assert sorted((target(one), one.request) for one in answers) == asked(site)
        by_path = {path: [one for one in answers if target(one) == path] for path in (late, gone, cut)}
        assert [(one.status, one.truncated) for one in by_path[late]] == [(503, None), (200, None)]
        assert [(one.status, one.truncated) for one in by_path[gone]] == [(404, None)]
        assert [(one.status, one.truncated) for one in by_path[cut]] == [(200, "disconnect"), (200, None)]
        part = zlib.decompressobj(31).decompress(by_path[cut][0].body)
        assert len(part) > 1000
        assert gzip.decompress(by_path[cut][1].body).startswith(part)
        settled = site.ask("SELECT f.*, c.url AS last FROM fetches f JOIN captures c ON c.id = f.capture_id")
        assert len(settled) == len(first)
        assert [row.last for row in settled] == [row.final_url for row in settled]
        for row in settled:
            assert len(first[row.id]) == row.requests
        whole = [one for one in answers if target(one) not in (late, gone, cut)]
        assert [(one.body, lower(one.response)) for one in whole] == [sent.answers[target(one)] for one in whole]
        read_from = site.ask(
            "SELECT a.canonical_url, c.url, c.fetch_id, r.fetch_id AS of FROM revisions r"
            " JOIN articles a ON a.id = r.article_id JOIN captures c ON c.id = r.capture_id"
        )
        assert len(read_from) == len(site.archived())
        assert all(row.url == row.canonical_url and row.fetch_id == row.of for row in read_from)

        site.clock.forward(hours=1)
        site.crawl()
        again = [one for many in kept(site).values() for one in many]
        assert sorted((target(one), one.request) for one in again) == asked(site)
        records = site.ask("SELECT record, url, status FROM captures WHERE run_id = 2")
        same = {row.url for row in records if row.record == "revisit" and row.status == 200}
        unmodified = {row.url for row in records if row.record == "revisit" and row.status == 304}
        assert unmodified == {one.url for one in again if one.status == 304 and one.body == b""} != set()
        before = {one.url: one.body for one in answers}
        assert len(same) >= 3
        assert all(one.body == before[one.url] for one in again if one.url in same)
        assert gzip.decompress(next(one.body for one in again if one.url in same)).startswith(b"<!")
