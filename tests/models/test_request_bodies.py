"""Bodies of requests become raw examples, or are refused in one sentence."""

from __future__ import annotations

import io
import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sakon.errors import DataError
from sakon.models.request_bodies import CSV, JSON, PARQUET, ContentTypeError, parse_body

ROWS = [{"age": 40, "code": "007", "owner": True}, {"age": None, "code": None, "owner": False}]


def as_json(content: object) -> bytes:
    return json.dumps(content).encode()


def split(rows: list[dict[str, Any]]) -> dict[str, Any]:
    return {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}


@pytest.mark.parametrize(
    "content",
    [
        {"dataframe_records": ROWS},
        {"dataframe_split": split(ROWS)},
        {"dataframe_split": split(ROWS) | {"index": [7, 8]}},
        {"instances": ROWS},
        {"inputs": ROWS},
        {"inputs": {name: [row[name] for row in ROWS] for name in ROWS[0]}},
        {"dataframe_records": ROWS, "params": {}},
    ],
)
def test_every_form_of_json_is_the_same_table(content: dict[str, Any]) -> None:
    table = parse_body(as_json(content), JSON)
    assert table["age"].tolist()[0] == 40
    assert table["age"].isna().tolist() == [False, True]
    assert table["code"].tolist()[0] == "007"
    assert table["code"].isna().tolist() == [False, True]  # no text "None"
    assert table["owner"].tolist() == [True, False]


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_as_text_and_empty_fields_are_missing(mark: str) -> None:
    body = f'{mark}age,code,remark\r\n40,007,"a, ""b""\nc"\r\n,NA,\r\n'.encode()
    table = parse_body(body, f"{CSV}; charset=UTF-8").astype(object)
    assert table.where(table.notna(), None).to_dict("list") == {
        "age": ["40", None],
        "code": ["007", "NA"],
        "remark": ['a, "b"\nc', None],
    }


def test_parquet_is_a_table_with_its_index() -> None:
    buffer = io.BytesIO()
    frame = pd.DataFrame({"age": [1, 2]}, index=pd.Index(["a", "b"], name="id"))
    frame.to_parquet(buffer)
    assert parse_body(buffer.getvalue(), PARQUET).to_dict("list") == {"id": ["a", "b"], "age": [1, 2]}


def test_texts_arrays_and_one_record_are_examples() -> None:
    assert parse_body(as_json({"instances": ["a", None]}), None) == ["a", None]
    assert parse_body(as_json({"inputs": "one text"}), None) == ["one text"]
    np.testing.assert_array_equal(parse_body(as_json({"inputs": [[[1, 2], [3, 4]]]}), None), [[[1, 2], [3, 4]]])
    assert parse_body(as_json({"inputs": {"age": 40, "code": "7"}}), None).to_dict("records") == [
        {"age": 40, "code": "7"}
    ]


def test_whole_numbers_that_no_float_holds_are_not_rounded_next_to_a_missing_value() -> None:
    table = parse_body(as_json({"dataframe_records": [{"id": 9007199254740993}, {"id": None}]}), JSON)
    assert table["id"].tolist()[0] == 9007199254740993


def test_halves_of_characters_and_huge_numbers_become_values_that_can_be_refused() -> None:
    body = b'{"instances": [{"name": "\\ud800x", "age": 1' + b"0" * 400 + b"}]}"
    assert parse_body(body, JSON).to_dict("records") == [{"name": "?x", "age": np.inf}]


HOSTILE = {
    "empty": (b"", "an empty body"),
    "blank": (b" \n", "an empty body"),
    "no JSON": (b"{", "expected JSON, found otherwise"),
    "no UTF-8": (b'{"inputs": "\xff"}', "expected UTF-8, found the byte 0xff"),
    "deep": (b"[" * 100_000 + b"]" * 100_000, "expected JSON of a few levels"),
    "number of many digits": (b'{"inputs": ' + b"1" * 5000 + b"}", "expected JSON, found otherwise"),
    "number": (b"7", "expected an object with one of the keys dataframe_split, .*, found a number"),
    "list": (as_json(ROWS), "found a list"),
    "null": (b"null", "found null"),
    "no form": (as_json({"data": ROWS}), "found the keys 'data'"),
    "no key": (b"{}", "found the keys none"),
    "two forms": (as_json({"inputs": ROWS, "instances": ROWS}), "found the keys 'inputs', 'instances'"),
    "params": (as_json({"inputs": ROWS, "params": {"a": 1}}), "expected no params"),
    "key twice": (b'{"inputs": {"age": [1], "age": [2]}}', "every key of an object once, found 'age' twice"),
    "records: text": (
        as_json({"dataframe_records": "x"}),
        "expected a list of objects, found a text",
    ),
    "records: other": (as_json({"dataframe_records": [{"age": 1}, 5]}), r"found a list with a number at 1 \(from 0\)"),
    "records: object": (as_json({"dataframe_records": {"age": 1}}), "found an object"),
    "instances: mixed": (as_json({"instances": [{"age": 1}, "x"]}), r"found a list with a text at 1 \(from 0\)"),
    "instances: null": (as_json({"instances": None}), "expected a list of examples, found null"),
    "instances: shapes": (as_json({"instances": [[1, 2], [3]]}), "expected examples of one shape"),
    "inputs: lengths": (as_json({"inputs": {"age": [1, 2], "code": ["a"]}}), "all of one length"),
    "inputs: nested": (as_json({"inputs": {"age": [{"a": 1}]}}), "found an object in column 'age' of row 0"),
    "value: list": (as_json({"dataframe_records": [{"age": [1]}]}), "found a list in column 'age' of row 0"),
    "split: list": (as_json({"dataframe_split": []}), "columns and data, found a list"),
    "split: keys": (as_json({"dataframe_split": {"data": [[1]]}}), "columns and data, found 'data'"),
    "split: rows": (as_json({"dataframe_split": {"columns": ["a"], "data": [1]}}), "a list of lists in data"),
    "split: long": (as_json({"dataframe_split": {"columns": ["a"], "data": [[1], [1, 2]]}}), "found 2 in row 1"),
    "split: twice": (as_json({"dataframe_split": {"columns": ["a", "a"], "data": [[1, 2]]}}), "found 'a' twice"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_json_is_refused_in_one_sentence(name: str) -> None:
    body, message = HOSTILE[name]
    with pytest.raises(DataError, match=message) as refused:
        parse_body(body, JSON)
    (sentence,) = refused.value.messages
    assert "\n" not in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"a,b\n1,2,\n", "CSV: expected 2 values in every row, one per column, found 3 in row 0"),
        (b"a,b\n1\n", "found 1 in row 0"),
        (b"a,a\n1,2\n", "found 'a' twice"),
        (b'a\n"open\n', "expected CSV, found otherwise"),
        (b"a\n\x00\xff\n", "expected UTF-8"),
    ],
)
def test_csv_whose_rows_do_not_fit_is_refused(body: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        parse_body(body, CSV)


def test_damaged_parquet_is_refused() -> None:
    with pytest.raises(DataError, match="expected Parquet, found otherwise"):
        parse_body(b"PAR1 nothing", PARQUET)


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/csv; charset=latin-1", "", "json"])
def test_other_content_types_are_refused(content_type: str) -> None:
    if content_type == "":
        assert parse_body(as_json({"instances": ["a"]}), content_type) == ["a"]
        return
    with pytest.raises(ContentTypeError, match=r"text/csv, application/json or .*set the header Content-Type"):
        parse_body(b"a\n1\n", content_type)
