"""Size and initial weights of a map, both chosen from the data."""

from __future__ import annotations

from math import ceil, sqrt

import numpy as np

from sakon.metrics.som import ROW_HEIGHT, Lattice

from .config import Config

MAX_UNITS = 2500
"""Units of a map whose size is chosen from the data. An epoch costs rows · units: beyond it, the cost would grow faster
than the rows."""
MAX_ASPECT_RATIO = 2.0
MIN_VARIANCE_SHARE = 1e-6
"""A second principal component with a smaller share of the first one's variance counts as zero."""


def choose_lattice(x: np.ndarray, config: Config) -> Lattice:
    """Choose the size of a map from the data.

    The number of units is `density`·√rows (Vesanto & Alhoniemi 2000, doi 10.1109/72.846731), at most `MAX_UNITS`.
    Width to height is the ratio of the standard deviations along the first two principal components, at most 2.

    Args:
        x: Examples, (rows, features).
        config: Its `density`, `lattice` and `toroidal`.
    """
    _, deviations = _principal_plane(x)
    hexagonal, toroidal = config.lattice == "hexagonal", config.toroidal
    units = min(max(2.0, config.density * sqrt(len(x))), MAX_UNITS)
    ratio = 1.0
    if deviations[0] > 0:
        ratio = min(deviations[0] / max(deviations[1], deviations[0] / MAX_ASPECT_RATIO), MAX_ASPECT_RATIO)
    height = max(1, round(sqrt(units / ratio / (ROW_HEIGHT if hexagonal else 1.0))))
    height += height % 2 if hexagonal and toroidal else 0
    return Lattice(height, max(2, ceil(units / height)), hexagonal, toroidal)


def initial_weights(x: np.ndarray, lattice: Lattice, start: str, seed: int) -> np.ndarray:
    """Return the initial weights of the units, (units, features), float32.

    Args:
        x: Examples, (rows, features); NaN is missing.
        lattice: Positions of the units.
        start: `pca`: the units form a grid on the plane of the first two principal components; its edges are two
            standard deviations from the mean (Kohonen 2013, section 4.3). `sample`: random examples, without
            replacement if there are enough.
        seed: Seed of the random examples.
    """
    imputed = _impute(x)
    if start == "sample":
        rows = np.random.default_rng(seed).choice(len(x), lattice.units, replace=len(x) < lattice.units)
        return imputed[rows].astype(np.float32)
    directions, deviations = _principal_plane(x)
    positions = lattice.positions()[:, ::-1]  # x is the first component
    centre = (positions.min(axis=0) + positions.max(axis=0)) / 2
    half_extent = np.maximum(positions.max(axis=0) - centre, 0.5)
    coordinates = 2 * (positions - centre) / half_extent * deviations
    return np.asarray(imputed.mean(axis=0) + coordinates @ directions, dtype=np.float32)


def _principal_plane(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first two principal directions, (2, features), and the standard deviations along them, (2,)."""
    from sklearn.decomposition import PCA

    imputed = _impute(x)
    directions, deviations = np.zeros((2, x.shape[1])), np.zeros(2)
    components = min(2, *x.shape)
    if imputed.std() > 0:
        pca = PCA(components, svd_solver="auto", random_state=0).fit(imputed)
        directions[:components] = pca.components_
        deviations[:components] = np.sqrt(np.nan_to_num(pca.explained_variance_))
    return directions, np.where(deviations**2 >= MIN_VARIANCE_SHARE * deviations[0] ** 2, deviations, 0)


def _impute(x: np.ndarray) -> np.ndarray:
    """Return x with missing values replaced by the mean of the feature, or by 0 if all its values are missing."""
    missing = np.isnan(x)
    if not missing.any():
        return x.astype(float)
    counts = (~missing).sum(axis=0)
    means = np.where(missing, 0, x).sum(axis=0) / np.maximum(counts, 1)
    return np.where(missing, means, x).astype(float)
