"""Detects columns of dates and the format of the dates.

A column holds dates if every value is a timestamp of one format; see `sakon.records.timestamps`. Whole numbers such as
20240131 or 2024013123 are dates only in a column whose name suggests dates; years and Unix times are dates only of a
time series, see `sakon.onboarding.regular_series`.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from sakon.lazy import pd
from sakon.records import date_numbers
from sakon.records.date_texts import (
    FORMATS,
    ISO,
    ISO_DATE,
    SAMPLE_ROWS,
    best_format,
    may_be_date,
    parse_texts,
)
from sakon.records.period_texts import PATTERNS, describe_periods, parse_periods
from sakon.records.raw_summary import DateColumn
from sakon.records.time_zones import split_offsets
from sakon.records.timestamps import Timestamps, detect_timestamps

__all__ = ["FORMATS", "ISO", "are_dates", "detect_dates"]

DATE_NAME = re.compile(r"date|day|dat\b|datum|time|timestamp|moment", re.IGNORECASE)
MAJORITY = 0.5
SERIAL_DAYS, EXCEL_EPOCH = (20_000, 60_000), datetime(1899, 12, 30)
"""Days of Excel from 1954 to 2064, and its day 0."""
DAYS = set(date_numbers.CALENDAR) - {date_numbers.YEAR, date_numbers.MONTH}


def detect_dates(column: pd.Series, name: str) -> DateColumn | None:
    """Return the dates of a column, or `None` if it does not hold dates."""
    is_number = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column)
    if is_number and not (DATE_NAME.search(name) and date_numbers.detect_notation(column) in DAYS):
        return None
    timestamps = detect_timestamps(column)
    if timestamps is None:
        return None
    # The catalog can declare only `strftime` formats; offsets and periods are read by the kind.
    is_period = timestamps.format in PATTERNS
    is_declared = not is_period and not (timestamps.offsets and timestamps.format != ISO)
    is_declared = is_declared and len(timestamps.offsets) <= 1
    # Without a missing value, a column of floats is written as 20240131.0, which fits no format of text.
    is_declared = is_declared and not (pd.api.types.is_float_dtype(column) and column.notna().all())
    date_format = timestamps.format if is_declared else None
    assumption = _describe(column, timestamps) if is_period else ""
    return DateColumn(timestamps.values, date_format, timestamps.other_format, len(timestamps.offsets) > 1, assumption)


def _describe(column: pd.Series, timestamps: Timestamps) -> str:
    """Return how a column of periods is read."""
    first = timestamps.values.dropna().index[0]
    return describe_periods(str(timestamps.format), str(column[first]).strip(), timestamps.values[first])


def describe_serial_days(table: pd.DataFrame) -> list[str]:
    """Return a sentence without full stop for every column of a name of dates whose numbers may be Excel's days.

    Args:
        table: Columns that are no dates.
    """
    sentences = []
    for name in (name for name in table if DATE_NAME.search(str(name)) and table[name].dtype.kind in "iuf"):
        numbers = table[name].dropna()
        if numbers.nunique() > 1 and numbers.between(*SERIAL_DAYS).all():
            day = EXCEL_EPOCH + timedelta(days=float(numbers.iloc[0]))
            sentences.append(
                f"'{name}' is read as numbers; if they are days as Excel counts them, in which {numbers.iloc[0]:g} is "
                f"{day:%Y-%m-%d}, store them as dates"
            )
    return sentences


def are_dates(texts: pd.Series) -> pd.Series:
    """Return of every text whether it is a date in the most frequent format of the column, or such a period."""
    periods = max((parse_periods(texts, name).notna() for name in PATTERNS), key=lambda each: each.sum())
    if periods.mean() > MAJORITY:
        return periods
    local, _ = split_offsets(texts)
    iso = local.map(lambda text: bool(ISO_DATE.fullmatch(text)))
    candidates = local.map(may_be_date)
    if iso.mean() > MAJORITY or candidates.mean() <= MAJORITY:
        return iso
    return parse_texts(local, best_format(local[candidates].head(SAMPLE_ROWS))).notna()
