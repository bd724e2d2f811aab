"""Periods in texts, each read as its first day: ISO weeks, quarters, half-years and fiscal years.

A fiscal year is written as FY2020, FY20, FY20/21, 2020/21 or 2020-2021, of which the second year must follow the first
one. It is read as 1 January of the year that it names first, as no text says on which day it begins. Years of two
digits are those from 1969 to 2068. Texts such as 2010-11 that may also be months are fiscal years if at least three
different ones all name two years in a row, which months hardly do.
"""

from __future__ import annotations

import re

from sakon.lazy import pd

ISO_WEEK, QUARTER, HALF_YEAR, FISCAL_YEAR = "ISO week", "quarter", "half-year", "fiscal year"
_FY = r"(?:FY|fiscal year|financial year|Geschäftsjahr|GJ)[ '’-]?"
_Q = r"Q(?:uarter|uartal)?"
PATTERNS = {
    name: tuple(re.compile(pattern, re.IGNORECASE) for pattern in patterns)
    for name, patterns in {
        QUARTER: (
            rf"(?:{_FY})?(?P<year>\d{{4}})[-/.: ]?{_Q}[- ]?(?P<period>[1-4])",
            rf"{_FY}(?P<year>\d\d)[-/ ]?Q(?P<period>[1-4])",
            rf"Q(?P<period>[1-4])[-/ ]?(?:{_FY})?(?P<year>\d{{4}})",
            rf"Q(?P<period>[1-4])(?:[-/ ]?{_FY}|['’])(?P<year>\d\d)",
            rf"(?P<period>[1-4])\.? ?{_Q}[-/ ]?(?P<year>\d{{4}})",
        ),
        HALF_YEAR: (r"(?P<year>\d{4})[-/ ]?H(?P<period>[12])", r"H(?P<period>[12])[-/ ]?(?P<year>\d{4})"),
        FISCAL_YEAR: (
            rf"(?:{_FY})?(?P<year>\d{{4}})(?P<period>)\s?[-/–]\s?(?P<next>\d{{4}}|\d\d)",
            rf"{_FY}(?P<year>\d\d)(?P<period>)\s?[-/–]\s?(?P<next>\d\d)",
            r"(?P<year>\d\d)(?P<period>)/(?P<next>\d\d)",
            rf"{_FY}(?P<year>\d{{4}}|\d\d)(?P<period>)",
            r"(?P<year>\d{4})(?P<period>) ?FY",
        ),
        ISO_WEEK: (
            r"(?P<year>\d{4})[-/ ]?(?:W|KW|CW)[-/ ]?(?P<period>\d\d?)",
            r"(?:W|KW|CW)[-/ ]?(?P<period>\d\d?)[-/ ](?P<year>\d{4})",
            r"(?P<year>\d{4})-(?P<period>\d\d)",
        ),
    }.items()
}
"""Periods that no `strftime` format describes."""
MONTHS_OF_PERIOD = {QUARTER: 3, HALF_YEAR: 6, FISCAL_YEAR: 12}
AMBIGUOUS = re.compile(r"\d{4}[-/](0[1-9]|1[0-2])|\d\d/\d\d")
MIN_FISCAL_YEARS = 3
YEARS = (1500, 2200)
PIVOT = 69
"""First year of two digits that is in the 20th century, as for `%y`."""


def detect_periods(texts: pd.Series) -> str | None:
    """Return the name of the periods that all texts are, or `None` if they are not all of one kind.

    Args:
        texts: Texts without missing values and surrounding blanks.
    """
    different = pd.Series(texts.unique())
    if different.empty:
        return None
    names = [name for name in PATTERNS if _match(name, str(different.iloc[0]))]
    name = next((each for each in names if parse_periods(different, each).notna().all()), None)
    if name is None or not different.map(lambda text: bool(AMBIGUOUS.fullmatch(text))).all():
        return name
    return name if name == FISCAL_YEAR and len(different) >= MIN_FISCAL_YEARS else None


def parse_periods(texts: pd.Series, name: str) -> pd.Series:
    """Return periods as timestamps of their first day; missing where a text is no such period.

    Args:
        texts: Texts and missing values.
        name: Name of the periods.
    """
    starts = {text: _first_day(name, str(text)) for text in texts.dropna().unique()}
    format_ = "%G-%V-%u" if name == ISO_WEEK else "%Y-%m-%d"
    return pd.to_datetime(texts.map(starts), format=format_, errors="coerce")


def describe_periods(name: str, text: str, day: pd.Timestamp) -> str:
    """Return how the periods of a column are read, with an example."""
    which = "1 January of the year that it names first" if name == FISCAL_YEAR else "its first day"
    return f"is read as {name}s, each as {which}: {text} as {day:%Y-%m-%d}"


def _match(name: str, text: str) -> re.Match[str] | None:
    return next((match for pattern in PATTERNS[name] if (match := pattern.fullmatch(text))), None)


def _first_day(name: str, text: str) -> str | None:
    """Return the first day of a period as text; `None` if the text is none."""
    match = _match(name, text)
    if match is None:
        return None
    parts = match.groupdict()
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 1900 if year >= PIVOT else 2000
    following = parts.get("next")
    is_next = not following or int(following) == (year + 1) % 10 ** len(following)
    if not is_next or not YEARS[0] <= year <= YEARS[1]:
        return None
    if name == ISO_WEEK:
        return f"{year}-{int(parts['period']):02d}-1"
    return f"{year:04d}-{1 + (int(parts['period'] or 1) - 1) * MONTHS_OF_PERIOD[name]:02d}-01"
