"""Settings by column that pandas lacks: number formats, labels, repeated names and separators that nothing follows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from kedro.io import DatasetError

from sakon.datasets.table_file import TableFileDataset


def load(folder: Path, content: str, load_args: dict[str, Any] | None = None, **settings: Any) -> pd.DataFrame:
    path = folder / "table.csv"
    path.write_text(content)
    entry = {"type": "pandas.CSVDataset", "filepath": str(path), "load_args": load_args or {}}
    return TableFileDataset(dataset=entry, **settings).load()


def test_every_column_has_a_number_format_of_its_own(tmp_path: Path) -> None:
    formats = {"a": {"decimal": ",", "thousands": "."}, "b": {"thousands": ",", "unit": "$"}, "absent": {}}
    content = 'a;b;c\n1.500,5;"$1,000";1,2\n-2;;3\n'
    table = load(tmp_path, content, {"sep": ";", "dtype": {"a": "str", "b": "str"}}, numbers=formats)
    assert table["a"].tolist() == [1500.5, -2]
    assert table["b"][0] == 1000
    assert pd.isna(table["b"][1])
    assert table["c"].tolist() == ["1,2", "3"]


def test_numbers_in_another_format_remain_text(tmp_path: Path) -> None:
    table = load(tmp_path, "a\n1.5\n52,31\n", {"sep": ";", "dtype": {"a": "str"}}, numbers={"a": {"thousands": ","}})
    assert table["a"].tolist() == [1.5, "52,31"]


def test_labels_are_no_missing_values_in_their_column(tmp_path: Path) -> None:
    content = "a,y\nNA,NA\n1,\n-,x\n2,-\n"
    table = load(tmp_path, content, {"na_values": {"a": ["-"]}}, labels={"y": ["NA"]})
    assert table["a"].isna().tolist() == [True, False, True, False]
    assert table["y"].fillna("missing").tolist() == ["NA", "missing", "x", "-"]
    everywhere = load(tmp_path, content, {"na_values": "-"}, labels={"y": ["NA"]})
    assert everywhere["y"].fillna("missing").tolist() == ["NA", "missing", "x", "missing"]
    own_words_only = load(tmp_path, content, {"na_values": ["x"], "keep_default_na": False}, labels={"y": ["NA"]})
    assert own_words_only["y"].isna().tolist() == [False, False, True, False]


def test_repeated_names_are_skipped_also_behind_quoted_line_breaks(tmp_path: Path) -> None:
    content = 'Report\n\na,b\n1,"x\ny"\na,b\n2,z\n\n3,"a\nb"\na,b\n4,w\n'
    table = load(tmp_path, content, {"skiprows": 2}, repeated_names=True)
    assert table["a"].tolist() == [1, 2, 3, 4]
    assert table["b"].tolist() == ["x\ny", "z", "a\nb", "w"]


def test_separators_that_nothing_follows(tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    table = load(tmp_path, "a,b\n1,x,\n2,y,,\n3,z\n", extra_separators=True)
    assert table.to_numpy().tolist() == [[1, "x"], [2, "y"], [3, "z"]]
    assert table.index.tolist() == [0, 1, 2]
    assert not [warning for warning in recwarn if issubclass(warning.category, pd.errors.ParserWarning)]
    with pytest.raises(DatasetError, match="row 3: expected 2 fields and then nothing but separators, found 3"):
        load(tmp_path, "a,b\n1,x,\n2,y,5\n", extra_separators=True)


def test_unknown_setting_of_a_number_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="numbers: expected decimal, thousands or unit"):
        load(tmp_path, "a\n1\n", numbers={"a": {"decimals": ","}})


def test_any_type_of_file(tmp_path: Path) -> None:
    path = tmp_path / "table.parquet"
    pd.DataFrame({"a": ["5 %", None], "b": ["01", "02"]}).to_parquet(path)
    dataset = TableFileDataset(
        dataset={"type": "pandas.ParquetDataset", "filepath": str(path)}, numbers={"a": {"unit": "%"}}
    )
    assert dataset.exists()
    table = dataset.load()
    assert table["a"][0] == 5
    assert table["b"].tolist() == ["01", "02"]
