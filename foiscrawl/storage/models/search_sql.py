"""Full-text tables, triggers and expression indexes, in the words of each database, as the migrations make them."""

from collections.abc import Iterator

from sqlalchemy import DDL

FTS_TABLES = ("article_search", "revision_search")
INDEXES = ("ix_search_texts_words", "ix_search_texts_headline_words")

_STEMS = "array_to_tsvector(array_remove(string_to_array({}, ' '), ''))"
# What PostgreSQL finds a text by: its words, and those of the headline alone.
WORDS = _STEMS.format("headline || ' ' || standfirst || ' ' || body")
HEADLINE_WORDS = _STEMS.format("headline")

# One full-text table for the current texts, one for the superseded ones: what is asked most needs no filter.
# tokenize ascii: the stems are plain words between blanks, and each letter of other scripts belongs to its word.
# In one trigger of an update the old words go before the new ones come; of two triggers the order would not be known.
_FTS = (
    """CREATE VIEW {side}_stems AS
    SELECT place, headline, standfirst, body FROM search_texts WHERE {which} AND stems_version > 0""",
    """CREATE VIRTUAL TABLE {side}_search USING fts5(
        headline, standfirst, body, content='{side}_stems', content_rowid='place', tokenize='ascii'
    )""",
    """CREATE TRIGGER {side}_search_insert AFTER INSERT ON search_texts WHEN {new} AND new.stems_version > 0
    BEGIN
        INSERT INTO {side}_search (rowid, headline, standfirst, body)
        VALUES (new.place, new.headline, new.standfirst, new.body);
    END""",
    """CREATE TRIGGER {side}_search_delete AFTER DELETE ON search_texts WHEN {old} AND old.stems_version > 0
    BEGIN
        INSERT INTO {side}_search ({side}_search, rowid, headline, standfirst, body)
        VALUES ('delete', old.place, old.headline, old.standfirst, old.body);
    END""",
    """CREATE TRIGGER {side}_search_update
    AFTER UPDATE OF place, current, stems_version, headline, standfirst, body ON search_texts
    BEGIN
        INSERT INTO {side}_search ({side}_search, rowid, headline, standfirst, body)
        SELECT 'delete', old.place, old.headline, old.standfirst, old.body WHERE {old} AND old.stems_version > 0;
        INSERT INTO {side}_search (rowid, headline, standfirst, body)
        SELECT new.place, new.headline, new.standfirst, new.body WHERE {new} AND new.stems_version > 0;
    END""",
)

_LATEST = "NOT EXISTS (SELECT 1 FROM revisions r WHERE r.article_id = {0}.article_id AND r.number > {0}.number)"
_CELL = "coalesce({0}.section, ''), coalesce(substr({0}.published_at, 1, 7), '')"
_SQLITE_MORE = f"""
        INSERT INTO article_counts (site_id, section, month, articles)
        SELECT a.site_id, {_CELL.format("new")}, 1 FROM articles a WHERE a.id = new.article_id
        ON CONFLICT (site_id, section, month) DO UPDATE SET articles = articles + 1;"""
_SQLITE_FEWER = f"""
        UPDATE article_counts SET articles = articles - 1
        WHERE (site_id, section, month) = (
            SELECT a.site_id, {_CELL.format("old")} FROM articles a WHERE a.id = old.article_id
        );"""
_BEFORE = """(
            SELECT a.site_id, coalesce(p.section, ''), coalesce(substr(p.published_at, 1, 7), '')
            FROM revisions p JOIN articles a ON a.id = p.article_id
            WHERE p.article_id = {0}.article_id AND p.number < {0}.number ORDER BY p.number DESC LIMIT 1
        )"""
