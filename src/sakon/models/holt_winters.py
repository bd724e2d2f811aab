"""Exponential smoothing of every window, as a scikit-learn regressor."""

from __future__ import annotations

import warnings
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, RegressorMixin

TRIED = 24
PARAMETERS = ("smoothing_level", "smoothing_trend", "smoothing_seasonal", "damping_trend")


class HoltWinters(RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Additive Holt-Winters with a damped trend (Hyndman & Athanasopoulos 2021, "Forecasting", section 8.3).

    How fast level, trend and season follow is the median of what statsmodels finds best on some windows of
    train; the windows to forecast are then smoothed with that.

    It stands here, as models are stored by the path of their class, which must not move with a family's folder.

    Args:
        lookback: Known steps of a window.
        horizon: Steps to forecast.
        channels: Values of a step, the first of which is forecast.
        season: Steps of a season; without two of them in a window there is no season.
    """

    def __init__(self, lookback: int = 1, horizon: int = 1, channels: int = 1, season: int = 1) -> None:
        self.lookback, self.horizon, self.channels, self.season = lookback, horizon, channels, season

    def fit(self, x: np.ndarray, y: np.ndarray) -> Self:
        """Find the smoothing.

        Args:
            x: Windows, flattened, (rows, (lookback + horizon) * channels).
            y: Not needed.
        """
        from statsmodels.tsa.holtwinters import ExponentialSmoothing

        seen = self._seen(x)
        found = []
        seasonal = {"seasonal": "add", "seasonal_periods": self.season} if self._is_seasonal else {}
        for row in np.unique(np.linspace(0, len(seen) - 1, TRIED).astype(int)):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # that a window is fitted less than perfectly
                model = ExponentialSmoothing(seen[row].astype(float), trend="add", damped_trend=True, **seasonal)
                parameters = model.fit().params
            found.append([np.nan_to_num(parameters[name]) for name in PARAMETERS])
        self.smoothing_ = np.median(found, axis=0)
        self.n_features_in_ = x.shape[1]
        return self

    def predict(self, x: np.ndarray) -> np.ndarray:
        """Return the forecast of windows, (rows, horizon)."""
        seen, (alpha, beta, gamma, damping) = self._seen(x).astype(float), self.smoothing_
        period = self.season if self._is_seasonal else 1
        level = seen[:, :period].mean(axis=1)
        trend = (seen[:, period : 2 * period].mean(axis=1) - level) / period if self._is_seasonal else 0.0 * level
        season = (seen[:, :period] - level[:, None]) if self._is_seasonal else np.zeros((len(seen), 1))
        for step in range(period, self.lookback):
            known, place = seen[:, step], step % period
            before = level + damping * trend
            level_now = alpha * (known - season[:, place]) + (1 - alpha) * before
            trend = beta * (level_now - level) + (1 - beta) * damping * trend
            season[:, place] = gamma * (known - before) + (1 - gamma) * season[:, place]
            level = level_now
        ahead = np.cumsum(damping ** np.arange(1, self.horizon + 1))
        places = (self.lookback + np.arange(self.horizon)) % period
        return np.asarray(level[:, None] + trend[:, None] * ahead + season[:, places])

    @property
    def _is_seasonal(self) -> bool:
        return self.season > 1 and self.lookback >= 2 * self.season

    def _seen(self, x: Any) -> np.ndarray:
        return np.asarray(x).reshape(len(x), -1, self.channels)[:, : self.lookback, 0]
