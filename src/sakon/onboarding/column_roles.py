"""Infers what the columns of a table other than the target are used for.

The rules, for each column, the first that fits:

- empty or constant: ignored, nothing can be learned from it;
- row numbers (0, 1, 2 … or 1, 2, 3 … in order): ignored;
- named like an identifier (`id`, `customer_id`, `uuid`, `subject` …) and different in every row: ignored;
- named like an identifier, with ten values or more that repeat: the group, whose rows are never divided between train,
  validation and test (of several, the one with the most values); the other ones are categories;
- dates: see `dates`;
- text of which nine of ten values or more are dates or numbers, but not all of them in one notation: ignored (numbers
  in one notation that were read as text are codes, or several answers);
- free text: five words or more per value (the median), at least half of the values different; a Chinese, Japanese or
  Korean character counts as a word;
- text that is different in more than half of the rows: ignored, because hardly any value occurs twice;
- whole numbers named like a code (`zip`, `code`, `type` …), or beyond 2^53: categories;
- otherwise by its data type: number, category or boolean.
"""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from sakon.lazy import pd
from sakon.onboarding.column_texts import MAX_EXACT
from sakon.onboarding.dates import are_dates, detect_dates
from sakon.records.number_texts import common_formats, is_number
from sakon.records.raw_summary import TEXT_SAMPLE_ROWS, ColumnRoles
from sakon.wording import shorten

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
MIN_WORDS = 5
MIN_DIFFERENT_TEXTS = 0.5
MIN_GROUPS = 10
MIN_NUMBERS_OR_DATES = 0.9
MAX_VALUE_LENGTH = 30
NAMED_MONTH = re.compile(r"([^\W\d]{2,10}\.?,? )?\d{1,2}\.?( de)? [^\W\d]{3,10}\.?( de)? \d{4}")
INTERVAL = re.compile(r"^(.*\d.*?)(?:\s+[-–—/]\s+|\s+to\s+|/)(.*\d.*)$")
ENTITIES = (
    "subject|patient|customer|client|user|person|participant|respondent|household|family|session|visitor|account|member|"
    "player|student|pupil|driver|donor|employee|device|machine|sensor|engine|vehicle|animal|speaker|author"
)
IDENTIFIER = re.compile(
    rf"(^|[_\s.-])(id|ids|uuid|guid|key|nr|no|number|index|rownames?|{ENTITIES})$|[a-z](ID|Id|No|Nr)$|^({ENTITIES})?(id|no|nr)$",
    re.IGNORECASE,
)
CAMEL_CASE_IDENTIFIER = re.compile(r"[a-z](ID|Id)$")
COUNT = re.compile(r"(number|no|count|num)[_\s]of|^(key|no|number|index)$", re.IGNORECASE)
CODE = re.compile(
    r"(^|[_\s.-])(zip|zipcode|postcode|plz|code|cd|type|category|class|cluster|area_?code)$", re.IGNORECASE
)


def infer_roles(table: pd.DataFrame, target: str) -> ColumnRoles:
    """Infer what every column but the target is used for."""
    roles = ColumnRoles()
    text_lengths: dict[str, float] = {}
    for name in table.columns.drop(target):
        _add_role(roles, text_lengths, table[name], str(name))
    roles.texts = dict(sorted(roles.texts.items(), key=lambda item: -text_lengths[item[0]]))
    roles.groups = dict(sorted(roles.groups.items(), key=lambda item: -table[item[0]].nunique()))
    return roles


def _add_role(roles: ColumnRoles, text_lengths: dict[str, float], column: pd.Series, name: str) -> None:
    values = column.dropna()
    different = values.nunique()
    if different <= 1:
        is_empty = different == 0 or not str(values.iloc[0]).strip()
        roles.ignored[name] = "empty" if is_empty else f"the same in every row ({_shorten_value(values.iloc[0])})"
    elif (date_column := detect_dates(column, name)) is not None:
        roles.dates[name] = date_column
    elif _is_row_number(column):
        roles.ignored[name] = "row numbers"
    elif _may_be_identifier(column, values, name) and different == len(values):
        roles.ignored[name] = "an identifier: a different value in every row"
    elif _may_be_identifier(column, values, name) and different >= MIN_GROUPS:
        rows_per_value = f"{round(len(values) / different, 1):g} rows each"
        roles.groups[name] = f"an identifier with {different:,} values that repeat, {rows_per_value}"
    elif pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        _add_number(roles, column, values, name)
    else:
        _add_text(roles, text_lengths, column, name)


