"""Rows in CSV, JSON Lines and Parquet, read back by readers that are not ours."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foiscrawl.formats import FORMATS, Field, disarm, rearm, writer
from foiscrawl.formats.parquet import ROWS, TEXT

FIELDS = [
    Field("name", "text", "How it is called"),
    Field("count", "integer", "How many"),
    Field("share", "real"),
    Field("kept", "boolean", "True: kept"),
    Field("at", "instant", "When"),
    Field("tags", "json", "Names, as a JSON array"),
    Field("digest", "binary"),
]
NOON = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
PARIS = timezone(timedelta(hours=1))
FULL = ("Été, « 50 % »\nsuite", 3, 0.5, True, NOON.astimezone(PARIS), '["a","é"]', b"\x00\xff")
AS_SQLITE = ("", -3, 2, 0, "2026-11-23T12:00:00Z", None, None)
NONE = (None,) * 7
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def written(format_: str, rows: list[Any], fields: list[Field] = FIELDS, **options: Any) -> bytes:
    out = io.BytesIO()
    made = writer(format_, out, fields, **options)
    made.write(rows)
    made.close()
    return out.getvalue()


def parquet(data: bytes) -> Any:
    from pyarrow import parquet

    return parquet.ParquetFile(io.BytesIO(data))


def test_csv_tells_null_from_empty_text_and_has_one_form_for_each_type():
    assert written("csv", [FULL, AS_SQLITE, NONE]).decode().split("\r\n") == [
        "name,count,share,kept,at,tags,digest",
        '"Été, « 50 % »\nsuite",3,0.5,true,2026-11-23T12:00:00Z,"[""a"",""é""]",00ff',
        '"",-3,2,false,2026-11-23T12:00:00Z,,',
        ",,,,,,",
        "",
    ]


def test_json_lines_have_types_and_json_stays_json():
    lines = written("jsonl", [FULL, AS_SQLITE, NONE, (*NONE[:5], {"à": [1]}, None)]).decode().splitlines()
    assert [json.loads(one) for one in lines[:2]] == [
        {
            "name": "Été, « 50 % »\nsuite",
            "count": 3,
            "share": 0.5,
            "kept": True,
            "at": "2026-11-23T12:00:00Z",
            "tags": ["a", "é"],
            "digest": "00ff",
        },
        {**dict.fromkeys([one.name for one in FIELDS]), "name": "", "count": -3, "share": 2, "kept": False}
        | {"at": "2026-11-23T12:00:00Z"},
    ]
    assert set(json.loads(lines[2]).values()) == {None}
    assert json.loads(lines[3])["tags"] == {"à": [1]}


def test_json_lines_hold_nothing_that_is_no_json():
    odd = [(float("nan"), "{}"), (float("-inf"), "no json"), (Decimal("1.5"), '{"a":\n1}')]
    lines = written("jsonl", odd, [Field("x", "real"), Field("y", "json")]).decode().splitlines()
    assert lines == ['{"x":null,"y":{}}', '{"x":null,"y":"no json"}', '{"x":1.5,"y":{"a": 1}}']


def test_parquet_has_types_and_comments():
    file = parquet(written("parquet", [FULL, AS_SQLITE, NONE]))
    assert [(one.name, str(one.type)) for one in file.schema_arrow] == [
        ("name", "string"),
        ("count", "int64"),
        ("share", "double"),
        ("kept", "bool"),
        ("at", "timestamp[us, tz=UTC]"),
        ("tags", "string"),
        ("digest", "binary"),
    ]
    assert {
        one.name: one.metadata[b"comment"].decode() for one in file.schema_arrow if b"comment" in (one.metadata or {})
    } == {one.name: one.comment for one in FIELDS if one.comment}
    assert [tuple(one.values()) for one in file.read().to_pylist()] == [
        ("Été, « 50 % »\nsuite", 3, 0.5, True, NOON, '["a","é"]', b"\x00\xff"),
        ("", -3, 2.0, False, NOON, None, None),
        NONE,
    ]
    assert file.metadata.row_group(0).column(0).compression == "ZSTD"


@pytest.mark.parametrize(
    ("rows", "groups"),
    [
        ([("a",)] * (2 * ROWS + 1), [ROWS, ROWS, 1]),
        ([("a" * (TEXT // 1000),)] * 1500, [1000, 500]),
    ],
)
def test_row_groups_of_parquet_are_small_in_rows_and_in_text(rows: list[Any], groups: list[int]):
    file = parquet(written("parquet", rows, [Field("x", "text")]))
    assert [file.metadata.row_group(one).num_rows for one in range(file.num_row_groups)] == groups


@given(st.lists(st.tuples(TEXTS | st.none(), TEXTS), max_size=4))
@example([("=1+1", "'=1+1"), ("''＝", "\r"), ("'", "-"), ("\n", '"'), ("", "")])
@settings(max_examples=200)
def test_any_text_comes_back_from_every_format(rows: list[tuple[str | None, str]]):
    fields = [Field("a", "text"), Field("b", "text")]
    read = list(csv.reader(io.StringIO(written("csv", rows, fields).decode(), newline=""), strict=True))
    assert [tuple(map(rearm, one)) for one in read[1:]] == [(a or "", b) for a, b in rows]
    raw = list(csv.reader(io.StringIO(written("csv", rows, fields, formulas=True).decode(), newline=""), strict=True))
    assert [tuple(one) for one in raw[1:]] == [(a or "", b) for a, b in rows]
    lines = written("jsonl", rows, fields).decode().split("\n")[:-1]
    assert [tuple(json.loads(one).values()) for one in lines] == rows
    assert [tuple(one.values()) for one in parquet(written("parquet", rows, fields)).read().to_pylist()] == rows


@given(TEXTS | st.from_regex(r"'{0,3}[=+\-@\t\r\n＝＋－＠'].?", fullmatch=True))
def test_no_cell_is_taken_for_a_formula_and_each_can_be_read_back(cell: str):
    assert disarm(cell)[:1] not in [*"=+-@\t\r\n＝＋－＠"]
    assert rearm(disarm(cell)) == cell


@pytest.mark.parametrize("first", [*"=+-@\t\r＝", "'=", "''@"])
def test_a_formula_gets_one_apostrophe_unless_it_is_asked_for(first: str):
    cell, fields = f"{first}cmd|' /C calc'!A0", [Field("x", "text")]
    (read,) = list(csv.reader(io.StringIO(written("csv", [(cell,)], fields).decode(), newline="")))[1]
    assert read == f"'{cell}"
    (read,) = list(csv.reader(io.StringIO(written("csv", [(cell,)], fields, formulas=True).decode(), newline="")))[1]
    assert read == cell


def test_what_only_looks_like_one_stays():
    rows = [("l'été", -5), ("'tis", 5), ("a=b", 0)]
    assert written("csv", rows, [Field("x", "text"), Field("=n", "integer")]).decode().split("\r\n")[:4] == [
        "x,'=n",
        "l'été,-5",
        "'tis,5",
        "a=b,0",
    ]


def test_pyarrow_is_asked_for_only_where_it_is_used():
    code = (
        "import io, sys; sys.modules['pyarrow'] = None\n"
        "from foiscrawl.errors import UsageError\n"
        "from foiscrawl.formats import Field, writer\n"
        "writer('csv', io.BytesIO(), [Field('a', 'text')])\n"
        "try: writer('parquet', io.BytesIO(), [Field('a', 'text')])\n"
        "except UsageError as error: print(error)\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "Parquet needs the extra `export`: pip install 'foiscrawl[export]'\n"


def test_writing_parquet_does_not_load_pandas_which_can_be_had_afterwards():
    code = (
        "import io, sys\n"
        "from foiscrawl.formats import Field, writer\n"
        "out = writer('parquet', io.BytesIO(), [Field('a', 'text')]); out.write([('x',)]); out.close()\n"
        "print('pandas' in sys.modules)\n"
        "import pyarrow; print(len(pyarrow.table({'a': [1]}).to_pandas()))\n"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split() == ["False", "1"]


@pytest.mark.parametrize("format_", FORMATS)
def test_a_row_of_another_length_is_an_error(format_: str):
    with pytest.raises(ValueError, match="zip"):
        written(format_, [(1, 2)], [Field("a", "integer")])
