"""`foiscrawl search` as a person meets it, and as a program reads it."""

import json
from pathlib import Path

import pytest

from foiscrawl.items import Term
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.migrate import downgrade, upgrade
from tests.commands.test_crawl_command import FOISCRAWL, refused
from tests.crawling import Ended, environment, run
from tests.storage.making import DAY, NOON, Crawl, article, instant

MONDE = Term("Monde", "monde")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, migrated_file: Path) -> str:
    file = tmp_path_factory.mktemp("command") / "archive.db"
    file.write_bytes(migrated_file.read_bytes())
    engine = make_engine(f"sqlite:///{file}")
    with engine.begin() as conn:
        Crawl(conn).store(
            article("un/", "Des terres rares.", headline="Un accord", sections=(MONDE,), section="Monde",
                    published=instant(NOON)),
            article("deux/", "Rien de neuf.", headline="Terres rares \x1b!", published=instant(NOON - DAY)),
            article("trois/", "Une terre rare."),
        )  # fmt: skip
        Crawl(conn, NOON + DAY).store(article("trois/", "Un métal."))
    engine.dispose()
    return f"sqlite:///{file}"


def search(url: str, *words: str) -> Ended:
    return run([FOISCRAWL, "search", *words], environment(url))


def test_answers_are_printed_with_the_words_that_answer_in_brackets(url: str):
    assert search(url, "terres", "rares") == Ended(
        0,
        "2 articles for terres rares: 1 to 2\n"
        "\n"
        "[Terres] [rares] \\x1b!\n"
        "  2026-11-22 12:00 UTC\n"
        "  https://essai.test/deux/\n"
        "  Rien de neuf.\n"
        "\n"
        "Un accord\n"
        "  2026-11-23 12:00 UTC · Monde\n"
        "  https://essai.test/un/\n"
        "  Des [terres] [rares].\n",
        "",
    )
    assert search(url, "terres", "--section", "monde", "--since", "2026-11-23").out.startswith(
        "1 article for terres: 1\n"
    )


def test_pages_and_history_and_nothing_found(url: str):
    assert search(url, "terres OR accord", "--limit", "1").out.endswith("\nMore: --page 2\n")
    assert "page 3 lies behind the last one" in search(url, "terres", "--limit", "1", "--page", "3").out
    old = search(url, "terre rare -accord -neuf", "--history").out
    assert "undated · revision 1, from 2026-11-23 12:00 to 2026-11-24 12:00" in old
    assert search(url, "absent").out == "No article answers absent; fewer words or a star (minist*) find more\n"
    assert search(url, "absent").code == 0


def test_programs_get_json_without_anything_that_a_terminal_obeys(url: str):
    ended = search(url, 'body:"terres rares"', "--json")

    told = json.loads(ended.out)
    assert ended.out.isascii()
    assert "\x1b" not in ended.out
    assert (told["count"], told["more"], told["not_searchable_yet"]) == (1, False, 0)
    assert [one["url"] for one in told["hits"]] == ["https://essai.test/un/"]
    assert [one["text"] for one in told["hits"][0]["snippet_pieces"] if one["match"]] == ["terres", "rares"]
    assert told["hits"][0]["published_at"] == "2026-11-23T12:00:00Z"


def test_the_sql_is_plain(url: str):
    out = search(url, "terres -accord", "--sql").out
    assert out.startswith("SELECT ")
    assert '(("terr") NOT ("accord"))' in out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "give a question"),
        (['"terres'], "a quotation mark is not closed"),
        (["--", "-terres"], "add a word that is to be found"),
        (["terres", "--limit", "0"], "--limit=0 must lie between 1 and 1,000"),
        (["terres", "--page", "0"], "--page=0 must lie between 1 and"),
        (["terres", "--json", "--sql"], "cannot be asked for together"),
        (["terres", "--section", "mond"], "the archive holds no section mond; did you mean"),
        (["terres", "--fuzzy"], "unknown option --fuzzy; see foiscrawl search --help"),
        (["\x1b*"], "no word to search for"),
    ],
)
def test_wrong_use_is_told_in_one_line(url: str, words: list[str], told: str):
    assert told in refused(search(url, *words))


def test_an_archive_that_is_not_wholly_searchable_says_so_until_it_is_migrated(url: str, tmp_path: Path):
    file = tmp_path / "old.db"
    file.write_bytes(Path(url.removeprefix("sqlite:///")).read_bytes())
    engine = make_engine(f"sqlite:///{file}")
    downgrade(engine, "20261125_over_time")
    upgrade(engine)
    engine.dispose()

    before = search(f"sqlite:///{file}", "terres")
    migrated = run([FOISCRAWL, "migrate"], environment(f"sqlite:///{file}"))
    after = search(f"sqlite:///{file}", "terres")

    assert "4 texts are not searchable yet, so answers may be missing: run `foiscrawl migrate`" in before.out
    assert (migrated.code, migrated.err) == (0, "made 4 of 4 texts searchable\n")
    assert migrated.out.endswith("\nmade 4 texts searchable\n")
    assert after.out.startswith("2 articles for terres: 1 to 2\n")
