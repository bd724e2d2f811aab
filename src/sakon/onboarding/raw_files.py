"""The raw data of a new problem, and the catalog entry that reads them.

Everything else is inferred from what the catalog's own dataset loads, so that a run reads the same table.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.onboarding.wording import format_list

IMAGE_FOLDER = "sakon.datasets.ImageFolderDataset"
TIMESTAMPS = "sakon.datasets.TimestampDataset"
ARRAYS = "sakon.datasets.ArraysDataset"
MAX_LISTED = 8
READ_AS_TEXT = ("pandas.CSVDataset", "pandas.ExcelDataset")
"""Datasets that load a column of numbers as text if one value is none."""
MIN_NUMBERS = 0.7
MAX_MARKS = 3
MISSING_WORDS = {"n.a.", "n/k", "missing", "unknown", "not available", "none", "nil", "na.", "no data", "undefined"}


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
        notes: What else the user should know.
        has_names: Whether the file names its columns.
        original_names: Column names as in the file, by the name without surrounding blanks.
        timestamp_columns: Columns that are joined to timestamps, or `None`.
    """

    path: Path
    type: str
    arguments: dict[str, Argument] = field(default_factory=dict)
    load_args: dict[str, Argument] = field(default_factory=dict)
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
        if self.timestamp_columns is None:
            return entry
        return {"type": TIMESTAMPS, **self.timestamp_columns.arguments, "dataset": entry}

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
            cause: BaseException = error
            while cause.__cause__ is not None:
                cause = cause.__cause__
            if isinstance(cause, DatasetError) and str(cause).startswith(str(self.path)):
                raise DataError(*str(cause).splitlines()) from error  # a dataset of this project: complete sentences
            raise DataError(
                f"{self.path}: could not be read ({' '.join(str(cause).split())}); it may be truncated, or have the "
                f"wrong extension."
            ) from error


def load_table(raw_file: RawFile) -> pd.DataFrame:
    """Load a table; column names lose surrounding blanks.

    Values that stand for missing numbers, such as `?`, are searched in the whole table and declared, and the table is
    read again.

    Raises:
        DataError: If there are no rows, or a column holds lists or objects.
    """
    table = raw_file.load()
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{raw_file.path}: expected a table, found {type(table).__name__}.")
    if table.empty:
        raise DataError(f"{raw_file.path}: expected rows, found none.")
    _check_values(raw_file.path, table)
    if raw_file.type in READ_AS_TEXT and (marks := _missing_marks(table)):
        columns = sorted({name for names in marks.values() for name in names})
        raw_file.load_args["na_values"] = Argument(
            list(marks), f"stands for a missing number in {format_list(columns, MAX_LISTED)}"
        )
        table = raw_file.load()
    raw_file.original_names = {str(column).strip(): str(column) for column in table.columns}
    clean: pd.DataFrame = table.set_axis([str(column).strip() for column in table.columns], axis=1)
    return clean.reset_index(drop=True)


def _check_values(path: Path, table: pd.DataFrame) -> None:
    errors = []
    for column in table.select_dtypes("object"):
        nested = table[column].map(_is_nested)
        if nested.any():
            value = table[column][nested].iloc[0]
            errors.append(
                f"{path}: column '{column}': expected one value per row, found a {type(value).__name__} in row "
                f"{int(nested.to_numpy().argmax()) + 1} ({str(value)[:40]}); split it into columns, or remove it."
            )
    if errors:
        raise DataError(*errors)


def _is_nested(value: object) -> bool:
    import numpy as np

    return isinstance(value, (list, dict, tuple, np.ndarray))


def _missing_marks(table: pd.DataFrame) -> dict[str, list[str]]:
    """Return the values that stand for a missing number, with their columns.

    They are texts without letter or digit, or one of `MISSING_WORDS`, in a column of which at least 70% are numbers
    and which holds at most three such texts and no other text.
    """
    columns: dict[str, list[str]] = {}
    for column in table.select_dtypes(["object", "string"]):
        text = table[column].dropna().astype(str)
        numbers = pd.to_numeric(text, errors="coerce")
        marks = text[numbers.isna()].unique()
        if not 0 < len(marks) <= MAX_MARKS or numbers.notna().mean() < MIN_NUMBERS:
            continue
        if all(not any(map(str.isalnum, mark)) or mark.strip().lower() in MISSING_WORDS for mark in marks):
            for mark in marks:
                columns.setdefault(str(mark), []).append(str(column).strip())
    return columns
