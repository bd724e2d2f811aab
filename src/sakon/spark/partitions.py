"""Parquet files and the partitions that tasks read: the driver knows their sizes, workers read their rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from sakon.datasets.examples import examples_from_arrow
from sakon.errors import DataError
from sakon.problem import Examples

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

BATCH_ROWS = 16_384
PREPARE_AGAIN = "write it again with `kedro run --pipelines=preprocessing` or `distributed_preprocessing`"
MAX_REASON_LENGTH = 150


@dataclass(frozen=True)
class RowRange:
    """Rows of one file: from `start` up to, but without, `stop`."""

    path: str
    start: int
    stop: int


@dataclass(frozen=True)
class Partition:
    """The rows of one task.

    Attributes:
        number: Index of the partition, from 0.
        ranges: Its rows, in order.
    """

    number: int
    ranges: tuple[RowRange, ...]

    def __len__(self) -> int:
        return sum(rows.stop - rows.start for rows in self.ranges)


@dataclass(frozen=True)
class ParquetFiles:
    """Parquet files of the same columns; their rows are not loaded.

    Attributes:
        paths: Path of every file, sorted by name.
        rows: Number of rows of every file.
    """

    paths: tuple[str, ...]
    rows: tuple[int, ...]

    def __len__(self) -> int:
        return sum(self.rows)

    @property
    def digest(self) -> str:
        """Digest of the files' names, sizes and modification times."""
        stats = [(Path(path).name, Path(path).stat().st_size, Path(path).stat().st_mtime_ns) for path in self.paths]
        return hashlib.sha256(repr((self.rows, stats)).encode()).hexdigest()[:16]

    def partition_by_file(self) -> list[Partition]:
        """Return one partition per file, for empty files too."""
        files = zip(self.paths, self.rows, strict=True)
        return [Partition(number, (RowRange(path, 0, rows),)) for number, (path, rows) in enumerate(files)]

    def partition(self, count: int) -> list[Partition]:
        """Return all rows, in order, in partitions whose sizes differ by one row at most.

        Args:
            count: Number of partitions.

        Raises:
            DataError: If there are fewer rows than partitions.
        """
        if count > len(self):
            raise DataError(
                f"distributed.partitions: expected at most the number of train rows ({len(self):,}), found {count:,}; "
                f"lower it."
            )
        borders = [len(self) * number // count for number in range(count + 1)]
        return [Partition(number, tuple(self._ranges(*ends))) for number, ends in enumerate(pairwise(borders))]

    def head(self, rows: int) -> Partition:
        """Return the first rows."""
        return Partition(0, tuple(self._ranges(0, min(rows, len(self)))))

    def sample(self, max_rows: int) -> Partition:
        """Return the same share of rows from the beginning of every file, or all rows if these are not too many."""
        share = min(1.0, max_rows / max(len(self), 1))
        counts = [int(rows * share) for rows in self.rows]
        files = zip(self.paths, counts, strict=True)
        return Partition(0, tuple(RowRange(path, 0, count) for path, count in files if count))

    def _ranges(self, start: int, stop: int) -> list[RowRange]:
        ranges, before = [], 0
        for path, rows in zip(self.paths, self.rows, strict=True):
            first, last = max(start - before, 0), min(stop - before, rows)
            if first < last:
                ranges.append(RowRange(path, first, last))
            before += rows
        return ranges


def read_partition(partition: Partition) -> Examples:
    """Read the examples of a partition, in order, with verified checksums.

    Raises:
        DataError: If a file is missing or damaged.
    """
    import pyarrow as pa

    batches = [batch for rows in partition.ranges for batch in read_batches(rows, BATCH_ROWS, PREPARE_AGAIN)]
    return examples_from_arrow(pa.Table.from_batches(batches).combine_chunks())


def read_batches(rows: RowRange, max_rows: int, remedy: str) -> Iterator[pa.RecordBatch]:
    """Read rows of a Parquet file in batches, in order, with verified checksums.

    Args:
        rows: The rows to read.
        max_rows: Maximum number of rows of a batch.
        remedy: What the user can do if the file cannot be read.

    Raises:
        DataError: If the file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(rows.path, page_checksum_verification=True)
        groups, position = _row_groups(file, rows)
        for batch in file.iter_batches(max_rows, row_groups=groups):
            first, last = max(rows.start - position, 0), min(rows.stop - position, len(batch))
            position += len(batch)
            if last - first == len(batch):
                yield batch
            elif first < last:  # a copy: a slice would keep the whole batch in memory
                yield batch.take(pa.array(range(first, last)))
    except (OSError, pa.ArrowException) as error:
        raise DataError(describe_read_error(rows.path, error, remedy)) from None


def _row_groups(file: pq.ParquetFile, rows: RowRange) -> tuple[list[int], int]:
    """Return the indices of the row groups that hold the rows, and the index of the first row in these groups."""
    groups: list[int] = []
    first = before = 0
    for number in range(file.num_row_groups):
        size = file.metadata.row_group(number).num_rows
        if before < rows.stop and before + size > rows.start:
            first = before if not groups else first
            groups.append(number)
        before += size
    return groups, first


def describe_read_error(path: str | Path, error: Exception, remedy: str) -> str:
    """Return the message about a Parquet file that cannot be read."""
    is_missing = isinstance(error, FileNotFoundError)
    reason = "no such file" if is_missing else " ".join(str(error).split())[:MAX_REASON_LENGTH]
    return f"{path}: expected a complete Parquet file, found one that cannot be read ({reason}); {remedy}."
