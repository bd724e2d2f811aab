"""The format of a file of new records, which may be another one than that of the raw data."""

from __future__ import annotations

import csv
import logging
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kedro.io import DatasetError

if TYPE_CHECKING:
    from _csv import Reader

CSV, EXCEL, PARQUET, JSON = (f"pandas.{name}Dataset" for name in ("CSV", "Excel", "Parquet", "JSON"))
TEXT_SUFFIXES = (".csv", ".tsv", ".tab", ".txt", ".data", ".dat")
"""Suffixes of delimited text that is not compressed."""
FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    **dict.fromkeys(TEXT_SUFFIXES, (CSV, {})),
    **dict.fromkeys((".parquet", ".pq"), (PARQUET, {})),
    **dict.fromkeys((".xlsx", ".xlsm"), (EXCEL, {})),
    **dict.fromkeys((".jsonl", ".ndjson"), (JSON, {"lines": True})),
    ".json": (JSON, {"orient": "records"}),
}
"""Dataset that reads a file, and its arguments, by the suffix of the file's name."""
SEPARATOR_NAMES = {"\t": "tabulator", ";": "semicolon", "|": "bar", ",": "comma"}
"""Characters between the fields of delimited text; prose contains the last ones."""
BLANKS = r"\s+"
"""Separator of fields that are separated by runs of blanks and tabulators, as pandas writes it."""
MAX_FURTHER_COLUMNS = 100_000
MAX_HEADER_CHARACTERS = 32 * 2**20
LOGGER = logging.getLogger("sakon")


def separator_name(separator: str) -> str:
    """Return a separator in words; one without a name in quotation marks."""
    return "blanks" if separator == BLANKS else SEPARATOR_NAMES.get(separator, repr(separator))


def read_rows(lines: Iterable[str], separator: str, **options: Any) -> Reader:
    """Return a reader of the rows of delimited text, which divides lines as pandas does.

    Args:
        lines: The lines.
        separator: A character, or `BLANKS`.
        options: Further options of `csv.reader`.
    """
    if separator != BLANKS:
        return csv.reader(lines, delimiter=separator, **options)
    stripped = (f"{line.rstrip()}\n".replace("\t", " ") for line in lines)
    return csv.reader(stripped, delimiter=" ", **options | {"skipinitialspace": True})


def settings_of_file(settings: Mapping[str, Any], columns: Collection[str]) -> dict[str, Any]:
    """Return the settings of the dataset that reads a file of new records.

    They are those of the raw data, unless the file has the suffix of another format, or the columns can only be told
    apart by another separator. What differs is said in a warning.

    Args:
        settings: Settings that read the raw data, with the path of the new records.
        columns: Columns that the file must have.

    Raises:
        DatasetError: If the text has another encoding, or far more columns.
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
    is_text = dataset == CSV and path.suffix.lower() in (*TEXT_SUFFIXES, "")
    return _with_separator(dict(settings), path, columns) if is_text else dict(settings)


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
    separator = arguments.get("sep") or arguments.get("delimiter") or ","
    _check_width(path, line, separator, len(columns))
    if "names" in arguments or arguments.get("header", "infer") not in ("infer", 0):
        return settings
    names = _split(line, separator)
    if not set(columns) <= names and separator in (*SEPARATOR_NAMES, BLANKS):
        others = [each for each in (*SEPARATOR_NAMES, BLANKS) if set(columns) <= _split(line, each)]
        if others:
            LOGGER.warning(
                "%s: read with the separator %s; that of the raw data is %s.",
                path, separator_name(others[0]), separator_name(separator),
            )  # fmt: skip
            arguments = {name: value for name, value in arguments.items() if name != "delimiter"} | {"sep": others[0]}
            names = _split(line, others[0])
    if isinstance(dates := arguments.get("parse_dates"), list):
        arguments["parse_dates"] = [name for name in dates if not isinstance(name, str) or name.strip() in names]
    return settings | {"load_args": arguments}


def _header(path: Path, arguments: Mapping[str, Any]) -> str:
    """Return the first line of the table that is not blank, which mostly has the column names.

    Raises:
        DatasetError: If the text has another encoding.
    """
    rows_above, encoding = arguments.get("skiprows", 0), arguments.get("encoding", "utf-8")
    try:
        with path.open(encoding=encoding, errors=arguments.get("encoding_errors", "strict")) as file:
            for _ in range(rows_above if isinstance(rows_above, int) else 0):
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


def _check_width(path: Path, line: str, separator: str, columns: int) -> None:
    """Refuse a header with far too many columns, which pandas would read for hours.

    Raises:
        DatasetError: With the number of columns.
    """
    count = len(line.split()) if separator == BLANKS else line.count(separator) + 1
    if count > columns + MAX_FURTHER_COLUMNS:
        more = "more than " if len(line) == MAX_HEADER_CHARACTERS else ""
        raise DatasetError(
            f"{path}: expected about {columns:,} columns, as in the raw data, found {more}{count:,} in the first line; "
            f"check the separator and the line breaks of the file."
        )


def _split(line: str, separator: str) -> set[str]:
    try:
        return {name.strip() for name in next(read_rows([line], separator, skipinitialspace=True), [])}
    except (csv.Error, TypeError):  # the separator is a regular expression
        return {name.strip() for name in line.split(separator)}
