"""Metrics of samples against plain loops, and their properties for draws from one distribution."""

from __future__ import annotations

import numpy as np
import pytest

from sakon.metrics import generative
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


@pytest.mark.parametrize("precision", [np.uint8, np.float32])
def test_values_are_computed_in_double_precision(precision: type) -> None:
    rng = np.random.default_rng(0)
    a, b = (rng.uniform(0, 255, size=(rows, 3)).astype(precision) for rows in (7, 5))
    in_double = a.astype(np.float64), b.astype(np.float64)
    assert squared_mmd(a, b) == pytest.approx(squared_mmd(*in_double), rel=1e-13)
    assert squared_mmd(b, a) == pytest.approx(squared_mmd(*in_double), rel=1e-12)
    for values, expected in zip(nearest_neighbours(a, b), nearest_neighbours(*in_double), strict=True):
        np.testing.assert_allclose(values, expected, rtol=1e-13)


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


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("rows", [(1, 9), (9, 1), (0, 9)])
def test_kid_of_a_single_row_is_nan(rows: tuple[int, int]) -> None:
    assert np.isnan(kid(np.zeros((rows[0], 2)), np.zeros((rows[1], 2)), seed=0)).all()


@pytest.mark.parametrize(
    ("rows", "subset_size", "size"),
    [
        ((2, 2), None, 2),
        ((3, 40), None, 2),
        ((40, 31), None, 15),
        ((1100, 1200), None, 500),
        ((20, 9), 5, 5),
        ((20, 9), 10, 9),
    ],
)
def test_subsets_are_drawn_without_replacement(
    monkeypatch: pytest.MonkeyPatch, rows: tuple[int, int], subset_size: int | None, size: int
) -> None:
    a, b = np.arange(rows[0])[:, None], -1 - np.arange(rows[1])[:, None]
    drawn: list[tuple[np.ndarray, np.ndarray]] = []
    monkeypatch.setattr(generative, "squared_mmd", lambda x, y: drawn.append((x, y)) or float(len(drawn)))
    assert kid(a, b, seed=0, subset_size=subset_size) == pytest.approx((50.5, np.std(np.arange(100))))
    for x, y in drawn:
        assert len(np.unique(x)) == len(x) == len(np.unique(y)) == len(y) == size
        assert x.min() >= 0 > y.max()


def test_kid_is_the_mean_over_subsets_and_depends_on_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = np.random.default_rng(6).normal(size=(2, 12, 3))
    assert kid(a, b, seed=1) == kid(a, b, seed=1) != kid(a, b, seed=2)
    values = iter([1.0, 2.0, 6.0])
    monkeypatch.setattr(generative, "squared_mmd", lambda x, y: next(values))
    assert kid(a, b, seed=0, subsets=3) == pytest.approx((3, np.sqrt(14 / 3)))


@pytest.mark.parametrize("max_distances", [5, 40])  # chunks of one and of four rows
def test_nearest_neighbours_equal_brute_force(monkeypatch: pytest.MonkeyPatch, max_distances: int) -> None:
    monkeypatch.setattr(generative, "MAX_DISTANCES", max_distances)
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


def test_ratio_of_medians() -> None:
    assert memorising_ratio(np.array([1.0, 2.0, 9.0]), np.array([4.0, 4.0, 8.0, 100.0])) == 2 / 6


def test_ratio_is_nan_if_validation_distances_are_zero() -> None:
    assert np.isnan(memorising_ratio(np.ones(3), np.zeros(3)))
