"""Detects the format of a delimited text file: separator, quotes, header and number format.

The separator is the one of tabulator, semicolon, bar and comma that splits the most lines into equally many fields (at
least two). Ties are decided in this order, because prose contains commas and numbers may. Quotation marks are literal
characters if this gives complete lines and reading them as quotes would join lines. The first line is data, not a
header, if it holds a number in a column of numbers, or a value that occurs again below. Decimal commas are those of
columns in which every value is a number if it is read so. A number such as 1,234 has a thousands separator only in
files that are separated by commas, or if other columns have decimal points.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from sakon.errors import DataError
from sakon.onboarding.encodings import Encoding, detect_encoding
from sakon.onboarding.wording import shorten

if TYPE_CHECKING:
    from _csv import Reader

SEPARATORS = "\t;|,"
SEPARATOR_NAMES = {"\t": "tabulator", ";": "semicolon", "|": "bar", ",": "comma"}
SAMPLE_LINES = 2000
MAX_FIELD_LENGTH = 2**30
MAX_LINE_LENGTH = 60
MIN_CONSISTENT_LINES = 0.5
MIN_HEADER_NUMBERS = 0.9
MIN_NUMBERS = 0.7

INTEGER = re.compile(r"[+-]?\d+")
DECIMAL = {
    ".": re.compile(r"[+-]?(?=[.,]?\d)([1-9]\d{0,2}(,\d{3})+|\d*)(\.\d*)?([eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(?=[.,]?\d)([1-9]\d{0,2}(\.\d{3})+|\d*)(,\d*)?([eE][+-]?\d+)?"),
}
"""Numbers by their decimal mark."""
THOUSANDS = {".": ",", ",": "."}
"""Thousands separator by decimal mark."""

Row = list[str]


@dataclass(frozen=True)
class DelimitedFormat:
    """The format of a delimited text file.

    Attributes:
        encoding: Encoding of its characters.
        separator: Character between fields.
        has_literal_quotes: Whether quotation marks are characters like any other.
        names: Names of the columns, in order; numbered ones if the file has no header.
        has_header: Whether the first line holds the names.
        has_row_names: Whether every line begins with a field without a column name.
        number_format: Marks in its numbers.
    """

    encoding: Encoding
    separator: str
    has_literal_quotes: bool
    names: tuple[str, ...]
    has_header: bool
    has_row_names: bool
    number_format: NumberFormat


@dataclass(frozen=True)
class NumberFormat:
    """The marks in numbers.

    Attributes:
        decimal: Decimal mark, a point or a comma.
        thousands: Thousands separator, or an empty text.
        example: A number of the file that has the decimal mark, or an empty text.
    """

    decimal: str
    thousands: str
    example: str


def detect_format(path: Path) -> DelimitedFormat:
    """Detect the format of a delimited text file.

    Raises:
        DataError: If the file is empty, has one column, repeats a column name, or has lines of different lengths.
    """
    encoding = detect_encoding(path)
    with _open(path, encoding) as file:
        lines = [line for line in itertools.islice(file, SAMPLE_LINES) if line.strip()]
    if not lines:
        raise DataError(f"{path}: expected a table, found an empty file.")
    separator, literal = _detect_separator(path, lines)
    literal = literal or _quotes_join_lines(path, encoding, separator)
    rows = list(_rows(lines, separator, literal))
    width = Counter(map(len, rows[1:] or rows)).most_common(1)[0][0]
    has_header = _has_header(rows)
    has_row_names = has_header and len(rows[0]) == width - 1
    _check_lengths(path, encoding, separator, literal, width, has_row_names)
    names = tuple(name.strip() for name in rows[0]) if has_header else tuple(f"column_{i + 1}" for i in range(width))
    _check_names(path, names)
    body = rows[1:] if has_header else rows
    if not body:
        raise DataError(f"{path}: expected rows, found only the header.")
    number_format = _detect_number_format(body, separator)
    return DelimitedFormat(encoding, separator, literal, names, has_header, has_row_names, number_format)


def _open(path: Path, encoding: Encoding) -> TextIO:
    return path.open(encoding=encoding.name, errors=encoding.errors, newline="")


def _rows(lines: Iterable[str], separator: str, literal: bool) -> Iterator[Row]:
    return (row for row in _reader(lines, separator, literal) if row)


def _reader(lines: Iterable[str], separator: str, literal: bool) -> Reader:
    csv.field_size_limit(MAX_FIELD_LENGTH)
    return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE if literal else csv.QUOTE_MINIMAL)


def _detect_separator(path: Path, lines: list[str]) -> tuple[str, bool]:
    """Return the separator, and whether quotation marks are literal."""
    candidates: list[tuple[float, str, bool]] = []
    for separator in SEPARATORS:
        quoted, literal = (list(_rows(lines, separator, literal)) for literal in (False, True))
        joins_lines = len(quoted) < len(literal) and _consistency(literal) == 1
        candidates.append((_consistency(literal if joins_lines else quoted), separator, joins_lines))
    consistency, separator, has_literal_quotes = max(candidates, key=lambda each: each[0])  # of ties, the first
    if consistency < MIN_CONSISTENT_LINES:
        raise DataError(
            f"{path}: expected at least two columns separated by comma, semicolon, tabulator or bar, found no "
            f"separator that occurs equally often in most lines (line 1 is "
            f"{shorten(lines[0].strip(), MAX_LINE_LENGTH)!r})."
        )
    return separator, has_literal_quotes


def _quotes_join_lines(path: Path, encoding: Encoding, separator: str) -> bool:
    """Return whether all lines have equally many fields, but only if quotation marks are literal."""
    with _open(path, encoding) as file:
        lengths = Counter(map(len, _rows(file, separator, literal=True)))
    if len(lengths) != 1:
        return False
    with _open(path, encoding) as file:
        return sum(1 for _ in _rows(file, separator, literal=False)) < lengths.total()


def _consistency(rows: list[Row]) -> float:
    """Return the share of rows that have the most frequent number of fields, at least two; otherwise 0."""
    if not rows:
        return 0.0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    fits_header = len(rows[0]) in (width, width - 1)  # R writes no column name for row names
    return count / len(rows) - (0 if fits_header else 1 / len(rows)) if width >= 2 else 0.0


def _check_lengths(
    path: Path, encoding: Encoding, separator: str, literal: bool, width: int, has_row_names: bool
) -> None:
    """Refuse lines that have more or fewer fields than most: pandas would fill or shift them."""
    first_line, first_width, count = 0, 0, 0
    with _open(path, encoding) as file:
        reader = _reader(file, separator, literal)
        try:
            for number, row in enumerate(reader):
                if row and len(row) != width and not (number == 0 and has_row_names):
                    count += 1
                    if count == 1:
                        first_line, first_width = reader.line_num, len(row)
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num}: could not be split into fields ({error}).") from error
    if count:
        more = f", and {count - 1:,} more such lines" if count > 1 else ""
        raise DataError(
            f"{path}, line {first_line}: expected {width} fields separated by {SEPARATOR_NAMES[separator]} as in most "
            f"lines, found {first_width}{more}; correct or remove them (put text that contains the separator in "
            f"quotation marks)."
        )


def _check_names(path: Path, names: tuple[str, ...]) -> None:
    repeated = [name for name, count in Counter(names).items() if count > 1 and name]
    if repeated:
        raise DataError(
            f"{path}: expected unique column names, found {', '.join(map(repr, repeated))} more than once; rename "
            f"them in line 1."
        )


def _has_header(rows: list[Row]) -> bool:
    first, body = rows[0], rows[1:]
    like_names, like_data = 0, 0
    for cell, column in zip(first, zip(*(row for row in body if len(row) == len(first)), strict=True), strict=False):
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


def is_number(cell: str) -> bool:
    """Return whether a text is a number, with any decimal mark and thousands separator."""
    cell = cell.strip()
    patterns = (INTEGER, *DECIMAL.values())
    return any(map(str.isdigit, cell)) and any(pattern.fullmatch(cell) for pattern in patterns)


def _detect_number_format(rows: list[Row], separator: str) -> NumberFormat:
    columns = [
        numbers
        for column in zip(*(row for row in rows if len(row) == len(rows[0])), strict=True)
        if (numbers := _numbers_with_marks(column))
    ]
    fits = {mark: [column for column in columns if all(map(DECIMAL[mark].fullmatch, column))] for mark in ".,"}
    certain = {mark: [column for column in fits[mark] if column not in fits[THOUSANDS[mark]]] for mark in ".,"}
    if certain["."] or certain[","]:
        decimal = max(",." if separator != "," else ".,", key=lambda mark: len(certain[mark]))
    else:  # every mark may be a thousands separator
        commas = sum("," in column[0] for column in fits[","])
        decimal = "," if commas > len(fits[","]) / 2 and separator != "," else "."
    thousands = THOUSANDS[decimal]
    has_thousands = any(thousands in value for column in fits[decimal] for value in column)
    example = next((value for column in fits[decimal] for value in column if decimal in value), "")
    return NumberFormat(decimal, thousands if has_thousands else "", example)


def _numbers_with_marks(column: tuple[str, ...]) -> list[str]:
    """Return the values of a column of numbers that have a point or a comma; none of any other column."""
    values = [value.strip() for value in column if value.strip()]
    if sum(map(is_number, values)) < MIN_NUMBERS * len(values):
        return []
    return [value for value in values if is_number(value) and not INTEGER.fullmatch(value) and set(value) & set(".,")]
