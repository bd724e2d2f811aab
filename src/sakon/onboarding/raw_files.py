"""The raw data of a new problem, and the catalog entry that reads them.

Everything else is inferred from what the catalog's own dataset loads, so that a run reads the same table.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sakon.datasets.file_formats import CSV, EXCEL
from sakon.errors import DataError, chain_of
from sakon.lazy import pd

IMAGE_FOLDER = "sakon.datasets.ImageFolderDataset"
TIMESTAMPS = "sakon.datasets.TimestampDataset"
TABLE_FILE = "sakon.datasets.TableFileDataset"
ARRAYS = "sakon.datasets.ArraysDataset"
READ_AS_TEXT = (CSV, EXCEL)
"""Datasets that load a column of numbers as text if one value is none."""


@dataclass(frozen=True)
class Argument:
    """An argument of a dataset.

    Attributes:
        value: Its value.
        reason: Why it has this value.
    """

    value: Any
    reason: str


@dataclass(frozen=True)
class TimestampColumns:
    """A column of dates and one of hours that are joined to timestamps while the file is read.

    Attributes:
        date: Column of dates.
        hour: Column of hours.
        timestamp: Name of the new column of timestamps.
    """

    date: str
    hour: str
    timestamp: str

    @property
    def arguments(self) -> dict[str, str]:
        """Arguments of the dataset that joins them."""
        return {"date": self.date, "hour": self.hour, "timestamp": self.timestamp}


@dataclass
class RawFile:
    """A file or folder, and the catalog entry that reads it.

    Attributes:
        path: The file or folder, absolute.
        type: The Kedro dataset.
        arguments: Arguments of the dataset other than the path.
        load_args: Arguments of the library that reads the file.
        table_arguments: Arguments of `TableFileDataset`, which pandas lacks; of an argument by column, a dictionary.
        notes: What else the user should know.
        has_names: Whether the file names its columns.
        original_names: Column names as in the file, by the name without surrounding blanks.
        timestamp_columns: Columns that are joined to timestamps, or `None`.
    """

    path: Path
    type: str
    arguments: dict[str, Argument] = field(default_factory=dict)
    load_args: dict[str, Argument] = field(default_factory=dict)
    table_arguments: dict[str, Argument | dict[str, Argument]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    has_names: bool = True
    original_names: dict[str, str] = field(default_factory=dict)
    timestamp_columns: TimestampColumns | None = None
    _loaded: tuple[dict[str, Any], Any] | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def holds_arrays(self) -> bool:
        """Whether the dataset loads named arrays; otherwise it loads a table."""
        return self.type in (IMAGE_FOLDER, ARRAYS)

    def catalog_entry(self, path: str) -> dict[str, Any]:
        """Return the catalog entry for data at `path`."""
        entry: dict[str, Any] = {"type": self.type, "filepath": path}
        entry |= {name: argument.value for name, argument in self.arguments.items()}
        if self.load_args:
            entry["load_args"] = {name: argument.value for name, argument in self.load_args.items()}
        if self.table_arguments:
            entry = {"type": TABLE_FILE, **self._table_settings(), "dataset": entry}
        if self.timestamp_columns is None:
            return entry
        return {"type": TIMESTAMPS, **self.timestamp_columns.arguments, "dataset": entry}

    def _table_settings(self) -> dict[str, Any]:
        return {
            name: argument.value if isinstance(argument, Argument) else {key: by.value for key, by in argument.items()}
            for name, argument in self.table_arguments.items()
        }

    def load_texts(self) -> pd.DataFrame:
        """Read a text file or a workbook without parsing values: an empty text is an empty cell.

        Raises:
            DataError: If it cannot be read.
        """
        dtype = str if self.type == CSV else object
        entry = self.catalog_entry(self.path.as_posix())
        settings = entry
        while "load_args" not in settings:
            settings = settings["dataset"]
        settings["load_args"] |= {"dtype": dtype, "keep_default_na": False, "na_filter": False}
        table: pd.DataFrame = self._read(entry)
        return table

    def load(self) -> Any:
        """Read the data with the dataset, once for the same catalog entry; callers must not change them.

        Raises:
            DataError: If they cannot be read.
        """
        entry = self.catalog_entry(self.path.as_posix())
        if self._loaded is None or self._loaded[0] != entry:
            self._loaded = entry, self._read(entry)
        return self._loaded[1]

    def _read(self, entry: dict[str, Any]) -> Any:
        from kedro.io import AbstractDataset, DatasetError

        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", pd.errors.DtypeWarning)  # columns of mixed types are examined later
                return AbstractDataset.from_config("raw", entry).load()
        except DatasetError as error:
            *_, cause = chain_of(error)
            if isinstance(cause, DatasetError) and str(cause).startswith(str(self.path)):
                raise DataError(*str(cause).splitlines()) from error  # a dataset of this project: complete sentences
            raise DataError(
                f"{self.path}: could not be read ({' '.join(str(cause).split())}); it may be truncated, or have the "
                f"wrong extension."
            ) from error
