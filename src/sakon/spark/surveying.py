"""What a driver learns of a table without reading it: counts, classes, a bounded sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sakon import kinds
from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem, Schema, Task
from sakon.records.splitting import ROW, check_row_column
from sakon.records.tables import check_columns
from sakon.records.targets import MOST_INTEGER_CLASSES, check_target, labels_of
from sakon.spark.cluster import plain_failures
from sakon.spark.job_progress import job_progress
from sakon.spark.preparing import NUMBER, as_pandas
from sakon.spark.tables import named

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

KINDS = ("tabular", "text")
"""Kinds whose raw data are a table with a row per example."""
MOST_CLASSES = 10_000
FRACTION_BITS = 53


@dataclass(frozen=True)
class Survey:
    """What was counted in a table.

    Attributes:
        rows: Rows with a target.
        task: What is predicted.
        target: Values that have the faults and the classes of the whole target: of every class as many as it has, at
            most 3; of numbers the smallest and the largest.
    """

    rows: int
    task: Task
    target: pd.Series


def plain(table: DataFrame) -> DataFrame:
    """Return a table with plain names and types: blanks around names go, decimals become floating numbers."""
    from pyspark.sql.types import DecimalType

    table = table.toDF(*(name.strip() for name in table.columns))
    decimals = [field.name for field in table.schema if isinstance(field.dataType, DecimalType)]
    return table.withColumns({name: named(name).cast("double") for name in decimals})


def check_table(table: DataFrame, problem: Problem) -> None:
    """Refuse a kind that is no table, and columns that are missing or cannot be typed.

    Raises:
        DataError: Naming every fault.
    """
    from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType

    if problem.kind not in KINDS:
        raise DataError(
            f"problem.kind: expected one whose raw data are a table ({', '.join(KINDS)}), found '{problem.kind}'; "
            f"prepare it with `--pipelines=preprocessing`, whose Parquet files Spark trains on just as well."
        )
    faults = check_columns(pd.DataFrame(columns=table.columns), problem, {})
    ignored = set(problem.options.get("ignore", ()))
    faults += [
        f"Column '{field.name}': expected numbers, texts, booleans or dates, found {field.dataType.simpleString()}; "
        f"leave it out by problem.options.ignore."
        for field in table.schema
        if isinstance(field.dataType, ArrayType | MapType | StructType | BinaryType) and field.name not in ignored
    ]
    if faults:
        raise DataError(*faults)


def known(table: DataFrame, target: str) -> Column:
    """Return whether a row has a target."""
    from pyspark.sql import functions as F  # noqa: N812

    column = named(target)
    return column.isNotNull() & ~F.isnan(column) if _is_floating(table.schema[target].dataType) else column.isNotNull()


def survey(table: DataFrame, problem: Problem) -> Survey:
    """Count a table, in two passes at most.

    Args:
        table: As `plain` returns it.
        problem: Names the target.

    Raises:
        DataError: Naming every fault of the target and of numbers, as on one machine.
    """
    counted = _counts(table, problem)
    total, rows = int(counted["total"]), int(counted["known"])
    infinite = {name: int(counted[name]) for name in _floating(table, problem.target)}
    faults = [
        f"Column '{name}': expected finite numbers, found {count} infinite; mend them or leave them empty."
        for name, count in infinite.items()
        if count
    ]
    if not rows:
        faults.append(
            f"Target '{problem.target}': expected values, found {total} rows all missing; name another column in "
            f"problem.target."
        )
        raise DataError(*faults)
    task, target = _target_of(table, problem, counted)
    faults += check_target(target, problem.model_copy(update={"task": task}))
    if task == "regression":
        faults = _number_faults(counted, problem.target) or faults
    if faults:
        raise DataError(*faults)
    return Survey(rows, task, target)


def _counts(table: DataFrame, problem: Problem) -> pd.Series:
    """Return what is counted, in the whole table."""
    from pyspark.sql import functions as F  # noqa: N812

    has_target, number = known(table, problem.target), _as_number(table, problem.target)
    readable = number.isNotNull() & ~F.isnan(number)
    conditions = {
        "known": has_target,
        "strange": has_target & ~readable,
        "infinite": readable & (F.abs(number) == float("inf")),
        "fractions": readable & (number % 1 != 0),
    } | {name: F.abs(named(name)) == float("inf") for name in _floating(table, problem.target)}
    sums = [
        F.sum(F.coalesce(condition, F.lit(False)).cast("long")).alias(name) for name, condition in conditions.items()
    ]
    ends = [F.min(F.when(readable, number)).alias("least"), F.max(F.when(readable, number)).alias("most")]
    found: pd.Series = collected(table.agg(F.count(F.lit(1)).alias("total"), *sums, *ends)).iloc[0]
    return found


def _target_of(table: DataFrame, problem: Problem, counted: pd.Series) -> tuple[Task, pd.Series]:
    """Return the task, and values that stand for the target."""
    from pyspark.sql.types import NumericType

    numeric = isinstance(table.schema[problem.target].dataType, NumericType)
    ends = pd.Series([counted["least"], counted["most"]], name=problem.target)
    if problem.task == "regression" or (problem.task is None and numeric and counted["fractions"]):
        return "regression", ends
    labels = _labels(table, problem.target)
    if problem.task is None and numeric and len(labels) > MOST_INTEGER_CLASSES:
        return "regression", ends
    if len(labels) > MOST_CLASSES:
        raise DataError(
            f"Target '{problem.target}': expected at most {MOST_CLASSES:,} classes, found more; is it a number (set "
            f"problem.task to regression) or an identifier?"
        )
    values = labels[problem.target].repeat(labels["count"].clip(upper=3).tolist())
    return "classification", values.reset_index(drop=True)


def _labels(table: DataFrame, target: str) -> pd.DataFrame:
    """Return the values of a target and how often each is there; of too many only more than `MOST_CLASSES`."""
    from pyspark.sql.types import BooleanType, NumericType

    column = named(target)
    if not isinstance(table.schema[target].dataType, NumericType | BooleanType):
        column = column.cast("string")
    counts = table.where(known(table, target)).groupBy(column.alias(target)).count()
    return collected(counts.limit(MOST_CLASSES + 1)).sort_values(target, ignore_index=True)


def _number_faults(counted: pd.Series, target: str) -> list[str]:
    strange, infinite = int(counted["strange"]), int(counted["infinite"])
    if strange:
        return [
            f"Target '{target}': expected numbers for a regression, found {strange} values that are none; mend the "
            f"values, or set problem.task to classification."
        ]
    if infinite:
        return [f"Target '{target}': expected finite numbers, found {infinite} infinite; mend or drop those rows."]
    return []


def ready(table: DataFrame, survey: Survey, target: str) -> DataFrame:
    """Return the rows with a target, which has the type of its task, and their number in a column `NUMBER`.

    Spark's own numbers: of a table that one task reads the rows' places, those without a target left out; of a larger
    one unique numbers that grow from task to task. The same files and cores give the same ones. (Counting the rows of
    each partition first would number them without gaps, and wrongly as soon as an executor that comes or goes
    changes the partitions in between.)

    Args:
        table: As `plain` returns it.
        survey: What was counted in it.
        target: Column to predict.
    """
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import BooleanType, NumericType

    found = table.where(known(table, target)).withColumn(NUMBER, F.monotonically_increasing_id())
    typed = named(target)
    if survey.task == "regression":
        typed = _as_number(table, target)
    elif isinstance(table.schema[target].dataType, NumericType):
        typed = typed.cast("long")
    elif not isinstance(table.schema[target].dataType, BooleanType):
        typed = typed.cast("string")
    return found.withColumn(target, typed)


def uniform(column: Column, seed: int, purpose: str) -> Column:
    """Return a number in [0, 1) for every row, the same for the same value, seed and purpose."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.pmod(F.xxhash64(column, F.lit(seed), F.lit(purpose)), F.lit(2**FRACTION_BITS)) / float(2**FRACTION_BITS)


