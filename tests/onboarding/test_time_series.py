"""Time series, and tables that merely bear a date, are told apart."""

from __future__ import annotations

import lookalikes
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.onboarding import columns, time_series
from sakon.onboarding.time_series import Series

ALIASES = {"h": 24, "D": 7, "B": 5, "W-SUN": 52, "W-WED": 52, "MS": 12, "ME": 12, "QS": 4, "30min": 48, "15min": 96}


def found(table: pd.DataFrame, target: str) -> Series | None:
    roles = columns.find(table, target)
    times = {name: each.values for name, each in roles.dates.items()}
    return time_series.find(table, target, times, [*roles.group, *roles.plain])


@settings(deadline=None, max_examples=60)
@given(
    alias=st.sampled_from(sorted(ALIASES)),
    count=st.integers(60, 400),
    gone=st.floats(0, 0.15),
    seed=st.integers(0, 99),
    year=st.integers(1950, 2024),
)
def test_the_frequency_of_regular_moments_is_found(alias: str, count: int, gone: float, seed: int, year: int) -> None:
    whole = pd.date_range(f"{year}-01-01", periods=count, freq=alias)
    kept = np.random.default_rng(seed).random(count) >= gone
    kept[[0, -1]] = True
    shuffled = pd.Series(whole[kept]).sample(frac=1, random_state=seed)
    frequency = time_series.frequency_of(shuffled)
    assert frequency is not None
    assert frequency.alias == alias
    assert frequency.missing == count - kept.sum()
    assert frequency.steps_per_season == ALIASES[alias]
    assert pd.tseries.frequencies.to_offset(frequency.alias) is not None


@settings(deadline=None, max_examples=30)
@given(count=st.integers(60, 400), seed=st.integers(0, 999))
def test_moments_at_random_have_no_frequency(count: int, seed: int) -> None:
    days = np.random.default_rng(seed).choice(5 * count, count, replace=False)
    assert time_series.frequency_of(pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D"))) is None


def test_rentals_by_hour_are_a_series_with_a_daily_season() -> None:
    series = found(lookalikes.rentals(), "count")
    assert series is not None
    assert (series.time, series.panel, series.frequency.alias, series.season) == ("datetime", None, "h", 24)
    assert series.frequency.missing > 0
    assert series.windows == (24, 168)


def test_sales_of_stores_are_a_panel() -> None:
    series = found(lookalikes.stores(), "sales")
    assert series is not None
    assert (series.time, series.panel, series.count) == ("date", "store", 6)
    assert (series.frequency.alias, series.season) == ("W-SUN", 52)


@pytest.mark.parametrize("target", ["churn", "charges", "tenure"])
def test_customers_with_a_date_are_no_series(target: str) -> None:
    assert found(lookalikes.churn(), target) is None


def test_categories_are_not_forecast() -> None:
    assert (
        found(lookalikes.rentals().assign(count=lambda t: np.where(t["count"] > 90, "busy", "calm")), "count") is None
    )


def test_a_season_must_show() -> None:
    rng = np.random.default_rng(0)
    noise = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=300), "y": rng.normal(size=300)})
    series = found(noise, "y")
    assert series is not None
    assert series.season is None
    weekly = noise.assign(y=noise["y"] + 3 * (np.arange(300) % 7 > 4) + np.arange(300) / 10)
    series = found(weekly, "y")
    assert series is not None
    assert series.season == 7


def test_too_few_moments_are_no_series() -> None:
    assert found(pd.DataFrame({"date": pd.date_range("2020-01-01", periods=30), "y": np.arange(30.0)}), "y") is None


def test_windows_shrink_with_the_series() -> None:
    short = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=48, freq="MS"), "y": np.arange(48.0) % 12})
    series = found(short, "y")
    assert series is not None
    assert series.windows == (6, 16)


def test_gaps_shorten_what_is_forecast() -> None:
    rng = np.random.default_rng(0)
    whole = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=400), "y": rng.normal(size=400)})
    assert (series := found(whole, "y")) is not None
    assert (series.frequency.missing, series.windows[0], series.is_cut_by_gaps) == (0, 14, False)
    gone = (rng.random(400) < 0.2) & (np.arange(400) % 399 > 0)
    for gappy in (whole[~gone], whole.assign(y=whole["y"].mask(gone))):
        assert (series := found(gappy, "y")) is not None
        assert series.frequency.missing == gone.sum()
        assert series.is_cut_by_gaps
        assert series.windows[0] < 8


def test_what_is_yet_to_come_is_no_gap() -> None:
    whole = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=100), "y": np.arange(100.0)})
    series = found(whole.assign(y=whole["y"].where(whole.index < 90)), "y")
    assert series is not None
    assert (series.frequency.missing, series.observed) == (0, 1.0)


def test_gaps_of_the_last_series_of_a_panel_count() -> None:
    days = pd.date_range("2020-01-01", periods=60)
    panel = pd.DataFrame({"date": np.tile(days, 40), "shop": np.repeat(np.arange(40), 60), "y": np.arange(2400.0) % 7})
    series = found(panel.drop(index=[2370]), "y")
    assert series is not None
    assert (series.count, series.frequency.missing) == (40, 1)


def test_long_series_are_learnt_from_in_strides_that_meet_every_step_of_the_season() -> None:
    hours = pd.DataFrame({"time": pd.date_range("2020-01-01", periods=17_000, freq="h"), "y": np.arange(17_000.0) % 24})
    series, short = found(hours, "y"), found(hours.head(4000), "y")
    assert series is not None
    assert short is not None
    assert (series.stride, short.stride) == (5, 1)
    assert found(hours.head(10_000), "y").stride == 5  # type: ignore[union-attr]  # 3 would meet every third hour alone
