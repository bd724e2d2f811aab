"""Frequency of timestamps, its grid, and the seasonal period that it implies.

A frequency is a pandas alias, such as `h`, `W-SUN`, `BME` or `QE-OCT`. Pandas has none for a fixed day of the month, so
days may be added to the start of a month, quarter or year: `MS+14D` is the 15th of every month, `QS-JAN+30D` the 31st
of January, April, July and October, or the last day of the month if it is shorter.

Steps shorter than a day have the same duration in absolute time. Others are steps of the calendar: in a time zone they
are at the same local time, so that a day may have 23 or 25 hours.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sakon.lazy import pd
from sakon.records.time_zones import UTC, local_time, localize_grid

if TYPE_CHECKING:
    from pandas.tseries.offsets import BaseOffset

SEASONAL_PERIODS = {
    "s": 60,
    "min": 60,
    "h": 24,
    "D": 7,
    "B": 5,
    "W": 52,
    "SM": 24,
    "MS": 12,
    "ME": 12,
    "QS": 4,
    "QE": 4,
}
"""Steps of one season by pandas alias: a minute of seconds, a day of hours, a week of days, a year of months."""
MINUTES_PER_DAY = 1440
UNITS = {"WOM": "MS", "LWOM": "MS", "SMS": "SM", "SME": "SM"}
UNITS |= {f"B{period}{end}": f"{period}{end}" for period in "MQY" for end in "SE"}
"""Units of frequencies that differ from another one only by the day in the period."""
STEP_NAMES = {"YS": "year", "YE": "year", "QS": "quarter", "QE": "quarter", "MS": "month", "ME": "month", "W": "week"}
STEP_NAMES |= {"D": "day", "B": "business day", "h": "hour", "min": "minute", "s": "second", "SM": "half month"}
BUSINESS_DAYS = {"S": "first business day", "E": "last business day"}
FIXED_DAY = re.compile(r"(?P<alias>\d*(MS|[QY]S(-[A-Z]{3})?))\+(?P<days>\d{1,2})D")
MAX_DAYS = 30
MAX_STEPS_PER_TIMESTAMP = 4


@dataclass(frozen=True)
class Frequency:
    """A frequency.

    Attributes:
        offset: The pandas offset of one step.
        days: Days after the start of a month, quarter or year; the last day of the month if it is shorter.
    """

    offset: BaseOffset
    days: int = 0

    @classmethod
    def parse(cls, alias: str) -> Frequency:
        """Return the frequency of an alias.

        Raises:
            ValueError: If it is none.
        """
        fixed_day = FIXED_DAY.fullmatch(alias)
        if fixed_day is None:
            return cls(pd.tseries.frequencies.to_offset(alias))
        days = int(fixed_day["days"])
        if days > MAX_DAYS:
            raise ValueError(f"expected at most {MAX_DAYS} days after the start of a month, found {days}")
        return cls(pd.tseries.frequencies.to_offset(fixed_day["alias"]), days)

    @property
    def alias(self) -> str:
        """The frequency as text."""
        return f"{self.offset.freqstr}+{self.days}D" if self.days else str(self.offset.freqstr)

    @property
    def is_absolute(self) -> bool:
        """Whether every step has the same duration in absolute time."""
        return isinstance(self.offset, pd.offsets.Tick)

    @property
    def duration(self) -> pd.Timedelta:
        """Duration of a step in absolute time.

        Raises:
            ValueError: If it is not always the same.
        """
        return pd.Timedelta(self.offset.nanos, unit="ns")

    @property
    def unit(self) -> str:
        """The unit without multiple, anchor and day in the period: `min` of `15min`, `W` of `W-SUN`, `MS` of `BMS`."""
        if self._whole_days:
            return "D"
        code = str(self.offset.rule_code).split("-")[0]
        return UNITS.get(code, code)

    @property
    def count(self) -> int:
        """Units of one step."""
        return self._whole_days or int(self.offset.n)

    @property
    def _whole_days(self) -> int:
        """Days of one step of 24 hours, 48 hours …, otherwise 0."""
        if not self.is_absolute or self.duration % pd.Timedelta(days=1):
            return 0
        return int(self.duration // pd.Timedelta(days=1))

    def grid(self, timestamps: pd.Series) -> pd.DatetimeIndex:
        """Return all steps from the first to the last of some timestamps, in their time zone.

        Args:
            timestamps: Timestamps of one series.
        """
        first, last = timestamps.min(), timestamps.max()
        return self._localize(timestamps, self._range(timestamps, start=first, end=last))

    def ending(self, timestamps: pd.Series, steps: int) -> pd.DatetimeIndex:
        """Return a number of steps up to the last one of some timestamps."""
        return self._localize(timestamps, self._range(timestamps, end=timestamps.max(), periods=steps))

    def following(self, timestamps: pd.Series, steps: int) -> pd.DatetimeIndex:
        """Return a number of steps after the last one of some timestamps."""
        steps_from_last = self._range(timestamps, start=timestamps.max(), periods=steps + 1)
        index = self._localize(timestamps, steps_from_last)
        following: pd.DatetimeIndex = index[index > timestamps.max()][:steps]
        return following

    def _range(self, timestamps: pd.Series, **limits: Any) -> pd.DatetimeIndex:
        """Return the steps between limits: in UTC if they are absolute, otherwise in local time."""
        zone = timestamps.dt.tz
        ends = {name: value for name, value in limits.items() if isinstance(value, pd.Timestamp)}
        if self.is_absolute:
            ends = {name: value if zone is None else value.tz_convert(UTC) for name, value in ends.items()}
            return pd.date_range(**limits | ends, freq=self.offset, unit="us")
        time_of_day = _time_of_day(timestamps)
        days = {name: value.tz_localize(None).normalize() for name, value in ends.items()}
        if not self.days:
            return pd.date_range(**limits | days, freq=self.offset, unit="us") + time_of_day
        starts = {name: day.replace(day=1) for name, day in days.items()}
        periods = pd.date_range(**limits | starts, freq=self.offset, unit="us")
        return periods + pd.to_timedelta(np.minimum(self.days, periods.days_in_month - 1), unit="D") + time_of_day

    def _localize(self, timestamps: pd.Series, steps: pd.DatetimeIndex) -> pd.DatetimeIndex:
        zone = timestamps.dt.tz
        if steps.tz is not None:
            return steps.tz_convert(zone)
        return localize_grid(steps, zone, timestamps)


def _time_of_day(timestamps: pd.Series) -> pd.Timedelta:
    """Return the most frequent local time of day: on the day that clocks are changed, it may differ."""
    local = local_time(timestamps)
    times: pd.Series = local - local.dt.normalize()
    most_frequent: pd.Timedelta = times.mode().iloc[0]
    return most_frequent


def count_steps(first: pd.Timestamp, last: pd.Timestamp, frequency: str) -> int:
    """Return the number of timestamps of a frequency from the first to the last, both included."""
    parsed = Frequency.parse(frequency)
    if parsed.is_absolute:  # of fixed length, and perhaps too many to list
        return int((last - first) // parsed.duration) + 1
    return len(parsed.grid(pd.Series([first, last])))


def off_grid_share(timestamps: pd.Series, frequency: str) -> float:
    """Return the share of timestamps that are not a whole number of steps after the first one, in [0, 1].

    Args:
        timestamps: Timestamps of one series, sorted.
        frequency: A frequency.
    """
    return float(is_off_grid(timestamps, frequency).mean())


def series_grids(series: Sequence[pd.Series], frequency: str) -> list[pd.DatetimeIndex] | None:
    """Return the steps of every series from its first to its last timestamp.

    Args:
        series: Timestamps of each series.
        frequency: A frequency.

    Returns:
        `None` if a timestamp is between the steps of its series, or if most steps have no timestamp.
    """
    parsed = Frequency.parse(frequency)
    together = pd.Series(pd.concat(list(series)).unique()).sort_values(ignore_index=True)
    if (parsed.is_absolute or parsed.count == 1) and not _is_sparse([together], frequency):
        grid = parsed.grid(together)
        if together.isin(grid).all():  # one grid of all series: much faster than one per series
            limits = [grid.searchsorted(pd.DatetimeIndex([each.min(), each.max()])) for each in series]
            return [grid[first : last + 1] for first, last in limits]
    if _is_sparse(series, frequency):
        return None
    grids = [parsed.grid(each) for each in series]
    return grids if all(each.isin(grid).all() for each, grid in zip(series, grids, strict=True)) else None


def _is_sparse(series: Sequence[pd.Series], frequency: str) -> bool:
    steps = sum(count_steps(each.min(), each.max(), frequency) for each in series)
    return steps > MAX_STEPS_PER_TIMESTAMP * sum(map(len, series))


def is_off_grid(timestamps: pd.Series, frequency: str) -> np.ndarray:
    """Return which timestamps are not a whole number of steps after the first one, (timestamps,), bool."""
    parsed = Frequency.parse(frequency)
    if parsed.is_absolute:
        return np.asarray((timestamps - timestamps.iloc[0]) % parsed.duration != pd.Timedelta(0))
    return np.asarray(~timestamps.isin(parsed.grid(timestamps)))


def is_frequency(alias: str) -> bool:
    """Return whether a text is a frequency."""
    try:
        Frequency.parse(alias)
    except ValueError:
        return False
    return True


def describe_frequency(frequency: str) -> str:
    """Return a frequency in words, such as `hour` or `15 minutes`; unusual ones with their alias."""
    parsed = Frequency.parse(frequency)
    name = STEP_NAMES.get(parsed.unit)
    if name is None:
        return f"step of '{frequency}'"
    words = name if parsed.count == 1 else f"{parsed.count} {name}s"
    code = str(parsed.offset.rule_code).split("-")[0]
    if parsed.days:
        return f"{words} (on day {parsed.days + 1} of the month)"
    if code in ("WOM", "LWOM"):
        return f"{words} ({frequency})"
    return f"{words} ({BUSINESS_DAYS[code[-1]]})" if code.startswith("B") and code != "B" else words


def seasonal_period(frequency: str) -> int:
    """Return the number of steps in one season at a frequency, 1 if the frequency implies no season.

    Args:
        frequency: A frequency such as `h`, `15min` or `W-SUN`.
    """
    parsed = Frequency.parse(frequency)
    if parsed.unit == "min" and parsed.count > 1 and MINUTES_PER_DAY % parsed.count == 0:
        return int(MINUTES_PER_DAY // parsed.count)
    return max(1, SEASONAL_PERIODS.get(parsed.unit, 1) // parsed.count)
