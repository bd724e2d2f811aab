"""Examples in Parquet files as a Kedro dataset for Spark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import AbstractDataset

from sakon.datasets.examples import SHAPE_KEY
from sakon.errors import DataError
from sakon.spark.part_files import write_examples
from sakon.spark.partitions import PREPARE_AGAIN, ParquetFiles, describe_read_error

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame


class PartitionsDataset(AbstractDataset["DataFrame", ParquetFiles]):
    """The files of `ExamplesDataset`, one or a folder of them, as `ParquetFiles`: only their footers are read.

    Saving takes a Spark table with the columns of examples. Every task writes a file; the folder replaces the earlier
    file or folder when all files are complete.

    Args:
        filepath: Path of the file or folder.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self.metadata = metadata

    def load(self) -> ParquetFiles:
        """Read the number of rows of every file.

        Raises:
            DataError: Naming every file that is damaged, or whose columns differ from those of the first.
        """
        import pyarrow as pa
        import pyarrow.parquet as pq

        paths = sorted(self._filepath.glob("*.parquet")) if self._filepath.is_dir() else [self._filepath]
        messages, rows, first = [], [], None
        for path in paths:
            try:
                file = pq.ParquetFile(path)
            except (OSError, pa.ArrowException) as error:
                messages.append(describe_read_error(path, error, PREPARE_AGAIN))
                continue
            first = first or file.schema_arrow
            if (message := _compare_columns(path, file.schema_arrow, paths[0], first)) is not None:
                messages.append(message)
            rows.append(file.metadata.num_rows)
        if not paths:
            messages.append(f"{self._filepath}: expected Parquet files, found none; prepare the data first.")
        if messages:
            raise DataError(*messages)
        return ParquetFiles(tuple(str(path.resolve()) for path in paths), tuple(rows))

    def save(self, data: DataFrame) -> None:
        """Write a Spark table as a folder of files, one for each of its partitions."""
        write_examples(data, self._filepath)

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _compare_columns(path: Path, schema: pa.Schema, first_path: Path, first: pa.Schema) -> str | None:
    """Return a message if the columns of a file, or the shape of its examples, differ from those of the first file."""
    actual, expected = ({field.name: str(field.type) for field in each} for each in (schema, first))
    if actual == expected and (schema.metadata or {}).get(SHAPE_KEY) == (first.metadata or {}).get(SHAPE_KEY):
        return None
    names = sorted(name for name in {*actual, *expected} if actual.get(name) != expected.get(name))
    details = ", ".join(
        f"{name}: {actual.get(name, 'missing')} instead of {expected.get(name, 'none')}" for name in names
    )
    return (
        f"{path}: expected the columns of {first_path.name}, found others ({details or 'another shape of examples'}); "
        f"write all files again by one run of `distributed_preprocessing`."
    )
