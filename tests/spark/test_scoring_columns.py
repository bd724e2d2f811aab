"""Columns of new records, and errors in them."""

from __future__ import annotations

from typing import Any

import pytest
from fabricate import BY_NAME
from spark.examples import to_spark

from sakon.errors import DataError
from sakon.pipelines.ingestion.nodes import make_records
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