def _is_row_number(column: pd.Series) -> bool:
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column) or column.isna().any():
        return False
    return any(bool((column.to_numpy() == np.arange(first, first + len(column))).all()) for first in (0, 1))


def _may_be_identifier(column: pd.Series, values: pd.Series, name: str) -> bool:
    is_named_so = bool(IDENTIFIER.search(name) or CAMEL_CASE_IDENTIFIER.search(name)) and not COUNT.search(name)
    if not is_named_so or pd.api.types.is_bool_dtype(column):
        return False
    return not pd.api.types.is_float_dtype(column) or bool((values % 1 == 0).all())


def _add_number(roles: ColumnRoles, column: pd.Series, values: pd.Series, name: str) -> None:
    if pd.api.types.is_bool_dtype(column):
        roles.types[name] = "boolean"
    elif CODE.search(name) and bool((values % 1 == 0).all()):
        roles.codes[name] = "numbers that look like codes, not quantities"
        roles.types[name] = "category"
    elif pd.api.types.is_integer_dtype(column) and int(values.abs().max()) > MAX_EXACT:
        roles.codes[name] = "whole numbers of so many digits that they would lose some as quantities"
        roles.types[name] = "category"
    else:
        roles.types[name] = "number"


def _add_text(roles: ColumnRoles, text_lengths: dict[str, float], column: pd.Series, name: str) -> None:
    values = column.dropna()
    sample = values.head(TEXT_SAMPLE_ROWS).astype(str)
    words = float(sample.map(lambda text: len(WORD.findall(text))).median())
    different = values.nunique() / len(values)
    if (reason := _why_not_parsed(column)) is not None:
        roles.ignored[name] = reason
    elif words >= MIN_WORDS and different >= MIN_DIFFERENT_TEXTS:
        text_lengths[name] = float(sample.str.len().mean())
        roles.texts[name] = f"free text: {words:.0f} words per value, {different:.0%} of the values different"
    elif different > MIN_DIFFERENT_TEXTS and values.nunique() > MIN_GROUPS:
        roles.ignored[name] = f"text that hardly repeats: {different:.0%} of the values different"
    else:
        roles.types[name] = "category"


def _why_not_parsed(column: pd.Series) -> str | None:
    """Return why a column is text although nearly all of its values are numbers or dates, otherwise `None`."""
    rows = np.flatnonzero(column.notna()) + 1
    cells = column.dropna().head(TEXT_SAMPLE_ROWS)
    sample = cells.astype(str).str.strip()
    is_date = cells.map(lambda cell: isinstance(cell, date)).to_numpy(bool)
    if is_date.any():
        text = sample[~is_date].iloc[0]
        return f"dates and texts: row {rows[is_date.argmin()]} contains the text {text!r}; correct the file"
    if sample.str.fullmatch(NAMED_MONTH).all():
        return f"dates with names of months that are not English, such as {sample.iloc[0]!r}; store them as 2024-05-31"
    ends = sample.str.extract(INTERVAL).dropna()
    if len(ends) == len(sample) and are_dates(ends[0]).all() and are_dates(ends[1]).all():
        return f"intervals between two dates, such as {sample.iloc[0]!r}; keep one of the dates in the file"
    for plural, matches in (("numbers", sample.map(is_number)), ("dates", are_dates(sample))):
        if matches.mean() < MIN_NUMBERS_OR_DATES:
            continue
        reason = f"text, although most values are {plural} such as {sample[matches].iloc[0]!r}"
        if matches.all() and plural == "numbers" and common_formats(sample):
            return None  # codes, or several answers
        if matches.all():
            return f"{reason}, in several notations; correct the file"
        first = int(matches.to_numpy().argmin())
        return f"{reason}: row {rows[first]} contains {_shorten_value(sample.iloc[first])!r}; correct the file"
    return None


def _shorten_value(value: object) -> str:
    return shorten(str(value), MAX_VALUE_LENGTH)
