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


def test_alignment_equals_the_mean_squared_distance() -> None:
    first, second = points_on_sphere(30, 5), points_on_sphere(30, 5, seed=1)
    expected = (
        sum(sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) for x, y in zip(first, second, strict=True)) / 30
    )
    assert alignment(first, second) == pytest.approx(expected)
    assert alignment(first, first) == 0
    assert alignment(first, -first) == pytest.approx(4)


@pytest.mark.parametrize("chunk_rows", [7, 1024])
def test_uniformity_equals_the_log_mean_potential_of_pairs(monkeypatch: pytest.MonkeyPatch, chunk_rows: int) -> None:
    monkeypatch.setattr(representation, "CHUNK_ROWS", chunk_rows)
    points = points_on_sphere(40, 6)
    potentials = [
        math.exp(-2 * sum((a - b) ** 2 for a, b in zip(points[i], points[j], strict=True)))
        for i in range(40)
        for j in range(40)
        if i != j
    ]
    assert uniformity(points) == pytest.approx(math.log(sum(potentials) / len(potentials)))


def test_uniformity_of_collapsed_points_is_zero() -> None:
    assert uniformity(np.tile(points_on_sphere(1, 8), (50, 1))) == pytest.approx(0)
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
    with pytest.raises(ValueError, match="pairs"):
        alignment(points_on_sphere(2, 3), points_on_sphere(3, 3))


def test_pca_projection_keeps_the_largest_variance() -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(300, 2)) * (5, 2) @ np.eye(2, 7) + 1e-3 * rng.normal(size=(300, 7)) + 10
    projection, explained = pca_projection(points)
    assert projection.shape == (300, 2)
    assert explained.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(projection.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(projection.var(axis=0) / points.var(axis=0).sum(), explained)
    assert abs(np.corrcoef(projection[:, 0], points[:, 0])[0, 1]) > 0.999


@pytest.mark.parametrize("points", [np.ones((4, 3)), np.ones((1, 5)), np.arange(3.0)[:, None]])
def test_pca_projection_of_degenerate_points_is_finite(points: np.ndarray) -> None:
    projection, explained = pca_projection(points)
    assert projection.shape == (len(points), 2)
    assert np.isfinite(projection).all()
    assert np.isfinite(explained).all()
