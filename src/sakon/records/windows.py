"""Windows of a forecast: the steps to forecast from and the steps to forecast."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from sakon.lazy import pd
from sakon.problem import Problem, SeriesSpec
from sakon.records.splitting import ROW, SPLITS, TEST
from sakon.records.time_series import OBSERVED, iterate_series
from sakon.records.time_zones import localize_grid

ORIGIN = "_sakon_origin"
"""Column of a split's records: whether the row is a forecast origin, the last step that a forecast is made from."""

MIN_FORECASTS = (10, 1, 1)
"""Minimum number of forecasts in train, validation and test."""


def is_complete_window(records: pd.DataFrame, timeline: SeriesSpec) -> np.ndarray:
    """Return whether each row can be a forecast origin, (rows,), bool.

    The steps to forecast from and the steps to forecast must be in the same series, and the targets of the latter must
    have been observed.

    Args:
        records: Rows sorted by series and time, without gaps.
        timeline: Specification of the series.
    """
    position, size = _position_in_series(records, timeline)
    complete = (position >= timeline.lookback - 1) & (position + timeline.horizon < size)
    cumulative = np.concatenate([[0], np.cumsum(records[OBSERVED].to_numpy())])
    rows = np.flatnonzero(complete)
    observed = cumulative[rows + timeline.horizon + 1] - cumulative[rows + 1]
    complete[rows] = observed == timeline.horizon
    return complete


def split_origins(records: pd.DataFrame, timeline: SeriesSpec, problem: Problem) -> list[np.ndarray]:
    """Return the forecast origins of train, validation and test, as row positions.

    All steps that a split forecasts are within its period. Its forecasts may be made from steps of the previous split,
    as in production. Train and validation use every `stride`-th origin, test uses all.

    Args:
        records: All records, sorted by series and time, without gaps.
        timeline: Specification of the series.
        problem: Configuration of the problem.
    """
    possible = np.flatnonzero(is_complete_window(records, timeline))
    split_of_row = np.digitize(_microseconds(records[timeline.time]), split_boundaries(records, timeline, problem))
    first, last = split_of_row[possible + 1], split_of_row[possible + timeline.horizon]
    return [
        possible[(first == number) & (last == number)][:: 1 if number == TEST else timeline.stride]
        for number in range(len(SPLITS))
    ]


def count_forecasts(
    steps: Sequence[pd.Series], frequency: str, horizon: int, lookback: int, stride: int
) -> tuple[int, ...]:
    """Return the number of forecasts in train, validation and test, split by the default fractions.

    Args:
        steps: Steps of each series by timestamp, without gaps, and whether they have a target.
        frequency: Frequency of the steps.
        horizon: Steps to forecast.
        lookback: Steps to forecast from.
        stride: Steps between the forecasts of train and validation.
    """
    records = pd.concat(
        [
            pd.DataFrame({"time": each.index, "series": number, OBSERVED: each.array})
            for number, each in enumerate(steps)
        ],
        ignore_index=True,
    )
    spec = SeriesSpec(
        time="time", series="series", frequency=frequency, season=1, lookback=lookback, horizon=horizon, stride=stride
    )
    return tuple(map(len, split_origins(records, spec, Problem(kind="series", target=OBSERVED))))


def has_min_forecasts(counts: Iterable[int]) -> bool:
    """Return whether train, validation and test have enough forecasts."""
    return all(count >= minimum for count, minimum in zip(counts, MIN_FORECASTS, strict=True))


def split_windows(records: pd.DataFrame, timeline: SeriesSpec, problem: Problem) -> list[pd.DataFrame]:
    """Split records by time; see `split_origins`.

    Returns:
        Three tables with the rows of all windows of a split, and the columns `ROW` and `ORIGIN`. No row of train holds
        a target of validation or test, no row of validation a target of test.
    """
    numbered = records.assign(**{ROW: np.arange(len(records))})
    tables = []
    for origins in split_origins(records, timeline, problem):
        window_changes = np.zeros(len(records) + 1, np.int64)
        np.add.at(window_changes, origins - timeline.lookback + 1, 1)
        np.add.at(window_changes, origins + timeline.horizon + 1, -1)
        is_in_window = np.cumsum(window_changes[:-1]) > 0
        is_origin = np.zeros(len(records), bool)
        is_origin[origins] = True
        tables.append(numbered.assign(**{ORIGIN: is_origin})[is_in_window].reset_index(drop=True))
    return tables


def split_boundaries(records: pd.DataFrame, timeline: SeriesSpec, problem: Problem) -> tuple[float, float]:
    """Return the first timestamps of validation and test, in microseconds since 1970; configured days are local."""
    split = problem.split
    if split.by_days:
        days = pd.DatetimeIndex([str(split.validation_begin), str(split.test_begin)], dtype="datetime64[us]")
        local_days = localize_grid(days, records[timeline.time].dt.tz, records[timeline.time])
        return tuple(_microseconds(pd.Series(local_days)))
    timestamps = np.unique(_microseconds(records[timeline.time]))
    fractions = [1 - split.test - split.validation, 1 - split.test]
    return tuple(float(timestamps[int(len(timestamps) * fraction)]) for fraction in fractions)  # type: ignore[return-value]


def cut_windows(values: np.ndarray, origins: np.ndarray, timeline: SeriesSpec) -> np.ndarray:
    """Return the `lookback` steps up to and including each origin, and the `horizon` steps after it.

    Args:
        values: (rows, channels), sorted by series and time.
        origins: Row positions, (windows,).
        timeline: Specification of the series.

    Returns:
        (windows, lookback + horizon, channels).
    """
    length = timeline.lookback + timeline.horizon
    views = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)[origins - timeline.lookback + 1]
    return np.ascontiguousarray(views.transpose(0, 2, 1))


def naive_error(records: pd.DataFrame, target: str, timeline: SeriesSpec) -> float:
    """Return the mean absolute error of the seasonal-naive forecast (Hyndman & Koehler 2006, equation 5)."""
    series = iterate_series(records, timeline.series)
    errors = np.concatenate([rows[target].diff(timeline.season).abs().to_numpy() for _, rows in series])
    return float(np.nanmean(errors)) if np.isfinite(errors).any() else 0.0


def _position_in_series(records: pd.DataFrame, timeline: SeriesSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return the position of each row in its series, and the length of that series."""
    if timeline.series is None:
        return np.arange(len(records)), np.full(len(records), len(records))
    groups = records.groupby(timeline.series, sort=False, observed=True)
    return groups.cumcount().to_numpy(), groups[timeline.time].transform("size").to_numpy()


def _microseconds(time: pd.Series) -> np.ndarray:
    return np.asarray(time.dt.as_unit("us").astype("int64"), float)
