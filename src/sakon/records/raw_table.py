"""Checks of a raw table that kinds share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from pydantic import Field

from sakon.errors import DataError, did_you_mean
from sakon.lazy import pd
from sakon.problem import Frozen, MissingValue, Problem
from sakon.records.missing_values import mark_missing
from sakon.records.raw_types import normalize_table

MIN_ROWS = 15


class TableOptions(Frozen):
    """What `problem.options` of every kind of table have.

    Attributes:
        missing: Values that stand for missing ones, by column, such as {temperature: [-999]}.
    """

    missing: dict[str, tuple[MissingValue, ...]] = Field(default_factory=dict)


def as_table(
    raw: object, kind: str, missing_values: Mapping[str, Sequence[MissingValue]], min_rows: int = MIN_ROWS
) -> pd.DataFrame:
    """Return a raw table with plain types, column names stripped of blanks and a fresh index; see `raw_types`.

    Args:
        raw: Result of loading the catalog's `raw`.
        kind: Kind of the problem.
        missing_values: Values that stand for missing ones, by column.
        min_rows: Minimum number of rows.

    Raises:
        DataError: If it is not a table, or has too few rows.
    """
    if not isinstance(raw, pd.DataFrame):
        raise DataError(
            f"Raw data: expected a table (a pandas dataset in the catalog) for kind '{kind}', found "
            f"{type(raw).__name__}; set problem.kind or the type of `raw` in catalog.yml."
        )
    if len(raw) < min_rows:
        raise DataError(f"Raw table: expected at least {min_rows} rows, found {len(raw)}; is the file complete?")
    return mark_missing(normalize_table(raw), missing_values)


def column_errors(table: pd.DataFrame, problem: Problem, options: dict[str, Iterable[str]]) -> list[str]:
    """Return a message for every column that the configuration names and the table lacks or has twice.

    Args:
        table: Raw table.
        problem: Configuration of the problem: target, group and time.
        options: Columns in `problem.options`, by option.
    """
    existing = set(table.columns)
    required: dict[str, Iterable[str]] = {"problem.target": [problem.target]}
    required |= {f"problem.options.{name}": columns for name, columns in options.items()}
    required |= {f"problem.split.{name}": [c] for name in ("group", "time") if (c := getattr(problem.split, name))}
    errors = [
        f"{key}: expected a column '{column}' in the raw table, found none{did_you_mean(column, existing)}"
        for key, columns in required.items()
        for column in columns
        if column not in existing
    ]
    duplicates = table.columns[table.columns.duplicated()].unique()
    return errors + [f"Raw table: expected every column name once, found '{name}' twice." for name in duplicates]


def number_errors(column: pd.Series) -> list[str]:
    """Return a message if a column is constant or holds other values than finite numbers and missing values."""
    numbers = pd.to_numeric(column, errors="coerce")
    invalid = column[(numbers.isna() & column.notna()) | np.isinf(numbers)]
    if len(invalid):
        return [
            f"Column '{column.name}': expected finite numbers, found '{invalid.iloc[0]}' in row {invalid.index[0]} and "
            f"{len(invalid) - 1} more; fix them or leave them empty."
        ]
    if numbers.nunique() < 2:
        return [f"Column '{column.name}': expected numbers that change, found {numbers.nunique()} different ones."]
    return []
