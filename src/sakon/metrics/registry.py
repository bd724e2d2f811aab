"""The metrics by name: what each is of, which way is better, how it is computed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np

from sakon.metrics import classification, regression
from sakon.metrics.statistic import Prepare, Statistic, undefined

MetricTask = Literal["classification", "regression", "forecast"]


@dataclass(frozen=True)
class Metric:
    """A measure of predictions against the truth.

    Attributes:
        name: Its name in configuration, in the leaderboard and, after `test_`, in MLflow.
        tasks: What it measures.
        greater_is_better: Whether a larger figure is the better one.
        function: Takes (actual, outputs, positive) and returns the statistic: from how often each
            row counts, (resamples, rows), to the figures, (resamples,).
        two_class_only: Whether it is undefined for any other number of classes.
    """

    name: str
    tasks: tuple[MetricTask, ...]
    greater_is_better: bool
    function: Prepare
    two_class_only: bool = False

    def __call__(self, actual: np.ndarray, outputs: np.ndarray, positive: int | None = None) -> float:
        """Measure `predict_outputs` against `actual`, every row counting once.

        Args:
            actual: Class index (classification) or value in the target's own unit (else), (rows,).
            outputs: Probabilities, (rows, classes), or values in the target's own unit, (rows,).
            positive: Index of the positive class of a two-class problem; the last when left out.

        Returns:
            The figure; nan where the metric is undefined on these rows.

        Raises:
            ValueError: If the shapes do not fit each other or the task.
        """
        statistic = self.statistic(actual, outputs, positive)
        return float(statistic(np.ones((1, len(actual))))[0])

    def statistic(self, actual: np.ndarray, outputs: np.ndarray, positive: int | None = None) -> Statistic:
        """Do once what does not depend on how often each row counts.

        Args:
            actual: As for `__call__`.
            outputs: As for `__call__`.
            positive: As for `__call__`.

        Returns:
            The statistic: counts (resamples, rows) → figures (resamples,). Every figure is nan when
            there is no row, an output is not finite, or the number of classes does not fit.

        Raises:
            ValueError: If the shapes do not fit each other or the task.
        """
        actual, outputs = np.asarray(actual), np.asarray(outputs)
        if "classification" in self.tasks:
            _check_classification(actual, outputs, positive)
        elif actual.ndim != 1 or outputs.shape != actual.shape:
            raise ValueError(
                f"{self.name}: expected actual and outputs of one shape (rows,), "
                f"found {actual.shape} and {outputs.shape}"
            )
        wrong_classes = self.two_class_only and outputs.shape[1] != 2
        if wrong_classes or len(actual) == 0 or not np.isfinite(outputs).all():
            return undefined
        return self.function(actual, outputs, positive)


def _check_classification(actual: np.ndarray, outputs: np.ndarray, positive: int | None) -> None:
    if actual.ndim != 1 or outputs.ndim != 2 or len(actual) != len(outputs):
        raise ValueError(
            f"expected actual (rows,) and probabilities (rows, classes), found {actual.shape} and {outputs.shape}"
        )
    classes = outputs.shape[1]
    if positive is not None and not 0 <= positive < classes:
        raise ValueError(f"expected the positive class in 0…{classes - 1}, found {positive}")
    if actual.size and not 0 <= actual.min() <= actual.max() < classes:
        raise ValueError(f"expected class indices in 0…{classes - 1}, found {actual.min()} to {actual.max()}")


CLASSES: tuple[MetricTask, ...] = ("classification",)
NUMBERS: tuple[MetricTask, ...] = ("regression", "forecast")
METRICS: Mapping[str, Metric] = MappingProxyType(
    {
        metric.name: metric
        for metric in (
            Metric("accuracy", CLASSES, True, classification.accuracy),
            Metric("balanced_accuracy", CLASSES, True, classification.balanced_accuracy),
            Metric("f1_macro", CLASSES, True, classification.f1_macro),
            Metric("f1", CLASSES, True, classification.f1, two_class_only=True),
            Metric("log_loss", CLASSES, False, classification.log_loss),
            Metric("roc_auc", CLASSES, True, classification.roc_auc),
            Metric("pr_auc", CLASSES, True, classification.pr_auc),
            Metric("expected_calibration_error", CLASSES, False, classification.calibration_error),
            Metric("mae", NUMBERS, False, regression.mae),
            Metric("rmse", NUMBERS, False, regression.rmse),
            Metric("r2", ("regression",), True, regression.r2),
            Metric("smape", ("forecast",), False, regression.smape),
        )
    }
)


def metrics_for(task: MetricTask) -> tuple[Metric, ...]:
    """Return every metric of `task`, in the order of `METRICS`."""
    return tuple(metric for metric in METRICS.values() if task in metric.tasks)


def default_metric(task: MetricTask) -> str:
    """Return the name of the metric that ranks families when the problem names none."""
    return {"classification": "accuracy", "regression": "rmse", "forecast": "mae"}[task]


def compute_scores(
    task: MetricTask, actual: np.ndarray, outputs: np.ndarray, positive: int | None = None
) -> dict[str, float]:
    """Measure `predict_outputs` by every metric of `task` that is defined on these rows.

    Args:
        task: What is predicted.
        actual: Class index (classification) or value in the target's own unit (else), (rows,).
        outputs: Probabilities, (rows, classes), or values in the target's own unit, (rows,).
        positive: Index of the positive class of a two-class problem; the last when left out.

    Returns:
        Figure by metric name, without those that are nan (such as `f1` of more than two classes).

    Raises:
        ValueError: If the shapes do not fit each other or the task.
    """
    figures = {metric.name: metric(actual, outputs, positive) for metric in metrics_for(task)}
    return {name: figure for name, figure in figures.items() if not np.isnan(figure)}


def format_metric(value: float) -> str:
    """Return a figure as people read it: whole above a thousand, else with four decimals."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4f}"
