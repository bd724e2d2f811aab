"""Sums, means and quotients of weighted rows."""

from __future__ import annotations

import numpy as np
import pytest

from sakon.metrics.statistic import divide_or_nan, mean_ignoring_nan, sum_by_group, undefined, weighted_mean

COUNTS = np.array([[1.0, 1, 1], [2, 0, 1], [0, 0, 0]])


@pytest.mark.filterwarnings("error")
def test_division_by_zero_is_nan() -> None:
    quotients = divide_or_nan(np.array([1, 1, 0, 1]), np.array([2, -4, 8, 0]))
    np.testing.assert_array_equal(quotients, [0.5, -0.25, 0, np.nan])


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("values", [np.array([True, False, True]), np.array([1, 0, 1], np.float32)])
def test_mean_is_weighted_by_counts(values: np.ndarray) -> None:
    np.testing.assert_array_equal(weighted_mean(values)(COUNTS), [2 / 3, 1, np.nan])


def test_mean_of_values_in_single_precision_is_computed_in_double() -> None:
    values = np.array([2**24, 1, 1], np.float32)
    assert weighted_mean(values)(COUNTS)[0] == (2**24 + 2) / 3


@pytest.mark.filterwarnings("error")
def test_mean_over_the_last_axis_ignores_nan() -> None:
    values = np.array([[[1, np.nan, 5], [np.nan, np.nan, np.nan], [2, 4, 0]]])
    np.testing.assert_array_equal(mean_ignoring_nan(values), [[3, np.nan, 2]])
    assert mean_ignoring_nan(values[0, 0]) == 3


def test_an_undefined_metric_is_nan_for_every_resample() -> None:
    np.testing.assert_array_equal(undefined(COUNTS), [np.nan] * 3)


def test_sums_of_groups_include_empty_groups() -> None:
    np.testing.assert_array_equal(
        sum_by_group(COUNTS, np.array([2, 0, 2]), 4), [[1, 0, 2, 0], [0, 0, 3, 0], [0, 0, 0, 0]]
    )
    assert sum_by_group(COUNTS[:0], np.array([2, 0, 2]), 4).shape == (0, 4)
