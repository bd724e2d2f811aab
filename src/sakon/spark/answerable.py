"""New records as a table of Spark: what the champion reads of them, what passes along, what is known already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Label, Schema
from sakon.records.targets import known_target
from sakon.spark.cluster import plain_failures
from sakon.spark.scoring import ACTUAL, PREDICTION, Target

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import DataType, StructType

ROW, FILE = "row", "file"
MOST_LABELS = 10_000
"""Different values of a target that are looked at; any beyond them is taken for none of the champion's classes."""
BLANKS = " \t\n\r\f\v"


@dataclass(frozen=True)
class Layout:
    """What is sent to workers, and what comes back.

    Attributes:
        table: What passes along, `actual` where the target is there, then the features, in order.
        target: How workers type `actual`; `None` where it is not there, or typed already.
        answered: Columns of the predictions.
    """

    table: DataFrame
    target: Target | None
    answered: StructType


def layout(table: DataFrame, schema: Schema) -> Layout:
    """Sort the columns of new records by what they are for.

    Args:
        table: Has the features of `schema`, its target or not, and anything else.
        schema: What the champion learnt from.

    Raises:
        DataError: If features are missing, a column is there twice, there is no row, or the target does not fit.
        ClusterError: If the table cannot be read.
    """
    from pyspark.sql.types import StructField, StructType

    columns = _columns(table, schema)
    if schema.target not in columns:
        with plain_failures("reading the new records"):
            empty = table.isEmpty()
        _check_some(not empty)
    answers = _answers(schema)
    taken = {ROW, FILE, ACTUAL, *(name for name, _ in answers)}
    others = [
        column.alias(f"raw_{name}" if name in taken else name)
        for name, column in columns.items()
        if name not in schema.features and name != schema.target
    ]
    features = [columns[name].alias(f"(feature {number})") for number, name in enumerate(schema.features)]
    kept, target, fields = [*_numbers(table), *others], None, []
    passing = table.select(kept).schema.fields
    if schema.target in columns:
        known, target, type_of_actual = _known(table, columns[schema.target], schema)
        kept.append(known.alias(ACTUAL))
        fields.append(StructField(ACTUAL, type_of_actual))
    fields = [*passing, *fields, *(StructField(name, each) for name, each in answers)]
    return Layout(table.select(*kept, *features), target, StructType(fields))


def _columns(table: DataFrame, schema: Schema) -> dict[str, Column]:
    """Return the columns by their plain names, as a kind knows them."""
    from pyspark.sql import functions as F  # noqa: N812 - as everyone names it

    plain = [name.strip() for name in table.columns]
    faults = [
        f"New records: expected every column once, found '{name}' twice."
        for name in sorted({name for name in plain if plain.count(name) > 1})
    ]
    missing = [name for name in schema.features if name not in plain]
    if missing:
        faults.append(f"New records: expected the columns {list(schema.features)}, found none named {missing}.")
    if faults:
        raise DataError(*faults)
    quoted = (f"`{name.replace('`', '``')}`" for name in table.columns)
    return dict(zip(plain, map(F.col, quoted), strict=True))


def _numbers(table: DataFrame) -> list[Column]:
    """Return the columns that say of every row which it is, where its file knows: Parquet does, text does not."""
    from pyspark.errors import AnalysisException
    from pyspark.sql import functions as F  # noqa: N812

    row, file = F.col("_metadata.row_index").alias(ROW), F.col("_metadata.file_name").alias(FILE)
    try:
        table.select(row).schema  # noqa: B018 - Spark resolves it only then
    except AnalysisException:
        return []
    return [file, row] if len(table.inputFiles()) > 1 else [row]


def _answers(schema: Schema) -> list[tuple[str, DataType]]:
    from pyspark.sql.types import DoubleType

    if schema.task != "classification":
        return [(PREDICTION, DoubleType())]
    probabilities = [(f"probability_{label}", DoubleType()) for label in schema.classes]
    return [(PREDICTION, _type_of(schema.classes)), *probabilities]


def _type_of(labels: Sequence[Label]) -> DataType:
    from pyspark.sql.types import BooleanType, LongType, StringType

    by_type = {bool: BooleanType, int: LongType, str: StringType}
    return by_type[type(labels[0])]()


def _known(table: DataFrame, column: Column, schema: Schema) -> tuple[Column, Target | None, DataType]:
    """Return the target where it is known, how workers type it, and the type that it gets."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import DoubleType, FloatType, StringType

    found = table.select(column).schema[0].dataType
    if isinstance(found, StringType):
        column = F.nullif(F.btrim(column, F.lit(BLANKS)), F.lit(""))
    elif isinstance(found, (DoubleType, FloatType)):
        column = F.when(~F.isnan(column), column)
    if schema.task == "classification":
        target = _labels(table, column, schema)
        return column, target, StringType() if target.as_text else _type_of(schema.classes)
    number = column.try_cast("double")
    _check_numbers(table, column, number, schema)
    return number, None, DoubleType()


def _check_some(found: bool) -> None:
    if not found:
        raise DataError("New records: expected at least one, found none; is the file complete?")


def _labels(table: DataFrame, column: Column, schema: Schema) -> Target:
    """Look at the different values of the target, as `known_target` types them."""
    with plain_failures("reading the target of the new records"):
        rows = table.select(column.alias(ACTUAL)).distinct().limit(MOST_LABELS).collect()
    _check_some(bool(rows))
    values = [row[0] for row in rows if row[0] is not None]
    labels = known_target(pd.Series(values), schema.target, schema.task, schema.classes).tolist() if values else []
    strange = len(rows) == MOST_LABELS or any(label not in schema.classes for label in labels)
    return Target(dict(zip(values, labels, strict=True)), as_text=strange)


def _check_numbers(table: DataFrame, column: Column, number: Column, schema: Schema) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    is_strange = column.isNotNull() & (number.isNull() | F.abs(number).isin(float("inf"), float("nan")))
    with plain_failures("reading the target of the new records"):
        first = F.first(F.when(is_strange, column), ignorenulls=True)
        ((rows, strange, example),) = table.agg(F.count("*"), F.count_if(is_strange), first).collect()
    _check_some(rows > 0)
    if strange:
        raise DataError(
            f"Target '{schema.target}': expected finite numbers for a regression, found {example!r} and {strange - 1} "
            f"more; mend the values, or leave them empty."
        )
