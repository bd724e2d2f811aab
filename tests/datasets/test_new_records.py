"""New records are read by the schema, whatever their values look like."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError

from sakon.datasets import NewRecordsDataset, TypedJSONDataset
from sakon.problem import Schema

SCHEMA = Schema(
    kind="tabular",
    task="classification",
    target="grade",
    features={"code": "category", "size": "category", "hours": "number", "since": "date", "member": "boolean"},
    classes=("01", "02"),
    non_text_categories=("size",),
)
HEADER = "code,size,hours,since,member,grade,id,amount"


def read(path: Path, schema: Schema = SCHEMA, kind: str = "CSV", **load_args: Any) -> pd.DataFrame:
    saved = {"type": "sakon.datasets.TypedJSONDataset", "filepath": str(path.with_name("schema.json"))}
    saved["model"] = "sakon.problem.Schema"
    TypedJSONDataset(filepath=saved["filepath"], model=saved["model"]).save(schema)
    entry = {"type": f"pandas.{kind}Dataset", "filepath": str(path), "load_args": load_args}
    return NewRecordsDataset(dataset=entry, schema=saved).load()


def write(folder: Path, *lines: str) -> Path:
    path = folder / "new.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_codes_labels_and_other_columns_keep_their_characters(tmp_path: Path) -> None:
    table = read(
        write(tmp_path, HEADER, "007,1.0,1.5,2024-05-31,True,01,0042,1.50", "1.10,2,2,2024-06-01,False,02,7,3")
    )
    assert table["code"].tolist() == ["007", "1.10"]
    assert table["grade"].tolist() == ["01", "02"]
    assert table["id"].tolist() == ["0042", "7"]
    assert table["amount"].tolist() == ["1.50", "3"]
    assert table["size"].tolist() == [1.0, 2.0]  # a number at ingestion too
    assert table["hours"].tolist() == [1.5, 2.0]
    assert table["member"].tolist() == [True, False]


def test_other_columns_of_plain_numbers_are_numbers(tmp_path: Path) -> None:
    table = read(write(tmp_path, HEADER, "a,1,1,2024-05-31,True,01,42,1.5", "b,2,2,2024-06-01,False,02,,2.25"))
    assert table["id"].tolist()[0] == 42
    assert table["amount"].tolist() == [1.5, 2.25]


@pytest.mark.parametrize(
    ("cell", "load_args", "value"),
    [
        ('"52,31"', {}, "52,31"),
        ('"52,31"', {"thousands": ","}, "52,31"),
        ('"5,231.5"', {"thousands": ","}, 5231.5),
        ('"52,31"', {"decimal": ","}, 52.31),
        ("52.31", {"decimal": ","}, "52.31"),
    ],
)
def test_numbers_are_in_the_format_of_the_raw_data_or_stay_text(
    cell: str, load_args: dict[str, Any], value: object, tmp_path: Path
) -> None:
    path = write(tmp_path, HEADER, *[f"007,1,{each},2024-05-31,True,01,1,1" for each in (cell, "7")])
    assert read(path, **load_args)["hours"].tolist() == [value, 7]


def test_a_separator_at_the_end_of_every_line_shifts_nothing(tmp_path: Path) -> None:
    table = read(write(tmp_path, HEADER, *["007,1,1,2024-05-31,True,01,1,1,"] * 2))
    assert table["code"].tolist() == ["007", "007"]
    assert table["hours"].tolist() == [1, 1]


def test_a_type_in_the_configuration_counts(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER, "007,1,1,2024-05-31,True,01,0042,1")
    assert read(path, dtype={"id": "int"})["id"].tolist() == [42]
    assert read(path, dtype="str")["hours"].tolist() == [1]


@pytest.mark.parametrize("kind", ["Excel", "JSON"])
def test_texts_of_spreadsheets_and_json_stay_texts(kind: str, tmp_path: Path) -> None:
    raw = pd.DataFrame({name: ["007", "012"] if name == "code" else [1, 2] for name in HEADER.split(",")})
    raw["since"] = "2024-05-31"
    path = tmp_path / ("new.xlsx" if kind == "Excel" else "new.jsonl")
    if kind == "Excel":
        raw.to_excel(path, index=False)
    else:
        raw.to_json(path, orient="records", lines=True)
    table = read(path, kind=kind, **({} if kind == "Excel" else {"lines": True}))
    assert table["code"].tolist() == ["007", "012"]
    assert table["hours"].tolist() == [1, 2]


def test_a_header_of_ten_million_columns_is_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_bytes(b"a," * 10_000_000 + b"b\n1\n")
    start = time.perf_counter()
    with pytest.raises(DatasetError, match="10,000,001 in the first line"):
        read(path)
    assert time.perf_counter() - start < 10


ROWS = pd.DataFrame(
    [["007", 1, 1.5, "2024-05-31", True, "01", 1, 2], ["012", 2, 2.5, "2024-06-01", False, "02", 3, 4]],
    columns=HEADER.split(","),
)


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet", ".jsonl", ".json"])
def test_a_file_of_another_format_is_read_as_its_suffix_says(
    suffix: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / f"new{suffix}"
    writers = {
        ".xlsx": lambda: ROWS.to_excel(path, index=False),
        ".parquet": lambda: ROWS.to_parquet(path),
        ".jsonl": lambda: ROWS.to_json(path, orient="records", lines=True),
        ".json": lambda: ROWS.to_json(path, orient="records"),
    }
    writers[suffix]()
    table = read(path, sep=";", parse_dates=["since"], encoding="cp1252")
    assert table["code"].tolist() == ["007", "012"]
    assert table["hours"].tolist() == [1.5, 2.5]
    assert f"{path}: read as its suffix says, {suffix}" in caplog.text


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_another_separator_is_taken_if_it_shows_all_columns(
    separator: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "new.csv"
    ROWS.drop(columns="grade").to_csv(path, index=False, sep=separator)
    table = read(path, sep=",", parse_dates=["since"])
    assert table["code"].tolist() == ["007", "012"]
    assert table["since"].dt.day.tolist() == [31, 1]
    assert "that of the raw data is comma." in caplog.text


def test_a_missing_column_of_dates_is_left_to_the_check_of_columns(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "new.csv"
    ROWS[["code", "hours"]].to_csv(path, index=False)
    assert list(read(path, sep=",", parse_dates=["since"])) == ["code", "hours"]
    assert caplog.text == ""


def test_another_encoding_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "new.csv"
    path.write_bytes(ROWS.rename(columns={"amount": "größe"}).to_csv(index=False).encode("cp1252"))
    with pytest.raises(DatasetError, match="expected a text in the encoding utf-8, as the raw data are, found another"):
        read(path)
    assert read(path, encoding="cp1252")["hours"].tolist() == [1.5, 2.5]


def test_a_compressed_file_is_read_as_the_raw_data_are(tmp_path: Path) -> None:
    path = tmp_path / "new.csv.gz"
    ROWS.to_csv(path, index=False)
    assert read(path)["code"].tolist() == ["007", "012"]
