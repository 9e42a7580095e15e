"""The report: the same numbers from both databases, SQL that gives what is plotted, a page on which nothing acts."""

import html
import re
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import psycopg
import pytest
from sqlalchemy import Engine, select

from foiscrawl.report.calendar import calendars
from foiscrawl.report.page import Frame, page, part_count
from foiscrawl.report.parts import STACKED, parts
from foiscrawl.storage.engine import make_engine
from foiscrawl.storage.filters import Filter, conditions
from foiscrawl.storage.models import articles, revisions
from foiscrawl.storage.opened import snapshot
from foiscrawl.storage.reporting import Answers, ask
from foiscrawl.storage.reporting.sql import DELAYS, QUESTIONS
from tests.browser import browser, needs_browser
from tests.commands.test_crawl_command import refused
from tests.crawling import FOISCRAWL, Ended, environment, run
from tests.report.archives import END, HOSTILE, fill

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
COUNT, DAYS = 400, 500


@pytest.fixture(scope="module")
def archives(tmp_path_factory, migrated_file, postgres, migrated_database) -> Iterator[dict[str, str]]:
    """The same rows in both databases: database -> URL."""
    file = tmp_path_factory.mktemp("report") / "archive.db"
    shutil.copy(migrated_file, file)
    with postgres.database(f"TEMPLATE {migrated_database}") as url:
        urls = {"sqlite": f"sqlite:///{file}", "postgresql": url}
        for one in urls.values():
            engine = make_engine(one)
            with engine.begin() as conn:
                fill(conn, count=COUNT, days=DAYS)
            engine.dispose()
        yield urls


def answers(url: str, wanted: Filter | None = None) -> Answers:
    engine = make_engine(url)
    try:
        with snapshot(engine) as conn:
            return ask(conn, wanted or Filter(), PARIS, lambda: None)
    finally:
        engine.dispose()


def report(url: str, *words: str, **env: str) -> Ended:
    return run([FOISCRAWL, "report", *words], environment(url, FOISCRAWL_NOW=NOW.isoformat(), **env))


@pytest.fixture(scope="module")
def pages(archives, tmp_path_factory) -> dict[str, str]:
    """What the command wrote: database -> page."""
    folder = tmp_path_factory.mktemp("pages")
    made = {}
    for name, url in archives.items():
        ended = report(url, "-o", str(folder / name))
        assert (ended.code, ended.err) == (0, "")
        assert re.fullmatch(rf"{folder / name}: 14 plots, [\d,]+ kB\n", ended.out)
        made[name] = (folder / name).read_text("utf-8")
    return made


def printed(text: str) -> dict[str, str]:
    """key -> SQL, as a reader would copy it."""
    found = re.findall(r'<pre data-key="(\w+)">(.*?)</pre>', text, re.DOTALL)
    return {key: html.unescape(sql) for key, sql in found}


def pasted(url: str, sql: str) -> list[tuple]:
    """By the database's own driver, with nothing of ours around."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as lite:
            return lite.execute(sql).fetchall()
    with psycopg.connect(url.replace("+psycopg", "")) as conn:
        return conn.execute(sql).fetchall()


def rounded(rows: list[tuple]) -> list[tuple]:
    return [tuple(round(one, 2) if isinstance(one, float) else one for one in row) for row in rows]


WANTED = (
    Filter(),
    Filter(site="francaisfois", sections=("Politique", HOSTILE), since=END - timedelta(days=300), until=END),
    Filter(authors=("A. 3",), states=("live", "removed")),
    Filter(since=END - timedelta(days=40)),
    Filter(since=END + timedelta(days=1)),
)


@pytest.mark.parametrize("wanted", WANTED)
def test_both_databases_give_the_same_numbers(archives, wanted):
    lite, post = (answers(url, wanted) for url in archives.values())

    assert [(key, one.unit, one.rows) for key, one in lite.by_key.items()] == [
        (key, one.unit, sorted_as(one.rows, lite[key].rows)) for key, one in post.by_key.items()
    ]


def sorted_as(rows: list[tuple], like: list[tuple]) -> list[tuple]:
    """Names of equal counts stand in the order of each database's own letters."""
    assert Counter(rows) == Counter(like)
    return like


def test_every_printed_sql_runs_as_it_is_and_gives_the_plotted_numbers(archives, pages):
    for name, url in archives.items():
        found, sqls = answers(url), printed(pages[name])
        assert set(sqls) == {one.key for one in QUESTIONS}
        for key, sql in sqls.items():
            assert rounded(pasted(url, sql)) == found[key].rows, (name, key)
            assert len(found[key].columns) == len(found[key].rows[0])


