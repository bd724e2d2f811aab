"""Areas under curves: how well one score ranks the positive rows above the negative ones.

Rows are sorted once; whatever the counts, each figure is then a cumulative sum and a few look-ups.
"""

from __future__ import annotations

import numpy as np

from sakon.metrics.statistic import Statistic, divide_or_nan


def area_under_roc(is_positive: np.ndarray, scores: np.ndarray) -> Statistic:
    """Probability that a positive row is scored above a negative one, ties counting half.

    Source: Hanley & McNeil, "The meaning and use of the area under a ROC curve", Radiology 143, 1982:
    the area equals the Mann–Whitney statistic.

    Args:
        is_positive: Whether each row is positive, (rows,), bool.
        scores: Finite score of each row, larger meaning more likely positive, (rows,).

    Returns:
        The statistic; nan for counts that leave no positive or no negative row.
    """
    positives, negatives = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    negatives = negatives[np.argsort(scores[negatives])]
    below = np.searchsorted(scores[negatives], scores[positives], side="left")
    not_above = np.searchsorted(scores[negatives], scores[positives], side="right")

    def statistic(counts: np.ndarray) -> np.ndarray:
        drawn = counts[:, positives]  # (resamples, positives)
        passed = _cumulative(counts, negatives)
        wins = 0.5 * (passed[:, below] + passed[:, not_above])
        return divide_or_nan(np.einsum("rp,rp->r", drawn, wins), drawn.sum(axis=1) * passed[:, -1])

    return statistic


def average_precision(is_positive: np.ndarray, scores: np.ndarray) -> Statistic:
    """Precision at the score of each positive row, averaged over the positive rows.

    The same as Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct thresholds n, where R is recall and P precision.

    Source: Zhu, "Recall, precision and average precision", University of Waterloo, 2004, section 3.

    Args:
        is_positive: Whether each row is positive, (rows,), bool.
        scores: Finite score of each row, larger meaning more likely positive, (rows,).

    Returns:
        The statistic; nan for counts that leave no positive or no negative row.
    """
    positives, negatives = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    positives = positives[np.argsort(-scores[positives])]
    negatives = negatives[np.argsort(-scores[negatives])]
    at_least = np.searchsorted(-scores[positives], -scores[positives], side="right")
    false_at_least = np.searchsorted(-scores[negatives], -scores[positives], side="right")

    def statistic(counts: np.ndarray) -> np.ndarray:
        drawn = counts[:, positives]
        found, alarms = _cumulative(counts, positives), _cumulative(counts, negatives)
        true = found[:, at_least]
        precision = true / np.maximum(true + alarms[:, false_at_least], 1)
        area = divide_or_nan(np.einsum("rp,rp->r", drawn, precision), found[:, -1])
        return np.where(alarms[:, -1] > 0, area, np.nan)

    return statistic


def _cumulative(counts: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return how many rows are drawn among the first 0, 1, … of `order`: (resamples, len(order) + 1)."""
    drawn = np.zeros((len(counts), len(order) + 1))
    np.cumsum(counts[:, order], axis=1, out=drawn[:, 1:])
    return drawn
