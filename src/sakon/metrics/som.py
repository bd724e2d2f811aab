"""Self-organizing maps: the geometry of their lattices and how well they fit.

Units are counted row by row: unit `row * width + column`. On a rectangular lattice a unit has eight
neighbours, those that share an edge or a corner; on a hexagonal one it has six, odd rows being shifted
to the right by half a unit. A toroidal lattice has no edges. Missing values (NaN) take no part in a
distance: it is taken over the observed features and scaled to all of them by √(features / observed).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

ROWS_AT_ONCE = 4096
ROW_HEIGHT = float(np.sqrt(3) / 2)
"""Distance between two rows of a hexagonal lattice whose neighbours are 1 apart."""


@dataclass(frozen=True)
class Lattice:
    """Where the units of a map stand.

    Attributes:
        height: Rows of units.
        width: Units in a row.
        hexagonal: Whether units stand as in a honeycomb, else in squares.
        toroidal: Whether the last row borders on the first, and the last column on the first.
    """

    height: int
    width: int
    hexagonal: bool = False
    toroidal: bool = False

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or self.height * self.width < 2:
            raise ValueError(f"expected a lattice of at least two units, found {self.height} by {self.width}")
        if self.hexagonal and self.toroidal and self.height % 2:
            raise ValueError(
                f"expected an even number of rows, since a hexagonal lattice closes to a torus only so, "
                f"found {self.height}"
            )

    @property
    def units(self) -> int:
        """Number of units."""
        return self.height * self.width

    @property
    def extent(self) -> tuple[float, float]:
        """Height and width in distances between neighbours: where a torus begins again."""
        return self.height * (ROW_HEIGHT if self.hexagonal else 1.0), float(self.width)

    @property
    def neighbour_radius(self) -> float:
        """Distance within which two units are neighbours, between that of a neighbour and of the next unit."""
        return 1.2 if self.hexagonal else 1.7  # 1 and √3; √2 and 2

    def positions(self) -> np.ndarray:
        """Return (units, 2): y downwards and x, in distances between neighbours."""
        rows, columns = np.divmod(np.arange(self.units), self.width)
        if not self.hexagonal:
            return np.stack([rows, columns], axis=1).astype(float)
        return np.stack([rows * ROW_HEIGHT, columns + 0.5 * (rows % 2)], axis=1)

    def distances(self) -> np.ndarray:
        """Return the Euclidean distances between units on the lattice, (units, units)."""
        positions = self.positions()
        steps = np.abs(positions[:, None] - positions[None])
        if self.toroidal:
            steps = np.minimum(steps, np.abs(steps - self.extent))
        return np.asarray(np.sqrt((steps**2).sum(axis=-1)))

    def neighbours(self) -> np.ndarray:
        """Return which units are neighbours, (units, units), bool; no unit is its own neighbour."""
        distances = self.distances()
        return (distances < self.neighbour_radius) & (distances > 0)


def best_matching_units(x: np.ndarray, codebook: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the nearest unit of each example, the second nearest, and the distance to the nearest.

    Args:
        x: Examples, (rows, features); NaN is missing.
        codebook: Weights of the units, (units, features).

    Returns:
        Index of the nearest, (rows,); of the second nearest, (rows,); of units equally near the
        first counts; Euclidean distance to the nearest, (rows,).
    """
    codebook = codebook.astype(float)
    first, second, distance = [], [], []
    for start in range(0, len(x), ROWS_AT_ONCE):
        rows = x[start : start + ROWS_AT_ONCE].astype(float)
        squared = _squared_distances(rows, codebook)
        every = np.arange(len(rows))
        first.append(squared.argmin(axis=1))
        squared[every, first[-1]] = np.inf
        second.append(squared.argmin(axis=1))
        distance.append(np.sqrt(_mean_square(rows - codebook[first[-1]]) * x.shape[1]))
    return np.concatenate(first), np.concatenate(second), np.concatenate(distance)


def quantization_error(x: np.ndarray, codebook: np.ndarray) -> float:
    """Mean Euclidean distance of examples to their best-matching unit.

    Source: Kohonen, "Essentials of the self-organizing map", Neural Networks 37, 2013, section 4.4
    (doi 10.1016/j.neunet.2012.09.018).

    Args:
        x: Examples, (rows, features).
        codebook: Weights of the units, (units, features).

    Returns:
        In the unit of the features, at least 0.
    """
    return float(best_matching_units(x, codebook)[2].mean())


def topographic_error(x: np.ndarray, codebook: np.ndarray, lattice: Lattice) -> float:
    """Share of examples whose best and second-best unit are not neighbours on the lattice.

    Source: Kiviluoto, "Topology preservation in self-organizing maps", ICNN 1996, equation 4
    (doi 10.1109/ICNN.1996.548907). Neighbours are eight on a rectangular and six on a hexagonal lattice.

    Args:
        x: Examples, (rows, features).
        codebook: Weights of the units, (units, features).
        lattice: Where the units stand.

    Returns:
        In [0, 1]; 0 where neighbouring examples lie on neighbouring units.
    """
    first, second, _ = best_matching_units(x, codebook)
    return float(1 - lattice.neighbours()[first, second].mean())


def mean_neighbour_distances(codebook: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Mean Euclidean distance of each unit's weights to those of its neighbours: the U-matrix.

    Source: Ultsch & Siemon, "Kohonen's self organizing feature maps for exploratory data analysis",
    INNC 1990: ridges part clusters.

    Args:
        codebook: Weights of the units, (units, features).
        lattice: Where the units stand.

    Returns:
        (units,), at least 0.
    """
    pairs = np.argwhere(lattice.neighbours())
    apart = np.linalg.norm(codebook[pairs[:, 0]].astype(float) - codebook[pairs[:, 1]], axis=1)
    return np.bincount(pairs[:, 0], apart, lattice.units) / np.bincount(pairs[:, 0], minlength=lattice.units)


def hit_counts(best: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Return how many examples each unit is the nearest of, (units,).

    Args:
        best: Nearest unit of each example, (rows,).
        lattice: Where the units stand.
    """
    return np.bincount(best, minlength=lattice.units)


def _squared_distances(x: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Return squared distances over the observed features, short of a factor and a term of the row alone."""
    observed = ~np.isnan(x)
    known = np.where(observed, x, 0)
    squares = (codebook**2).sum(axis=1) if observed.all() else observed @ (codebook**2).T
    return np.asarray(squares - 2 * known @ codebook.T)


def _mean_square(difference: np.ndarray) -> np.ndarray:
    """Return the mean square of each row's observed entries; 0 where there are none."""
    observed = ~np.isnan(difference)
    squares = np.where(observed, difference, 0) ** 2
    return np.asarray(squares.sum(axis=1) / np.maximum(observed.sum(axis=1), 1))
