"""Parquet files that tasks write: each task its own file, and the folder is complete or absent."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Set
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from sakon.atomic import atomic_write_folder
from sakon.datasets.examples import SHAPE_KEY, examples_to_arrow
from sakon.errors import DataError
from sakon.spark.arrow_batches import examples_from_batch
from sakon.spark.cluster import translate_errors
from sakon.spark.job_progress import job_progress
from sakon.spark.sql import map_batches

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class PartFile:
    """A file that a task wrote: its name in the folder, and its number of rows."""

    name: str
    rows: int


def write_examples(table: DataFrame, path: Path) -> None:
    """Write a table of examples as a folder of files that `ExamplesDataset` reads.

    Every task with rows writes `part-<number of the task>.parquet`, with page checksums. The folder replaces the
    earlier file or folder when all files are complete.

    Args:
        table: With the columns of `sakon.spark.arrow_batches.example_columns`.
        path: The folder.

    Raises:
        DataError: If there are no examples.
        ClusterError: If a task fails as often as Spark may repeat it.
    """
    from pyspark.sql.types import LongType, StringType, StructField, StructType

    shape = tuple(json.loads(table.schema["x"].metadata[SHAPE_KEY.decode()]))
    columns = StructType([StructField("name", StringType()), StructField("rows", LongType())])
    with atomic_write_folder(path.resolve()) as folder:
        folder.mkdir(parents=True)
        write = partial(write_example_batches, folder=str(folder), shape=shape)
        with translate_errors(f"writing {path}"), job_progress(f"writing {path.name}"):
            files = map_batches(table, write, columns).collect()
        if not files:
            raise DataError(f"{path}: expected examples, found none; check problem.split.")
        remove_other_files({file.name for file in files}, folder)


def write_example_batches(
    batches: Iterator[pa.RecordBatch], folder: str, shape: tuple[int, ...]
) -> Iterator[pa.RecordBatch]:
    """Write the batches of this task to a file, and yield its name and number of rows.

    Args:
        batches: With the columns of `sakon.spark.arrow_batches.example_columns`.
        folder: Where to write.
        shape: Shape of one example.
    """
    import pyarrow as pa

    file = write_part_file(
        (examples_to_arrow(examples_from_batch(batch, shape)) for batch in batches if len(batch)), folder
    )
    if file:
        yield pa.RecordBatch.from_pydict({"name": [file.name], "rows": [file.rows]})


def write_part_file(tables: Iterator[pa.Table], folder: str) -> PartFile | None:
    """Write tables with the same columns as the file `part-<number of this task>.parquet`, with page checksums.

    Until it is complete, its name contains the number of the attempt: neither a failed attempt nor a parallel one
    (speculative execution) can damage the result.

    Args:
        tables: The rows.
        folder: Where to write.

    Returns:
        The file; `None` if there are no rows.
    """
    from pyspark import TaskContext

    context = TaskContext.get()
    number, attempt = (context.partitionId(), context.taskAttemptId()) if context else (0, 0)
    path = Path(folder) / f"part-{number:05d}.parquet"
    incomplete = path.with_name(f".{path.stem}.{attempt}.partial")
    rows = _write_tables(tables, incomplete)
    if not rows:
        incomplete.unlink()
        return None
    incomplete.replace(path)
    return PartFile(path.name, rows)


def _write_tables(tables: Iterator[pa.Table], path: Path) -> int:
    """Write tables to a file until they are on disk, and return their number of rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    writer, rows = None, 0
    with path.open("wb") as file, ExitStack() as open_writer:
        for table in tables:
            if writer is None:
                texts = [field.name for field in table.schema if not pa.types.is_primitive(field.type)]
                # Numbers seldom repeat: a dictionary would double the time.
                writer = pq.ParquetWriter(file, table.schema, use_dictionary=texts, write_page_checksum=True)
                open_writer.callback(writer.close)  # also after an error, before the file itself is closed
            writer.write_table(table)
            rows += len(table)
        open_writer.close()
        file.flush()
        os.fsync(file.fileno())
    return rows


def remove_other_files(names: Set[str], folder: Path) -> None:
    """Remove the files that failed attempts left next to the complete ones."""
    for path in [path for path in folder.iterdir() if path.name not in names]:
        path.unlink()
