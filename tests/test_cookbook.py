"""The cookbook's file: its questions are whole, and what is wrong in one is named."""

from typing import Any

import pytest

from foiscrawl.cookbook import named, parse, questions

RIGHT: dict[str, Any] = {
    "name": "a-question",
    "title": "What?",
    "about": "This.",
    "sql": "SELECT :day",
    "parameters": {"day": {"about": "A day", "example": "2026-01-01"}},
}


def test_the_questions_are_read_in_their_order():
    found = questions()

    assert len(found) >= 6
    assert len({one.name for one in found}) == len(found)
    assert all(one.title and one.about and one.sql.startswith(("SELECT", "WITH")) for one in found)
    (section,) = [one for one in found if one.name == "first-in-a-section"]
    assert section.examples == {"section": "Politique"}


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("SELECT 1", set()),
        ("SELECT :a, x.b::text, ':c', '12:30' -- :d\n, :a_b2", {"a", "a_b2"}),
        ("SELECT 'l''heure :x' || :y", {"y"}),
    ],
)
def test_parameters_are_those_that_the_sql_names(sql: str, names: set[str]):
    assert named(sql) == names


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"name": "A question"}, "'A question' is no name of a question"),
        ({"sql": "SELECT 1"}, "the SQL of a-question and its list of parameters differ"),
        ({"parameters": {}}, "the SQL of a-question and its list of parameters differ"),
        ({"Sql": "SELECT"}, "a-question has an unknown key Sql"),
    ],
)
def test_what_is_wrong_in_a_question_is_named(wrong: dict[str, Any], told: str):
    with pytest.raises(ValueError, match=told):
        parse({"question": [RIGHT | wrong]})


def test_two_questions_of_one_name_are_refused():
    with pytest.raises(ValueError, match="two questions are called a-question"):
        parse({"question": [RIGHT, RIGHT]})
