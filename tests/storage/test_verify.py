"""What `verify` is made of: every flipped byte is found, what a killed run left is told and is no damage."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text, update

from foiscrawl.storage import verify_files, verify_rows
from foiscrawl.storage.models import captures, revisions, runs
from foiscrawl.storage.verify_files import Finding
from tests.storage.making import DAY, NOON, Crawl, article, rows
from tests.storage.test_captures import answer, recorder, settle

FLIPS = 100


@dataclass
class Kept:
    """An archive of two runs: whole answers, a cut one, a revisit, articles of one and two pages and of two texts."""

    conn: Connection
    folder: Path

    def of_files(self, *, quick: bool = False, **since: object) -> list[Finding]:
        return list(verify_files.files(self.conn, self.folder, quick=quick, step=len_, **{"since": None, **since}))

    def of_texts(self) -> list[Finding]:
        return list(verify_rows.texts(self.conn, since=None, step=len_))

    def of_counts(self) -> list[Finding]:
        return [*verify_rows.database(self.conn), *verify_rows.counts(self.conn)]


def len_(size: int) -> None:
    assert size > 0


@pytest.fixture
def kept(engine: Engine, tmp_path: Path) -> Iterator[Kept]:
    folder = tmp_path / "captures"
    with engine.connect() as conn:
        for day, body in ((NOON, "Un premier texte."), (NOON + DAY, "Un second texte, plus long.")):
            crawl, writer = Crawl(conn, now=day), recorder(folder)
            settle(crawl, "list", replace(answer("list"), at=day), to=writer)
            cut = answer("gone", b"cut", truncated="disconnect", at=day)
            settle(crawl, "gone", cut, answer("gone", b"", status=404, at=day), to=writer)
            for path in ("a", "b"):
                item = article(path, body, standfirst="Un chapô.", byline="Par Léa", body_html=f"<p>{body}</p>")
                pages = tuple(answer(one, f"{body}{one}".encode(), at=day) for one in (path, f"{path}/2"))
                fetched = crawl.fetch(path, exchanges=pages, requests=2)
                crawl.write(replace(item, fetch=fetched), recorder=writer)
            crawl.end_run()
            writer.close()
        yield Kept(conn, folder)
        conn.rollback()


def test_a_sound_archive_is_found_sound(kept: Kept):
    assert [row["record"] for row in rows(kept.conn, captures)].count("revisit") == 1
    assert kept.of_files() == kept.of_files(quick=True) == kept.of_texts() == kept.of_counts() == []


@pytest.mark.parametrize("quick", [False, True], ids=["whole", "quick"])
def test_each_flipped_byte_of_a_warc_file_is_found(quick: bool, kept: Kept):
    moment = random.Random(3)
    sound = {one: one.read_bytes() for one in kept.folder.iterdir()}
    places = [(file, place) for file, data in sound.items() for place in range(len(data))]
    edges = [(file, place) for file, data in sound.items() for place in (0, 9, len(data) - 1)]
    missed = []
    for file, place in edges + moment.sample(places, FLIPS - len(edges)):
        data = bytearray(sound[file])
        data[place] ^= 1 << moment.randrange(8)
        file.write_bytes(data)
        found = kept.of_files(quick=quick)
        if not any(one.damage and one.item.startswith(file.name) for one in found):
            missed.append((file.name, place))
        file.write_bytes(sound[file])

    assert missed == []


def test_each_changed_letter_of_a_text_is_found(kept: Kept):
    moment = random.Random(4)
    stored = rows(kept.conn, revisions)
    missed = []
    for _ in range(FLIPS):
        row, column = moment.choice(stored), moment.choice(("headline", "standfirst", "body_text"))
        letters = list(row[column])
        place = moment.randrange(len(letters))
        letters[place] = chr(ord(letters[place]) ^ moment.choice((1, 2, 4, 8, 16)))
        one = update(revisions).where(revisions.c.id == row["id"])
        kept.conn.execute(one.values({column: "".join(letters)}))
        found = kept.of_texts()
        if [finding.item.split(" (")[0] for finding in found] != [
            f"article {row['article_id']}, revision {row['number']}"
        ]:
            missed.append((row["id"], column, place))
        kept.conn.execute(one.values({column: row[column]}))

    assert missed == []
    assert kept.of_texts() == []


def test_text_that_is_no_utf_8_any_more_is_named(kept: Kept):
    if kept.conn.dialect.name != "sqlite":
        pytest.skip("PostgreSQL takes no such text")
    kept.conn.execute(text("UPDATE revisions SET headline = CAST(x'C3' AS TEXT) WHERE id = 1"))

    assert [(one.item.split(" (")[0], one.what) for one in kept.of_texts()] == [
        ("article 1, revision 1", "its texts are no UTF-8")
    ]


MISFITS = {
    "UPDATE captures SET url = 'https://essai.test/z' WHERE id = 1": "the row says another url than the record",
    "UPDATE captures SET status = 201 WHERE id = 1": "the row says another status than the record",
    "UPDATE captures SET captured_at = '2026-11-23T12:00:01Z' WHERE id = 1": "says another captured_at than the record",
    "UPDATE captures SET truncated = NULL WHERE id = 2": "the row says another truncated than the record",
    "UPDATE captures SET record_id = 'x' WHERE id = 3": "the row says another record_id than the record",
    "UPDATE captures SET digest = 'x' WHERE id = 1": "it refers to a capture that does not hold its payload",
    "UPDATE captures SET refers_to_id = 2 WHERE record = 'revisit'": "to a capture that does not hold its payload",
    "UPDATE captures SET record_offset = record_offset + 1 WHERE id = 1": "the bytes are not those that were written",
    "UPDATE captures SET record_length = record_length - 1 WHERE id = 1": "the bytes are not those that were written",
    "DELETE FROM captures WHERE id = 2": "2 records that no row names (its run: done)",
}


def test_a_row_that_does_not_fit_its_record_is_named(kept: Kept):
    kept.conn.execute(text("UPDATE fetches SET capture_id = NULL"))
    for change, what in MISFITS.items():
        with kept.conn.begin_nested() as before:
            kept.conn.execute(text(change))
            found = kept.of_files()
            before.rollback()
        assert any(one.damage and what in one.what for one in found), (change, found)
    assert kept.of_files() == []


def test_what_a_killed_run_left_behind_its_last_row_is_told_and_is_no_damage(kept: Kept):
    """Also a file of which no row was committed."""
    file = kept.folder / "essai-20261124-run2-001.warc.gz"
    sound, length = file.read_bytes(), file.stat().st_size
    file.write_bytes(sound + sound[:2000])
    alone = kept.folder / "essai-20261125-run2-002.warc.gz"
    alone.write_bytes(sound[:700])
    kept.conn.execute(update(runs).where(runs.c.id == 2).values(outcome="crashed"))

    told = kept.of_files()

    assert [one.damage for one in told] == [False, False, False]
    assert told[0].item == f"{file.name}, offset {length}"
    assert re.fullmatch(r"4 records and \d+ bytes of a broken one that no row names \(its run: crashed\)", told[0].what)
    assert told[1] == Finding(f"{alone.name}, offset 0", "the file does not begin with its warcinfo record", False)
    kept.conn.execute(update(runs).where(runs.c.id == 2).values(outcome="done"))
    assert [one.damage for one in kept.of_files()] == [True, True, True]
    assert [one.item for one in kept.of_files(since=NOON + 2 * DAY)] == []


def test_a_file_that_is_gone_is_named_with_what_stood_in_it(kept: Kept):
    (kept.folder / "essai-20261124-run2-001.warc.gz").unlink()

    assert kept.of_files() == [
        Finding("essai-20261124-run2-001.warc.gz", "No such file or directory; 7 captures stood in it")
    ]


MISCOUNTS = {
    "UPDATE articles SET revision_count = 3 WHERE id = 1": "its revisions are not as many as it counts",
    "UPDATE articles SET content_hash = 'x' WHERE id = 1": "its content hash is not that of its current revision",
    "UPDATE fetches SET outcome = NULL, settled_at = NULL WHERE id = 1": "its outcomes are not as many",
    "UPDATE fetches SET article_id = NULL WHERE outcome = 'stored'": "there is no first revision of it",
    "UPDATE fetches SET requests = 1": "its answers are not numbered from 1 on, or are more than its requests",
    "UPDATE fetches SET capture_id = 1 WHERE id = 2": "the answer that settled it is not the last one that was kept",
    "UPDATE captures SET run_id = 2 WHERE id = 1": "it belongs to another run than its fetch",
}


def test_counts_that_do_not_fit_are_named(kept: Kept):
    for change, what in MISCOUNTS.items():
        with kept.conn.begin_nested() as before:
            kept.conn.execute(text(change))
            found = kept.of_counts()
            before.rollback()
        assert any(one.damage and what in one.what for one in found), (change, found)
    assert kept.of_counts() == []


def test_what_search_and_counts_are_answered_from_is_proved(engine: Engine):
    with engine.begin() as conn:
        Crawl(conn).store(*(article(f"{one}/", "Le fer.", section="Monde") for one in "abcd"))
        assert [*verify_rows.texts(conn, since=None, step=int), *verify_rows.counts(conn)] == []
        conn.execute(text("UPDATE search_texts SET body = 'zinc' WHERE article_id = 1"))
        conn.execute(text("DELETE FROM search_texts WHERE article_id = 2"))
        conn.execute(text("UPDATE search_texts SET current = false WHERE article_id = 3"))
        conn.execute(text("UPDATE article_counts SET articles = 5"))

        found = [*verify_rows.texts(conn, since=None, step=int), *verify_rows.counts(conn)]

    assert [one.what for one in found] == [
        "what search compares is not its text",
        "search does not know it",
        "search takes another revision than the last one for the current one",
        *["its articles per section and month are not as many as it counts"] * 2,
    ]
