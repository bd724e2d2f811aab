"""One rule infers frequencies, for kinds and for proposals alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.onboarding.regular_series import regular_frequency
from sakon.records.frequency import (
    count_steps,
    describe_frequency,
    off_grid_share,
    seasonal_period,
)
from sakon.records.frequency_inference import infer_frequency

PERIODS = {"h": 24, "D": 7, "B": 5, "W-SUN": 52, "W-WED": 52, "MS": 12, "ME": 12, "QS": 4, "30min": 48, "15min": 96}


@settings(deadline=None, max_examples=60)
@given(
    frequency=st.sampled_from(sorted(PERIODS)),
    count=st.integers(60, 400),
    missing=st.floats(0, 0.15),
    seed=st.integers(0, 99),
    year=st.integers(1950, 2024),
)
def test_proposed_frequency_is_the_one_that_the_kind_infers(
    frequency: str, count: int, missing: float, seed: int, year: int
) -> None:
    grid = pd.date_range(f"{year}-01-01", periods=count, freq=frequency)
    is_present = np.random.default_rng(seed).random(count) >= missing
    is_present[[0, -1]] = True
    timestamps = pd.Series(grid[is_present])
    proposed = regular_frequency(timestamps.sample(frac=1, random_state=seed))
    inferred = infer_frequency(timestamps)
    assert proposed is not None
    assert inferred is not None
    to_offset = pd.tseries.frequencies.to_offset
    assert to_offset(proposed) == to_offset(inferred)
    assert pd.date_range(grid[0], grid[-1], freq=proposed).equals(pd.DatetimeIndex(grid))
    assert count_steps(grid[0], grid[-1], proposed) == count
    assert off_grid_share(timestamps, proposed) == 0
    assert seasonal_period(proposed) == PERIODS[frequency]


@settings(deadline=None, max_examples=30)
@given(count=st.integers(60, 400), seed=st.integers(0, 999))
def test_random_dates_are_irregular(count: int, seed: int) -> None:
    days = np.random.default_rng(seed).choice(5 * count, count, replace=False)
    assert regular_frequency(pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D"))) is None


def test_some_timestamps_may_be_off_the_grid_if_that_is_allowed() -> None:
    hours = pd.Series(pd.date_range("2020-01-01", periods=400, freq="h"))
    hours[100] += pd.Timedelta(minutes=10)
    assert infer_frequency(hours) is None
    assert infer_frequency(hours, max_off_grid=0.01) == "h"
    assert off_grid_share(hours, "h") == pytest.approx(1 / 400)


def test_steps_of_seconds_over_years_are_counted_without_listing_them() -> None:
    first, last = pd.Timestamp("1900-01-01"), pd.Timestamp("2020-01-01")
    assert count_steps(first, last, "s") == (last - first).total_seconds() + 1


@pytest.mark.parametrize(
    ("frequency", "words"),
    [("h", "hour"), ("15min", "15 minutes"), ("W-SUN", "week"), ("B", "business day"), ("QS-OCT", "quarter")],
)
def test_frequency_in_words(frequency: str, words: str) -> None:
    assert describe_frequency(frequency) == words
    assert "WOM-3FRI" in describe_frequency("WOM-3FRI")
