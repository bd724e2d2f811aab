"""Train, validation and test split of records on a cluster, without leakage."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem, Schema, SplitConfig
from sakon.records.splitting import ROW, SPLITS, TEST, TRAIN, VALIDATION
from sakon.spark.arrow_batches import FEATURE_HASH, TIMESTAMP
from sakon.spark.sql import collect, column, hash_uniform, sample_rows

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

SPLIT = "__sakon_split__"
FIRST_SPLIT = "__sakon_first_split__"
DAY = 86_400_000_000
"""In microseconds."""


def add_split_column(records: DataFrame, problem: Problem, max_rows: int) -> DataFrame:
    """Add a column with the split of each record: 0 (train), 1 (validation) or 2 (test).

    A random split uses a hash of each unit and the problem's seed: the result does not depend on partitions, and no
    row is compared with another. A unit is all rows with equal features, or with an equal value in `split.group`. The
    split is not stratified as on one machine: with the many rows of a cluster chance suffices. With `split.time`, the
    splits follow each other in time, and equal rows go to their first split.

    With groups, rows with equal features may be in groups of several splits. On one machine all such groups are
    joined, which would need a search through the whole graph here. Instead, a row is left out if an equal row is in an
    earlier split, in the order train, validation, test.

    Args:
        records: Typed records; see `sakon.spark.arrow_batches.type_batches`.
        problem: Its split and seed.
        max_rows: Maximum number of rows from which borders in time are computed; with no more rows they are exact.

    Raises:
        DataError: If rows have no timestamp, or none is within the configured days.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    split = problem.split
    if split.time is not None:
        records = _select_days(records, split)
        number = _split_by_time(column(TIMESTAMP), _borders(records, problem, max_rows))
    else:
        unit = column(FEATURE_HASH) if split.group is None else _group_text(split.group)
        number = _split_at_random(hash_uniform(unit, problem.seed, "split"), split)
    records = records.withColumn(SPLIT, number)
    if split.group is None and split.time is None:
        return records
    if split.group is not None and split.time is not None:
        records = records.withColumn(SPLIT, F.min(SPLIT).over(Window.partitionBy(_group_text(split.group))))
    first = F.min(SPLIT).over(Window.partitionBy(FEATURE_HASH))
    if split.group is None:
        return records.withColumn(SPLIT, first)
    return records.withColumn(FIRST_SPLIT, first).where(f"{SPLIT} = {FIRST_SPLIT}")


def count_rows(records: DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the number of rows of every split, and of every class in it for a classification.

    Args:
        records: What `add_split_column` returns.
        schema: Their columns and task.
    """
    keys = [SPLIT, schema.target] if schema.task == "classification" else [SPLIT]
    return collect(records.groupBy(*map(column, keys)).count())


def check_row_counts(counts: pd.DataFrame, schema: Schema) -> None:
    """Check that no split is empty, and that train has every class.

    Args:
        counts: What `count_rows` returns.
        schema: Columns and task of the records.

    Raises:
        DataError: Naming the empty split, or the classes.
    """
    rows = counts.groupby(SPLIT)["count"].sum()
    for number, name in enumerate(SPLITS):
        if number not in rows:
            raise DataError(
                f"problem.split: expected rows in train, validation and test, found none for {name} in "
                f"{int(rows.sum()):,} rows; choose other fractions or another problem.seed, or prepare a table of this "
                f"size with `--pipelines=preprocessing`."
            )
    if schema.task != "classification":
        return
    train_classes = set(counts.loc[counts[SPLIT] == TRAIN, schema.target].tolist())
    missing = [label for label in schema.classes if label not in train_classes]
    if missing:
        raise DataError(
            f"Target '{schema.target}': expected every class in train, found {missing} only in validation or test; "
            f"choose another problem.split or problem.seed, or merge or drop those classes."
        )


def shuffle_rows(records: DataFrame, seed: int) -> DataFrame:
    """Return records in a random order that depends on the seed and the row numbers alone.

    Files of a sorted table would differ in their examples, and workers that train on one file each would diverge.
    Records and examples have the same order.

    Args:
        records: Records of one split.
        seed: Decides the order.
    """
    return records.orderBy(hash_uniform(column(ROW), seed, "order"), column(ROW))


def _group_text(name: str) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return F.coalesce(column(name).cast("string"), F.lit("(missing)"))


def _split_at_random(draw: Column, split: SplitConfig) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    held_out = F.when(draw < split.test + split.validation, VALIDATION).otherwise(TRAIN)
    return F.when(draw < split.test, TEST).otherwise(held_out)


def _split_by_time(timestamp: Column, borders: tuple[float, float]) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    before_test = F.when(timestamp > borders[0], VALIDATION).otherwise(TRAIN)
    return F.when(timestamp > borders[1], TEST).otherwise(before_test)


def _select_days(records: DataFrame, split: SplitConfig) -> DataFrame:
    """Return the records from `split.begin` to `split.end`."""
    from pyspark.sql import functions as F  # noqa: N812

    timestamp = column(TIMESTAMP)
    missing = int(collect(records.select(F.count_if(timestamp.isNull()).alias("missing")))["missing"].iloc[0])
    if missing:
        raise DataError(
            f"Column '{split.time}': expected a timestamp such as 2024-05-31 in every row, found none in {missing:,} "
            f"rows; fix or drop those rows."
        )
    if split.begin is not None:
        records = records.where(timestamp >= float(_microseconds(split.begin)))
    if split.end is not None:
        records = records.where(timestamp < float(_microseconds(split.end) + DAY))
    return records


def _borders(records: DataFrame, problem: Problem, max_rows: int) -> tuple[float, float]:
    """Return the last timestamps of train and of validation."""
    split = problem.split
    if split.validation_begin is not None and split.test_begin is not None:
        return _microseconds(split.validation_begin) - 1.0, _microseconds(split.test_begin) - 1.0
    total = records.count()
    if not total:
        raise DataError(
            f"problem.split: expected rows from {split.begin} to {split.end}, found none in column '{split.time}'; "
            f"choose other days."
        )
    rows = sample_rows(records.select(column(ROW), column(TIMESTAMP)), total, max_rows, problem.seed)
    timestamps = rows[TIMESTAMP]
    rank = timestamps.rank(method="min", pct=True)
    last = [timestamps[rank <= 1 - later].max() for later in (split.test + split.validation, split.test)]
    of_train, of_validation = (-np.inf if np.isnan(timestamp) else float(timestamp) for timestamp in last)
    return of_train, of_validation


def _microseconds(day: date) -> int:
    return int(np.datetime64(day, "us").astype("int64"))
