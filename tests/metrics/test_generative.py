"""Metrics of samples against plain loops, and their properties for draws from one distribution."""

from __future__ import annotations

import numpy as np
import pytest

from sakon.metrics.generative import kid, memorising_ratio, nearest_neighbours, squared_mmd


def kernel(x: np.ndarray, y: np.ndarray) -> float:
    return float((x @ y / len(x) + 1) ** 3)


def test_squared_mmd_equals_a_double_loop() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(7, 3)), rng.normal(1, 2, size=(5, 3))
    within_a = np.mean([kernel(a[i], a[j]) for i in range(7) for j in range(7) if i != j])
    within_b = np.mean([kernel(b[i], b[j]) for i in range(5) for j in range(5) if i != j])
    across = np.mean([kernel(x, y) for x in a for y in b])
    assert squared_mmd(a, b) == pytest.approx(within_a + within_b - 2 * across, rel=1e-12)


def test_squared_mmd_is_unbiased() -> None:
    rng = np.random.default_rng(1)
    draws = np.array([squared_mmd(rng.normal(size=(12, 4)), rng.normal(size=(12, 4))) for _ in range(3000)])
    assert abs(draws.mean()) < 4 * draws.std() / np.sqrt(len(draws))
    assert draws.min() < 0


def test_kid_detects_another_distribution() -> None:
    rng = np.random.default_rng(2)
    a, b, far = rng.normal(size=(300, 5)), rng.normal(size=(300, 5)), rng.normal(1, 1, size=(300, 5))
    same, spread = kid(a, b, seed=0)
    other, _ = kid(a, far, seed=0)
    assert abs(same) < 3 * spread
    assert other > 10 * abs(same)


def test_kid_of_whole_sets_equals_squared_mmd() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(20, 3)), rng.normal(size=(20, 3))
    value, spread = kid(a, b, seed=0, subset_size=20)
    assert value == pytest.approx(squared_mmd(a, b))
    assert spread == pytest.approx(0, abs=1e-9)


def test_kid_of_a_single_row_is_nan() -> None:
    assert np.isnan(kid(np.zeros((1, 2)), np.zeros((9, 2)), seed=0)).all()


def test_nearest_neighbours_equal_brute_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sakon.metrics.generative.MAX_DISTANCES", 40)  # several chunks
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(13, 2, 3)), rng.normal(size=(9, 2, 3))
    expected = np.array([[np.sqrt(((x - y) ** 2).sum()) for y in b] for x in a])
    distances, indices = nearest_neighbours(a, b)
    np.testing.assert_array_equal(indices, expected.argmin(axis=1))
    np.testing.assert_allclose(distances, expected.min(axis=1), rtol=1e-12)


def test_copies_have_distance_zero() -> None:
    rows = np.random.default_rng(5).normal(1000, 1, size=(50, 8))
    distances, indices = nearest_neighbours(rows, rows)
    np.testing.assert_array_equal(distances, 0)
    np.testing.assert_array_equal(indices, np.arange(50))
    assert memorising_ratio(distances, np.ones(4)) == 0


def test_ratio_is_nan_if_validation_distances_are_zero() -> None:
    assert np.isnan(memorising_ratio(np.ones(3), np.zeros(3)))
