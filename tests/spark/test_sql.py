"""Samples of Spark tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.records.splitting import ROW
from sakon.spark.sql import sample_rows


def test_sample_is_bounded_uniform_and_independent_of_partitions(spark: Any) -> None:
    rows = spark.range(20_000).withColumnRenamed("id", ROW)
    sample = sample_rows(rows.repartition(2), 20_000, 2_000, seed=1)[ROW]
    assert sample.tolist() == sample_rows(rows.coalesce(1), 20_000, 2_000, seed=1)[ROW].tolist()
    assert sample.tolist() != sample_rows(rows, 20_000, 2_000, seed=2)[ROW].tolist()
    assert 1_850 <= len(sample) <= 2_000
    assert np.histogram(sample, bins=5, range=(0, 20_000))[0].min() > 300
    assert len(sample_rows(rows, 20_000, 20_000, seed=1)) == 20_000
