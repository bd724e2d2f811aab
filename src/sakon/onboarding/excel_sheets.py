"""Finds the sheet of an Excel workbook that holds the table, and the row of its column names.

The first sheet with a row of which one cell is the target, among its first 21 rows, holds the table; that row holds the
names. Hidden sheets come last. A workbook with one sheet, or without a target, has the names in the first row.
"""

from __future__ import annotations

import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sakon.errors import DataError, ParameterError, did_you_mean
from sakon.onboarding.line_samples import MAX_ROWS_ABOVE
from sakon.wording import format_list

if TYPE_CHECKING:
    from openpyxl import Workbook


@dataclass(frozen=True)
class Sheet:
    """The sheet of a workbook that holds the table.

    Attributes:
        name: Its name.
        rows_above: Number of rows above the column names.
        reason: Why it was chosen.
    """

    name: str
    rows_above: int
    reason: str


def detect_sheet(path: Path, target: str | None) -> Sheet:
    """Find the sheet and the row of the column names.

    Args:
        path: The workbook.
        target: Column to predict, or `None`.

    Raises:
        DataError: If it cannot be read, or repeats a column name.
        ParameterError: If there are several sheets, none of which has the target.
    """
    with _open(path, has_values=True) as workbook:
        names = [str(sheet) for sheet in workbook.sheetnames if hasattr(workbook[sheet], "iter_rows")]
        if not names:
            raise DataError(f"{path}: expected a sheet with a table, found none.")
        names.sort(key=lambda name: workbook[name].sheet_state != "visible")
        tops = {name: _top_rows(workbook, name) for name in names}
    with_target = [
        (name, number) for name, rows in tops.items() for number, row in enumerate(rows) if target and target in row
    ]
    if target and not with_target and len(names) > 1:
        cells = list(dict.fromkeys(cell for rows in tops.values() for row in rows for cell in row if cell))
        hint = did_you_mean(target, cells)
        raise ParameterError(
            f"--target {target}: expected a column of one of the sheets of {path.name} ({format_list(names)}), found "
            f"none in their first {MAX_ROWS_ABOVE + 1} rows{hint if hint.startswith('; did') else '; check its name.'}"
        )
    name, rows_above = with_target[0] if with_target else (names[0], 0)
    row = tops[name][rows_above] if tops[name] else []
    repeated = sorted(each for each, count in Counter(row).items() if count > 1 and each)
    if repeated:
        raise DataError(
            f"{path}: expected unique column names, found {repeated} more than once in row {rows_above + 1}."
        )
    others = [each for each in names if each != name]
    repeated = [each for each in dict(with_target) if each != name]
    reason = f"the first sheet with a column '{target}'" if with_target and others else "the first sheet"
    if repeated:
        reason += f", which {format_list(repeated)} {'have' if len(repeated) > 1 else 'has'} too"
    return Sheet(name, rows_above, f"{reason}; the others are {format_list(others)}" if others else reason)


def count_uncalculated_formulas(path: Path, sheet: str, rows_above: int) -> dict[str, int]:
    """Return the number of formulas without a value by column: the file was not saved by a program that computes them.

    Args:
        path: The workbook.
        sheet: The sheet with the table.
        rows_above: Number of rows above the column names.
    """
    counts: Counter[int] = Counter()
    with _open(path, has_values=True) as values, _open(path, has_values=False) as formulas:
        rows = zip(values[sheet].iter_rows(values_only=True), formulas[sheet].iter_rows(), strict=False)
        names: list[str] = []
        for number, (row, cells) in enumerate(rows):
            if number == rows_above:
                names = [_text(value) for value in row]
            elif number > rows_above:
                counts.update(
                    position
                    for position, (value, cell) in enumerate(zip(row, cells, strict=False))
                    if value is None and cell.data_type == "f"
                )
    return {names[position]: count for position, count in counts.items() if position < len(names)}


@contextmanager
def _open(path: Path, has_values: bool) -> Iterator[Workbook]:
    """Open a workbook for reading, with the values of formulas or with the formulas themselves."""
    from openpyxl import load_workbook

    try:
        workbook = load_workbook(path, read_only=True, data_only=has_values)
    except (zipfile.BadZipFile, ValueError, KeyError) as error:
        raise DataError(
            f"{path}: expected an Excel workbook (.xlsx), found a file that could not be read ({error}); save it again."
        ) from error
    try:
        yield workbook
    finally:
        workbook.close()


def _top_rows(workbook: Workbook, sheet: str) -> list[list[str]]:
    rows = workbook[sheet].iter_rows(max_row=MAX_ROWS_ABOVE + 1, values_only=True)
    return [[_text(value) for value in row] for row in rows]


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
