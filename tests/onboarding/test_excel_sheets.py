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


def test_hidden_and_merged_cells_are_said(tmp_path: Path) -> None:
    workbook = Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.append(["group", "x", "y"])
    for number in range(20):
        sheet.append([f"g{number // 4}" if number % 4 == 0 else None, number, number % 3])
    sheet.merge_cells("A2:A5")
    sheet.merge_cells("A6:A9")
    sheet.merge_cells("E1:F1")
    sheet.column_dimensions["B"].hidden = True
    for row in range(3, 8):
        sheet.row_dimensions[row].hidden = True
    workbook.save(tmp_path / "book.xlsx")
    raw_file = find_raw_file(tmp_path / "book.xlsx", "y")
    assert len(load_table(raw_file, "y")) == 20
    assert raw_file.notes == [
        "5 hidden rows and 1 hidden column of sheet 'Sheet' are read like all others",
        "2 merged ranges of cells have a value in the first row alone; in their other rows it is missing",
    ]


def test_a_plain_sheet_has_no_notes(tmp_path: Path) -> None:
    raw_file = find_raw_file(write(tmp_path, data=[["x", "y"], *([number, 1] for number in range(20))]), "y")
    load_table(raw_file, "y")
    assert raw_file.notes == []
