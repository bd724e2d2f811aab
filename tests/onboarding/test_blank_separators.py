"""Columns that runs of blanks separate, as in fixed-width files, are read; texts with blanks are not torn apart."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sakon.datasets.file_formats import BLANKS
from sakon.errors import DataError
from sakon.onboarding.delimited import detect_format
from sakon.onboarding.readers import find_raw_file
from sakon.onboarding.tables import load_table

WORDS = st.sampled_from(["ford", '"ford pinto"', "vw", "O'Hara", "a,b", "x;y"])
FREE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def write(folder: Path, *lines: str) -> Path:
    path = folder / "table.data"
    path.write_text("\n".join(lines) + "\n")
    return path


@settings(FREE, max_examples=20)
@given(
    rows=st.lists(st.tuples(st.integers(-999, 999), st.floats(-50, 50), WORDS), min_size=3, max_size=20),
    gaps=st.lists(st.sampled_from([" ", "  ", "      "]), min_size=4, max_size=4),
    ends=st.tuples(st.sampled_from(["", "  ", "\t"]), st.sampled_from(["", " ", "\t "])),
    has_header=st.booleans(),
)
def test_runs_of_blanks_separate_columns(
    tmp_path: Path,
    rows: list[tuple[int, float, str]],
    gaps: list[str],
    ends: tuple[str, str],
    has_header: bool,
) -> None:
    fields = [[f"{number}", f"{value:.3f}", word, "7"] for number, value, word in rows]
    names = ["count", "value", "name", "last"]
    lines = [ends[0] + "".join(map("".join, zip(row, [*gaps[:3], ""], strict=True))) + ends[1] for row in fields]
    header = ["  ".join(names)] if has_header else []
    raw_file = find_raw_file(write(tmp_path, *header, *lines), "last" if has_header else None)
    table = load_table(raw_file)
    assert raw_file.load_args["sep"].value == BLANKS
    assert "blanks: split lines into 4 fields" in raw_file.load_args["sep"].reason
    assert raw_file.has_names == has_header
    expected = [[number, round(value, 3), word.strip('"'), 7] for number, value, word in rows]
    assert table.to_numpy().tolist() == expected
    assert list(table) == (names if has_header else [f"column_{number}" for number in range(1, 5)])


@pytest.mark.parametrize(
    ("line", "separator", "width"),
    [
        ("{0}.5   8   307.0   {0}504\t{1}", "\t", 2),
        ("{0}.5   8   307.0\t{0}504", BLANKS, 4),
        ('{0}.5   8   307.0   {0}504\t"{1}"', BLANKS, 5),
        ("{0},5   8,25   307,0", BLANKS, 3),
        ("{0} 500;1 234 567", ";", 2),
        ("{0} 500;1 234 567;Ann Lee", ";", 3),
        ("Ann Lee\t030 12345{0}", "\t", 2),
        ("Ann Lee,030   12345{0}", ",", 2),
        ("12   34,{0}   7", BLANKS, 3),
    ],
)
def test_blanks_separate_only_what_no_character_does(tmp_path: Path, line: str, separator: str, width: int) -> None:
    names = ["ford pinto", "vw", "toyota corolla 1200"] * 7
    lines = (line.format(number, name) for number, name in zip(range(1, 20), names, strict=False))
    text = detect_format(write(tmp_path, *lines))
    assert (text.separator, len(text.names)) == (separator, width)


def test_row_names_of_r(tmp_path: Path) -> None:
    lines = [f'"{number}" {number * 2.5} "a b"' for number in range(1, 20)]
    raw_file = find_raw_file(write(tmp_path, '"size" "kind"', *lines), "kind")
    table = load_table(raw_file, "kind")
    assert list(table) == ["size", "kind"]
    assert table["size"].tolist() == [number * 2.5 for number in range(1, 20)]
    assert set(table["kind"]) == {"a b"}


def test_repeated_headers_and_lines_above_the_table(tmp_path: Path) -> None:
    block = ["  size   y", *(f"{number:6d}   {number % 3}" for number in range(10))]
    raw_file = find_raw_file(write(tmp_path, "Measurements", "", *block, *block), "y")
    table = load_table(raw_file, "y")
    assert table["size"].tolist() == [*range(10), *range(10)]
    assert table["y"].dtype.kind == "i"


def test_a_line_of_another_width_is_named(tmp_path: Path) -> None:
    lines = [f"{number}  {number}.5   7" for number in range(20)]
    with pytest.raises(DataError, match="line 10: expected 3 fields separated by blanks as in most lines, found 2"):
        find_raw_file(write(tmp_path, "a b y", *lines[:8], "5  7", *lines[9:]), "y")


@pytest.mark.parametrize(
    "lines",
    [
        ["Ann Lee", "Bob Ray", "Cid Roe"],
        ["one text", "another much longer text", "and a third", "4"],
        ["number", *(f"{number} 000" for number in range(1, 20))],
    ],
)
def test_texts_and_grouped_numbers_are_no_columns(tmp_path: Path, lines: list[str]) -> None:
    with pytest.raises(DataError, match="expected at least two columns separated by .* or blanks, found no separator"):
        find_raw_file(write(tmp_path, *lines))


def test_new_records_may_be_separated_otherwise(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    from sakon.datasets.file_formats import settings_of_file

    table = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    table.to_csv(tmp_path / "new.csv", index=False)
    settings = {"type": "pandas.CSVDataset", "filepath": str(tmp_path / "new.csv"), "load_args": {"sep": BLANKS}}
    assert settings_of_file(settings, ["a", "b"])["load_args"]["sep"] == ","
    assert "read with the separator comma; that of the raw data is blanks" in caplog.text
    (tmp_path / "new.csv").write_text("  a    b\n 1   3\n")
    assert settings_of_file(settings, ["a", "b"])["load_args"]["sep"] == BLANKS
    assert settings_of_file(settings | {"load_args": {"sep": ";"}}, ["a", "b"])["load_args"]["sep"] == BLANKS
