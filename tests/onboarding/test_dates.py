"""Dates are found however they are written, and nothing else is taken for one."""

from __future__ import annotations

from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.onboarding import dates

MOMENTS = st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)).map(
    lambda moment: moment.replace(second=0, microsecond=0)
)


@settings(deadline=None, max_examples=60)
@given(
    moments=st.lists(MOMENTS, min_size=3, max_size=10),
    written=st.sampled_from([each for each in dates.FORMATS if "%H" in each or "%I" in each]),
)
def test_moments_are_found_again_in_every_format(moments: list[datetime], written: str) -> None:
    moments = [*moments, datetime(2020, 1, 30, 13, 45), datetime(2021, 12, 31, 1, 5)]  # no day is a month
    found = dates.find(pd.Series([moment.strftime(written) for moment in moments]), "x")
    assert found is not None
    assert [moment.to_pydatetime() for moment in found.values] == moments


@pytest.mark.parametrize(
    ("text", "written", "first"),
    [
        (["2020-01-31", "2020-02-01"], dates.ISO, "2020-01-31"),
        (["2020-01-31T10:00:00Z", "2020-02-01T00:00:00Z"], dates.ISO, "2020-01-31 10:00"),
        (["20141013T000000", "20141014T000000"], dates.ISO, "2014-10-13"),
        (["31.01.2020", "01.02.2020", None], "%d.%m.%Y", "2020-01-31"),
        (["2020-01", "2020-02"], "%Y-%m", "2020-01-01"),
        (["Jan 2020", "Feb 2020"], "%b %Y", "2020-01-01"),
    ],
)
def test_forms_of_dates(text: list[str], written: str, first: str) -> None:
    found = dates.find(pd.Series(text), "x")
    assert found is not None
    assert found.format == written
    assert found.values[0] == pd.Timestamp(first)


def test_order_decides_between_day_and_month() -> None:
    days = [pd.Timestamp(2020, month, day) for month in (1, 2) for day in range(1, 13)]
    found = dates.find(pd.Series([day.strftime("%d/%m/%Y") for day in days]), "x")
    assert found is not None
    assert (found.format, found.doubt) == ("%d/%m/%Y", "")
    mixed = dates.find(pd.Series(["03/04/2020", "01/02/2020", "05/01/2020"]), "x")
    assert mixed is not None
    assert (mixed.format, mixed.doubt) == ("%m/%d/%Y", "%d/%m/%Y")


def test_whole_numbers_are_dates_only_by_name() -> None:
    days = pd.Series([20200131, 20200201, 20201231])
    assert dates.find(days, "date") is not None
    assert dates.find(days, "amount") is None
    assert dates.find(pd.Series([20200131, 20209999]), "date") is None


@pytest.mark.parametrize(
    "text", [["a", "b"], ["1.5", "2.5"], ["12-13", "14-15"], ["2020-13-01"], ["31.02.2020"], ["4-4-2"]]
)
def test_what_is_no_date(text: list[str]) -> None:
    assert dates.find(pd.Series(text), "x") is None
