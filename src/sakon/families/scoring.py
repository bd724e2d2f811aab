"""A model's answers and the truth, in the terms that metrics read."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.families.predict import outputs, read_by
from sakon.metrics import METRICS, Metric, default_metric
from sakon.problem import InputSpec, Part, Problem


def metric_of(input_spec: InputSpec, problem: Problem) -> Metric:
    """Return the problem's own metric."""
    return METRICS[problem.metric or default_metric(input_spec.task)]


def positive_index(input_spec: InputSpec, problem: Problem) -> int | None:
    """Return the index of the class counted as positive; `None` for the default."""
    return None if problem.positive is None else input_spec.classes.index(problem.positive)


def answers_of(model: Any, part: Part, input_spec: InputSpec) -> np.ndarray:
    """Return probabilities (rows, classes), or predictions in the target's own unit (rows,).

    A forecast has a row for every step of every example.
    """
    return in_terms_of_metrics(outputs(model, read_by(model, part).x), input_spec)


def in_terms_of_metrics(answers: np.ndarray, input_spec: InputSpec) -> np.ndarray:
    """Turn what a model answers (see `outputs`) into what metrics read (see `answers_of`)."""
    return answers if input_spec.task == "classification" else input_spec.in_unit_of_target(answers.reshape(-1))


def actual_of(part: Part, input_spec: InputSpec) -> np.ndarray:
    """Return class indices, or the target in its own unit, (rows,); see `answers_of`."""
    if input_spec.task == "classification":
        return part.y
    return input_spec.in_unit_of_target(part.y.astype(float).reshape(-1))


def level(y: np.ndarray) -> np.ndarray:
    """Return targets as one number each, (rows,): of a forecast its mean over the steps."""
    return y if y.ndim == 1 else y.mean(axis=1)
