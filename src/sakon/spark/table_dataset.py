"""Spark tables as Kedro datasets: read lazily, written as a folder that is complete or absent."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kedro.io import AbstractDataset

from sakon.atomic import atomic_write_folder
from sakon.errors import DataError
from sakon.records.missing_values import MISSING_VALUES
from sakon.spark.cluster import Cluster, translate_errors
from sakon.spark.job_progress import job_progress
from sakon.spark.partitions import describe_read_error
from sakon.spark.session import spark_session
from sakon.spark.sql import column

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

PARQUET = ".parquet"
REPLACE_FILE = "replace or remove it"
SEPARATORS = {".csv": ",", ".tsv": "\t"}
CANDIDATE_TYPES = ("bigint", "double", "boolean")
"""Types that a column of texts may have; the first that all its values can be cast to is taken."""


@runtime_checkable
class FolderWriter(Protocol):
    """A table that is computed when it is saved, by the tasks that write its files."""

    def write_into(self, folder: Path) -> None:
        """Write the table as Parquet files into a folder, which is created."""


class SparkTableDataset(AbstractDataset["DataFrame | FolderWriter", "DataFrame"]):
    """A table that may not fit into one machine's memory: a file or a folder of Parquet, CSV or TSV (with a header).

    Args:
        filepath: Path that every worker can read: on a cluster of several machines a shared folder.
        settings: Spark's settings by name: `${spark:}`.
        lossless: Whether columns of a text file remain text unless no character is lost; see `infer_types`.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self,
        *,
        filepath: str,
        settings: Mapping[str, Any],
        lossless: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._filepath = Path(filepath)
        self._settings = dict(settings)
        self._lossless = lossless
        self.metadata = metadata

    def load(self) -> DataFrame:
        """Return the table; no row of a Parquet file is read yet.

        Raises:
            DataError: If the format is not supported, or files have different columns.
        """
        cluster, path, files = Cluster(lambda: spark_session(self._settings)), self._filepath.resolve(), self.files()
        spark = cluster.spark
        suffixes = {each.suffix.lower() for each in files}
        if suffixes == {PARQUET}:
            _check_same_columns(files)
            return spark.read.parquet(str(path))
        if len(suffixes) == 1 and (separator := SEPARATORS.get(next(iter(suffixes)))):
            with translate_errors(f"reading {path}"):
                texts = spark.read.csv(str(path), sep=separator, header=True, quote='"', escape='"')
                return infer_types(texts, self._lossless)
        raise DataError(
            f"{self._filepath}: expected files of one format (Parquet, CSV or TSV), found "
            f"{', '.join(sorted(suffixes)) or 'none'}; use another file or folder."
        )

    def files(self) -> list[Path]:
        """Return the paths of the files, sorted by name."""
        path = self._filepath.resolve()
        return sorted(each for each in path.rglob("*.*") if each.name[0] not in "._") if path.is_dir() else [path]

    def save(self, data: DataFrame | FolderWriter) -> None:
        """Write a table as a folder of Parquet files, which replaces the earlier one when all are complete."""
        path = self._filepath.resolve()
        with atomic_write_folder(path) as partial, job_progress(f"writing {path.name}"):
            if isinstance(data, FolderWriter):
                data.write_into(partial)
                return
            with translate_errors(f"writing {self._filepath}"):
                data.write.parquet(str(partial))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def infer_types(texts: DataFrame, lossless: bool = False) -> DataFrame:
    """Return a table of texts with integers, floats and booleans where all values of a column are such.

    Spark's own inference accepts one text for missing values; this one accepts all that pandas accepts.

    Args:
        texts: A table of texts.
        lossless: Whether a column remains text unless its values can be written as the same texts again.
    """
    from pyspark.sql import functions

    columns = {name: column(name) for name in texts.columns}
    values = texts.select(
        *(
            functions.when(~functions.trim(each).isin(*MISSING_VALUES), each).alias(name)
            for name, each in columns.items()
        )
    )
    counts = [functions.count(each).alias(f"{number}_text") for number, each in enumerate(columns.values())]
    for number, text in enumerate(columns.values()):
        for candidate in CANDIDATE_TYPES:
            value = functions.trim(text).try_cast(candidate)
            fits = (value.cast("string") == text) if lossless else value.isNotNull()
            counts.append(functions.count(functions.when(fits, value)).alias(f"{number}_{candidate}"))
    counted = values.agg(*counts).collect()[0].asDict()
    typed = []
    for number, (name, text) in enumerate(columns.items()):
        total = counted[f"{number}_text"]
        types = [candidate for candidate in CANDIDATE_TYPES if counted[f"{number}_{candidate}"] == total > 0]
        typed.append(functions.trim(text).cast(types[0]).alias(name) if types else text)
    return values.select(*typed)


def _check_same_columns(files: list[Path]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    messages: list[str] = []
    first = None
    for path in files:
        try:
            columns = {field.name: str(field.type) for field in pq.read_schema(path)}
        except (OSError, pa.ArrowException) as error:
            messages.append(describe_read_error(path, error, REPLACE_FILE))
            continue
        first = first or columns
        names = sorted(name for name in {*columns, *first} if columns.get(name) != first.get(name))
        if names:
            messages.append(
                f"{path}: expected the columns of {files[0].name}, found differences in "
                f"{', '.join(map(repr, names))}; write all files with the same columns."
            )
    if messages:
        raise DataError(*messages)
