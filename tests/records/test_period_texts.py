"""Weeks, quarters, half-years and fiscal years in texts are read as their first day, and nothing else is."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sakon import kinds
from sakon.onboarding.dates import are_dates, detect_dates
from sakon.pipelines.ingestion.nodes import make_records
from sakon.problem import Problem, Schema
from sakon.records.period_texts import FISCAL_YEAR, HALF_YEAR, ISO_WEEK, QUARTER, detect_periods
from sakon.records.timestamps import detect_timestamps, local_timestamps
from sakon.spark.arrow_batches import parse_timestamps

YEARS = range(1990, 2040)
NOTATIONS = {
    "FY{0}": YEARS, "fy {0}": YEARS, "FY-{0}": YEARS, "FY'{1:02d}": YEARS, "FY{1:02d}/{3:02d}": YEARS,
    "{1:02d}/{3:02d}": YEARS, "FY{0}-{2}": YEARS, "{0}/{3:02d}": YEARS, "{0}-{3:02d}": YEARS, "{0}–{2}": YEARS,
    "{0} / {2}": YEARS,
}  # fmt: skip


@pytest.mark.parametrize("notation", NOTATIONS)
def test_fiscal_years_begin_in_the_year_that_they_name_first(notation: str) -> None:
    texts = pd.Series([notation.format(year, year % 100, year + 1, (year + 1) % 100) for year in YEARS])
    timestamps = detect_timestamps(texts)
    assert timestamps is not None
    assert (timestamps.format, timestamps.other_format) == (FISCAL_YEAR, "")
    assert list(timestamps.values.dt.date) == [date(year, 1, 1) for year in YEARS]


@pytest.mark.parametrize(
    ("text", "name", "day"),
    [
        ("2024-W05", ISO_WEEK, date(2024, 1, 29)),
        ("2024Q3", QUARTER, date(2024, 7, 1)),
        ("2024-Q1", QUARTER, date(2024, 1, 1)),
        ("Q4 2024", QUARTER, date(2024, 10, 1)),
        ("Q2/2024", QUARTER, date(2024, 4, 1)),
        ("FY24Q2", QUARTER, date(2024, 4, 1)),
        ("Q3 FY99", QUARTER, date(1999, 7, 1)),
        ("2024.Q2", QUARTER, date(2024, 4, 1)),
        ("2Q2024", QUARTER, date(2024, 4, 1)),
        ("Q2'24", QUARTER, date(2024, 4, 1)),
        ("2. Quartal 2024", QUARTER, date(2024, 4, 1)),
        ("2024 Quarter 2", QUARTER, date(2024, 4, 1)),
        ("2024 W5", ISO_WEEK, date(2024, 1, 29)),
        ("KW 05/2024", ISO_WEEK, date(2024, 1, 29)),
        ("2024-30", ISO_WEEK, date(2024, 7, 22)),
        ("2020 FY", FISCAL_YEAR, date(2020, 1, 1)),
        ("Fiscal Year 2020", FISCAL_YEAR, date(2020, 1, 1)),
        ("GJ 2020/21", FISCAL_YEAR, date(2020, 1, 1)),
        ("2024H2", HALF_YEAR, date(2024, 7, 1)),
        ("H1 2024", HALF_YEAR, date(2024, 1, 1)),
        ("FY68/69", FISCAL_YEAR, date(2068, 1, 1)),
        ("FY69/70", FISCAL_YEAR, date(1969, 1, 1)),
        ("1999/00", FISCAL_YEAR, date(1999, 1, 1)),
    ],
)
def test_periods_are_read_as_their_first_day(text: str, name: str, day: date) -> None:
    assert detect_periods(pd.Series([text])) == name
    assert local_timestamps(pd.Series([text, None])).dt.date.tolist()[0] == day
    assert local_timestamps(pd.Series([text, "?"]), name).isna().tolist() == [False, True]
    assert pd.Timestamp(parse_timestamps(pd.Series([text]), by_days=False)[0] * 1000).date() == day


@pytest.mark.parametrize(
    "texts",
    [
        ["2010/11", "2011/12", "2013/14", "2013/15"],  # of which one names other years
        ["FY2020", "FY2021", "total"],
        ["2024Q1", "FY2024"],
        ["2010-10", "2010-54"],
        ["01/02", "02/03", "05/06", "05/07"],
        ["10-11", "11-12", "12-13"],  # ages
        ["4711Q1", "4712Q2"],  # article numbers
        ["1234-35", "1235-36"],
        ["2024Q5"],
        ["20/21", "21/22"],
        ["FY"],
        [],
    ],
)
def test_other_texts_are_no_periods(texts: list[str]) -> None:
    assert detect_periods(pd.Series(texts, dtype="str")) is None


@given(st.lists(st.dates(date(1990, 1, 1), date(2040, 1, 1)), min_size=1, max_size=30))
def test_months_stay_months(days: list[date]) -> None:
    """Also a few months that name two years in a row, such as 2010-11."""
    texts = pd.Series([f"{day:%Y-%m}" for day in days])
    are_fiscal = all(day.month == (day.year + 1) % 100 for day in days) and len(set(texts)) >= 3
    timestamps = detect_timestamps(texts)
    assert timestamps is not None
    expected = [day.replace(month=1, day=1) if are_fiscal else day.replace(day=1) for day in days]
    assert list(timestamps.values.dt.date) == expected


def test_what_is_assumed_is_said() -> None:
    column = detect_dates(pd.Series(["2019/20", "2020/21", "2021/22"]), "season")
    assert column is not None
    assert column.assumption == (
        "is read as fiscal years, each as 1 January of the year that it names first: 2019/20 as 2019-01-01"
    )
    texts = pd.Series([*(f"FY{year}" for year in YEARS), "total"])
    assert detect_dates(texts, "year") is None
    assert are_dates(texts).tolist() == [True] * len(YEARS) + [False]


def test_periods_of_a_table_are_dates_in_records_and_requests() -> None:
    seasons = [f"{year}/{(year + 1) % 100:02d}" for year in range(2000, 2020)]
    raw = pd.DataFrame({"season": seasons * 3, "x": np.arange(60) % 7, "y": list("ab") * 30})
    records, schema, _ = make_records(raw, Problem(kind="tabular", target="y"))
    assert schema.features["season"] == "date"
    assert list(records["season"].dt.year) == [*range(2000, 2020)] * 3
    schema = Schema.model_validate_json(schema.model_dump_json())
    # Alone, 2010/11 may be a month: the schema decides.
    assert kinds.get("tabular").from_request(raw[10:11], schema)["season"].dt.month.tolist() == [1]
