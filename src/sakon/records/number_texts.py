"""Numbers in texts: with a decimal mark, a thousands separator and a unit of their own.

A thousands separator stands between groups of exactly three digits. A unit is a currency or a percent sign; all values
of a column have the same one, and a percentage keeps its value: 45% is 45. Numbers in parentheses, or with a minus
behind them, are negative, as in accounting.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache

from sakon.lazy import pd
from sakon.records.missing_values import MISSING_VALUES

SPACES = " \u00a0\u2009\u202f"
THOUSANDS = {".": (",", "'", "’", "_", *SPACES), ",": (".", "'", "’", *SPACES)}
"""Thousands separators by decimal mark."""
CURRENCIES = (
    "AUD|BGN|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|IDR|ILS|INR|ISK|JPY|KRW|MXN|MYR|NOK|NZD|PHP|PLN|RON|RUB|SEK|SGD|"
    r"THB|TRY|UAH|USD|VND|ZAR|Kč|kr\.?|zł|Ft|lei|Fr\.?|(?:US|R|A|C)\$|[$€£¥₹₩₽₺₫₴₪฿¢₦₱₡₲₵₸₮]"
)
UNIT = rf"{CURRENCIES}|%|‰|°C|°F"
SIGN = "[+\\-−]"
NUMBER_TEXT = re.compile(
    rf"(?P<open>\()?(?P<sign>{SIGN})?\s*(?P<before>{UNIT})?\s*(?P<inner_sign>{SIGN})?"
    rf"(?P<number>(?:[\d.,'’_{SPACES}]*\d)[.,]?(?:[eE][+-]?\d+)?)"
    rf"(?P<minus>[-−])?\s*(?P<after>{UNIT})?(?P<close>\))?"
)
SIGNS = ("open", "sign", "inner_sign", "minus")
ANSWERS = re.compile(r"[1-9]\d*,[1-9]\d*")


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written.

    Attributes:
        decimal: Decimal mark, a point or a comma.
        thousands: Separator between groups of three digits, or an empty text.
        unit: Currency or percent sign before or after each number, or an empty text.
    """

    decimal: str = "."
    thousands: str = ""
    unit: str = ""

    @property
    def arguments(self) -> dict[str, str]:
        """The attributes that differ from the defaults."""
        return {name: value for name, value in asdict(self).items() if value != getattr(NumberFormat, name)}


PLAIN = NumberFormat()


def is_number(text: str) -> bool:
    """Return whether a text is a number, with any decimal mark, thousands separator and unit."""
    return bool(common_formats([text]))


def common_formats(values: Iterable[str]) -> tuple[NumberFormat, ...]:
    """Return every format in which all values are numbers, without thousands separators first."""
    matches = []
    for value in values:
        match = _split(value.strip())
        if match is None:
            return ()
        matches.append(match)
    units = {match["before"] or match["after"] or "" for match in matches}
    numbers = [match["number"] for match in matches]
    characters = set().union(*numbers)
    marks = [(decimal, "") for decimal in THOUSANDS]
    marks += [(decimal, each) for decimal, separators in THOUSANDS.items() for each in separators if each in characters]
    return tuple(
        NumberFormat(*mark, next(iter(units)))
        for mark in marks
        if len(units) == 1 and all(re.fullmatch(_unsigned_pattern(*mark), number) for number in numbers)
    )


def _split(text: str) -> re.Match[str] | None:
    """Return the parts of a number without surrounding blanks; `None` if it cannot be one."""
    match = NUMBER_TEXT.fullmatch(text)
    if match is None or bool(match["open"]) != bool(match["close"]) or (match["before"] and match["after"]):
        return None
    return match if sum(bool(match[sign]) for sign in SIGNS) <= 1 else None


def are_answers(values: Iterable[str]) -> bool:
    """Return whether all values with a comma look like several answers, as 1,3: whole numbers, the smaller one first.

    Such values are decimal numbers only if nothing else in the file has a decimal point.
    """
    pairs = [value.strip() for value in values if "," in value]
    return bool(pairs) and all(
        ANSWERS.fullmatch(pair) and int(pair.split(",")[0]) < int(pair.split(",")[1]) for pair in pairs
    )


@lru_cache
def _unsigned_pattern(decimal: str, thousands: str) -> str:
    mark, separator = re.escape(decimal), re.escape(thousands)
    groups = rf"[1-9]\d{{0,2}}(?:{separator}\d{{3}})+|" if thousands else ""
    return rf"(?=(?:{mark})?\d)(?:{groups}\d*)(?:{mark}\d*)?(?:[eE][+-]?\d+)?"


def parse_numbers(
    texts: pd.Series, decimal: str = ".", thousands: str | None = None, unit: str | None = None
) -> pd.Series:
    """Return texts as numbers where they are written in one format; others stay text.

    Texts that pandas reads as missing values in a text file, such as NA, are missing values.

    pandas ignores where thousands separators are: it reads 52,31 as 5231 if the separator is a comma.

    Args:
        texts: Texts and missing values.
        decimal: Decimal mark.
        thousands: Separator between groups of three digits; `None` if there is none.
        unit: Currency or percent sign that numbers may have; `None` if there is none.

    Returns:
        float64 or int64 if every text is a number, otherwise numbers and the remaining texts as objects.
    """
    number_format = NumberFormat(decimal, thousands or "", unit or "")
    plain = texts.str.strip()
    if number_format != PLAIN:
        is_number = plain.str.fullmatch(f"[+-]?{_unsigned_pattern(decimal, number_format.thousands)}")
        plain = _remove_marks(plain, number_format).where(is_number.fillna(value=False).astype(bool) & (unit is None))
    numbers = pd.to_numeric(plain, errors="coerce")
    is_other = texts.notna() & numbers.isna() & ~texts.str.strip().isin(MISSING_VALUES)
    if is_other.any():
        others = texts[is_other].map(lambda text: _plain_number(text.strip(), number_format)).astype(object)
        numbers = pd.to_numeric(plain.astype(object).mask(is_other, others), errors="coerce")
        is_other &= numbers.isna()
    return numbers if not is_other.any() else numbers.astype(object).mask(is_other, texts.astype(object))


def _remove_marks(texts: pd.Series, number_format: NumberFormat) -> pd.Series:
    if number_format.thousands:
        texts = texts.str.replace(number_format.thousands, "", regex=False)
    return texts.str.replace(number_format.decimal, ".", regex=False)


def _plain_number(text: str, number_format: NumberFormat) -> str | None:
    """Return a number without unit and thousands separators, with a leading sign; `None` if it has another format."""
    match = _split(text)
    if match is None or (match["before"] or match["after"] or "") != number_format.unit:
        return None
    if not re.fullmatch(_unsigned_pattern(number_format.decimal, number_format.thousands), match["number"]):
        return None
    number = match["number"].replace(number_format.thousands, "") if number_format.thousands else match["number"]
    is_negative = match["open"] or any((match[sign] or "+") != "+" for sign in SIGNS[1:])
    number = "".join(str(unicodedata.digit(each)) if each.isdigit() else each for each in number)  # ５ is a digit, too
    return f"{'-' if is_negative else ''}{number.replace(number_format.decimal, '.')}"
