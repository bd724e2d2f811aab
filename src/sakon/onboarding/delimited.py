"""Detects the format of a delimited text file: separator, quotation marks, header and what does not belong to it.

The separator is the one of tabulator, semicolon, bar and comma that splits the most lines into equally many fields (at
least two), and with which the target is a column. Ties are decided in this order, because prose contains commas and
numbers may. Runs of blanks separate fields if no character does, or if the fields between characters hold several
numbers, and one of the columns holds numbers. Quotation marks are read by RFC 4180, with line breaks inside of quotes;
only if they do not fit, or lines have different lengths, another meaning with which all lines agree is taken; see
`field_rules.QUOTINGS`.

The line with the target is the header, whatever is above it. Otherwise the first line is data, not a header, if it
holds a number in a column of numbers, or a value that occurs again below. Lines of one more field than the header begin
with row names, as R writes them, if these are all different, or end with a separator, if the last field is empty.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from sakon.datasets.file_formats import separator_name
from sakon.errors import DataError
from sakon.onboarding.encodings import Encoding, detect_encoding
from sakon.onboarding.field_rules import QUOTINGS, FieldRules, Quoting, Row
from sakon.onboarding.line_samples import MIN_AGREEMENT, Sample
from sakon.wording import shorten

SAMPLE_LINES = 2000
MAX_LINE_LENGTH = 60


@dataclass(frozen=True)
class DelimitedFormat:
    """The format of a delimited text file.

    Attributes:
        encoding: Encoding of its characters.
        separator: Character between fields, or `BLANKS`.
        quoting: What quotation marks mean.
        names: Names of the columns, in order; numbered ones if the file has no header.
        has_header: Whether the file names its columns.
        rows_above: Number of rows above the header, or above the data.
        repeated_names: Number of lines that repeat the header.
        has_row_names: Whether every line begins with a field without a column name.
        extra_separators: Number of lines that end with separators which no column follows.
        has_blanks: Whether a blank follows every separator.
    """

    encoding: Encoding
    separator: str
    quoting: Quoting
    names: tuple[str, ...]
    has_header: bool
    rows_above: int
    repeated_names: int
    has_row_names: bool
    extra_separators: int
    has_blanks: bool


@dataclass
class RowCounts:
    """Counts over the rows of a file below the header.

    Attributes:
        is_valid: Whether quotation marks begin and end fields throughout.
        widths: Number of rows by number of fields.
        extra_separators: Number of rows by number of fields, of which those beyond the header are empty.
        first_lines: Number of the first line by number of fields.
        repeated_names: Number of rows that repeat the header.
        first_fields: The different first fields of rows with more fields than the header.
        has_blanks: Whether a blank follows every separator, unless the field is empty.
    """

    is_valid: bool = True
    widths: Counter[int] = field(default_factory=Counter)
    extra_separators: Counter[int] = field(default_factory=Counter)
    first_lines: dict[int, int] = field(default_factory=dict)
    repeated_names: int = 0
    first_fields: set[str] = field(default_factory=set)
    has_blanks: bool = True

    def add(self, row: Row, line: int, columns: int) -> None:
        """Count a row of a table with that many columns."""
        self.widths[len(row)] += 1
        self.first_lines.setdefault(len(row), line)
        self.has_blanks = self.has_blanks and _follow_blanks(row)
        if len(row) > columns:
            self.first_fields.add(row[0])
            self.extra_separators[len(row)] += not any(row[columns:])

    def has_row_names(self, columns: int) -> bool:
        """Return whether all rows have one more field than there are columns, the first of which are all different."""
        is_longer = set(self.widths) == {columns + 1} and self.extra_separators[columns + 1] < self.widths[columns + 1]
        return is_longer and len(self.first_fields) == self.widths[columns + 1]

    def deviating(self, columns: int) -> Counter[int]:
        """Return the number of rows by number of fields, without those that have as many as there are columns."""
        return Counter({width: n for width, n in (self.widths - self.extra_separators).items() if width != columns})


def detect_format(path: Path, target: str | None = None) -> DelimitedFormat:
    """Detect the format of a delimited text file.

    Args:
        path: The file.
        target: Column to predict, or `None`.

    Raises:
        DataError: If the file is empty, has one column, repeats a column name, or has lines of different lengths.
    """
    encoding = detect_encoding(path)
    sample, counts = _read_sample(path, encoding, target)
    columns = sample.columns
    has_row_names = sample.has_header and counts.has_row_names(columns)
    if not has_row_names:
        _check_widths(path, sample, counts)
    _check_names(path, sample)
    if sample.has_header and not counts.widths:
        raise DataError(f"{path}: expected rows, found only the header.")
    return DelimitedFormat(
        encoding,
        sample.rules.separator,
        sample.rules.quoting,
        sample.names,
        sample.has_header,
        rows_above=sample.start,
        repeated_names=counts.repeated_names,
        has_row_names=has_row_names,
        extra_separators=0 if has_row_names else counts.extra_separators.total(),
        has_blanks=counts.has_blanks and (not sample.has_header or _follow_blanks(sample.body[0])),
    )


def _follow_blanks(row: Row) -> bool:
    """Return whether a blank follows every separator, unless the field is empty."""
    return all(value[0] == " " for value in row[1:] if value)


def _open(path: Path, encoding: Encoding) -> TextIO:
    return path.open(encoding=encoding.name, errors=encoding.errors, newline="")


def _read_sample(path: Path, encoding: Encoding, target: str | None) -> tuple[Sample, RowCounts]:
    """Return the first rows of a file, divided by the rules that fit all of it best, and the counts of its rows."""
    with _open(path, encoding) as file:
        lines = list(itertools.islice(file, SAMPLE_LINES))
        is_complete = not next(file, "")
    if not any(line.strip() for line in lines):
        raise DataError(f"{path}: expected a table, found an empty file.")
    sample = Sample.best(lines, is_complete, target)
    if sample.agreement < MIN_AGREEMENT:
        first = next(line.strip() for line in lines if line.strip())
        raise DataError(
            f"{path}: expected at least two columns separated by comma, semicolon, tabulator, bar or blanks, "
            f"found no separator that occurs equally often in most lines (line 1 is "
            f"{shorten(first, MAX_LINE_LENGTH)!r})."
        )
    return _choose_quoting(path, encoding, sample, lines, is_complete)


def _choose_quoting(
    path: Path, encoding: Encoding, best: Sample, lines: list[str], is_complete: bool
) -> tuple[Sample, RowCounts]:
    """Return the first meaning of quotation marks with which all rows of the file agree, and the counts of its rows.

    If there is none, it is the first one with which every row begins with a row name, or else what fits the first lines
    best.
    """
    named: tuple[Sample, RowCounts] | None = None
    fallback: tuple[Sample, RowCounts] | None = None
    for quoting in QUOTINGS:
        rules = FieldRules(best.rules.separator, quoting)
        sample = best if rules == best.rules else Sample.read(lines, rules, is_complete, best.target)
        if not sample.is_consistent and rules != best.rules:
            continue
        counts = _count_rows(path, encoding, sample)
        if sample.is_valid and counts.is_valid and not counts.deviating(sample.columns):
            return sample, counts
        if counts.is_valid and counts.has_row_names(sample.columns):
            named = named or (sample, counts)
        if rules == best.rules:
            fallback = sample, counts
    return named or fallback or (best, _count_rows(path, encoding, best))


def _count_rows(path: Path, encoding: Encoding, sample: Sample) -> RowCounts:
    """Count the rows of a file; those above the table and the header are left out."""
    counts, columns = RowCounts(), sample.columns
    first = sample.start + 1 if sample.has_header else sample.start
    names = sample.body[0] if sample.has_header else None
    for is_strict in (True, False):
        with _open(path, encoding) as file:
            reader = sample.rules.reader(file, is_strict)
            try:
                for row in itertools.islice(reader, first, None):
                    if row and row == names:
                        counts.repeated_names += 1
                    elif row:
                        counts.add(row, reader.line_num, columns)
                return counts
            except csv.Error as error:
                if not is_strict:
                    message = f"{path}, line {reader.line_num}: could not be split into fields ({error})."
                    raise DataError(message) from error
        counts = RowCounts(is_valid=False)
    return counts


def _check_widths(path: Path, sample: Sample, counts: RowCounts) -> None:
    """Refuse lines that have more or fewer fields than there are columns: pandas would fill or shift them."""
    columns = sample.columns
    widths = counts.deviating(columns)
    if not widths:
        return
    separator = separator_name(sample.rules.separator)
    if set(widths) == {columns + 1} == set(counts.widths):
        raise DataError(
            f"{path}: expected as many fields separated by {separator} as column names, {columns}, found "
            f"{columns + 1} in every line, of which the first are no row names because they repeat; correct the first "
            f"line, or put text and numbers that contain the separator in quotation marks."
        )
    width = min(widths, key=lambda each: counts.first_lines[each])
    count = widths.total()
    more = f", and {count - 1:,} more such lines" if count > 1 else ""
    raise DataError(
        f"{path}, line {counts.first_lines[width]}: expected {columns} fields separated by {separator} as in most "
        f"lines, found {width}{more}; correct or remove them (put text that contains the separator in quotation marks)."
    )


def _check_names(path: Path, sample: Sample) -> None:
    repeated = [name for name, count in Counter(sample.names).items() if count > 1 and name]
    if repeated:
        raise DataError(
            f"{path}: expected unique column names, found {', '.join(map(repr, repeated))} more than once; rename "
            f"them in line {sample.start + 1}."
        )
