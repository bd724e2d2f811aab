"""Tables in files whose columns are written in different ways, which pandas can only be told for the whole file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from kedro.io import AbstractDataset, DatasetError

from sakon.datasets.base import RawDataset
from sakon.datasets.file_formats import read_rows
from sakon.lazy import pd
from sakon.records.missing_values import MISSING_VALUES
from sakon.records.number_texts import NumberFormat, parse_numbers

QUOTING = ("quoting", "quotechar", "escapechar", "skipinitialspace")


class TableFileDataset(RawDataset):
    """Any dataset of a table that pandas reads, with settings by column.

    Numbers that are not written as declared remain text, so that they are found; see `parse_numbers`.

    Args:
        dataset: The Kedro dataset that reads the file.
        numbers: Format of the numbers of a column, by column: `decimal`, `thousands`, `unit`; see `NumberFormat`. Of a
            text file, `dtype` in `load_args` must read these columns as text.
        labels: Words that are values in a column although pandas reads them as missing, such as `None`, by column.
        repeated_names: Whether lines of a text file that repeat the column names are skipped.
        extra_separators: Whether lines of a text file may end with a separator that no column follows.
        metadata: Read by Kedro plug-ins and hooks.

    Raises:
        DatasetError: If an argument is invalid.
    """

    def __init__(
        self,
        *,
        dataset: dict[str, Any],
        numbers: Mapping[str, Mapping[str, str]] | None = None,
        labels: Mapping[str, Sequence[str]] | None = None,
        repeated_names: bool = False,
        extra_separators: bool = False,
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self._config = deepcopy(dataset)
        self._dataset: AbstractDataset[Any, Any] = AbstractDataset.from_config("table", deepcopy(dataset))
        self._filepath = getattr(self._dataset, "_filepath", None)
        try:
            self._numbers = {name: NumberFormat(**each) for name, each in (numbers or {}).items()}
        except TypeError as error:
            raise DatasetError(
                f"{self._filepath}: numbers: expected decimal, thousands or unit for every column, found otherwise "
                f"({error}); correct catalog.yml."
            ) from error
        self._labels = {name: list(words) for name, words in (labels or {}).items()}
        self._repeated_names, self._extra_separators = repeated_names, extra_separators
        self.metadata = metadata

    def load(self) -> pd.DataFrame:
        """Read the table; columns that the settings name and the file lacks are ignored.

        Raises:
            DatasetError: If a line has values that no column follows.
        """
        arguments = dict(self._config.get("load_args") or {})
        if self._repeated_names:
            arguments["skiprows"] = self._lines_to_skip(arguments)
        if self._labels or self._extra_separators:
            header = self._read(arguments | {"nrows": 0})
            if self._extra_separators:
                self._check_fields(len(header.columns), arguments)
                arguments |= {"usecols": range(len(header.columns)), "index_col": False}
            if self._labels:
                arguments |= self._missing_values(list(header.columns), arguments)
        table: pd.DataFrame = self._read(arguments)
        for name, number_format in self._numbers.items():
            if name in table and pd.api.types.is_string_dtype(table[name]):
                table[name] = parse_numbers(table[name], **number_format.arguments)
        return table

    def _read(self, arguments: Mapping[str, Any]) -> Any:
        return AbstractDataset.from_config("table", self._config | {"load_args": dict(arguments)}).load()

    def _missing_values(self, columns: list[Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Return arguments of pandas with which labels are no missing values; all other columns are read as before."""
        words = arguments.get("na_values") or []
        words = [words] if isinstance(words, str) else words
        by_column = words if isinstance(words, Mapping) else dict.fromkeys(columns, words)
        default = MISSING_VALUES if arguments.get("keep_default_na", True) else ()
        values = {
            name: [word for word in (*default, *by_column.get(name, ())) if word not in self._labels.get(name, ())]
            for name in columns
        }
        return {"keep_default_na": False, "na_values": values}

    def _check_fields(self, columns: int, arguments: Mapping[str, Any]) -> None:
        """Refuse values behind the last column, which pandas would leave out without a word."""
        skipped = arguments.get("skiprows") or 0
        first = skipped if isinstance(skipped, int) else 0
        for number, row in enumerate(self._rows(arguments)):
            if number >= first and any(row[columns:]):
                raise DatasetError(
                    f"{self._filepath}, row {number + 1}: expected {columns} fields and then nothing but separators, "
                    f"found {len(row)} fields; correct the row, or set extra_separators to false in catalog.yml."
                )

    def _lines_to_skip(self, arguments: Mapping[str, Any]) -> list[int]:
        """Return the numbers of the records that come before the column names, or repeat them."""
        first = arguments.get("skiprows") or 0
        rows = enumerate(self._rows(arguments))
        names = next((row for number, row in rows if number >= first and row), [])
        return [*range(first), *(number for number, row in rows if row == names)]

    def _rows(self, arguments: Mapping[str, Any]) -> Iterator[list[str]]:
        """Yield the rows of a text file as they are written, blank lines included."""
        options = {name: arguments[name] for name in QUOTING if name in arguments}
        path, encoding = Path(str(self._filepath)), arguments.get("encoding", "utf-8")
        with path.open(encoding=encoding, errors=arguments.get("encoding_errors", "strict"), newline="") as file:
            yield from read_rows(file, arguments.get("sep", ","), **options)

    def _exists(self) -> bool:
        return bool(self._dataset.exists())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath), "numbers": list(self._numbers), "labels": self._labels}
