"""Columns of new records: which ones the champion reads, which ones are copied, and the target if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Label, MissingValue, Schema
from sakon.records.targets import parse_new_target
from sakon.spark.cluster import translate_errors
from sakon.spark.missing_values import stands_for_missing
from sakon.spark.record_files import RecordFiles
from sakon.spark.sql import column

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

ROW, FILE, ACTUAL, PREDICTION = "row", "file", "actual", "prediction"
MAX_LABELS = 10_000
"""Maximum number of different target values that are looked up; others count as unknown classes."""
BLANKS = " \t\n\r\f\v"


@dataclass(frozen=True)
class TargetColumn:
    """The target column of new records, and how its values become the column `actual`.

    Attributes:
        name: Its name in the files.
        labels: Label of every value (classification).
        as_text: Whether labels are written as text, because the champion does not know all of them.
        missing_values: Values that stand for missing ones.
    """

    name: str
    labels: Mapping[Any, Label] = field(default_factory=dict)
    as_text: bool = False
    missing_values: tuple[MissingValue, ...] = ()

    def to_label(self, value: Any) -> Label | None:
        """Return the label of a value in a file; `None` if it is missing."""
        value = value.strip() if isinstance(value, str) else value
        if value == "" or pd.isna(value):
            return None
        label = self.labels.get(value, str(value))
        return str(label) if self.as_text else label


@dataclass(frozen=True)
class ScoringColumns:
    """The columns of new records by their purpose.

    Attributes:
        row_keys: Which of `FILE` and `ROW` the predictions start with.
        passthrough: Columns that are copied, and their names in the predictions.
        features: Columns that the champion reads, in order, and their names in its schema.
        target: The target column; `None` if there is none.
    """

    row_keys: tuple[str, ...]
    passthrough: Mapping[str, str]
    features: Mapping[str, str]
    target: TargetColumn | None


def find_scoring_columns(records: RecordFiles, schema: Schema) -> ScoringColumns:
    """Return the columns of new records by their purpose.

    Args:
        records: With the features of `schema`, with or without its target, and with any other columns.
        schema: Columns of the records that the champion was trained on.

    Raises:
        DataError: If features are missing, a column occurs twice, there are no rows, or the target is invalid.
        ClusterError: If the table cannot be read.
    """
    names = _column_names(records.table, schema)
    if not len(records.files):
        raise DataError("New records: expected at least one, found none; check that the file is complete.")
    row_keys = (FILE, ROW) if len(records.files.paths) > 1 else (ROW,)
    reserved = {ROW, FILE, ACTUAL, PREDICTION, *(f"probability_{label}" for label in schema.classes)}
    return ScoringColumns(
        row_keys=row_keys if records.are_original else (),
        passthrough={
            original: f"raw_{name}" if name in reserved else name
            for name, original in names.items()
            if name not in schema.features and name != schema.target
        },
        features={names[name]: name for name in schema.features},
        target=_target_column(records.table, names.get(schema.target), schema),
    )


def _column_names(table: DataFrame, schema: Schema) -> dict[str, str]:
    """Return the names of the columns by the same names without blanks around them."""
    stripped = [name.strip() for name in table.columns]
    messages = [
        f"New records: expected every column once, found '{name}' twice; rename or remove one."
        for name in sorted({name for name in stripped if stripped.count(name) > 1})
    ]
    missing = [name for name in schema.features if name not in stripped]
    if missing:
        messages.append(
            f"New records: expected the columns {list(schema.features)}, found none named {missing}; add them."
        )
    if messages:
        raise DataError(*messages)
    return dict(zip(stripped, table.columns, strict=True))


def _target_column(table: DataFrame, name: str | None, schema: Schema) -> TargetColumn | None:
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import DoubleType, FloatType, StringType

    if name is None:
        return None
    values = column(name)
    data_type = table.select(values).schema[0].dataType
    if isinstance(data_type, StringType):
        values = F.nullif(F.btrim(values, F.lit(BLANKS)), F.lit(""))
    elif isinstance(data_type, (DoubleType, FloatType)):
        values = F.when(~F.isnan(values), values)
    if missing_values := schema.missing_values.get(schema.target, ()):
        values = F.when(~stands_for_missing(values, data_type, missing_values), values)
    if schema.task == "classification":
        return _label_column(table, values, name, schema)
    _check_numbers(table, values, schema)
    return TargetColumn(name, missing_values=missing_values)


def _label_column(table: DataFrame, values: Column, name: str, schema: Schema) -> TargetColumn:
    """Look up the label of every value of the target, as `parse_new_target` does."""
    with translate_errors("reading the target of the new records"):
        rows = table.select(values.alias(ACTUAL)).distinct().limit(MAX_LABELS).collect()
    present = [row[0] for row in rows if row[0] is not None]
    labels = (
        parse_new_target(pd.Series(present), schema.target, schema.task, schema.classes).tolist() if present else []
    )
    has_unknown = len(rows) == MAX_LABELS or any(label not in schema.classes for label in labels)
    missing_values = schema.missing_values.get(schema.target, ())
    return TargetColumn(name, dict(zip(present, labels, strict=True)), has_unknown, missing_values)


def _check_numbers(table: DataFrame, values: Column, schema: Schema) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    number = values.try_cast("double")
    is_invalid = values.isNotNull() & (number.isNull() | F.abs(number).isin(float("inf"), float("nan")))
    with translate_errors("reading the target of the new records"):
        first = F.first(F.when(is_invalid, values), ignorenulls=True)
        ((count, example),) = table.agg(F.count_if(is_invalid), first).collect()
    if count:
        raise DataError(
            f"Target '{schema.target}': expected finite numbers for a regression, found {example!r} and {count - 1} "
            f"more; fix the values, or leave them empty."
        )
