"""Tables of Spark as datasets: read lazily, written as a folder that appears complete or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

from kedro.io import AbstractDataset

from sakon.atomic import atomic_write_folder
from sakon.errors import DataError
from sakon.spark.cluster import Cluster, plain_failures
from sakon.spark.job_progress import job_progress
from sakon.spark.partitions import unreadable
from sakon.spark.session import session

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

PARQUET = ".parquet"
REPLACE = "replace or remove it"
SEPARATORS = {".csv": ",", ".tsv": "\t"}
MISSING = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""What pandas reads as a missing value (`na_values` of `pandas.read_csv`)."""
TYPES = ("bigint", "double", "boolean")
"""What a column of texts is tried as, in this order."""


@runtime_checkable
class Unwritten(Protocol):
    """A table that its own tasks write: it is made no sooner."""

    def write_into(self, folder: Path) -> None:
        """Write the table as files of Parquet into a folder, which is made."""


class SparkTableDataset(AbstractDataset[Any, Any]):
    """A table that may be larger than one machine: a file or a folder of Parquet, CSV or TSV (with a header).

    Args:
        filepath: Path that every worker can read: on a cluster of several machines a shared folder.
        settings: Spark's settings, by their names: `${spark:}`.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(self, *, filepath: str, settings: Mapping[str, Any], metadata: dict[str, Any] | None = None) -> None:
        self._filepath = Path(filepath)
        self._settings = dict(settings)
        self.metadata = metadata

    def load(self) -> DataFrame:
        """Return the table; no row is read yet.

        Raises:
            DataError: If it is in no format that is known here, or its files differ.
        """
        spark, path, files = Cluster(lambda: session(self._settings)).spark, self._filepath.resolve(), self.files()
        suffixes = {each.suffix.lower() for each in files}
        if suffixes == {PARQUET}:
            _check_alike(files)
            return spark.read.parquet(str(path))
        if len(suffixes) == 1 and (separator := SEPARATORS.get(next(iter(suffixes)))):
            with plain_failures(f"reading {path}"):
                return typed(spark.read.csv(str(path), sep=separator, header=True, quote='"', escape='"'))
        raise DataError(
            f"{self._filepath}: expected files of Parquet, CSV or TSV, all of one sort, found "
            f"{', '.join(sorted(suffixes)) or 'none'}; name another."
        )

    def files(self) -> list[Path]:
        """Return the paths of the files, in the order of their names."""
        path = self._filepath.resolve()
        return sorted(each for each in path.rglob("*.*") if each.name[0] not in "._") if path.is_dir() else [path]

    def save(self, data: DataFrame | Unwritten) -> None:
        """Write a table as a folder of Parquet files, which takes the place of what was there when all are whole."""
        whole = self._filepath.resolve()
        with atomic_write_folder(whole) as partial, job_progress(f"writing {whole.name}"):
            if isinstance(data, Unwritten):
                data.write_into(partial)
                return
            with plain_failures(f"writing {self._filepath}"):
                data.write.parquet(str(partial))

    def _exists(self) -> bool:
        return self._filepath.exists()

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def typed(texts: DataFrame) -> DataFrame:
    """Return a table of texts with whole numbers, numbers and truth values where a column holds nothing else.

    Spark's own inference knows one word for a missing value; here all are missing that pandas reads so.
    """
    from pyspark.sql import functions

    columns = {name: named(name) for name in texts.columns}
    known = texts.select(
        *(functions.when(~functions.trim(each).isin(*MISSING), each).alias(name) for name, each in columns.items())
    )
    counts = [functions.count(each).alias(f"{number}_text") for number, each in enumerate(columns.values())]
    counts += [
        functions.count(functions.expr(f"try_cast(trim(`{name}`) as {wanted})")).alias(f"{number}_{wanted}")
        for number, name in enumerate(columns)
        for wanted in TYPES
    ]
    found = known.agg(*counts).collect()[0].asDict()
    kept = []
    for number, (name, column) in enumerate(columns.items()):
        fitting = [wanted for wanted in TYPES if found[f"{number}_{wanted}"] == found[f"{number}_text"] > 0]
        kept.append(functions.trim(column).cast(fitting[0]).alias(name) if fitting else column)
    return known.select(*kept)


def named(name: str) -> Column:
    """Return the column of that very name, whatever signs are in it."""
    from pyspark.sql import functions

    return functions.col(f"`{name.replace('`', '``')}`")


def _check_alike(files: list[Path]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    faults: list[str] = []
    first = None
    for path in files:
        try:
            columns = {field.name: str(field.type) for field in pq.read_schema(path)}
        except (OSError, pa.ArrowException) as error:
            faults.append(unreadable(path, error, REPLACE))
            continue
        first = first or columns
        names = sorted(name for name in {*columns, *first} if columns.get(name) != first.get(name))
        if names:
            faults.append(
                f"{path}: expected the columns of {files[0].name}, found other {', '.join(map(repr, names))}; make all "
                f"files of one form."
            )
    if faults:
        raise DataError(*faults)
