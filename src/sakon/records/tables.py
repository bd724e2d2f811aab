"""What is asked of every raw table before a kind reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sakon.errors import DataError, did_you_mean
from sakon.lazy import pd
from sakon.problem import Problem

FEWEST_ROWS = 15


def as_table(raw: Any, kind: str) -> pd.DataFrame:
    """Return a raw table with plain column names and a fresh index.

    Args:
        raw: What the catalog's `raw` loads.
        kind: What the problem says it is.

    Raises:
        DataError: If it is no table, or has fewer than 15 rows.
    """
    if not isinstance(raw, pd.DataFrame):
        raise DataError(
            f"Raw data: expected a table (a pandas dataset in the catalog) for kind '{kind}', found "
            f"{type(raw).__name__}; set problem.kind or the type of `raw` in catalog.yml."
        )
    if len(raw) < FEWEST_ROWS:
        raise DataError(f"Raw table: expected at least {FEWEST_ROWS} rows, found {len(raw)}; is the file complete?")
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
