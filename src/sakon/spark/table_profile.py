"""Profile of a table that the driver does not load: row counts, task, classes, and a schema from a sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sakon import kinds
from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem, Schema, Task
from sakon.records.raw_table import column_errors
from sakon.records.splitting import check_reserved_names
from sakon.records.targets import MAX_INTEGER_CLASSES, class_labels, target_errors
from sakon.spark.arrow_batches import RAW_ROW
from sakon.spark.missing_values import missing_values_of
from sakon.spark.sql import collect, column
from sakon.spark.supported_kinds import check_kind

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType

MAX_CLASSES = 10_000
MAX_REPEATS = 3
"""`target_errors` asks for three rows per class."""


@dataclass(frozen=True)
class TableProfile:
    """What was counted in a whole table.

    Attributes:
        rows: Number of rows with a target.
        task: Task of the problem.
        target: Values that stand for the whole target: every class as often as in the table, but three times at most;
            of numbers the minimum and the maximum.
    """

    rows: int
    task: Task
    target: pd.Series


@dataclass(frozen=True)
class _Counts:
    """Counts of a whole table.

    Attributes:
        total: Number of rows.
        labelled: Rows with a target.
        not_numeric: Rows with a target that is not a number.
        infinite: Rows with an infinite target.
        fractions: Rows with a target that is not an integer.
        ends: Minimum and maximum of the numeric targets.
        infinite_features: Infinite values by column.
    """

    total: int
    labelled: int
    not_numeric: int
    infinite: int
    fractions: int
    ends: tuple[float, float]
    infinite_features: dict[str, int]


def normalize_columns(table: DataFrame) -> DataFrame:
    """Return a table without blanks around column names, and with floats instead of decimals."""
    from pyspark.sql.types import DecimalType

    table = table.toDF(*(name.strip() for name in table.columns))
    decimals = [field.name for field in table.schema if isinstance(field.dataType, DecimalType)]
    return table.withColumns({name: column(name).cast("double") for name in decimals})


def check_table(table: DataFrame, problem: Problem) -> None:
    """Check that the problem's kind is a table, and that all columns exist and have a supported type.

    Raises:
        DataError: Naming every error.
    """
    from pyspark.sql.types import ArrayType, BinaryType, MapType, StructType

    check_kind(problem, "prepare it with `--pipelines=preprocessing`: Spark can train on its Parquet files too")
    messages = column_errors(pd.DataFrame(columns=table.columns), problem, {})
    ignored = set(problem.options.get("ignore", ()))
    messages += [
        f"Column '{field.name}': expected numbers, texts, booleans or dates, found {field.dataType.simpleString()}; "
        f"exclude it by problem.options.ignore."
        for field in table.schema
        if isinstance(field.dataType, ArrayType | MapType | StructType | BinaryType) and field.name not in ignored
    ]
    if messages:
        raise DataError(*messages)


def has_target(table: DataFrame, target: str) -> Column:
    """Return whether a row has a target."""
    from pyspark.sql import functions as F  # noqa: N812

    value = column(target)
    return value.isNotNull() & ~F.isnan(value) if _is_floating(table.schema[target].dataType) else value.isNotNull()


def profile_table(table: DataFrame, problem: Problem) -> TableProfile:
    """Count a table, in two passes at most.

    Args:
        table: What `normalize_columns` returns.
        problem: Names the target.

    Raises:
        DataError: Naming every error in the target and in numeric columns, as on one machine.
    """
    counts = _count(table, problem)
    messages = [
        f"Column '{name}': expected finite numbers, found {count} infinite; fix them or leave them empty."
        for name, count in counts.infinite_features.items()
        if count
    ]
    if not counts.labelled:
        messages.append(
            f"Target '{problem.target}': expected values, found {counts.total} rows all missing; name another column "
            f"in problem.target."
        )
        raise DataError(*messages)
    task, target = _infer_task(table, problem, counts)
    messages += target_errors(target, problem.model_copy(update={"task": task}))
    if task == "regression":
        messages = _check_numbers(counts, problem.target) or messages
    if messages:
        raise DataError(*messages)
    return TableProfile(counts.labelled, task, target)


def _count(table: DataFrame, problem: Problem) -> _Counts:
    from pyspark.sql import functions as F  # noqa: N812

    is_labelled, number = has_target(table, problem.target), _as_number(table, problem.target)
    is_number = number.isNotNull() & ~F.isnan(number)
    floating = [field.name for field in table.schema if _is_floating(field.dataType) and field.name != problem.target]
    conditions = [
        is_labelled,
        is_labelled & ~is_number,
        is_number & (F.abs(number) == float("inf")),
        is_number & (number % 1 != 0),
        *(F.abs(column(name)) == float("inf") for name in floating),
    ]
    sums = [
        F.sum(F.coalesce(condition, F.lit(False)).cast("long")).alias(f"count_{index}")
        for index, condition in enumerate(conditions)
    ]
    ends = [F.min(F.when(is_number, number)).alias("minimum"), F.max(F.when(is_number, number)).alias("maximum")]
    row = collect(table.agg(F.count(F.lit(1)).alias("total"), *sums, *ends)).iloc[0]
    labelled, not_numeric, infinite, fractions, *features = (int(row[f"count_{i}"]) for i in range(len(conditions)))
    return _Counts(
        total=int(row["total"]),
        labelled=labelled,
        not_numeric=not_numeric,
        infinite=infinite,
        fractions=fractions,
        ends=(row["minimum"], row["maximum"]),
        infinite_features=dict(zip(floating, features, strict=True)),
    )


def _infer_task(table: DataFrame, problem: Problem, counts: _Counts) -> tuple[Task, pd.Series]:
    """Return the task, and the values that stand for the target."""
    from pyspark.sql.types import NumericType

    is_numeric = isinstance(table.schema[problem.target].dataType, NumericType)
    ends = pd.Series(counts.ends, name=problem.target)
    if problem.task == "regression" or (problem.task is None and is_numeric and counts.fractions):
        return "regression", ends
    labels = _count_labels(table, problem.target)
    if problem.task is None and is_numeric and len(labels) > MAX_INTEGER_CLASSES:
        return "regression", ends
    if len(labels) > MAX_CLASSES:
        raise DataError(
            f"Target '{problem.target}': expected at most {MAX_CLASSES:,} classes, found more; set problem.task to "
            f"regression if it is a number, or name another column in problem.target if it is an identifier."
        )
    values = labels[problem.target].repeat(labels["count"].clip(upper=MAX_REPEATS).tolist())
    return "classification", values.reset_index(drop=True)


def _count_labels(table: DataFrame, target: str) -> pd.DataFrame:
    """Return the values of a target and their counts; at most `MAX_CLASSES` + 1 of them."""
    from pyspark.sql.types import BooleanType, NumericType

    label = column(target)
    if not isinstance(table.schema[target].dataType, NumericType | BooleanType):
        label = label.cast("string")
    counts = table.where(has_target(table, target)).groupBy(label.alias(target)).count()
    return collect(counts.limit(MAX_CLASSES + 1)).sort_values(target, ignore_index=True)


def _check_numbers(counts: _Counts, target: str) -> list[str]:
    if counts.not_numeric:
        return [
            f"Target '{target}': expected numbers for a regression, found {counts.not_numeric} values that are none; "
            f"fix the values, or set problem.task to classification."
        ]
    if counts.infinite:
        return [
            f"Target '{target}': expected finite numbers, found {counts.infinite} infinite; fix or drop those rows."
        ]
    return []


def select_labelled_rows(table: DataFrame, profile: TableProfile, target: str) -> DataFrame:
    """Return the rows with a target, which gets the type of its task, and their unique number in a column `RAW_ROW`.

    The numbers are Spark's: if one task reads the table, consecutive numbers of the rows with a target; else unique
    numbers that grow from task to task. The same files and cores give the same numbers. (Counting the rows of each
    partition first would give consecutive numbers, but wrong ones as soon as an executor that starts or stops changes
    the partitions in between.)

    Args:
        table: What `normalize_columns` returns.
        profile: Its profile.
        target: Name of the target column.
    """
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import BooleanType, NumericType

    rows = table.where(has_target(table, target)).withColumn(RAW_ROW, F.monotonically_increasing_id())
    value = column(target)
    if profile.task == "regression":
        value = _as_number(table, target)
    elif isinstance(table.schema[target].dataType, NumericType):
        value = value.cast("long")
    elif not isinstance(table.schema[target].dataType, BooleanType):
        value = value.cast("string")
    return rows.withColumn(target, value)


def infer_schema(rows: pd.DataFrame, profile: TableProfile, problem: Problem) -> Schema:
    """Return the schema of a table: columns as the kind infers them from a sample, classes of the whole table.

    Args:
        rows: A sample of raw rows.
        profile: Profile of the whole table.
        problem: The problem.

    Raises:
        DataError: Naming every error that the kind finds.
    """
    # A sample may lack classes. The target was checked as a whole; here any valid target will do.
    target = np.resize([False, True] if profile.task == "classification" else [0.0, 1.5], len(rows))
    missing_values = missing_values_of(problem)
    options = {"missing": {name: values for name, values in missing_values.items() if name != problem.target}}
    any_target = problem.model_copy(
        update={"task": profile.task, "positive": None, "class_weight": None, "options": problem.options | options}
    )
    raw = rows.drop(columns=RAW_ROW)
    raw[problem.target] = target
    schema = kinds.get(problem.kind).make_records(raw, any_target)[1]
    classes = class_labels(profile.target) if profile.task == "classification" else ()
    schema = schema.model_copy(update={"classes": classes, "missing_values": missing_values})
    check_reserved_names(schema, problem.split)
    kinds.check_task(problem, schema)
    return schema


def _is_floating(data_type: DataType) -> bool:
    from pyspark.sql.types import DoubleType, FloatType

    return isinstance(data_type, DoubleType | FloatType)


def _as_number(table: DataFrame, name: str) -> Column:
    from pyspark.sql.types import NumericType, StringType

    if isinstance(table.schema[name].dataType, NumericType):
        return column(name).cast("double")
    return column(name).cast(StringType()).try_cast("double")
