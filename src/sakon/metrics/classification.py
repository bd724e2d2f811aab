"""Metrics of predicted class probabilities.

Each function takes `targets`, class indices (rows,), `probabilities` (rows, classes) and `positive`, the index of
the positive class, and returns a statistic (see `statistic.py`). Call them through `METRICS`, which checks the
shapes. The predicted class is the most probable one; of ties, the first. All but `f1` and `log_loss` (see there)
equal the scikit-learn function of the same name.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sakon.metrics.calibration import bin_indices
from sakon.metrics.ranking import area_under_roc, average_precision
from sakon.metrics.statistic import Statistic, divide_or_nan, mean_ignoring_nan, sum_by_group, weighted_mean

MIN_PROBABILITY = float(np.finfo(np.float32).eps)
CALIBRATION_BINS = 10


def accuracy(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Fraction of rows whose predicted class is the target, in [0, 1]."""
    return weighted_mean(probabilities.argmax(axis=1) == targets)


def balanced_accuracy(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Recall averaged over the classes that occur in `targets`, in [0, 1].

    Source: Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010.
    """
    classes = probabilities.shape[1]
    correct = probabilities.argmax(axis=1) == targets

    def statistic(counts: np.ndarray) -> np.ndarray:
        hits = sum_by_group(counts[:, correct], targets[correct], classes)
        return mean_ignoring_nan(divide_or_nan(hits, sum_by_group(counts, targets, classes)))

    return statistic


def f1_macro(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """F1 averaged over the classes that occur in `targets` or are predicted, in [0, 1].

    F1 = 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall (van Rijsbergen,
    "Information Retrieval", 1979, ch. 7).
    """
    return lambda counts: mean_ignoring_nan(_f1_by_class(targets, probabilities, counts))


def f1(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """F1 of the positive class, in [0, 1]; nan where it neither occurs nor is predicted."""
    positive = _positive_or_last(probabilities, positive)
    return lambda counts: _f1_by_class(targets, probabilities, counts)[:, positive]


def _f1_by_class(targets: np.ndarray, probabilities: np.ndarray, counts: np.ndarray) -> np.ndarray:
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    correct = predicted == targets
    hits = sum_by_group(counts[:, correct], targets[correct], classes)  # (resamples, classes)
    return divide_or_nan(2 * hits, sum_by_group(counts, targets, classes) + sum_by_group(counts, predicted, classes))


def log_loss(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Mean of −ln p(target), in nats, in [0, 15.9].

    Probabilities are clipped to [ε, 1 − ε] with the ε of float32 (1.2e−7) whatever their type. scikit-learn takes
    the ε of the array's own type, which penalises the same confident error more than twice as much in float64.

    Source: Good, "Rational decisions", J. R. Stat. Soc. B 14, 1952.
    """
    of_targets = probabilities[np.arange(len(targets)), targets].astype(np.float64)
    return weighted_mean(-np.log(np.clip(of_targets, MIN_PROBABILITY, 1 - MIN_PROBABILITY)))


def roc_auc(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Area under the ROC curve, in [0, 1]; 0.5 is chance.

    The probability that a positive row has a higher score than a negative one; a tie counts half
    (Mann–Whitney U; Hanley & McNeil, Radiology 143, 1982). With more than two classes: one versus the rest,
    averaged over the classes that have both positive and negative rows.
    """
    return _one_versus_rest(area_under_roc, targets, probabilities, positive)


def pr_auc(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Area under the precision–recall curve as average precision, in [0, 1].

    Chance is the share of positive rows. The sum Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct thresholds, without
    interpolation (Davis & Goadrich, "The relationship between precision-recall and ROC curves", ICML
    2006, on why not). With more than two classes: one versus the rest, averaged over the classes that have
    both positive and negative rows.
    """
    return _one_versus_rest(average_precision, targets, probabilities, positive)


def calibration_error(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Expected calibration error in ten bins of top-label confidence, in [0, 1].

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017, eq. 3.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    gaps = (probabilities.argmax(axis=1) == targets) - confidence
    bins = bin_indices(confidence, CALIBRATION_BINS)

    def statistic(counts: np.ndarray) -> np.ndarray:
        gaps_by_bin = np.abs(sum_by_group(counts * gaps, bins, CALIBRATION_BINS))  # rows × |accuracy − confidence|
        return divide_or_nan(gaps_by_bin.sum(axis=1), counts.sum(axis=1))

    return statistic


def _positive_or_last(probabilities: np.ndarray, positive: int | None) -> int:
    return probabilities.shape[1] - 1 if positive is None else positive


def _one_versus_rest(
    area: Callable[[np.ndarray, np.ndarray], Statistic],
    targets: np.ndarray,
    probabilities: np.ndarray,
    positive: int | None,
) -> Statistic:
    """Return the area of the positive class of two classes, or the mean area over more classes."""
    classes = probabilities.shape[1]
    indices = [_positive_or_last(probabilities, positive)] if classes == 2 else range(classes)
    statistics = [area(targets == index, probabilities[:, index]) for index in indices]
    return lambda counts: mean_ignoring_nan(np.stack([statistic(counts) for statistic in statistics], axis=1))
