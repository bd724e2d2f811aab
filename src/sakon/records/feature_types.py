"""The type of a feature: how raw values become values of it, and which values cannot be read as it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import ColumnType
from sakon.records.timestamps import local_timestamps, text_format

BOOLEANS = {True: 1.0, False: 0.0, "true": 1.0, "false": 0.0, "1": 1.0, "0": 0.0}
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
    column: pd.Series, column_type: ColumnType, has_parsed_values: bool = False, date_format: str | None = None
) -> pd.Series:
    """Convert a column to its type; values that do not fit become missing values.

    Args:
        column: Raw values.
        column_type: The type.
        has_parsed_values: Of a category: whether its raw values were numbers or booleans at ingestion.
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
    return _cast_category(column, has_parsed_values)


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
        is_present = column.notna()
        if not pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_datetime64_any_dtype(column):
            is_present &= column.astype("string").str.strip() != ""
        is_invalid = (
            is_present & cast_feature(column, column_type, date_format=(date_formats or {}).get(name)).isna()
        ).to_numpy(dtype=bool)
        if is_invalid.any():
            example = str(column[is_invalid].iloc[0])[:MAX_EXAMPLE_LENGTH]
            counts = int(is_invalid.sum()), int(is_present.sum())
            unreadable.append(UnreadableValues(name, column_type, *counts, example))
            readable[name] = column.astype(object).mask(is_invalid, None)
    return (readable if unreadable else table), tuple(unreadable)


def check_readable(
    table: pd.DataFrame, types: Mapping[str, ColumnType], date_formats: Mapping[str, str] | None = None
) -> None:
    """Refuse a table with values that cannot be read as the type of their column.

    Args:
        table: Raw values.
        types: Type by column.
        date_formats: Format of the texts of dates, see `Schema.date_formats`.

    Raises:
        DataError: Naming every such column.
    """
    refuse_unreadable(separate_unreadable(table, types, date_formats)[1])


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
            example = str(column[is_unknown].iloc[0])[:MAX_EXAMPLE_LENGTH]
            unknown.append(UnknownCategories(name, int(is_unknown.sum()), int(is_present.sum()), example))
    return tuple(unknown)


def has_parsed_values(values: pd.Series) -> bool:
    """Return whether the values of a category, without missing ones, are numbers or booleans instead of texts."""
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return True
    inferred = pd.api.types.infer_dtype(values, skipna=True)
    return inferred in ("boolean", "integer", "floating", "mixed-integer-float", "decimal")


def date_formats(table: pd.DataFrame, types: Mapping[str, ColumnType]) -> dict[str, str]:
    """Return the formats of the dates of a table that are not in ISO 8601, by column; see `Schema.date_formats`."""
    formats = {name: text_format(table[name]) for name, column_type in types.items() if column_type == "date"}
    return {name: date_format for name, date_format in formats.items() if date_format is not None}


def parsed_categories(table: pd.DataFrame, types: Mapping[str, ColumnType]) -> tuple[str, ...]:
    """Return the categories of a table whose values are numbers or booleans; see `Schema.parsed_categories`."""
    categories = [name for name, column_type in types.items() if column_type == "category"]
    return tuple(name for name in categories if has_parsed_values(table[name].dropna()))


def _cast_category(column: pd.Series, is_parsed: bool) -> pd.Series:
    """Return categories as text; whole numbers without decimals, as missing values turn the code 3 into 3.0."""
    if pd.api.types.is_float_dtype(column) or is_parsed:
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
