"""Frequencies of timestamps that no calendar has."""

from __future__ import annotations

import pandas as pd
import pytest

from sakon.records.frequency_inference import infer_frequency, off_grid_timestamps


@pytest.mark.parametrize(
    "days",
    [
        ["0001-01-01", "1600-01-01", "9999-12-31"],
        ["1600-01-01", "2023-01-01", "2446-01-02"],
        ["0001-06-15", "3000-06-15", "6000-06-16", "9000-06-17"],
    ],
)
def test_steps_of_centuries_are_no_frequency(days: list[str]) -> None:
    timestamps = pd.Series(pd.to_datetime(pd.Series(days)).astype("datetime64[us]"))
    assert infer_frequency(timestamps) is None
    assert off_grid_timestamps(timestamps) is None


def test_steps_of_decades_are_a_frequency() -> None:
    timestamps = pd.Series(pd.to_datetime(["1900-01-01", "1950-01-01", "2000-01-01"])).astype("datetime64[us]")
    assert infer_frequency(timestamps) == "50YS-JAN"
