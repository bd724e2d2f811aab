"""The values of a column as they are written: numbers with marks, codes, and texts that stand for missing values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from numbers import Real

from sakon.lazy import pd
from sakon.records.missing_values import MISSING_VALUES
from sakon.records.number_texts import NumberFormat, are_answers, common_formats, is_number

CODE = re.compile(r"0\d+([eE]\d+)?|(0[1-9]|1[0-2])\.(19|20)\d\d")
"""Whole numbers that begin with a zero, and months such as 01.2023."""
WHOLE = re.compile(r"\d+([eE][+-]?\d+)?|\d\d\.\d{4}")
"""Whole numbers, months, and codes of digits and an e: among codes such as 007, 3e4 is no 30,000."""
CLOCK = re.compile(r"(?:^|[^a-z])(hour|hr|stunde|hours|minute|minuten?|min|second|sec|sekunde)s?$", re.IGNORECASE)
CLOCK_VALUE = re.compile(r"[0-5]?\d")
MAX_EXACT = 2**53
"""Whole numbers beyond it lose digits as float64: 4000123412341234567 and …568 would be equal."""
MAX_SINGLE = 3.4e38
"""Largest number that a model can read."""
VERSION = re.compile(r"version|release|revision", re.IGNORECASE)
FRACTION = re.compile(r"\d+\.\d+")
POINT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")
SPACED_GROUPS = re.compile(r"\d{3}( \d{3})+")
MIN_NUMBERS = 0.7
MAX_MARKS = 3
MISSING_WORDS = {
    *("n.a.", "n/k", "missing", "unknown", "not available", "none", "nil", "na.", "no data", "undefined", r"\n"),
}
"""Usual words, and \\N of exports from databases."""
EXCEL_ERROR = re.compile(r"#[A-Z0-9/]+[!?]")
BOOLEANS = {"true", "false"}
"""Texts that pandas reads as booleans, in lower case."""
SAMPLE_VALUES = 300


@dataclass(frozen=True)
class ColumnTexts:
    """The texts of a column before they are parsed.

    Attributes:
        counts: Number of rows by text; without texts that pandas reads as missing values.
        typed_numbers: Number of cells that the file stores as numbers.
        has_others: Whether the file stores other cells than texts and numbers, such as dates.
    """

    counts: Mapping[str, int]
    typed_numbers: int = 0
    has_others: bool = False

    @classmethod
    def of(cls, column: pd.Series) -> ColumnTexts:
        """Return the texts of a column of texts, or of cells of any type."""
        cells, typed_numbers, has_others = column[column.notna()], 0, False
        if pd.api.types.is_object_dtype(cells):
            is_text = cells.map(lambda cell: isinstance(cell, str)).astype(bool)
            is_typed = cells[~is_text].map(lambda cell: isinstance(cell, Real) and not isinstance(cell, bool))
            typed_numbers = int(is_typed.sum())
            has_others = typed_numbers < len(is_typed)
            cells = cells[is_text].astype("str")
        counts = cells[~cells.isin(MISSING_VALUES)].value_counts(sort=False)
        return cls({str(text): int(rows) for text, rows in counts.items()}, typed_numbers, has_others)

    def missing_marks(self) -> list[str]:
        """Return the texts that stand for a missing number.

        They are texts without letter or digit, `MISSING_WORDS`, or errors of Excel such as #DIV/0!, in a column of
        which at least 70% are numbers and which holds at most three such texts and no other text.
        """
        numbers = pd.to_numeric(pd.Series(list(self.counts), dtype="str"), errors="coerce")
        marks = []
        for text in (text for text, number in zip(self.counts, numbers, strict=True) if number != number):
            if not is_number(text):
                is_word = any(map(str.isalnum, text)) and not EXCEL_ERROR.fullmatch(text.strip())
                if is_word and text.strip().lower() not in MISSING_WORDS:
                    return []
                marks.append(text)
                if len(marks) > MAX_MARKS:
                    return []
        rows = sum(self.counts.values()) + self.typed_numbers
        missing = sum(self.counts[mark] for mark in marks)
        return marks if rows - missing >= MIN_NUMBERS * rows else []

    def ambiguous_text(self) -> str | None:
        """Return a text that pandas reads as a number or boolean in a column with other texts; `None` if there is none.

        pandas infers types by parts of a large file: where all texts of a part look like numbers, 007 would become 7.
        """
        texts = pd.Series(list(self.counts), dtype="str")
        texts = texts[texts.str.strip() != ""]
        is_number = pd.to_numeric(texts, errors="coerce").notna()
        is_boolean = texts.str.lower().isin(BOOLEANS)
        is_typed = is_number | is_boolean
        if is_number.all() or is_boolean.all() or not is_typed.any():
            return None
        return str(texts[is_typed].iloc[0])


@dataclass(frozen=True)
class NumberColumn:
    """A column of which all texts are numbers.

    Attributes:
        texts: The different texts, without surrounding blanks.
        formats: Formats in which all of them are numbers.
        is_plain: Whether pandas reads all of them as numbers.
    """

    texts: tuple[str, ...]
    formats: tuple[NumberFormat, ...]
    is_plain: bool

    @property
    def certain_decimal(self) -> str | None:
        """The decimal mark, if the numbers have marks and can have no other one; otherwise `None`."""
        decimals = {each.decimal for each in self.formats}
        has_marks = any(mark in text for text in self.texts for mark in ".,")
        return next(iter(decimals)) if len(decimals) == 1 and has_marks and not self.may_be_answers else None

    @property
    def may_be_answers(self) -> bool:
        """Whether the numbers with a comma look like several answers; see `are_answers`."""
        return are_answers(self.texts)


def find_numbers(texts: tuple[str, ...]) -> NumberColumn | None:
    """Return the formats of a column of numbers; `None` if some text is no number, or in another format.

    Groups of three digits between blanks that are all equally long are telephone numbers and the like.
    """
    texts = tuple(text.strip() for text in texts)
    if not texts or not common_formats(texts[:SAMPLE_VALUES]):
        return None
    is_plain = bool(pd.to_numeric(pd.Series(texts, dtype="str"), errors="coerce").notna().all())
    with_points = [text for text in texts if "." in text]
    if is_plain and not (with_points and all(map(POINT_GROUPS.fullmatch, with_points))):
        return NumberColumn(texts, (NumberFormat(),), is_plain)
    formats = common_formats(texts)
    if not formats or (len(texts) > 1 and len(set(map(len, texts))) == 1 and SPACED_GROUPS.fullmatch(texts[0])):
        return None
    return NumberColumn(texts, formats, is_plain)


def find_code(name: str, texts: tuple[str, ...]) -> str | None:
    """Return a value of a column of whole numbers that would lose digits as a number; `None` if there is none.

    Such a value has a leading zero, unless the column holds times, or is beyond `MAX_EXACT`. Whole numbers may have an
    exponent; beyond float32 it is none. Of versions, so named, 1.1 and 1.10 are different.
    """
    stripped = [text.strip() for text in texts]
    if VERSION.search(name) and (equal := find_equal_numbers(stripped)) is not None:
        return equal[1]
    code = next((text for text in stripped if CODE.fullmatch(text) or _is_inexact(text)), None)
    if code is None or not all(WHOLE.fullmatch(text) for text in stripped):
        return None
    is_clock = bool(CLOCK.search(name)) and all(CLOCK_VALUE.fullmatch(text) for text in stripped)
    return None if is_clock else code


def find_equal_numbers(texts: Iterable[str]) -> tuple[str, str] | None:
    """Return two texts such as 1.1 and 1.10 that are equal as numbers, the shorter one first; `None` without any."""
    fractions = {text for text in texts if FRACTION.fullmatch(text)}
    longer = next((text for text in sorted(fractions) if text.endswith("0") and text[:-1] in fractions), None)
    return None if longer is None else (longer[:-1], longer)


def _is_inexact(text: str) -> bool:
    if "e" in text.lower():
        return bool(WHOLE.fullmatch(text)) and float(text) > MAX_SINGLE
    return len(text) > len(str(MAX_EXACT)) - 1 and text.isdecimal() and int(text) > MAX_EXACT
