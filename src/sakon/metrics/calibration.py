"""Calibration: whether predictions made with 80% confidence are correct 80% of the time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sakon.metrics.statistic import divide_or_nan


@dataclass(frozen=True)
class Reliability:
    """Accuracy by confidence, in bins of equal width over [0, 1].

    Attributes:
        confidence: Mean confidence in each bin, (bins,); nan where the bin is empty.
        accuracy: Fraction of correct predictions in each bin, (bins,); nan where the bin is empty.
        count: Rows in each bin, (bins,), int64.
    """

    confidence: np.ndarray
    accuracy: np.ndarray
    count: np.ndarray

    @property
    def expected_calibration_error(self) -> float:
        """Mean gap between accuracy and confidence, weighted by rows, in [0, 1]; nan without rows."""
        nonempty = self.count > 0
        if not nonempty.any():
            return float("nan")
        gaps = np.abs(self.accuracy - self.confidence)[nonempty]
        return float(np.average(gaps, weights=self.count[nonempty]))


def expected_calibration_error(targets: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error: Σ (rows in bin / rows) |accuracy − confidence| over bins.

    Confidence is the probability of the predicted class (top label).

    Source: Guo et al., "On calibration of modern neural networks", ICML 2017, eq. 3.

    Args:
        targets: Class index, (rows,).
        probabilities: Finite probabilities, (rows, classes).
        bins: Number of bins of equal width over [0, 1], at least 1.

    Returns:
        The error in [0, 1]; nan without rows.

    Raises:
        ValueError: If `bins` is less than 1.
    """
    return reliability(targets, probabilities, bins).expected_calibration_error


def reliability(targets: np.ndarray, probabilities: np.ndarray, bins: int = 10) -> Reliability:
    """Return the points of a reliability diagram.

    Source: Guo et al. 2017, section 2: bin m of M contains the rows whose confidence is in ((m − 1)/M, m/M].

    Args:
        targets: Class index, (rows,).
        probabilities: Finite probabilities, (rows, classes).
        bins: Number of bins of equal width over [0, 1], at least 1.

    Returns:
        Confidence, accuracy and count of each bin.

    Raises:
        ValueError: If `bins` is less than 1.
    """
    if bins < 1:
        raise ValueError(f"expected at least 1 bin, found {bins}")
    confidence = probabilities.max(axis=1)
    correct = probabilities.argmax(axis=1) == targets
    bin_index = bin_indices(confidence, bins)
    count = np.bincount(bin_index, minlength=bins)
    return Reliability(
        confidence=divide_or_nan(np.bincount(bin_index, weights=confidence, minlength=bins), count),
        accuracy=divide_or_nan(np.bincount(bin_index, weights=correct, minlength=bins), count),
        count=count,
    )


def bin_indices(confidence: np.ndarray, bins: int) -> np.ndarray:
    """Return the index in [0, bins) of the bin ((m − 1)/M, m/M] that contains each confidence, (rows,)."""
    inner_edges = np.arange(1, bins) / bins
    return np.searchsorted(inner_edges, confidence, side="left")
