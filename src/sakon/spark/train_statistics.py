"""Statistics of all train records for the input specification: count, mean and scale of the target, fingerprint."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sakon.lazy import pd
from sakon.problem import Problem, Schema
from sakon.records.splitting import ROW
from sakon.spark.sql import collect, column

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class TrainStatistics:
    """Statistics of the train records.

    Attributes:
        rows: Number of records.
        target_mean: Mean of the target (regression), else 0.
        target_scale: Standard deviation of the target (regression), in its unit; 1 if it is 0, or for classes.
        fingerprint: Digest of records, schema and options; independent of the order of the records.
    """

    rows: int
    target_mean: float
    target_scale: float
    fingerprint: str


def compute_train_statistics(train: DataFrame, schema: Schema, problem: Problem) -> TrainStatistics:
    """Compute the statistics of all train records in one pass.

    Sums are computed per partition and joined in the order of the partitions, so that the same files give the same
    bits, whichever task ends first.

    Args:
        train: The train records.
        schema: Their columns and task.
        problem: Its options are part of the fingerprint.
    """
    from pyspark.sql import functions as F  # noqa: N812

    row_hash = F.xxhash64(*[column(name) for name in train.columns if name != ROW])
    target = column(schema.target).cast("double") if schema.task == "regression" else F.lit(0.0)
    partitions = collect(
        train.groupBy(F.spark_partition_id().alias("partition")).agg(
            F.count(F.lit(1)).alias("rows"),
            F.avg(target).alias("mean"),
            F.var_pop(target).alias("variance"),
            F.sum(row_hash.cast("decimal(20,0)")).cast("string").alias("sum"),
            F.bit_xor(row_hash).alias("xor"),
        )
    ).sort_values("partition")
    rows, mean, scale = _join_moments(partitions)
    hash_sum = sum(map(int, partitions["sum"]))
    hash_xor = int(np.bitwise_xor.reduce(partitions["xor"].to_numpy(dtype=np.int64)))
    content = f"{schema.model_dump_json()}{sorted(problem.options.items())!r}{rows} {hash_sum} {hash_xor}"
    return TrainStatistics(rows, mean, scale, hashlib.sha256(content.encode()).hexdigest()[:16])


def _join_moments(partitions: pd.DataFrame) -> tuple[int, float, float]:
    """Return count, mean and standard deviation over all partitions.

    Chan et al. 1983, "Algorithms for computing the sample variance".
    """
    rows, mean, squares = 0, 0.0, 0.0
    for count, average, variance in zip(partitions["rows"], partitions["mean"], partitions["variance"], strict=True):
        difference, total = average - mean, rows + count
        squares += variance * count + difference**2 * rows * count / total
        mean += difference * count / total
        rows = int(total)
    return rows, float(mean), float(np.sqrt(squares / rows)) or 1.0
