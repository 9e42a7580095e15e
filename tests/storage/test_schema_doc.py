import re
from pathlib import Path

from sqlalchemy import Engine, column, select, table

from foiscrawl.storage.models import metadata
from foiscrawl.storage.schema_diagram import GROUPS
from foiscrawl.storage.schema_doc import SEARCH_COLUMNS, SEARCHED, schema_doc
from foiscrawl.storage.views import views

DOCUMENT = Path(__file__).parents[2] / "docs" / "schema.md"


def test_the_document_is_what_the_comments_say():
    assert DOCUMENT.read_text("utf-8") == schema_doc()


def test_the_document_has_each_table_and_column():
    lines = schema_doc().splitlines()

    for one in (*metadata.sorted_tables, *views.sorted_tables):
        start = lines.index(f"### {one.name}")
        rows = [line.split("`")[1] for line in lines[start + 6 : start + 6 + len(one.columns)]]
        assert lines[start + 2] == f"{one.comment}."
        assert rows == list(one.columns.keys())


def test_each_table_stands_in_one_diagram():
    drawn = [name for names in GROUPS.values() for name in names]

    assert sorted(drawn) == sorted(metadata.tables)


def test_the_diagrams_have_each_key_and_no_other():
    text = DOCUMENT.read_text("utf-8")
    edges = re.findall(r'^    (\w+) \S+--(\S)\S (\w+) : "(.*)"$', text, re.MULTILINE)
    keys = [
        (
            one.name,
            "o" if any(part.nullable for part in key.columns) else "|",
            key.referred_table.name,
            ", ".join(part.name for part in key.columns),
        )
        for one in metadata.tables.values()
        for key in one.foreign_key_constraints
    ]
    assert sorted(edges) == sorted(keys)

    for diagram in re.findall(r"```mermaid\n(.*?)```", text, re.DOTALL):
        for name, body in re.findall(r"^    (\w+) \{\n(.*?)    \}", diagram, re.MULTILINE | re.DOTALL):
            told = dict(re.findall(r"^ +\w+ (\w+) (.*)$", body, re.MULTILINE))
            assert told == {
                one.name: ", ".join(["PK"] * one.primary_key + ["FK"] * bool(one.foreign_keys))
                for one in metadata.tables[name].columns
                if one.primary_key or one.foreign_keys
            }


def test_the_search_is_described_as_it_is(engine: Engine):
    told = SEARCH_COLUMNS[engine.dialect.name]
    with engine.connect() as connection:
        for name in SEARCHED:
            assert list(connection.execute(select(*map(column, told)).select_from(table(name))).keys()) == list(told)
