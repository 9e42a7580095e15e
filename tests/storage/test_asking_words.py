"""What is text and what is not, as the database sees it: no hostile word may pass for a part of a text or comment."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foiscrawl.errors import UsageError
from foiscrawl.storage.asking.words import read_question

# What the server would take for a call of pg_sleep, although a careless reader would not.
HIDDEN = [
    'SELECT pg_catalog . "pg_sleep" /* x */ (1)',
    "SELECT pg_sleep -- (\n (1)",
    "SELECT 1 --\r, pg_sleep(1)",
    "SELECT '\\', pg_sleep(1), ''",
    "SELECT e'\\\\', pg_sleep(1)",
    "SELECT E'\\'', pg_sleep(1), E'\\''",
    "SELECT n'x\\', pg_sleep(1), ''",
    "SELECT $a$ $b$ $a$, pg_sleep(1), $b$ $b$",
    'SELECT 1 AS "a""b", pg_sleep(1)',
    "SELECT /* /* */ */ pg_sleep(1) /* */",
    "SELECT xe'\\', pg_sleep(1), ''",
    "SELECT (x).pg_sleep FROM x",
    "SELECT PG_Sleep(1)",
]
# In these it stands in a text or a comment.
SHOWN = [
    "SELECT 'pg_sleep(1)', 'it''s pg_sleep(1)'",
    "SELECT E'\\'pg_sleep(1)'",
    "SELECT $$pg_sleep(1)$$, $a$ $$ pg_sleep(1) $$ $a$",
    "SELECT 1 /* /* */ pg_sleep(1) */",
    "SELECT 1 -- pg_sleep(1)\n",
    'SELECT 1 AS "pg_sleep(1)"',
    "SELECT 1 AS pg_sleep",
]


@pytest.mark.parametrize("sql", HIDDEN)
def test_a_call_is_seen_however_it_is_written(sql: str):
    assert "pg_sleep" in read_question(sql, postgres=True).called


@pytest.mark.parametrize("sql", SHOWN)
def test_what_is_text_is_no_call(sql: str):
    assert "pg_sleep" not in read_question(sql, postgres=True).called


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT E'a'\n'b\\'' || pg_sleep(1)::text || ''", "two texts stand side by side"),
        ('SELECT U&"pg\\005fsleep"(1)', "U& are not read here"),
        ("SELECT $1", "parameters are written as :name; $1 is not read"),
        ("SELECT /* 1", "a comment is never closed"),
        ("SELECT 1; /* x */ DROP TABLE a", "a second statement begins with DROP"),
    ],
)
def test_what_cannot_be_told_apart_is_refused_on_postgresql(sql: str, told: str):
    with pytest.raises(UsageError, match=told.replace("$", r"\$").replace("&", "&")):
        read_question(sql, postgres=True)


@pytest.mark.parametrize("sql", ["SELECT ?", "SELECT ?1", "SELECT @a", "SELECT $a"])
def test_sqlites_own_parameters_are_refused(sql: str):
    with pytest.raises(UsageError, match="parameters are written as :name"):
        read_question(sql, postgres=False)


@pytest.mark.parametrize("postgres", [False, True])
def test_parameters_are_found_outside_of_texts(postgres: bool):
    sql = "SELECT :a, ':b', \"x:c\", :d_1, :a -- :e\n/* :f */ ;"
    question = read_question(sql, postgres=postgres)
    assert question.parameters == ("a", "d_1")
    assert question.numbered() == "SELECT $1, ':b', \"x:c\", $2, $1 -- :e\n/* :f */ "


def test_a_cast_is_no_parameter():
    question = read_question("SELECT '1'::int, a::text, :b::date", postgres=True)
    assert question.parameters == ("b",)
    assert question.numbered() == "SELECT '1'::int, a::text, $1::date"


@pytest.mark.parametrize(
    ("sql", "explained"),
    [
        ("EXPLAIN SELECT 1", "SELECT 1"),
        ("explain (analyze, costs off) SELECT 1", "SELECT 1"),
        ("EXPLAIN (SELECT 1)", "(SELECT 1)"),
        ("EXPLAIN ANALYZE VERBOSE DELETE FROM a", "DELETE FROM a"),
        ("EXPLAIN QUERY PLAN SELECT 1", "SELECT 1"),
    ],
)
def test_what_is_explained_is_found(sql: str, explained: str):
    found = read_question(sql, postgres=True).explained
    assert found is not None
    assert sql[found:] == explained


@pytest.mark.parametrize("postgres", [False, True])
@given(text=st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_any_text_in_quotes_is_one_text(postgres: bool, text: str):
    quoted = "'" + text.replace("'", "''") + "'"
    question = read_question(f"SELECT {quoted} AS a", postgres=postgres)
    assert [one.text for one in question.words] == ["SELECT", quoted, "AS", "a"]


@pytest.mark.parametrize("postgres", [False, True])
@given(
    parts=st.lists(
        st.sampled_from(["'", '"', "--", "/*", "*/", "$$", "$a$", "\\", "E'", ";", "\n", " ", "a", ":b", "é"])
    )
)
def test_tokens_cover_the_question(postgres: bool, parts: list[str]):
    sql = "SELECT " + "".join(parts)
    try:
        question = read_question(sql, postgres=postgres)
    except UsageError:
        return
    assert sql.startswith(question.text)
    at = 0
    for one in question.words:
        assert question.text[one.start : one.start + len(one.text)] == one.text
        assert one.start >= at
        at = one.start + len(one.text)