def test_the_sql_holds_the_filter_however_a_name_is_spelt(archives):
    wanted = Filter(sections=(HOSTILE,), since=datetime(2025, 8, 31, 22, tzinfo=UTC))
    current = (revisions.c.article_id == articles.c.id) & (revisions.c.number == articles.c.revision_count)
    for url in archives.values():
        engine = make_engine(url)
        with engine.connect() as conn:
            right = conn.execute(select(articles.c.id).join(revisions, current).where(*conditions(wanted))).all()
        engine.dispose()

        assert pasted(url, answers(url, wanted)["totals"].sql)[0][0] == len(right) > 0


def moments(url: str) -> list[tuple]:
    """(published in Paris, section, precision, revisions) of each dated article, counted without SQL of ours."""
    rows = pasted(
        url,
        "SELECT published_at, r.section, published_precision, revision_count, credit, article_id FROM articles a"
        " JOIN revisions r ON r.article_id = a.id AND r.number = a.revision_count WHERE published_at IS NOT NULL",
    )
    return [(datetime.fromisoformat(at).astimezone(PARIS), *rest) for at, *rest in rows]


def test_local_days_and_hours_are_those_of_the_clocks_in_paris(archives):
    url = archives["sqlite"]
    told, found = moments(url), answers(url)

    assert dict(found["days"].rows) == Counter(f"{at:%Y-%m-%d}" for at, *_ in told)
    hours = Counter((at.isoweekday(), at.hour) for at, _, precision, *_ in told if precision != "day")
    assert {(day, hour): count for day, hour, count in found["hours"].rows} == hours
    sections = Counter((f"{at:%Y-%m}", section) for at, section, *_ in told)
    assert {(step, name): count for step, name, count in found["sections"].rows} == sections
    assert {at.utcoffset() for at, *_ in told} == {timedelta(hours=1), timedelta(hours=2)}
    assert any(f"{at:%d}" != f"{at.astimezone(UTC):%d}" for at, *_ in told)


def test_edits_and_agencies_are_counted_as_the_page_says(archives):
    url = archives["sqlite"]
    found = answers(url)
    edits = pasted(
        url,
        "SELECT e.kind, e.captured_at, r.published_at FROM revisions e JOIN articles a ON a.id = e.article_id"
        " JOIN revisions r ON r.article_id = a.id AND r.number = a.revision_count WHERE e.number > 1",
    )
    kinds = Counter(kind for row in edits if row[0] for kind in row[0].split(","))
    assert {name: count for name, count in found["kinds"].rows if count} == {
        **kinds,
        "not graded": sum(row[0] is None for row in edits),
    }
    bounds = (0, 1, 2, 4, 8, 24, 48, 96, 192, 720, 2160)
    hours = [
        (datetime.fromisoformat(seen) - datetime.fromisoformat(at)) / timedelta(hours=1) for _, seen, at in edits if at
    ]
    assert dict(found["delays"].rows) == Counter(sum(one >= bound for bound in bounds) for one in hours)
    assert len(DELAYS) == len(bounds) + 1
    printed_credits = Counter(row[0] for row in pasted(url, "SELECT credit FROM articles_current"))
    agencies = {
        "AFP": ("AFP", "Le Monde avec AFP", "AFP/Reuters", "l’AFP (Paris)", "Agence France-Presse"),
        "Reuters": ("Reuters", "AFP/Reuters"),
        "AP": ("Le Parisien avec AP",),
        "credit that names none of these": ("Le Figaro", "APRIL", HOSTILE),
        "no credit": (None,),
    }
    right = {name: sum(printed_credits[one] for one in named) for name, named in agencies.items()}
    assert dict(found["agencies"].rows) == right


def test_plots_show_the_numbers_of_their_tables(archives):
    found = answers(archives["sqlite"])
    shown = {one.key: one for one in parts(found, PARIS.key)}

    (lines,) = shown["sections"].figures()
    drawn = lines.axes[0].get_lines()
    assert len(drawn) == 8
    assert sum(sum(one.get_ydata()) for one in drawn) == sum(row[1] for row in shown["sections"].rows)
    assert [str(one.get_label()) for one in drawn][-1] == "18 other sections"
    assert len(shown["runs"].rows) <= STACKED
    (stacked,) = shown["runs"].figures()
    boxes = [path.get_extents() for one in stacked.axes[0].collections for path in one.get_paths()]
    assert sum(one.height for one in boxes) == pytest.approx(sum(sum(row[1:]) for row in shown["runs"].rows))
    (calendar,) = shown["days"].figures()
    cells = sum(len(axes.collections[0].get_paths()) for axes in calendar.axes)
    assert cells == (found.last - found.first).days + 1


