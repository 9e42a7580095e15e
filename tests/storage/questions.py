"""Questions to an archive: 40 hostile ones for each database, 30 honest ones, and an archive to put them to."""

from typing import Any

from sqlalchemy import make_url

from foiscrawl.storage.migrate import open_archive
from tests.storage.making import Crawl, article

_ENDLESS = "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c) SELECT count(*) FROM c"
_HOSTILE = [
    "INSERT INTO sites (name, title, home, created_at) VALUES ('x', 'x', 'x', '2026-01-01')",
    "UPDATE articles SET state = 'removed'",
    "DELETE FROM revisions",
    "DELETE FROM articles RETURNING id",
    "CREATE TABLE left_behind (a INTEGER)",
    "CREATE VIEW left_behind AS SELECT 1",
    "CREATE TEMP TABLE left_behind (a INTEGER)",
    "DROP TABLE revisions",
    "DROP VIEW articles_current",
    "ALTER TABLE articles ADD COLUMN hostile INTEGER",
    "CREATE INDEX left_behind ON articles (state)",
    "WITH gone AS (SELECT 1) DELETE FROM articles",
    "WITH new AS (SELECT 1) INSERT INTO sites (name) SELECT 'x' FROM new",
    "EXPLAIN ANALYZE DELETE FROM articles",
    "SELECT 1; DELETE FROM articles",
    "SELECT 1;; -- then\n DROP TABLE articles;",
    "/* SELECT */ UPDATE articles SET state = 'removed'",
    "COMMIT",
    "ROLLBACK",
    "BEGIN",
    "VACUUM",
    "ANALYZE",
    _ENDLESS,
    "SELECT count(*) FROM ({many}) a, ({many}) b, ({many}) c",
]
_SQLITE = [
    "ATTACH DATABASE '{folder}/left.db' AS other",
    "VACUUM INTO '{folder}/copy.db'",
    "PRAGMA query_only = 0",
    "PRAGMA writable_schema = 1",
    "PRAGMA journal_mode = DELETE",
    "SELECT * FROM pragma_database_list",
    "SELECT count(*) FROM pragma_table_info('articles')",
    "SELECT load_extension('/usr/lib/x86_64-linux-gnu/libc.so.6')",
    "SELECT fts3_tokenizer('simple')",
    "SELECT sqlite_log(1, 'x')",
    "SELECT zeroblob(2000000000)",
    "SELECT length(hex(zeroblob(30000000)))",
    "SELECT group_concat(hex(zeroblob(1000000))) FROM ({many}) LIMIT 1",
    "SELECT randomblob(2000000000)",
    "INSERT INTO search_probe(search_probe) VALUES ('delete-all')",
    "UPDATE search_probe_data SET block = x'00'",
]
_POSTGRESQL = [
    "WITH gone AS (DELETE FROM articles RETURNING id) SELECT * FROM gone",
    "SELECT * INTO left_behind FROM articles",
    "EXPLAIN ANALYZE SELECT 1 AS a INTO left_behind",
    "COPY (SELECT 1) TO PROGRAM 'touch {folder}/left'",
    "SELECT pg_read_file('/etc/passwd')",
    'SELECT "pg_catalog" . /* x */ "pg_ls_dir" (\'/\')',
    "SELECT pg_sleep(1000)",
    "SELECT set_config('transaction_read_only', 'off', false)",
    "SET statement_timeout = 0",
    "SET ROLE pg_write_all_data",
    "DO $$ BEGIN PERFORM 1; END $$",
    "SELECT lo_import('/etc/passwd')",
    "SELECT pg_advisory_lock(42)",
    "SELECT nextval('articles_id_seq'), pg_notify('a', 'b'), pg_terminate_backend(1)",
    "SELECT query_to_xml('DELETE FROM articles', true, true, '')",
    "SELECT E'\\'' || pg_read_file('/etc/passwd') || rolpassword FROM pg_authid",
]
_MANY = {
    "sqlite": "SELECT 1 FROM json_each('[" + ",".join("1" * 1000) + "]')",
    "postgresql": "SELECT 1 FROM generate_series(1, 100000)",
}

