"""`foiscrawl verify` on an archive that a crawl has made."""

import re
from pathlib import Path

import pytest

from tests.commands.test_crawl_command import refused
from tests.crawling import SCRAPY, Ended, ask, capture_folder, change, environment, run
from tests.rehearsal import rehearse


def verify(database_url: str, *words: str) -> Ended:
    return run([SCRAPY, "verify", *words], environment(database_url))


def test_a_crawled_archive_is_sound_and_each_damage_is_named(database_url: str):
    with rehearse(database_url, articles=12) as site:
        site.crawl()
        site.crawl()
    (answers,), (texts,) = (
        ask(database_url, "SELECT count(*) AS n FROM captures"),
        ask(database_url, "SELECT count(*) AS n FROM revisions"),
    )

    sound = verify(database_url)
    assert (sound.code, sound.err) == (0, "")
    told = rf"{texts.n} texts and {answers.n} raw answers checked in \d+ s: nothing is damaged\n"
    assert re.fullmatch(told, sound.out)

    file = min(capture_folder(database_url).iterdir())
    data = bytearray(file.read_bytes())
    (row,) = ask(database_url, "SELECT * FROM captures WHERE id = 3")
    data[row.record_offset + 500] ^= 1
    file.write_bytes(data)
    change(database_url, "UPDATE revisions SET byline = 'Par un autre' WHERE id = 2")
    damaged = verify(database_url, "--quick")
    lines = damaged.out.splitlines()
    assert damaged.code == 8
    assert re.fullmatch(r"DAMAGED: article \d+, revision 1 \(.*\): its texts are not those that were stored", lines[0])
    assert lines[1].startswith(f"DAMAGED: {file.name}, offset {row.record_offset}: the bytes are not those")
    assert lines[2].endswith("2 items are damaged")
    assert verify(database_url, "--since", "2031-01-01").out.startswith("0 texts and 0 raw answers checked")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["now"], "unknown argument now; see foiscrawl verify --help"),
        (["--since", "hier"], "--since hier is no date; it must look like 2026-11-23"),
        ([], "there is no archive at"),
    ],
)
def test_wrong_use_is_told_in_one_line(words: list[str], told: str, tmp_path: Path):
    assert told in refused(verify(f"sqlite:///{tmp_path / 'none.db'}", *words))
    assert list(tmp_path.iterdir()) == []
