"""Measures of maps against slow computations, written plainly."""

from __future__ import annotations

from math import dist, inf, sqrt

import numpy as np
import pytest

from sakon.metrics.som import (
    Lattice,
    best_matching_units,
    hit_counts,
    mean_neighbour_distances,
    quantization_error,
    topographic_error,
)

LATTICES = [Lattice(5, 4), Lattice(5, 4, toroidal=True), Lattice(6, 4, hexagonal=True), Lattice(6, 5, True, True)]


def names(lattice: Lattice) -> str:
    return f"{'hexagonal' if lattice.hexagonal else 'rectangular'}{'_toroidal' if lattice.toroidal else ''}"


@pytest.fixture(params=LATTICES, ids=names)
def lattice(request: pytest.FixtureRequest) -> Lattice:
    found: Lattice = request.param
    return found


def example(lattice: Lattice, rows: int = 60, features: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(lattice.units)
    return rng.normal(size=(rows, features)), rng.normal(size=(lattice.units, features))


def neighbours_of(unit: int, lattice: Lattice) -> set[int]:
    """Count on one's fingers: (row, column) steps to every neighbour."""
    row, column = unit // lattice.width, unit % lattice.width
    if lattice.hexagonal:
        shift = 1 if row % 2 else -1  # odd rows stand half a unit to the right
        steps = [(0, -1), (0, 1), (-1, 0), (1, 0), (-1, shift), (1, shift)]
    else:
        steps = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]
    found = set()
    for down, right in steps:
        y, x = row + down, column + right
        if lattice.toroidal:
            y, x = y % lattice.height, x % lattice.width
        if 0 <= y < lattice.height and 0 <= x < lattice.width:
            found.add(y * lattice.width + x)
    return found


def best_of(example: np.ndarray, codebook: np.ndarray, without: int = -1) -> int:
    best, nearest = -1, inf
    for unit, weights in enumerate(codebook):
        away = dist(example, weights)
        if unit != without and away < nearest:
            best, nearest = unit, away
    return best


def test_neighbours(lattice: Lattice) -> None:
    found = lattice.neighbours()
    for unit in range(lattice.units):
        assert set(np.flatnonzero(found[unit])) == neighbours_of(unit, lattice)


def test_a_torus_has_no_edges() -> None:
    assert (Lattice(5, 4, toroidal=True).neighbours().sum(axis=1) == 8).all()
    assert (Lattice(6, 5, hexagonal=True, toroidal=True).neighbours().sum(axis=1) == 6).all()
    assert Lattice(5, 4, toroidal=True).distances()[0, 19] == pytest.approx(sqrt(2))
    with pytest.raises(ValueError, match="even number of rows"):
        Lattice(5, 4, hexagonal=True, toroidal=True)


def test_quantization_error(lattice: Lattice) -> None:
    x, codebook = example(lattice)
    slow = sum(dist(row, codebook[best_of(row, codebook)]) for row in x) / len(x)
    assert quantization_error(x, codebook) == pytest.approx(slow, rel=1e-12)


def test_topographic_error(lattice: Lattice) -> None:
    x, codebook = example(lattice)
    torn = 0
    for row in x:
        best = best_of(row, codebook)
        torn += best_of(row, codebook, without=best) not in neighbours_of(best, lattice)
    assert 0 < torn < len(x)
    assert topographic_error(x, codebook, lattice) == pytest.approx(torn / len(x))


def test_u_matrix(lattice: Lattice) -> None:
    _, codebook = example(lattice)
    found = mean_neighbour_distances(codebook, lattice)
    for unit in range(lattice.units):
        away = [dist(codebook[unit], codebook[other]) for other in neighbours_of(unit, lattice)]
        assert found[unit] == pytest.approx(sum(away) / len(away))


def test_of_units_equally_near_the_first_counts() -> None:
    first, second, distance = best_matching_units(np.zeros((1, 2)), np.array([[3.0, 4], [1, 0], [0, 1], [-1, 0]]))
    assert (first[0], second[0], distance[0]) == (1, 2, 1)


def test_missing_values_take_no_part() -> None:
    rng = np.random.default_rng(0)
    x, codebook = rng.normal(size=(40, 6)), rng.normal(size=(12, 6))
    x[rng.random(x.shape) < 0.3] = np.nan
    first, _, distance = best_matching_units(x, codebook)
    for row, best, away in zip(x, first, distance, strict=True):
        known = ~np.isnan(row)
        scaled = [sqrt(6 / known.sum()) * dist(row[known], weights[known]) for weights in codebook]
        assert best == int(np.argmin(scaled))
        assert away == pytest.approx(min(scaled))


def test_hits_count_all_units() -> None:
    assert list(hit_counts(np.array([0, 2, 2]), Lattice(2, 2))) == [1, 0, 2, 0]


def test_errors_equal_minisom() -> None:
    minisom = pytest.importorskip("minisom")
    lattice = Lattice(5, 4)
    x, codebook = example(lattice)
    theirs = minisom.MiniSom(5, 4, x.shape[1])
    theirs._weights = codebook.reshape(5, 4, -1)
    assert quantization_error(x, codebook) == pytest.approx(theirs.quantization_error(x))
    assert topographic_error(x, codebook, lattice) == pytest.approx(theirs.topographic_error(x))
    sums = theirs.distance_map(scaling="mean").ravel()
    ours = mean_neighbour_distances(codebook, lattice)
    np.testing.assert_allclose(ours / ours.max(), sums, rtol=1e-9)
