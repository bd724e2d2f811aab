"""How a representation lies on the sphere: close where it should be, spread out elsewhere."""

from __future__ import annotations

import numpy as np

ROWS_AT_ONCE = 1024


def alignment(first: np.ndarray, second: np.ndarray) -> float:
    """Return the mean squared distance of pairs that belong together: mean ‖f(x) − f(x⁺)‖².

    Source: Wang & Isola, "Understanding contrastive representation learning through alignment and
    uniformity on the hypersphere", ICML 2020 (arXiv 2005.10242), eq. 6 with α = 2.

    Args:
        first: Points of length 1, (pairs, width).
        second: The other of each pair, (pairs, width).

    Returns:
        The distance, in [0, 4]; 0 if both of each pair are one point; nan without pairs.

    Raises:
        ValueError: If the shapes differ.
    """
    if first.shape != second.shape:
        raise ValueError(f"expected pairs, found points of shapes {first.shape} and {second.shape}")
    if not len(first):
        return float("nan")
    return float(np.square(first.astype(np.float64) - second).sum(axis=1).mean())


def uniformity(points: np.ndarray) -> float:
    """Return the logarithm of the mean Gaussian potential of pairs: log mean exp(−2 ‖f(x) − f(y)‖²), x ≠ y.

    Source: Wang & Isola 2020, eq. 7 with t = 2. Points that are spread evenly over a sphere of many
    dimensions approach −4 from above.

    Args:
        points: Points of length 1, (rows, width).

    Returns:
        The logarithm, in [−8, 0]: the lower, the more evenly spread; 0 if all are one point; nan of fewer
        than two points.
    """
    rows = len(points)
    if rows < 2:
        return float("nan")
    points = points.astype(np.float64)
    lengths = np.square(points).sum(axis=1)
    total = 0.0
    for start in range(0, rows, ROWS_AT_ONCE):
        part = slice(start, start + ROWS_AT_ONCE)
        squared = lengths[part, None] + lengths - 2 * points[part] @ points.T
        total += float(np.exp(-2 * np.maximum(squared, 0)).sum())
    return float(np.log(max((total - rows) / (rows * (rows - 1)), np.finfo(np.float64).tiny)))


def pca_projection(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return points as their two principal components show them.

    Args:
        points: (rows, width).

    Returns:
        Coordinates, (rows, 2), and the share of all variance on each of the two axes, (2,), 0 where there
        is no variance or no second axis. The direction of an axis is such that its largest weight is positive.
    """
    centred = points.astype(np.float64) - points.mean(axis=0)
    _, deviations, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes * np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    missing = max(0, 2 - len(axes))
    plane = np.pad(centred @ axes[:2].T, ((0, 0), (0, missing)))
    variances = np.square(np.pad(deviations, (0, missing)))
    return plane, variances[:2] / max(variances.sum(), np.finfo(np.float64).tiny)
