"""Areas under curves: how well a score ranks positive rows above negative ones.

Rows are sorted once; for any counts, a value is then a cumulative sum and a few look-ups.
"""

from __future__ import annotations

import numpy as np

from sakon.metrics.statistic import Statistic, divide_or_nan


def area_under_roc(is_positive: np.ndarray, scores: np.ndarray) -> Statistic:
    """Return the probability that a positive row has a higher score than a negative one; a tie counts half.

    Source: Hanley & McNeil, "The meaning and use of the area under a ROC curve", Radiology 143, 1982:
    the area equals the Mann–Whitney statistic.

    Args:
        is_positive: Whether each row is positive, (rows,), bool.
        scores: Finite score of each row, higher for more likely positive, (rows,).

    Returns:
        The statistic; nan for counts without a positive or without a negative row.
    """
    positives, negatives = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    negatives = negatives[np.argsort(scores[negatives])]
    first_tie = np.searchsorted(scores[negatives], scores[positives], side="left")
    last_tie = np.searchsorted(scores[negatives], scores[positives], side="right")

    def statistic(counts: np.ndarray) -> np.ndarray:
        positive_counts = counts[:, positives]  # (resamples, positives)
        negatives_below = _cumulative_counts(counts, negatives)
        wins = 0.5 * (negatives_below[:, first_tie] + negatives_below[:, last_tie])
        pairs = positive_counts.sum(axis=1) * negatives_below[:, -1]
        return divide_or_nan(np.einsum("rp,rp->r", positive_counts, wins), pairs)

    return statistic


def average_precision(is_positive: np.ndarray, scores: np.ndarray) -> Statistic:
    """Return the precision at the score of each positive row, averaged over the positive rows.

    Equal to Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct thresholds n, where R is recall and P precision.

    Source: Zhu, "Recall, precision and average precision", University of Waterloo, 2004, section 3.

    Args:
        is_positive: Whether each row is positive, (rows,), bool.
        scores: Finite score of each row, higher for more likely positive, (rows,).

    Returns:
        The statistic; nan for counts without a positive or without a negative row.
    """
    positives, negatives = np.flatnonzero(is_positive), np.flatnonzero(~is_positive)
    positives = positives[np.argsort(-scores[positives])]
    negatives = negatives[np.argsort(-scores[negatives])]
    positives_at_threshold = np.searchsorted(-scores[positives], -scores[positives], side="right")
    negatives_at_threshold = np.searchsorted(-scores[negatives], -scores[positives], side="right")

    def statistic(counts: np.ndarray) -> np.ndarray:
        positive_counts = counts[:, positives]
        positives_above, negatives_above = _cumulative_counts(counts, positives), _cumulative_counts(counts, negatives)
        true_positives = positives_above[:, positives_at_threshold]
        false_positives = negatives_above[:, negatives_at_threshold]
        precision = true_positives / np.maximum(true_positives + false_positives, 1)
        area = divide_or_nan(np.einsum("rp,rp->r", positive_counts, precision), positives_above[:, -1])
        return np.where(negatives_above[:, -1] > 0, area, np.nan)

    return statistic


def _cumulative_counts(counts: np.ndarray, order: np.ndarray) -> np.ndarray:
    """Return the total count of the first 0, 1, … rows of `order`, (resamples, len(order) + 1)."""
    cumulative = np.zeros((len(counts), len(order) + 1))
    np.cumsum(counts[:, order], axis=1, out=cumulative[:, 1:])
    return cumulative
