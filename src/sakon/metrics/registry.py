"""The registry of metrics. To add a metric, add one line to `_METRICS`; everything else looks it up here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from sakon.metrics import classification, regression
from sakon.metrics.statistic import Statistic, StatisticBuilder, undefined
from sakon.problem import Task


@dataclass(frozen=True)
class Metric:
    """A metric of predictions against targets.

    Attributes:
        name: Name in configuration, in the leaderboard and, after `test_`, in MLflow.
        label: Name on axes and in hover texts.
        tasks: Tasks that it can measure.
        greater_is_better: Whether a larger value is better.
        build: Maps (targets, predictions, positive) to the statistic: from counts, (resamples, rows), to values,
            (resamples,).
        default_for: Tasks whose families it ranks when `problem.metric` is not set.
        binary_only: Whether it is undefined for more than two classes.
        labels_only: Whether it depends on the predicted classes only, not on their probabilities.
    """

    name: str
    label: str
    tasks: tuple[Task, ...]
    greater_is_better: bool
    build: StatisticBuilder
    default_for: tuple[Task, ...] = ()
    binary_only: bool = False
    labels_only: bool = False

    def __call__(self, targets: np.ndarray, predictions: np.ndarray, positive: int | None = None) -> float:
        """Compute the metric; every row counts once.

        Args:
            targets: Class index (classification) or value in the target's unit (other tasks), (rows,).
            predictions: Probabilities, (rows, classes), or values in the target's unit, (rows,).
            positive: Index of the positive class of a two-class problem; `None` for the last class.

        Returns:
            The value; nan where the metric is undefined on these rows.

        Raises:
            ValueError: If the shapes do not fit each other or the task.
        """
        statistic = self.statistic(targets, predictions, positive)
        return float(statistic(np.ones((1, len(targets))))[0])

    def statistic(self, targets: np.ndarray, predictions: np.ndarray, positive: int | None = None) -> Statistic:
        """Return the metric as a function of how often each row counts.

        Args:
            targets: As for `__call__`.
            predictions: As for `__call__`.
            positive: As for `__call__`.

        Returns:
            The statistic: counts (resamples, rows) → values (resamples,). All values are nan if there are no rows,
            if a prediction is not finite, or if the number of classes does not fit.

        Raises:
            ValueError: If the shapes do not fit each other or the task.
        """
        targets, predictions = np.asarray(targets), np.asarray(predictions)
        if "classification" in self.tasks:
            _check_classification(targets, predictions, positive)
        elif targets.ndim != 1 or predictions.shape != targets.shape:
            raise ValueError(
                f"{self.name}: expected targets and predictions of shape (rows,), "
                f"found {targets.shape} and {predictions.shape}"
            )
        wrong_number_of_classes = self.binary_only and predictions.shape[1] != 2
        if wrong_number_of_classes or len(targets) == 0 or not np.isfinite(predictions).all():
            return undefined
        return self.build(targets, predictions, positive)


def _check_classification(targets: np.ndarray, probabilities: np.ndarray, positive: int | None) -> None:
    if targets.ndim != 1 or probabilities.ndim != 2 or len(targets) != len(probabilities):
        raise ValueError(
            f"expected targets (rows,) and probabilities (rows, classes), "
            f"found {targets.shape} and {probabilities.shape}"
        )
    classes = probabilities.shape[1]
    if positive is not None and not 0 <= positive < classes:
        raise ValueError(f"expected a positive class in 0…{classes - 1}, found {positive}")
    if targets.size and not 0 <= targets.min() <= targets.max() < classes:
        raise ValueError(f"expected class indices in 0…{classes - 1}, found {targets.min()} to {targets.max()}")


_CLASSES: tuple[Task, ...] = ("classification",)
_NUMBERS: tuple[Task, ...] = ("regression", "forecast")
_METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", "Accuracy", _CLASSES, True, classification.accuracy, default_for=_CLASSES, labels_only=True),
        Metric(
            "balanced_accuracy", "Balanced accuracy", _CLASSES, True, classification.balanced_accuracy, labels_only=True
        ),
        Metric("f1_macro", "F1 (macro average)", _CLASSES, True, classification.f1_macro, labels_only=True),
        Metric("f1", "F1", _CLASSES, True, classification.f1, binary_only=True, labels_only=True),
        Metric("log_loss", "Log loss", _CLASSES, False, classification.log_loss),
        Metric("roc_auc", "ROC AUC", _CLASSES, True, classification.roc_auc),
        Metric("pr_auc", "PR AUC (average precision)", _CLASSES, True, classification.pr_auc),
        Metric(
            "expected_calibration_error",
            "Expected calibration error",
            _CLASSES,
            False,
            classification.calibration_error,
        ),
        Metric("mae", "MAE", _NUMBERS, False, regression.mae, default_for=("forecast",)),
        Metric("rmse", "RMSE", _NUMBERS, False, regression.rmse, default_for=("regression",)),
        Metric("r2", "R²", ("regression",), True, regression.r2),
        Metric("smape", "sMAPE", ("forecast",), False, regression.smape),
    )
}
METRICS: Mapping[str, Metric] = MappingProxyType(_METRICS)
"""Every metric by name, read-only."""


def metrics_for(task: Task) -> tuple[Metric, ...]:
    """Return every metric of `task`, in the order of `METRICS`."""
    return tuple(metric for metric in METRICS.values() if task in metric.tasks)


def default_metric(task: Task) -> str:
    """Return the name of the metric that ranks families when `problem.metric` is not set."""
    return next(metric.name for metric in METRICS.values() if task in metric.default_for)


def compute_scores(
    task: Task, targets: np.ndarray, predictions: np.ndarray, positive: int | None = None
) -> dict[str, float]:
    """Compute every metric of `task` that is defined on these rows.

    Args:
        task: What is predicted.
        targets: Class index (classification) or value in the target's unit (other tasks), (rows,).
        predictions: Probabilities, (rows, classes), or values in the target's unit, (rows,).
        positive: Index of the positive class of a two-class problem; `None` for the last class.

    Returns:
        Value by metric name, without those that are nan (such as `f1` with more than two classes).

    Raises:
        ValueError: If the shapes do not fit each other or the task.
    """
    values = {metric.name: metric(targets, predictions, positive) for metric in metrics_for(task)}
    return {name: value for name, value in values.items() if not np.isnan(value)}


def format_metric(value: float) -> str:
    """Format a value for reading: no decimals from a thousand on, else four."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4f}"
