"""Which columns hold dates, and how these are written.

A column of text holds dates if every value is one, all written alike. Where day and month could be exchanged in
every value, the order in which the column is sorted decides, else month/day as in the United States; this is said.
Whole numbers such as 20240131 count only in a column named like a date.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sakon.lazy import pd

ISO = "ISO8601"
NUMERIC = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d")
SHORT = ("%m/%d/%y", "%d/%m/%y", "%d.%m.%y")
SPELLED = ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y")
MOMENTS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%m.%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%YM%m")
DAYS = (*NUMERIC, *SHORT, *SPELLED)
FORMATS = (*DAYS, *(f"{day} {moment}" for day in DAYS for moment in MOMENTS), *MONTHS)
LOOKS_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?|\d{8}T\d{4,6}Z?")
HAS_DIGIT_AND_MARK = re.compile(r"(?=.*\d)(?=.*[-/.: MT])")
NAMED_LIKE_A_DATE = re.compile(r"date|day|dat\b|datum|time|timestamp|moment", re.IGNORECASE)
LONGEST = 40
SAMPLE = 500
HALF = 0.5


@dataclass(frozen=True)
class Dates:
    """The dates of a column.

    Attributes:
        values: The column as moments, without time zone.
        format: How they are written, `ISO8601`, or `None` where the file itself has typed them.
        doubt: Another format that fits as well, or nothing.
    """

    values: pd.Series
    format: str | None = None
    doubt: str = ""


def find(column: pd.Series, name: str) -> Dates | None:
    """Return the dates of a column, or `None` if it does not hold dates."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return Dates(column.dt.tz_localize(None) if getattr(column.dt, "tz", None) is not None else column)
    if pd.api.types.is_integer_dtype(column) and NAMED_LIKE_A_DATE.search(name):
        days = pd.to_datetime(column.astype(str), format="%Y%m%d", errors="coerce")
        return Dates(days, "%Y%m%d") if column.between(19_000_101, 21_001_231).all() and days.notna().all() else None
    if pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return None
    known = column.dropna().astype(str).str.strip()
    if (
        known.empty
        or not known.head(SAMPLE).map(lambda text: len(text) <= LONGEST and bool(HAS_DIGIT_AND_MARK.match(text))).all()
    ):
        return None
    return _written_dates(column, known)


def look_like(text: pd.Series) -> pd.Series:
    """Say of every value whether it looks like a date, written in the commonest way of the column."""
    iso = text.map(lambda value: bool(LOOKS_ISO.fullmatch(value)))
    marked = text.map(lambda value: len(value) <= LONGEST and bool(HAS_DIGIT_AND_MARK.match(value)))
    if iso.mean() > HALF or marked.mean() <= HALF:
        return iso
    start = text[marked].head(SAMPLE)
    best = max(FORMATS, key=lambda each: int(_read(start, each).notna().sum()))
    return _read(text, best).notna()


def _written_dates(column: pd.Series, known: pd.Series) -> Dates | None:
    if known.head(SAMPLE).map(lambda text: bool(LOOKS_ISO.fullmatch(text))).all():
        values = pd.to_datetime(known, format=ISO, errors="coerce", utc=True)
        if values.notna().all():
            return Dates(values.dt.tz_localize(None).reindex(column.index), ISO)
    fitting = [
        each for each in FORMATS if _read(known.head(SAMPLE), each).notna().all() and _read(known, each).notna().all()
    ]
    if not fitting:
        return None
    in_order = [each for each in fitting if _read(known, each).is_monotonic_increasing] or fitting
    best, doubt = in_order[0], next(iter(in_order[1:]), "")
    return Dates(_read(known, best).reindex(column.index), best, doubt)


def _read(known: pd.Series, written: str) -> pd.Series:
    return pd.to_datetime(known, format=written, errors="coerce")
