"""Frequency of timestamps, and the seasonal period that a frequency implies."""

from __future__ import annotations

import numpy as np

from sakon.lazy import pd

SEASONAL_PERIODS = {"s": 60, "min": 60, "h": 24, "D": 7, "B": 5, "W": 52, "MS": 12, "ME": 12, "QS": 4, "QE": 4}
"""Steps of one season by pandas alias: a minute of seconds, a day of hours, a week of days, a year of months."""
CALENDAR_STEPS = (("YS", 365.0, 366.0), ("QS", 90.0, 92.0), ("MS", 28.0, 31.0))
"""Aliases of steps that differ in length, with the shortest and the longest step in days."""
MINUTES_PER_DAY = 1440
STEP_NAMES = {"YS": "year", "YE": "year", "QS": "quarter", "QE": "quarter", "MS": "month", "ME": "month", "W": "week"}
STEP_NAMES |= {"D": "day", "B": "business day", "h": "hour", "min": "minute", "s": "second"}


def infer_frequency(timestamps: pd.Series, max_off_grid: float = 0.0) -> str | None:
    """Return the frequency of timestamps as a pandas alias, or `None` if they are irregular.

    Args:
        timestamps: Timestamps of one series, sorted and unique; gaps are allowed.
        max_off_grid: Share of the timestamps that may be between the steps, in [0, 1).
    """
    if len(timestamps) < 3:
        return None
    regular = pd.infer_freq(timestamps)
    if regular is not None:
        return str(regular)
    step = timestamps.diff().dropna().mode().iloc[0]
    days = step / pd.Timedelta(days=1)
    for alias, shortest, longest in CALENDAR_STEPS:
        if shortest <= days <= longest:
            month_ends = bool(timestamps.dt.is_month_end.all()) and not bool(timestamps.dt.is_month_start.all())
            return alias.replace("S", "E") if month_ends else alias
    if days == 1 and not bool((timestamps.dt.dayofweek > 4).any()):
        return "B"
    if float(_is_off_grid(timestamps, step).mean()) > max_off_grid:
        return None
    if days == 7:
        return f"W-{timestamps.iloc[0].strftime('%a').upper()}"
    return f"{days:.0f}D" if days.is_integer() else str(pd.tseries.frequencies.to_offset(step).freqstr)


def _is_off_grid(timestamps: pd.Series, step: pd.Timedelta) -> np.ndarray:
    """Return which timestamps are not a whole number of steps after the first, (timestamps,), bool."""
    return np.asarray((timestamps - timestamps.iloc[0]) % step != pd.Timedelta(0))


def count_steps(first: pd.Timestamp, last: pd.Timestamp, frequency: str) -> int:
    """Return the number of timestamps of a frequency from the first to the last, both included."""
    offset = pd.tseries.frequencies.to_offset(frequency)
    if isinstance(offset, pd.offsets.Tick):  # of fixed length, and perhaps too many to list
        return int((last - first) // pd.Timedelta(offset)) + 1
    return len(pd.date_range(first, last, freq=offset))


def off_grid_share(timestamps: pd.Series, frequency: str) -> float:
    """Return the share of sorted timestamps that are not a whole number of steps after the first one, in [0, 1]."""
    offset = pd.tseries.frequencies.to_offset(frequency)
    if isinstance(offset, pd.offsets.Tick):
        return float(_is_off_grid(timestamps, pd.Timedelta(offset)).mean())
    grid = pd.date_range(timestamps.iloc[0], timestamps.iloc[-1], freq=offset)
    return float((~timestamps.isin(grid)).mean())


def describe_frequency(frequency: str) -> str:
    """Return a frequency in words, such as `hour` or `15 minutes`; unusual ones by their pandas alias."""
    offset = pd.tseries.frequencies.to_offset(frequency)
    name = STEP_NAMES.get(frequency_unit(frequency))
    if name is None:
        return f"step of '{frequency}'"
    return name if offset.n == 1 else f"{offset.n} {name}s"


def frequency_unit(frequency: str) -> str:
    """Return the unit of a frequency without multiple and anchor: `min` of `15min`, `W` of `W-SUN`."""
    return str(pd.tseries.frequencies.to_offset(frequency).rule_code).split("-")[0]


def seasonal_period(frequency: str) -> int:
    """Return the number of steps in one season at a frequency, 1 if the frequency implies no season.

    Args:
        frequency: A pandas alias such as `h`, `15min` or `W-SUN`.
    """
    offset = pd.tseries.frequencies.to_offset(frequency)
    unit = frequency_unit(frequency)
    if unit == "min" and offset.n > 1 and MINUTES_PER_DAY % offset.n == 0:
        return int(MINUTES_PER_DAY // offset.n)
    return max(1, SEASONAL_PERIODS.get(unit, 1) // offset.n)
