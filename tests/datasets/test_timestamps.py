"""Timestamps from a date and an hour."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from kedro.io import DatasetError

from sakon.datasets import TimestampDataset


def dataset(folder: Path, **columns: list[object]) -> TimestampDataset:
    pd.DataFrame(columns).to_csv(folder / "t.csv", index=False)
    inner = {"type": "pandas.CSVDataset", "filepath": str(folder / "t.csv"), "load_args": {"parse_dates": ["day"]}}
    return TimestampDataset(dataset=inner, date="day", hour="hr", timestamp="time")


def test_column_of_timestamps_is_added(tmp_path: Path) -> None:
    table = dataset(tmp_path, day=["2020-01-01", "2020-01-02"], hr=[23, 0], y=[1, 2]).load()
    assert list(table["time"]) == [pd.Timestamp("2020-01-01 23:00"), pd.Timestamp("2020-01-02")]
    assert list(table.columns) == ["day", "hr", "y", "time"]


def test_missing_or_invalid_columns_raise(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"expected a column 'hr' \(hour of `raw`\), found none"):
        dataset(tmp_path, day=["2020-01-01"], hour=[1]).load()
    with pytest.raises(DatasetError, match="expected dates in column 'day' and hours in column 'hr', found otherwise"):
        dataset(tmp_path, day=["x", "2020-01-01"], hr=[1, 2]).load()
    assert dataset(tmp_path, day=["2020-01-01"], hr=[1]).exists()
    (tmp_path / "t.csv").unlink()
    assert not TimestampDataset(
        dataset={"type": "pandas.CSVDataset", "filepath": str(tmp_path / "t.csv")}, date="a", hour="b", timestamp="c"
    ).exists()


def test_day_and_month_of_all_rows_are_read_alike(tmp_path: Path) -> None:
    days = pd.date_range("2020-01-01", periods=40)
    raw = dataset(tmp_path, day=days.strftime("%d/%m/%Y").tolist(), hr=[5] * 40)
    assert list(raw.load()["time"]) == list(days + pd.Timedelta(hours=5))
