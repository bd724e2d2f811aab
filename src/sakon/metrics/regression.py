"""Metrics of predicted numbers, in the target's own unit.

Every function takes `actual` (rows,), `predicted` (rows,) and `positive` (ignored), and returns the
statistic from counts (resamples, rows) to figures (resamples,); see `statistic.py`. Called through
`METRICS`, which checks shapes first. All equal the scikit-learn function of that name.
"""

from __future__ import annotations

import numpy as np

from sakon.metrics.statistic import Statistic, divide_or_nan, weighted_mean


def mae(actual: np.ndarray, predicted: np.ndarray, positive: int | None) -> Statistic:
    """Mean absolute error, in the target's unit, 0 or more."""
    return weighted_mean(np.abs(_errors(actual, predicted)))


def rmse(actual: np.ndarray, predicted: np.ndarray, positive: int | None) -> Statistic:
    """Root mean squared error, in the target's unit, 0 or more."""
    mean_square = weighted_mean(np.square(_errors(actual, predicted)))
    return lambda counts: np.sqrt(mean_square(counts))


def smape(actual: np.ndarray, predicted: np.ndarray, positive: int | None) -> Statistic:
    """Symmetric mean absolute percentage error, mean of 2 |actual − predicted| / (|actual| + |predicted|), in [0, 2].

    Where both are 0 there is no error.

    Source: Makridakis & Hibon 2000, "The M3-Competition" (doi 10.1016/S0169-2070(00)00057-1), appendix A.
    """
    size = np.abs(actual.astype(np.float64)) + np.abs(predicted.astype(np.float64))
    return weighted_mean(2 * np.nan_to_num(divide_or_nan(np.abs(_errors(actual, predicted)), size)))


def r2(actual: np.ndarray, predicted: np.ndarray, positive: int | None) -> Statistic:
    """Coefficient of determination, 1 − Σ error² / Σ (actual − mean)², at most 1; 0 is the mean's.

    nan where all drawn targets are equal: there is no variance to explain.

    Source: Draper & Smith, "Applied regression analysis", 3rd ed. 1998, eq. 1.3.8.
    """
    centred = actual - np.mean(actual, dtype=np.float64)
    squared_errors = np.square(_errors(actual, predicted))

    def statistic(counts: np.ndarray) -> np.ndarray:
        squares = counts @ np.square(centred)
        variation = squares - divide_or_nan(np.square(counts @ centred), counts.sum(axis=1))
        # what is left of equal targets is rounding, of the order of 1e-16 of the squares
        variation = np.where(variation > 1e-12 * squares, variation, 0.0)
        return 1.0 - divide_or_nan(counts @ squared_errors, variation)

    return statistic


def _errors(actual: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    return actual.astype(np.float64) - predicted.astype(np.float64)
