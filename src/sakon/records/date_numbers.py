"""Whole numbers that are timestamps: years, months, days such as 20240131 or 2024031, also with a time, and Unix times.

The values alone tell which notation a column has: the first one in which all of them are timestamps. Unix times that
could all be hours such as 2024013123 do not occur in practice.
"""

from __future__ import annotations

import numpy as np

from sakon.lazy import pd

YEAR, MONTH, DAY = "%Y", "%Y%m", "%Y%m%d"
DAY_OF_YEAR, HOUR, MINUTE, SECOND = "%Y%j", "%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"
CALENDAR = {
    YEAR: (1500, 2200),
    MONTH: (150_001, 220_012),
    DAY: (15_000_101, 22_001_231),
    DAY_OF_YEAR: (1_500_001, 2_200_366),
    HOUR: (1_500_010_100, 2_200_123_123),
    MINUTE: (150_001_010_000, 220_012_312_359),
    SECOND: (15_000_101_000_000, 22_001_231_235_959),
}
UNIX = {"s": (10**8, 10**10), "ms": (10**11, 10**13), "us": (10**14, 10**16), "ns": (10**17, 9 * 10**18)}
"""Ranges of the notations, from and up to which number; Unix times by their unit, from 1973 on."""


def detect_notation(column: pd.Series) -> str | None:
    """Return the notation of numbers: a key of `CALENDAR`, or the unit of Unix times; `None` if it is another."""
    numbers = column.dropna()
    if numbers.empty or pd.api.types.is_bool_dtype(numbers) or not pd.api.types.is_numeric_dtype(numbers):
        return None
    low, high = float(numbers.min()), float(numbers.max())
    names = [name for name, (first, last) in (CALENDAR | UNIX).items() if first <= low and high <= last]
    if not names or not bool(np.equal(np.mod(numbers.to_numpy(float), 1), 0).all()):
        return None
    return next((name for name in names if parse_numbers(numbers, name).notna().all()), None)


def parse_numbers(column: pd.Series, notation: str) -> pd.Series:
    """Return numbers of a notation as timestamps; Unix times are in UTC. Missing where a number does not fit."""
    numbers = pd.to_numeric(column, errors="coerce")
    low, high = (CALENDAR | UNIX)[notation]
    whole = numbers.where((numbers >= low) & (numbers <= high) & (numbers % 1 == 0)).astype("Int64")
    if notation in UNIX:
        instants: pd.Series = pd.to_datetime(whole, unit=notation, utc=True)  # type: ignore[call-overload]
        return instants.astype("datetime64[us, UTC]")
    return pd.to_datetime(whole.astype("string"), format=notation, errors="coerce").astype("datetime64[us]")


def format_numbers(timestamps: pd.Series, notation: str) -> pd.Series:
    """Return timestamps as numbers of a notation: the inverse of `parse_numbers`."""
    if notation not in UNIX:
        calendar: pd.Series = timestamps.dt.strftime(notation).astype("int64")
        return calendar
    instants = timestamps.dt.tz_localize("UTC") if timestamps.dt.tz is None else timestamps
    numbers: pd.Series = instants.dt.as_unit(notation).astype("int64")
    return numbers
