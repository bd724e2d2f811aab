"""How sure a figure is: the same metric on many resamples of the test rows.

Source: Efron & Tibshirani, "An introduction to the bootstrap", Chapman & Hall 1993: the percentile
interval, ch. 13; the paired (matched) comparison, in which both families are measured on the same
resamples so that rows hard for both cancel out, ch. 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import numpy as np

from sakon.metrics.registry import Metric

Verdict = Literal["better", "worse", "not distinguishable"]

COUNTS_AT_ONCE = 2**18
"""Counts held in memory at a time; at 8 bytes each, what fits a core's cache."""


def bootstrap_metric(
    metric: Metric,
    actual: np.ndarray,
    outputs: np.ndarray,
    positive: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    block: int = 1,
) -> np.ndarray:
    """Measure a metric on resamples of the rows, drawn with replacement.

    Which rows are drawn depends on (rows, resamples, seed) alone, so that the arrays of two families
    may be subtracted one from the other: resample i is the same rows in both. Memory does not grow with
    the number of resamples but for the result.

    Args:
        metric: What to measure, one of `METRICS`.
        actual: Class index (classification) or value in the target's own unit (regression), (rows,).
        outputs: Probabilities, (rows, classes), or values in the target's own unit, (rows,).
        positive: Index of the positive class of a two-class problem; the last when left out.
        resamples: Number of resamples, 0 or more.
        seed: Seed of the drawing.
        block: Rows that are drawn together, one after the other (Künsch 1989, doi 10.1214/aos/1176347265): rows
            near each other in time are alike, and drawn one by one would make every interval too narrow.

    Returns:
        One figure a resample, (resamples,); nan where the metric is undefined on it.

    Raises:
        ValueError: If the shapes do not fit each other or the task.
    """
    statistic = metric.statistic(actual, outputs, positive)
    figures = [statistic(counts) for counts in _draws(len(actual), resamples, seed, block)]
    return np.concatenate([np.empty(0), *figures])


def _draws(rows: int, resamples: int, seed: int, block: int) -> Iterator[np.ndarray]:
    """Yield how often each row is drawn, (some resamples, rows), a bounded number at a time."""
    generator = np.random.default_rng(seed)
    at_once = max(1, COUNTS_AT_ONCE // max(rows, 1))
    for start in range(0, resamples, at_once):
        counts = np.zeros((min(at_once, resamples - start), rows))
        if rows:
            for row in counts:
                row[:] = _drawn(rows, min(block, rows), generator)
        yield counts


def _drawn(rows: int, block: int, generator: np.random.Generator) -> np.ndarray:
    """Return how often each row is drawn, (rows,): as many rows as there are, or what is left of the last block."""
    if block == 1:
        return np.bincount(generator.integers(rows, size=rows), minlength=rows)
    starts = generator.integers(rows - block + 1, size=-(-rows // block))
    begun = np.bincount(starts, minlength=rows + 1)
    ended = np.bincount(starts + block, minlength=rows + 1)
    return np.cumsum(begun - ended)[:rows]


def percentile_interval(samples: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of a resampled figure.

    Source: Efron & Tibshirani 1993, eq. 13.5.

    Args:
        samples: Figures on resamples, (resamples,); nan is left out.
        level: Fraction of the resamples inside, in (0, 1).

    Returns:
        Lower and upper bound; nan and nan where no figure is defined.

    Raises:
        ValueError: If the level is not in (0, 1).
    """
    if not 0 < level < 1:
        raise ValueError(f"expected a level between 0 and 1, found {level}")
    defined = samples[~np.isnan(samples)]
    if not len(defined):
        return float("nan"), float("nan")
    low, high = np.quantile(defined, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def verdict(differences: np.ndarray, greater_is_better: bool, level: float = 0.95) -> Verdict:
    """Say in words whether a family beats the baseline.

    Args:
        differences: Family minus baseline on the same resamples, (resamples,); nan is left out.
        greater_is_better: Whether a larger figure is the better one.
        level: Confidence of the interval, in (0, 1).

    Returns:
        `better` or `worse` where the interval of the differences excludes 0, else (and where no
        difference is defined) `not distinguishable`.

    Raises:
        ValueError: If the level is not in (0, 1).
    """
    low, high = percentile_interval(differences, level)
    if low > 0:
        return "better" if greater_is_better else "worse"
    if high < 0:
        return "worse" if greater_is_better else "better"
    return "not distinguishable"