# The question, the values of its parameters, the right answer; None: that it is answered is enough.
HONEST: list[tuple[str, dict[str, str], Any]] = [
    ("SELECT 1", {}, [(1,)]),
    ("SELECT 1;", {}, [(1,)]),
    ("select headline from articles_current order by id limit 1 ;  -- the first\n", {}, [("L'été, à 100 % ; déjà",)]),
    ("/* a; b */ SELECT 2", {}, [(2,)]),
    ("SELECT count(*) FROM articles_current", {}, [(4,)]),
    ("SELECT 'it''s; -- no comment' AS \"a;b\"", {}, [("it's; -- no comment",)]),
    ("SELECT count(*) FROM articles_current WHERE headline LIKE '%100 %%'", {}, [(1,)]),
    ("SELECT id FROM articles_current WHERE headline LIKE '%' || :part || '%'", {"part": "été"}, [(1,)]),
    ("SELECT id FROM articles_current WHERE word_count > :least ORDER BY 1", {"least": "100"}, [(2,), (4,)]),
    ("SELECT count(*) FROM articles_current HAVING count(*) > :least", {"least": "3"}, [(4,)]),
    ("SELECT id FROM articles_current WHERE source_id = :id", {"id": "002"}, [(2,)]),
    ("SELECT id FROM articles_current WHERE source_id = :id", {"id": "31"}, [(3,)]),
    ("SELECT :a || '-' || :a || :b AS t", {"a": "x", "b": "y"}, [("x-xy",)]),
    ("SELECT id FROM articles_current ORDER BY id LIMIT :n OFFSET :skip", {"n": "1", "skip": "2"}, [(3,)]),
    ("WITH a AS (SELECT id FROM articles), b AS (SELECT count(*) AS n FROM a) SELECT n FROM b", {}, [(4,)]),
    (
        "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000) SELECT sum(i) FROM c",
        {},
        [(500500,)],
    ),
    (
        "SELECT id, row_number() OVER (ORDER BY word_count DESC, id) FROM articles_current ORDER BY id",
        {},
        [(1, 3), (2, 2), (3, 4), (4, 1)],
    ),
    ("SELECT max(n) FROM (SELECT count(*) OVER (PARTITION BY state) AS n FROM articles) t", {}, [(4,)]),
    ("SELECT 1 UNION SELECT 2 UNION ALL SELECT 2 ORDER BY 1", {}, [(1,), (2,), (2,)]),
    ("VALUES (1, 'a'), (2, 'b')", {}, [(1, "a"), (2, "b")]),
    ("SELECT substr(published_at, 1, 10) AS day, count(*) FROM articles_current GROUP BY 1 ORDER BY 1", {}, None),
    ("SELECT min(first_seen_at), max(first_seen_at) FROM articles", {}, [("2026-11-23T12:00:00Z",) * 2]),
    ("SELECT CASE WHEN NULL IS NULL THEN coalesce(NULL, 'rien') END", {}, [("rien",)]),
    ("SELECT a.id FROM articles a LEFT JOIN articles b ON b.id = a.duplicate_of_id WHERE b.id IS NULL", {}, None),
    ("SELECT * FROM articles_current WHERE id IN (SELECT article_id FROM article_history)", {}, None),
    ("SELECT * FROM (SELECT 1 AS one) x", {}, [(1,)]),
    ("SELECT upper('é') IN ('É', 'é'), 5 % 3, 7 / 2, round(2.5), 1 || 'a'", {}, None),
    ("EXPLAIN SELECT count(*) FROM articles_current", {}, None),
]
_HONEST = {
    "sqlite": [
        ("SELECT json_extract('{\"a\": [1, 2]}', '$.a[1]'), date('2026-11-23', '+1 day')", {}, [(2, "2026-11-24")]),
        ("SELECT rowid, snippet(search_probe, 0, '[', ']', '…', 5), bm25(search_probe) < 0 FROM search_probe "
         "WHERE search_probe MATCH :words ORDER BY rank", {"words": "terres"}, [(1, "les [terres] rares", 1)]),
    ],
    "postgresql": [
        ("SELECT '{\"a\": [1, 2]}'::jsonb #>> '{a,1}', ('2026-11-23'::date + 1)::text", {}, [("2", "2026-11-24")]),
        ("SELECT ts_rank(v, q) > 0, v @@ q, $$a 'quoted' text$$ FROM to_tsvector('french', 'les terres rares') v, "
         "websearch_to_tsquery('french', :words) q", {"words": "terre"}, [(True, True, "a 'quoted' text")]),
    ],
}  # fmt: skip


def hostile(backend: str, folder: str) -> list[str]:
    own = _SQLITE if backend == "sqlite" else _POSTGRESQL
    return [one.replace("{folder}", folder).replace("{many}", _MANY[backend]) for one in [*_HOSTILE, *own]]


def honest(backend: str) -> list[tuple[str, dict[str, str], Any]]:
    return [*HONEST, *_HONEST[backend]]


def fill(url: str) -> None:
    """Four articles; on SQLite also a full-text index, as a search would have it."""
    engine = open_archive(url)
    with engine.begin() as connection:
        crawl = Crawl(connection)
        crawl.store(
            article("ete/", "Il fait chaud. " * 10, word_count=30, headline="L'été, à 100 % ; déjà", source_id="001"),
            article("deux/", "mot " * 200, word_count=200, headline="Deux", source_id="002"),
            article("trois/", "peu", word_count=1, headline="Trois", source_id="31"),
            article("quatre/", "long " * 300, word_count=300, headline="<b>Quatre</b>", source_id="4"),
        )
        crawl.end_run()
        if make_url(url).get_backend_name() == "sqlite":
            connection.exec_driver_sql("CREATE VIRTUAL TABLE search_probe USING fts5(body)")
            connection.exec_driver_sql("INSERT INTO search_probe VALUES ('les terres rares')")
    engine.dispose()
