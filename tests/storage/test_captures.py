"""Raw answers on their way to WARC and back."""

import gzip
import resource
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from warcio.archiveiterator import ArchiveIterator

from foiscrawl.errors import CaptureError
from foiscrawl.items import Exchange, Outcome, OutcomeItem
from foiscrawl.storage.captures import exchanges, keep
from foiscrawl.storage.models import captures, fetches, revisions
from foiscrawl.storage.recorder import Recorder
from tests.storage.making import DAY, HOME, NOON, Crawl, article, rows

PAGE = gzip.compress(" ".join(f"été {number**3}" for number in range(500)).encode(), mtime=0)  # 2.3 KB
ASKED = (("Accept", "text/html"), ("Accept-Encoding", "gzip"), ("Host", "essai.test"))
TOLD = (("Content-Type", "text/html"), ("Content-Encoding", "gzip"), ("X-Odd", "\xe9t\xc3\xa9: \xa0"), ("X-Empty", ""))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "captures"


def recorder(folder: Path, **options: int) -> Recorder:
    return Recorder(folder, "essai", {"software": "foiscrawl/0", "operator": "équipe"}, **options)


def answer(path: str, body: bytes = PAGE, **values: object) -> Exchange:
    return Exchange(**{"url": HOME + path, "at": NOON, "status": 200, "request": ASKED, "response": TOLD, "body": body}
                    | values)  # fmt: skip


def settle(crawl: Crawl, path: str, *answers: Exchange, to: Recorder) -> int:
    """Settle an address with these answers, the second one a page that is no article. Gives the fetch's id."""
    item = OutcomeItem(
        fetch=crawl.fetch(path, exchanges=answers, requests=len(answers)), outcome=Outcome.SKIPPED, reason="is_page"
    )
    crawl.write(item, recorder=to)
    return crawl.fetch_id(path)


def test_what_was_kept_comes_back_as_it_came_and_any_reader_of_warc_reads_it(engine: Engine, folder: Path):
    moved = answer("a", b"", status=301, response=(("Location", "/b"), ("Location", "/c")), protocol="HTTP/1.0")
    cut = answer("b?page=2", b"\x1f\x8b\r\n\r\n", truncated="disconnect")
    with engine.begin() as conn:
        fetch_id = settle(Crawl(conn), "a", moved, cut, answer("b"), to=recorder(folder))
        assert exchanges(conn, folder, fetch_id) == [moved, cut, answer("b")]
        assert exchanges(conn, folder, fetch_id + 1) == []
        kept = rows(conn, captures)

    (file,) = folder.iterdir()
    assert (file.name, stat.S_IMODE(file.stat().st_mode)) == ("essai-20261123-run1-001.warc.gz", 0o600)
    with file.open("rb") as stream:
        found = [(one.rec_type, one.rec_headers, one.content_stream().read(), one.digest_checker.passed)
                 for one in ArchiveIterator(stream, check_digests=True)]  # fmt: skip
    assert [one[0] for one in found] == ["warcinfo", *["response", "request"] * 3]
    assert all(passed for _, _, _, passed in found)
    assert "operator: équipe" in found[0][2].decode()
    responses = found[1::2]
    assert [one[1]["WARC-Target-URI"] for one in responses] == [HOME + "a", HOME + "b?page=2", HOME + "b"]
    assert [one[1]["WARC-Truncated"] for one in responses] == [None, "disconnect", None]
    assert responses[2][2] == gzip.decompress(PAGE)
    for row, response, request in zip(kept, responses, found[2::2], strict=True):
        assert response[1]["WARC-Record-ID"] == f"<urn:uuid:{row['record_id']}>" == request[1]["WARC-Concurrent-To"]
        assert (response[1]["WARC-Payload-Digest"], response[1]["WARC-Date"]) == (row["digest"], "2026-11-23T12:00:00Z")
        assert row["file"] == file.name
    assert file.stat().st_size == kept[2]["record_offset"] + kept[2]["record_length"] + kept[2]["request_length"]


