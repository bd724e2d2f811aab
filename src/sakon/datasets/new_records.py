"""New records, read by the schema of the problem instead of by types that are inferred anew."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from kedro.io import AbstractDataset

from sakon.datasets.base import RawDataset
from sakon.datasets.file_formats import settings_of_file
from sakon.lazy import pd
from sakon.problem import Schema
from sakon.records.number_texts import parse_numbers

READERS = {"CSVDataset": "read_csv", "ExcelDataset": "read_excel", "JSONDataset": "read_json"}
"""Function of pandas behind a dataset, by the last part of its type; it infers types from texts."""
LINE_SETTINGS = ("repeated_names", "extra_separators")
"""Settings of `TableFileDataset` for text files alone."""


class NewRecordsDataset(RawDataset):
    """New records in the format of the raw data, with the types that the raw data had when they were ingested.

    pandas infers types from the values of a file: a new file in which all codes are digits would lose their zeros. Of
    delimited text, spreadsheets and JSON, columns that the schema counts as categories or texts are therefore read as
    text, and so are columns that it does not name. Numbers that cannot be read remain text, to be counted.

    Args:
        dataset: The Kedro dataset that reads the file.
        schema: The Kedro dataset of the schema.
        metadata: Read by Kedro plug-ins and hooks.
    """

    def __init__(
        self, *, dataset: dict[str, Any], schema: dict[str, Any], metadata: dict[str, Any] | None = None
    ) -> None:
        self._config = deepcopy(dataset)
        self._dataset: AbstractDataset[Any, Any] = AbstractDataset.from_config("new", deepcopy(dataset))
        self._schema: AbstractDataset[Any, Schema] = AbstractDataset.from_config("schema", schema)
        self._filepath = getattr(self._dataset, "_filepath", None)
        self.metadata = metadata

    def load(self) -> Any:
        """Return the new records: a table or named arrays.

        Raises:
            DatasetError: If the file has another encoding, or far more columns than the problem.
        """
        schema = self._schema.load()
        config = _config_of_file(self._config, schema)
        settings = _file_settings(config)
        reader = _reader_of(settings)
        if reader is None:
            return AbstractDataset.from_config("new", config).load()
        arguments = settings.get("load_args") or {}
        if reader == "read_json":
            return _read(config, arguments | {"dtype": False, "convert_dates": False})
        types = _types(config, schema)
        table = _read(config, arguments | {"dtype": types} if types else arguments)
        if (
            "index_col" not in arguments
            and not isinstance(table.index, pd.RangeIndex)
            and table.iloc[:, -1].isna().all()
        ):  # a separator ends every line
            table = _read(config, arguments | {"dtype": types, "index_col": False})
        return _parse_texts(table, schema, arguments)

    def _exists(self) -> bool:
        return bool(self._dataset.exists())

    def _describe(self) -> dict[str, Any]:
        return {"filepath": str(self._filepath)}


def _config_of_file(config: dict[str, Any], schema: Schema) -> dict[str, Any]:
    """Return the configuration with which the file of new records is read, whatever its format."""
    config = deepcopy(config)
    settings = _file_settings(config)
    columns = {*schema.features} | ({schema.timeline.time} if schema.timeline else set())
    changed = settings_of_file(settings, columns)
    if changed.get("type") != settings.get("type"):
        for name in LINE_SETTINGS:
            config.pop(name, None)
    settings.clear()
    settings.update(changed)
    return config


def _read(config: dict[str, Any], arguments: Mapping[str, Any]) -> Any:
    config = deepcopy(config)
    _file_settings(config)["load_args"] = dict(arguments)
    return AbstractDataset.from_config("new", config).load()


def _types(config: dict[str, Any], schema: Schema) -> dict[Any, type[str]] | None:
    """Return the columns to read as text; `None` if the configuration sets one type for all columns."""
    arguments = _file_settings(config).get("load_args") or {}
    configured = arguments.get("dtype") or {}
    if not isinstance(configured, Mapping):
        return None
    header = _read(config, {name: value for name, value in arguments.items() if name != "skipfooter"} | {"nrows": 0})
    names = [name for name in (*header.index.names, *header.columns) if name is not None]
    inferred = _inferred_columns(schema, arguments)
    return {name: str for name in names if str(name).strip() not in inferred} | dict(configured)


def _file_settings(config: dict[str, Any]) -> dict[str, Any]:
    """Return the settings of the dataset that reads the file, which may be inside of others."""
    while isinstance(config.get("dataset"), dict) and "path" not in config:
        config = config["dataset"]
    return config


def _reader_of(settings: Mapping[str, Any]) -> str | None:
    name = str(settings.get("type", "")).rpartition(".")[2]
    if name == "GenericDataset":
        name = {"csv": "CSVDataset", "excel": "ExcelDataset", "json": "JSONDataset"}.get(settings["file_format"], "")
    return READERS.get(name)


def _inferred_columns(schema: Schema, arguments: Mapping[str, Any]) -> set[str]:
    """Return the columns whose values pandas may parse: numbers without marks, booleans, dates, and such targets."""
    has_marks = arguments.get("decimal", ".") != "." or bool(arguments.get("thousands"))
    inferred = {
        name
        for name, column_type in schema.features.items()
        if column_type in ("boolean", "date") or (column_type == "number" and not has_marks)
    }
    inferred |= set(schema.non_text_categories)
    if schema.classes and not isinstance(schema.classes[0], str):
        inferred.add(schema.target)
    if not schema.classes and not has_marks:
        inferred.add(schema.target)
    dates = arguments.get("parse_dates")
    return inferred | ({str(name) for name in dates} if isinstance(dates, (list, tuple)) else set())


def _parse_texts(table: pd.DataFrame, schema: Schema, arguments: Mapping[str, Any]) -> pd.DataFrame:
    """Return a table in which texts of numbers are numbers, of other columns only if no character is lost."""
    decimal, thousands = arguments.get("decimal", "."), arguments.get("thousands")
    numbers = {name for name, column_type in schema.features.items() if column_type == "number"}
    numbers |= set() if schema.classes else {schema.target}
    columns_of_schema = {*schema.features, schema.target}
    for name in table.columns:
        column, stripped = table[name], str(name).strip()
        if not pd.api.types.is_string_dtype(column.dtype) or pd.api.types.is_object_dtype(column.dtype):
            continue
        if stripped in numbers:
            table[name] = parse_numbers(column, decimal, thousands)
        elif stripped not in columns_of_schema:
            table[name] = _parse_lossless(column)
    return table


def _parse_lossless(texts: pd.Series) -> pd.Series:
    """Return a column of texts as numbers if they can be written as the same texts again."""
    numbers = pd.to_numeric(texts, errors="coerce")
    is_present = texts.notna()
    if not is_present.any() or numbers[is_present].isna().any():
        return texts
    if pd.api.types.is_float_dtype(numbers) and (numbers[is_present] % 1 == 0).all():
        numbers = numbers.astype("Int64")
    return numbers if (numbers[is_present].astype(str) == texts[is_present]).all() else texts
