"""The body of a request to a served model, as raw examples.

The forms are those of MLflow's scoring protocol: CSV, Parquet, and JSON with one of the keys `dataframe_split`,
`dataframe_records`, `instances` and `inputs`. Types are left to the model, which knows its schema: CSV is read as text.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TypeGuard

import numpy as np

from sakon.errors import DataError
from sakon.kinds import Request
from sakon.lazy import pd

CSV, JSON, PARQUET = "text/csv", "application/json", "application/vnd.apache.parquet"
FORMS = ("dataframe_split", "dataframe_records", "instances", "inputs")
"""Keys of a JSON request, one of which it has."""
MAX_EXACT = 2**53
"""Largest whole number up to which a float holds all of them."""
JSON_TYPES = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}

Scalar = str | int | float | bool | None


class ContentTypeError(DataError):
    """The body is in a format that no model reads."""


def parse_body(body: bytes, content_type: str | None) -> Request:
    """Return the raw examples in the body of a request.

    Args:
        body: The body.
        content_type: Its header `Content-Type`; JSON if there is none.

    Returns:
        A table, an array of numbers, or a list of texts.

    Raises:
        ContentTypeError: If the content type is none of `CSV`, `JSON` and `PARQUET`, or not in UTF-8.
        DataError: If the body is not what its content type says, or holds no examples.
    """
    media_type, _, parameters = (content_type or JSON).partition(";")
    media_type = media_type.strip().lower()
    name, _, charset = parameters.strip().partition("=")
    if media_type not in PARSERS or (name.lower() == "charset" and charset.strip("\"' ").lower() not in UTF_8):
        raise ContentTypeError(
            f"Request: expected the content type {CSV}, {JSON} or {PARQUET}, in UTF-8, found '{content_type}'; set the "
            f"header Content-Type."
        )
    if not body.strip():
        raise DataError("Request: expected new records, found an empty body.")
    return PARSERS[media_type](body)


def _parse_parquet(body: bytes) -> pd.DataFrame:
    try:
        table = pd.read_parquet(io.BytesIO(body))
    except Exception as error:  # damaged bytes may raise anything
        raise DataError(f"Request: expected Parquet, found otherwise ({_first_line(error)}).") from error
    return table if isinstance(table.index, pd.RangeIndex) else table.reset_index()


def _parse_csv(body: bytes) -> pd.DataFrame:
    """Read CSV as text; empty fields are missing values."""
    text = _decode(body)
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), strict=True) if row]
    except csv.Error as error:
        raise DataError(f"Request: expected CSV, found otherwise ({error}).") from error
    header, *records = rows
    _check_rows(header, records, "CSV")
    return _table(header, [[value or None for value in record] for record in records])


def _parse_json(body: bytes) -> Request:
    try:
        content = json.loads(_decode(body), object_pairs_hook=_object)
    except RecursionError as error:
        raise DataError("Request: expected JSON of a few levels, found far more.") from error
    except ValueError as error:
        raise DataError(f"Request: expected JSON, found otherwise ({error}).") from error
    forms = ", ".join(FORMS)
    if not isinstance(content, dict):
        raise DataError(f"Request: expected an object with one of the keys {forms}, found {_type_name(content)}.")
    params = content.pop("params", None)
    if len(content) != 1 or not content.keys() <= set(FORMS):
        names = ", ".join(map(repr, content)) or "none"
        raise DataError(f"Request: expected an object with one of the keys {forms}, found the keys {names}.")
    if params:
        raise DataError("Request: expected no params, as the model has none, found some; leave them out.")
    ((form, value),) = content.items()
    return _parse_split(value) if form == "dataframe_split" else _parse_examples(form, value)


PARSERS: Mapping[str, Callable[[bytes], Request]] = {CSV: _parse_csv, JSON: _parse_json, PARQUET: _parse_parquet}
UTF_8 = ("utf-8", "utf8", "us-ascii", "ascii")


def _parse_split(value: object) -> pd.DataFrame:
    if not isinstance(value, dict) or not value.keys() >= {"columns", "data"}:
        content = ", ".join(map(repr, value)) or "none" if isinstance(value, dict) else _type_name(value)
        raise DataError(f"dataframe_split: expected an object with the keys columns and data, found {content}.")
    columns, rows = value["columns"], value["data"]
    if not isinstance(columns, list) or not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise DataError("dataframe_split: expected a list of names in columns and a list of lists in data.")
    names = [str(name) for name in columns]
    _check_rows(names, rows, "dataframe_split")
    return _table(names, rows)


def _parse_examples(form: str, value: object) -> Request:
    """Read a list of records, texts or arrays, or an object with a list of values for every column."""
    if form == "dataframe_records" and not (isinstance(value, list) and all(isinstance(row, dict) for row in value)):
        raise DataError(f"{form}: expected a list of objects, found {_first_other(value)}.")
    if isinstance(value, dict):
        return _parse_columns(form, value)
    if isinstance(value, str):
        return [_clean(value)]
    if not isinstance(value, list):
        raise DataError(f"{form}: expected a list of examples, found {_type_name(value)}.")
    if any(isinstance(row, dict) for row in value):
        if not _is_records(value):
            raise DataError(f"{form}: expected a list of objects, found {_first_other(value)}.")
        names = list(dict.fromkeys(name for row in value for name in row))
        return _table(names, [[row.get(name) for name in names] for row in value])
    if all(text is None or isinstance(text, str) for text in value):
        return [None if text is None else _clean(text) for text in value]
    try:
        return np.asarray(value)
    except ValueError as error:
        raise DataError(f"{form}: expected examples of one shape, found several.") from error


def _parse_columns(form: str, columns: dict[str, object]) -> pd.DataFrame:
    if columns and not any(isinstance(values, list | dict) for values in columns.values()):
        return _table(list(columns), [list(columns.values())])  # one record
    lists = [values for values in columns.values() if isinstance(values, list)]
    lengths = {len(values) for values in lists}
    if len(lists) < len(columns) or len(lengths) > 1:
        raise DataError(f"{form}: expected a list of values for every column, all of one length, found otherwise.")
    return _table(list(columns), [list(row) for row in zip(*lists, strict=True)])


def _table(names: Sequence[str], rows: Sequence[Sequence[object]]) -> pd.DataFrame:
    """Return a table of values of JSON or CSV.

    Raises:
        DataError: If a value is an object or a list.
    """
    columns = {name: _column(name, [row[number] for row in rows]) for number, name in enumerate(names)}
    return pd.DataFrame(columns, index=range(len(rows)))


def _column(name: str, values: list[object]) -> pd.Series:
    scalars = [_scalar(name, row, value) for row, value in enumerate(values)]
    is_exact = not any(type(value) is int and abs(value) > MAX_EXACT for value in scalars)
    return pd.Series(scalars, dtype=None if is_exact and scalars else object)


def _scalar(name: str, row: int, value: object) -> Scalar:
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, int) and not isinstance(value, bool):
        try:
            float(value)
        except OverflowError:
            return math.inf
    if value is None or isinstance(value, bool | int | float):
        return value
    raise DataError(
        f"New records: expected a text, a number, a boolean or null, found {_type_name(value)} in column '{name}' of "
        f"row {row} (from 0)."
    )


def _check_rows(header: Sequence[str], rows: Sequence[Sequence[object]], form: str) -> None:
    """Refuse rows that have more or fewer values than there are columns, and columns of the same name."""
    duplicates = sorted({name for name in header if header.count(name) > 1}) if len(set(header)) < len(header) else []
    if duplicates:
        raise DataError(f"{form}: expected every column once, found '{duplicates[0]}' twice.")
    number = next((number for number, row in enumerate(rows) if len(row) != len(header)), None)
    if number is not None:
        raise DataError(
            f"{form}: expected {len(header)} values in every row, one per column, found {len(rows[number])} in row "
            f"{number} (from 0)."
        )


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Return an object of JSON; without this, the last of several equal keys would win."""
    content = dict(pairs)
    if len(content) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise DataError(f"Request: expected every key of an object once, found '{_clean(twice)}' twice.")
    return content


def _decode(body: bytes) -> str:
    try:
        return body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        byte = f"{body[error.start]:#04x} at position {error.start}"
        raise DataError(f"Request: expected UTF-8, found the byte {byte}.") from error


def _clean(text: str) -> str:
    """Return a text that can be written as UTF-8: JSON may hold halves of characters."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def _is_records(values: list[object]) -> TypeGuard[list[dict[str, object]]]:
    return all(isinstance(value, dict) for value in values)


def _first_other(values: object) -> str:
    """Return what is not a list of objects, in words."""
    if not isinstance(values, list):
        return _type_name(values)
    row, other = next((row, value) for row, value in enumerate(values) if not isinstance(value, dict))
    return f"a list with {_type_name(other)} at {row} (from 0)"


def _type_name(value: object) -> str:
    return JSON_TYPES.get(type(value), "null")


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
