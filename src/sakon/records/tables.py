"""What is asked of every raw table before a kind reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from sakon.errors import DataError, did_you_mean
from sakon.lazy import pd
from sakon.problem import Problem

FEWEST_ROWS = 15


def as_table(raw: Any, kind: str, fewest: int = FEWEST_ROWS) -> pd.DataFrame:
    """Return a raw table with plain column names and a fresh index.

    Args:
        raw: What the catalog's `raw` loads.
        kind: What the problem says it is.
        fewest: Rows that are needed.

    Raises:
        DataError: If it is no table, or has too few rows.
    """
    if not isinstance(raw, pd.DataFrame):
        raise DataError(
            f"Raw data: expected a table (a pandas dataset in the catalog) for kind '{kind}', found "
            f"{type(raw).__name__}; set problem.kind or the type of `raw` in catalog.yml."
        )
    if len(raw) < fewest:
        raise DataError(f"Raw table: expected at least {fewest} rows, found {len(raw)}; is the file complete?")
    table = raw.reset_index(drop=True)
    table.columns = [str(column).strip() for column in table.columns]
    return table


def check_columns(table: pd.DataFrame, problem: Problem, options: dict[str, Iterable[str]]) -> list[str]:
    """Return a sentence for every column that configuration names and the table lacks, or has twice.

    Args:
        table: Raw table.
        problem: Names target, group and time.
        options: Columns that the kind's own options name, by the option's name.
    """
    found = set(table.columns)
    wanted: dict[str, Iterable[str]] = {"problem.target": [problem.target]}
    wanted |= {f"problem.options.{name}": columns for name, columns in options.items()}
    wanted |= {f"problem.split.{name}": [c] for name in ("group", "time") if (c := getattr(problem.split, name))}
    faults = [
        f"{key}: expected a column '{column}' in the raw table, found none{did_you_mean(column, found)}"
        for key, columns in wanted.items()
        for column in columns
        if column not in found
    ]
    doubled = table.columns[table.columns.duplicated()].unique()
    return faults + [f"Raw table: expected every column name once, found '{name}' twice." for name in doubled]


def check_numbers(column: pd.Series) -> list[str]:
    """Return a sentence if a column holds anything but finite numbers that change, or missing values."""
    numbers = pd.to_numeric(column, errors="coerce")
    strange = column[(numbers.isna() & column.notna()) | np.isinf(numbers)]
    if len(strange):
        return [
            f"Column '{column.name}': expected finite numbers, found '{strange.iloc[0]}' in row {strange.index[0]} and "
            f"{len(strange) - 1} more; mend them or leave them empty."
        ]
    if numbers.nunique() < 2:
        return [f"Column '{column.name}': expected numbers that change, found {numbers.nunique()} different ones."]
    return []
