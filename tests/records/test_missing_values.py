"""Values that stand for missing ones are missing at ingestion, in new records and in requests alike."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from sakon import kinds
from sakon.errors import DataError
from sakon.pipelines.ingestion.nodes import make_records
from sakon.pipelines.scoring.prediction_table import prediction_table
from sakon.problem import Problem, Schema
from sakon.records.missing_values import stands_for_missing
from sakon.records.raw_table import TableOptions


@pytest.mark.parametrize(
    ("column", "values", "expected"),
    [
        (pd.Series([-999, 1, 2]), [-999], [1, 0, 0]),
        (pd.Series([-999.0, 1, np.nan]), [-999], [1, 0, 0]),
        (pd.Series([-999.9, 1], dtype="float32"), [-999.9], [1, 0]),
        (pd.Series([-999, 1], dtype="int16"), ["-999", "none"], [1, 0]),
        (pd.Series(["-999", " -999.0 ", "1", None]), [-999], [1, 1, 0, 0]),
        (pd.Series(["007", "7", "unknown "]), ["7", "unknown"], [0, 1, 1]),
        (pd.Series([1, "?", None, -9.0], dtype=object), ["?", -9], [0, 1, 0, 1]),
        (pd.Series(pd.to_datetime(["9999-12-31", "2024-05-01", None])), ["9999-12-31"], [1, 0, 0]),
        (pd.Series(pd.to_datetime(["1900-01-01", "2024-05-01"])).dt.tz_localize("Asia/Tokyo"), ["1900-01-01"], [1, 0]),
        (pd.Series([True, False]), [1, "False"], [0, 0]),
        (pd.Series([1, 2]), [], [0, 0]),
        (pd.Series([], dtype=object), [1], []),
    ],
)
def test_numbers_are_equal_however_they_are_written(column: pd.Series, values: list[Any], expected: list[int]) -> None:
    assert stands_for_missing(column, values).tolist() == [bool(each) for each in expected]


def test_unquoted_words_of_yaml_are_refused() -> None:
    assert TableOptions.model_validate({"missing": {"a": ["no", -1, 0.5]}}).missing == {"a": ("no", -1, 0.5)}
    with pytest.raises(ValidationError):
        TableOptions.model_validate({"missing": {"a": [False]}})


def table(code: Any, mark: Any) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    values = {"size": rng.normal(5, 1, 60).round(2), "colour": list("rgb" * 20), "text": ["a b c", "d e f"] * 30}
    result = pd.DataFrame({**values, "day": pd.date_range("2024-01-01", periods=60), "y": rng.normal(size=60)})
    result.loc[::7, "size"] = code
    result.loc[::9, "colour"] = mark
    result.loc[::11, "y"] = code
    return result.drop(columns="text")


MISSING = {"size": [-999], "colour": ["unknown"], "y": [-999]}


def problem(kind: str, **options: Any) -> Problem:
    if kind == "series":
        options |= {"gaps": "fill", "covariates": ["size"], "horizon": 2, "lookback": 4}
    split = {"time": "day"} if kind == "series" else {}
    return Problem.model_validate({"kind": kind, "target": "y", "split": split, "options": options})


@pytest.mark.parametrize("kind", ["tabular", "series"])
def test_records_are_those_of_a_table_with_gaps(kind: str) -> None:
    records, schema, profile = make_records(table(-999, "unknown"), problem(kind, missing=MISSING))
    expected, plain, expected_profile = make_records(table(np.nan, None), problem(kind))
    pd.testing.assert_frame_equal(records, expected)
    assert profile == expected_profile
    assert schema == plain.model_copy(update={"missing_values": schema.missing_values})
    assert Schema.model_validate_json(schema.model_dump_json()) == schema
    request, gaps = table(-999, "unknown").head(20), table(np.nan, None).head(20)
    transform = kinds.get(kind).from_request
    pd.testing.assert_frame_equal(transform(request, schema), transform(gaps, plain))


def test_values_that_are_no_numbers_are_not_counted_as_unreadable() -> None:
    raw = table(np.nan, "r")
    missing = {"size": ["n/k"]}
    schema = make_records(raw, problem("tabular", missing=missing))[1]
    new = raw.astype({"size": object})
    new.loc[:2, "size"] = "n/k"
    readable, unreadable = kinds.get("tabular").separate_unreadable(new, schema)
    assert unreadable == ()
    assert kinds.get("tabular").from_request(readable, schema)["size"].isna().sum() == 3 + raw["size"][3:].isna().sum()


@pytest.mark.parametrize(("labels", "code"), [([1.5, 2.5, 9999.0], 9999), ([0, 1, -9], -9), (["a", "b", "?"], "?")])
def test_targets_of_new_records_may_be_missing(labels: list[Any], code: Any) -> None:
    raw = pd.DataFrame({"x": np.arange(60.0), "y": labels * 20})
    schema = make_records(raw, problem("tabular", missing={"y": [code]}))[1]
    assert code not in schema.classes
    predictions = pd.DataFrame({"prediction": raw["x"]})
    actual = prediction_table(predictions, None, raw, schema)["actual"]
    assert actual.isna().tolist() == [False, False, True] * 20


def test_texts_may_stand_for_missing_ones() -> None:
    texts = [f"word {number} of many" if number % 2 else "[deleted]" for number in range(40)]
    raw = pd.DataFrame({"text": texts, "y": list("aabb") * 10})
    records, schema, _ = make_records(raw, problem("text", missing={"text": ["[deleted]"]}))
    assert records["text"].tolist() == [text.replace("[deleted]", "") for text in texts]
    assert kinds.get("text").from_request(["[deleted]"], schema)["text"].tolist() == [""]


@pytest.mark.parametrize("kind", ["tabular", "series", "text"])
def test_a_column_that_does_not_exist_is_an_error(kind: str) -> None:
    raw = table(0, "r").rename(columns={"size": "text"} if kind == "text" else {})
    with pytest.raises(DataError, match=r"problem\.options\.missing: expected a column 'sise' in the raw table"):
        make_records(raw, problem(kind, missing={"sise": [-1]}, **({"text": "text"} if kind == "text" else {})))


def test_schemas_without_such_values_are_read() -> None:
    fields = {"kind": "tabular", "task": "regression", "target": "y", "features": {"x": "number"}}
    assert Schema.model_validate_json(json.dumps(fields)).missing_values == {}
