"""How lines of a delimited text file are divided into fields: separators, quotation marks and escapes."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sakon.datasets.file_formats import read_rows

if TYPE_CHECKING:
    from _csv import Reader

MAX_FIELD_LENGTH = 2**30
CSV_QUOTE_NONE = csv.QUOTE_NONE

BLANK_QUOTE = re.compile(r' +"')

Row = list[str]


@dataclass(frozen=True)
class Quoting:
    """What quotation marks mean.

    Attributes:
        arguments: Arguments of `csv.reader` and of `pandas.read_csv` alike; none for RFC 4180.
        reason: What they mean, in a few words.
    """

    arguments: dict[str, str | int]
    reason: str = ""


RFC_4180 = Quoting({})
QUOTINGS = (
    RFC_4180,
    Quoting({"skipinitialspace": True}, "blanks are written before quotation marks"),
    Quoting({"escapechar": "\\"}, "a backslash is written before quotation marks within quotes"),
    Quoting({"quoting": CSV_QUOTE_NONE}, "quotation marks are literal characters: as quotes they would join lines"),
    Quoting({"quotechar": "'"}, "texts are in single quotation marks"),
)
"""What quotation marks may mean; of several that fit, the first."""


@dataclass(frozen=True)
class FieldRules:
    """How lines are divided into fields.

    Attributes:
        separator: Character between fields, or `BLANKS`.
        quoting: What quotation marks mean.
    """

    separator: str
    quoting: Quoting = RFC_4180

    def reader(self, lines: Iterable[str], strict: bool = False) -> Reader:
        """Return a reader of lines; a strict one raises `csv.Error` where quotation marks do not fit."""
        csv.field_size_limit(MAX_FIELD_LENGTH)
        return read_rows(lines, self.separator, strict=strict, **self.quoting.arguments)

    def sample(self, lines: list[str], is_complete: bool) -> tuple[list[Row], bool]:
        """Return the rows of the first lines of a file, and whether all quotation marks begin and end fields.

        Blank lines are empty rows. Of rows that do not fit the quotation marks, a reading without checks is returned.
        """
        rows: list[Row] = []
        reader = self.reader(lines, strict=True)
        try:
            rows.extend(reader)
        except csv.Error:
            is_cut = not is_complete and reader.line_num == len(lines)  # within quotation marks
            return (rows, True) if is_cut and rows else (list(self.reader(lines)), False)
        return rows, not self._has_blank_quotes(rows, lines)

    def _has_blank_quotes(self, rows: list[Row], lines: list[str]) -> bool:
        """Return whether a quotation mark behind blanks was read as a character, although a quoted field is meant."""
        fields = [field for row in rows for field in row if BLANK_QUOTE.match(field)]
        if not fields or self.quoting != RFC_4180:
            return False
        text = "\n" + "".join(lines)
        return any(f"{before}{field}" in text for field in fields for before in ("\n", self.separator))
