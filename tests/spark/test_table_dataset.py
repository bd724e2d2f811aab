"""Tables of Spark: types as in pandas, and errors."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError
from spark.examples import SETTINGS

from sakon.spark.table_dataset import SparkTableDataset


def dataset(path: Path) -> SparkTableDataset:
    return SparkTableDataset(filepath=str(path), settings=SETTINGS)


def test_csv_has_the_types_of_pandas(java: None, tmp_path: Path) -> None:
    text = (
        "integer,number,flag,word,code,day\n1,1.5,True,a,7,2020-01-01\n2,NA,false,n/a,,2020-01-02\n-3, 2e3 ,TRUE,1,,\n"
    )
    (tmp_path / "all.csv").write_text(text)
    loaded = dataset(tmp_path / "all.csv").load()
    assert dict(loaded.dtypes) == {
        "integer": "bigint", "number": "double", "flag": "boolean", "word": "string", "code": "bigint", "day": "string",
    }  # fmt: skip
    rows = [row.asDict() for row in loaded.collect()]
    assert [row["number"] for row in rows] == [1.5, None, 2000.0]
    assert [row["word"] for row in rows] == ["a", None, "1"]
    assert [row["flag"] for row in rows] == [True, False, True]


def test_columns_may_have_any_name_and_codes_keep_their_zeros(java: None, tmp_path: Path) -> None:
    names = ["fixed.acidity", "a`b", "two words", "`", "id"]
    table = pd.DataFrame([["1.5", "007", "2", "x", "12"], ["2.5", "012", "3", "y", "-3"]], columns=names)
    table.to_csv(tmp_path / "table.csv", index=False)
    settings = {"filepath": str(tmp_path / "table.csv"), "settings": SETTINGS}
    typed = SparkTableDataset(**settings).load().toPandas()
    assert list(typed) == names
    assert typed["fixed.acidity"].tolist() == [1.5, 2.5]
    assert typed["a`b"].tolist() == [7, 12]
    kept = SparkTableDataset(**settings, lossless=True).load().toPandas()
    assert kept["a`b"].tolist() == ["007", "012"]
    assert kept["id"].tolist() == [12, -3]


def test_saved_table_replaces_the_old_one_completely(java: None, tmp_path: Path) -> None:
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    pd.DataFrame({"a": [1, 2]}).to_parquet(old)
    pd.DataFrame({"a": [5]}).to_parquet(new)
    dataset(old).save(dataset(new).load())
    assert old.is_dir()
    assert pd.read_parquet(old)["a"].tolist() == [5]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_all_files_with_errors_are_named(java: None, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    pd.DataFrame({"a": [1], "b": ["x"]}).to_parquet(folder / "1.parquet")
    pd.DataFrame({"a": [1.5], "b": ["x"]}).to_parquet(folder / "2.parquet")
    (folder / "3.parquet").write_bytes(b"not Parquet")
    with pytest.raises(DatasetError) as caught:
        dataset(folder).load()
    message = str(caught.value.__cause__)
    assert re.search(r"2\.parquet: expected the columns of 1\.parquet, found .*'a'", message)
    assert re.search(r"3\.parquet: expected .* Parquet file", message)


def test_unsupported_format_is_an_error(java: None, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(DatasetError, match=r"Parquet, CSV or TSV.*\.docx"):
        dataset(tmp_path / "a.docx").load()
