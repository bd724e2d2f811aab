"""Every column is read as it is written: numbers with marks, codes, answers, and words for missing values."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sakon.onboarding.configuration import as_configuration
from sakon.onboarding.inference import Request, propose
from sakon.onboarding.raw_files import RawFile
from sakon.onboarding.readers import find_raw_file
from sakon.onboarding.tables import load_table
from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import Problem
from sakon.records.number_texts import NumberFormat

ROWS = range(1, 31)


def read(folder: Path, separator: str = ",", **columns: list[str]) -> tuple[pd.DataFrame, RawFile]:
    """Write columns as texts, and read the table with the target `y`."""
    path = folder / "table.csv"
    length = len(next(iter(columns.values())))
    columns = {"y": ["u", "v", "w"] * length, **columns}
    with path.open("w", newline="") as file:
        csv.writer(file, delimiter=separator).writerows([columns, *zip(*columns.values(), strict=False)])
    raw_file = find_raw_file(path, "y")
    return load_table(raw_file, "y"), raw_file


NUMBERS = {
    "$1,234.50": ([f"${i * 1234.5:,.2f}" for i in ROWS], [i * 1234.5 for i in ROWS]),
    "1'234.50": ([f"{i * 1234.5:,.2f}".replace(",", "'") for i in ROWS], [i * 1234.5 for i in ROWS]),
    "1 234,50 €": (
        [f"{i * 1234.5:,.2f} €".replace(",", "\u00a0").replace(".", ",") for i in ROWS],
        [i * 1234.5 for i in ROWS],
    ),
    "EUR 1.234.567": ([f"EUR {i * 1234567:,}".replace(",", ".") for i in ROWS], [i * 1234567 for i in ROWS]),
    "1,5 %": ([f"{i},5 %" for i in ROWS], [i + 0.5 for i in ROWS]),
    "(1,000) as -1000": ([f"({i},000)" if i % 2 else f"{i},000" for i in ROWS], [(-1) ** i * i * 1000 for i in ROWS]),
    "1.000- as -1000": (
        [f"{i}.000,5{'-' if i % 2 else ''}" for i in ROWS],
        [(-1) ** i * (i * 1000 + 0.5) for i in ROWS],
    ),
}


@pytest.mark.parametrize("separator", [";", ","])
@pytest.mark.parametrize("name", NUMBERS)
def test_numbers_with_marks_of_their_own(tmp_path: Path, name: str, separator: str) -> None:
    texts, numbers = NUMBERS[name]
    table, raw_file = read(tmp_path, separator, x=texts, plain=[f"{i}.5" for i in ROWS])
    assert table["x"].tolist() == numbers
    assert table["plain"].tolist() == [i + 0.5 for i in ROWS]
    assert "x" in raw_file.catalog_entry("table.csv")["numbers"]


TEXTS = {
    "dates": [f"{i:02d}.01.2023" for i in ROWS],
    "short dates": [f"{i}.1.23" for i in ROWS],
    "versions": [f"1.{i % 4}.{i % 3}" for i in ROWS],
    "addresses": [f"192.168.{i % 4}.1" for i in ROWS],
    "answers": ["1,2", "1,3", "2,3", "1,2,3", "2"] * 6,
    "groups of two digits": [f"{i},23,456" for i in ROWS],
    "ranges": [f"{i}-{i + 5}" for i in ROWS],
    "times": [f"{i % 24}:{i:02d}" for i in ROWS],
    "telephone": [f"{100 + i} 200 300" for i in ROWS],
    "codes": [f"{i % 7:03d}" for i in ROWS],
    "units": ["5 kg", "6 kg"] * 15,
    "several currencies": ["$5", "€6"] * 15,
}


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize(("separator", "price"), [(";", "{}.000,50"), (",", "{},000.50")])
def test_what_is_no_number_is_untouched_beside_numbers_with_marks(
    tmp_path: Path, name: str, separator: str, price: str
) -> None:
    path_texts = TEXTS[name]
    table, raw_file = read(tmp_path, separator, x=path_texts, price=[price.format(i) for i in ROWS])
    assert table["price"].tolist() == [i * 1000 + 0.5 for i in ROWS]
    assert raw_file.load_texts()["x"].tolist() == path_texts
    assert table["x"].astype(object).tolist() == path_texts


FORMATS = [
    NumberFormat(decimal, thousands, unit)
    for decimal, separators in {".": [",", "'", " ", ""], ",": [".", "'", "\u00a0", ""]}.items()
    for thousands in separators
    for unit in ("", "%", "€")
]


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    values=st.lists(st.integers(-(10**9), 10**9).map(lambda value: value / 100), min_size=6, max_size=12),
    number_format=st.sampled_from(FORMATS),
    separator=st.sampled_from(";,\t"),
)
def test_a_number_format_never_changes_a_value(
    tmp_path: Path, values: list[float], number_format: NumberFormat, separator: str
) -> None:
    numbers = [1234567.89, *values]  # the first has all marks
    marks = str.maketrans({",": number_format.thousands, ".": number_format.decimal})
    texts = [f"{value:,.2f}".translate(marks) + number_format.unit for value in numbers]
    assert read(tmp_path, separator, x=texts)[0]["x"].tolist() == numbers


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text("0123456789.,'- %$", min_size=1, max_size=9), min_size=6, max_size=12))
def test_a_value_is_a_number_without_its_marks_or_remains_text(tmp_path: Path, texts: list[str]) -> None:
    column = read(tmp_path, ";", x=texts)[0]["x"]
    for text, value in zip(texts, column, strict=True):
        if isinstance(value, str):
            assert value == text
        elif pd.notna(value):
            digits = "".join(character for character in text if character.isdigit())
            assert digits.strip("0").startswith(f"{abs(value):.9f}".replace(".", "").strip("0")) or value == 0


def test_which_decimal_mark_is_meant_is_decided_by_the_other_columns(tmp_path: Path) -> None:
    ambiguous = [f"{i}.{i + 100}" for i in ROWS]
    assert read(tmp_path, ";", x=ambiguous, z=[f"{i},5" for i in ROWS])[0]["x"][0] == 1101
    table, raw_file = read(tmp_path, ";", x=ambiguous)
    assert table["x"][0] == 1.101
    assert raw_file.notes[0].startswith("'x': 1.101 is read with a decimal mark; if it separates thousands, set")
    assert read(tmp_path, ",", x=[each.replace(".", ",") for each in ambiguous])[0]["x"][0] == 1101


def test_answers_are_categories_and_that_is_said(tmp_path: Path) -> None:
    table, raw_file = read(tmp_path, x=["1,2", "1,3", "2,3", "1"] * 5)
    assert table["x"].tolist() == ["1,2", "1,3", "2,3", "1"] * 5
    assert raw_file.notes == ["'x' has categories: values such as '1,2' look like several answers"]


@pytest.mark.parametrize(
    ("labels", "target", "missing"),
    [
        (["None"], ["None", "mild", "severe"], 0),
        (["NA", "null"], ["NA", "null"], 0),
        (["N/A"], ["N/A", "", "x"], 10),
        ([], ["None", "1", "2"], 10),
        ([], ["None", "True", "False"], 10),
        ([], ["nan", "low", "high"], 10),
        ([], ["", "low", "high"], 10),
    ],
)
def test_words_for_missing_values_are_labels_of_texts(
    tmp_path: Path, labels: list[str], target: list[str], missing: int
) -> None:
    table, raw_file = read(tmp_path, y=target * (30 // len(target)), x=[f"{i}.5" for i in ROWS])
    assert table["y"].isna().sum() == missing
    entry = raw_file.catalog_entry("table.csv")
    assert entry.get("labels", {}).get("y", []) == labels
    notes = [note for note in raw_file.notes if "is read as a missing value" in note]
    assert len(notes) == (target[0] == "None" and not labels)


@pytest.mark.parametrize(("others", "missing"), [(["DE", "FR"], 0), (["DE", "France"], 10), (["1", "2"], 10)])
def test_a_country_called_na_is_no_missing_value(tmp_path: Path, others: list[str], missing: int) -> None:
    table, raw_file = read(tmp_path, country=[*others, "NA"] * 10, x=[f"{i}.5" for i in ROWS])
    assert table["country"].isna().sum() == missing
    labels = raw_file.catalog_entry("table.csv").get("labels")
    assert labels == (None if missing else {"country": ["NA"]})


def test_too_few_labels_are_missing_values_and_that_is_said(tmp_path: Path) -> None:
    table, raw_file = read(tmp_path, y=["NA", *["low", "high"] * 15], x=[f"{i}.5" for i in range(31)])
    assert table["y"].isna().tolist() == [True, *[False] * 30]
    assert raw_file.notes[0].startswith("'NA' in 1 row of 'y' is read as a missing value; if it is a class, list it")


def test_marks_of_missing_numbers_next_to_a_number_format(tmp_path: Path) -> None:
    table, _ = read(tmp_path, x=["?" if i % 9 == 0 else f"{i},000" for i in ROWS])
    assert table["x"].isna().sum() == 3
    assert table["x"][0] == 1000


def read_json(folder: Path, rows: list[dict[str, Any]]) -> pd.DataFrame:
    path = folder / "table.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)))
    return load_table(find_raw_file(path, "y"), "y")


def test_texts_and_numbers_of_json(tmp_path: Path) -> None:
    rows = [
        {
            "zip": f"{i:05d}",
            "text": str(i),
            "money": f"${i},000",
            "date": i,
            "id": 9007199254740993 + i,
            "gaps": "NA" if i == 7 else f"{i}.5",
            "y": ["NA", "x", None][i % 3],
        }
        for i in ROWS
    ]
    table = read_json(tmp_path, rows)
    assert table["zip"][0] == "00001"
    assert table["text"].tolist() == table["date"].tolist() == list(ROWS)
    assert table["money"][1] == 2000
    assert table["id"][0] == 9007199254740994
    assert table["y"].fillna("missing")[:3].tolist() == ["x", "missing", "NA"]
    assert table["gaps"].isna().tolist() == [i == 7 for i in ROWS]
    assert table["gaps"][0] == 1.5


def test_whole_numbers_in_parquet_texts_are_numbers_unless_one_has_a_leading_zero(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    columns = {"n": [str(i) for i in ROWS], "code": [f"{i:02d}" for i in ROWS], "y": ["u", "v", "w"] * 10}
    pd.DataFrame(columns).to_parquet(path)
    raw_file = find_raw_file(path, "y")
    table = load_table(raw_file, "y")
    assert table["n"].tolist() == list(ROWS)
    assert table["code"][0] == "01"
    assert raw_file.catalog_entry("t.parquet")["numbers"] == {"n": {"decimal": "."}}


@pytest.mark.parametrize(
    ("codes", "is_text"),
    [
        (["3e4", "3a4", "1b2", "007", "1E10"], True),
        (["3e4", "1E10", "007"], True),
        (["3e4", "12", "00e1"], True),
        (["3e4", "12", "3a4"], True),
        (["3E45", "1E07", "2E99"], True),  # too large for a number
        (["TRUE", "FALSE", "maybe"], True),
        (["1e5", "2e3", "7e1"], False),
        (["1e5", "2e3", "12", "0.5"], False),
        (["1e+05", "0", "250000"], False),
    ],
)
def test_codes_that_look_like_numbers_stay_text(tmp_path: Path, codes: list[str], is_text: bool) -> None:
    table, raw_file = read(tmp_path, codes=codes * 10)
    assert table["codes"].tolist() == (codes if is_text else list(map(float, codes))) * 10
    # Declared, because pandas infers the types of a large file by parts.
    types = raw_file.load_args["dtype"].value if "dtype" in raw_file.load_args else {}
    assert types == ({"codes": "str"} if is_text else {})


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.from_regex(r"[0-9][0-9a-fA-F]{1,3}", fullmatch=True), min_size=1, max_size=30))
def test_no_code_loses_a_character(tmp_path: Path, codes: list[str]) -> None:
    table, raw_file = read(tmp_path, codes=["3a4", *codes])
    assert table["codes"].tolist() == ["3a4", *codes]
    looks_like_numbers = any(pd.notna(pd.to_numeric(code, errors="coerce")) for code in codes)
    assert ("dtype" in raw_file.load_args) == looks_like_numbers


@pytest.mark.parametrize("mark", ["\\N", "#DIV/0!", "#VALUE!", "."])
def test_marks_of_databases_and_spreadsheets_are_missing_numbers(tmp_path: Path, mark: str) -> None:
    table, raw_file = read(tmp_path, x=[mark if i % 5 == 0 else f"{i}.5" for i in ROWS])
    assert table["x"].isna().tolist() == [i % 5 == 0 for i in ROWS]
    assert raw_file.load_args["na_values"].value == {"x": [mark]}


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_whole_numbers_of_many_digits_keep_all_of_them(tmp_path: Path, suffix: str) -> None:
    cards = [4000123412341234567, 4000123412341234568]
    raw = pd.DataFrame({"card": cards * 20, "y": list("uuvv") * 10, "x": [n % 7 for n in range(40)]})
    path = tmp_path / f"table.{suffix}"
    write = {"csv": raw.to_csv, "jsonl": raw.to_json, "parquet": raw.to_parquet}[suffix]
    write(path, **({"orient": "records", "lines": True} if suffix == "jsonl" else {"index": False}))
    raw_file = find_raw_file(path, "y")
    values = as_configuration(propose(raw_file, Request("y")).values)["problem"]
    records, schema, _ = make_records(raw_file.load(), Problem.model_validate(values))
    assert schema.features["card"] == "category"
    assert records["card"].tolist() == [str(card) for card in cards * 20]


def test_versions_are_different_and_other_equal_numbers_are_said(tmp_path: Path) -> None:
    table, raw_file = read(tmp_path, app_version=["1.1", "1.10", "1.2"] * 10, dose=["1.1", "1.10", "1.2"] * 10)
    assert table["app_version"].tolist() == ["1.1", "1.10", "1.2"] * 10
    assert table["dose"].tolist() == [1.1, 1.1, 1.2] * 10
    assert raw_file.notes == [
        "'dose' has numbers such as 1.1 and 1.10, which are equal; if they are codes, set their dtype to str in "
        "catalog.yml"
    ]


@pytest.mark.parametrize("zero", ["０", "٠"])
def test_digits_of_other_scripts_are_digits(tmp_path: Path, zero: str) -> None:
    table, _ = read(tmp_path, x=["".join(chr(ord(zero) + int(digit)) for digit in str(i)) for i in ROWS])
    assert table["x"].tolist() == list(ROWS)
