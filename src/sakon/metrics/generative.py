"""Quality of samples of a generative model: kernel inception distance and distances to nearest neighbours."""

from __future__ import annotations

import numpy as np

SUBSETS = 100
MAX_SUBSET_SIZE = 500
MAX_DISTANCES = 4_000_000
"""Distances in memory at a time."""


def kid(
    a: np.ndarray, b: np.ndarray, seed: int, subsets: int = SUBSETS, subset_size: int | None = None
) -> tuple[float, float]:
    """Return the kernel inception distance (KID) between two sets of features, and its standard deviation.

    Bińkowski et al. 2018, "Demystifying MMD GANs" (arXiv 1801.01401), section 4: the unbiased squared
    maximum mean discrepancy, averaged over random subsets. It is 0 on average for two draws from one
    distribution, and may be slightly negative.

    Args:
        a: Features, (rows, width).
        b: Features, (other rows, width).
        seed: Seed of the random subsets.
        subsets: Number of subsets.
        subset_size: Rows of each subset; `None` for half of the smaller set, at most `MAX_SUBSET_SIZE`.

    Returns:
        Mean and standard deviation over subsets; nan if a set has fewer than two rows.
    """
    smaller = min(len(a), len(b))
    if smaller < 2:
        return float("nan"), float("nan")
    size = min(smaller, subset_size or max(2, min(smaller // 2, MAX_SUBSET_SIZE)))
    rng = np.random.default_rng(seed)
    values = [
        squared_mmd(a[rng.choice(len(a), size, replace=False)], b[rng.choice(len(b), size, replace=False)])
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def squared_mmd(a: np.ndarray, b: np.ndarray) -> float:
    """Return the unbiased squared maximum mean discrepancy under the kernel (x·y / width + 1)³.

    Bińkowski et al. 2018 (arXiv 1801.01401), eq. 4; pairs of a row with itself are excluded.

    Args:
        a: Features, (rows, width), at least two rows.
        b: Features, (other rows, width), at least two rows.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)

    def within(x: np.ndarray) -> float:
        kernel = _cubic_kernel(x, x)
        return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))

    return within(a) + within(b) - 2 * float(_cubic_kernel(a, b).mean())


def nearest_neighbours(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distance of each row of `a` to the nearest row of `b`, and the index of that row.

    Args:
        a: (rows, …); each row is flattened.
        b: (other rows, …), at least one row; each row is flattened.

    Returns:
        Euclidean distances, (rows,), float64; indices into `b`, (rows,).
    """
    x, y = (np.asarray(values, dtype=np.float64).reshape(len(values), -1) for values in (a, b))
    indices = np.zeros(len(x), dtype=int)
    squared_norms = (y**2).sum(axis=1)
    step = max(1, MAX_DISTANCES // len(y))
    for start in range(0, len(x), step):
        chunk = x[start : start + step]
        indices[start : start + step] = (squared_norms - 2 * chunk @ y.T).argmin(axis=1)
    return np.sqrt(((x - y[indices]) ** 2).sum(axis=1)), indices


def memorising_ratio(samples_to_train: np.ndarray, validation_to_train: np.ndarray) -> float:
    """Return the median distance of samples to train, divided by that of validation examples to train.

    About 1 is ideal. Far below 1, samples are near copies of training examples; above 1, they are farther from the
    data than real examples.

    Args:
        samples_to_train: Distance of each sample to its nearest training example.
        validation_to_train: Distance of each validation example to its nearest training example.

    Returns:
        The ratio; nan if the median distance of validation examples is 0.
    """
    validation_median = float(np.median(validation_to_train))
    return float(np.median(samples_to_train)) / validation_median if validation_median > 0 else float("nan")


def _cubic_kernel(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    base = a @ b.T / a.shape[1] + 1
    return np.asarray(base * base * base)  # several times faster than a power
