"""The type of a feature: how raw values become values of it, and which values cannot be read as it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import ColumnType, Schema
from sakon.records.timestamps import local_timestamps, text_format

BOOLEANS = {True: 1.0, False: 0.0, "true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0, "1.0": 1.0, "0.0": 0.0}
PLURALS: Mapping[ColumnType, str] = {"number": "numbers", "boolean": "booleans", "date": "dates"}
"""Types that not every value can be read as, in messages."""
INTEGER = re.compile(r"[+-]?\d+")
MAX_EXAMPLE_LENGTH = 40


@dataclass(frozen=True)
class UnreadableValues:
    """Values of a column that cannot be read as the type of the column.

    Attributes:
        column: Name of the column.
        column_type: Its type in the schema.
        count: Number of these values.
        total: Number of values that are not missing.
        example: The first of these values.
    """

    column: str
    column_type: ColumnType
    count: int
    total: int
    example: str

    @property
    def share(self) -> float:
        """Share of the values that are not missing, in (0, 1]."""
        return self.count / self.total

    def __str__(self) -> str:
        """Return the counts in words, without a full stop."""
        return (
            f"{self.count:,} of {self.total:,} values of {self.column} could not be read as "
            f"{PLURALS[self.column_type]}, such as {self.example!r}"
        )


@dataclass(frozen=True)
class UnknownCategories:
    """Values of a column of categories that are not in train.

    Attributes:
        column: Name of the column.
        count: Number of these values.
        total: Number of values that are not missing.
        example: The first of these values.
    """

    column: str
    count: int
    total: int
    example: str

    def __str__(self) -> str:
        """Return the counts in words, without a full stop."""
        return (
            f"{self.count:,} of {self.total:,} values of {self.column} are categories that train lacks, such as "
            f"{self.example!r}"
        )


def cast_feature(
    column: pd.Series, column_type: ColumnType, is_non_text: bool = False, date_format: str | None = None
) -> pd.Series:
    """Convert a column to its type; values that do not fit become missing values.

    Args:
        column: Raw values.
        column_type: The type.
        is_non_text: Of a category: whether its raw values were numbers or booleans at ingestion.
        date_format: Of a date: format of its texts; if left out, all rows decide together.
    """
    if column_type == "number":
        numbers = column
        if column.dtype != np.float64:
            numbers = pd.to_numeric(column, errors="coerce").astype("float64")
        return numbers.where(np.isfinite(numbers)) if np.isinf(numbers.to_numpy()).any() else numbers
    if column_type == "boolean":
        return column.map(_to_boolean).astype("float64")
    if column_type == "date":
        # A number is no date by itself: pandas would count it as nanoseconds since 1970.
        values = column.astype("string") if pd.api.types.is_numeric_dtype(column) else column
        return local_timestamps(values, date_format)
    return _cast_category(column, is_non_text)


def separate_unreadable(
    table: pd.DataFrame, types: Mapping[str, ColumnType], date_formats: Mapping[str, str] | None = None
) -> tuple[pd.DataFrame, tuple[UnreadableValues, ...]]:
    """Replace values that cannot be read as the type of their column by missing values, and count them.

    Args:
        table: Raw values.
        types: Type by column; columns that are not in the table, and categories and texts, are left as they are.
        date_formats: Format of the texts of dates, see `Schema.date_formats`.
    """
    readable = table.copy(deep=False)
    unreadable: list[UnreadableValues] = []
    for name, column_type in types.items():
        if name not in table or column_type not in PLURALS:
            continue
        column = table[name]
        values = cast_feature(column, column_type, date_format=(date_formats or {}).get(name))
        is_present, is_unreadable = _find_unreadable(column, values)
        if is_unreadable.any():
            unreadable.append(UnreadableValues(name, column_type, *_count(column, is_unreadable, is_present)))
            readable[name] = column.astype(object).mask(is_unreadable, None)
    return (readable if unreadable else table), tuple(unreadable)


def read_features(table: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """Return the features of new records with the types of the schema.

    Args:
        table: Raw values; it has all columns of the schema.
        schema: Columns of the records.

    Raises:
        DataError: Naming every column with a value that cannot be read as its type.
    """
    features: dict[str, pd.Series] = {}
    unreadable: list[UnreadableValues] = []
    for name, column_type in schema.features.items():
        column = table[name]
        is_non_text, date_format = name in schema.non_text_categories, schema.date_formats.get(name)
        features[name] = cast_feature(column, column_type, is_non_text, date_format)
        if column_type not in PLURALS:
            continue
        is_present, is_unreadable = _find_unreadable(column, features[name])
        if is_unreadable.any():
            unreadable.append(UnreadableValues(name, column_type, *_count(column, is_unreadable, is_present)))
    refuse_unreadable(unreadable)
    return pd.DataFrame(features).reset_index(drop=True)


def _find_unreadable(column: pd.Series, values: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return which raw values are present, and which of these have no value of the type, (rows,), bool each."""
    is_present = column.notna()
    if not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column):
        is_present &= column.astype("string").str.strip() != ""
    return is_present.to_numpy(dtype=bool), (is_present & values.isna()).to_numpy(dtype=bool)


