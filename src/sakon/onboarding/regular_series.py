"""Detects whether a table holds a time series, and which one.

It does if the target is a number with more than two values and a column of dates gives regular timestamps, each once:
at least 40 timestamps, all of them on the grid of the frequency that `sakon.records.frequency_inference` infers, with a
row at 75% or more of the steps of the grid. In a panel, the same must hold within most of several series, which a
column of categories or identifiers names, and the timestamps of all series must be on the grid of one frequency. A
table whose rows merely have a date, such as customers with the day they signed up, has repeated or irregular dates and
holds no series.

Whole numbers are timestamps if they are years in a column that is named so, months or days such as 20240131, or Unix
times. If the user requests a series, the name does not matter.

The season is the usual one for the frequency. It is confirmed if the target, after its moving average over one season
has been subtracted, has an autocorrelation of 0.2 or more at the lag of one season, and more than at half a season.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from sakon.lazy import pd
from sakon.records import date_numbers
from sakon.records.frequency import seasonal_period, series_grids
from sakon.records.frequency_inference import regular_frequency
from sakon.records.raw_summary import MIN_TIMESTAMPS, RegularSeries
from sakon.records.series_proposal import has_forecasts
from sakon.records.time_zones import zone_of

TIME_NAME = re.compile(
    r"(^|[^a-z])(year|years|yr|jahr|année|annee|año|anno|ano|fy|month|monat|yearmonth|period|date|day|datum|time|timestamp|"
    r"ts|t|epoch|unix|moment)($|[^a-z])|time|epoch|[a-z](Year|Date|Ts)$",
    re.IGNORECASE,
)
PART_OF_DATE = re.compile(r"month|monat|mois|mes|quarter|quartal|week|woche|day|tag|hour|stunde|minute", re.IGNORECASE)
"""Columns that do not name series, but complete a year in another column."""
MIN_UNIX_STEP = 60
"""Seconds between Unix times in a column of any name; numbers with smaller steps may be identifiers."""
MIN_REGULAR_SERIES = 0.8
MAX_SERIES_CHECKED = 30
MIN_AUTOCORRELATION = 0.2


def detect_series(
    table: pd.DataFrame,
    target: str,
    dates: Mapping[str, pd.Series],
    series_columns: Iterable[str],
    is_requested: bool = False,
) -> RegularSeries | None:
    """Return the time series that a table holds, or `None` if it holds none.

    Args:
        table: The raw table.
        target: Column to predict.
        dates: Columns of dates, as timestamps.
        series_columns: Columns that may name the series of a panel.
        is_requested: Whether the user requests a series, so that the names of columns do not matter.
    """
    values = table[target]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values) or values.nunique() <= 2:
        return None
    series_columns = list(series_columns)
    for name, timestamps in {**dates, **_numeric_timestamps(table, target, dates, is_requested)}.items():
        if timestamps.isna().any():
            continue
        if not timestamps.duplicated().any():
            frequency = regular_frequency(timestamps, MIN_TIMESTAMPS)
            if frequency is not None:
                return _summarise(values, name, None, frequency, [timestamps])
            continue
        candidates = [column for column in series_columns if name in dates or not PART_OF_DATE.search(column)]
        for column in sorted(set(candidates) - {name}, key=lambda column: table[column].nunique()):
            panel = _detect_panel(table, target, name, timestamps, column)
            if panel is not None:
                return panel
    return None


def _numeric_timestamps(
    table: pd.DataFrame, target: str, dates: Mapping[str, pd.Series], is_requested: bool
) -> dict[str, pd.Series]:
    """Return the columns of whole numbers that may be timestamps, as timestamps."""
    columns = {}
    for name in table.columns.drop([target, *(date for date in dates if date in table)]):
        notation = date_numbers.detect_notation(table[name]) if table[name].notna().all() else None
        if notation is None:
            continue
        timestamps = date_numbers.parse_numbers(table[name], notation)
        steps = timestamps.sort_values().diff().dt.total_seconds()
        is_certain = notation != date_numbers.YEAR and bool((steps[steps > 0] % MIN_UNIX_STEP == 0).all())
        if is_requested or is_certain or TIME_NAME.search(str(name)):
            columns[str(name)] = timestamps
    return columns


def first_regular_column(dates: Mapping[str, pd.Series]) -> str | None:
    """Return the first column of regular timestamps, each once, whatever the target; or `None`."""
    for name, timestamps in dates.items():
        if timestamps.notna().all() and regular_frequency(timestamps, MIN_TIMESTAMPS) is not None:
            return name
    return None


def _detect_panel(
    table: pd.DataFrame, target: str, time: str, timestamps: pd.Series, column: str
) -> RegularSeries | None:
    names = table[column]
    keys = pd.DataFrame({"series": names, "time": timestamps})
    if names.isna().any() or names.nunique() < 2 or keys.duplicated().any():
        return None
    groups = sorted(timestamps.groupby(names).groups.values(), key=len, reverse=True)
    checked = groups[:MAX_SERIES_CHECKED]
    frequencies = [
        regular_frequency(timestamps.loc[rows], MIN_TIMESTAMPS) for rows in checked if len(rows) >= MIN_TIMESTAMPS
    ]
    if len(frequencies) < MIN_REGULAR_SERIES * len(checked) or not frequencies or None in frequencies:
        return None
    series = [timestamps.loc[rows] for rows in groups]
    regular = dict.fromkeys(frequency for frequency in frequencies if frequency is not None)
    for frequency in regular:
        if series_grids(series, frequency) is not None:
            return _summarise(table[target], time, column, frequency, series)
    return None


def _summarise(
    target: pd.Series, time: str, column: str | None, frequency: str, series: list[pd.Series]
) -> RegularSeries | None:
    """Summarise the series of a table; `None` if they are too sparse for any forecast.

    Args:
        target: The target of all rows.
        time: Column of timestamps.
        column: Column that names the series, or `None`.
        frequency: Frequency of the timestamps.
        series: Timestamps of each series with the index of the table, the longest first.
    """
    values = [target.loc[timestamps.sort_values().index].to_numpy(float) for timestamps in series[:MAX_SERIES_CHECKED]]
    season, autocorrelation = _confirm_season(values, seasonal_period(frequency))
    steps = _observed_steps(target, series, frequency)
    if steps is None:
        return None
    count = sum(map(len, steps))
    observed = sum(int(each.sum()) for each in steps)
    regular = RegularSeries(
        time=time,
        series=column,
        count=len(series),
        max_length=len(series[0]),
        rows=sum(map(len, series)),
        frequency=frequency,
        missing=count - observed,
        observed=observed / count,
        steps=steps,
        season=season,
        autocorrelation=autocorrelation,
        timezone=zone_of(series[0]),
    )
    return regular if has_forecasts(regular) else None


def _observed_steps(target: pd.Series, series: list[pd.Series], frequency: str) -> tuple[pd.Series, ...] | None:
    """Return for each series its steps, and whether they have a target; `None` if they are irregular or sparse."""
    with_target = [timestamps[target.loc[timestamps.index].notna()] for timestamps in series]
    with_target = [timestamps for timestamps in with_target if len(timestamps)]
    grids = series_grids(with_target, frequency) if with_target else None
    if grids is None:
        return None
    return tuple(
        pd.Series(grid.isin(timestamps), index=grid) for grid, timestamps in zip(grids, with_target, strict=True)
    )


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