@pytest.mark.parametrize(
    ("first", "last", "named"),
    [
        (date(2026, 10, 31), date(2026, 11, 21), ["Nov"]),  # both months begin in the first week, and one goes on
        (date(2026, 10, 24), date(2026, 11, 21), ["Nov"]),  # no room for a name beside the next one
        (date(2026, 10, 5), date(2026, 11, 21), ["Oct", "Nov"]),
        (date(2026, 11, 3), date(2026, 11, 4), ["Nov"]),
    ],
)
def test_the_calendar_names_the_months_that_it_shows(first: date, last: date, named: list[str]):
    (calendar,) = calendars({first: 2, last: 1})

    assert [one.get_text() for one in calendar.axes[0].get_xticklabels()] == named


def test_the_same_archive_gives_the_same_bytes(archives, pages):
    made = page(answers(archives["sqlite"]), Frame("archive.db", NOW, PARIS.key, Filter()), lambda: None)

    assert made == pages["sqlite"]
    ids = re.findall(r'\bid="([^"]+)"', made)
    assert len(ids) == len(set(ids))
    assert set(re.findall(r'(?:url\(#|href="#)([^")]+)', made)) <= set(ids)


def test_an_empty_archive_and_one_article_are_a_page_too(engine: Engine, database_url, tmp_path):
    file = tmp_path / "page.html"

    assert report(database_url, "-o", str(file)).out.startswith(f"{file}: 0 plots")
    text = file.read_text()
    assert text.count("There is nothing to plot.") == part_count()
    assert len(printed(text)) == len(QUESTIONS)

    with engine.begin() as conn:
        fill(conn, count=1, days=1)
    found = answers(database_url)
    made = page(found, Frame("x", NOW, PARIS.key, Filter(sections=("Jeux",), states=("live",))), lambda: None)
    assert sum(found[one].rows != [] for one in ("days", "sections", "runs", "coverage")) == 4
    assert "no state is known: --state is not applied here" in made
    assert "belong to no article: --section and --state is not applied here" in made


def test_wrong_use_is_told_in_one_line(archives, tmp_path):
    file, url = tmp_path / "page.html", archives["sqlite"]
    file.write_text("à moi")
    new = ["-o", str(tmp_path / "new.html")]
    for words, told in (
        ([], "name the file to write, as in: foiscrawl report -o report.html"),
        (["-o", str(file)], f"{file} exists; write over it with --force"),
        (["-o", str(tmp_path)], "is not a file"),
        (["-o", str(tmp_path / "nulle" / "part.html")], f"there is no folder {tmp_path / 'nulle'}"),
        ([*new, "x"], "unknown argument x; see foiscrawl report --help"),
        ([*new, "--section", "Politik"], "the archive holds no section Politik; did you mean Politique?"),
        ([*new, "--since", "hier"], "--since=hier is no date"),
        ([*new, "--state", "lve"], "did you mean live?"),
    ):
        ended = report(url, *words)
        assert told in ended.err, words
        assert refused(ended)
    assert [one.name for one in tmp_path.iterdir()] == ["page.html"]
    assert file.read_text() == "à moi"
    assert "there is no archive at" in refused(report(f"sqlite:///{tmp_path / 'rien.db'}", *new))


def test_a_missing_extra_is_told_in_one_line(archives, tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ModuleNotFoundError('no', name='matplotlib')")

    ended = report(archives["sqlite"], "-o", str(tmp_path / "x.html"), PYTHONPATH=str(tmp_path))

    assert "foiscrawl report needs the extra `report`: pip install 'foiscrawl[report]'" in refused(ended)


@needs_browser
def test_the_page_is_whole_in_a_browser_loads_nothing_and_nothing_in_it_acts(pages, tmp_path: Path):
    file = tmp_path / "page.html"
    file.write_text(pages["postgresql"])

    with browser() as seen:
        for width in (1280, 390):
            seen.resize(width, 900)
            seen.open(file)
            assert seen.run("return document.documentElement.scrollWidth - innerWidth") <= 0  # a scroll bar takes some
        assert seen.run("return performance.getEntriesByType('resource').length") == 0
        assert seen.run("return document.querySelectorAll('script, img, image, iframe, link, object').length") == 0
        assert seen.run("return document.querySelectorAll('svg[role=img] > title + desc').length") == 14
        assert "<script>x</script>$a_b$'\"\\x1b[31m\\u202e" in seen.run("return document.body.textContent")
        assert "Œuvres et patrimoine" in seen.run("return document.body.textContent")
        assert seen.log() == []
        overlap = """
            const boxes = [...document.querySelectorAll('#sections svg text, #credits svg text')]
                .map(one => [one.textContent, one.getBoundingClientRect(), one.closest('svg')]);
            return boxes.flatMap(([a, r, s], i) => boxes.slice(i + 1)
                .filter(([b, q, t]) => s === t && r.left < q.right - 1 && q.left < r.right - 1
                    && r.top < q.bottom - 3 && q.top < r.bottom - 3).map(([b]) => a + ' | ' + b));"""
        assert seen.run(overlap) == []
