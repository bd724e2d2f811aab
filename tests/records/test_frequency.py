"""One rule infers frequencies, for kinds and for proposals alike."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sakon.records.frequency import (
    Frequency,
    count_steps,
    describe_frequency,
    is_frequency,
    off_grid_share,
    seasonal_period,
)
from sakon.records.frequency_inference import infer_frequency, off_grid_timestamps, regular_frequency
from sakon.records.raw_summary import MIN_TIMESTAMPS

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
    proposed = regular_frequency(timestamps.sample(frac=1, random_state=seed), MIN_TIMESTAMPS)
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
    assert (
        regular_frequency(pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(days, unit="D")), MIN_TIMESTAMPS)
        is None
    )


def test_timestamps_between_the_steps_are_named_and_prevent_a_frequency() -> None:
    hours = pd.Series(pd.date_range("2020-01-01", periods=400, freq="h"))
    hours[100] += pd.Timedelta(minutes=10)
    assert infer_frequency(hours) is None
    assert regular_frequency(hours, MIN_TIMESTAMPS) is None  # the kind would refuse such a row
    assert off_grid_share(hours, "h") == pytest.approx(1 / 400)
    irregular = off_grid_timestamps(hours)
    assert irregular is not None
    assert (irregular[0], list(irregular[1])) == ("h", [hours[100]])
    assert off_grid_timestamps(hours.drop(index=100)) is None


def test_steps_of_seconds_over_years_are_counted_without_listing_them() -> None:
    first, last = pd.Timestamp("1900-01-01"), pd.Timestamp("2020-01-01")
    assert count_steps(first, last, "s") == (last - first).total_seconds() + 1


@pytest.mark.parametrize(
    ("frequency", "words"),
    [
        ("h", "hour"),
        ("15min", "15 minutes"),
        ("W-SUN", "week"),
        ("B", "business day"),
        ("QS-OCT", "quarter"),
        ("24h", "day"),
        ("SMS-15", "half month"),
        ("BME", "month (last business day)"),
        ("MS+14D", "month (on day 15 of the month)"),
    ],
)
def test_frequency_in_words(frequency: str, words: str) -> None:
    assert describe_frequency(frequency) == words
    assert "WOM-3FRI" in describe_frequency("WOM-3FRI")


def wall(first: str, count: int, frequency: str, zone: str | None = None) -> pd.Series:
    """Return timestamps of a frequency after a first one."""
    start = pd.Series([pd.Timestamp(first, tz=zone)])
    return pd.Series(Frequency.parse(frequency).following(start, count))


@pytest.mark.parametrize(
    ("frequency", "examples"),
    [
        ("MS+14D", ["2023-01-15", "2023-02-15", "2023-03-15"]),
        ("MS+30D", ["2023-01-31", "2023-02-28", "2023-03-31"]),
        ("QS-JAN+14D", ["2023-01-15", "2023-04-15", "2023-07-15"]),
        ("YS-MAR+4D", ["2023-03-05", "2024-03-05", "2025-03-05"]),
        ("BME", ["2023-01-31", "2023-02-28", "2023-03-31"]),
        ("QE-OCT", ["2023-01-31", "2023-04-30", "2023-07-31"]),
        ("WOM-3FRI", ["2023-01-20", "2023-02-17", "2023-03-17"]),
        ("SMS-15", ["2023-01-15", "2023-02-01", "2023-02-15"]),
    ],
)
def test_steps_of_a_frequency(frequency: str, examples: list[str]) -> None:
    steps = wall("2023-01-01", 50, frequency)
    assert [str(step.date()) for step in steps.head(3)] == examples
    parsed = Frequency.parse(frequency)
    assert parsed.grid(steps.iloc[[0, 7, -1]]).equals(pd.DatetimeIndex(steps))
    assert parsed.ending(steps, 50).equals(pd.DatetimeIndex(steps))
    assert Frequency.parse(parsed.alias) == parsed


@pytest.mark.parametrize("alias", ["fortnight", "MS+31D", "MS+", "MS+14", ""])
def test_other_texts_are_no_frequency(alias: str) -> None:
    assert not is_frequency(alias)


def test_the_coarsest_frequency_is_inferred() -> None:
    for frequency in (
        "ME",
        "BME",
        "MS+14D",
        "MS+29D",
        "QE-OCT",
        "BQE-NOV",
        "YE-JUN",
        "SME-15",
        "WOM-2TUE",
        "2W-FRI",
        "2MS",
    ):
        assert infer_frequency(wall("2015-03-03", 60, frequency)) == frequency
    assert infer_frequency(wall("2015-03-03", 60, "MS+30D")) == "ME"  # on the 31st, or the last day: the month end


def test_a_zone_keeps_local_days_and_absolute_hours() -> None:
    days = wall("2023-01-01", 120, "D", "Europe/Berlin")
    assert (days.dt.hour == 0).all()
    assert infer_frequency(days) == "D"
    hours = wall("2024-10-20", 385, "h", "Europe/Berlin")
    assert hours.diff().dropna().eq(pd.Timedelta(hours=1)).all()
    assert hours.dt.tz_localize(None).duplicated().any()  # clocks are set back once
    assert infer_frequency(hours) == "h"
    assert infer_frequency(wall("2023-01-01", 300, "24h", "Europe/Berlin")) == "24h"
    assert seasonal_period("24h") == 7


@pytest.mark.parametrize(
    ("zone", "year"), [("America/Sao_Paulo", 2016), ("America/Havana", 2016), ("Africa/Cairo", 2023)]
)
def test_midnights_that_clocks_skip_or_repeat_are_days(zone: str, year: int) -> None:
    days = wall(f"{year}-01-01", 400, "D", zone)
    assert days.dt.date.nunique() == 400
    assert infer_frequency(days) == "D"
    skipped = days[days.dt.hour > 0]
    last = skipped.index[0] if len(skipped) else 200
    known = days.loc[: last if last > 60 else 300]
    assert list(Frequency.parse("D").following(known, 30)) == list(days.iloc[len(known) : len(known) + 30])
    assert list(Frequency.parse("D").ending(known, 60)) == list(known.tail(60))
