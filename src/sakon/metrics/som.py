"""Self-organizing maps: the geometry of their lattices and their quality measures.

Units are numbered row by row: unit `row * width + column`. On a rectangular lattice a unit has eight neighbours,
which share an edge or a corner with it; on a hexagonal one it has six, and odd rows are shifted to the right by half
a unit. A toroidal lattice has no edges. Missing values (NaN) are excluded from distances: a distance is computed over
the observed features and scaled by √(features / observed features).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

CHUNK_ROWS = 4096
ROW_HEIGHT = float(np.sqrt(3) / 2)
"""Distance between two rows of a hexagonal lattice on which neighbours have distance 1."""


@dataclass(frozen=True)
class Lattice:
    """Positions of the units of a map.

    Attributes:
        height: Number of rows.
        width: Number of units in a row.
        hexagonal: Whether the lattice is hexagonal; otherwise it is rectangular.
        toroidal: Whether the first and the last row are adjacent, and the first and the last column.
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
                f"expected an even number of rows, which a hexagonal lattice needs to be toroidal, found {self.height}"
            )

    @property
    def units(self) -> int:
        """Number of units."""
        return self.height * self.width

    @property
    def extent(self) -> tuple[float, float]:
        """Height and width in distances between neighbours: the period of a toroidal lattice."""
        return self.height * (ROW_HEIGHT if self.hexagonal else 1.0), float(self.width)

    @property
    def neighbour_radius(self) -> float:
        """Maximum distance of two neighbours, in distances between neighbours."""
        return 1.2 if self.hexagonal else 1.7  # between 1 and √3; between √2 and 2

    def positions(self) -> np.ndarray:
        """Return the position of each unit, (units, 2): y (downwards) and x, in distances between neighbours."""
        rows, columns = np.divmod(np.arange(self.units), self.width)
        if not self.hexagonal:
            return np.stack([rows, columns], axis=1).astype(float)
        return np.stack([rows * ROW_HEIGHT, columns + 0.5 * (rows % 2)], axis=1)

    def distances(self) -> np.ndarray:
        """Return the Euclidean distances between units on the lattice, (units, units)."""
        positions = self.positions()
        offsets = np.abs(positions[:, None] - positions[None])
        if self.toroidal:
            offsets = np.minimum(offsets, np.abs(offsets - self.extent))
        return np.asarray(np.sqrt((offsets**2).sum(axis=-1)))

    def neighbours(self) -> np.ndarray:
        """Return whether two units are neighbours, (units, units), bool; no unit is its own neighbour."""
        distances = self.distances()
        return (distances < self.neighbour_radius) & (distances > 0)


def best_matching_units(x: np.ndarray, codebook: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the best and the second-best matching unit of each example, and the distance to the best one.

    Args:
        x: Examples, (rows, features); NaN is missing.
        codebook: Weights of the units, (units, features).

    Returns:
        Index of the nearest unit, (rows,); index of the second nearest, (rows,); Euclidean distance to the nearest,
        (rows,). Of units at equal distance, the first is taken.
    """
    codebook = codebook.astype(float)
    first, second, distance = [], [], []
    for start in range(0, len(x), CHUNK_ROWS):
        rows = x[start : start + CHUNK_ROWS].astype(float)
        squared = _squared_distances(rows, codebook)
        first.append(squared.argmin(axis=1))
        squared[np.arange(len(rows)), first[-1]] = np.inf
        second.append(squared.argmin(axis=1))
        distance.append(np.sqrt(_mean_square(rows - codebook[first[-1]]) * x.shape[1]))
    return np.concatenate(first), np.concatenate(second), np.concatenate(distance)


def quantization_error(x: np.ndarray, codebook: np.ndarray) -> float:
    """Return the mean Euclidean distance of examples to their best-matching unit.

    Source: Kohonen, "Essentials of the self-organizing map", Neural Networks 37, 2013, section 4.4
    (doi 10.1016/j.neunet.2012.09.018).

    Args:
        x: Examples, (rows, features).
        codebook: Weights of the units, (units, features).

    Returns:
        The distance in the unit of the features, 0 or more.
    """
    return float(best_matching_units(x, codebook)[2].mean())


def topographic_error(x: np.ndarray, codebook: np.ndarray, lattice: Lattice) -> float:
    """Return the share of examples whose best and second-best matching unit are not neighbours on the lattice.

    Source: Kiviluoto, "Topology preservation in self-organizing maps", ICNN 1996, equation 4
    (doi 10.1109/ICNN.1996.548907). A unit has eight neighbours on a rectangular and six on a hexagonal lattice.

    Args:
        x: Examples, (rows, features).
        codebook: Weights of the units, (units, features).
        lattice: Lattice of the units.

    Returns:
        The share, in [0, 1]; 0 if the lattice preserves the topology of the data.
    """
    first, second, _ = best_matching_units(x, codebook)
    return float(1 - lattice.neighbours()[first, second].mean())


def mean_neighbour_distances(codebook: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Return the mean Euclidean distance of each unit's weights to those of its neighbours: the U-matrix.

    Source: Ultsch & Siemon, "Kohonen's self organizing feature maps for exploratory data analysis",
    INNC 1990: ridges separate clusters.

    Args:
        codebook: Weights of the units, (units, features).
        lattice: Lattice of the units.

    Returns:
        (units,), 0 or more.
    """
    units, neighbours = np.nonzero(lattice.neighbours())  # every unit has a neighbour
    distances = np.linalg.norm(codebook[units].astype(float) - codebook[neighbours], axis=1)
    return np.bincount(units, distances) / np.bincount(units)


def hit_counts(best: np.ndarray, lattice: Lattice) -> np.ndarray:
    """Return the number of examples that each unit is the best match of, (units,).

    Args:
        best: Best-matching unit of each example, (rows,).
        lattice: Lattice of the units.
    """
    return np.bincount(best, minlength=lattice.units)


def _squared_distances(x: np.ndarray, codebook: np.ndarray) -> np.ndarray:
    """Return squared distances over the observed features, up to a factor and a term that all units of a row share."""
    observed = ~np.isnan(x)
    filled = np.where(observed, x, 0)
    squares = (codebook**2).sum(axis=1) if observed.all() else observed @ (codebook**2).T
    return np.asarray(squares - 2 * filled @ codebook.T)


def _mean_square(difference: np.ndarray) -> np.ndarray:
    """Return the mean square of each row's observed entries; 0 if it has none."""
    observed = ~np.isnan(difference)
    squares = np.where(observed, difference, 0) ** 2
    return np.asarray(squares.sum(axis=1) / np.maximum(observed.sum(axis=1), 1))
