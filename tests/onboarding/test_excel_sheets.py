"""The table of a workbook is on any of its sheets, below any title, and its formulas have values."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from sakon.errors import DataError, ParameterError
from sakon.onboarding.readers import find_raw_file
from sakon.onboarding.tables import load_table

BODY: list[list[Any]] = [[i / 2, f"{i % 3:02d}", "None" if i % 2 else "high"] for i in range(1, 21)]
TABLE: list[list[Any]] = [["a", "code", "y"], *BODY]


def write(folder: Path, hidden: str = "", **sheets: list[list[Any]]) -> Path:
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        sheet.sheet_state = "hidden" if name == hidden else "visible"
        for row in rows:
            sheet.append(row)
    book.save(folder / "book.xlsx")
    return folder / "book.xlsx"


SHIFTED = [[None, None, *row, None, None] for row in TABLE]
LAYOUTS: dict[str, dict[str, list[list[Any]]]] = {
    "one sheet": {"data": TABLE},
    "read me first": {"readme": [["by me"], ["a", "note"]], "data": TABLE},
    "title": {"data": [["Report of 2024"], [], *TABLE]},
    "title on the second sheet": {"readme": [["y is on the next sheet"]], "data": [["Report"], *TABLE]},
    "another column": {"data": [["a note", None, None, None, None, None, "x"], [], [], *SHIFTED]},
    "empty sheet": {"nothing": [], "data": TABLE},
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_table_is_the_one_with_the_target(tmp_path: Path, name: str) -> None:
    raw_file = find_raw_file(write(tmp_path, **LAYOUTS[name]), "y")
    table = load_table(raw_file, "y")
    assert raw_file.load_args["sheet_name"].value == "data"
    assert table[["a", "code", "y"]].to_numpy().tolist() == BODY


def test_other_sheets_are_told_and_hidden_ones_come_last(tmp_path: Path) -> None:
    old = [["a", "y"], [1, "old"]]
    raw_file = find_raw_file(write(tmp_path, hidden="old", old=old, data=TABLE, more=TABLE), "y")
    sheet = raw_file.load_args["sheet_name"]
    assert sheet.value == "data"
    assert sheet.reason == "the first sheet with a column 'y', which more, old have too; the others are more, old"


def test_no_sheet_has_the_target(tmp_path: Path) -> None:
    path = write(tmp_path, readme=[["by me"]], data=TABLE)
    with pytest.raises(ParameterError, match=r"one of the sheets of book.xlsx \(readme, data\).*did you mean 'code'"):
        find_raw_file(path, "codes")


def test_formulas_that_were_never_calculated(tmp_path: Path) -> None:
    rows = [["a", "double", "y"], *([i, f"=A{i + 1}*2", i % 2] for i in range(1, 21))]
    raw_file = find_raw_file(write(tmp_path, data=rows), "y")
    load_table(raw_file, "y")
    assert [note.split(";")[0] for note in raw_file.notes] == [
        "'double' has 20 formulas that were never calculated, which are missing values"
    ]
    with pytest.raises(
        DataError, match="column 'double': expected values, found 20 formulas .*; open the file in Excel"
    ):
        load_table(find_raw_file(write(tmp_path, data=rows), "double"), "double")
