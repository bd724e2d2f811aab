"""Examples of a forecast: what was, and what is to come, cut from records in order."""

from __future__ import annotations

import numpy as np

from sakon.lazy import pd
from sakon.problem import Problem, SeriesSpec
from sakon.records.splitting import TEST
from sakon.records.timeline import OBSERVED, by_series

ORIGIN = "origin"
"""Column of a part's records: whether a forecast is made there, its row being the last known one."""


def origins(records: pd.DataFrame, timeline: SeriesSpec) -> np.ndarray:
    """Say of every row whether the whole window around it is there and its target was observed, (rows,), bool.

    Args:
        records: Rows in order of series and time, without gaps.
        timeline: Lookback and horizon.
    """
    number, size = _place_in_series(records, timeline)
    whole = (number >= timeline.lookback - 1) & (number + timeline.horizon < size)
    observed = np.concatenate([[0], np.cumsum(records[OBSERVED].to_numpy())])
    rows = np.flatnonzero(whole)
    seen = observed[rows + timeline.horizon + 1] - observed[rows + 1]
    whole[rows] = seen == timeline.horizon
    return whole


def parts(records: pd.DataFrame, timeline: SeriesSpec, problem: Problem) -> list[pd.DataFrame]:
    """Part records by time: what is forecast in one part lies whole within its days.

    A part's forecasts may look back into the part before, as they would in use; no target of a later part
    is ever in an earlier one's table. Of train and validation every `stride`-th forecast is taken, of test all.

    Args:
        records: All records, with their number in the column `row`.
        timeline: Lookback and horizon.
        problem: Says where parts begin.

    Returns:
        Three tables: the rows that a part's windows reach, with a column `origin`.
    """
    possible, (validation, test) = np.flatnonzero(origins(records, timeline)), borders(records, timeline, problem)
    part_of_row = np.digitize(_days(records[timeline.time]), [validation, test])
    first, last = part_of_row[possible + 1], part_of_row[possible + timeline.horizon]
    found = []
    for number in range(3):
        stride = 1 if number == TEST else timeline.stride  # neighbours teach nearly the same; the final word skips none
        chosen = possible[(first == number) & (last == number)][::stride]
        reached = np.zeros(len(records) + 1, np.int64)
        np.add.at(reached, chosen - timeline.lookback + 1, 1)
        np.add.at(reached, chosen + timeline.horizon + 1, -1)
        is_origin = np.zeros(len(records), bool)
        is_origin[chosen] = True
        kept = np.cumsum(reached[:-1]) > 0
        found.append(records.assign(**{ORIGIN: is_origin})[kept].reset_index(drop=True))
    return found


def borders(records: pd.DataFrame, timeline: SeriesSpec, problem: Problem) -> tuple[float, float]:
    """Return the moments at which validation and test begin."""
    split = problem.split
    if split.by_days:
        days = pd.Series(pd.to_datetime([str(split.validation_begin), str(split.test_begin)]))
        return tuple(_days(days))
    present = np.unique(_days(records[timeline.time]))
    places = [1 - split.test - split.validation, 1 - split.test]
    return tuple(float(present[int(len(present) * place)]) for place in places)  # type: ignore[return-value]


def windows(values: np.ndarray, rows: np.ndarray, timeline: SeriesSpec) -> np.ndarray:
    """Return what lies around rows: `lookback` steps up to and with each, `horizon` steps after it.

    Args:
        values: (rows, channels), in order.
        rows: Numbers of rows, (windows,).
        timeline: Lookback and horizon.

    Returns:
        (windows, lookback + horizon, channels).
    """
    length = timeline.lookback + timeline.horizon
    seen = np.lib.stride_tricks.sliding_window_view(values, length, axis=0)[rows - timeline.lookback + 1]
    return np.ascontiguousarray(seen.transpose(0, 2, 1))


def _place_in_series(records: pd.DataFrame, timeline: SeriesSpec) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's number in its series and the length of that series."""
    if timeline.series is None:
        return np.arange(len(records)), np.full(len(records), len(records))
    groups = records.groupby(timeline.series, sort=False, observed=True)
    return groups.cumcount().to_numpy(), groups[timeline.time].transform("size").to_numpy()


def _days(time: pd.Series) -> np.ndarray:
    return time.to_numpy().astype("datetime64[us]").astype(np.int64).astype(float)


def naive_error(records: pd.DataFrame, target: str, timeline: SeriesSpec) -> float:
    """Return the mean absolute error of repeating the last season (Hyndman & Koehler 2006, equation 5)."""
    series = by_series(records, timeline.series)
    seen = np.concatenate([rows[target].diff(timeline.season).abs().to_numpy() for _, rows in series])
    return float(np.nanmean(seen)) if np.isfinite(seen).any() else 0.0
