"""New raw records as Parquet files that workers read; a CSV or TSV table is written as Parquet first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from sakon.spark.partitions import ParquetFiles
from sakon.spark.table_dataset import PARQUET, SparkTableDataset

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class RecordFiles:
    """Raw records that may not fit into one machine's memory.

    Attributes:
        table: All records as a Spark table, for queries over whole columns.
        files: The records as files.
        are_original: Whether the files are the user's own, so that a row's position in its file identifies it.
    """

    table: DataFrame
    files: ParquetFiles
    are_original: bool


class RecordFilesDataset(AbstractDataset[NoReturn, RecordFiles]):
    """A file or a folder of Parquet, CSV or TSV (with a header) as `RecordFiles`.

    Args:
        filepath: Path that every worker can read: on a cluster of several machines a shared folder.
        parquet: Path that every worker can read, where a CSV or TSV table is written as Parquet.
        settings: Spark's settings by name: `${spark:}`.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self, *, filepath: str, parquet: str, settings: Mapping[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        # The schema types new records, so nothing may be lost before: 007 is no number.
        self._original = SparkTableDataset(filepath=filepath, settings=settings, lossless=True)
        self._converted = SparkTableDataset(filepath=parquet, settings=settings)
        self.metadata = metadata

    def load(self) -> RecordFiles:
        """Return the records; no row of a Parquet file is read yet.

        Raises:
            DataError: If their format is not supported, or files differ or cannot be read.
        """
        import pyarrow.parquet as pq

        table, dataset = self._original.load(), self._original
        are_original = dataset.files()[0].suffix.lower() == PARQUET
        if not are_original:
            dataset = self._converted
            dataset.save(table)
            table = dataset.load()
        paths = dataset.files()
        rows = tuple(pq.read_metadata(path).num_rows for path in paths)
        return RecordFiles(table, ParquetFiles(tuple(map(str, paths)), rows), are_original)

    def save(self, data: NoReturn) -> NoReturn:
        """Raise an error: raw records are input."""
        raise DatasetError("New raw records cannot be saved.")

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
