"""How the characters of a text file become a table.

The rules: the separator is the one of tabulator, semicolon, bar and comma that parts the most lines into equally
many fields (at least two); equally good ones are taken in this order, since prose holds commas and numbers do.
Quotes are literal characters if taking them so gives whole lines and taking them as quotes swallows some. The
first line is data, not names, if it holds a number where the column holds numbers, or a value that recurs below
it. Decimal commas are those of columns all of whose values are numbers if written so; a number such as 1,234 is
taken for thousands only in files separated by commas, or where other columns show decimal points.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from sakon.errors import DataError
from sakon.onboarding import encodings
from sakon.onboarding.encodings import Encoding

SEPARATORS = "\t;|,"
SAMPLE_ROWS = 2000
LONGEST_FIELD = 2**30
FEWEST_CONSISTENT = 0.5
CALLED = {"\t": "tabulator", ";": "semicolon", "|": "bar", ",": "comma"}

WHOLE = re.compile(r"[+-]?\d+")
DECIMAL = {
    ".": re.compile(r"[+-]?(?=[.,]?\d)([1-9]\d{0,2}(,\d{3})+|\d*)(\.\d*)?([eE][+-]?\d+)?"),
    ",": re.compile(r"[+-]?(?=[.,]?\d)([1-9]\d{0,2}(\.\d{3})+|\d*)(,\d*)?([eE][+-]?\d+)?"),
}
OTHER = {".": ",", ",": "."}
FEWEST_NUMBERS = 0.7

Row = list[str]


@dataclass(frozen=True)
class Layout:
    """How a delimited file is laid out.

    Attributes:
        encoding: Of its characters.
        separator: Between fields.
        literal_quotes: Whether quotation marks are characters like any other.
        names: Names of the columns, in order; numbered ones where the file has no line of names.
        header: Whether the first line holds the names.
        row_names: Whether every line begins with a field without a column name.
        decimal: Point or comma.
        thousands: Mark between groups of three digits, or nothing.
        example: A number that shows the decimal mark, or nothing.
    """

    encoding: Encoding
    separator: str
    literal_quotes: bool
    names: tuple[str, ...]
    header: bool
    row_names: bool
    decimal: str
    thousands: str
    example: str


def find(path: Path) -> Layout:
    """Find the layout of a file, and refuse one that is no table.

    Raises:
        DataError: If the file is empty, has one column, names a column twice, or has lines of other lengths.
    """
    encoding = encodings.find(path)
    with _opened(path, encoding) as file:
        lines = [line for line in itertools.islice(file, SAMPLE_ROWS) if line.strip()]
    if not lines:
        raise DataError(f"{path}: expected a table, found an empty file.")
    separator, literal = _separator(path, lines)
    literal = literal or _swallows_lines(path, encoding, separator)
    rows = list(_rows(lines, separator, literal))
    width = Counter(map(len, rows[1:] or rows)).most_common(1)[0][0]
    header = _has_header(rows)
    row_names = header and len(rows[0]) == width - 1
    _check_lengths(path, encoding, separator, literal, width, row_names)
    names = tuple(name.strip() for name in rows[0]) if header else tuple(f"column_{i + 1}" for i in range(width))
    _check_names(path, names)
    body = rows[1:] if header else rows
    if not body:
        raise DataError(f"{path}: expected rows, found only the line of column names.")
    return Layout(encoding, separator, literal, names, header, row_names, *_number_format(body, separator))


def _opened(path: Path, encoding: Encoding) -> TextIO:
    return path.open(encoding=encoding.name, errors=encoding.errors, newline="")


def _rows(lines: Iterable[str], separator: str, literal: bool) -> Iterator[Row]:
    return (row for row in _reader(lines, separator, literal) if row)


def _reader(lines: Iterable[str], separator: str, literal: bool) -> Any:
    csv.field_size_limit(LONGEST_FIELD)
    return csv.reader(lines, delimiter=separator, quoting=csv.QUOTE_NONE if literal else csv.QUOTE_MINIMAL)


def _separator(path: Path, lines: list[str]) -> tuple[str, bool]:
    found: list[tuple[float, str, bool]] = []
    for separator in SEPARATORS:
        quoted, literal = (list(_rows(lines, separator, literal)) for literal in (False, True))
        swallowed = len(quoted) < len(literal) and _consistency(literal) == 1
        found.append((_consistency(literal if swallowed else quoted), separator, swallowed))
    share, separator, literal_quotes = max(found, key=lambda each: each[0])  # of equals, the first
    if share < FEWEST_CONSISTENT:
        raise DataError(
            f"{path}: expected at least two columns, parted by comma, semicolon, tabulator or bar, found none of them "
            f"at the same place in most lines (line 1 is {_shortened(lines[0])!r})."
        )
    return separator, literal_quotes


def _swallows_lines(path: Path, encoding: Encoding, separator: str) -> bool:
    """Say whether all lines of a file are equally long, but only if its quotation marks are plain characters."""
    with _opened(path, encoding) as file:
        lengths = Counter(map(len, _rows(file, separator, literal=True)))
    if len(lengths) != 1:
        return False
    with _opened(path, encoding) as file:
        return sum(1 for _ in _rows(file, separator, literal=False)) < lengths.total()


def _consistency(rows: list[Row]) -> float:
    """Return the share of rows that have the commonest number of fields, at least two; 0 if there is none."""
    if not rows:
        return 0.0
    width, count = Counter(map(len, rows)).most_common(1)[0]
    fits_header = len(rows[0]) in (width, width - 1)  # R leaves out the name of row names
    return count / len(rows) - (0 if fits_header else 1 / len(rows)) if width >= 2 else 0.0


def _check_lengths(path: Path, encoding: Encoding, separator: str, literal: bool, width: int, row_names: bool) -> None:
    """Refuse lines that have more or fewer fields than most: pandas would fill or shift them."""
    first, found, count = 0, 0, 0
    with _opened(path, encoding) as file:
        reader = _reader(file, separator, literal)
        try:
            for number, row in enumerate(reader):
                if row and len(row) != width and not (number == 0 and row_names):
                    count += 1
                    first, found = (first, found) if first else (reader.line_num, len(row))
        except csv.Error as error:
            raise DataError(f"{path}, line {reader.line_num}: cannot be parted into fields ({error}).") from error
    if count:
        more = f", and {count - 1:,} more such lines" if count > 1 else ""
        raise DataError(
            f"{path}, line {first}: expected {width} fields parted by {CALLED[separator]} as in most lines, found "
            f"{found}{more}; mend or remove them (text that holds the separator belongs in quotation marks)."
        )


def _check_names(path: Path, names: tuple[str, ...]) -> None:
    doubled = [name for name, count in Counter(names).items() if count > 1 and name]
    if doubled:
        raise DataError(
            f"{path}: expected every column name once, found {', '.join(map(repr, doubled))} more than once; rename "
            f"them in line 1."
        )


def _has_header(rows: list[Row]) -> bool:
    first, body = rows[0], rows[1:]
    names, data = 0, 0
    for cell, column in zip(first, zip(*(row for row in body if len(row) == len(first)), strict=True), strict=False):
        filled = [value for value in column if value.strip()]
        if not filled or not cell.strip():
            continue
        numeric = sum(is_number(value) for value in filled) >= 0.9 * len(filled)
        if numeric:
            data, names = (data + 1, names) if is_number(cell) else (data, names + 1)
        elif cell in filled:
            data += 1
    return not data or names >= data


def is_number(cell: str) -> bool:
    """Say whether a text is a number, with whatever marks of decimals and thousands."""
    cell = cell.strip()
    return any(map(str.isdigit, cell)) and any(form.fullmatch(cell) for form in (WHOLE, *DECIMAL.values()))


def _number_format(rows: list[Row], separator: str) -> tuple[str, str, str]:
    """Return the decimal mark, the mark of thousands (or nothing), and a number that shows the decimal mark."""
    columns = [
        numbers
        for column in zip(*(row for row in rows if len(row) == len(rows[0])), strict=True)
        if (numbers := _marked_numbers(column))
    ]
    fits = {mark: [column for column in columns if all(map(DECIMAL[mark].fullmatch, column))] for mark in ".,"}
    sure = {mark: [column for column in fits[mark] if column not in fits[OTHER[mark]]] for mark in ".,"}
    if sure["."] or sure[","]:
        decimal = max(",." if separator != "," else ".,", key=lambda mark: len(sure[mark]))
    else:  # every value may be one of thousands
        commas = sum("," in column[0] for column in fits[","])
        decimal = "," if commas > len(fits[","]) / 2 and separator != "," else "."
    thousands = any(OTHER[decimal] in value for column in fits[decimal] for value in column)
    example = next((value for column in fits[decimal] for value in column if decimal in value), "")
    return decimal, OTHER[decimal] if thousands else "", example


def _marked_numbers(column: tuple[str, ...]) -> list[str]:
    """Return the values of a column of numbers that hold a point or comma; nothing of any other column."""
    values = [value.strip() for value in column if value.strip()]
    if sum(map(is_number, values)) < FEWEST_NUMBERS * len(values):
        return []
    return [value for value in values if is_number(value) and not WHOLE.fullmatch(value) and set(value) & set(".,")]


def _shortened(line: str) -> str:
    line = line.strip()
    return line if len(line) <= 60 else f"{line[:60]}…"
