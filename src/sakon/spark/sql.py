"""Helpers for tables of Spark that several modules share."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from sakon.lazy import pd
from sakon.records.splitting import ROW
from sakon.spark.cluster import translate_errors
from sakon.spark.job_progress import job_progress

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import Column, DataFrame
    from pyspark.sql.types import StructType

FRACTION_BITS = 53
DRAW = "__sakon_draw__"


def column(name: str) -> Column:
    """Return the column with exactly this name, whatever characters it contains."""
    from pyspark.sql import functions

    return functions.col(f"`{name.replace('`', '``')}`")


def hash_uniform(value: Column, seed: int, purpose: str) -> Column:
    """Return a number in [0, 1) for every row, the same for the same value, seed and purpose."""
    from pyspark.sql import functions as F  # noqa: N812

    return F.pmod(F.xxhash64(value, F.lit(seed), F.lit(purpose)), F.lit(2**FRACTION_BITS)) / float(2**FRACTION_BITS)


def map_batches(
    table: DataFrame, function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]], columns: StructType
) -> DataFrame:
    """Return the table that a function of Arrow batches computes in the workers; lazily.

    Args:
        table: The input.
        function: From the batches of a partition to the batches of the result.
        columns: Columns of the result.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about pandas 3, which PySpark does not use for Arrow batches
        # PySpark parses the names of the columns here, which any name but a plain one fails.
        plain = table.toDF(*(f"column_{number}" for number in range(len(table.columns))))
        return plain.mapInArrow(partial(_rename_batches, function=function, names=table.columns), columns)


def _rename_batches(
    batches: Iterator[pa.RecordBatch],
    function: Callable[[Iterator[pa.RecordBatch]], Iterator[pa.RecordBatch]],
    names: list[str],
) -> Iterator[pa.RecordBatch]:
    """Yield what a function makes of batches whose columns get these names."""
    yield from function(batch.rename_columns(names) for batch in batches)


def to_pandas(table: pa.Table | pa.RecordBatch) -> pd.DataFrame:
    """Return an Arrow table or batch as a pandas table, with the same types in driver and workers."""
    frame: pd.DataFrame = table.to_pandas(date_as_object=False)
    return frame


def collect(table: DataFrame) -> pd.DataFrame:
    """Return a small table in the driver.

    Raises:
        ClusterError: If it cannot be computed.
    """
    with translate_errors("preparing the data"), job_progress("preparing"):
        return to_pandas(table.toArrow())


def sample_rows(table: DataFrame, total: int, max_rows: int, seed: int, row: str = ROW) -> pd.DataFrame:
    """Return a uniform random sample of a table, sorted by row number.

    Args:
        table: With a column of unique numbers.
        total: Number of rows of the table.
        max_rows: Maximum number of rows of the sample.
        seed: Decides the sample, independently of how the table is partitioned.
        row: Name of the column of unique numbers.
    """
    if total > max_rows:
        draw = hash_uniform(column(row), seed, "sample")
        table = table.withColumn(DRAW, draw).where(column(DRAW) < max_rows / total)
    rows = collect(table)
    if DRAW in rows:  # their number is random: about `max_rows`
        rows = rows.nsmallest(max_rows, DRAW).drop(columns=DRAW)
    return rows.sort_values(row, ignore_index=True)
