"""Time series are detected, and tables whose rows merely have a date are not."""

from __future__ import annotations

import lookalikes
import numpy as np
import pandas as pd
import pytest

from sakon.onboarding.column_roles import infer_roles
from sakon.onboarding.regular_series import detect_series
from sakon.records.raw_summary import RawSummary, RegularSeries
from sakon.records.series_proposal import is_shortened_by_gaps, propose_series_options, training_stride, windows


def detect(table: pd.DataFrame, target: str) -> RegularSeries | None:
    roles = infer_roles(table, target)
    dates = {name: column.values for name, column in roles.dates.items()}
    return detect_series(table, target, dates, [*roles.groups, *roles.types])


def detected(table: pd.DataFrame, target: str) -> RegularSeries:
    series = detect(table, target)
    assert series is not None
    return series


def test_hourly_rentals_have_a_daily_season() -> None:
    series = detected(lookalikes.rentals(), "count")
    assert (series.time, series.series, series.frequency, series.season) == ("datetime", None, "h", 24)
    assert series.missing > 0
    assert windows(series) == (24, 168)


def test_sales_of_stores_are_a_panel() -> None:
    series = detected(lookalikes.stores(), "sales")
    assert (series.time, series.series, series.count) == ("date", "store", 6)
    assert (series.frequency, series.season) == ("W-SUN", 52)


@pytest.mark.parametrize("target", ["churn", "charges", "tenure"])
def test_customers_with_a_date_are_not_a_series(target: str) -> None:
    assert detect(lookalikes.churn(), target) is None


def test_categories_are_not_forecast() -> None:
    table = lookalikes.rentals().assign(count=lambda table: np.where(table["count"] > 90, "busy", "calm"))
    assert detect(table, "count") is None


def test_season_needs_autocorrelation() -> None:
    rng = np.random.default_rng(0)
    noise = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=300), "y": rng.normal(size=300)})
    assert detected(noise, "y").season is None
    weekly = noise.assign(y=noise["y"] + 3 * (np.arange(300) % 7 > 4) + np.arange(300) / 10)
    assert detected(weekly, "y").season == 7


def test_too_few_timestamps_are_not_a_series() -> None:
    assert detect(pd.DataFrame({"date": pd.date_range("2020-01-01", periods=30), "y": np.arange(30.0)}), "y") is None


def test_windows_shrink_until_train_has_enough_forecasts() -> None:
    short = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=48, freq="MS"), "y": np.arange(48.0) % 12})
    assert windows(detected(short, "y")) == (6, 15)


def test_gaps_shorten_the_horizon() -> None:
    rng = np.random.default_rng(0)
    complete = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=400), "y": rng.normal(size=400)})
    series = detected(complete, "y")
    assert (series.missing, windows(series)[0], is_shortened_by_gaps(series)) == (0, 14, False)
    is_missing = (rng.random(400) < 0.2) & (np.arange(400) % 399 > 0)
    for with_gaps in (complete[~is_missing], complete.assign(y=complete["y"].mask(is_missing))):
        series = detected(with_gaps, "y")
        assert series.missing == is_missing.sum()
        assert is_shortened_by_gaps(series)
        assert windows(series)[0] < 8


def test_rows_after_the_last_target_are_not_gaps() -> None:
    table = pd.DataFrame({"date": pd.date_range("2020-01-01", periods=100), "y": np.arange(100.0)})
    series = detected(table.assign(y=table["y"].where(table.index < 90)), "y")
    assert (series.missing, series.observed) == (0, 1.0)


def test_gaps_of_the_last_series_of_a_panel_count() -> None:
    days = pd.date_range("2020-01-01", periods=60)
    panel = pd.DataFrame({"date": np.tile(days, 40), "shop": np.repeat(np.arange(40), 60), "y": np.arange(2400.0) % 7})
    series = detected(panel.drop(index=[2370]), "y")
    assert (series.count, series.missing) == (40, 1)


def test_stride_of_long_series_reaches_every_step_of_the_season() -> None:
    hours = pd.DataFrame({"time": pd.date_range("2020-01-01", periods=17_000, freq="h"), "y": np.arange(17_000.0) % 24})
    assert training_stride(detected(hours, "y")) == 5
    assert training_stride(detected(hours.head(4000), "y")) == 1
    assert training_stride(detected(hours.head(10_000), "y")) == 5  # a stride of 3 would reach every third hour only


def test_reasons_give_the_facts() -> None:
    table = lookalikes.rentals()
    raw = RawSummary("t.csv", "count", table, infer_roles(table, "count"), detected(table, "count"))
    reasons = {value.path[-1]: value.reason for value in propose_series_options(raw)}
    assert raw.series is not None
    assert f"{raw.series.missing:,} steps" in reasons["gaps"]
    assert f"{raw.series.autocorrelation:.2f}" in reasons["season"]
    assert "hour" in reasons["frequency"]
