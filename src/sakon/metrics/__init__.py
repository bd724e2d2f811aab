"""Pure measures of how good predictions are, and how sure one may be of it.

`METRICS["roc_auc"](actual, probabilities)` is one figure; `resampled(METRICS["roc_auc"], …)` is that
figure on a thousand resamples of the same rows, from which `interval` and `verdict` follow. Nothing
here reads or writes anything.
"""

from __future__ import annotations

from sakon.metrics.bootstrap import Verdict, interval, resampled, verdict
from sakon.metrics.calibration import Reliability, expected_calibration_error, reliability
from sakon.metrics.registry import METRICS, Metric, default_metric, format_metric, metrics_of, scores

__all__ = [
    "METRICS",
    "Metric",
    "Reliability",
    "Verdict",
    "default_metric",
    "expected_calibration_error",
    "format_metric",
    "interval",
    "metrics_of",
    "reliability",
    "resampled",
    "scores",
    "verdict",
]
