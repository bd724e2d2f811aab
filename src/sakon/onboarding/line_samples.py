"""The first lines of a delimited text file, divided into fields by rules that fit them best."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from sakon.datasets.file_formats import BLANKS, SEPARATOR_NAMES
from sakon.onboarding.field_rules import QUOTINGS, FieldRules, Row
from sakon.records.number_texts import is_number

SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(?P<separator>.)\"?\s*")
"""First line that tells Excel the separator."""
MAX_ROWS_ABOVE = 20
MIN_HEADER_NUMBERS = 0.9
MIN_AGREEMENT = 0.5
"""Share of the lines that must have equally many fields."""
BLANKS_IN_FIELD = re.compile(r"\s+")
RUN_OF_BLANKS = re.compile(r"\s{2,}")


@dataclass(frozen=True)
class Sample:
    """The first rows of a file.

    Attributes:
        rules: How they are divided into fields.
        rows: The rows, of which blank lines are empty ones.
        is_valid: Whether all quotation marks begin and end fields.
        target: Column to predict, or `None`.
    """

    rules: FieldRules
    rows: tuple[Row, ...]
    is_valid: bool
    target: str | None

    @classmethod
    def read(cls, lines: list[str], rules: FieldRules, is_complete: bool, target: str | None) -> Sample:
        """Divide the first lines of a file into fields.

        Args:
            lines: The lines.
            rules: How they are divided.
            is_complete: Whether the file has no other lines.
            target: Column to predict, or `None`.
        """
        rows, is_valid = rules.sample(lines, is_complete)
        return cls(rules, tuple(rows), is_valid, target)

    @classmethod
    def best(cls, lines: list[str], is_complete: bool, target: str | None) -> Sample:
        """Divide the first lines of a file by the rules that fit best; of several, by the first ones.

        Rules fit best if all lines have equally many fields and the target is a column; then if the most lines have
        equally many fields; then if the fewest lines are above the table.
        """
        match = SEPARATOR_LINE.fullmatch(lines[0])
        separators = match["separator"] if match else SEPARATOR_NAMES
        samples = [
            cls.read(lines, FieldRules(separator, quoting), is_complete, target)
            for separator in separators
            for quoting in QUOTINGS
        ]
        best = max(
            samples,
            key=lambda each: (
                each.is_consistent and each.has_target,
                each.agreement,
                each.is_consistent,
                -each.start,
            ),
        )
        return best if match else best._or_separated_by_blanks(lines, is_complete)

    def _or_separated_by_blanks(self, lines: list[str], is_complete: bool) -> Sample:
        """Return the lines divided at runs of blanks if these separate fields, and nothing else does; or this sample.

        A file of texts has blanks in most lines: one column must hold numbers.
        """
        is_divided = self.is_consistent and any(sum(map(bool, map(str.strip, row))) > 1 for row in self.body)
        if self._holds_one_number() or (is_divided and not self._holds_several_numbers()):
            return self
        samples = [self.read(lines, FieldRules(BLANKS, each), is_complete, self.target) for each in QUOTINGS]
        blanks = max(samples, key=lambda each: (each.is_consistent, each.agreement))
        if not blanks._has_numbers() or not blanks._may_be_header(blanks.body[0]):
            return self
        if is_divided:
            fields = [field for row in blanks.body[1:] for field in row if self.rules.separator in field]
            return blanks if blanks.is_consistent and all(map(is_number, fields)) else self
        return blanks if blanks.is_consistent or blanks.agreement >= MIN_AGREEMENT > self.agreement else self

    def _holds_several_numbers(self) -> bool:
        """Return whether every row has a field of several numbers between blanks, some of them between several."""
        has_run = False
        for row in self.body[1:]:
            fields = [field.strip() for field in row if BLANKS_IN_FIELD.search(field.strip())]
            several = [field for field in fields if all(map(is_number, field.split())) and not is_number(field)]
            if not several:
                return False
            has_run = has_run or any(map(RUN_OF_BLANKS.search, several))
        return has_run

    def _holds_one_number(self) -> bool:
        """Return whether every row is one number, which may have groups of digits between blanks."""
        return all(len(row) == 1 and is_number(row[0]) for row in self.body[1:])

    def _has_numbers(self) -> bool:
        """Return whether a column below the first row holds numbers."""
        rows = [row for row in self.body[1:] if len(row) == self.width]
        return any(sum(map(is_number, values)) >= MIN_HEADER_NUMBERS * len(rows) for values in zip(*rows, strict=True))

    @cached_property
    def width(self) -> int:
        """The most frequent number of fields."""
        widths = Counter(len(row) for row in self.rows[1:] if row) or Counter(map(len, self.rows))
        return widths.most_common(1)[0][0]

    @cached_property
    def start(self) -> int:
        """Number of rows above the table: all above one with the target, or else titles, comments and blank lines."""
        headers = [
            number
            for number, row in enumerate(self.rows[: MAX_ROWS_ABOVE + 1])
            if self.target is not None and self.target in map(str.strip, row) and self._may_be_header(row)
        ]
        if headers:
            is_comment = self.rows[headers[0]][0].startswith("# ")
            return headers[1] if is_comment and headers[1:2] == [headers[0] + 1] else headers[0]
        for number, row in enumerate(self.rows[: MAX_ROWS_ABOVE + 1]):
            is_title = sum(bool(cell.strip()) for cell in row) < 2 or row[0].startswith("#")
            if self._may_be_header(row) or not is_title:
                return number if self._may_be_header(row) else 0
        return 0

    def _may_be_header(self, row: Row) -> bool:
        """Return whether a row has a name for every field, or for all but row names and empty last fields."""
        if len(row) < 2 or len(row) > self.width:
            return False
        if len(row) >= self.width - 1:
            return True
        return not any(any(other[len(row) :]) for other in self.rows if len(other) == self.width)

    @cached_property
    def body(self) -> tuple[Row, ...]:
        """The rows of the table that are not empty, the header included."""
        return tuple(row for row in self.rows[self.start :] if row)

    @cached_property
    def has_target(self) -> bool:
        """Whether the first row of the table holds the target."""
        return self.target is not None and bool(self.body) and self.target in map(str.strip, self.body[0])

    @cached_property
    def agreement(self) -> float:
        """Share of the rows, the header included, that have as many fields as most, at least two; otherwise 0."""
        if self.width < 2 or not self.body:
            return 0.0
        return (self._agreeing_rows + (len(self.body[0]) == self.width)) / len(self.body)

    @property
    def is_consistent(self) -> bool:
        """Whether quotation marks fit, and all rows have as many fields as the header.

        Row names, and empty fields at the end, are not counted.
        """
        fits = self.width >= 2 and bool(self.body) and self._may_be_header(self.body[0])
        return fits and self.is_valid and self._agreeing_rows == len(self.body) - 1

    @cached_property
    def _agreeing_rows(self) -> int:
        """Number of rows below the first one that have as many fields as most, or more that are empty."""
        first = len(self.body[0])
        return sum(len(row) == self.width or (len(row) >= first and not any(row[first:])) for row in self.body[1:])

    @cached_property
    def has_header(self) -> bool:
        """Whether the first row of the table holds the names of the columns."""
        if self.has_target:
            return True
        first, body = self.body[0], self.body[1:]
        like_names, like_data = 0, 0
        columns = zip(*(row for row in body if len(row) == len(first)), strict=True)
        for cell, column in zip(first, columns, strict=False):
            values = [value for value in column if value.strip()]
            if not values or not cell.strip():
                continue
            if sum(is_number(value) for value in values) >= MIN_HEADER_NUMBERS * len(values):
                if is_number(cell):
                    like_data += 1
                else:
                    like_names += 1
            elif cell in values:
                like_data += 1
        return not like_data or like_names >= like_data

    @property
    def columns(self) -> int:
        """Number of columns with a name."""
        return len(self.body[0]) if self.has_header else self.width

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the columns; numbered ones if the file has no header."""
        if self.has_header:
            return tuple(name.strip() for name in self.body[0])
        return tuple(f"column_{number + 1}" for number in range(self.width))
