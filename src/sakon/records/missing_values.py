"""Missing values: texts that pandas reads as such, and values of a problem that stand for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from sakon.lazy import pd
from sakon.problem import MissingValue
from sakon.records.date_texts import ISO

MISSING_VALUES = (
    "", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA",
    "NULL", "NaN", "None", "n/a", "nan", "null",
)  # fmt: skip
"""Texts that pandas reads as missing values (`na_values` of `pandas.read_csv`)."""
LABEL_WORDS = frozenset(["N/A", "NA", "NULL", "None", "n/a", "null"])
"""Those that may be a class, such as North America (NA) or the lowest level of a grade (None); nan is a number."""


def mark_missing(table: pd.DataFrame, missing_values: Mapping[str, Sequence[MissingValue]]) -> pd.DataFrame:
    """Return a table in which values that stand for missing ones are missing; the table itself if there are none.

    Args:
        table: Raw values.
        missing_values: Values that stand for missing ones, by column; columns that the table lacks are ignored.
    """
    marked = table
    for name in (name for name in missing_values if name in table):
        is_missing = stands_for_missing(table[name], missing_values[name])
        if is_missing.any():
            marked = table.copy(deep=False) if marked is table else marked
            marked[name] = table[name].mask(is_missing)
    return marked


def stands_for_missing(column: pd.Series, values: Sequence[MissingValue]) -> np.ndarray:
    """Return which values of a column stand for missing ones, (rows,), bool.

    Numbers are compared as numbers, however they are written: -999, -999.0 and the text -999.0 are equal. A text is
    compared without surrounding blanks; among numbers and dates, it is the number or the date (ISO 8601) that it notes.

    Args:
        column: Raw values.
        values: Those that stand for missing ones.
    """
    if pd.api.types.is_bool_dtype(column) or not len(values):
        return np.zeros(len(column), bool)
    if pd.api.types.is_numeric_dtype(column):
        numbers = pd.to_numeric(pd.Series(values, dtype=object), errors="coerce").dropna().to_numpy(float)
        raw = column.to_numpy()
        return np.isin(raw, numbers.astype(raw.dtype) if raw.dtype.kind == "f" else numbers)  # float32 rounds -999.9
    if pd.api.types.is_datetime64_any_dtype(column):
        dates = pd.to_datetime(pd.Series([str(value) for value in values]), format=ISO, errors="coerce")
        return np.asarray(column.dt.tz_localize(None).isin(dates.dropna()), bool)
    texts = column.astype("string").str.strip()
    numbers_in_texts = pd.to_numeric(texts, errors="coerce")
    is_equal = texts.isin([str(value).strip() for value in values])
    is_equal |= numbers_in_texts.isin([value for value in values if not isinstance(value, str)])
    return np.asarray(is_equal.fillna(value=False), bool)
