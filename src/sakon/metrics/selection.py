"""The metric and the positive class that a problem's configuration selects."""

from __future__ import annotations

from sakon.metrics.registry import METRICS, Metric, default_metric
from sakon.problem import InputSpec, Problem


def problem_metric(input_spec: InputSpec, problem: Problem) -> Metric:
    """Return the metric that ranks the families of a problem: `problem.metric`, or the default of its task."""
    return METRICS[problem.metric or default_metric(input_spec.task)]


def positive_index(input_spec: InputSpec, problem: Problem) -> int | None:
    """Return the index of `problem.positive` in the classes; `None` where the problem names no positive class."""
    return None if problem.positive is None else input_spec.classes.index(problem.positive)