_SQLITE_COUNTS = (
    f"""CREATE TRIGGER revisions_counted_insert AFTER INSERT ON revisions WHEN {_LATEST.format("new")}
    BEGIN
        UPDATE article_counts SET articles = articles - 1
        WHERE (site_id, section, month) = {_BEFORE.format("new")};{_SQLITE_MORE}
    END""",
    f"""CREATE TRIGGER revisions_counted_update AFTER UPDATE OF section, published_at ON revisions
    WHEN (old.section IS NOT new.section OR old.published_at IS NOT new.published_at) AND {_LATEST.format("new")}
    BEGIN{_SQLITE_FEWER}{_SQLITE_MORE}
    END""",
    f"""CREATE TRIGGER revisions_counted_delete AFTER DELETE ON revisions WHEN {_LATEST.format("old")}
    BEGIN{_SQLITE_FEWER}
        UPDATE article_counts SET articles = articles + 1
        WHERE (site_id, section, month) = {_BEFORE.format("old")};
    END""",
)

_POSTGRESQL = (
    f"CREATE INDEX ix_search_texts_words ON search_texts USING gin (({WORDS}))",
    f"CREATE INDEX ix_search_texts_headline_words ON search_texts USING gin (({HEADLINE_WORDS}))",
    f"""CREATE VIEW article_search AS
    SELECT place, article_id, number, headline, standfirst, body, {WORDS} AS words FROM search_texts WHERE current""",
    f"""CREATE VIEW revision_search AS
    SELECT place, article_id, number, headline, standfirst, body, {WORDS} AS words FROM search_texts WHERE NOT current""",
    """CREATE FUNCTION count_article(one revisions, more integer) RETURNS void LANGUAGE sql AS $$
        INSERT INTO article_counts AS c (site_id, section, month, articles)
        SELECT a.site_id, coalesce(one.section, ''), coalesce(to_char(one.published_at AT TIME ZONE 'UTC', 'YYYY-MM'), ''),
            greatest(more, 0)
        FROM articles a WHERE a.id = one.article_id
        ON CONFLICT (site_id, section, month) DO UPDATE SET articles = c.articles + more
    $$""",
    """CREATE FUNCTION count_revision() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        one revisions := CASE WHEN TG_OP = 'DELETE' THEN old ELSE new END;
        earlier revisions;
    BEGIN
        IF EXISTS (SELECT 1 FROM revisions r WHERE r.article_id = one.article_id AND r.number > one.number) THEN
            RETURN NULL;
        END IF;
        IF TG_OP = 'UPDATE' THEN
            PERFORM count_article(old, -1);
            PERFORM count_article(new, 1);
            RETURN NULL;
        END IF;
        PERFORM count_article(one, CASE WHEN TG_OP = 'DELETE' THEN -1 ELSE 1 END);
        IF one.number > 1 THEN
            SELECT * INTO earlier FROM revisions r
            WHERE r.article_id = one.article_id AND r.number < one.number ORDER BY r.number DESC LIMIT 1;
            IF FOUND THEN
                PERFORM count_article(earlier, CASE WHEN TG_OP = 'DELETE' THEN 1 ELSE -1 END);
            END IF;
        END IF;
        RETURN NULL;
    END
    $$""",
    """CREATE TRIGGER revisions_counted AFTER INSERT OR DELETE ON revisions
    FOR EACH ROW EXECUTE FUNCTION count_revision()""",
    """CREATE TRIGGER revisions_counted_update AFTER UPDATE OF section, published_at ON revisions FOR EACH ROW
    WHEN (old.section IS DISTINCT FROM new.section OR old.published_at IS DISTINCT FROM new.published_at)
    EXECUTE FUNCTION count_revision()""",
)


def sqlite() -> list[str]:
    sides = (("article", "{}current"), ("revision", "NOT {}current"))
    return [
        *(
            one.format(side=side, which=which.format(""), new=which.format("new."), old=which.format("old."))
            for side, which in sides
            for one in _FTS
        ),
        *_SQLITE_COUNTS,
    ]


def statements() -> Iterator[DDL]:
    """To be executed, in this order, once the tables stand; each on its database only."""
    for dialect, found in (("sqlite", sqlite()), ("postgresql", _POSTGRESQL)):
        for one in found:
            yield DDL(one.replace("%", "%%")).execute_if(dialect=dialect)
