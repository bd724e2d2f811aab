"""Metrics of self-organizing maps against plain loops and MiniSom."""

from __future__ import annotations

from math import dist, inf, sqrt

import numpy as np
import pytest

from sakon.metrics import som
from sakon.metrics.som import (
    Lattice,
    best_matching_units,
    hit_counts,
    mean_neighbour_distances,
    quantization_error,
    topographic_error,
)

LATTICES = [Lattice(5, 4), Lattice(5, 4, toroidal=True), Lattice(6, 4, hexagonal=True), Lattice(6, 5, True, True)]


def lattice_id(lattice: Lattice) -> str:
    return f"{'hexagonal' if lattice.hexagonal else 'rectangular'}{'_toroidal' if lattice.toroidal else ''}"


@pytest.fixture(params=LATTICES, ids=lattice_id)
def lattice(request: pytest.FixtureRequest) -> Lattice:
    param: Lattice = request.param
    return param


def example(lattice: Lattice, rows: int = 60, features: int = 7) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(lattice.units)
    return rng.normal(size=(rows, features)), rng.normal(size=(lattice.units, features))


def neighbours_of(unit: int, lattice: Lattice) -> set[int]:
    """Return the neighbours of a unit from the (row, column) steps to each."""
    row, column = unit // lattice.width, unit % lattice.width
    if lattice.hexagonal:
        shift = 1 if row % 2 else -1  # odd rows are shifted by half a unit to the right
        steps = [(0, -1), (0, 1), (-1, 0), (1, 0), (-1, shift), (1, shift)]
    else:
        steps = [(down, right) for down in (-1, 0, 1) for right in (-1, 0, 1) if (down, right) != (0, 0)]
    neighbours = set()
    for down, right in steps:
        y, x = row + down, column + right
        if lattice.toroidal:
            y, x = y % lattice.height, x % lattice.width
        if 0 <= y < lattice.height and 0 <= x < lattice.width:
            neighbours.add(y * lattice.width + x)
    return neighbours


def best_unit(example: np.ndarray, codebook: np.ndarray, excluded: int = -1) -> int:
    best, nearest = -1, inf
    for unit, weights in enumerate(codebook):
        distance = dist(example, weights)
        if unit != excluded and distance < nearest:
            best, nearest = unit, distance
    return best


def test_neighbours(lattice: Lattice) -> None:
    result = lattice.neighbours()
    for unit in range(lattice.units):
        assert set(np.flatnonzero(result[unit])) == neighbours_of(unit, lattice)


def test_toroidal_lattices_have_no_edges() -> None:
    assert (Lattice(5, 4, toroidal=True).neighbours().sum(axis=1) == 8).all()
    assert (Lattice(6, 5, hexagonal=True, toroidal=True).neighbours().sum(axis=1) == 6).all()
    assert Lattice(5, 4, toroidal=True).distances()[0, 19] == pytest.approx(sqrt(2))
    assert Lattice(4, 4, hexagonal=True, toroidal=True).units == 16
    for height in (3, 5):
        with pytest.raises(ValueError, match=f"even number of rows.* found {height}"):
            Lattice(height, 4, hexagonal=True, toroidal=True)


def test_positions_and_distances_computed_by_hand() -> None:
    rectangular, hexagonal = Lattice(5, 4), Lattice(2, 2, hexagonal=True)
    np.testing.assert_array_equal(rectangular.positions()[[0, 3, 4, 19]], [[0, 0], [0, 3], [1, 0], [4, 3]])
    np.testing.assert_allclose(hexagonal.positions(), [[0, 0], [0, 1], [sqrt(3) / 2, 0.5], [sqrt(3) / 2, 1.5]])
    assert rectangular.positions().dtype == hexagonal.positions().dtype == float
    assert rectangular.distances()[0, 19] == 5
    assert hexagonal.distances()[0] == pytest.approx([0, 1, 1, sqrt(3)])


def test_lattices_have_edges_by_default() -> None:
    assert not Lattice(5, 4).toroidal
    assert not Lattice(5, 4).hexagonal


@pytest.mark.parametrize("size", [(1, 1), (0, 5), (5, 0), (-1, -3)])
def test_lattices_of_less_than_two_units_are_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=f"at least two units, found {size[0]} by {size[1]}"):
        Lattice(*size)


@pytest.mark.parametrize("size", [(1, 2), (2, 1)])
@pytest.mark.parametrize("toroidal", [False, True])
def test_both_of_two_units_are_neighbours(size: tuple[int, int], toroidal: bool) -> None:
    lattice = Lattice(*size, toroidal=toroidal)
    assert lattice.units == 2
    assert mean_neighbour_distances(np.array([[0.0, 0], [3, 4]]), lattice).tolist() == [5, 5]


