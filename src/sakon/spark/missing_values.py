"""Values of a Spark table that stand for missing ones; see `sakon.records.missing_values`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from sakon.problem import MissingValue, Problem
from sakon.records.raw_table import TableOptions
from sakon.spark.sql import column

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType


def mark_missing(table: DataFrame, problem: Problem) -> DataFrame:
    """Return a table in which the values of `problem.options.missing` are missing.

    Args:
        table: What `normalize_columns` returns.
        problem: Configuration of the problem.
    """
    from pyspark.sql import functions as F  # noqa: N812

    types = {field.name: field.dataType for field in table.schema}
    marked = {
        name: F.when(~stands_for_missing(column(name), types[name], values), column(name))
        for name, values in missing_values_of(problem).items()
        if name in types
    }
    return table.withColumns(marked) if marked else table


def missing_values_of(problem: Problem) -> dict[str, tuple[MissingValue, ...]]:
    """Return the values of a problem that stand for missing ones, by column."""
    return TableOptions.model_validate({"missing": problem.options.get("missing", {})}).missing


def stands_for_missing(values: Column, data_type: DataType, missing_values: Sequence[MissingValue]) -> Column:
    """Return whether a value stands for a missing one, as `sakon.records.missing_values.stands_for_missing` does.

    Args:
        values: A column.
        data_type: Its type.
        missing_values: Values that stand for missing ones.
    """
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import BooleanType, DateType, FloatType, NumericType, TimestampNTZType, TimestampType

    never, numbers, texts = F.lit(False), list(map(_to_number, missing_values)), list(map(str, missing_values))
    if isinstance(data_type, BooleanType):
        return never
    if isinstance(data_type, NumericType):
        kind = "float" if isinstance(data_type, FloatType) else "double"  # float32 rounds -999.9
        are_equal = [values.cast(kind) == F.lit(number).cast(kind) for number in numbers if number is not None]
    elif isinstance(data_type, (DateType, TimestampType, TimestampNTZType)):
        are_equal = [values == F.lit(text).try_cast(data_type) for text in texts]
    else:
        are_equal = [F.btrim(values.cast("string")) == text.strip() for text in texts]
        number = values.cast("string").try_cast("double")
        are_equal += [number == value for value in missing_values if not isinstance(value, str)]
    return F.coalesce(reduce(or_, are_equal, never), never)


def _to_number(value: MissingValue) -> float | None:
    try:
        return float(value)
    except ValueError:
        return None
