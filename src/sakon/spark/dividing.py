"""Parting records into train, validation and test where they lie, without a leak."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem, Schema, SplitConfig
from sakon.records.splitting import ROW, SPLITS, TEST, TRAIN, VALIDATION
from sakon.spark.preparing import CONTENT, MOMENT
from sakon.spark.surveying import collected, sample, uniform
from sakon.spark.tables import named

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

PART = "__sakon_part__"
DAY = 86_400_000_000
"""In microseconds."""


def divided(records: DataFrame, problem: Problem, most: int) -> DataFrame:
    """Say in a column to which part each record belongs: 0 (train), 1 (validation) or 2 (test).

    At random, a unit is put by a hash of itself and the problem's seed: wherever and however often it is asked, the
    answer is the same, and no row need be seen beside another. Classes are not dealt out evenly, as on one machine:
    where there are rows enough for a cluster, chance does that. The unit is all rows with equal features, or
    with an equal value in `split.group`. By `split.time`, the parts follow each other, and equal rows go to their
    earliest part.

    With groups, rows of equal features may lie in groups of several parts. Joining all such groups, as on one
    machine, would take a search through the whole graph: here a row is left out if an equal one lies in an earlier
    part, in the order train, validation, test.

    Args:
        records: Typed ones, as `sakon.spark.preparing.type_batches` makes them.
        problem: What is to be learnt.
        most: Rows that borders in time are found in; they are exact where there are not more.

    Raises:
        DataError: If rows have no moment, or none is within the days of the problem.
    """
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    split = problem.split
    if split.time is not None:
        records = _within(records, split)
        part = _by_time(named(MOMENT), _borders(records, problem, most))
    else:
        unit = named(CONTENT) if split.group is None else _group(split.group)
        part = _at_random(uniform(unit, problem.seed, "split"), split)
    records = records.withColumn(PART, part)
    if split.group is None and split.time is None:
        return records
    if split.group is not None and split.time is not None:
        records = records.withColumn(PART, F.min(PART).over(Window.partitionBy(_group(split.group))))
    earliest = F.min(PART).over(Window.partitionBy(CONTENT))
    if split.group is None:
        return records.withColumn(PART, earliest)
    return records.withColumn("__sakon_earliest__", earliest).where(f"{PART} = __sakon_earliest__")


def counts(records: DataFrame, schema: Schema) -> pd.DataFrame:
    """Return how many rows every part has: a row for every part, and class where there are classes.

    Args:
        records: As `divided` returns them.
        schema: What they hold.
    """
    keys = [PART, schema.target] if schema.task == "classification" else [PART]
    return collected(records.groupBy(*map(named, keys)).count())


def check_counts(found: pd.DataFrame, schema: Schema) -> None:
    """Refuse a split with an empty part, or with a class that train lacks.

    Args:
        found: What `counts` returns.
        schema: What the records hold.

    Raises:
        DataError: Saying which.
    """
    rows = found.groupby(PART)["count"].sum()
    for number, name in enumerate(SPLITS):
        if number not in rows:
            raise DataError(
                f"problem.split: expected rows in train, validation and test, found none for {name} in "
                f"{int(rows.sum()):,} rows; choose other fractions or another problem.seed, or prepare so small a "
                f"table with `--pipelines=preprocessing`."
            )
    if schema.task != "classification":
        return
    in_train = set(found.loc[found[PART] == TRAIN, schema.target].tolist())
    unseen = [label for label in schema.classes if label not in in_train]
    if unseen:
        raise DataError(
            f"Target '{schema.target}': expected every class in train, found {unseen} only in validation or test; "
            f"choose another problem.split or problem.seed, or merge or drop those classes."
        )


def in_order(records: DataFrame, seed: int) -> DataFrame:
    """Return records in the order in which their files hold them: one drawn at random, the same whenever asked.

    A file of a sorted table would hold other examples than the next one, and workers that learn from one each would
    pull apart; and records and examples have to follow each other alike.

    Args:
        records: Of one part.
        seed: Decides the order.
    """
    return records.orderBy(uniform(named(ROW), seed, "order"), named(ROW))


def _group(name: str) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    return F.coalesce(named(name).cast("string"), F.lit("(missing)"))


def _at_random(draw: Column, split: SplitConfig) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    held_out = F.when(draw < split.test + split.validation, VALIDATION).otherwise(TRAIN)
    return F.when(draw < split.test, TEST).otherwise(held_out)


def _by_time(moment: Column, borders: tuple[float, float]) -> Column:
    from pyspark.sql import functions as F  # noqa: N812

    late = F.when(moment > borders[0], VALIDATION).otherwise(TRAIN)
    return F.when(moment > borders[1], TEST).otherwise(late)


def _within(records: DataFrame, split: SplitConfig) -> DataFrame:
    from pyspark.sql import functions as F  # noqa: N812

    missing = int(collected(records.select(F.count_if(named(MOMENT).isNull()).alias("missing")))["missing"].iloc[0])
    if missing:
        raise DataError(
            f"Column '{split.time}': expected a moment such as 2024-05-31 in every row, found none in {missing:,} "
            f"rows; mend or drop those rows."
        )
    if split.begin is not None:
        records = records.where(named(MOMENT) >= float(_microseconds(split.begin)))
    if split.end is not None:
        records = records.where(named(MOMENT) < float(_microseconds(split.end) + DAY))
    return records


def _borders(records: DataFrame, problem: Problem, most: int) -> tuple[float, float]:
    """Return the last moments of train and of validation."""
    split = problem.split
    if split.validation_begin is not None and split.test_begin is not None:
        return _microseconds(split.validation_begin) - 1.0, _microseconds(split.test_begin) - 1.0
    total = records.count()
    if not total:
        raise DataError(
            f"problem.split: expected rows from {split.begin} to {split.end}, found none in column '{split.time}'."
        )
    moments = sample(records.select(named(ROW), named(MOMENT)), total, most, problem.seed)[MOMENT]
    rank = moments.rank(method="min", pct=True)
    last = [moments[rank <= 1 - later].max() for later in (split.test + split.validation, split.test)]
    of_train, of_validation = (-np.inf if np.isnan(moment) else float(moment) for moment in last)
    return of_train, of_validation


def _microseconds(day: date) -> int:
    return int(np.datetime64(day, "us").astype("int64"))
