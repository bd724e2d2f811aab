"""What metrics are made of: sums over rows, each row counted as often as a resample drew it.

A metric is prepared once for given predictions (sorting, taking logarithms) and then evaluated for
many *counts*, an array (resamples, rows). A thousand bootstrap resamples of a metric thus cost a
thousand weighted sums, not a thousand sorts; the plain figure is the case in which all counts are one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]
Prepare = Callable[[np.ndarray, np.ndarray, int | None], Statistic]


def undefined(counts: np.ndarray) -> np.ndarray:
    """Return nan for every resample: the statistic of a metric that these rows do not define."""
    return np.full(len(counts), np.nan)


def divide_or_nan(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Divide elementwise, nan where the denominator is zero, without a warning."""
    quotient = np.full(np.shape(below), np.nan)
    np.divide(above, below, out=quotient, where=below != 0)
    return quotient


def weighted_mean(values: np.ndarray) -> Statistic:
    """Return the statistic "mean of `values`".

    Args:
        values: One finite value a row, (rows,).
    """
    values = np.asarray(values, dtype=np.float64)
    return lambda counts: divide_or_nan(counts @ values, counts.sum(axis=1))


def mean_ignoring_nan(figures: np.ndarray) -> np.ndarray:
    """Average over the last axis leaving nan out; nan where all are nan, without a warning."""
    defined = ~np.isnan(figures)
    return divide_or_nan(np.where(defined, figures, 0.0).sum(axis=-1), defined.sum(axis=-1))


def sum_by_group(counts: np.ndarray, groups: np.ndarray, size: int) -> np.ndarray:
    """Sum the counts of each group of rows.

    Args:
        counts: How often each row counts, or any other weight, (resamples, rows).
        groups: Group of each row in [0, size), (rows,).
        size: Number of groups.

    Returns:
        Sum by group, (resamples, size).
    """
    rows = [np.bincount(groups, weights=row, minlength=size) for row in counts]
    return np.array(rows).reshape(len(counts), size)
