"""Numbers and days that may stand for missing values, such as -999: they repeat, outside of all others of a column.

A number may be one if it is written as people write such codes (nines, eights, sevens, or a negative digit) or is a
limit of a number type, and if its distance from the other numbers is more than their range. A single negative code also
counts if all other numbers are not negative, and at least ten different ones. Days are 9999-12-31, 1900-01-01 and the
like, at least a year from all others. Nothing is changed: the profile counts them, so that the user decides.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from sakon.lazy import pd
from sakon.problem import DataProfile, MissingCode
from sakon.wording import pluralise

CODE = re.compile(r"-?(9+[6-9]|9{2,}|8{2,}|7{2,})(\.9+)?|-[1-9]|-?9\.9+")
LIMITS = (
    *(2.0**15, 2.0**15 - 1, 2.0**16 - 1, 2.0**31, 2.0**31 - 1, 2.0**32 - 1, 2.0**63),
    *(1e20, 1e30, 9.96921e36, 3.402823e38),
)
"""Sizes of the limits of number types, and of the fill values of NetCDF and of rasters."""
LIMIT_TOLERANCE = 1e-6
MAX_CODES = 5
"""Codes at each end of a column; surveys have several, such as -9 for refused and -8 for unknown."""
MIN_ROWS = 2
MIN_NUMBERS = 10
DAYS = {
    *("0001-01-01", "1753-01-01", "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01"),
    *("2099-12-31", "2199-12-31", "2262-04-11", "2999-12-31", "3000-01-01", "4000-01-01", "9999-01-01", "9999-12-31"),
}
"""First and last days of calendars, databases and programs."""
MIN_DISTANCE = timedelta(days=365)
MAX_COLUMNS_IN_MESSAGES = 6


def find_missing_codes(column: pd.Series) -> tuple[MissingCode, ...]:
    """Return the numbers of a column that may stand for missing values, in ascending order.

    Args:
        column: Numbers and missing values.
    """
    counts = column.dropna().value_counts().sort_index()
    values = counts.index.to_numpy(float)
    low, high = _count_codes(counts), _count_codes(counts[::-1])
    low_codes, others, high_codes = values[:low], values[low : len(values) - high], values[len(values) - high :]
    if len(others) < 2:
        return ()
    lowest, highest = float(others[0]), float(others[-1])
    is_single_negative = low == 1 and lowest >= 0 and len(others) >= MIN_NUMBERS
    codes: list[float] = []
    for value in [*map(float, low_codes[::-1]), *map(float, high_codes)]:  # from the inside
        is_far = max(lowest - value, value - highest) > highest - lowest
        if counts[value] >= MIN_ROWS and (is_far or (value < 0 and is_single_negative)):
            codes.append(value)
        else:
            lowest, highest = min(lowest, value), max(highest, value)
    rows = {value: int(counts[value]) for value in codes}
    return tuple(MissingCode(value=each, rows=rows[each], lowest=lowest, highest=highest) for each in sorted(codes))


def find_missing_days(column: pd.Series) -> tuple[MissingCode, ...]:
    """Return the days of a column that may stand for missing values, in ascending order.

    Args:
        column: Timestamps without time zone, and missing values.
    """
    days = column.dropna().dt.normalize()
    texts = days.dt.strftime("%Y-%m-%d").str.zfill(len("2024-01-01"))
    others = days[~texts.isin(DAYS)]
    if others.nunique() < 2:
        return ()
    lowest, highest = others.min(), others.max()
    is_far = (days < lowest - MIN_DISTANCE) | (days > highest + MIN_DISTANCE)
    counts = texts[is_far].value_counts().sort_index()
    ends = {"lowest": f"{lowest:%Y-%m-%d}", "highest": f"{highest:%Y-%m-%d}"}
    return tuple(
        MissingCode(value=str(day), rows=int(rows), **ends) for day, rows in counts.items() if rows >= MIN_ROWS
    )


def _count_codes(counts: pd.Series) -> int:
    """Return how many numbers at the beginning may be codes, up to the last one that repeats; at most `MAX_CODES`."""
    last = 0
    first = counts.head(MAX_CODES)
    for number, (value, rows) in enumerate(zip(first.index.to_numpy(float), first, strict=True), 1):
        if not _is_code(value):
            break
        last = number if rows >= MIN_ROWS else last
    return last


def _is_code(value: float) -> bool:
    is_limit = any(abs(abs(value) - limit) <= LIMIT_TOLERANCE * limit for limit in LIMITS)
    return is_limit or bool(CODE.fullmatch(f"{value:.7g}"))


def describe_missing_codes(profile: DataProfile) -> Iterator[str]:
    """Yield a sentence for every column with values that may stand for missing ones, and how to declare them."""
    columns = list(profile.missing_codes.items())
    for name, codes in columns[:MAX_COLUMNS_IN_MESSAGES]:
        yield _describe(name, codes)
    if rest := columns[MAX_COLUMNS_IN_MESSAGES:]:
        yield f"{len(rest):,} more {pluralise('column', len(rest))} have such values."


def _describe(name: str, codes: Sequence[MissingCode]) -> str:
    rows = " and ".join(f"{_format(code.value)} in {code.rows:,} {pluralise('row', code.rows)}" for code in codes)
    values = ", ".join(_write(code.value) for code in codes)
    ends = f"{_format(codes[0].lowest)} to {_format(codes[0].highest)}"
    stands = "it stands" if len(codes) == 1 else "they stand"
    column = json.dumps(name, ensure_ascii=False)
    return (
        f"'{name}' has {rows}, outside of its other values ({ends}); if {stands} for a missing value, add "
        f"{column}: [{values}] to problem.options.missing."
    )


def _format(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _write(value: float | str) -> str:
    """Return a value as it is written in a configuration; of a fraction that is a float32, the digits of that."""
    if isinstance(value, str):
        return json.dumps(value)
    is_single = value % 1 != 0 and float(np.float32(value)) == value
    return str(np.float32(value)) if is_single else f"{value:.15g}"
