"""Detects columns of dates and the format of the dates.

A column of text holds dates if every value is a date in the same format. If day and month could be exchanged in every
value, the format in which the column is sorted is taken, otherwise month/day/year, and the other one is reported.
Whole numbers such as 20240131 are dates only in a column whose name suggests dates.
"""

from __future__ import annotations

import re

from sakon.lazy import pd
from sakon.records.raw_summary import DateColumn

ISO = "ISO8601"
NUMERIC = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d")
TWO_DIGIT_YEAR = ("%m/%d/%y", "%d/%m/%y", "%d.%m.%y")
MONTH_NAME = ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%m.%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%YM%m")
DAYS = (*NUMERIC, *TWO_DIGIT_YEAR, *MONTH_NAME)
FORMATS = (*DAYS, *(f"{day} {time}" for day in DAYS for time in TIMES), *MONTHS)
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?|\d{8}T\d{4,6}Z?")
DIGIT_AND_SEPARATOR = re.compile(r"(?=.*\d)(?=.*[-/.: MT])")
DATE_NAME = re.compile(r"date|day|dat\b|datum|time|timestamp|moment", re.IGNORECASE)
MAX_LENGTH = 40
SAMPLE_ROWS = 500
MAJORITY = 0.5


def detect_dates(column: pd.Series, name: str) -> DateColumn | None:
    """Return the dates of a column, or `None` if it does not hold dates."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return DateColumn(column.dt.tz_localize(None) if getattr(column.dt, "tz", None) is not None else column)
    if pd.api.types.is_integer_dtype(column) and DATE_NAME.search(name):
        days = pd.to_datetime(column.astype(str), format="%Y%m%d", errors="coerce")
        in_range = column.between(19_000_101, 21_001_231).all()
        return DateColumn(days, "%Y%m%d") if in_range and days.notna().all() else None
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return None
    texts = column.dropna().astype(str).str.strip()
    if texts.empty or not texts.head(SAMPLE_ROWS).map(_may_be_date).all():
        return None
    return _parse_dates(column, texts)


def are_dates(texts: pd.Series) -> pd.Series:
    """Return of every text whether it is a date in the most frequent format of the column."""
    iso = texts.map(lambda text: bool(ISO_DATE.fullmatch(text)))
    candidates = texts.map(_may_be_date)
    if iso.mean() > MAJORITY or candidates.mean() <= MAJORITY:
        return iso
    sample = texts[candidates].head(SAMPLE_ROWS)
    best = max(FORMATS, key=lambda date_format: int(_parse(sample, date_format).notna().sum()))
    return _parse(texts, best).notna()


def _may_be_date(text: str) -> bool:
    return len(text) <= MAX_LENGTH and bool(DIGIT_AND_SEPARATOR.match(text))


def _parse_dates(column: pd.Series, texts: pd.Series) -> DateColumn | None:
    sample = texts.head(SAMPLE_ROWS)
    if sample.map(lambda text: bool(ISO_DATE.fullmatch(text))).all():
        values = pd.to_datetime(texts, format=ISO, errors="coerce", utc=True)
        if values.notna().all():
            return DateColumn(values.dt.tz_localize(None).reindex(column.index), ISO)
    formats = [each for each in FORMATS if _parse(sample, each).notna().all() and _parse(texts, each).notna().all()]
    if not formats:
        return None
    sorted_formats = [each for each in formats if _parse(texts, each).is_monotonic_increasing] or formats
    best, other = sorted_formats[0], next(iter(sorted_formats[1:]), "")
    return DateColumn(_parse(texts, best).reindex(column.index), best, other)


def _parse(texts: pd.Series, date_format: str) -> pd.Series:
    return pd.to_datetime(texts, format=date_format, errors="coerce")
