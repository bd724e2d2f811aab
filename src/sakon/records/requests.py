"""From what a user sends for a forecast to the rows that it is made from."""

from __future__ import annotations

import numpy as np

from sakon.errors import DataError
from sakon.lazy import pd
from sakon.problem import SeriesSpec
from sakon.records.windows import ORIGIN

FEWEST_SEEN = 0.5


def with_steps_to_come(rows: pd.DataFrame, called: str, target: str, timeline: SeriesSpec) -> pd.DataFrame:
    """Return the last steps of a series that a forecast looks back on, and the steps to come.

    Args:
        rows: Rows of one series, in order.
        called: How messages call it.
        target: Column to forecast.
        timeline: How the series lies in time.

    Returns:
        `lookback + horizon` rows with the columns `origin` and `row`.

    Raises:
        DataError: If the history is too short or has more gaps than rows, or what is known ahead is missing.
    """
    known = np.flatnonzero(rows[target].notna())
    moments = rows[timeline.time].iloc[known]
    last = moments.max()
    behind = pd.DatetimeIndex([])
    if len(known):
        behind = pd.date_range(end=last, periods=timeline.lookback, freq=timeline.frequency, unit="us")
    if not len(behind) or moments.min() > behind[0]:
        raise DataError(
            f"New records{called}: expected a history of at least {timeline.lookback} steps of '{timeline.frequency}', "
            f"found {len(known)} rows with a target; a forecast looks back that far."
        )
    ahead = pd.date_range(last, periods=timeline.horizon + 1, freq=timeline.frequency, unit="us")[1:]
    whole = rows.set_index(timeline.time).reindex(behind.append(ahead).rename(timeline.time))
    seen = int(whole[target].iloc[: timeline.lookback].notna().sum())
    if seen < FEWEST_SEEN * timeline.lookback:  # a forecast from little but filled gaps would look like any other
        raise DataError(
            f"New records{called}: expected a target in at least half of the {timeline.lookback} steps of "
            f"'{timeline.frequency}' up to {last}, found {seen}; add the missing rows."
        )
    to_come = whole.iloc[timeline.lookback :][list(timeline.known)]
    if to_come.isna().to_numpy().any():
        raise DataError(
            f"New records{called}: expected {list(timeline.known)}, which are known ahead, for the "
            f"{timeline.horizon} steps after {last}, found some missing; add those rows, their target left empty."
        )
    numbers = [target, *timeline.covariates]
    whole[numbers] = whole[numbers].interpolate().bfill()
    whole = whole.ffill().bfill()
    whole.loc[ahead, numbers] = np.nan
    origin = np.arange(len(whole)) == timeline.lookback - 1
    return whole.reset_index().assign(**{ORIGIN: origin, "row": np.arange(len(whole))})
