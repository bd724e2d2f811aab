"""Splits on Spark: no leakage, the configured fractions and days, and errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spark.examples import tabular_problem, to_spark

from sakon.errors import DataError
from sakon.problem import Problem, Schema
from sakon.records.splitting import ROW, TEST, TRAIN, VALIDATION, assign_splits, content_ids
from sakon.spark.arrow_batches import FEATURE_HASH, TIMESTAMP, parse_timestamps
from sakon.spark.sql import collect
from sakon.spark.table_splitting import SPLIT, add_split_column, check_row_counts

SEEDS = st.integers(0, 10_000)
SCHEMA = Schema(kind="tabular", task="classification", target="y", features={"x": "number"}, classes=(0, 1))


def split_table(spark: Any, table: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Return records with a column `split`, which is missing for rows that are left out."""
    records = table.assign(**{ROW: table.index, FEATURE_HASH: content_ids(table, SCHEMA)})
    if problem.split.time:
        records[TIMESTAMP] = parse_timestamps(table[problem.split.time], problem.split.by_days)
    split_records = add_split_column(to_spark(spark, records).repartition(3), problem, 10_000)
    splits = collect(split_records).set_index(ROW)[SPLIT]
    of_one_partition = collect(split_records.coalesce(1)).set_index(ROW)[SPLIT]
    pd.testing.assert_series_equal(splits.sort_index(), of_one_partition.sort_index())
    return table.assign(split=splits)


def random_table(seed: int, rows: int, contents: int) -> pd.DataFrame:
    """Return a table with at most `contents` different rows of features."""
    rng = np.random.default_rng(seed)
    content = rng.integers(contents, size=rows)
    group = pd.Series(rng.integers(40, size=rows)).astype("float").where(rng.random(rows) > 0.05)
    return pd.DataFrame({"x": content * 1.5, "group": group, "t": rng.permutation(rows), "y": content % 2})


@given(seed=SEEDS, rows=st.integers(60, 300))
@settings(max_examples=4, deadline=None)
def test_equal_rows_are_in_one_split(spark: Any, seed: int, rows: int) -> None:
    records = split_table(spark, random_table(seed, rows, contents=60), tabular_problem(seed))
    assert records["split"].notna().all()
    assert (records.groupby("x")["split"].nunique() == 1).all()


@pytest.mark.parametrize("time", [None, "t"])
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_groups_and_equal_rows_are_in_one_split(spark: Any, time: str | None, seed: int) -> None:
    problem = tabular_problem(seed, group="group", time=time)
    records = split_table(spark, random_table(seed, 300, contents=250), problem)
    used = records.dropna(subset="split")
    assert 0.5 < len(used) / len(records) <= 1
    assert (used.groupby("group", dropna=False)["split"].nunique() == 1).all()
    assert (used.groupby("x")["split"].nunique() == 1).all()
    assert set(records["x"]) == set(used["x"])  # at least one of equal rows is used


@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_split_by_time_equals_that_of_one_machine(spark: Any, seed: int) -> None:
    table = random_table(seed, 200, contents=2).assign(x=np.arange(200.0))
    table["t"] = table["t"] // 3
    problem = tabular_problem(seed, time="t")
    records = split_table(spark, table, problem)
    ends = records.groupby("split")["t"].agg(["min", "max"])
    assert ends.loc[TRAIN, "max"] < ends.loc[VALIDATION, "min"]
    assert ends.loc[VALIDATION, "max"] < ends.loc[TEST, "min"]
    assert (records["split"] == assign_splits(table, SCHEMA, problem)).all()


def test_equal_rows_are_in_their_first_split(spark: Any) -> None:
    table = pd.DataFrame({"x": [*range(50), *range(50)], "t": np.arange(100), "y": [0, 1] * 50}).astype({"x": float})
    table.loc[95:, "x"] = np.arange(1000.0, 1005.0)
    records = split_table(spark, table, tabular_problem(time="t", test=0.1, validation=0.1))
    assert set(records["split"][50:95]) == {TRAIN}
    assert set(records["split"][95:]) == {TEST}


def test_split_by_days(spark: Any) -> None:
    days = pd.date_range("2024-01-01", periods=100).astype(str)
    table = pd.DataFrame({"x": np.arange(100.0), "when": days, "y": [0, 1] * 50})
    begins = {"begin": "2024-01-03", "validation_begin": "2024-02-01", "test_begin": "2024-03-01"}
    records = split_table(spark, table, tabular_problem(time="when", **begins, end="2024-03-31"))
    ends = records.groupby("split")["when"].agg(["min", "max"])
    assert ends["min"].tolist() == ["2024-01-03", "2024-02-01", "2024-03-01"]
    assert ends["max"].tolist() == ["2024-01-31", "2024-02-29", "2024-03-31"]


def test_fractions_and_seed_of_a_random_split(spark: Any) -> None:
    table = pd.DataFrame({"x": np.arange(5000.0), "y": np.arange(5000) % 2})
    first, other = (
        split_table(spark, table, tabular_problem(seed, test=0.3, validation=0.1))["split"] for seed in (1, 2)
    )
    assert np.mean(first == TEST) == pytest.approx(0.3, abs=0.03)
    assert np.mean(first == VALIDATION) == pytest.approx(0.1, abs=0.02)
    assert 0.3 < np.mean(first != other) < 0.7


def test_missing_timestamps_are_an_error(spark: Any) -> None:
    table = random_table(0, 60, 60).assign(t=["2024-01-01", "never", None] * 20)
    with pytest.raises(DataError, match="Column 't': expected a timestamp .* found none in 40 rows"):
        split_table(spark, table, tabular_problem(time="t"))


def test_empty_split_and_missing_train_class_are_errors() -> None:
    counts = pd.DataFrame({SPLIT: [0, 0, 1, 2], "y": [0, 1, 0, 1], "count": 5})
    check_row_counts(counts, SCHEMA)
    with pytest.raises(DataError, match="found none for validation in 15 rows"):
        check_row_counts(counts[counts[SPLIT] != VALIDATION], SCHEMA)
    with pytest.raises(DataError, match=r"Target 'y': .*\[1\] only in validation or test"):
        check_row_counts(counts.drop(index=1), SCHEMA)


def test_counts_of_a_regression_have_no_classes() -> None:
    regression = Schema(kind="tabular", task="regression", target="y", features={"x": "number"})
    counts = pd.DataFrame({SPLIT: [TRAIN, VALIDATION, TEST], "count": [3000, 400, 500]})
    check_row_counts(counts, regression)
    for number, name, rows in ((TRAIN, "train", "900"), (VALIDATION, "validation", "3,500"), (TEST, "test", "3,400")):
        with pytest.raises(DataError, match=f"^problem.split: .* found none for {name} in {rows} rows"):
            check_row_counts(counts[counts[SPLIT] != number], regression)
