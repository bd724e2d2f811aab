"""Bootstrap: the values of a metric on many resamples of the test rows, and the interval that they give.

Source: Efron & Tibshirani, "An introduction to the bootstrap", Chapman & Hall 1993: the percentile interval,
ch. 13; the paired comparison, in which both families are measured on the same resamples so that rows that are
hard for both cancel out, ch. 8.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Literal

import numpy as np

from sakon.metrics.registry import Metric

Verdict = Literal["better", "worse", "not distinguishable"]

MAX_COUNTS = 2**18
"""Counts in memory at a time; at 8 bytes each they fit into the cache of a core."""


def bootstrap_metric(
    metric: Metric,
    targets: np.ndarray,
    predictions: np.ndarray,
    positive: int | None = None,
    resamples: int = 1000,
    seed: int = 0,
    block: int = 1,
) -> np.ndarray:
    """Compute a metric on resamples of the rows, drawn with replacement.

    The drawn rows depend on (rows, resamples, seed, block) only: resample i has the same rows for two families, so
    their values can be subtracted. Apart from the result, memory does not grow with the number of resamples.

    Args:
        metric: One of `METRICS`.
        targets: Class index (classification) or value in the target's unit (other tasks), (rows,).
        predictions: Probabilities, (rows, classes), or values in the target's unit, (rows,).
        positive: Index of the positive class of a two-class problem; `None` for the last class.
        resamples: Number of resamples, 0 or more.
        seed: Seed of the draws.
        block: Consecutive rows that are drawn together (moving block bootstrap; Künsch 1989, doi
            10.1214/aos/1176347265). Rows that are near in time are correlated; if they were drawn one by one, every
            interval would be too narrow.

    Returns:
        One value per resample, (resamples,); nan where the metric is undefined on it.

    Raises:
        ValueError: If the shapes do not fit each other or the task.
    """
    statistic = metric.statistic(targets, predictions, positive)
    values = [statistic(counts) for counts in _draw_counts(len(targets), resamples, seed, block)]
    return np.concatenate([np.empty(0), *values])


def _draw_counts(rows: int, resamples: int, seed: int, block: int) -> Iterator[np.ndarray]:
    """Yield how often each row is drawn, (some resamples, rows), in chunks of bounded size.

    What fits into one chunk is drawn once for all families in turn: for small slices, drawing takes longer than
    the metric.
    """
    if rows * resamples <= MAX_COUNTS:
        yield from _draw_single_chunk(rows, resamples, seed, block)
    else:
        yield from _draw_chunks(rows, resamples, seed, block)


@lru_cache(maxsize=1)
def _draw_single_chunk(rows: int, resamples: int, seed: int, block: int) -> tuple[np.ndarray, ...]:
    """Return the chunk of all resamples, which callers share and must not change; none of no resamples."""
    chunks = tuple(_draw_chunks(rows, resamples, seed, block))
    for counts in chunks:
        counts.flags.writeable = False
    return chunks


def _draw_chunks(rows: int, resamples: int, seed: int, block: int) -> Iterator[np.ndarray]:
    generator = np.random.default_rng(seed)
    chunk = max(1, MAX_COUNTS // max(rows, 1))
    for start in range(0, resamples, chunk):
        counts = np.zeros((min(chunk, resamples - start), rows))
        if rows:
            for row in counts:
                row[:] = _draw_one(rows, min(block, rows), generator)
        yield counts


def _draw_one(rows: int, block: int, generator: np.random.Generator) -> np.ndarray:
    """Return how often each row is drawn in one resample of `rows` rows, rounded up to whole blocks, (rows,)."""
    if block == 1:
        return np.bincount(generator.integers(rows, size=rows), minlength=rows)
    starts = generator.integers(rows - block + 1, size=-(-rows // block))
    blocks_started = np.bincount(starts, minlength=rows + 1)
    blocks_ended = np.bincount(starts + block, minlength=rows + 1)
    return np.cumsum(blocks_started - blocks_ended)[:rows]


def percentile_interval(samples: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """Return the percentile interval of bootstrap values.

    Source: Efron & Tibshirani 1993, eq. 13.5.

    Args:
        samples: Values on resamples, (resamples,); nan is ignored.
        level: Fraction of the resamples inside the interval, in (0, 1).

    Returns:
        Lower and upper bound; nan and nan if all values are nan.

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
    """Return whether a family is better than the baseline.

    Args:
        differences: Family minus baseline on the same resamples, (resamples,); nan is ignored.
        greater_is_better: Whether a larger value is better.
        level: Confidence level of the interval, in (0, 1).

    Returns:
        `better` or `worse` if the interval of the differences excludes 0; otherwise, and if no difference is
        defined, `not distinguishable`.

    Raises:
        ValueError: If the level is not in (0, 1).
    """
    low, high = percentile_interval(differences, level)
    if low > 0:
        return "better" if greater_is_better else "worse"
    if high < 0:
        return "worse" if greater_is_better else "better"
    return "not distinguishable"
