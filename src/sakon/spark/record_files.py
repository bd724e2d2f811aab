"""Raw records as files of Parquet that workers read themselves; a table of text is written so first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from kedro.io import AbstractDataset, DatasetError

from sakon.spark.partitions import Files
from sakon.spark.tables import PARQUET, SparkTableDataset

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


@dataclass(frozen=True)
class RecordFiles:
    """Raw records that may be more than one machine holds.

    Attributes:
        table: All of them as a table of Spark: for what is asked of a column as a whole.
        files: Where they lie.
        numbered: Whether the files are those that were named, so that a row's place in its file tells which it is.
    """

    table: DataFrame
    files: Files
    numbered: bool


class RecordFilesDataset(AbstractDataset[Any, RecordFiles]):
    """A file or a folder of Parquet, CSV or TSV (with a header), as `RecordFiles`.

    Args:
        filepath: Path that every worker can read: on a cluster of several machines a shared folder.
        parquet: Where a table of text is written as Parquet, a path of the same sort.
        settings: Spark's settings, by their names: `${spark:}`.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self, *, filepath: str, parquet: str, settings: Mapping[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        self._filepath = Path(filepath)
        self._given = SparkTableDataset(filepath=filepath, settings=settings)
        self._written = SparkTableDataset(filepath=parquet, settings=settings)
        self.metadata = metadata

    def load(self) -> RecordFiles:
        """Return the records; of Parquet no row is read yet.

        Raises:
            DataError: If they are in no format that is known here, or files differ or cannot be read.
        """
        import pyarrow.parquet as pq

        table, dataset = self._given.load(), self._given
        if not (numbered := dataset.files()[0].suffix.lower() == PARQUET):
            dataset = self._written
            dataset.save(table)
            table = dataset.load()
        paths = dataset.files()
        rows = tuple(pq.read_metadata(path).num_rows for path in paths)
        return RecordFiles(table, Files(tuple(map(str, paths)), rows), numbered)

    def save(self, data: Any) -> NoReturn:
        """Refuse: records are read here, never written."""
        raise DatasetError("Raw records are read here, never written.")

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}
