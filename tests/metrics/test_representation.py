"""Alignment, uniformity and the PCA projection against plain loops and at their bounds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sakon.metrics import representation
from sakon.metrics.representation import alignment, pca_projection, uniformity


def points_on_sphere(rows: int, width: int, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(rows, width))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


@pytest.mark.parametrize("precision", [np.float32, np.float64])
def test_alignment_equals_the_mean_squared_distance_in_double_precision(precision: type) -> None:
    first, second = points_on_sphere(30, 5).astype(precision), points_on_sphere(30, 5, seed=1).astype(precision)
    expected = sum(math.dist(x, y) ** 2 for x, y in zip(first.tolist(), second.tolist(), strict=True)) / 30
    assert alignment(first, second) == pytest.approx(expected, rel=1e-12)
    assert alignment(first, first) == 0
    assert alignment(first, -first) == pytest.approx(4)


@pytest.mark.parametrize("precision", [np.float32, np.float64])
@pytest.mark.parametrize("chunk_rows", [7, 1024])
def test_uniformity_equals_the_log_mean_potential_of_pairs_in_double_precision(
    monkeypatch: pytest.MonkeyPatch, chunk_rows: int, precision: type
) -> None:
    monkeypatch.setattr(representation, "CHUNK_ROWS", chunk_rows)
    points = points_on_sphere(40, 6).astype(precision)
    pairs = [(x, y) for i, x in enumerate(points.tolist()) for j, y in enumerate(points.tolist()) if i != j]
    potentials = [math.exp(-2 * math.dist(x, y) ** 2) for x, y in pairs]
    assert uniformity(points) == pytest.approx(math.log(sum(potentials) / len(potentials)), rel=1e-12)


def test_uniformity_of_collapsed_points_is_zero() -> None:
    assert uniformity(np.tile(points_on_sphere(1, 8), (50, 1))) == pytest.approx(0)
    assert max(uniformity(np.tile(points_on_sphere(1, 8, seed), (50, 1))) for seed in range(20)) <= 0
    halves = np.vstack([np.tile(points_on_sphere(1, 8), (25, 1)), np.tile(-points_on_sphere(1, 8), (25, 1))])
    assert uniformity(halves) == pytest.approx(np.log((24 + 25 * np.exp(-8)) / 49))


def test_uniformity_is_lower_for_evenly_spread_points() -> None:
    even = points_on_sphere(500, 64)
    skewed = even + np.eye(64)[0]
    skewed /= np.linalg.norm(skewed, axis=1, keepdims=True)
    assert -4 < uniformity(even) < -3.7  # the mean squared distance of independent points is 2
    assert uniformity(even) < uniformity(skewed) < 0
    assert uniformity(np.array([[1.0, 0.0], [-1.0, 0.0]])) == pytest.approx(-8)


def test_too_few_points_give_nan() -> None:
    assert math.isnan(uniformity(points_on_sphere(1, 3)))
    assert math.isnan(alignment(np.empty((0, 3)), np.empty((0, 3))))


@pytest.mark.parametrize(("first", "second"), [(2, 3), (3, 2), (1, 3), (3, 1)])
def test_points_that_are_no_pairs_are_refused(first: int, second: int) -> None:
    with pytest.raises(ValueError, match=rf"expected pairs of points, found shapes \({first}, 4\) and \({second}, 4\)"):
        alignment(points_on_sphere(first, 4), points_on_sphere(second, 4))


def test_pca_projection_keeps_the_largest_variance() -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(300, 2)) * (5, 2) @ np.eye(2, 7) + 1e-3 * rng.normal(size=(300, 7)) + 10
    projection, explained = pca_projection(points)
    assert projection.shape == (300, 2)
    assert explained.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(projection.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(projection.var(axis=0) / points.var(axis=0).sum(), explained)
    assert abs(np.corrcoef(projection[:, 0], points[:, 0])[0, 1]) > 0.999


@pytest.mark.parametrize("order", [[0, 1, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
@pytest.mark.parametrize("scale", [1.0, -1.0, 1e-30])
def test_pca_projection_computed_by_hand(order: list[int], scale: float) -> None:
    components = np.array([[-2, 3, 6], [6, -2, 3]])[:, order] / 7  # orthonormal; their largest weight is positive
    coordinates = np.array([[3, 1], [-3, 1], [3, -1], [-3, -1]]) * scale
    projection, explained = pca_projection(coordinates @ components)
    np.testing.assert_allclose(projection, coordinates, rtol=1e-12)
    assert explained == pytest.approx([0.9, 0.1])


def test_pca_projection_of_single_precision_is_computed_in_double() -> None:
    points = np.random.default_rng(0).normal(1e4, 1, size=(50, 4)).astype(np.float32)
    projection, explained = pca_projection(points)
    expected_projection, expected = pca_projection(points.astype(np.float64))
    np.testing.assert_allclose(projection, expected_projection, rtol=1e-9)
    np.testing.assert_allclose(explained, expected, rtol=1e-12)


@pytest.mark.parametrize("points", [np.ones((4, 3)), np.ones((1, 5)), np.arange(3.0)[:, None]])
def test_pca_projection_of_degenerate_points_is_finite(points: np.ndarray) -> None:
    projection, explained = pca_projection(points)
    assert projection.shape == (len(points), 2)
    assert np.isfinite(projection).all()
    np.testing.assert_allclose(explained, [points.var() > 0, 0])
