"""Columns of new records, and errors in them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pyarrow as pa
import pytest
from fabricate import BY_NAME
from spark.examples import to_spark

from sakon.errors import DataError
from sakon.models.bundle import ModelBundle
from sakon.pipelines.ingestion.nodes import make_records
from sakon.spark.batch_prediction import to_actual
from sakon.spark.partitions import ParquetFiles
from sakon.spark.record_files import RecordFiles
from sakon.spark.scoring_columns import find_scoring_columns


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("tabular_classification", "drop a feature", r"New records: .*\['height'\]"),
        ("tabular_classification", "no rows", "New records: expected at least one, found none"),
        ("tabular_classification", "unknown target", "Target 'outcome': .*'odd'"),
        ("tabular_classification", "repeat a column", "New records: .*'height' twice"),
        ("tabular_regression", "unknown target", "Target 'outcome': .*'odd' and 239 more"),
    ],
)
def test_records_that_do_not_fit_are_an_error(spark: Any, name: str, change: str, message: str) -> None:
    case = BY_NAME[name]
    schema = make_records(case.raw, case.problem)[1]
    table = to_spark(spark, case.raw.assign(outcome="odd") if change == "unknown target" else case.raw)
    table = {
        "drop a feature": lambda: table.drop("height"),
        "no rows": lambda: table.limit(0),
        "repeat a column": lambda: table.withColumn(" height", table["height"]),
    }.get(change, lambda: table)()
    records = RecordFiles(table, ParquetFiles(("0.parquet",), (table.count(),)), are_original=True)
    with pytest.raises(DataError, match=message):
        find_scoring_columns(records, schema)


@pytest.mark.parametrize(("name", "code"), [("tabular_classification", "unknown"), ("tabular_regression", -999.0)])
def test_targets_may_stand_for_missing_ones(spark: Any, name: str, code: Any) -> None:
    case = BY_NAME[name]
    schema = make_records(case.raw, case.problem)[1].model_copy(update={"missing_values": {"outcome": (code,)}})
    raw = case.raw.head(4).assign(outcome=lambda table: [code, *table["outcome"].iloc[:3]])
    table = to_spark(spark, raw)
    records = RecordFiles(table, ParquetFiles(("0.parquet",), (len(raw),)), are_original=True)
    target = find_scoring_columns(records, schema).target
    assert target is not None
    bundle = cast("ModelBundle", SimpleNamespace(schema=schema, input_spec=schema))
    actual = to_actual(pa.array(raw["outcome"]), target, bundle).to_pylist()
    assert actual == [None, *case.raw["outcome"].iloc[:3]]
    assert not target.as_text
