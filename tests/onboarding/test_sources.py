"""Every format is read by the dataset that the catalog will name, or refused in a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sakon.errors import DataError
from sakon.onboarding import sources

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
    read = sources.load_table(sources.find(write(tmp_path, name)))
    pd.testing.assert_frame_equal(read, TABLE, check_dtype=False)


def test_blanks_around_names_are_cut_and_remembered(tmp_path: Path) -> None:
    source = sources.find(write(tmp_path, "t.csv", TABLE.rename(columns={"a": " a "})))
    assert list(sources.load_table(source).columns) == ["a", "b", "c"]
    assert source.names["a"] == " a "


def test_the_first_sheet_is_read_and_the_others_are_named(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with pd.ExcelWriter(path) as book:
        TABLE.to_excel(book, sheet_name="data", index=False)
        TABLE.to_excel(book, sheet_name="notes", index=False)
    source = sources.find(path)
    assert source.load_args["sheet_name"] == ("data", "the first sheet; others are notes")
    assert len(sources.load_table(source)) == 3


REFUSED = {
    "lists.jsonl": (
        '{"a": 1, "b": [1, 2]}\n{"a": 2, "b": 3}\n',
        "column 'b': expected one value in every row, found a list",
    ),
    "objects.json": ('[{"a": 1, "b": {"c": 2}}]', "column 'b': expected one value in every row, found a dict"),
    "broken.jsonl": ('{"a": 1}\n{"a": 2\n', "line 2: expected one JSON object, found otherwise"),
    "scalar.jsonl": ('{"a": 1}\n2\n', "line 2: expected one JSON object, found int"),
    "doubled.jsonl": ('{"a": 1, "a": 2}\n', r"line 1: expected every name once, found \['a'\]"),
    "empty.jsonl": ("", "found an empty file"),
    "no.xlsx": ("a,b\n1,2\n", "expected a whole Excel workbook"),
    "no.parquet": ("a,b\n1,2\n", "cannot be read whole"),
    "no.json": ("[1, 2", "cannot be read whole"),
    "table.csv.gz": ("a", r"found '\.gz'; unpack it first"),
    "table.docx": ("a", r"expected a file ending in \.csv.*found '\.docx'"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path, name: str) -> None:
    content, sentence = REFUSED[name]
    (tmp_path / name).write_text(content)
    with pytest.raises(DataError, match=sentence) as caught:
        sources.load_table(sources.find(tmp_path / name))
    assert len(caught.value.messages) == 1


def test_columns_doubled_in_a_workbook(tmp_path: Path) -> None:
    table = pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"])
    with pytest.raises(DataError, match=r"expected every column name once, found \['a'\]"):
        sources.find(write(tmp_path, "t.xlsx", table))


def test_lists_in_parquet(tmp_path: Path) -> None:
    table = pd.DataFrame({"a": [1, 2], "b": [np.arange(2), np.arange(3)]})
    with pytest.raises(DataError, match="column 'b': expected one value in every row"):
        sources.load_table(sources.find(write(tmp_path, "t.parquet", table)))


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "customers.csv")
    with pytest.raises(DataError, match=r"found nothing there; did you mean 'customers.csv'\?"):
        sources.find(tmp_path / "customer.csv")
    with pytest.raises(DataError, match="found nothing there; mind the path"):
        sources.find(tmp_path / "nowhere" / "x.csv")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, "t.csv")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(DataError, match=r"t\.csv: cannot be read \(Permission denied\)"):
        sources.find(path)
