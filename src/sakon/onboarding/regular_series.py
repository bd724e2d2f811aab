"""Detects whether a table holds a time series, and which one.

It does if the target is a number with more than two values and a column of dates gives (nearly) regular timestamps,
each once: at least 40 timestamps, of which at least 99% lie on the grid of the frequency that
`sakon.records.frequency` infers, with a row at 75% or more of the steps of the grid. In a panel, the same must hold
within each of several series, which a column of categories or identifiers names. A table whose rows merely have a
date, such as customers with the day they signed up, has repeated or irregular dates and holds no series.

The season is the usual one for the frequency. It is confirmed if the target, after its moving average over one season
has been subtracted, has an autocorrelation of 0.2 or more at the lag of one season, and more than at half a season.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from sakon.lazy import pd
from sakon.records.frequency import (
    count_steps,
    frequency_unit,
    infer_frequency,
    off_grid_share,
    seasonal_period,
)
from sakon.records.raw_summary import MIN_TIMESTAMPS, RegularSeries

MAX_OFF_GRID = 0.01
MIN_FILLED = 0.75
MIN_REGULAR_SERIES = 0.8
MAX_SERIES_CHECKED = 30
MIN_AUTOCORRELATION = 0.2


def detect_series(
    table: pd.DataFrame, target: str, dates: Mapping[str, pd.Series], series_columns: Iterable[str]
) -> RegularSeries | None:
    """Return the time series that a table holds, or `None` if it holds none.

    Args:
        table: The raw table.
        target: Column to predict.
        dates: Columns of dates, as timestamps.
        series_columns: Columns that may name the series of a panel.
    """
    values = table[target]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values) or values.nunique() <= 2:
        return None
    for name, timestamps in dates.items():
        if timestamps.isna().any():
            continue
        if not timestamps.duplicated().any():
            frequency = regular_frequency(timestamps)
            if frequency is not None:
                return _summarise(values, name, None, frequency, [timestamps])
            continue
        for column in sorted(series_columns, key=lambda column: table[column].nunique()):
            panel = _detect_panel(table, target, name, timestamps, column)
            if panel is not None:
                return panel
    return None


def first_regular_column(dates: Mapping[str, pd.Series]) -> str | None:
    """Return the first column of regular timestamps, each once, whatever the target; or `None`."""
    for name, timestamps in dates.items():
        if timestamps.notna().all() and regular_frequency(timestamps) is not None:
            return name
    return None


def regular_frequency(timestamps: pd.Series) -> str | None:
    """Return the frequency of timestamps in any order, or `None` if they are too few, repeated or irregular."""
    if len(timestamps) < MIN_TIMESTAMPS or timestamps.duplicated().any():
        return None
    timestamps = timestamps.sort_values(ignore_index=True)
    inferred = infer_frequency(timestamps, MAX_OFF_GRID)
    if inferred is None:
        return None
    frequency = str(pd.tseries.frequencies.to_offset(inferred).freqstr)  # 1D becomes D
    steps = count_steps(timestamps.iloc[0], timestamps.iloc[-1], frequency)
    is_regular = len(timestamps) >= MIN_FILLED * steps and off_grid_share(timestamps, frequency) <= MAX_OFF_GRID
    return frequency if is_regular else None


def _detect_panel(
    table: pd.DataFrame, target: str, time: str, timestamps: pd.Series, column: str
) -> RegularSeries | None:
    names = table[column]
    keys = pd.DataFrame({"series": names, "time": timestamps})
    if names.isna().any() or names.nunique() < 2 or keys.duplicated().any():
        return None
    groups = sorted(timestamps.groupby(names).groups.values(), key=len, reverse=True)
    checked = groups[:MAX_SERIES_CHECKED]
    frequencies = [regular_frequency(timestamps.loc[rows]) for rows in checked if len(rows) >= MIN_TIMESTAMPS]
    if len(frequencies) < MIN_REGULAR_SERIES * len(checked) or not frequencies or None in frequencies:
        return None
    regular = [frequency for frequency in frequencies if frequency is not None]
    if len({frequency_unit(frequency) for frequency in regular}) > 1:
        return None
    return _summarise(table[target], time, column, regular[0], [timestamps.loc[rows] for rows in groups])


def _summarise(
    target: pd.Series, time: str, column: str | None, frequency: str, series: list[pd.Series]
) -> RegularSeries:
    """Summarise the series of a table.

    Args:
        target: The target of all rows.
        time: Column of timestamps.
        column: Column that names the series, or `None`.
        frequency: Frequency of the timestamps.
        series: Timestamps of each series with the index of the table, the longest first.
    """
    values = [target.loc[timestamps.sort_values().index].to_numpy(float) for timestamps in series[:MAX_SERIES_CHECKED]]
    season, autocorrelation = _confirm_season(values, seasonal_period(frequency))
    steps, observed = _count_observed(target, series, frequency)
    return RegularSeries(
        time=time,
        series=column,
        count=len(series),
        max_length=len(series[0]),
        rows=sum(map(len, series)),
        frequency=frequency,
        missing=steps - observed,
        observed=observed / steps,
        season=season,
        autocorrelation=autocorrelation,
    )


def _count_observed(target: pd.Series, series: list[pd.Series], frequency: str) -> tuple[int, int]:
    """Return the steps between the first and the last target of every series, and how many of them have a target."""
    steps, observed = 0, 0
    for timestamps in series:
        with_target = timestamps[target.loc[timestamps.index].notna()]
        if len(with_target):
            steps += max(count_steps(with_target.min(), with_target.max(), frequency), len(with_target))
            observed += len(with_target)
    return steps, observed


def _confirm_season(series: list[np.ndarray], period: int) -> tuple[int | None, float | None]:
    """Return the season if the target confirms it, and the autocorrelation at its lag, each averaged over series."""
    if period == 1:
        return None, None
    correlations = [
        pair for values in series if len(values) >= 3 * period and (pair := _autocorrelations(values, period))
    ]
    if not correlations:
        return None, None
    whole, half = np.mean(correlations, axis=0)
    return (period if whole >= MIN_AUTOCORRELATION and whole > half else None), float(whole)


def _autocorrelations(values: np.ndarray, period: int) -> tuple[float, float] | None:
    """Return the autocorrelation at the lags of a season and of half a season, after subtracting the trend."""
    column = pd.Series(values).interpolate(limit_direction="both")
    trend = column.rolling(period, center=True, min_periods=period // 2).mean()
    remainder = column - trend
    if not remainder.std() > 0:
        return None
    return float(remainder.autocorr(period)), float(remainder.autocorr(max(1, period // 2)))
