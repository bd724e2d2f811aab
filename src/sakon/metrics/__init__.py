"""Metrics of predictions, and the uncertainty of their values.

`METRICS["roc_auc"](targets, probabilities)` returns one value; `bootstrap_metric(METRICS["roc_auc"], …)` returns
its values on a thousand resamples of the same rows, from which `percentile_interval` and `verdict` follow. All
functions are pure.
"""

from __future__ import annotations

from sakon.metrics.bootstrap import Verdict, bootstrap_metric, percentile_interval, verdict
from sakon.metrics.calibration import Reliability, expected_calibration_error, reliability
from sakon.metrics.registry import METRICS, Metric, compute_scores, default_metric, format_metric, metrics_for
from sakon.metrics.selection import positive_index, problem_metric

__all__ = [
    "METRICS",
    "Metric",
    "Reliability",
    "Verdict",
    "bootstrap_metric",
    "compute_scores",
    "default_metric",
    "expected_calibration_error",
    "format_metric",
    "metrics_for",
    "percentile_interval",
    "positive_index",
    "problem_metric",
    "reliability",
    "verdict",
]
