"""The benchmark measures all that it promises; at this size nothing is said of how well."""

import json
import subprocess
import sys

import pytest

from benchmarks.__main__ import filled, parser
from benchmarks.figures import Figure
from benchmarks.process import measured
from tests.crawling import ROOT, environment

TINY = (
    "--articles",
    "24",
    "--many",
    "30",
    "--known",
    "2000",
    "--signed",
    "200",
    "--articles-asked",
    "2500",
    "--rounds",
    "1",
)


@pytest.mark.long(30)
def test_a_tiny_run_measures_every_figure_and_writes_them_down(tmp_path):
    words = [sys.executable, "-m", "benchmarks", *TINY, "--no-postgresql", "--output", str(tmp_path)]

    ended = subprocess.run(words, env=environment(), cwd=ROOT, capture_output=True, text=True, timeout=200, check=False)

    told = json.loads((tmp_path / "benchmarks.json").read_text())
    values = {one["name"]: one["value"] for one in told["figures"]}
    assert [one["name"] for one in told["crawls"]] == ["Scrapy, download only", "common form", "foiscrawl, SQLite"]
    assert all(one["start"] > 0 and one["rate"] > 0 and one["memory"] > 20 for one in told["crawls"])
    assert list(values) == [
        "CPU per article, foiscrawl, SQLite, to bare Scrapy",
        "CPU per article, foiscrawl, SQLite, to the common form",
        "peak memory, 24 articles",
        "peak memory, 30 articles",
        "memory of the large site more than of the small one",
        "30 unchanged articles, an hour later: requests",
        "30 unchanged articles, an hour later: bytes, to a full crawl",
        "30 unchanged articles, an hour later: seconds",
        "30 unchanged articles, an hour later: articles stored or revised",
        "30 unchanged articles, all looks due: requests",
        "30 unchanged articles, all looks due: bytes, to a full crawl",
        "30 unchanged articles, all looks due: seconds",
        "30 unchanged articles, all looks due: articles stored or revised",
        "WARC writing: seconds of a full crawl, to one without",
        "WARC writing: CPU of a full crawl, to one without",
        "archive bytes per article: database",
        "archive bytes per article: WARC files, lists included",
        "re-extraction: bare loop of warcio and parsel, one core",
        "re-extraction: one process",
        "re-extraction: two processes, their start included",
        "re-extraction, one process: time to that of the bare loop",
        "re-extraction, two processes: time to that of the bare loop",
        "nothing new: requests",
        "nothing new: articles stored or revised",
        "10 new and 5 edited: requests more",
        "new articles found",
        "edited articles found",
        "looks that were due: requests",
        "false finds",
        "start with 2,000 known addresses, more than with few: seconds",
        "start with 2,000 known addresses, more than with few: CPU",
        "start with 2,000 known addresses, more than with few: memory",
        "near-duplicate look-up in 200 articles, median",
        "search in 2,500 articles: 1 word, p50 to bare",
        "search in 2,500 articles: 1 word, p95 to bare",
        "search in 2,500 articles: 2 words, p50 to bare",
        "search in 2,500 articles: 2 words, p95 to bare",
        "search in 2,500 articles: phrase of 3 words, p50 to bare",
        "search in 2,500 articles: phrase of 3 words, p95 to bare",
        "search in 2,500 articles: a word of most articles, p50 to bare",
        "search in 2,500 articles: a word of most articles, p95 to bare",
        "search in 2,500 articles: 1 word, p50",
        "search in 2,500 articles: 2 words, p50",
        "search in 2,500 articles: phrase of 3 words, p50",
        "search in 2,500 articles: a word of most articles, p50",
        "count per section and month of 2,500 articles, to the scan",
        "search in 2,500 articles: peak memory",
        "export of 2,500 articles to Parquet, to a bare read: seconds",
        "export of 2,500 articles to Parquet, to a bare read: CPU",
        "export of 2,500 articles to Parquet: seconds",
        "export of 2,500 articles to Parquet: peak memory",
    ]
    assert (values["new articles found"], values["edited articles found"], values["false finds"]) == (10, 5, 0)
    assert values["30 unchanged articles, an hour later: bytes, to a full crawl"] < 100
    assert values["30 unchanged articles, all looks due: requests"] >= 30
    assert values["export of 2,500 articles to Parquet, to a bare read: CPU"] > 1
    assert 50 < values["export of 2,500 articles to Parquet: peak memory"] < 300
    assert ended.returncode == int(any(one["met"] is False for one in told["figures"]))
    written = (tmp_path / "benchmarks.md").read_text()
    assert all(name in written for name in values)
    assert "processor" in told["machine"]
    assert str(ROOT) not in written


def test_a_filled_archive_of_each_database_may_be_asked(tmp_path):
    url = "postgresql://user:secret@host/big"

    given = parser().parse_args(["--asked", str(tmp_path / "big.db"), "--asked", url])

    assert filled(given.asked) == {"sqlite": f"sqlite:///{tmp_path / 'big.db'}", "postgresql": url}


def test_the_peak_of_a_command_is_its_own_and_not_that_of_its_parent():
    small = [sys.executable, "-I", "-S", "-c", "print(1)"]
    held = bytearray(b"1") * 200_000_000

    cost = measured(small, {})

    assert (cost.output, len(held)) == ("1\n", 200_000_000)
    assert 1 < cost.memory < 100


def test_a_figure_meets_its_limit_when_it_does_not_pass_it():
    assert Figure("requests", 19, "", 19).met is True
    assert Figure("requests", 20, "", 19).met is False
    assert Figure("found", 9, "", 10, exact=True).met is False
    assert Figure("CPU", 3, "s").met is None
