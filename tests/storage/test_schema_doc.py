from pathlib import Path

from foiscrawl.storage.models import metadata
from foiscrawl.storage.schema_doc import schema_doc
from foiscrawl.storage.views import views

DOCUMENT = Path(__file__).parents[2] / "docs" / "schema.md"


def test_the_document_is_what_the_comments_say():
    assert DOCUMENT.read_text("utf-8") == schema_doc()


def test_the_document_has_each_table_and_column():
    lines = schema_doc().splitlines()

    for table in (*metadata.sorted_tables, *views.sorted_tables):
        start = lines.index(f"### {table.name}")
        rows = [line.split("`")[1] for line in lines[start + 6 : start + 6 + len(table.columns)]]
        assert lines[start + 2] == f"{table.comment}."
        assert rows == list(table.columns.keys())
