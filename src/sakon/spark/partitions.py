"""Examples as a cluster sees them: which rows of which files belong together. Rows are read by workers alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from sakon.datasets.examples import SHAPE_KEY, examples_from_arrow
from sakon.errors import DataError
from sakon.problem import Examples

if TYPE_CHECKING:
    import pyarrow as pa

BATCH = 16_384
MAKE_ANEW = "make it anew with `kedro run --pipelines=preprocessing` or `distributed_preprocessing`"


@dataclass(frozen=True)
class Slice:
    """Some rows of one file: from `initial_state` up to `stop`."""

    path: str
    start: int
    stop: int


@dataclass(frozen=True)
class Partition:
    """What one task learns from.

    Attributes:
        number: Its place among the partitions, from 0.
        slices: Where its rows lie, in order.
    """

    number: int
    slices: tuple[Slice, ...]

    def __len__(self) -> int:
        return sum(each.stop - each.start for each in self.slices)


@dataclass(frozen=True)
class Files:
    """A part of the examples as files of Parquet, of which only the sizes are known here.

    Attributes:
        paths: Path of every file, in the order of their names.
        rows: Rows of each.
    """

    paths: tuple[str, ...]
    rows: tuple[int, ...]

    def __len__(self) -> int:
        return sum(self.rows)

    @property
    def digest(self) -> str:
        """Digest of the files: of their names, sizes and last changes."""
        facts = [(Path(path).name, Path(path).stat().st_size, Path(path).stat().st_mtime_ns) for path in self.paths]
        return hashlib.sha256(repr((self.rows, facts)).encode()).hexdigest()[:16]

    def as_they_lie(self) -> list[Partition]:
        """Return a partition for every file, empty ones too."""
        files = zip(self.paths, self.rows, strict=True)
        return [Partition(number, (Slice(path, 0, rows),)) for number, (path, rows) in enumerate(files)]

    def dealt(self, count: int) -> list[Partition]:
        """Return the rows, in their order, in as many partitions of one size (but for what rounding leaves).

        Raises:
            DataError: If there are fewer rows than partitions.
        """
        if count > len(self):
            raise DataError(
                f"distributed.partitions: expected at most as many as train has rows ({len(self):,}), found {count:,}; "
                f"lower it."
            )
        borders = [len(self) * number // count for number in range(count + 1)]
        return [Partition(number, tuple(self._between(*ends))) for number, ends in enumerate(pairwise(borders))]

    def head(self, rows: int) -> Partition:
        """Return the first rows."""
        return Partition(0, tuple(self._between(0, min(rows, len(self)))))

    def spread(self, rows: int) -> Partition:
        """Return at most so many rows, the same share from the beginning of every file; all where they are so few."""
        share = min(1.0, rows / max(len(self), 1))
        taken = [int(each * share) for each in self.rows]
        files = zip(self.paths, taken, strict=True)
        return Partition(0, tuple(Slice(path, 0, each) for path, each in files if each))

    def _between(self, start: int, stop: int) -> list[Slice]:
        slices, before = [], 0
        for path, rows in zip(self.paths, self.rows, strict=True):
            first, last = max(start - before, 0), min(stop - before, rows)
            if first < last:
                slices.append(Slice(path, first, last))
            before += rows
        return slices


def read(partition: Partition) -> Examples:
    """Read the rows of a partition, in order, their checksums compared.

    Raises:
        DataError: If a file is missing or not whole.
    """
    import pyarrow as pa

    found = [batch for rows in partition.slices for batch in batches(rows, BATCH, MAKE_ANEW)]
    return examples_from_arrow(pa.Table.from_batches(found).combine_chunks())


def batches(rows: Slice, size: int, remedy: str) -> Iterator[pa.RecordBatch]:
    """Read some rows of a Parquet file, batch after batch, in their order, their checksums compared.

    Args:
        rows: Which.
        size: Most rows of a batch.
        remedy: What to do where the file cannot be read.

    Raises:
        DataError: If it cannot.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(rows.path, page_checksum_verification=True)
        groups, at = _groups(file, rows)
        for batch in file.iter_batches(size, row_groups=groups):
            first, last = max(rows.start - at, 0), min(rows.stop - at, len(batch))
            at += len(batch)
            if last - first == len(batch):
                yield batch
            elif first < last:  # a copy: what is sliced holds all that was read
                yield batch.take(pa.array(range(first, last)))
    except (OSError, pa.ArrowException) as error:
        raise DataError(unreadable(rows.path, error, remedy)) from None


def _groups(file: Any, rows: Slice) -> tuple[list[int], int]:
    """Return which row groups of a Parquet file hold some of its rows, and the number of the first row in them."""
    groups: list[int] = []
    first = before = 0
    for number in range(file.num_row_groups):
        size = file.metadata.row_group(number).num_rows
        if before < rows.stop and before + size > rows.start:
            first = before if not groups else first
            groups.append(number)
        before += size
    return groups, first


def unreadable(path: str | Path, error: Exception, remedy: str) -> str:
    """Return the sentence for a Parquet file that cannot be read."""
    found = "no such file" if isinstance(error, FileNotFoundError) else " ".join(str(error).split())[:150]
    return f"{path}: expected a whole Parquet file, found that it cannot be read ({found}); {remedy}."


class PartitionsDataset(AbstractDataset[Any, Files]):
    """The files of `Examples` (one, or a folder of them) as `Files`: of each only the end is read, which says its size.

    Saving takes a Spark table with the columns of a part; every task writes its own file, and the folder takes the
    place of what was there when all are whole.

    Args:
        filepath: Path of the file or folder.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> Files:
        """Read the sizes.

        Raises:
            DataError: Naming every file that is not whole, or differs from the first.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        paths = sorted(self._filepath.glob("*.parquet")) if self._filepath.is_dir() else [self._filepath]
        faults, rows, first = [], [], None
        for path in paths:
            try:
                file = pq.ParquetFile(path)
            except (OSError, pa.ArrowException) as error:
                faults.append(unreadable(path, error, MAKE_ANEW))
                continue
            columns = file.schema_arrow
            form = {field.name: str(field.type) for field in columns}, (columns.metadata or {}).get(SHAPE_KEY)
            first = first or form
            if form != first:
                faults.append(_differs(path, form[0], paths[0], first[0]))
            rows.append(file.metadata.num_rows)
        if not paths:
            faults.append(f"{self._filepath}: expected Parquet files, found none; prepare the data first.")
        if faults:
            raise DataError(*faults)
        return Files(tuple(str(path.resolve()) for path in paths), tuple(rows))

    def save(self, data: Any) -> None:
        """Write a Spark table as a folder of files, one for each of its partitions."""
        from sakon.spark.writing import write_parts

        write_parts(data, self._filepath)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _differs(path: Path, found: dict[str, str], first: Path, expected: dict[str, str]) -> str:
    names = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    what = ", ".join(f"{name}: {found.get(name, 'missing')} instead of {expected.get(name, 'none')}" for name in names)
    return (
        f"{path}: expected the columns of {first.name}, found others ({what or 'another shape of examples'}); make all "
        f"files anew by one run of `distributed_preprocessing`."
    )
