"""Metrics of predicted class probabilities.

Every function takes `actual`, the class index (rows,), `probabilities` (rows, classes) and `positive`,
and returns the statistic from counts (resamples, rows) to figures (resamples,); see `statistic.py`.
Called through `METRICS`, which checks shapes first. The predicted class is the most probable one, the
first of equals. All but `f1` and `log_loss` (see there) equal the scikit-learn function of that name.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sakon.metrics.calibration import bin_indices
from sakon.metrics.ranking import area_under_roc, average_precision
from sakon.metrics.statistic import Statistic, divide_or_nan, mean_ignoring_nan, sum_by_group, weighted_mean

MIN_PROBABILITY = float(np.finfo(np.float32).eps)


def accuracy(actual: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Fraction of rows whose most probable class is the actual one, in [0, 1]."""
    return weighted_mean(probabilities.argmax(axis=1) == actual)


def balanced_accuracy(actual: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Recall averaged over the classes that occur in `actual`, in [0, 1].

    Source: Brodersen et al., "The balanced accuracy and its posterior distribution", ICPR 2010.
    """
    classes = probabilities.shape[1]
    correct = probabilities.argmax(axis=1) == actual

    def statistic(counts: np.ndarray) -> np.ndarray:
        hits = sum_by_group(counts[:, correct], actual[correct], classes)
        return mean_ignoring_nan(divide_or_nan(hits, sum_by_group(counts, actual, classes)))

    return statistic


def f1_macro(actual: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """F1 averaged over the classes that occur in `actual` or are predicted, in [0, 1].

    F1 = 2 TP / (2 TP + FP + FN), the harmonic mean of precision and recall (van Rijsbergen,
    "Information Retrieval", 1979, ch. 7).
    """
    return lambda counts: mean_ignoring_nan(_f1_by_class(actual, probabilities, counts))


def f1(actual: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """F1 of the positive class, in [0, 1]; nan where it neither occurs nor is predicted."""
    positive = _positive(probabilities, positive)
    return lambda counts: _f1_by_class(actual, probabilities, counts)[:, positive]


def _f1_by_class(actual: np.ndarray, probabilities: np.ndarray, counts: np.ndarray) -> np.ndarray:
    classes = probabilities.shape[1]
    predicted = probabilities.argmax(axis=1)
    correct = predicted == actual
    hits = sum_by_group(counts[:, correct], actual[correct], classes)  # (resamples, classes)
    return divide_or_nan(2 * hits, sum_by_group(counts, actual, classes) + sum_by_group(counts, predicted, classes))


def log_loss(actual: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Mean of −ln p(actual class), in nats, in [0, 15.9].

    Probabilities are clipped to [ε, 1 − ε] with the ε of float32 (1.2e−7) whatever their type:
    scikit-learn takes the ε of the array's own type, which would charge a family that answers in
    float64 twice as much for the same certain mistake.

    Source: Good, "Rational decisions", J. R. Stat. Soc. B 14, 1952.
    """
    of_actual = probabilities[np.arange(len(actual)), actual].astype(np.float64)
    return weighted_mean(-np.log(np.clip(of_actual, MIN_PROBABILITY, 1 - MIN_PROBABILITY)))


def roc_auc(actual: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Area under the ROC curve, in [0, 1]; 0.5 is chance.

    The probability that a positive row is scored above a negative one, ties counting half
    (Mann–Whitney U; Hanley & McNeil, Radiology 143, 1982). More than two classes: one against the
    rest, averaged over the classes that have both positive and negative rows.
    """
    return _one_against_rest(area_under_roc, actual, probabilities, positive)


def pr_auc(actual: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Area under the precision–recall curve as average precision, in [0, 1].

    Chance is the share of positive rows. The sum Σ (Rₙ − Rₙ₋₁) Pₙ over the distinct thresholds, without
    interpolation (Davis & Goadrich, "The relationship between precision-recall and ROC curves", ICML
    2006, on why not). More than two classes: one against the rest, averaged over the classes that have
    both positive and negative rows.
    """
    return _one_against_rest(average_precision, actual, probabilities, positive)


def calibration_error(actual: np.ndarray, probabilities: np.ndarray, positive: int | None) -> Statistic:
    """Expected calibration error in ten bins of top-label confidence, in [0, 1].

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017, eq. 3.
    """
    confidence = probabilities.max(axis=1).astype(np.float64)
    surplus = (probabilities.argmax(axis=1) == actual) - confidence
    bins = bin_indices(confidence, 10)

    def statistic(counts: np.ndarray) -> np.ndarray:
        gaps = np.abs(sum_by_group(counts * surplus, bins, 10))  # rows in bin × |accuracy − confidence|
        return divide_or_nan(gaps.sum(axis=1), counts.sum(axis=1))

    return statistic


def _positive(probabilities: np.ndarray, positive: int | None) -> int:
    return probabilities.shape[1] - 1 if positive is None else positive


def _one_against_rest(
    area: Callable[[np.ndarray, np.ndarray], Statistic],
    actual: np.ndarray,
    probabilities: np.ndarray,
    positive: int | None,
) -> Statistic:
    """Average an area over the classes, or take it of the positive class where there are two."""
    classes = probabilities.shape[1]
    chosen = [_positive(probabilities, positive)] if classes == 2 else range(classes)
    statistics = [area(actual == index, probabilities[:, index]) for index in chosen]
    return lambda counts: mean_ignoring_nan(np.stack([each(counts) for each in statistics], axis=1))
