"""Whatever library or format typed a table, its columns have plain types and the same values."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from sakon.records.raw_types import normalize_column, normalize_table

DAYS = [dt.date(2024, 1, 31), dt.date(2024, 2, 1)]
ARROW = pa.table(
    {
        "whole": pa.array([1, 2], pa.int32()),
        "gap": pa.array([1, None]),
        "flag": pa.array([True, False]),
        "decimal": pa.array([Decimal("1.50"), None]),
        "duration": pa.array([1500, 2500], pa.duration("ms")),
        "text": pa.array(["a", None]),
        "category": pa.array(["a", "b"]).dictionary_encode(),
        "day": pa.array(DAYS),
        "local": pa.array([dt.datetime(2024, 1, 31, 12)] * 2, pa.timestamp("us", "Asia/Tokyo")),
        "bytes": pa.array(["ä".encode(), None]),
        "time": pa.array([dt.time(12, 30), dt.time(1)]),
    }
)
EXPECTED = {
    "whole": pd.Series([1, 2], dtype="int32"),
    "gap": pd.Series([1.0, np.nan]),
    "flag": pd.Series([True, False]),
    "decimal": pd.Series([1.5, np.nan]),
    "duration": pd.Series([1.5, 2.5]),
    "text": pd.Series(["a", None], dtype="str"),
    "category": pd.Series(["a", "b"], dtype="str"),
    "day": pd.Series(pd.to_datetime(["2024-01-31", "2024-02-01"])),
    "local": pd.Series(pd.to_datetime(["2024-01-31 12:00"] * 2).tz_localize("UTC").tz_convert("Asia/Tokyo")),
    "bytes": pd.Series(["ä", None], dtype="str"),
    "time": pd.Series(["12:30:00", "01:00:00"], dtype="str"),
}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("mapper", [None, pd.ArrowDtype], ids=["numpy", "arrow"])
def test_types_of_arrow_are_plain(name: str, mapper: type | None) -> None:
    column = normalize_column(ARROW.select([name]).to_pandas(types_mapper=mapper)[name])
    expected = EXPECTED[name]
    is_time = expected.dtype.kind == "M"
    pd.testing.assert_series_equal(column, expected.rename(name), check_dtype=not is_time)
    assert column.dtype.kind == expected.dtype.kind


@pytest.mark.parametrize(
    ("column", "expected"),
    [
        (pd.Series([1, 2], dtype="Int64"), pd.Series([1, 2])),
        (pd.Series([1, None], dtype="Int64"), pd.Series([1.0, np.nan])),
        (pd.Series([0.5, None], dtype="Float64"), pd.Series([0.5, np.nan])),
        (pd.Series([True, False], dtype="boolean"), pd.Series([True, False])),
        (pd.Series([True, None], dtype="boolean"), pd.Series([True, None], dtype=object)),
        (pd.Series(["a", None], dtype="string"), pd.Series(["a", None], dtype="str")),
        (pd.Series(["b", None, "b"]).astype(pd.CategoricalDtype(["a", "b"])), pd.Series(["b", None, "b"], dtype="str")),
        (pd.Series([3, 4]).astype("category"), pd.Series([3, 4])),
        (pd.Series([3, None]).astype("category"), pd.Series([3.0, np.nan])),
        (pd.Series([1.0, 0.0]).astype(pd.SparseDtype(float)), pd.Series([1.0, 0.0])),
        (pd.Series(pd.period_range("2024-01", periods=1, freq="M")), pd.Series(pd.to_datetime(["2024-01-01"]))),
        (pd.Series([dt.timedelta(hours=1), None], dtype=object), pd.Series([3600.0, np.nan])),
        (pd.Series(pd.cut([1, 5], [0, 2, 6])), pd.Series(["(0, 2]", "(2, 6]"], dtype="str")),
    ],
    ids=lambda value: str(value.dtype) if isinstance(value, pd.Series) else "",
)
def test_types_of_pandas_are_plain(column: pd.Series, expected: pd.Series) -> None:
    pd.testing.assert_series_equal(normalize_column(column), expected, check_dtype=expected.dtype.kind != "M")


def test_plain_columns_are_not_changed() -> None:
    table = pd.DataFrame(
        {
            "int8": np.array([1, 2], np.int8),
            "float32": np.array([0.1, np.nan], np.float32),
            "bool": [True, False],
            "str": ["a", None],
            "object": pd.Series(["a", 1], dtype=object),
            "time": pd.to_datetime(["2024-01-01", None]),
            "bytes": pd.Series([b"\xff", None], dtype=object),
        }
    )
    pd.testing.assert_frame_equal(normalize_table(table), table)


def test_named_index_is_a_column() -> None:
    table = pd.DataFrame({"y": [1, 2]}, index=pd.Index(DAYS, name="day"))
    normal = normalize_table(table)
    assert list(normal.columns) == ["day", "y"]
    assert normal["day"].dtype.kind == "M"
    levels = pd.MultiIndex.from_product([["a"], [1, 2]], names=["shop", "week"])
    assert list(normalize_table(table.set_axis(levels)).columns) == ["shop", "week", "y"]


def test_index_without_a_name_is_a_column_only_if_it_holds_times() -> None:
    table = pd.DataFrame({"y": [1, 2]})
    assert list(normalize_table(table.set_axis(["car 1", "car 2"])).columns) == ["y"]
    assert list(normalize_table(table.set_axis(pd.date_range("2024", periods=2))).columns) == ["index", "y"]


def test_index_with_the_name_of_a_column() -> None:
    table = pd.DataFrame({"id": [4, 5], "y": [1, 2]})
    assert list(normalize_table(table.set_index("id", drop=False)).columns) == ["id", "y"]
    differing = table.set_axis(pd.Index([7, 8], name="id"))
    assert normalize_table(differing).to_dict("list") == {"id_index": [7, 8], "id": [4, 5], "y": [1, 2]}


def test_names_become_stripped_texts_even_if_they_repeat() -> None:
    table = pd.DataFrame([[1, 2, 3]], columns=[" a ", 7, "a"])
    assert list(normalize_table(table).columns) == ["a", "7", "a"]


@pytest.mark.parametrize("file", ["parquet-arrow-types", "parquet-decimal", "parquet-duration", "parquet-date-index"])
def test_files_of_public_reports_have_plain_types(case_files: Path, file: str) -> None:
    for path in (case_files / file).glob("*.parquet"):
        table = normalize_table(pd.read_parquet(path))
        assert isinstance(table.index, pd.RangeIndex)
        assert {dtype.kind for dtype in table.dtypes} <= set("biufMO")
        assert not table.select_dtypes("object").map(lambda value: isinstance(value, Decimal)).any(axis=None)


@pytest.mark.parametrize("dtype", ["str", object, "string", "category"])
def test_blank_texts_are_missing_values(dtype: str) -> None:
    column = pd.Series(["a", "", "  ", None, " b "], dtype=dtype)
    assert normalize_column(column).isna().tolist() == [False, True, True, True, False]
    assert normalize_column(column)[4] == " b "
