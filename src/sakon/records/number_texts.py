"""Numbers in texts that have a decimal mark or a thousands separator of their own."""

from __future__ import annotations

import re

from sakon.lazy import pd


def parse_numbers(texts: pd.Series, decimal: str = ".", thousands: str | None = None) -> pd.Series:
    """Return texts as numbers where all of them are written in one format; others stay text.

    pandas ignores where thousands separators are: it reads 52,31 as 5231 if the separator is a comma.

    Args:
        texts: Texts and missing values.
        decimal: Decimal mark.
        thousands: Separator between groups of three digits; `None` if there is none.

    Returns:
        float64 or int64 if every text is a number, otherwise numbers and the remaining texts as objects.
    """
    plain = texts
    if decimal != "." or thousands:
        stripped = texts.str.strip()
        is_number = stripped.str.fullmatch(_number_pattern(decimal, thousands)).fillna(value=False).astype(bool)
        if thousands:
            stripped = stripped.str.replace(thousands, "", regex=False)
        plain = stripped.str.replace(decimal, ".", regex=False).where(is_number)
    numbers = pd.to_numeric(plain, errors="coerce")
    is_other = texts.notna() & numbers.isna() & (texts.str.strip() != "")
    return numbers if not is_other.any() else numbers.astype(object).mask(is_other, texts.astype(object))


def _number_pattern(decimal: str, thousands: str | None) -> str:
    mark, separator = re.escape(decimal), re.escape(thousands or "")
    groups = rf"\d{{1,3}}(?:{separator}\d{{3}})+|" if thousands else ""
    return rf"[+-]?(?=(?:{mark})?\d)(?:{groups}\d*)(?:{mark}\d*)?(?:[eE][+-]?\d+)?"
