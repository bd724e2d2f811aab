"""Typing, parting and measuring on Spark, against what one machine does with the same rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from fabricate import BY_NAME
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon import kinds
from sakon.errors import DataError
from sakon.problem import InputSpec, Problem, Schema, SplitConfig
from sakon.records.splitting import TEST, TRAIN, VALIDATION, assign_splits, content_of
from sakon.spark import dividing, measuring, preparing, surveying
from sakon.spark.preparing import CONTENT, MOMENT, NUMBER, Typing

SEEDS = st.integers(0, 10_000)
SCHEMA = Schema(kind="tabular", task="classification", target="y", features={"x": "number"}, classes=(0, 1))


def problem(seed: int = 0, **split: object) -> Problem:
    return Problem(kind="tabular", target="y", seed=seed, split=SplitConfig.model_validate(split))


def batches(table: pd.DataFrame, size: int) -> Iterator[pa.RecordBatch]:
    return iter(pa.Table.from_pandas(table, preserve_index=False).to_batches(max_chunksize=size))


# typing


@given(size=st.integers(3, 70))
@settings(max_examples=5, deadline=None)
def test_rows_are_typed_alike_whatever_their_batch(size: int) -> None:
    case = BY_NAME["tabular_classification"]
    raw = case.raw.head(70).assign(**{NUMBER: range(70)})
    raw["code"] = raw["rooms"].where(raw[NUMBER] % 7 > 0)  # 3.0 beside what is missing, else 3
    given = case.problem.model_copy(update={"options": {"category": ["code", "rooms"]}})
    records, schema = kinds.get("tabular").make_records(raw.drop(columns=NUMBER), given)
    typed = pa.Table.from_batches(list(preparing.type_batches(batches(raw, size), Typing(schema)))).to_pandas()
    for name in records:
        assert typed[name].astype(object).where(typed[name].notna(), "-").tolist() == (
            records[name].astype(object).where(records[name].notna(), "-").tolist()
        )
    assert (pd.factorize(typed[CONTENT])[0] == content_of(records, schema)).all()


def test_moments_are_numbers_or_microseconds() -> None:
    assert preparing.moment(pd.Series([3, 1]), days=False).tolist() == [3.0, 1.0]
    read = preparing.moment(pd.Series(["1970-01-02", "1970-01-01 00:00:01", "soon", None]), days=True)
    assert read.tolist()[:2] == [86_400e6, 1e6]
    assert read.isna().tolist() == [False, False, True, True]


def test_an_input_that_is_not_finite_is_refused() -> None:
    case = BY_NAME["tabular_regression"]
    records, schema = kinds.get("tabular").make_records(case.raw, case.problem)
    preprocessor = kinds.get("tabular").fit_preprocessor(records, schema, case.problem)
    width = len(preprocessor.get_feature_names_out())
    spec = InputSpec(kind="tabular", task="regression", shape=(width,), target_scale=1.0)
    records.loc[7, "outcome"] = np.inf
    with pytest.raises(
        DataError, match="found NaN or infinity in 1 of 240 examples of a batch, the first being record 7"
    ):
        list(preparing.transform_batches(batches(records.assign(row=records.index), 500), preprocessor, spec, schema))


# parting


def parted(spark: Any, table: pd.DataFrame, given: Problem) -> pd.DataFrame:
    """Return records with the part that each was put to; those that were left out are missing."""
    records = table.assign(**{"row": table.index, CONTENT: content_of(table, SCHEMA)})
    if given.split.time:
        records[MOMENT] = preparing.moment(table[given.split.time], given.split.by_days)
    divided = dividing.divided(spark.createDataFrame(pa.Table.from_pandas(records)).repartition(3), given, 10_000)
    found = surveying.collected(divided).set_index("row")[dividing.PART]
    again = surveying.collected(divided.coalesce(1)).set_index("row")[dividing.PART]
    pd.testing.assert_series_equal(found.sort_index(), again.sort_index())
    return table.assign(part=found)


def table(seed: int, rows: int, contents: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    content = rng.integers(contents, size=rows)
    group = pd.Series(rng.integers(40, size=rows)).astype("float").where(rng.random(rows) > 0.05)
    return pd.DataFrame({"x": content * 1.5, "group": group, "t": rng.permutation(rows), "y": content % 2})


@given(seed=SEEDS, rows=st.integers(60, 300))
@settings(max_examples=4, deadline=None)
def test_equal_rows_never_straddle(spark: Any, seed: int, rows: int) -> None:
    found = parted(spark, table(seed, rows, contents=60), problem(seed))
    assert found["part"].notna().all()
    assert (found.groupby("x")["part"].nunique() == 1).all()


@pytest.mark.parametrize("time", [None, "t"])
@given(seed=SEEDS)
@settings(max_examples=3, deadline=None)
def test_groups_never_straddle_nor_do_equal_rows_between_them(spark: Any, time: str | None, seed: int) -> None:
    found = parted(spark, table(seed, 300, contents=250), problem(seed, group="group", time=time))
    kept = found.dropna(subset="part")
    assert 0.5 < len(kept) / len(found) <= 1
    assert (kept.groupby("group", dropna=False)["part"].nunique() == 1).all()
    assert (kept.groupby("x")["part"].nunique() == 1).all()
    assert set(found["x"]) == set(kept["x"])  # of equal rows one is kept


@given(seed=SEEDS)
@settings(max_examples=4, deadline=None)
def test_time_runs_forward_as_on_one_machine(spark: Any, seed: int) -> None:
    records = table(seed, 200, contents=2).assign(x=np.arange(200.0))
    records["t"] = records["t"] // 3
    found = parted(spark, records, problem(seed, time="t"))
    ends = found.groupby("part")["t"].agg(["min", "max"])
    assert ends.loc[TRAIN, "max"] < ends.loc[VALIDATION, "min"]
    assert ends.loc[VALIDATION, "max"] < ends.loc[TEST, "min"]
    assert (found["part"] == assign_splits(records, SCHEMA, problem(seed, time="t"))).all()


def test_equal_rows_go_to_their_earliest_part(spark: Any) -> None:
    records = pd.DataFrame({"x": [*range(50), *range(50)], "t": np.arange(100), "y": [0, 1] * 50}).astype({"x": float})
    records.loc[95:, "x"] = np.arange(1000.0, 1005.0)
    found = parted(spark, records, problem(time="t", test=0.1, validation=0.1))
    assert set(found["part"][50:95]) == {TRAIN}
    assert set(found["part"][95:]) == {TEST}


def test_days_part_a_table(spark: Any) -> None:
    days = pd.date_range("2024-01-01", periods=100).astype(str)
    records = pd.DataFrame({"x": np.arange(100.0), "when": days, "y": [0, 1] * 50})
    split = {"time": "when", "begin": "2024-01-03", "validation_begin": "2024-02-01", "test_begin": "2024-03-01"}
    found = parted(spark, records, problem(**split, end="2024-03-31"))
    ends = found.groupby("part")["when"].agg(["min", "max"])
    assert ends["min"].tolist() == ["2024-01-03", "2024-02-01", "2024-03-01"]
    assert ends["max"].tolist() == ["2024-01-31", "2024-02-29", "2024-03-31"]


def test_fractions_are_kept_and_the_seed_decides(spark: Any) -> None:
    records = pd.DataFrame({"x": np.arange(5000.0), "y": np.arange(5000) % 2})
    first, other = (parted(spark, records, problem(seed, test=0.3, validation=0.1))["part"] for seed in (1, 2))
    assert np.mean(first == TEST) == pytest.approx(0.3, abs=0.03)
    assert np.mean(first == VALIDATION) == pytest.approx(0.1, abs=0.02)
    assert 0.3 < np.mean(first != other) < 0.7


def test_a_row_without_moment_is_refused(spark: Any) -> None:
    records = table(0, 60, 60).assign(t=["2024-01-01", "never", None] * 20)
    with pytest.raises(DataError, match="Column 't': expected a moment .* found none in 40 rows"):
        parted(spark, records, problem(time="t"))


def test_an_empty_part_or_an_unseen_class_is_refused() -> None:
    whole = pd.DataFrame({dividing.PART: [0, 0, 1, 2], "y": [0, 1, 0, 1], "count": 5})
    dividing.check_counts(whole, SCHEMA)
    with pytest.raises(DataError, match="found none for validation in 15 rows"):
        dividing.check_counts(whole[whole[dividing.PART] != VALIDATION], SCHEMA)
    with pytest.raises(DataError, match=r"expected every class in train, found \[1\] only in validation or test"):
        dividing.check_counts(whole.drop(index=1), SCHEMA)


# counting


def test_a_sample_is_bounded_unbiased_and_the_same_in_any_layout(spark: Any) -> None:
    rows = spark.range(20_000).withColumnRenamed("id", "row")
    first = surveying.sample(rows.repartition(2), 20_000, 2_000, seed=1)["row"]
    assert first.tolist() == surveying.sample(rows.coalesce(1), 20_000, 2_000, seed=1)["row"].tolist()
    assert first.tolist() != surveying.sample(rows, 20_000, 2_000, seed=2)["row"].tolist()
    assert 1_850 <= len(first) <= 2_000
    assert np.histogram(first, bins=5, range=(0, 20_000))[0].min() > 300
    assert len(surveying.sample(rows, 20_000, 20_000, seed=1)) == 20_000


def test_rows_are_numbered_as_they_lie(spark: Any) -> None:
    raw = pa.table({"x": pa.array(np.arange(100.0)), "y": pa.array([None, "a", "b", "b"] * 25)})
    table = spark.createDataFrame(raw).repartitionByRange(4, "x").sortWithinPartitions("x")
    counted = surveying.survey(table, problem())
    rows = surveying.collected(surveying.ready(table, counted, "y")).sort_values("x")
    assert rows[NUMBER].is_unique
    assert rows[NUMBER].is_monotonic_increasing
    assert rows["x"].tolist() == [x for x in range(100) if x % 4]
    one = surveying.collected(surveying.ready(spark.createDataFrame(raw).coalesce(1), counted, "y"))
    assert one[NUMBER].tolist() == list(range(75))


@pytest.mark.parametrize(
    ("values", "task", "fault"),
    [
        ([1.5, 2.5, float("inf")], None, "expected finite numbers, found 20 infinite"),
        (["1", "2.5", "many"], "regression", "expected numbers for a regression, found 20 values that are none"),
        ([1.5, 2.5, 3.0], "classification", "found fractions such as"),
        ([None, None, None], None, "found 60 rows all missing"),
        ([4, 4, 4], None, "expected at least two different values"),
    ],
)
def test_faults_of_the_target_are_said_as_on_one_machine(spark: Any, values: list[Any], task: Any, fault: str) -> None:
    kind = pa.string() if "many" in values or values[0] is None else None
    table = spark.createDataFrame(pa.table({"x": list(range(60)), "y": pa.array(values * 20, kind)}))
    with pytest.raises(DataError, match=fault):
        surveying.survey(table, problem().model_copy(update={"task": task}))


def test_infinite_numbers_and_rare_classes_are_said_at_once(spark: Any) -> None:
    raw = pd.DataFrame({"x": [1.0] * 59 + [np.inf], "y": ["a"] * 30 + ["b"] * 28 + ["c"] * 2})
    with pytest.raises(DataError, match="found 1 infinite(.|\n)*found 2 of class 'c'"):
        surveying.survey(spark.createDataFrame(pa.Table.from_pandas(raw)), problem())


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
def test_tasks_and_classes_are_those_of_one_machine(spark: Any, values: list[Any], task: str, classes: Any) -> None:
    raw = pd.DataFrame({"x": np.arange(120.0), "y": values * (120 // len(values))})
    table = spark.createDataFrame(pa.Table.from_pandas(raw))
    counted = surveying.survey(table, problem())
    sample = raw.dropna().head(15).assign(**{NUMBER: range(15)})  # a sample that lacks classes
    schema = surveying.described(sample, counted, problem())
    local = kinds.get("tabular").make_records(raw, problem())[1]
    assert (schema.task, schema.classes) == (task, classes) == (local.task, local.classes)
    typed = surveying.ready(table, counted, "y")
    columns = preparing.typed_columns(Typing(schema), typed.schema)
    assert typed.schema["y"].dataType == columns["y"].dataType
    assert preparing.schema_in(columns) == schema


def test_what_is_measured_is_exact_and_knows_no_order(spark: Any) -> None:
    rng = np.random.default_rng(0)
    raw = pd.DataFrame({"x": rng.normal(size=500), "y": rng.normal(1e6, 1.0, 500), "row": np.arange(500)})
    numbers = Schema(kind="tabular", task="regression", target="y", features={"x": "number"})
    table = spark.createDataFrame(pa.Table.from_pandas(raw))
    found, again = (measuring.measured(table.repartition(n), numbers, problem()) for n in (4, 3))
    assert (found.rows, found.mean) == (500, pytest.approx(raw["y"].mean(), rel=1e-12))
    assert found.scale == pytest.approx(raw["y"].std(ddof=0), rel=1e-9)
    assert found.fingerprint == again.fingerprint
    other = spark.createDataFrame(pa.Table.from_pandas(raw.assign(x=raw["x"].where(raw["row"] != 9, 0.0))))
    assert measuring.measured(other, numbers, problem()).fingerprint != found.fingerprint
