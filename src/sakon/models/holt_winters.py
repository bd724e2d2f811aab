"""Exponential smoothing of windows, as a scikit-learn regressor.

Stored models refer to the class by its module. Therefore the class is here and not in a family's folder, which may be
renamed.
"""

from __future__ import annotations

import warnings
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

FITTED_WINDOWS = 24
PARAMETERS = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")


class HoltWinters(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Additive Holt-Winters with a damped trend (Hyndman & Athanasopoulos 2021, "Forecasting", section 8.3).

    The smoothing parameters of level, trend and season are the medians of those that statsmodels estimates on
    `FITTED_WINDOWS` windows of train. Every window is then smoothed with these parameters.

    Args:
        lookback: Steps of a window before the forecast.
        horizon: Steps to forecast.
        channels: Values per step; the first one is forecast.
        season: Steps per season; seasonal only if a window has at least two seasons.
    """

    def __init__(self, lookback: int = 1, horizon: int = 1, channels: int = 1, season: int = 1) -> None:
        self.lookback, self.horizon, self.channels, self.season = lookback, horizon, channels, season

    def fit(self, x: np.ndarray, y: np.ndarray) -> Self:
        """Estimate the smoothing parameters.

        Args:
            x: Flattened windows, (rows, (lookback + horizon) * channels).
            y: Not used.
        """
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        history = self._history(x)
        estimates = []
        seasonal = {"seasonal": "add", "seasonal_periods": self.season} if self._is_seasonal else {}
        for row in np.unique(np.linspace(0, len(history) - 1, FITTED_WINDOWS).astype(int)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that the optimizer has not fully converged on a window
                model = ExponentialSmoothing(history[row].astype(float), trend="add", damped_trend=True, **seasonal)
                parameters = model.fit().params
            estimates.append([np.nan_to_num(parameters[name]) for name in PARAMETERS])
        self.smoothing_ = np.median(estimates, axis=0)
        self.n_features_in_ = x.shape[1]
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the forecast of each window, (rows, horizon)."""
        history, (alpha, beta, gamma, damping) = self._history(x).astype(float), self.smoothing_
        period = self.season if self._is_seasonal else 1
        level = history[:, :period].mean(axis=1)
        trend = (history[:, period : 2 * period].mean(axis=1) - level) / period if self._is_seasonal else 0.0 * level
        season = (history[:, :period] - level[:, None]) if self._is_seasonal else np.zeros((len(history), 1))
        for step in range(period, self.lookback):
            value, phase = history[:, step], step % period
            expected_level = level + damping * trend
            new_level = alpha * (value - season[:, phase]) + (1 - alpha) * expected_level
            trend = beta * (new_level - level) + (1 - beta) * damping * trend
            season[:, phase] = gamma * (value - expected_level) + (1 - gamma) * season[:, phase]
            level = new_level
        damping_sums = np.cumsum(damping ** np.arange(1, self.horizon + 1))
        phases = (self.lookback + np.arange(self.horizon)) % period
        return np.asarray(level[:, None] + trend[:, None] * damping_sums + season[:, phases])

    @property
    def _is_seasonal(self) -> bool:
        return self.season > 1 and self.lookback >= 2 * self.season

    def _history(self, x: np.ndarray) -> np.ndarray:
        """Return the values to forecast from, (rows, lookback)."""
        return np.asarray(x).reshape(len(x), -1, self.channels)[:, : self.lookback, 0]
