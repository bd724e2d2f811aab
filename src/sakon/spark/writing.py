"""What tasks hold, written by themselves: each its own file, all of them or none."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Set
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sakon.atomic import atomic_write_folder
from sakon.datasets.examples import SHAPE_KEY, examples_to_arrow
from sakon.errors import DataError
from sakon.spark.cluster import plain_failures
from sakon.spark.job_progress import job_progress
from sakon.spark.preparing import arrays, mapped

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class WrittenFile:
    """A file that a task wrote: its name in the folder, and its rows."""

    name: str
    rows: int


def write_parts(table: DataFrame, path: Path) -> None:
    """Write a table of examples as a folder of the files that `ExamplesDataset` reads.

    Every task writes `part-<its number>.parquet`, with page checksums; one without rows writes none. The folder takes
    the place of what was there when all files are whole.

    Args:
        table: With the columns of `sakon.spark.preparing.part_columns`.
        path: The folder; what lies there, file or folder, is replaced.

    Raises:
        DataError: If there is no example.
        ClusterError: If a task fails as often as Spark may try it.
    """
    from pyspark.sql.types import LongType, StringType, StructField, StructType

    shape = tuple(json.loads(table.schema["x"].metadata[SHAPE_KEY.decode()]))
    written = StructType([StructField("name", StringType()), StructField("rows", LongType())])
    with atomic_write_folder(path.resolve()) as folder:
        folder.mkdir(parents=True)
        with plain_failures(f"writing {path}"), job_progress(f"writing {path.name}"):
            files = mapped(table, partial(write_batches, folder=str(folder), shape=shape), written).collect()
        if not files:
            raise DataError(f"{path}: expected examples, found none; is the split as it should be?")
        keep_only({file.name for file in files}, folder)


def write_batches(batches: Iterator[Any], folder: str, shape: tuple[int, ...]) -> Iterator[Any]:
    """Write the batches of this task to a file, and yield its name and rows.

    Args:
        batches: Of Arrow, with the columns of `sakon.spark.preparing.part_columns`.
        folder: Where to write.
        shape: Of one example.
    """
    import pyarrow as pa

    written = write_file((examples_to_arrow(arrays(batch, shape)) for batch in batches if len(batch)), folder)
    if written:
        yield pa.RecordBatch.from_pydict({"name": [written.name], "rows": [written.rows]})


def write_file(tables: Iterator[pa.Table], folder: str) -> WrittenFile | None:
    """Write tables of one form as the file `part-<number of this task>.parquet`, with page checksums.

    It has a name of its own attempt until it is whole: an attempt that fails, or one that runs beside another, does no
    harm.

    Args:
        tables: The rows.
        folder: Where to write.

    Returns:
        The file; none where there are no rows.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyspark import TaskContext

    context = TaskContext.get()
    number, attempt = (context.partitionId(), context.taskAttemptId()) if context else (0, 0)
    whole = Path(folder) / f"part-{number:05d}.parquet"
    begun = whole.with_name(f".{whole.stem}.{attempt}.partial")
    writer, rows = None, 0
    with begun.open("wb") as file, ExitStack() as open_writer:
        for table in tables:
            if writer is None:
                words = [field.name for field in table.schema if not pa.types.is_primitive(field.type)]
                # Of numbers, which seldom repeat, a dictionary doubles the time.
                writer = pq.ParquetWriter(file, table.schema, use_dictionary=words, write_page_checksum=True)
                open_writer.callback(writer.close)  # also when a table fails, before the file is closed under it
            writer.write_table(table)
            rows += len(table)
        open_writer.close()
        file.flush()
        os.fsync(file.fileno())
    if not rows:
        begun.unlink()
        return None
    begun.replace(whole)
    return WrittenFile(whole.name, rows)


def keep_only(names: Set[str], folder: Path) -> None:
    """Remove what attempts that failed have left beside the files that are whole."""
    for left in (each for each in folder.iterdir() if each.name not in names):
        left.unlink()
