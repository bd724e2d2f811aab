"""Profiles of Spark tables: task, classes, row numbers, and errors as on one machine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from spark.examples import tabular_problem, to_spark

from sakon import kinds
from sakon.errors import DataError
from sakon.spark.arrow_batches import RAW_ROW, RecordTyping, read_schema, record_columns
from sakon.spark.missing_values import mark_missing
from sakon.spark.sql import collect
from sakon.spark.table_profile import infer_schema, profile_table, select_labelled_rows


def test_row_numbers_follow_the_order_of_the_rows(spark: Any) -> None:
    raw = pa.table({"x": pa.array(np.arange(100.0)), "y": pa.array([None, "a", "b", "b"] * 25)})
    table = spark.createDataFrame(raw).repartitionByRange(4, "x").sortWithinPartitions("x")
    profile = profile_table(table, tabular_problem())
    rows = collect(select_labelled_rows(table, profile, "y")).sort_values("x")
    assert rows[RAW_ROW].is_unique
    assert rows[RAW_ROW].is_monotonic_increasing
    assert rows["x"].tolist() == [x for x in range(100) if x % 4]
    of_one_partition = collect(select_labelled_rows(spark.createDataFrame(raw).coalesce(1), profile, "y"))
    assert of_one_partition[RAW_ROW].tolist() == list(range(75))


@pytest.mark.parametrize(
    ("values", "task", "message"),
    [
        ([1.5, 2.5, float("inf")], None, "expected finite numbers, found 20 infinite"),
        (["1", "2.5", "many"], "regression", "expected numbers for a regression, found 20 values"),
        ([1.5, 2.5, 3.0], "classification", "found fractions such as"),
        ([None, None, None], None, "found 60 rows all missing"),
        ([4, 4, 4], None, "expected at least two different values"),
    ],
)
def test_errors_in_the_target(spark: Any, values: list[Any], task: Any, message: str) -> None:
    type_ = pa.string() if "many" in values or values[0] is None else None
    table = spark.createDataFrame(pa.table({"x": list(range(60)), "y": pa.array(values * 20, type_)}))
    with pytest.raises(DataError, match=f"Target 'y': .*{message}"):
        profile_table(table, tabular_problem().model_copy(update={"task": task}))


def test_infinite_features_and_rare_classes_are_named_together(spark: Any) -> None:
    raw = pd.DataFrame({"x": [1.0] * 59 + [np.inf], "y": ["a"] * 30 + ["b"] * 28 + ["c"] * 2})
    with pytest.raises(DataError, match="Column 'x': .*found 1 infinite(.|\n)*found 2 of class 'c'"):
        profile_table(to_spark(spark, raw), tabular_problem())


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (list(range(30)), "regression", ()),
        ([0, 1, 2], "classification", (0, 1, 2)),
        ([0.0, 1.0, None], "classification", (0, 1)),
        ([0.5, 1.0, 2.0], "regression", ()),
        ([True, False], "classification", (False, True)),
        (["b", "a"], "classification", ("a", "b")),
    ],
)
def test_task_and_classes_equal_those_of_one_machine(spark: Any, values: list[Any], task: str, classes: Any) -> None:
    raw = pd.DataFrame({"x": np.arange(120.0), "y": values * (120 // len(values))})
    table, problem = to_spark(spark, raw), tabular_problem()
    profile = profile_table(table, problem)
    sample = raw.dropna().head(15).assign(**{RAW_ROW: range(15)})  # a sample that lacks classes
    schema = infer_schema(sample, profile, problem)
    expected = kinds.get("tabular").make_records(raw, problem)[1]
    assert (schema.task, schema.classes) == (task, classes) == (expected.task, expected.classes)
    rows = select_labelled_rows(table, profile, "y")
    columns = record_columns(RecordTyping(schema), rows.schema)
    assert rows.schema["y"].dataType == columns["y"].dataType
    assert read_schema(columns) == schema


@pytest.mark.parametrize("target", [[0, 1.5, 2.5], [9, 1, 2]])
def test_values_that_stand_for_missing_ones_are_no_values(spark: Any, target: list[float]) -> None:
    raw = pd.DataFrame({"x": [-999, 1, 2, 3] * 15, "y": target * 20})
    missing = {"x": (-999,), "y": (0, 9)}
    problem = tabular_problem().model_copy(update={"options": {"missing": missing}})
    expected, expected_schema = kinds.get("tabular").make_records(raw, problem)
    table = mark_missing(to_spark(spark, raw), problem)
    profile = profile_table(table, problem)
    rows = collect(select_labelled_rows(table, profile, "y"))
    assert (profile.rows, profile.task) == (40, expected_schema.task)
    assert sorted(rows["y"]) == sorted(expected["y"])
    assert rows["x"].isna().sum() == expected["x"].isna().sum() > 0
    assert infer_schema(rows, profile, problem) == expected_schema