def sample(table: DataFrame, total: int, most: int, seed: int, number: str = ROW) -> pd.DataFrame:
    """Return rows of a table, each as likely as any other, at most so many; in the order of their numbers.

    Args:
        table: With a column of unique numbers.
        total: Rows of the table.
        most: Rows to return, at most.
        seed: Decides the draw, whatever the layout of the table.
        number: That column.
    """
    if total > most:
        drawn = uniform(named(number), seed, "sample")
        table = table.withColumn("__sakon_draw__", drawn).where(named("__sakon_draw__") < most / total)
    rows = collected(table)
    if "__sakon_draw__" in rows:  # a few more than wanted, or a few less
        rows = rows.nsmallest(most, "__sakon_draw__").drop(columns="__sakon_draw__")
    return rows.sort_values(number, ignore_index=True)


def described(rows: pd.DataFrame, survey: Survey, problem: Problem) -> Schema:
    """Return the schema of a table, as the kind finds it in a sample; its classes are those of the whole.

    Args:
        rows: A sample of raw rows.
        survey: What was counted in the whole table.
        problem: What is to be learnt.

    Raises:
        DataError: Naming every fault that the kind finds.
    """
    # A sample may lack a class or hold too little of one: the target was checked as a whole, here it only has to pass.
    stand_in = np.resize([False, True] if survey.task == "classification" else [0.0, 1.5], len(rows))
    asked = problem.model_copy(update={"task": survey.task, "positive": None, "class_weight": None})
    raw = rows.drop(columns=NUMBER).assign(**{problem.target: stand_in})
    schema = kinds.get(problem.kind).make_records(raw, asked)[1]
    classes = labels_of(survey.target) if survey.task == "classification" else ()
    schema = schema.model_copy(update={"classes": classes})
    check_row_column(
        name for name in (*schema.features, schema.target, problem.split.group, problem.split.time) if name
    )
    kinds.check_task(problem, schema)
    return schema


def collected(table: DataFrame) -> pd.DataFrame:
    """Return a small table in the driver."""
    with plain_failures("preparing the data"), job_progress("preparing"):
        return as_pandas(table.toArrow())


def _floating(table: DataFrame, target: str) -> list[str]:
    return [field.name for field in table.schema if _is_floating(field.dataType) and field.name != target]


def _is_floating(found: DataType) -> bool:
    from pyspark.sql.types import DoubleType, FloatType

    return isinstance(found, DoubleType | FloatType)


def _as_number(table: DataFrame, name: str) -> Any:
    from pyspark.sql.types import NumericType, StringType

    found = table.schema[name].dataType
    if isinstance(found, NumericType):
        return named(name).cast("double")
    return named(name).cast(StringType()).try_cast("double")
