"""Moments in order: read, made regular, or refused."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import Problem

OBSERVED = "observed"
"""Column of records: whether the row was in the raw data, with a target."""
SHOWN = 3


def moments(column: pd.Series) -> pd.Series:
    """Return a column of moments as such, without time zone.

    Args:
        column: Moments, or texts that say them.

    Raises:
        DataError: If values are missing or cannot be read as moments.
    """
    text = column if pd.api.types.is_datetime64_any_dtype(column) else column.astype("string")
    found = pd.to_datetime(text, errors="coerce", format=None, utc=True)
    if found.isna().any():
        found = pd.to_datetime(text, errors="coerce", format="mixed", utc=True)
    strange = column.index[found.isna()]
    if len(strange):
        raise DataError(
            f"Column '{column.name}': expected a moment such as 2024-05-31 in every row, found {column[strange[0]]!r} "
            f"in row {strange[0]} and {len(strange) - 1} more; mend or drop those rows."
        )
    return pd.Series(found.dt.tz_localize(None).astype("datetime64[us]"), name=column.name)


def by_series(table: pd.DataFrame, series: str | None) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield every series of a panel with how messages call it, or the only one."""
    if series is None:
        yield "", table
        return
    for name, rows in table.groupby(series, sort=True, observed=True):
        yield f" of '{name}'", rows


def without_repeats(table: pd.DataFrame, time: str, series: str | None) -> pd.DataFrame:
    """Drop rows that say the same twice; order the rest by series and time.

    Raises:
        DataError: If rows of one moment contradict each other.
    """
    keys = [time] if series is None else [series, time]
    table = table.drop_duplicates().sort_values(keys, kind="stable", ignore_index=True)
    again = table[table.duplicated(keys, keep=False)]
    if len(again):
        twice = again[keys].drop_duplicates()
        shown = twice.head(SHOWN)
        where = "; ".join(", ".join(map(str, row)) for row in shown.itertuples(index=False))
        raise DataError(
            f"Column '{time}': expected one row per moment{' and series' if series else ''}, found rows that "
            f"contradict each other in {len(twice)} moments, such as {where}; mend or drop them, or name the column "
            f"that tells series apart in problem.options.series."
        )
    return table


def within(table: pd.DataFrame, problem: Problem) -> pd.DataFrame:
    """Return the rows of the days that a problem uses.

    Args:
        table: Rows with a column of moments.
        problem: Names it, and the first and last day in `split`.

    Raises:
        DataError: If no row is left.
    """
    split = problem.split
    if split.begin is None and split.end is None:
        return table
    time = moments(table[str(split.time)])
    kept = pd.Series(data=True, index=table.index)
    if split.begin is not None:
        kept &= time >= pd.Timestamp(split.begin)
    if split.end is not None:
        kept &= time < pd.Timestamp(split.end) + pd.Timedelta(days=1)
    if not kept.any():
        raise DataError(
            f"problem.split: expected rows from {split.begin} to {split.end}, found only moments from {time.min()} to "
            f"{time.max()} in column '{time.name}'."
        )
    return table[kept].reset_index(drop=True)


def trimmed(table: pd.DataFrame, target: str, series: str | None) -> pd.DataFrame:
    """Return rows without those before a series' first target and after its last one."""
    parts = []
    for _, rows in by_series(table, series):
        known = np.flatnonzero(rows[target].notna())
        if len(known):
            parts.append(rows.iloc[known[0] : known[-1] + 1])
    return pd.concat(parts, ignore_index=True)


def on_beat(
    table: pd.DataFrame, time: str, series: str | None, target: str, frequency: str, fill: bool
) -> pd.DataFrame:
    """Give every moment between a series' first and last one a row.

    Args:
        table: Rows in order, every moment once.
        time: Column of moments.
        series: Column of series, if there are several.
        target: Column to forecast; where it is missing, the row counts as missing.
        frequency: Distance of moments.
        fill: Whether gaps may be filled: numbers in a straight line, everything else as it last was.

    Returns:
        The table with a column `observed`; filled rows are not.

    Raises:
        DataError: If moments are off the beat, or missing where gaps may not be filled.
    """
    parts, faults = [], []
    for called, rows in by_series(table, series):
        first, last = rows[time].iloc[0], rows[time].iloc[-1]
        grid = pd.date_range(first, last, freq=frequency, unit="us")
        strange = rows[time][~rows[time].isin(grid)]
        whole = rows.set_index(time).reindex(grid.rename(time))
        missing = whole.index[whole[target].isna()]
        if len(strange):
            faults.append(
                f"Column '{time}'{called}: expected moments every '{frequency}' from {first}, found {len(strange)} "
                f"others such as {strange.iloc[0]}; mend them, or set problem.options.frequency."
            )
        elif len(missing) and not fill:
            faults.append(
                f"Column '{time}'{called}: expected a row with a target every '{frequency}', found none for "
                f"{len(missing)} moments such as {missing[0]}; add them, or set problem.options.gaps to fill."
            )
        parts.append(_filled(whole, series, target).reset_index())
    if faults:
        raise DataError(*faults)
    return pd.concat(parts, ignore_index=True)


def _filled(whole: pd.DataFrame, series: str | None, target: str) -> pd.DataFrame:
    observed = whole[target].notna().to_numpy()
    numbers = whole.select_dtypes("number").columns
    whole[numbers] = whole[numbers].astype("float64").interpolate(method="time").bfill()
    return whole.ffill().bfill().assign(**{OBSERVED: np.asarray(observed)})
