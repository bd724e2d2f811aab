"""A date and an hour make a moment."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from sakon.datasets import TimestampDataset


def dataset(folder: Path, **columns: list[object]) -> TimestampDataset:
    pd.DataFrame(columns).to_csv(folder / "t.csv", index=False)
    inner = {"type": "pandas.CSVDataset", "filepath": str(folder / "t.csv"), "load_args": {"parse_dates": ["day"]}}
    return TimestampDataset(dataset=inner, date="day", hour="hr", moment="moment")


def test_the_column_is_added(tmp_path: Path) -> None:
    table = dataset(tmp_path, day=["2020-01-01", "2020-01-02"], hr=[23, 0], y=[1, 2]).load()
    assert list(table["moment"]) == [pd.Timestamp("2020-01-01 23:00"), pd.Timestamp("2020-01-02")]
    assert list(table.columns) == ["day", "hr", "y", "moment"]


def test_columns_that_are_missing_or_no_dates(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"expected a column 'hr' \(hour of `raw`\), found none"):
        dataset(tmp_path, day=["2020-01-01"], hour=[1]).load()
    with pytest.raises(DatasetError, match="expected dates in column 'day' and hours in column 'hr', found otherwise"):
        dataset(tmp_path, day=["x", "2020-01-01"], hr=[1, 2]).load()
    assert dataset(tmp_path, day=["2020-01-01"], hr=[1]).exists()
    (tmp_path / "t.csv").unlink()
    assert not TimestampDataset(
        dataset={"type": "pandas.CSVDataset", "filepath": str(tmp_path / "t.csv")}, date="a", hour="b", moment="c"
    ).exists()
