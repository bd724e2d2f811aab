"""Infers the frequency of timestamps: the coarsest one on whose grid all of them are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from sakon.lazy import pd
from sakon.records.frequency import Frequency, count_steps, is_off_grid, off_grid_share
from sakon.records.time_zones import local_time

MAX_STEP = timedelta(days=36_525)
"""A century: pandas has no offset of fixed length beyond 292 years."""
MAX_OFF_GRID = 0.01
MIN_FILLED = 0.75
"""Share of the steps of a frequency that must be present for timestamps to count as regular."""
MIN_TIME_OF_DAY = 0.5
"""Share of the timestamps at the most frequent time of day, above which steps of the calendar are tried."""
MAX_SEMI_MONTH_DAY = 27
"""Last day of the month that pandas allows for the middle of a month."""


def infer_frequency(timestamps: pd.Series) -> str | None:
    """Return the coarsest frequency on whose grid all timestamps are, or `None` if they are irregular.

    Args:
        timestamps: Timestamps of one series, sorted and unique; gaps are allowed.
    """
    if len(timestamps) < 3:
        return None
    return next((alias for alias in _candidates(timestamps) if off_grid_share(timestamps, alias) == 0), None)


def regular_frequency(timestamps: pd.Series, min_count: int) -> str | None:
    """Return the frequency of regular timestamps, otherwise `None`: too few, repeated, irregular, or with many gaps.

    Args:
        timestamps: Timestamps of one series, in any order.
        min_count: Number of timestamps from which on they count as regular.
    """
    if len(timestamps) < min_count or timestamps.duplicated().any():
        return None
    timestamps = timestamps.sort_values(ignore_index=True)
    frequency = infer_frequency(timestamps)
    if frequency is None:
        return None
    steps = count_steps(timestamps.iloc[0], timestamps.iloc[-1], frequency)
    return frequency if len(timestamps) >= MIN_FILLED * steps else None


def off_grid_timestamps(timestamps: pd.Series) -> tuple[str, pd.Series] | None:
    """Return the frequency that nearly all of some timestamps have, and those that are between its steps.

    Args:
        timestamps: Timestamps of one series, sorted and unique.

    Returns:
        `None` if more than 1% are between the steps of every frequency, or none are.
    """
    if len(timestamps) < 3:
        return None
    for alias in _candidates(timestamps):
        is_off = is_off_grid(timestamps, alias)
        if 0 < is_off.mean() <= MAX_OFF_GRID:
            return alias, timestamps[is_off]
    return None


def _candidates(timestamps: pd.Series) -> Iterator[str]:
    """Yield frequencies that timestamps may have, the coarsest first."""
    local = local_time(timestamps)
    days = pd.DatetimeIndex(local.dt.normalize())
    if (local - local.dt.normalize()).value_counts(normalize=True).iloc[0] > MIN_TIME_OF_DAY:
        yield from _month_candidates(days)
        yield from _day_candidates(days)
    step = timestamps.diff().dropna().mode().iloc[0]
    if step > MAX_STEP:
        return
    for unit in ("h", "min", "s", "ms", "us"):
        length = pd.Timedelta(1, unit=unit)
        if step % length == pd.Timedelta(0):
            yield Frequency.parse(f"{step // length}{unit}").alias
            return


def _month_candidates(days: pd.DatetimeIndex) -> Iterator[str]:
    """Yield frequencies of months, quarters and years, by the days in the month; then of half months."""
    months = np.asarray(days.year * 12 + days.month - 1)
    length = int(np.gcd.reduce(np.diff(months)))
    dates, last = np.asarray(days.day), np.asarray(days.days_in_month)
    if length == 0 or (np.diff(months) == 0).any():
        others = sorted({*dates.tolist()} - {1})
        middle = np.unique(dates[dates < last]).tolist()
        yield from (f"SMS-{day}" for day in others if len(others) == 1 and day <= MAX_SEMI_MONTH_DAY)
        yield from (f"SME-{day}" for day in middle if len(middle) == 1 and day <= MAX_SEMI_MONTH_DAY)
        return
    starts, ends = _period_aliases(length, int(months[0]) % 12)
    if (dates == 1).all():
        yield starts
    elif (dates == last).all():
        yield ends
    elif (dates == np.minimum(dates.max(), last)).all():
        yield f"{starts}+{dates.max() - 1}D"
    yield from (_on_business_day(starts), _on_business_day(ends))
    weekdays, weeks = np.unique(days.strftime("%a").str.upper()), (dates - 1) // 7 + 1
    if len(weekdays) == 1:
        multiple = str(length) if length > 1 else ""
        yield from (f"{multiple}WOM-{week}{weekdays[0]}" for week in np.unique(weeks[weeks < 5])[:1])
        yield f"{multiple}LWOM-{weekdays[0]}"


def _period_aliases(months: int, month: int) -> tuple[str, str]:
    """Return the frequencies of the first and of the last day of periods.

    Args:
        months: Length of a period.
        month: Month of the timestamps, 0 for January.
    """
    names = [pd.Timestamp(2000, number + 1, 1).strftime("%b").upper() for number in range(12)]
    if months % 12 == 0:
        count, start, end = months // 12, f"YS-{names[month]}", f"YE-{names[month]}"
    elif months % 3 == 0:
        count, start, end = months // 3, f"QS-{names[month % 3]}", f"QE-{names[9 + month % 3]}"
    else:
        count, start, end = months, "MS", "ME"
    multiple = str(count) if count > 1 else ""
    return f"{multiple}{start}", f"{multiple}{end}"


def _on_business_day(alias: str) -> str:
    return re.sub(r"([MQY][SE])", r"B\1", alias, count=1)


def _day_candidates(days: pd.DatetimeIndex) -> Iterator[str]:
    steps = days.to_series().diff().dropna().dt.days
    step = int(steps.mode().iloc[0])
    if step == 0 or step > MAX_STEP.days:
        return
    if step % 7 == 0:
        multiple = str(step // 7) if step > 7 else ""
        yield f"{multiple}W-{days[0].strftime('%a').upper()}"
    if step == 1 and not (days.dayofweek > 4).any():
        yield "B"
    yield "D" if step == 1 else f"{step}D"