def test_quantization_error(lattice: Lattice) -> None:
    x, codebook = example(lattice)
    expected = sum(dist(row, codebook[best_unit(row, codebook)]) for row in x) / len(x)
    assert quantization_error(x, codebook) == pytest.approx(expected, rel=1e-12)


def test_topographic_error(lattice: Lattice) -> None:
    x, codebook = example(lattice)
    errors = 0
    for row in x:
        best = best_unit(row, codebook)
        errors += best_unit(row, codebook, excluded=best) not in neighbours_of(best, lattice)
    assert 0 < errors < len(x)
    assert topographic_error(x, codebook, lattice) == pytest.approx(errors / len(x))


def test_u_matrix(lattice: Lattice) -> None:
    _, codebook = example(lattice)
    result = mean_neighbour_distances(codebook, lattice)
    for unit in range(lattice.units):
        distances = [dist(codebook[unit], codebook[other]) for other in neighbours_of(unit, lattice)]
        assert result[unit] == pytest.approx(sum(distances) / len(distances))


def test_the_first_of_units_at_equal_distance_is_the_best_match() -> None:
    first, second, distance = best_matching_units(np.zeros((1, 2)), np.array([[3.0, 4], [1, 0], [0, 1], [-1, 0]]))
    assert (first[0], second[0], distance[0]) == (1, 2, 1)


def test_missing_values_are_excluded_from_distances() -> None:
    rng = np.random.default_rng(0)
    x, codebook = rng.normal(size=(40, 6)), rng.normal(size=(12, 6))
    x[rng.random(x.shape) < 0.3] = np.nan
    first, _, distances = best_matching_units(x, codebook)
    for row, best, distance in zip(x, first, distances, strict=True):
        observed = ~np.isnan(row)
        scaled = [sqrt(6 / observed.sum()) * dist(row[observed], weights[observed]) for weights in codebook]
        assert best == int(np.argmin(scaled))
        assert distance == pytest.approx(min(scaled))


@pytest.mark.filterwarnings("error")
def test_distances_of_examples_with_one_or_no_observed_value() -> None:
    x = np.array([[np.nan, np.nan], [np.nan, 1], [0, np.nan]])
    first, second, distances = best_matching_units(x, np.array([[3.0, 4], [1, 0]]))
    assert (first.tolist(), second.tolist()) == ([0, 1, 1], [1, 0, 0])
    assert distances == pytest.approx([0, sqrt(2), sqrt(2)])


def test_chunks_of_rows_give_the_same_units_and_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    x, codebook = example(Lattice(5, 4))
    whole = best_matching_units(x, codebook)
    monkeypatch.setattr(som, "CHUNK_ROWS", 7)
    for result, expected in zip(best_matching_units(x, codebook), whole, strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-12)


def test_examples_and_weights_may_be_small_integers() -> None:
    lattice = Lattice(2, 2)
    x = np.array([[200, 250], [0, 90]], dtype=np.uint8)
    codebook = np.array([[210, 230], [0, 30], [100, 100], [255, 0]], dtype=np.uint8)
    first, second, distances = best_matching_units(x, codebook)
    assert (first.tolist(), second.tolist()) == ([0, 1], [2, 2])
    assert distances == pytest.approx([sqrt(500), 60])
    others = [dist(codebook[0].astype(int), weights) for weights in codebook[1:].astype(int)]
    assert mean_neighbour_distances(codebook, lattice)[0] == pytest.approx(np.mean(others))


def test_hit_counts_include_units_without_hits() -> None:
    assert list(hit_counts(np.array([0, 2, 2]), Lattice(2, 2))) == [1, 0, 2, 0]


def test_errors_equal_minisom() -> None:
    minisom = pytest.importorskip("minisom")
    lattice = Lattice(5, 4)
    x, codebook = example(lattice)
    reference = minisom.MiniSom(5, 4, x.shape[1])
    reference._weights = codebook.reshape(5, 4, -1)
    assert quantization_error(x, codebook) == pytest.approx(reference.quantization_error(x))
    assert topographic_error(x, codebook, lattice) == pytest.approx(reference.topographic_error(x))
    expected = reference.distance_map(scaling="mean").ravel()
    distances = mean_neighbour_distances(codebook, lattice)
    np.testing.assert_allclose(distances / distances.max(), expected, rtol=1e-9)
