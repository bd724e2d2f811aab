"""Dates are detected in every format, and nothing else is taken for a date."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.onboarding.dates import FORMATS, ISO, describe_serial_days, detect_dates

TIMESTAMPS = st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)).map(
    lambda timestamp: timestamp.replace(second=0, microsecond=0)
)


@settings(deadline=None, max_examples=60)
@given(
    timestamps=st.lists(TIMESTAMPS, min_size=3, max_size=10),
    date_format=st.sampled_from([each for each in FORMATS if "%H" in each or "%I" in each]),
)
def test_timestamps_are_detected_in_every_format(timestamps: list[datetime], date_format: str) -> None:
    # No day is a month, and no year is a day.
    timestamps = [
        *timestamps,
        datetime(2020, 1, 30, 13, 45),
        datetime(2021, 12, 31, 1, 5),
        datetime(1999, 12, 31, 1, 5),
    ]
    dates = detect_dates(pd.Series([timestamp.strftime(date_format) for timestamp in timestamps]), "x")
    assert dates is not None
    assert [timestamp.to_pydatetime() for timestamp in dates.values] == timestamps


@pytest.mark.parametrize(
    ("texts", "date_format", "first"),
    [
        (["2020-01-31", "2020-02-01"], ISO, "2020-01-31"),
        (["2020-01-31T10:00:00Z", "2020-02-01T00:00:00Z"], ISO, "2020-01-31 10:00"),
        (["2020-01-31 10:00+09:00", "2020-02-01 10:00+09:00"], ISO, "2020-01-31 10:00"),
        (["2020-03-01 10:00+01:00", "2020-04-01 10:00+02:00"], None, "2020-03-01 10:00"),
        (["31.12.23", "01.01.24"], "%d.%m.%y", "2023-12-31"),
        (["23/12/31", "24/01/01"], "%y/%m/%d", "2023-12-31"),
        (["2020-W05", "2020-W06"], None, "2020-01-27"),
        (["2020Q2", "2020Q3"], None, "2020-04-01"),
        (["20141013T000000", "20141014T000000"], ISO, "2014-10-13"),
        (["31.01.2020", "01.02.2020", None], "%d.%m.%Y", "2020-01-31"),
        (["2020-01", "2020-02"], "%Y-%m", "2020-01-01"),
        (["Jan 2020", "Feb 2020"], "%b %Y", "2020-01-01"),
    ],
)
def test_date_formats(texts: list[str], date_format: str | None, first: str) -> None:
    dates = detect_dates(pd.Series(texts), "x")
    assert dates is not None
    assert dates.format == date_format
    assert dates.values[0] == pd.Timestamp(first, tz=dates.values.dt.tz)


def test_order_decides_between_day_and_month() -> None:
    days = [pd.Timestamp(2020, month, day) for month in (1, 2) for day in range(1, 13)]
    dates = detect_dates(pd.Series([day.strftime("%d/%m/%Y") for day in days]), "x")
    assert dates is not None
    assert (dates.format, dates.other_format) == ("%d/%m/%Y", "")
    unsorted = detect_dates(pd.Series(["03/04/2020", "01/02/2020", "05/01/2020"]), "x")
    assert unsorted is not None
    assert (unsorted.format, unsorted.other_format) == ("%m/%d/%Y", "%d/%m/%Y")


def test_rows_of_a_panel_decide_between_day_and_month() -> None:
    days = [pd.Timestamp(2020, month, day) for month in range(1, 7) for day in range(1, 13)]
    texts = [day.strftime("%d/%m/%Y") for day in days]
    for rows in (texts * 3, texts[::-1]):
        dates = detect_dates(pd.Series(rows), "x")
        assert dates is not None
        assert (dates.format, dates.other_format) == ("%d/%m/%Y", "")


@pytest.mark.parametrize("day", [1, 5, 12])
def test_regular_months_decide_between_day_and_month(day: int) -> None:
    months = pd.date_range("2020-01-01", periods=40, freq="MS") + pd.Timedelta(days=day - 1)
    for form in ("%d/%m/%Y", "%m/%d/%Y"):
        dates = detect_dates(pd.Series(months.strftime(form)), "x")  # sorted in the other order as well
        assert dates is not None
        assert (dates.format, dates.other_format) == (form, "")


def test_whole_numbers_are_dates_only_in_a_column_with_a_date_name() -> None:
    days = pd.Series([20200131, 20200201, 20201231])
    assert detect_dates(days, "date") is not None
    assert detect_dates(days, "amount") is None
    assert detect_dates(pd.Series([20200131, 20209999]), "date") is None
    assert detect_dates(pd.Series([1990, 1991]), "year_to_date") is None  # a year is a number, unless of a series


@pytest.mark.parametrize(
    "texts", [["a", "b"], ["1.5", "2.5"], ["12-13", "14-15"], ["2020-13-01"], ["31.02.2020"], ["4-4-2"]]
)
def test_texts_that_are_not_dates(texts: list[str]) -> None:
    assert detect_dates(pd.Series(texts), "x") is None


def test_days_of_excel_are_said() -> None:
    days = [44931.0, 44932.5, None]
    (note,) = describe_serial_days(pd.DataFrame({"date": days, "price": days, "time_of_day": [1, 2, 3]}))
    assert note == (
        "'date' is read as numbers; if they are days as Excel counts them, in which 44931 is 2023-01-05, store them as "
        "dates"
    )


@pytest.mark.parametrize(("values", "is_declared"), [([20240131.0, 20240201.0], False), ([20240131.0, None], True)])
def test_dates_in_floats_are_declared_only_if_a_gap_made_them_floats(values: list[float], is_declared: bool) -> None:
    dates = detect_dates(pd.Series(values), "date")
    assert dates is not None
    assert dates.values[0] == pd.Timestamp("2024-01-31")
    assert dates.format == ("%Y%m%d" if is_declared else None)
