"""Formats of dates in text, and the format of a column.

A column has a format if every value fits it. If several formats fit, such as day/month and month/day, all rows decide
together: the format in which the column is sorted, or goes back least often, is taken; of several, the one in which the
dates are regular. If that does not decide, it is the first of `FORMATS`, and the other one is reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from sakon.lazy import pd
from sakon.records.frequency_inference import regular_frequency
from sakon.records.period_texts import PATTERNS, detect_periods, parse_periods

ISO = "ISO8601"
NUMERIC = ("%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%m.%d.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d")
TWO_DIGIT_YEAR = ("%m/%d/%y", "%d/%m/%y", "%d.%m.%y", "%d-%m-%y", "%m-%d-%y", "%y/%m/%d", "%y.%m.%d", "%y-%m-%d")
MONTH_NAME = ("%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%d. %B %Y", "%d. %b %Y")
TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
MONTHS = ("%Y-%m", "%Y/%m", "%m/%Y", "%m.%Y", "%m-%Y", "%b %Y", "%B %Y", "%b-%Y", "%b-%y", "%YM%m")
DAYS = (*NUMERIC, *TWO_DIGIT_YEAR, *MONTH_NAME)
FORMATS = (*DAYS, *(f"{day} {time}" for day in DAYS for time in TIMES), *MONTHS)
ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}.*)?|\d{8}T\d{4,6}Z?")
DIGIT_AND_SEPARATOR = re.compile(r"(?=.*\d)(?=.*[-–/.: MTWQH]|FY|GJ)", re.IGNORECASE)
MAX_LENGTH = 40
CERTAIN_ORDER = re.compile(r"\d{4}[-/. ]\d|(?=.*\d{4})(?=.*[A-Za-z]{3})")
"""Texts that begin with the year or name the month."""
SAMPLE_ROWS = 500
MAX_TURNS = 2
"""How many times more often than in the best order dates may go back: in a panel, each series begins anew."""
MIN_REGULAR = 6
"""Dates from which on a frequency decides."""
MIN_DESCENDING = 10
"""Dates from which on a descending order counts as an order."""


@dataclass(frozen=True)
class DateFormat:
    """The format of the dates of a column.

    Attributes:
        name: A `strftime` format, `ISO8601`, or the name of periods; see `period_texts`.
        other: Another format that fits every value as well but gives other dates, or an empty text.
    """

    name: str
    other: str = ""


def may_be_date(text: str) -> bool:
    """Return whether a text is short and has a digit and a separator."""
    return len(text) <= MAX_LENGTH and bool(DIGIT_AND_SEPARATOR.match(text))


def detect_format(texts: pd.Series) -> DateFormat | None:
    """Return the format of texts without missing values, or `None` if they are not all dates of one format."""
    sample = texts.head(SAMPLE_ROWS)
    if texts.empty or not sample.map(may_be_date).all():
        return None
    if sample.map(lambda text: bool(ISO_DATE.fullmatch(text))).all() and parse_texts(texts, ISO).notna().all():
        return DateFormat(ISO)
    if (periods := detect_periods(texts)) is not None:
        return DateFormat(periods)
    formats = [each for each in FORMATS if parse_texts(sample, each).notna().all()]
    dates = {each: values for each in formats if (values := parse_texts(texts, each)).notna().all()}
    if not dates:
        return None
    turns = {each: _turns(values) for each, values in dates.items()}
    candidates = [each for each in dates if turns[each] <= MAX_TURNS * min(turns.values())]
    if len(candidates) > 1:
        regular = [each for each in candidates if regular_frequency(pd.Series(dates[each].unique()), MIN_REGULAR)]
        candidates = regular or candidates
    best = candidates[0]
    return DateFormat(best, next((each for each in candidates[1:] if not dates[each].equals(dates[best])), ""))


def parse_plain_iso(texts: pd.Series) -> pd.Series | None:
    """Return texts in ISO 8601 without offsets as timestamps, otherwise `None`; a shortcut for long columns."""
    if not texts.head(SAMPLE_ROWS).map(lambda text: bool(ISO_DATE.fullmatch(text))).all():
        return None
    try:
        values = pd.to_datetime(texts, format=ISO)
    except ValueError:
        return None
    return values if isinstance(values.dtype, np.dtype) else None


def parse_texts(texts: pd.Series, date_format: str) -> pd.Series:
    """Return texts as timestamps without zone; missing where a text does not fit the format."""
    if date_format in PATTERNS:
        return parse_periods(texts, date_format)
    return pd.to_datetime(texts, format=date_format, errors="coerce")


def parse_mixed(texts: pd.Series) -> tuple[pd.Series, str]:
    """Return texts of several formats as timestamps without zone, and another format of days that fits as well.

    Texts that begin with the year or name the month are read one by one; all others have the order of day and month of
    the format that most of them fit. A timestamp is missing where a text is none.
    """
    values = parse_certain(texts)
    others = texts[values.isna() & texts.map(may_be_date)]
    if others.empty:
        return values, ""
    day = re.split(" %[HI]", best_format(others.head(SAMPLE_ROWS)))[0]
    for date_format in (each for each in FORMATS if each == day or each.startswith(f"{day} ")):
        values = values.fillna(parse_texts(others[values[others.index].isna()], date_format))
    days = detect_format(others.str.split(" ").str[0])
    return values, "" if days is None else days.other


def parse_certain(texts: pd.Series) -> pd.Series:
    """Return texts that begin with the year or name the month as timestamps without zone; others are missing."""
    return pd.to_datetime(texts.where(texts.str.match(CERTAIN_ORDER)), format="mixed", errors="coerce")


def best_format(texts: pd.Series) -> str:
    """Return the format that most texts fit."""
    return max(FORMATS, key=lambda date_format: int(parse_texts(texts, date_format).notna().sum()))


def _turns(dates: pd.Series) -> int:
    """Return how often dates go back; of many dates, how often they leave their usual direction."""
    steps = dates.diff().dropna()
    back, forth = int((steps < pd.Timedelta(0)).sum()), int((steps > pd.Timedelta(0)).sum())
    return min(back, forth) if len(dates) >= MIN_DESCENDING else back
