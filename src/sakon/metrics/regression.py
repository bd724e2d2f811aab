"""Metrics of predicted numbers, in the target's unit.

Each function takes `targets` (rows,), `predictions` (rows,) and `positive` (ignored), and returns a statistic
(see `statistic.py`). Call them through `METRICS`, which checks the shapes. All equal the scikit-learn function of
the same name, except `smape`, which scikit-learn does not have.
"""

from __future__ import annotations

import numpy as np

from sakon.metrics.statistic import Statistic, divide_or_nan, weighted_mean


def mae(targets: np.ndarray, predictions: np.ndarray, positive: int | None) -> Statistic:
    """Mean absolute error, in the target's unit, 0 or more."""
    return weighted_mean(np.abs(_errors(targets, predictions)))


def rmse(targets: np.ndarray, predictions: np.ndarray, positive: int | None) -> Statistic:
    """Root mean squared error, in the target's unit, 0 or more."""
    mean_square = weighted_mean(np.square(_errors(targets, predictions)))
    return lambda counts: np.sqrt(mean_square(counts))


def smape(targets: np.ndarray, predictions: np.ndarray, positive: int | None) -> Statistic:
    """Symmetric mean absolute percentage error, mean of 2 |target − prediction| / (|target| + |prediction|), in [0, 2].

    The error is 0 where both are 0.

    Source: Makridakis & Hibon 2000, "The M3-Competition" (doi 10.1016/S0169-2070(00)00057-1), appendix A.
    """
    size = np.abs(targets.astype(np.float64)) + np.abs(predictions)
    return weighted_mean(2 * np.nan_to_num(divide_or_nan(np.abs(_errors(targets, predictions)), size)))


def r2(targets: np.ndarray, predictions: np.ndarray, positive: int | None) -> Statistic:
    """Coefficient of determination, 1 − Σ error² / Σ (target − mean)², at most 1; predicting the mean gives 0.

    nan where all targets of a resample are equal, as there is no variance to explain.

    Source: Draper & Smith, "Applied regression analysis", 3rd ed. 1998, eq. 1.3.8.
    """
    centred = targets - np.mean(targets, dtype=np.float64)
    squared_errors = np.square(_errors(targets, predictions))

    def statistic(counts: np.ndarray) -> np.ndarray:
        squares = counts @ np.square(centred)
        variation = squares - divide_or_nan(np.square(counts @ centred), counts.sum(axis=1))
        # Equal targets leave a rounding error of the order of 1e-16 of the squares.
        variation = np.where(variation > 1e-12 * squares, variation, 0.0)
        return 1.0 - divide_or_nan(counts @ squared_errors, variation)

    return statistic


def _errors(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    return np.asarray(targets.astype(np.float64) - predictions)
