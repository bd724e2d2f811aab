"""Every file format is read by the dataset of its catalog entry, or refused with a clear message."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sakon.errors import DataError
from sakon.onboarding.raw_files import Argument
from sakon.onboarding.readers import find_raw_file
from sakon.onboarding.tables import load_table

TABLE = pd.DataFrame({"a": [1.5, 2.5, None], "b": ["x", "y", "z"], "c": [1, 2, 3]})


def write(folder: Path, name: str, table: pd.DataFrame = TABLE) -> Path:
    path = folder / name
    match path.suffix:
        case ".xlsx":
            table.to_excel(path, index=False)
        case ".parquet":
            table.to_parquet(path)
        case ".jsonl":
            table.to_json(path, orient="records", lines=True)
        case ".json":
            table.to_json(path, orient="records")
        case _:
            table.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return path


@pytest.mark.parametrize(
    "name", ["t.csv", "t.tsv", "t.txt", "t.data", "t.xlsx", "t.parquet", "t.jsonl", "t.json", "T.CSV"]
)
def test_every_format_is_read(tmp_path: Path, name: str) -> None:
    read = load_table(find_raw_file(write(tmp_path, name)))
    pd.testing.assert_frame_equal(read, TABLE, check_dtype=False)


def test_blanks_around_column_names_are_removed(tmp_path: Path) -> None:
    raw_file = find_raw_file(write(tmp_path, "t.csv", TABLE.rename(columns={"a": " a "})))
    assert list(load_table(raw_file).columns) == ["a", "b", "c"]
    assert raw_file.original_names["a"] == " a "


def test_first_sheet_is_read_and_the_others_are_listed(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path) as book:
        TABLE.to_excel(book, sheet_name="data", index=False)
        TABLE.to_excel(book, sheet_name="notes", index=False)
    raw_file = find_raw_file(path)
    assert raw_file.load_args["sheet_name"] == Argument("data", "the first sheet; the others are notes")
    assert len(load_table(raw_file)) == 3


REFUSED = {
    "lists.jsonl": (
        '{"a": 1, "b": [1, 2]}\n{"a": 2, "b": 3}\n',
        "column 'b': expected one value per row, found a list",
    ),
    "objects.json": ('[{"a": 1, "b": {"c": 2}}]', "column 'b': expected one value per row, found a dict"),
    "broken.jsonl": ('{"a": 1}\n{"a": 2\n', "line 2: expected one JSON object, found invalid JSON"),
    "scalar.jsonl": ('{"a": 1}\n2\n', "line 2: expected one JSON object, found int"),
    "repeated.jsonl": ('{"a": 1, "a": 2}\n', r"line 1: expected unique names, found \['a'\]"),
    "empty.jsonl": ("", "found an empty file"),
    "no.xlsx": ("a,b\n1,2\n", r"no\.xlsx: expected an Excel workbook"),
    "no.parquet": ("a,b\n1,2\n", r"no\.parquet: could not be read"),
    "no.json": ("[1, 2", r"no\.json: could not be read"),
    "table.csv.gz": ("a", r"found '\.gz'; unpack it first"),
    "table.docx": ("a", r"expected a file with extension \.csv.*found '\.docx'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_unreadable_files_are_refused_with_one_message(tmp_path: Path, name: str) -> None:
    content, message = REFUSED[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=message) as caught:
        load_table(find_raw_file(tmp_path / name))
    assert len(caught.value.messages) == 1


def test_repeated_columns_of_a_workbook(tmp_path: Path) -> None:
    table = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    with pytest.raises(DataError, match=r"expected unique column names, found \['a'\]"):
        find_raw_file(write(tmp_path, "t.xlsx", table))


def test_lists_in_parquet(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1, 2], "b": [np.arange(2), np.arange(3)]})
    with pytest.raises(DataError, match="column 'b': expected one value per row, found a ndarray"):
        load_table(find_raw_file(write(tmp_path, "t.parquet", table)))


def test_missing_file_suggests_a_similar_name(tmp_path: Path) -> None:
    write(tmp_path, "customers.csv")
    with pytest.raises(DataError, match=r"customer\.csv: .*did you mean 'customers.csv'\?"):
        find_raw_file(tmp_path / "customer.csv")
    with pytest.raises(DataError, match=r"x\.csv: .*found none; check the path"):
        find_raw_file(tmp_path / "nowhere" / "x.csv")


def test_file_without_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "t.csv")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"t\.csv: could not be read \(Permission denied\)"):
        find_raw_file(path)


@pytest.mark.parametrize("content", ['{{"x": {0}, "y": "a"}}\n', '[{{"x": {0}, "y": "a"}}]'])
def test_json_with_a_byte_order_mark(tmp_path: Path, content: str) -> None:
    path = tmp_path / "table.jsonl"
    path.write_text(content.format(7), encoding="utf-8-sig")
    assert load_table(find_raw_file(path, "y"), "y").to_dict("records") == [{"x": 7, "y": "a"}]


@pytest.mark.parametrize(
    ("last", "is_said"), [("Total", True), ("Gesamtsumme:", True), ("north", False), ("Totals Ltd", False)]
)
def test_a_last_row_that_may_be_a_total_is_said(tmp_path: Path, last: str, is_said: bool) -> None:
    path = tmp_path / "table.csv"
    rows = "".join(f"{region},{number}\n" for number, region in enumerate(["north", "south"] * 10))
    path.write_text(f"region,y\n{rows}{last},190\n")
    raw_file = find_raw_file(path, "y")
    load_table(raw_file, "y")
    note = f"the last row may sum up the others: 'region' is '{last}'; if it does, remove it from the file"
    assert raw_file.notes == ([note] if is_said else [])
