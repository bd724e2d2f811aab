"""What the input specification says of all train records: their number, mean and scale of the target, a digest."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sakon.lazy import pd
from sakon.problem import Problem, Schema
from sakon.records.splitting import ROW
from sakon.spark.surveying import collected
from sakon.spark.tables import named

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class Measures:
    """What was measured in train records.

    Attributes:
        rows: How many there are.
        mean: Mean of the target (regression), else 0.
        scale: Standard deviation of the target (regression), in its unit; 1 where it is 0, or for classes.
        fingerprint: Digest of records, schema and options; the same in whatever order the records lie.
    """

    rows: int
    mean: float
    scale: float
    fingerprint: str


def measured(train: DataFrame, schema: Schema, problem: Problem) -> Measures:
    """Measure train records, all of them, in one pass.

    Every partition is summed up by itself and the sums are joined in their order, so that the same files give the
    same bits; a target's fractions would otherwise depend on which task is done first.

    Args:
        train: Records of train.
        schema: What they hold.
        problem: Its options are part of the digest.
    """
    from pyspark.sql import functions as F  # noqa: N812

    learnt = [named(name) for name in train.columns if name != ROW]
    number = F.xxhash64(*learnt)
    target = named(schema.target).cast("double") if schema.task == "regression" else F.lit(0.0)
    partial = collected(
        train.groupBy(F.spark_partition_id().alias("partition")).agg(
            F.count(F.lit(1)).alias("rows"),
            F.avg(target).alias("mean"),
            F.var_pop(target).alias("variance"),
            F.sum(number.cast("decimal(20,0)")).cast("string").alias("sum"),
            F.bit_xor(number).alias("xor"),
        )
    ).sort_values("partition")
    rows, mean, scale = _joined(partial)
    total = sum(map(int, partial["sum"]))
    mixed = int(np.bitwise_xor.reduce(partial["xor"].to_numpy(dtype=np.int64)))
    said = f"{schema.model_dump_json()}{sorted(problem.options.items())!r}{rows} {total} {mixed}"
    return Measures(rows, mean, scale, hashlib.sha256(said.encode()).hexdigest()[:16])


def _joined(partial: pd.DataFrame) -> tuple[int, float, float]:
    """Join counts, means and variances (Chan et al. 1983, "Algorithms for computing the sample variance")."""
    rows, mean, squares = 0, 0.0, 0.0
    for count, average, variance in zip(partial["rows"], partial["mean"], partial["variance"], strict=True):
        apart, together = average - mean, rows + count
        squares += variance * count + apart**2 * rows * count / together
        mean += apart * count / together
        rows = int(together)
    return rows, float(mean), float(np.sqrt(squares / rows)) or 1.0
