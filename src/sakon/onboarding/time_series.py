"""Whether a table is a time series, and which.

It is one if the target is a number of more than two values and a column of dates gives (nearly) regular moments, each
once: at least 99% lie on a grid of equal steps (months, quarters and years by the calendar, business days by the
week) of which at least 75% of the points are there, and there are at least 40. In a panel the same holds within each
of several series, which a column of categories or identifiers names. A table whose rows merely bear a date, such as
customers with the day they signed up, has the same date twice or no regular ones, and is none.

The season follows from the frequency (hourly 24, daily 7, business days 5, weekly 52, monthly 12, quarterly 4 steps)
and is confirmed where the target, its moving average over one season taken away, correlates with itself one season
before by 0.2 or more, and more than half a season before.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from sakon.lazy import pd

ON_GRID = 0.99
FEWEST_FILLED = 0.75
FEWEST_MOMENTS = 40
FEWEST_WHOLE = 0.25
MOST_FORECASTS = 4000
REGULAR_SERIES = 0.8
LOOKED_AT = 30
WEAKEST_SEASON = 0.2
CALENDAR = (("Y", "YS", "YE", "year"), ("Q", "QS", "QE", "quarter"), ("M", "MS", "ME", "month"))
STEPS = {"W": "week", "D": "day", "B": "business day", "h": "hour", "min": "minute", "s": "second"}
SEASONS = {"QS": 4, "QE": 4, "MS": 12, "ME": 12, "W": 52, "D": 7, "B": 5, "h": 24}
WINDOWS = {"YS": (3, 10), "YE": (3, 10), "QS": (4, 16), "QE": (4, 16), "MS": (12, 36), "ME": (12, 36), "W": (8, 52)}
WINDOWS |= {"D": (14, 56), "B": (10, 60), "h": (24, 168)}


@dataclass(frozen=True)
class Frequency:
    """The steps in which moments follow each other.

    Attributes:
        alias: As pandas calls it.
        every: In words.
        missing: Points of the grid that are not there; of a series, also those without a target.
    """

    alias: str
    every: str
    missing: int

    @property
    def unit(self) -> str:
        """The alias without the day a week ends on."""
        return self.alias.split("-")[0]

    @property
    def steps_per_season(self) -> int | None:
        """Steps of the season that is usual at this frequency, or `None`."""
        if self.unit in SEASONS:
            return SEASONS[self.unit]
        if self.unit.endswith("min"):
            return 24 * 60 // int(self.unit.removesuffix("min") or 1)
        return None


@dataclass(frozen=True)
class Series:
    """A time series found in a table.

    Attributes:
        time: Column of the moments.
        panel: Column that names the series, or `None` for a single one.
        count: Number of series.
        length: Moments of the longest series.
        rows: Moments of all series.
        observed: Share of the points of the grid at which the target is known.
        frequency: Its steps.
        season: Steps of the confirmed season, or `None`.
        correlation: Of the target with itself one usual season before, or `None`.
    """

    time: str
    panel: str | None
    count: int
    length: int
    rows: int
    observed: float
    frequency: Frequency
    season: int | None
    correlation: float | None

    @property
    def windows(self) -> tuple[int, int]:
        """Steps ahead to forecast and steps back to read, sized to the length and the gaps.

        All steps of a forecast must have been observed: were gaps at random, a quarter of the forecasts would be left.
        """
        horizon, lookback = WINDOWS.get(self.frequency.unit, (12, 96))
        if self.observed < 1:
            horizon = min(horizon, int(np.log(FEWEST_WHOLE) / np.log(self.observed)))
        return max(1, min(horizon, self.length // 8)), max(2, min(lookback, self.length // 3))

    @property
    def stride(self) -> int:
        """Steps from one forecast to the next, so that models see a few thousand, at every step of the season."""
        usual = self.frequency.steps_per_season or 1
        stride = -(-self.rows // MOST_FORECASTS)
        return next(each for each in itertools.count(stride) if math.gcd(each, usual) == 1)

    @property
    def is_cut_by_gaps(self) -> bool:
        """Whether the steps ahead are fewer than without gaps."""
        return self.windows[0] < replace(self, observed=1.0).windows[0]


def find(table: pd.DataFrame, target: str, times: dict[str, pd.Series], panels: Iterable[str]) -> Series | None:
    """Find the series of a table, or `None` if it has none.

    Args:
        table: The raw table.
        target: The column to predict.
        times: Columns of dates, typed.
        panels: Columns that may name the series of a panel.
    """
    values = table[target]
    if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values) or values.nunique() <= 2:
        return None
    for name, moments in times.items():
        if moments.isna().any():
            continue
        if not moments.duplicated().any():
            frequency = frequency_of(moments)
            if frequency is not None and len(moments) >= FEWEST_MOMENTS:
                season, correlation = _season([values.to_numpy(float)[np.argsort(moments)]], frequency)
                frequency, observed = _with_gaps(frequency, values, [moments])
                return Series(name, None, 1, len(moments), len(moments), observed, frequency, season, correlation)
            continue
        for panel in sorted(panels, key=lambda column: table[column].nunique()):
            found = _panel(table, target, name, moments, panel)
            if found is not None:
                return found
    return None


def regular(times: dict[str, pd.Series]) -> str | None:
    """Return the first column of regular moments, each once, whatever the target; or `None`."""
    for name, moments in times.items():
        if len(moments) >= FEWEST_MOMENTS and moments.notna().all() and frequency_of(moments) is not None:
            return name
    return None


def _panel(table: pd.DataFrame, target: str, time: str, moments: pd.Series, panel: str) -> Series | None:
    names = table[panel]
    if names.isna().any() or names.nunique() < 2 or pd.DataFrame({"n": names, "t": moments}).duplicated().any():
        return None
    groups = sorted(moments.groupby(names).groups.values(), key=len, reverse=True)
    regular = [frequency_of(moments.loc[rows]) for rows in groups[:LOOKED_AT] if len(rows) >= FEWEST_MOMENTS]
    aliases = {frequency.unit for frequency in regular if frequency is not None}
    if len(aliases) != 1 or len(regular) < REGULAR_SERIES * min(len(groups), LOOKED_AT) or None in regular:
        return None
    frequency = next(each for each in regular if each is not None)
    values = [table[target].loc[moments.loc[rows].sort_values().index].to_numpy(float) for rows in groups[:LOOKED_AT]]
    season, correlation = _season(values, frequency)
    frequency, observed = _with_gaps(frequency, table[target], [moments.loc[rows] for rows in groups])
    return Series(time, panel, len(groups), len(groups[0]), len(table), observed, frequency, season, correlation)


def _with_gaps(frequency: Frequency, values: pd.Series, series: list[pd.Series]) -> tuple[Frequency, float]:
    """Return a frequency that counts the gaps between the first and last target of every series, and what is observed.

    Moments without a target are gaps too.
    """
    seen = [known for each in series if len(known := each[values.loc[each.index].notna()])]
    points = sum(max(len(pd.date_range(each.min(), each.max(), freq=frequency.alias)), len(each)) for each in seen)
    observed = sum(map(len, seen))
    return replace(frequency, missing=points - observed), observed / points


def frequency_of(moments: pd.Series) -> Frequency | None:
    """Return the steps of moments that are all different, or `None` if they are not regular."""
    index = pd.DatetimeIndex(moments).sort_values()
    if len(index) < 3 or index.has_duplicates:
        return None
    return _by_calendar(index) or _business_days(index) or _by_equal_steps(index)


def _by_calendar(index: pd.DatetimeIndex) -> Frequency | None:
    for unit, start, end, every in CALENDAR:
        periods = index.to_period(unit)
        span = int((periods[-1] - periods[0]).n) + 1
        offset = (index.normalize() - periods.start_time).days
        at_end = index.normalize() == periods.end_time.normalize()
        same_day = len(set(offset)) == 1
        if not periods.has_duplicates and len(index) >= FEWEST_FILLED * span and (same_day or at_end.all()):
            return Frequency(start if same_day else end, every, span - len(index))
    return None


def _business_days(index: pd.DatetimeIndex) -> Frequency | None:
    if (index != index.normalize()).any() or (index.dayofweek > 4).any():
        return None
    span = int(np.busday_count(index[0].date(), index[-1].date())) + 1
    return Frequency("B", STEPS["B"], span - len(index)) if len(index) >= FEWEST_FILLED * span else None


def _by_equal_steps(index: pd.DatetimeIndex) -> Frequency | None:
    values = index.to_numpy().astype("datetime64[s]").astype(np.int64)
    sizes, counts = np.unique(np.diff(values), return_counts=True)
    step = int(sizes[counts.argmax()])
    if step == 0:
        return None
    span = int((values[-1] - values[0]) // step) + 1
    on_grid = float(((values - values[0]) % step == 0).mean())
    if on_grid < ON_GRID or len(index) < FEWEST_FILLED * span:
        return None
    alias, every = _named(step, index[0])
    return Frequency(alias, every, max(0, span - len(index)))


def _named(step: int, first: pd.Timestamp) -> tuple[str, str]:
    if step % (7 * 86400) == 0 and step == 7 * 86400:
        return f"W-{first.day_name()[:3].upper()}", "week"
    for seconds, alias in ((86400, "D"), (3600, "h"), (60, "min"), (1, "s")):
        if step % seconds == 0:
            times = step // seconds
            return (
                f"{'' if times == 1 else times}{alias}",
                f"{'' if times == 1 else f'{times} '}{STEPS[alias]}{'s' if times > 1 else ''}",
            )
    raise ValueError(f"expected a step of whole seconds, found {step}")


def _season(series: list[np.ndarray], frequency: Frequency) -> tuple[int | None, float | None]:
    steps = frequency.steps_per_season
    if steps is None:
        return None, None
    found = [pair for values in series if len(values) >= 3 * steps and (pair := _correlations(values, steps))]
    if not found:
        return None, None
    whole, half = np.mean(found, axis=0)
    return (steps if whole >= WEAKEST_SEASON and whole > half else None), float(whole)


def _correlations(values: np.ndarray, steps: int) -> tuple[float, float] | None:
    """Return the correlation with one season and with half a season before, the trend taken away."""
    column = pd.Series(values).interpolate(limit_direction="both")
    level = column.rolling(steps, center=True, min_periods=steps // 2).mean()
    rest = column - level
    if not rest.std() > 0:
        return None
    return float(rest.autocorr(steps)), float(rest.autocorr(max(1, steps // 2)))
