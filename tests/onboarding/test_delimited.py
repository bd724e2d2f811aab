"""A table is read correctly whatever its separator, number format, quotes and encoding."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from sakon.errors import DataError
from sakon.onboarding.delimited import detect_format
from sakon.onboarding.raw_files import Argument
from sakon.onboarding.readers import find_raw_file
from sakon.onboarding.tables import load_table

CHARACTERS = st.text("abc ,;|\t\"'-", min_size=1, max_size=8)
WORDS = st.lists(CHARACTERS.map(lambda text: f"wä{text}éw"), min_size=25, max_size=25)
NUMBERS = st.lists(st.integers(-(10**7), 10**7).map(lambda value: value / 100), min_size=25, max_size=25).filter(
    lambda values: sum(value % 1 != 0 for value in values) > 3
)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from(" ,;|\t\"'\n"), max_size=12)
DIALECTS = [
    {"quoting": csv.QUOTE_MINIMAL},
    {"quoting": csv.QUOTE_ALL},
    {"quoting": csv.QUOTE_ALL, "doublequote": False, "escapechar": "\\"},
]


def write(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path) -> pd.DataFrame:
    return load_table(find_raw_file(path))


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    words=WORDS,
    numbers=NUMBERS,
    separator=st.sampled_from("\t;|,"),
    decimal=st.sampled_from(".,"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_every_format_is_detected(
    tmp_path: Path, words: list[str], numbers: list[float], separator: str, decimal: str, encoding: str, end: str
) -> None:
    table = pd.DataFrame({"größe": numbers, "text": words, "count": range(3, 28)})
    path = tmp_path / "table.csv"
    table.to_csv(path, sep=separator, decimal=decimal, encoding=encoding, index=False, lineterminator=end)
    text = detect_format(path)
    assert (text.separator, text.has_header) == (separator, True)
    pd.testing.assert_frame_equal(read(path), table, check_dtype=False)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(CELLS, CELLS.map(lambda cell: f"a{cell}"), CELLS), min_size=3, max_size=12),
    separator=st.sampled_from("\t;|,"),
    dialect=st.sampled_from(DIALECTS),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_a_written_table_is_read_back_as_written(
    tmp_path: Path, rows: list[tuple[str, str, str]], separator: str, dialect: dict[str, Any], end: str
) -> None:
    assume("escapechar" not in dialect or not any("\\" in cell for row in rows for cell in row))  # \\\\ may be meant
    path = tmp_path / "table.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=separator, lineterminator=end, **dialect)
        writer.writerows([("first", "second", "label"), *rows])
    texts = find_raw_file(path, "label").load_texts()
    assert list(texts.columns) == ["first", "second", "label"]
    assert texts.to_numpy().tolist() == [list(row) for row in rows]


@pytest.mark.parametrize(("decimal", "thousands"), [(",", "."), (".", ",")])
def test_thousands_separators_differ_from_decimal_marks(tmp_path: Path, decimal: str, thousands: str) -> None:
    rows = [f"{i};{i}{thousands}234{decimal}5;{i}{thousands}000;0{decimal}{i}" for i in range(1, 30)]
    table = read(write(tmp_path, "\n".join(["a;b;c;d", *rows])))
    assert list(table["b"][:2]) == [1234.5, 2234.5]
    assert list(table["c"][:2]) == [1000, 2000]
    assert list(table["d"][:2]) == [0.1, 0.2]


@pytest.mark.parametrize(("separator", "first"), [(";", 1.234), (",", 1234)])
def test_three_digits_after_a_comma_depend_on_the_separator(tmp_path: Path, separator: str, first: float) -> None:
    rows = [f'{i}{separator}"{i},234"' for i in range(1, 30)]
    assert read(write(tmp_path, "\n".join([f"a{separator}b", *rows])))["b"][0] == first


def test_dates_with_points_do_not_prevent_points_as_thousands_separators(tmp_path: Path) -> None:
    rows = [f"{i}.234,5;{i:02d}.02.2020" for i in range(1, 29)]
    table = read(write(tmp_path, "\n".join(["price;day", *rows])))
    assert table["price"][0] == 1234.5


@pytest.mark.parametrize(
    ("content", "has_header"),
    [
        ("ham\tGo on, then\nspam\tWin now\nham\tOk\nham\tSo what\n", False),
        ("1,2.5,a\n2,3.5,b\n3,1.0,a\n", False),
        ("id,size,class\n1,2.5,a\n2,3.5,b\n", True),
        ("2019,2020,2021\n1,2,3\n", False),
        ("name,colour\nx,red\ny,blue\n", True),
    ],
)
def test_header_differs_from_data(tmp_path: Path, content: str, has_header: bool) -> None:
    text = detect_format(write(tmp_path, content))
    assert text.has_header is has_header
    assert has_header or text.names[0] == "column_1"


def test_quotes_that_would_join_lines_are_literal(tmp_path: Path) -> None:
    lines = [f"ham\tmessage {i}" for i in range(30)]
    lines[7], lines[20] = 'ham\t"so it began', 'spam\t"and so it ended'
    path = write(tmp_path, "\n".join(lines))
    assert detect_format(path).quoting.arguments == {"quoting": csv.QUOTE_NONE}
    assert len(read(path)) == 30


def test_quoted_text_over_several_lines_is_one_value(tmp_path: Path) -> None:
    path = write(tmp_path, "n,text\n" + "".join(f'{i},"one, {i}\ntwo"\n' for i in range(20)))
    assert detect_format(path).quoting.arguments == {}
    assert len(read(path)) == 20


def test_marks_of_missing_numbers_are_searched_in_the_whole_file(tmp_path: Path) -> None:
    rows = [f"{i},{'?' if i == 4000 else i / 2}" for i in range(5000)]
    table = read(write(tmp_path, "\n".join(["a,b", *rows])))
    assert table["b"].isna().sum() == 1
    assert pd.api.types.is_float_dtype(table["b"])


def test_code_among_numbers_is_not_a_missing_number(tmp_path: Path) -> None:
    rows = [f"{i},{'A7' if i == 40 else i}" for i in range(50)]
    assert read(write(tmp_path, "\n".join(["a,b", *rows])))["b"][40] == "A7"


def test_row_names_without_a_column_name(tmp_path: Path) -> None:
    table = read(write(tmp_path, "mpg cyl\n".replace(" ", ",") + "".join(f"car {i},{i}.5,4\n" for i in range(20))))
    assert list(table.columns) == ["mpg", "cyl"]


DATA = [[str(i), f"{i * 2.5}", "yes" if i % 3 else "no"] for i in range(3, 33)]
LINES = [",".join(row) for row in DATA]
LAYOUTS = {
    "separators at the end": ["a,b,y", *(f"{line}," for line in LINES)],
    "separators at the end, of the header too": ["a,b,y,", *(f"{line}," for line in LINES)],
    "several separators at the end of some lines": ["a,b,y", *(line + "," * (i % 3) for i, line in enumerate(LINES))],
    "row names": ["a,b,y", *(f"r{i},{line}" for i, line in enumerate(LINES))],
    "title": ["Report of 2023", "", "a,b,y", *LINES],
    "title with the separator": ["Report, 2023", "a,b,y", *LINES],
    "comment that contains the target": ["# made by x, y, z", "a,b,y", *LINES],
    "separator for Excel": ["sep=,", "a,b,y", *LINES],
    "repeated names": ["a,b,y", *LINES[:10], "a,b,y", *LINES[10:20], "a,b,y", *LINES[20:]],
    "blank lines": ["a,b,y", *"\n\n".join(LINES).split("\n")],
    "blanks before quotation marks": ["a, b, y", *(f'{a}, "{b}", "{y}"' for a, b, y in DATA)],
    "everything in quotation marks": ['"a","b","y"', *(",".join(f'"{cell}"' for cell in row) for row in DATA)],
    "another separator in every line": ["a|b|y", *(f"{a}|{b}|{y}" for a, b, y in DATA)],
}


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("name", LAYOUTS)
def test_layouts_with_the_target_in_the_header(tmp_path: Path, name: str, end: str) -> None:
    path = write(tmp_path, end.join(LAYOUTS[name]) + end)
    table = load_table(find_raw_file(path, "y"), "y")
    assert table[["a", "b", "y"]].astype(str).to_numpy().tolist() == DATA


def test_lines_that_end_with_a_carriage_return(tmp_path: Path) -> None:
    path = write(tmp_path, "\r".join(LAYOUTS["repeated names"]))
    assert load_table(find_raw_file(path, "y"), "y").astype(str).to_numpy().tolist() == DATA


@pytest.mark.parametrize("names", [("1", "2", "3"), ("2019", "2020", "2021"), ("0.5", "1.5", "2.5")])
def test_numbers_are_names_if_one_is_the_target(tmp_path: Path, names: tuple[str, ...]) -> None:
    lines = [",".join(names), *(f"{i},{i * 2.5},{i * 7 % 13}" for i in range(3, 33))]
    path = write(tmp_path, "\n".join(lines))
    assert detect_format(path, names[2]).names == names
    assert detect_format(path, "other").has_header is False


def test_more_fields_than_names_that_are_no_row_names(tmp_path: Path) -> None:
    path = write(tmp_path, "a,b,y\n" + "".join(f"{i % 3},{i},{i},yes\n" for i in range(20)))
    with pytest.raises(
        DataError, match="found 4 in every line, of which the first are no row names because they repeat"
    ):
        detect_format(path, "y")


def test_repeated_names_and_separators_at_the_end_are_told(tmp_path: Path) -> None:
    raw_file = find_raw_file(write(tmp_path, "\n".join([*LAYOUTS["repeated names"], "1,2,yes,,"])), "y")
    reasons = [argument.reason for argument in raw_file.table_arguments.values() if isinstance(argument, Argument)]
    assert reasons == [
        "separators that no column follows, at the end of 1 line",
        "the column names again in 2 lines",
    ]


POLISH = "Pchnąć w tę łódź jeża lub ośm skrzyń fig. Źródło książki, którą przeczytałem w zeszłym tygodniu, zaginęło."
RUSSIAN = "Съешь же ещё этих мягких французских булок, да выпей чаю. Привет мир, как твои дела сегодня вечером?"
GERMAN = "Falsches Üben von Xylophonmusik quält jeden größeren Zwerg. Heizölrückstoßabdämpfung, naïve déjà-vu."


@pytest.mark.parametrize(("words", "encoding"), [(POLISH, "cp1250"), (RUSSIAN, "cp1251"), (GERMAN, "cp1252")])
def test_single_byte_encodings(tmp_path: Path, words: str, encoding: str) -> None:
    lines = [f"{number}\t{word}" for number, word in enumerate(words.split())]
    path = write(tmp_path, "\n".join(["n\tword", *lines]).encode(encoding))
    assert list(read(path)["word"]) == words.split()


def test_mixed_encodings_are_reported_and_read(tmp_path: Path) -> None:
    lines = [f"{i},naïve{i}".encode("cp1252" if i == 5 else "utf-8") for i in range(30)]
    path = write(tmp_path, b"n,text\n" + b"\n".join(lines))
    encoding = detect_format(path).encoding
    assert (encoding.name, encoding.errors) == ("utf-8", "replace")
    assert "29 lines are UTF-8, 1 are not (the first is line 7)" in encoding.reason
    assert list(read(path)["text"][4:7]) == ["naïve4", "na�ve5", "naïve6"]


REFUSED = {
    "empty": (b"", "found an empty file"),
    "blank": (b"\n\n  \n", "found an empty file"),
    "names only": (b"a,b,c\n", "expected rows, found only the header"),
    "one column": (b"a\n1\n2\n", "expected at least two columns"),
    "too few fields": (
        b"a,b,c\n1,2,3\n4,5\n6,7,8\n",
        r"table.csv, line 3: expected 3 fields separated by comma .* found 2;",
    ),
    "too many fields": (b"a;b\n1;2\n4;5\n6;7;8\n9;9;9\n1;2\n3;4", r"line 4: expected 2 fields .* found 3, and 1 more"),
    "repeated names": (b"a,b,a\n1,2,3\n4,5,6\n", "expected unique column names, found 'a' more than once"),
    "binary": (bytes(range(256)) * 9, "found a binary file"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_files_without_a_table_are_refused_with_one_message(tmp_path: Path, name: str) -> None:
    content, message = REFUSED[name]
    with pytest.raises(DataError, match=message) as caught:
        read(write(tmp_path, content))
    assert len(caught.value.messages) == 1


def test_lines_are_checked_to_the_end_of_the_file(tmp_path: Path) -> None:
    lines = ["a,b", *(f"{i},{i}" for i in range(9000)), "1,2,3"]
    with pytest.raises(DataError, match="line 9002: expected 2 fields"):
        detect_format(write(tmp_path, "\n".join(lines)))


@pytest.mark.parametrize("header", ["age, work , label\n", ""])
def test_blanks_behind_separators_are_no_part_of_values(tmp_path: Path, header: str) -> None:
    path = tmp_path / "data.csv"
    path.write_text(header + "".join(f"{i}, State-gov, {'>50K' if i % 2 else '<=50K'}\n" for i in range(20)))
    raw_file = find_raw_file(path)
    assert raw_file.load_args["skipinitialspace"].reason == "a blank follows every separator"
    table = raw_file.load()
    assert table.iloc[0, 1:].tolist() == ["State-gov", "<=50K"]
    path.write_text("age,work,label\n" + "".join(f"{i}, a,b\n" for i in range(20)))
    assert "skipinitialspace" not in find_raw_file(path).load_args
