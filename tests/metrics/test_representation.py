"""Alignment and uniformity against plain loops, and at the ends of their scales."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sakon.metrics import representation
from sakon.metrics.representation import alignment, pca_projection, uniformity


def on_sphere(rows: int, width: int, seed: int = 0) -> np.ndarray:
    points = np.random.default_rng(seed).normal(size=(rows, width))
    return points / np.linalg.norm(points, axis=1, keepdims=True)


def test_alignment_is_the_mean_squared_distance() -> None:
    first, second = on_sphere(30, 5), on_sphere(30, 5, seed=1)
    by_hand = sum(sum((a - b) ** 2 for a, b in zip(x, y, strict=True)) for x, y in zip(first, second, strict=True)) / 30
    assert alignment(first, second) == pytest.approx(by_hand)
    assert alignment(first, first) == 0
    assert alignment(first, -first) == pytest.approx(4)


@pytest.mark.parametrize("at_once", [7, 1024])
def test_uniformity_is_the_log_mean_potential_of_pairs(monkeypatch: pytest.MonkeyPatch, at_once: int) -> None:
    monkeypatch.setattr(representation, "ROWS_AT_ONCE", at_once)
    points = on_sphere(40, 6)
    potentials = [
        math.exp(-2 * sum((a - b) ** 2 for a, b in zip(points[i], points[j], strict=True)))
        for i in range(40)
        for j in range(40)
        if i != j
    ]
    assert uniformity(points) == pytest.approx(math.log(sum(potentials) / len(potentials)))


def test_collapsed_points_are_least_uniform() -> None:
    assert uniformity(np.tile(on_sphere(1, 8), (50, 1))) == pytest.approx(0)
    halves = np.vstack([np.tile(on_sphere(1, 8), (25, 1)), np.tile(-on_sphere(1, 8), (25, 1))])
    assert uniformity(halves) == pytest.approx(np.log((24 + 25 * np.exp(-8)) / 49))


def test_the_more_evenly_spread_the_lower() -> None:
    even = on_sphere(500, 64)
    leaning = even + np.eye(64)[0]
    leaning /= np.linalg.norm(leaning, axis=1, keepdims=True)
    assert -4 < uniformity(even) < -3.7  # the mean squared distance of independent points is 2
    assert uniformity(even) < uniformity(leaning) < 0
    assert uniformity(np.array([[1.0, 0.0], [-1.0, 0.0]])) == pytest.approx(-8)


def test_neither_is_known_of_too_few_points() -> None:
    assert math.isnan(uniformity(on_sphere(1, 3)))
    assert math.isnan(alignment(np.empty((0, 3)), np.empty((0, 3))))
    with pytest.raises(ValueError, match="pairs"):
        alignment(on_sphere(2, 3), on_sphere(3, 3))


def test_the_leading_plane_keeps_what_varies_most() -> None:
    rng = np.random.default_rng(2)
    points = rng.normal(size=(300, 2)) * (5, 2) @ np.eye(2, 7) + 1e-3 * rng.normal(size=(300, 7)) + 10
    plane, shares = pca_projection(points)
    assert plane.shape == (300, 2)
    assert shares.sum() == pytest.approx(1, abs=1e-4)
    np.testing.assert_allclose(plane.mean(axis=0), 0, atol=1e-9)
    np.testing.assert_allclose(plane.var(axis=0) / points.var(axis=0).sum(), shares)
    assert abs(np.corrcoef(plane[:, 0], points[:, 0])[0, 1]) > 0.999


@pytest.mark.parametrize("points", [np.ones((4, 3)), np.ones((1, 5)), np.arange(3.0)[:, None]])
def test_the_leading_plane_of_little_is_finite(points: np.ndarray) -> None:
    plane, shares = pca_projection(points)
    assert plane.shape == (len(points), 2)
    assert np.isfinite(plane).all()
    assert np.isfinite(shares).all()
