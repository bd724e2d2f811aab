"""Frequency of timestamps, and the seasonal period that a frequency implies."""

from __future__ import annotations

from sakon.lazy import pd

SEASONAL_PERIODS = {"s": 60, "min": 60, "h": 24, "D": 7, "B": 5, "W": 52, "MS": 12, "ME": 12, "QS": 4, "QE": 4}
"""Steps of one season by pandas alias: a minute of seconds, a day of hours, a week of days, a year of months."""
CALENDAR_STEPS = (("YS", 365.0, 366.0), ("QS", 90.0, 92.0), ("MS", 28.0, 31.0))
"""Aliases of steps that differ in length, with the shortest and the longest step in days."""
MINUTES_PER_DAY = 1440


def infer_frequency(timestamps: pd.Series) -> str | None:
    """Return the frequency of timestamps as a pandas alias, or `None` if they are irregular.

    Args:
        timestamps: Timestamps of one series, sorted and unique; gaps are allowed.
    """
    if len(timestamps) < 3:
        return None
    regular = pd.infer_freq(timestamps)
    if regular is not None:
        return str(regular)
    steps = timestamps.diff().dropna()
    step = steps.mode().iloc[0]
    days = step / pd.Timedelta(days=1)
    for alias, shortest, longest in CALENDAR_STEPS:
        if shortest <= days <= longest:
            month_ends = bool(timestamps.dt.is_month_end.all()) and not bool(timestamps.dt.is_month_start.all())
            return alias.replace("S", "E") if month_ends else alias
    if days == 1 and not bool((timestamps.dt.dayofweek > 4).any()):
        return "B"
    is_multiple = (steps % step == pd.Timedelta(0)).all()
    if days == 7:
        return f"W-{timestamps.iloc[0].strftime('%a').upper()}" if is_multiple else None
    if not is_multiple:
        return None
    return f"{days:.0f}D" if days.is_integer() else str(pd.tseries.frequencies.to_offset(step).freqstr)


def seasonal_period(frequency: str) -> int:
    """Return the number of steps in one season at a frequency, 1 if the frequency implies no season.

    Args:
        frequency: A pandas alias such as `h`, `15min` or `W-SUN`.
    """
    offset = pd.tseries.frequencies.to_offset(frequency)
    unit = str(offset.name).split("-")[0]
    if unit == "min" and offset.n > 1 and MINUTES_PER_DAY % offset.n == 0:
        return int(MINUTES_PER_DAY // offset.n)
    return max(1, SEASONAL_PERIODS.get(unit, 1) // offset.n)