def _count(column: pd.Series, is_counted: np.ndarray, is_present: np.ndarray) -> tuple[int, int, str]:
    """Return the number of the counted values and of those that are present, and the first counted one."""
    example = str(column[is_counted].iloc[0])[:MAX_EXAMPLE_LENGTH]
    return int(is_counted.sum()), int(is_present.sum()), example


def check_readable(table: pd.DataFrame, types: Mapping[str, ColumnType]) -> None:
    """Refuse a table with values that cannot be read as the type of their column.

    Args:
        table: Raw values.
        types: Type by column.

    Raises:
        DataError: Naming every such column.
    """
    refuse_unreadable(separate_unreadable(table, types)[1])


def refuse_unreadable(unreadable: Sequence[UnreadableValues], max_share: float = 0.0) -> None:
    """Refuse unreadable values if they are more than a share of the values of their column.

    Raises:
        DataError: Naming every column with a larger share.
    """
    refused = [values for values in unreadable if values.share > max_share]
    if refused:
        allowed = f", or raise scoring.max_unreadable above {max_share:g}" if max_share else ""
        raise DataError(
            *(f"New records: {values}; fix the values, or leave them empty{allowed}." for values in refused)
        )


def unknown_categories(
    records: pd.DataFrame, train_records: pd.DataFrame, types: Mapping[str, ColumnType]
) -> tuple[UnknownCategories, ...]:
    """Count the categories that are not in train, by column, of the columns that have any.

    Args:
        records: New records.
        train_records: Records of train.
        types: Type by column.
    """
    unknown: list[UnknownCategories] = []
    for name in (name for name, column_type in types.items() if column_type == "category"):
        column = records[name].astype(object)
        is_present = column.notna()
        is_unknown = is_present & ~column.isin(train_records[name].dropna().unique())
        if is_unknown.any():
            counts = _count(column, is_unknown.to_numpy(dtype=bool), is_present.to_numpy(dtype=bool))
            unknown.append(UnknownCategories(name, *counts))
    return tuple(unknown)


def is_non_text(values: pd.Series) -> bool:
    """Return whether the values of a category, without missing ones, are numbers or booleans instead of texts."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return True
    inferred = pd.api.types.infer_dtype(values, skipna=True)
    return inferred in ("boolean", "integer", "floating", "mixed-integer-float", "decimal")


def infer_date_formats(table: pd.DataFrame, types: Mapping[str, ColumnType]) -> dict[str, str]:
    """Return the formats of the dates of a table that are not in ISO 8601, by column; see `Schema.date_formats`."""
    formats = {name: text_format(table[name]) for name, column_type in types.items() if column_type == "date"}
    return {name: date_format for name, date_format in formats.items() if date_format is not None}


def non_text_categories(table: pd.DataFrame, types: Mapping[str, ColumnType]) -> tuple[str, ...]:
    """Return the categories of a table whose values are numbers or booleans; see `Schema.non_text_categories`."""
    categories = [name for name, column_type in types.items() if column_type == "category"]
    return tuple(name for name in categories if is_non_text(table[name].dropna()))


def parse_category(column: pd.Series, is_non_text: bool) -> pd.Series:
    """Return a category with values of the type that its raw values had: numbers and booleans, or texts.

    Args:
        column: Values, of that type or noted as text.
        is_non_text: Whether the raw values were numbers or booleans at ingestion.
    """
    if not is_non_text:
        return _cast_category(column, is_non_text=False)
    return column.map(_parse_value) if column.map(lambda value: isinstance(value, str)).any() else column


def _parse_value(value: object) -> object:
    """Return the number or boolean that a text notes; all else as it is."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _cast_category(column: pd.Series, is_non_text: bool) -> pd.Series:
    """Return categories as text; whole numbers without decimals, as missing values turn the code 3 into 3.0."""
    if pd.api.types.is_float_dtype(column) or is_non_text:
        texts = {value: _format_code(value) for value in column.dropna().unique()}
        return column.astype(object).map(texts).astype(object).where(column.notna(), None)
    text = column.astype("string").str.strip()
    return text.astype(object).where(text.notna(), None)


def _format_code(value: object) -> str:
    """Return a number or boolean, or a text of one, as text: 1, 1.0, 01 and 1.00 are the code 1."""
    text = str(value).strip()
    if INTEGER.fullmatch(text):
        return str(int(text))
    if text.lower() in ("true", "false"):
        return text.capitalize()
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if np.isfinite(number) and number % 1 == 0 else str(number)


def _to_boolean(value: object) -> float | None:
    return BOOLEANS.get(value.strip().lower() if isinstance(value, str) else value)
