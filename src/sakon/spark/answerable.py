"""New records on a cluster: what the champion reads of them, what passes along, what is known already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Schema
from sakon.records.targets import known_target
from sakon.spark.cluster import plain_failures
from sakon.spark.record_files import RecordFiles
from sakon.spark.scoring import ACTUAL, FILE, PREDICTION, ROW, Layout, Target
from sakon.spark.tables import named

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

MOST_LABELS = 10_000
"""Different values of a target that are looked at; any beyond them is taken for none of the champion's classes."""
BLANKS = " \t\n\r\f\v"


def layout(records: RecordFiles, schema: Schema) -> Layout:
    """Sort the columns of new records by what they are for.

    Args:
        records: Have the features of `schema`, its target or not, and anything else.
        schema: What the champion learnt from.

    Raises:
        DataError: If features are missing, a column is there twice, there is no row, or the target does not fit.
        ClusterError: If the table cannot be read.
    """
    columns = _columns(records.table, schema)
    if not len(records.files):
        raise DataError("New records: expected at least one, found none; is the file complete?")
    probabilities = [f"probability_{label}" for label in schema.classes]
    taken = {ROW, FILE, ACTUAL, PREDICTION, *probabilities}
    return Layout(
        numbers=((FILE, ROW) if len(records.files.paths) > 1 else (ROW,)) if records.numbered else (),
        passing={
            found: f"raw_{name}" if name in taken else name
            for name, found in columns.items()
            if name not in schema.features and name != schema.target
        },
        features={columns[name]: name for name in schema.features},
        target=_target(records.table, columns.get(schema.target), schema),
    )


def _columns(table: DataFrame, schema: Schema) -> dict[str, str]:
    """Return the names of the columns by their plain names, as a kind knows them."""
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
    return dict(zip(plain, table.columns, strict=True))


def _target(table: DataFrame, name: str | None, schema: Schema) -> Target | None:
    """Return how workers type the target; none where it is not known."""
    from pyspark.sql import functions as F  # noqa: N812
    from pyspark.sql.types import DoubleType, FloatType, StringType

    if name is None:
        return None
    column = named(name)
    found = table.select(column).schema[0].dataType
    if isinstance(found, StringType):
        column = F.nullif(F.btrim(column, F.lit(BLANKS)), F.lit(""))
    elif isinstance(found, (DoubleType, FloatType)):
        column = F.when(~F.isnan(column), column)
    if schema.task == "classification":
        return _labels(table, column, name, schema)
    _check_numbers(table, column, schema)
    return Target(name)


def _labels(table: DataFrame, known: Column, name: str, schema: Schema) -> Target:
    """Look at the different values of the target, as `known_target` types them."""
    with plain_failures("reading the target of the new records"):
        rows = table.select(known.alias(ACTUAL)).distinct().limit(MOST_LABELS).collect()
    values = [row[0] for row in rows if row[0] is not None]
    labels = known_target(pd.Series(values), schema.target, schema.task, schema.classes).tolist() if values else []
    strange = len(rows) == MOST_LABELS or any(label not in schema.classes for label in labels)
    return Target(name, dict(zip(values, labels, strict=True)), as_text=strange)


def _check_numbers(table: DataFrame, known: Column, schema: Schema) -> None:
    from pyspark.sql import functions as F  # noqa: N812

    number = known.try_cast("double")
    is_strange = known.isNotNull() & (number.isNull() | F.abs(number).isin(float("inf"), float("nan")))
    with plain_failures("reading the target of the new records"):
        first = F.first(F.when(is_strange, known), ignorenulls=True)
        ((strange, example),) = table.agg(F.count_if(is_strange), first).collect()
    if strange:
        raise DataError(
            f"Target '{schema.target}': expected finite numbers for a regression, found {example!r} and {strange - 1} "
            f"more; mend the values, or leave them empty."
        )