def test_a_payload_that_stands_in_the_archive_is_referred_to_and_not_written_again(engine: Engine, folder: Path):
    later = NOON + timedelta(minutes=1)
    small, cut = answer("b", b"too small to refer to"), answer("c", truncated="length")
    with engine.begin() as conn:
        crawl, first = Crawl(conn), recorder(folder)
        settle(crawl, "a", answer("a"), to=first)
        settle(crawl, "b", small, to=first)
        settle(crawl, "c", cut, to=first)
        crawl.end_run()
    with engine.begin() as conn:
        crawl, second = Crawl(conn, now=NOON + DAY), recorder(folder)
        again = settle(crawl, "a", replace(answer("a"), at=later, status=404), to=second)
        elsewhere = settle(crawl, "d", answer("d"), to=second)
        for path, same in (("b", small), ("c", replace(cut, truncated=None))):
            settle(crawl, path, same, to=second)
        kept = {(row["run_id"], row["url"].removeprefix(HOME)): row for row in rows(conn, captures)}
        assert exchanges(conn, folder, again) == [replace(answer("a"), at=later, status=404)]
        assert exchanges(conn, folder, elsewhere) == [answer("d")]

    assert {key: row["record"] for key, row in kept.items() if key[0] == 2} == {
        (2, "a"): "revisit", (2, "b"): "response", (2, "c"): "response", (2, "d"): "response"
    }  # fmt: skip
    original, revisit = kept[1, "a"], kept[2, "a"]
    assert (revisit["refers_to_id"], revisit["digest"]) == (original["id"], original["digest"])
    with (folder / revisit["file"]).open("rb") as stream:
        (told,) = [one.rec_headers for one in ArchiveIterator(stream) if one.rec_type == "revisit"]
    assert told["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
    assert told["WARC-Refers-To"] == f"<urn:uuid:{original['record_id']}>"
    assert (told["WARC-Refers-To-Target-URI"], told["WARC-Refers-To-Date"]) == (HOME + "a", "2026-11-23T12:00:00Z")
    assert told["WARC-Payload-Digest"] == original["digest"]
    assert revisit["record_length"] < original["record_length"]


def test_a_304_refers_to_the_whole_page_that_it_says_is_still_the_same(engine: Engine, folder: Path):
    said = answer("a", b"", status=304, response=(("Etag", '"1"'),))
    with engine.begin() as conn:
        for day in range(3):  # the page, the same page again as a revisit, and the 304
            crawl, writer = Crawl(conn, now=NOON + day * DAY), recorder(folder)
            one = said if day == 2 else answer("a")
            fetch_id = settle(crawl, "a", replace(one, at=crawl.now), to=writer)
            settle(crawl, "b", replace(said, url=f"{HOME}b", at=crawl.now), to=writer)
            crawl.end_run()
        assert exchanges(conn, folder, fetch_id) == [replace(said, at=crawl.now)]
        kept = rows(conn, captures)

    assert [row["record"] for row in kept] == ["response", "response", "revisit", "response", "revisit", "response"]
    whole, revisit = kept[0], kept[4]
    assert (revisit["refers_to_id"], revisit["digest"]) == (whole["id"], whole["digest"])
    with (folder / revisit["file"]).open("rb") as stream:
        (told,) = [one for one in ArchiveIterator(stream) if one.rec_type == "revisit"]
    assert told.rec_headers["WARC-Profile"] == "http://netpreserve.org/warc/1.1/revisit/server-not-modified"
    assert told.rec_headers["WARC-Refers-To-Date"] == "2026-11-23T12:00:00Z"
    assert (told.http_headers.get_statuscode(), told.http_headers["ETag"]) == ("304", '"1"')


def test_fetch_and_revision_name_the_answers_that_settled_them(engine: Engine, folder: Path):
    """Of an article of two pages, the first page; of the fetch, the last answer."""
    answers = (answer("x", status=503), answer("x", status=301), answer("a"), answer("a/2"))
    with engine.begin() as conn:
        crawl = Crawl(conn)
        crawl.write(replace(article("a"), fetch=crawl.fetch("x", exchanges=answers)), recorder=recorder(folder))
        by_path = {row["url"].removeprefix(HOME): row["id"] for row in rows(conn, captures)}
        assert conn.execute(select(revisions.c.capture_id)).all() == [(by_path["a"],)]
        assert conn.execute(select(fetches.c.capture_id)).all() == [(by_path["a/2"],)]
        assert [row["position"] for row in rows(conn, captures)] == [1, 2, 3, 4]


def test_a_batch_that_was_undone_is_not_written_twice(engine: Engine, folder: Path):
    """Also when its items are then tried one by one."""
    writer = recorder(folder)
    with engine.begin() as conn:
        crawl = Crawl(conn)
        items = [
            OutcomeItem(fetch=crawl.fetch(path, exchanges=(answer(path),)), outcome=Outcome.SKIPPED, reason="is_page")
            for path in ("a", "b")
        ]
    for _ in range(2):
        with engine.connect() as conn:
            crawl.conn = conn
            crawl.write(*items, recorder=writer)
            size = sum(one.stat().st_size for one in folder.iterdir())
            conn.rollback()
    with engine.begin() as conn:
        crawl.conn = conn
        for one in items:
            crawl.write(one, recorder=writer)
        ends = [row["record_offset"] + row["record_length"] + row["request_length"] for row in rows(conn, captures)]

    assert size == sum(one.stat().st_size for one in folder.iterdir()) == max(ends)


def test_a_file_is_begun_for_each_day_and_when_one_is_full_and_never_twice(engine: Engine, folder: Path):
    folder.mkdir()
    (folder / "essai-20261123-run1-001.warc.gz").write_bytes(b"of another archive")
    writer = recorder(folder, largest=2 * len(PAGE))
    with engine.begin() as conn:
        crawl = Crawl(conn)
        for number in range(4):
            settle(crawl, f"a{number}", answer(f"a{number}", PAGE), to=writer)
        crawl.now = NOON + DAY
        settle(crawl, "b", answer("b"), to=writer)
        found = [row["file"] for row in rows(conn, captures)]
    writer.close()

    assert [name.removeprefix("essai-").removesuffix(".warc.gz") for name in found] == [
        "20261123-run1-002", "20261123-run1-002", "20261123-run1-003", "20261123-run1-003", "20261124-run1-004"
    ]  # fmt: skip
    assert (folder / "essai-20261123-run1-001.warc.gz").read_bytes() == b"of another archive"
    for name in set(found):
        with (folder / name).open("rb") as stream:
            assert next(one.rec_type for one in ArchiveIterator(stream)) == "warcinfo"


@pytest.mark.parametrize("what", ["byte", "cut", "gone"])
def test_a_damaged_record_is_named_with_file_and_offset(what: str, engine: Engine, folder: Path):
    with engine.begin() as conn:
        fetch_id = settle(Crawl(conn), "a", answer("a"), to=recorder(folder))
        (row,) = rows(conn, captures)
        file = folder / row["file"]
        data = bytearray(file.read_bytes())
        data[row["record_offset"] + 3] ^= 1  # a flag of gzip, which no reader looks at
        if what == "gone":
            file.unlink()
        else:
            file.write_bytes(data if what == "byte" else data[:-1])
        with pytest.raises(CaptureError, match=f"{row['file']}, offset {row['record_offset']}: .*{HOME}a"):
            exchanges(conn, folder, fetch_id)


def test_a_write_that_fails_half_way_leaves_the_file_as_it_was(engine: Engine, folder: Path):
    writer = recorder(folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with engine.begin() as conn:
        crawl = Crawl(conn)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
        try:
            with pytest.raises(CaptureError, match="File too large at byte 0"):
                captures_of(crawl, (answer("a"),), writer)
            assert list(folder.iterdir()) == []
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        settle(crawl, "a", answer("a"), to=writer)
        (file,) = folder.iterdir()
        before = file.read_bytes()
        failing = crawl.fetch("b", exchanges=(answer("b"),))
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 100, hard))
        try:
            with pytest.raises(CaptureError, match=rf"{file.name}: File too large at byte {len(before)}"):
                captures_of(crawl, failing.exchanges, writer)
            assert file.read_bytes() == before
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        again = settle(crawl, "b", answer("b"), to=writer)
        assert exchanges(conn, folder, again) == [answer("b")]


def captures_of(crawl: Crawl, answers: tuple[Exchange, ...], writer: Recorder) -> None:
    keep(crawl.conn, crawl.run, writer, {1: answers}, crawl.now)
