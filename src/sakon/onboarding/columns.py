"""What the columns of a table are for, besides the target.

The rules, for each column, the first that fits:

- empty or constant: ignored, nothing can be learnt from it;
- row numbers (0, 1, 2 … or 1, 2, 3 … in order): ignored;
- named like an identifier (`id`, `customer_id`, `uuid`, `subject` …) and different in every row: ignored;
- named so and repeating, ten values or more: the group, whose rows never straddle train, validation and test
  (of several, the one that tells most rows apart); the other ones are categories;
- dates: see `dates`;
- dates or numbers, nine of ten values or more, that stayed text because of the rest, or numbers written with other
  marks than the rest of the file: ignored;
- free text: five words or more per value (the median), at least half of the values different; a sign of Chinese,
  Japanese or Korean counts as a word;
- text that is different in more than half of the rows: ignored, hardly a value would be seen twice;
- whole numbers named like a code (`zip`, `code`, `type` …): categories;
- else what it looks like: number, category or boolean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from sakon.lazy import pd
from sakon.onboarding import dates
from sakon.onboarding.dates import Dates
from sakon.onboarding.delimited import is_number

WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[^\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")
FEWEST_WORDS = 5
FEWEST_DIFFERENT = 0.5
FEWEST_GROUPS = 10
SAMPLE = 5000
FEWEST_NUMBERS = 0.9
ENTITIES = (
    "subject|patient|customer|client|user|person|participant|respondent|household|family|session|visitor|account|member|"
    "player|student|pupil|driver|donor|employee|device|machine|sensor|engine|vehicle|animal|speaker|author"
)
IDENTIFIER = re.compile(
    rf"(^|[_\s.-])(id|ids|uuid|guid|key|nr|no|number|index|rownames?|{ENTITIES})$|[a-z](ID|Id|No|Nr)$|^({ENTITIES})?(id|no|nr)$",
    re.IGNORECASE,
)
CAMEL = re.compile(r"[a-z](ID|Id)$")
COUNTING = re.compile(r"(number|no|count|num)[_\s]of|^(key|no|number|index)$", re.IGNORECASE)
CODE = re.compile(
    r"(^|[_\s.-])(zip|zipcode|postcode|plz|code|cd|type|category|class|cluster|area_?code)$", re.IGNORECASE
)


@dataclass
class Roles:
    """What the columns are for; each mapping is column → reason.

    Attributes:
        ignore: Nothing to learn from.
        group: Identifiers that repeat, the best first.
        category: Numbers that are codes.
        text: Free text, the longest first.
        dates: Columns of dates.
        plain: Everything else: numbers, categories, booleans, column → which.
    """

    ignore: dict[str, str] = field(default_factory=dict)
    group: dict[str, str] = field(default_factory=dict)
    category: dict[str, str] = field(default_factory=dict)
    text: dict[str, str] = field(default_factory=dict)
    dates: dict[str, Dates] = field(default_factory=dict)
    plain: dict[str, str] = field(default_factory=dict)


def find(table: pd.DataFrame, target: str) -> Roles:
    """Say what every column but the target is for."""
    roles = Roles()
    words: dict[str, float] = {}
    for name in table.columns.drop(target):
        _place(roles, words, table[name], str(name))
    roles.text = dict(sorted(roles.text.items(), key=lambda item: -words[item[0]]))
    roles.group = dict(sorted(roles.group.items(), key=lambda item: -table[item[0]].nunique()))
    return roles


def _place(roles: Roles, words: dict[str, float], column: pd.Series, name: str) -> None:
    known = column.dropna()
    different = known.nunique()
    if different <= 1:
        empty = different == 0 or not str(known.iloc[0]).strip()
        roles.ignore[name] = "empty" if empty else f"the same in every row ({_shown(known.iloc[0])})"
    elif (found := dates.find(column, name)) is not None:
        roles.dates[name] = found
    elif _numbers_the_rows(column):
        roles.ignore[name] = "numbers the rows"
    elif _may_identify(column, known, name) and different == len(known):
        roles.ignore[name] = "an identifier: another value in every row"
    elif _may_identify(column, known, name) and different >= FEWEST_GROUPS:
        each = f"{round(len(known) / different, 1):g} rows each"
        roles.group[name] = f"an identifier of {different:,} values that repeat, {each}"
    elif pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        _place_numbers(roles, column, known, name)
    else:
        _place_text(roles, words, column, name)


def _numbers_the_rows(column: pd.Series) -> bool:
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column) or column.isna().any():
        return False
    return any(bool((column.to_numpy() == np.arange(first, first + len(column))).all()) for first in (0, 1))


def _may_identify(column: pd.Series, known: pd.Series, name: str) -> bool:
    if (
        not (IDENTIFIER.search(name) or CAMEL.search(name))
        or COUNTING.search(name)
        or pd.api.types.is_bool_dtype(column)
    ):
        return False
    return not pd.api.types.is_float_dtype(column) or bool((known % 1 == 0).all())


def _place_numbers(roles: Roles, column: pd.Series, known: pd.Series, name: str) -> None:
    whole = not pd.api.types.is_bool_dtype(column) and bool((known % 1 == 0).all())
    if whole and CODE.search(name):
        roles.category[name] = "numbers that look like codes, not amounts"
    roles.plain[name] = (
        "boolean" if pd.api.types.is_bool_dtype(column) else "category" if name in roles.category else "number"
    )


def _place_text(roles: Roles, words: dict[str, float], column: pd.Series, name: str) -> None:
    known = column.dropna()
    sample = known.head(SAMPLE).astype(str)
    typical = float(sample.map(lambda text: len(WORD.findall(text))).median())
    share = known.nunique() / len(known)
    if (spoilt := _spoilt(column)) is not None:
        roles.ignore[name] = spoilt
    elif typical >= FEWEST_WORDS and share >= FEWEST_DIFFERENT:
        words[name] = float(sample.str.len().mean())
        roles.text[name] = f"free text: {typical:.0f} words per value, {share:.0%} of the values different"
    elif share > FEWEST_DIFFERENT and known.nunique() > FEWEST_GROUPS:
        roles.ignore[name] = f"text that hardly repeats: {share:.0%} of the values different"
    else:
        roles.plain[name] = "category"


def _spoilt(column: pd.Series) -> str | None:
    """Return why a column is text though nearly all of its values are numbers or dates, or `None`."""
    rows = np.flatnonzero(column.notna()) + 1
    sample = column.dropna().head(SAMPLE).astype(str).str.strip()
    for called, fits in (("numbers", sample.map(is_number)), ("dates", dates.look_like(sample))):
        if fits.mean() < FEWEST_NUMBERS:
            continue
        most = f"text, though most values are {called} such as {sample[fits].iloc[0]!r}"
        if fits.all():
            return f"{most}, written with other marks than those of the file; mend the file"
        other = int(fits.to_numpy().argmin())
        return f"{most}: row {rows[other]} holds {_shown(sample.iloc[other])!r}; mend the file"
    return None


def _shown(value: object) -> str:
    text = str(value)
    return text if len(text) <= 30 else f"{text[:30]}…"
