"""How good samples are: kernel inception distance, and distances to the nearest neighbour. Pure NumPy."""

from __future__ import annotations

import numpy as np

SUBSETS = 100
LARGEST_SUBSET = 500
CELLS_AT_ONCE = 4_000_000


def kid(
    a: np.ndarray, b: np.ndarray, seed: int, subsets: int = SUBSETS, subset_size: int | None = None
) -> tuple[float, float]:
    """Return the kernel inception distance between two sets of features, and its spread over subsets.

    Bińkowski et al. 2018, "Demystifying MMD GANs" (arXiv 1801.01401), section 4: the unbiased squared
    maximum mean discrepancy, averaged over random subsets. It is 0 on average for two draws from one
    distribution, and may be slightly negative.

    Args:
        a: Features, (rows, width).
        b: Features, (other rows, width).
        seed: Of the choice of subsets.
        subsets: How many are drawn.
        subset_size: Rows of each; when left out, half of the smaller set, at most `LARGEST_SUBSET`.

    Returns:
        Mean and standard deviation over subsets; NaN where a set has fewer than two rows.
    """
    smaller = min(len(a), len(b))
    if smaller < 2:
        return float("nan"), float("nan")
    size = min(smaller, subset_size or max(2, min(smaller // 2, LARGEST_SUBSET)))
    rng = np.random.default_rng(seed)
    values = [
        squared_mmd(a[rng.choice(len(a), size, replace=False)], b[rng.choice(len(b), size, replace=False)])
        for _ in range(subsets)
    ]
    return float(np.mean(values)), float(np.std(values))


def squared_mmd(a: np.ndarray, b: np.ndarray) -> float:
    """Return the unbiased squared maximum mean discrepancy under the kernel (x·y / width + 1)³.

    Bińkowski et al. 2018 (arXiv 1801.01401), eq. 4; pairs of one and the same row are left out.

    Args:
        a: Features, (rows, width), at least two rows.
        b: Features, (other rows, width), at least two rows.
    """
    a, b = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)

    def within(x: np.ndarray) -> float:
        kernel = _cubic(x, x)
        return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))

    return within(a) + within(b) - 2 * float(_cubic(a, b).mean())


def nearest(a: np.ndarray, b: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how far each row of `a` is from the nearest row of `b`, and which that is.

    Args:
        a: (rows, …), flattened.
        b: (other rows, …), flattened; at least one row.

    Returns:
        Euclidean distances (rows,), float64; indices into `b` (rows,).
    """
    x, y = (np.asarray(values, dtype=np.float64).reshape(len(values), -1) for values in (a, b))
    indices = np.zeros(len(x), dtype=np.int64)
    squares = (y**2).sum(axis=1)
    step = max(1, CELLS_AT_ONCE // max(len(y), 1))
    for start in range(0, len(x), step):
        some = x[start : start + step]
        indices[start : start + step] = (squares - 2 * some @ y.T).argmin(axis=1)
    return np.sqrt(((x - y[indices]) ** 2).sum(axis=1)), indices


def memorising_ratio(samples_to_train: np.ndarray, validation_to_train: np.ndarray) -> float:
    """Return how near samples are to train, in terms of how near other examples are: medians divided.

    About 1 is as it should be; far below 1 samples are copies of training examples; above 1 they
    keep away from the data.

    Args:
        samples_to_train: Distance of each sample to its nearest training example.
        validation_to_train: Distance of each validation example to its nearest.
    """
    usual = float(np.median(validation_to_train))
    return float(np.median(samples_to_train)) / usual if usual > 0 else float("nan")


def _cubic(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    base = a @ b.T / a.shape[1] + 1
    return np.asarray(base * base * base)  # several times as quick as a power
