"""Rows that a forecast is made from, out of the rows that a user sends."""

from __future__ import annotations

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import SeriesSpec
from sakon.records.frequency import Frequency
from sakon.records.splitting import ROW
from sakon.records.windows import ORIGIN

MIN_TARGET_SHARE = 0.5


def forecast_window(rows: pd.DataFrame, label: str, target: str, timeline: SeriesSpec) -> pd.DataFrame:
    """Return the last `lookback` steps of a series, and the `horizon` steps after its last target.

    Args:
        rows: Sorted rows of one series.
        label: Label of the series in messages.
        target: Column to forecast.
        timeline: Specification of the series.

    Returns:
        `lookback + horizon` rows with the columns `ORIGIN` and `ROW`.

    Raises:
        DataError: If the history is too short, if most of its targets are missing, or if a column that is known ahead
            has missing values.
    """
    past, future = _steps(rows, label, target, timeline)
    window = rows.set_index(timeline.time).reindex(past.append(future).rename(timeline.time))
    targets = int(window[target].iloc[: timeline.lookback].notna().sum())
    if targets < MIN_TARGET_SHARE * timeline.lookback:  # a forecast from filled gaps would look like any other
        raise DataError(
            f"New records{label}: expected a target in at least half of the {timeline.lookback} steps of "
            f"'{timeline.frequency}' up to {past[-1]}, found {targets}; add the missing rows."
        )
    if window.iloc[timeline.lookback :][list(timeline.known)].isna().to_numpy().any():
        raise DataError(
            f"New records{label}: expected {list(timeline.known)}, which are known ahead, for the "
            f"{timeline.horizon} steps after {past[-1]}, found missing values; add those rows with an empty target."
        )
    numbers = [target, *timeline.covariates]
    window[numbers] = window[numbers].interpolate().bfill()
    window = window.ffill().bfill()
    window.loc[future, numbers] = np.nan
    origin = np.arange(len(window)) == timeline.lookback - 1
    return window.reset_index().assign(**{ORIGIN: origin, ROW: np.arange(len(window))})


def _steps(
    rows: pd.DataFrame, label: str, target: str, timeline: SeriesSpec
) -> tuple[pd.DatetimeIndex, pd.DatetimeIndex]:
    """Return the timestamps to forecast from and the timestamps to forecast.

    Raises:
        DataError: If the history does not reach back far enough.
    """
    with_target = np.flatnonzero(rows[target].notna())
    timestamps = rows[timeline.time].iloc[with_target]
    step = Frequency.parse(timeline.frequency)
    past = pd.DatetimeIndex([])
    if len(with_target):
        past = step.ending(timestamps, timeline.lookback)
    if not len(past) or timestamps.min() > past[0]:
        raise DataError(
            f"New records{label}: expected a history of at least {timeline.lookback} steps of '{timeline.frequency}', "
            f"found {len(with_target)} rows with a target; a forecast is made from that many steps."
        )
    return past, step.following(timestamps, timeline.horizon)
