"""Rows of time series: timestamps, series of a panel, gaps."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem
from sakon.records.frequency import Frequency
from sakon.records.timestamps import parse_timestamps

OBSERVED = "_sakon_observed"
"""Column of records: whether the row was in the raw data, with a target."""
MAX_EXAMPLES = 3


def iterate_series(table: pd.DataFrame, series: str | None) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each series of a panel with its label for messages; a single series has an empty label.

    Args:
        table: Rows of all series.
        series: Column that names the series of a panel.
    """
    if series is None:
        yield "", table
        return
    for name, rows in table.groupby(series, sort=True, observed=True):
        yield f" of '{name}'", rows


def sort_by_time(table: pd.DataFrame, time: str, series: str | None) -> pd.DataFrame:
    """Drop duplicate rows, and sort by series and time.

    Raises:
        DataError: If different rows have the same timestamp and series.
    """
    keys = [time] if series is None else [series, time]
    table = table.drop_duplicates().sort_values(keys, kind="stable", ignore_index=True)
    conflicts = table[table.duplicated(keys, keep=False)]
    if len(conflicts):
        repeated = conflicts[keys].drop_duplicates()
        examples = "; ".join(", ".join(map(str, row)) for row in repeated.head(MAX_EXAMPLES).itertuples(index=False))
        raise DataError(
            f"Column '{time}': expected one row per timestamp{' and series' if series else ''}, found different rows "
            f"for {len(repeated)} timestamps, such as {examples}; fix or drop them, or name the column of the series "
            f"in problem.options.series."
        )
    return table


def select_period(table: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Return the rows from `split.begin` to `split.end`.

    Args:
        table: Rows with the column `split.time`.
        problem: Configuration of the problem.

    Raises:
        DataError: If no row is in the period.
    """
    split = problem.split
    if split.begin is None and split.end is None:
        return table
    time = parse_timestamps(table[str(split.time)])
    selected = pd.Series(data=True, index=table.index)
    if split.begin is not None:
        selected &= time >= pd.Timestamp(split.begin)
    if split.end is not None:
        selected &= time < pd.Timestamp(split.end) + pd.Timedelta(days=1)
    if not selected.any():
        raise DataError(
            f"problem.split: expected rows from {split.begin} to {split.end}, found only timestamps from {time.min()} "
            f"to {time.max()} in column '{time.name}'."
        )
    return table[selected].reset_index(drop=True)


def trim_missing_targets(table: pd.DataFrame, target: str, series: str | None) -> pd.DataFrame:
    """Drop the rows of each series before its first target and after its last target."""
    trimmed = []
    for _, rows in iterate_series(table, series):
        with_target = np.flatnonzero(rows[target].notna())
        if len(with_target):
            trimmed.append(rows.iloc[with_target[0] : with_target[-1] + 1])
    return pd.concat(trimmed, ignore_index=True)


def resample(
    table: pd.DataFrame, time: str, series: str | None, target: str, frequency: str, fill: bool
) -> pd.DataFrame:
    """Return one row per timestamp between the first and the last one of each series.

    Args:
        table: Sorted rows, one per timestamp and series.
        time: Column of timestamps.
        series: Column that names the series of a panel.
        target: Column to forecast; a row without a target counts as missing.
        frequency: Frequency of the timestamps.
        fill: Whether missing rows may be filled: numbers by linear interpolation, other columns by their last value.

    Returns:
        The table with a column `OBSERVED`, which is false for filled rows.

    Raises:
        DataError: If timestamps do not fit the frequency, or rows are missing that may not be filled.
    """
    regular, errors = [], []
    step = Frequency.parse(frequency)
    for label, rows in iterate_series(table, series):
        grid = step.grid(rows[time])
        irregular = rows[time][~rows[time].isin(grid)]
        on_grid = rows.set_index(time).reindex(grid.rename(time))
        missing = on_grid.index[on_grid[target].isna()]
        if len(irregular):
            errors.append(
                f"Column '{time}'{label}: expected timestamps every '{frequency}' from {rows[time].iloc[0]}, found "
                f"{len(irregular)} others such as {irregular.iloc[0]}; fix them, or set problem.options.frequency."
            )
        elif len(missing) and not fill:
            errors.append(
                f"Column '{time}'{label}: expected a row with a target every '{frequency}', found none for "
                f"{len(missing)} timestamps such as {missing[0]}; add them, or set problem.options.gaps to fill."
            )
        regular.append(_fill_gaps(on_grid, target).reset_index())
    if errors:
        raise DataError(*errors)
    return pd.concat(regular, ignore_index=True)


def _fill_gaps(rows: pd.DataFrame, target: str) -> pd.DataFrame:
    observed = rows[target].notna().to_numpy()
    numbers = rows.select_dtypes("number").columns
    rows[numbers] = rows[numbers].astype("float64").interpolate(method="time").bfill()
    return rows.ffill().bfill().assign(**{OBSERVED: np.asarray(observed)})
