"""What a map begins with: its size and its first weights, both from the data."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Any

import numpy as np

from sakon.metrics.som import ROW_HEIGHT, Lattice

MOST_ELONGATED = 2.0
LEAST_SHARE = 1e-6
"""Of the variance: a second direction with less is none."""


def lattice_for(x: np.ndarray, settings: dict[str, Any]) -> Lattice:
    """Choose the size of a map.

    Units: `density`·√rows, after Vesanto & Alhoniemi 2000 (doi 10.1109/72.846731). Width to height: as
    the spread along the first two principal components, twice as wide as high at most.

    Args:
        x: Examples, (rows, features).
        settings: `density`, `lattice`, `toroidal`.
    """
    _, spread = _principal_plane(x)
    hexagonal, toroidal = settings["lattice"] == "hexagonal", settings["toroidal"]
    units = max(2.0, settings["density"] * sqrt(len(x)))
    ratio = min(spread[0] / max(spread[1], spread[0] / MOST_ELONGATED), MOST_ELONGATED) if spread[0] > 0 else 1.0
    height = max(1, round(sqrt(units / ratio / (ROW_HEIGHT if hexagonal else 1.0))))
    height += height % 2 if hexagonal and toroidal else 0
    return Lattice(height, max(2, ceil(units / height)), hexagonal, toroidal)


def weights_for(x: np.ndarray, lattice: Lattice, start: str, seed: int) -> np.ndarray:
    """Return the first weights of the units, (units, features), float32.

    Args:
        x: Examples, (rows, features); NaN is missing.
        lattice: Where the units stand.
        start: `pca`: spread evenly over the plane of the first two principal components, two
            standard deviations to either side at the edges (Kohonen 2013, section 4.3); `sample`:
            examples drawn without putting back while there are enough.
        seed: Seed of the draw.
    """
    known = _filled(x)
    if start == "sample":
        drawn = np.random.default_rng(seed).choice(len(x), lattice.units, replace=len(x) < lattice.units)
        return known[drawn].astype(np.float32)
    directions, spread = _principal_plane(x)
    positions = lattice.positions()[:, ::-1]  # x runs along the first component
    middle = (positions.min(axis=0) + positions.max(axis=0)) / 2
    half = np.maximum(positions.max(axis=0) - middle, 0.5)
    steps = 2 * (positions - middle) / half * spread
    return np.asarray(known.mean(axis=0) + steps @ directions, dtype=np.float32)


def _principal_plane(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first two principal directions, (2, features), and the standard deviations along them, (2,)."""
    from sklearn.decomposition import PCA

    known = _filled(x)
    directions, spread = np.zeros((2, x.shape[1])), np.zeros(2)
    kept = min(2, *x.shape)
    if known.std() > 0:
        plane = PCA(kept, svd_solver="auto", random_state=0).fit(known)
        directions[:kept], spread[:kept] = plane.components_, np.sqrt(np.nan_to_num(plane.explained_variance_))
    return directions, np.where(spread**2 >= LEAST_SHARE * spread[0] ** 2, spread, 0)


def _filled(x: np.ndarray) -> np.ndarray:
    """Return x with missing values replaced by the feature's mean, zero where none is known."""
    missing = np.isnan(x)
    if not missing.any():
        return x.astype(float)
    known = (~missing).sum(axis=0)
    means = np.where(missing, 0, x).sum(axis=0) / np.maximum(known, 1)
    return np.where(missing, means, x).astype(float)
