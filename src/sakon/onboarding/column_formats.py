"""Finds out how the values of each column are written, and lets the catalog read them so.

The rules, for each column of a text file or a workbook, from all of its values as they are written:

- missing numbers: in a column of which at least 70% are numbers, at most three different texts without letter or digit,
  or usual words such as `unknown`, stand for missing numbers;
- codes: whole numbers of which one begins with a zero, or has more digits than a float64 holds, are text, also those
  that look like 3e4;
- texts of which some look like numbers or booleans, such as 3e4 beside 3a4, are declared as text;
- numbers: a column has the decimal mark, the thousands separator and the unit with which all of its values are numbers;
  see `sakon.records.number_texts`. If two are possible, the other columns decide; if they do not, 1,234 has a decimal
  comma in text files that are not separated by commas, and otherwise a thousands separator; 1.234 has a decimal point.
  Values such as 1,3 are answers, not numbers, unless other columns have decimal commas;
- labels: of a target of text, words such as `None` or `NA`, which pandas reads as missing, are labels if they have as
  many rows as a class needs. In any column, `NA` is a label among codes of two letters, such as those of countries.

JSON and Parquet declare which values are text. Texts of numbers are numbers there too, unless one begins with a zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from sakon.datasets.file_formats import CSV
from sakon.lazy import pd
from sakon.onboarding.column_texts import (
    BOOLEANS,
    ColumnTexts,
    NumberColumn,
    find_code,
    find_equal_numbers,
    find_numbers,
)
from sakon.onboarding.raw_files import READ_AS_TEXT, Argument, RawFile
from sakon.records.missing_values import LABEL_WORDS
from sakon.records.number_texts import PLAIN, NumberFormat, is_number
from sakon.records.targets import MIN_ROWS_PER_CLASS
from sakon.wording import format_list, pluralise, shorten

MAX_LISTED = 8
MAX_LENGTH = 30
ASK_LABELS = "; if it is a class, list it in labels of TableFileDataset in catalog.yml"
LETTER_CODE = re.compile(r"[A-Z]{2}")


def configure_columns(raw_file: RawFile, texts: pd.DataFrame, target: str | None) -> None:
    """Let the catalog read every column as it is written.

    Args:
        raw_file: The file; its catalog entry is completed.
        texts: Its values before they are parsed; cells that are no text were typed by the file.
        target: Column to predict, or `None`.
    """
    is_parsed = raw_file.type in READ_AS_TEXT
    numbers: dict[str, NumberColumn] = {}
    codes: dict[str, str] = {}
    ambiguous: dict[str, str] = {}
    marks: dict[str, list[str]] = {}
    for column in texts.columns[[not pd.api.types.is_numeric_dtype(dtype) for dtype in texts.dtypes]]:
        name, content = str(column), ColumnTexts.of(texts[column])
        missing = content.missing_marks() if is_parsed else []
        values = tuple(text for text in content.counts if text not in missing and text.strip())
        code = find_code(name, values) if values else None
        if code is not None and not (name.strip() == target and _is_quantity(content)):
            codes[name] = code
        elif values and not content.has_others and not (content.typed_numbers and is_parsed and not missing):
            number = find_numbers(values)
            numbers |= {name: number} if number is not None and not content.typed_numbers else {}
            _note_equal_numbers(raw_file, name, number)
            if number is None and raw_file.type == CSV and (text := content.ambiguous_text()) is not None:
                ambiguous[name] = text
        marks |= {name: missing} if missing else {}
    chosen = _choose_formats(raw_file, numbers)
    if is_parsed:
        _declare_texts(raw_file, codes, ambiguous, [name for name, each in chosen.items() if each != PLAIN])
        _declare_labels(raw_file, texts, target)
    _declare_numbers(raw_file, numbers, chosen)
    if marks:
        reason = f"stand for a missing number in {format_list(sorted(name.strip() for name in marks), MAX_LISTED)}"
        raw_file.load_args["na_values"] = Argument(marks, reason)


def _note_equal_numbers(raw_file: RawFile, name: str, number: NumberColumn | None) -> None:
    """Note numbers such as 1.1 and 1.10, which would be different if they were codes."""
    equal = find_equal_numbers(number.texts) if number is not None else None
    if equal is not None:
        raw_file.notes.append(
            f"'{name.strip()}' has numbers such as {equal[0]} and {equal[1]}, which are equal; if they are codes, set "
            f"their dtype to str in catalog.yml"
        )


def _is_quantity(content: ColumnTexts) -> bool:
    """Return whether a target has too many different values to be classes."""
    return len(content.counts) * MIN_ROWS_PER_CLASS > sum(content.counts.values())


def _choose_formats(raw_file: RawFile, numbers: Mapping[str, NumberColumn]) -> dict[str, NumberFormat]:
    """Return the format of every column of numbers; columns of answers are left out."""
    certain = {column.certain_decimal for column in numbers.values()} - {None}
    separator = raw_file.load_args["sep"].value if raw_file.type == CSV else None
    default = "," if separator not in (",", None) else "."
    chosen: dict[str, NumberFormat] = {}
    for name, column in numbers.items():
        if column.may_be_answers and certain != {","} and {each.decimal for each in column.formats} == {","}:
            raw_file.notes.append(
                f"'{name.strip()}' has categories: values such as {_example(column)!r} look like several answers"
            )
            continue
        decimal = next(iter(certain)) if len(certain) == 1 else "." if column.is_plain else default
        by_preference = sorted(column.formats, key=lambda each: (each.decimal != decimal, each.thousands != ""))
        chosen[name] = by_preference[0]
        if len(certain) != 1 and not chosen[name].thousands and any(each.thousands for each in column.formats):
            raw_file.notes.append(
                f"'{name.strip()}': {_example(column)} is read with a decimal mark; if it separates thousands, set "
                f"numbers of TableFileDataset in catalog.yml"
            )
    return chosen


def _example(column: NumberColumn) -> str:
    """Return the value with the most marks."""
    return shorten(max(column.texts, key=lambda text: sum(not character.isdigit() for character in text)), MAX_LENGTH)


def _declare_texts(
    raw_file: RawFile, codes: Mapping[str, str], ambiguous: Mapping[str, str], numbers: list[str]
) -> None:
    """Let pandas read codes, texts of which some look like numbers, and numbers that are parsed afterwards, as text."""
    if not codes and not ambiguous and not numbers:
        return
    examples = {"codes such as": codes, "texts, also those such as": ambiguous}
    reasons = [
        f"{format_list([name.strip() for name in columns], MAX_LISTED)}: {what} {next(iter(columns.values()))}"
        for what, columns in examples.items()
        if columns
    ]
    reasons += ["numbers with marks of their own are parsed afterwards"] if numbers else []
    raw_file.load_args["dtype"] = Argument(dict.fromkeys([*codes, *ambiguous, *numbers], "str"), "; ".join(reasons))


def _declare_numbers(
    raw_file: RawFile, numbers: Mapping[str, NumberColumn], chosen: Mapping[str, NumberFormat]
) -> None:
    """Declare the numbers that pandas does not read itself."""
    is_parsed = raw_file.type in READ_AS_TEXT
    declared: dict[str, Argument] = {}
    for name, number_format in chosen.items():
        column = numbers[name]
        if number_format == PLAIN and is_parsed and column.is_plain:
            continue
        reason = f"numbers such as {_example(column)}" + ("" if is_parsed else ", stored as text")
        if number_format.unit == "%":
            reason += "; a percentage keeps its value"
        declared[name] = Argument(number_format.arguments or {"decimal": number_format.decimal}, reason)
    if declared:
        raw_file.table_arguments["numbers"] = declared


def _declare_labels(raw_file: RawFile, texts: pd.DataFrame, target: str | None) -> None:
    """Let words such as `None` be values of columns in which they are labels; empty cells remain missing."""
    labels: dict[str, Argument] = {}
    for column in texts:
        name, counts = str(column), _count_label_words(texts[column])
        if counts:
            is_target = name.strip() == target
            words = _find_labels(texts[column], counts, is_target)
            if words:
                rows = ", ".join(f"'{word}' has {counts[word]:,} {pluralise('row', counts[word])}" for word in words)
                labels[name] = Argument(words, f"labels, which pandas would read as missing: {rows}")
            raw_file.notes += [
                f"'{word}' in {count:,} {pluralise('row', count)} of '{target}' is read as a missing value{ASK_LABELS}"
                for word, count in counts.items()
                if is_target and word not in words
            ]
    if labels:
        raw_file.table_arguments["labels"] = labels


def _count_label_words(column: pd.Series) -> dict[str, int]:
    cells = column.astype("str")
    return {str(word): int(rows) for word, rows in cells[cells.isin(LABEL_WORDS)].value_counts().items()}


def _find_labels(column: pd.Series, counts: Mapping[str, int], is_target: bool) -> list[str]:
    """Return the words that are labels: all frequent ones of a target of text, and NA among codes of two letters."""
    others = [text.strip() for text in ColumnTexts.of(column).counts if text.strip()]
    if set(counts) == {"NA"} and others and all(map(LETTER_CODE.fullmatch, others)):
        return ["NA"]
    words = [word for word, rows in counts.items() if is_target and rows >= MIN_ROWS_PER_CLASS]
    is_text = any(not is_number(text) and text.lower() not in BOOLEANS for text in others)
    return words if is_text or (not others and len(words) > 1) else []
