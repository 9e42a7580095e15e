"""What is taken out of an archive while a crawl writes it: each copy and page is of one moment, whole and sound."""

from pathlib import Path

from foiscrawl.storage import verify_rows
from foiscrawl.storage.engine import make_engine
from tests.crawling import FOISCRAWL, QUICK, ask, crawling, end, environment, run, wait_until
from tests.newsroom import Newsroom, serve

COUNTS = """
SELECT (SELECT count(*) FROM articles) AS articles, (SELECT count(*) FROM revisions) AS revisions,
    (SELECT count(*) FROM search_texts) AS searchable,
    (SELECT coalesce(sum(articles), 0) FROM article_counts) AS counted,
    (SELECT count(*) FROM fetches WHERE outcome = 'stored') AS stored
"""


ROUNDS = 2


def test_exports_and_reports_of_a_running_crawl_are_whole(database_url: str, tmp_path: Path):
    env, one_at_a_time = environment(database_url), QUICK | {"CONCURRENT_REQUESTS": "1"}
    found: list[int] = []
    with serve(Newsroom(articles=80, days=20, oddities=())) as server:
        with crawling(f"{server.url}/", database_url, settings=one_at_a_time) as process:
            wait_until(lambda: ask(database_url, COUNTS)[0].stored > 0)
            server.latency = 0.3  # it goes on, and is far from its end when it has been copied
            for number in range(ROUNDS):
                copy, page = tmp_path / f"{number}.db", tmp_path / f"{number}.html"
                assert run([FOISCRAWL, "export", str(copy)], env).code == 0
                found.append(sound(f"sqlite:///{copy}"))
                assert run([FOISCRAWL, "report", "-o", str(page)], env).code == 0
                assert page.read_text("utf-8").endswith("</html>\n")
            server.latency = 0
            assert end(process).code == 0
        found.append(sound(database_url))

    assert 0 < found[0] < found[-1] == 80
    assert found == sorted(found)
    assert not [one for one in tmp_path.iterdir() if "part" in one.name]


def sound(url: str) -> int:
    """How many articles there are; each with its revision, its search text, its count and its outcome."""
    engine = make_engine(url)
    with engine.connect() as conn:
        wrong = [*verify_rows.database(conn), *verify_rows.counts(conn)]
        wrong += verify_rows.texts(conn, since=None, step=lambda _: None)
    engine.dispose()
    assert wrong == []
    (counts,) = ask(url, COUNTS)
    assert len(set(counts)) == 1, counts
    return int(counts.articles)
