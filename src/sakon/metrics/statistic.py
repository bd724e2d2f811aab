"""Building blocks of metrics: sums over rows, each row weighted by how often a resample draws it.

`Metric.statistic` does once what does not depend on the resample (sorting, logarithms) and returns a `Statistic`,
which is then evaluated for many `counts`, (resamples, rows). A thousand bootstrap resamples thus cost a thousand
weighted sums instead of a thousand sorts. The metric itself is the statistic of counts that are all one.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Statistic = Callable[[np.ndarray], np.ndarray]
"""Maps counts, (resamples, rows), to values, (resamples,)."""
StatisticBuilder = Callable[[np.ndarray, np.ndarray, int | None], Statistic]
"""Maps (targets, predictions, positive) to the statistic of a metric."""


def undefined(counts: np.ndarray) -> np.ndarray:
    """Return nan for every resample: the statistic of a metric that is undefined on these rows."""
    return np.full(len(counts), np.nan)


def divide_or_nan(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    """Divide elementwise; nan where the denominator is zero, without a warning."""
    quotient = np.full(np.shape(denominator), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def weighted_mean(values: np.ndarray) -> Statistic:
    """Return the statistic "mean of `values`, weighted by counts".

    Args:
        values: One finite value per row, (rows,).
    """
    return lambda counts: divide_or_nan(counts @ values, counts.sum(axis=1))


def mean_ignoring_nan(values: np.ndarray) -> np.ndarray:
    """Average over the last axis, ignoring nan; nan where all values are nan, without a warning."""
    defined = ~np.isnan(values)
    return divide_or_nan(np.where(defined, values, 0.0).sum(axis=-1), defined.sum(axis=-1))


def sum_by_group(counts: np.ndarray, groups: np.ndarray, size: int) -> np.ndarray:
    """Sum the counts of each group of rows.

    Args:
        counts: Count, or any other weight, of each row, (resamples, rows).
        groups: Group of each row in [0, size), (rows,).
        size: Number of groups.

    Returns:
        Sum by group, (resamples, size).
    """
    sums = [np.bincount(groups, weights=row, minlength=size) for row in counts]
    return np.array(sums).reshape(len(counts), size)
