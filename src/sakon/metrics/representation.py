"""Quality of a representation on the unit sphere: alignment of positive pairs and uniformity; projection by PCA."""

from __future__ import annotations

import numpy as np

CHUNK_ROWS = 1024


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean squared distance of positive pairs: mean ‖f(x) − f(x⁺)‖².

    Source: Wang & Isola, "Understanding contrastive representation learning through alignment and
    uniformity on the hypersphere", ICML 2020 (arXiv 2005.10242), eq. 6 with α = 2.

    Args:
        first: Unit vectors, (pairs, width).
        second: The other unit vector of each pair, (pairs, width).

    Returns:
        The distance, in [0, 4]; 0 if both points of every pair are equal; nan without pairs.

    Raises:
        ValueError: If the shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(f"expected pairs of points, found shapes {first.shape} and {second.shape}")
    if not len(first):
        return float("nan")
    return float(np.square(first.astype(np.float64) - second).sum(axis=1).mean())


def uniformity(points: np.ndarray) -> float:
    """Return the logarithm of the mean Gaussian potential of pairs: log mean exp(−2 ‖f(x) − f(y)‖²), x ≠ y.

    Source: Wang & Isola 2020, eq. 7 with t = 2. For points distributed uniformly on a sphere of many
    dimensions, the value approaches −4 from above.

    Args:
        points: Unit vectors, (rows, width).

    Returns:
        The logarithm, in [−8, 0]; lower is more uniform; 0 if all points are equal; nan for fewer than two
        points.
    """
    rows = len(points)
    if rows < 2:
        return float("nan")
    points = points.astype(np.float64)
    squared_norms = np.square(points).sum(axis=1)
    total = 0.0
    for start in range(0, rows, CHUNK_ROWS):
        chunk = slice(start, start + CHUNK_ROWS)
        squared_distances = squared_norms[chunk, None] + squared_norms - 2 * points[chunk] @ points.T
        total += float(np.exp(-2 * np.maximum(squared_distances, 0)).sum())
    return float(np.log((total - rows) / (rows * (rows - 1))))


def pca_projection(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Project points on their first two principal components.

    Args:
        points: (rows, width).

    Returns:
        Coordinates, (rows, 2), and the fraction of variance that each of the two components explains, (2,), 0 if
        there is no variance or no second component. The sign of a component makes its largest weight positive.
    """
    centred = points - points.mean(axis=0, dtype=np.float64)
    _, singular_values, components = np.linalg.svd(centred, full_matrices=False)
    largest = np.abs(components).argmax(axis=1)
    components = components * np.sign(components[np.arange(len(components)), largest])[:, None]
    missing = max(0, 2 - len(components))
    coordinates = np.pad(centred @ components[:2].T, ((0, 0), (0, missing)))
    variances = np.square(np.pad(singular_values, (0, missing)))
    return coordinates, variances[:2] / (variances.sum() or 1.0)
