"""The format of a file of new records, which may be another one than that of the raw data."""

from __future__ import annotations

import csv
import logging
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from kedro.io import DatasetError

TEXT = "pandas.CSVDataset"
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    **dict.fromkeys((".csv", ".tsv", ".txt", ".dat", ".data"), (TEXT, {})),
    **dict.fromkeys((".xlsx", ".xlsm"), ("pandas.ExcelDataset", {})),
    **dict.fromkeys((".parquet", ".pq"), ("pandas.ParquetDataset", {})),
    ".jsonl": ("pandas.JSONDataset", {"lines": True}),
    ".json": ("pandas.JSONDataset", {"orient": "records"}),
}
"""Dataset that reads a file, and its arguments, by the suffix of the file's name."""
SEPARATORS = (",", ";", "\t", "|")
SEPARATOR_NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
MAX_HEADER_CHARACTERS = 2**20
LOGGER = logging.getLogger("sakon")


def settings_of_file(settings: Mapping[str, Any], columns: Collection[str]) -> dict[str, Any]:
    """Return the settings of the dataset that reads a file of new records.

    They are those of the raw data, unless the file has the suffix of another format, or the columns can only be told
    apart by another separator. What differs is said in a warning.

    Args:
        settings: Settings that read the raw data, with the path of the new records.
        columns: Columns that the file must have.

    Raises:
        DatasetError: If the text has another encoding.
    """
    path = Path(str(settings.get("filepath", "")))
    if not path.is_file():
        return dict(settings)
    dataset = _format_of(settings)
    expected, arguments = FORMATS.get(path.suffix.lower(), (dataset, {}))
    if dataset is not None and expected != dataset:
        LOGGER.warning("%s: read as its suffix says, %s; the raw data have another format.", path, path.suffix)
        settings = {"type": expected, "filepath": str(path), "load_args": dict(arguments)}
        dataset = expected
    return _with_separator(dict(settings), path, columns) if dataset == TEXT else dict(settings)


def _format_of(settings: Mapping[str, Any]) -> str | None:
    """Return which of the formats a dataset reads, or `None`."""
    name = str(settings.get("type", "")).rpartition(".")[2]
    if name == "GenericDataset":
        name = f"{settings.get('file_format')}dataset"
    types = {dataset for dataset, _ in FORMATS.values()}
    return next((each for each in types if each.rpartition(".")[2].lower() == name.lower()), None)


def _with_separator(settings: dict[str, Any], path: Path, columns: Collection[str]) -> dict[str, Any]:
    """Return settings with the separator that shows all columns, and without dates in columns that do not exist."""
    arguments = dict(settings.get("load_args") or {})
    line = _header(path, arguments)
    if line is None:
        return settings
    separator = arguments.get("sep") or arguments.get("delimiter") or ","
    names = _split(line, separator)
    if not set(columns) <= names and separator in SEPARATORS:
        others = [each for each in SEPARATORS if set(columns) <= _split(line, each)]
        if others:
            LOGGER.warning(
                "%s: read with %s between the columns; the raw data have %s.",
                path, SEPARATOR_NAMES[others[0]], SEPARATOR_NAMES[separator],
            )  # fmt: skip
            arguments = {name: value for name, value in arguments.items() if name != "delimiter"} | {"sep": others[0]}
            names = _split(line, others[0])
    if isinstance(dates := arguments.get("parse_dates"), list):
        arguments["parse_dates"] = [name for name in dates if not isinstance(name, str) or name.strip() in names]
    return settings | {"load_args": arguments}


def _header(path: Path, arguments: Mapping[str, Any]) -> str | None:
    """Return the line with the column names; `None` if the settings of pandas leave open which one it is.

    Raises:
        DatasetError: If the text has another encoding.
    """
    rows_above, encoding = arguments.get("skiprows", 0), arguments.get("encoding", "utf-8")
    has_own_names = "names" in arguments or arguments.get("header", "infer") not in ("infer", 0)
    if has_own_names or not isinstance(rows_above, int) or arguments.get("compression", "infer") != "infer":
        return None
    try:
        with path.open(encoding=encoding, errors=arguments.get("encoding_errors", "strict")) as file:
            for _ in range(rows_above):
                file.readline(MAX_HEADER_CHARACTERS)
            line = ""
            while not line.strip() and (line := file.readline(MAX_HEADER_CHARACTERS)):
                pass
    except UnicodeDecodeError as error:
        raise DatasetError(
            f"{path}: expected a text in the encoding {encoding}, as the raw data are, found another one "
            f"({error.reason}); save it as {encoding.upper()}."
        ) from error
    return line.removeprefix("\ufeff")


def _split(line: str, separator: str) -> set[str]:
    try:
        return {name.strip() for name in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])}
    except (csv.Error, TypeError):  # the separator is a regular expression
        return {name.strip() for name in line.split(separator)}
