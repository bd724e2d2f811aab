"""Statistics of train records on Spark."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from spark.examples import tabular_problem, to_spark

from sakon.problem import Schema
from sakon.records.splitting import ROW
from sakon.spark.train_statistics import compute_train_statistics


def test_statistics_are_exact_and_independent_of_partitions(spark: Any) -> None:
    rng = np.random.default_rng(0)
    records = pd.DataFrame({"x": rng.normal(size=500), "y": rng.normal(1e6, 1.0, 500), ROW: np.arange(500)})
    schema, problem = Schema(kind="tabular", task="regression", target="y", features={"x": "number"}), tabular_problem()
    table = to_spark(spark, records)
    statistics, other = (compute_train_statistics(table.repartition(n), schema, problem) for n in (4, 3))
    assert (statistics.rows, statistics.target_mean) == (500, pytest.approx(records["y"].mean(), rel=1e-12))
    assert statistics.target_scale == pytest.approx(records["y"].std(ddof=0), rel=1e-9)
    assert statistics.fingerprint == other.fingerprint
    changed = to_spark(spark, records.assign(x=records["x"].where(records[ROW] != 9, 0.0)))
    assert compute_train_statistics(changed, schema, problem).fingerprint != statistics.fingerprint
