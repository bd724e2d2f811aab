"""Tables of Spark: typed as pandas would, and refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError
from spark.examples import SETTINGS

from sakon.spark.tables import SparkTableDataset


def table(path: Path) -> SparkTableDataset:
    return SparkTableDataset(filepath=str(path), settings=SETTINGS)


def test_a_csv_is_typed_as_pandas_types_it(java: None, tmp_path: Path) -> None:
    text = (
        "whole,number,truth,word,code,day\n1,1.5,True,a,7,2020-01-01\n2,NA,false,n/a,,2020-01-02\n-3, 2e3 ,TRUE,1,,\n"
    )
    (tmp_path / "all.csv").write_text(text)
    loaded = table(tmp_path / "all.csv").load()
    assert dict(loaded.dtypes) == {
        "whole": "bigint", "number": "double", "truth": "boolean", "word": "string", "code": "bigint", "day": "string",
    }  # fmt: skip
    rows = [row.asDict() for row in loaded.collect()]
    assert [row["number"] for row in rows] == [1.5, None, 2000.0]
    assert [row["word"] for row in rows] == ["a", None, "1"]
    assert [row["truth"] for row in rows] == [True, False, True]


def test_a_table_is_written_whole_in_the_place_of_the_old_one(java: None, tmp_path: Path) -> None:
    old, new = tmp_path / "old.parquet", tmp_path / "new.parquet"
    pd.DataFrame({"a": [1, 2]}).to_parquet(old)
    pd.DataFrame({"a": [5]}).to_parquet(new)
    table(old).save(table(new).load())
    assert old.is_dir()
    assert pd.read_parquet(old)["a"].tolist() == [5]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_files_that_differ_or_are_broken_are_named_at_once(java: None, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    pd.DataFrame({"a": [1], "b": ["x"]}).to_parquet(folder / "1.parquet")
    pd.DataFrame({"a": [1.5], "b": ["x"]}).to_parquet(folder / "2.parquet")
    (folder / "3.parquet").write_bytes(b"nothing of the sort")
    with pytest.raises(DatasetError) as caught:
        table(folder).load()
    said = str(caught.value.__cause__)
    assert "2.parquet: expected the columns of 1.parquet, found other 'a'" in said
    assert "3.parquet: expected a whole Parquet file" in said


def test_other_formats_are_refused(java: None, tmp_path: Path) -> None:
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(DatasetError, match="expected files of Parquet, CSV or TSV"):
        table(tmp_path / "a.docx").load()
