"""A model's answers and the truth, in the terms that metrics read."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.models.predict import predict_outputs, select_inputs
from sakon.problem import Examples, InputSpec


def predict_examples(model: Any, part: Examples, input_spec: InputSpec) -> np.ndarray:
    """Return probabilities (rows, classes), or predictions in the target's own unit (rows,).

    A forecast has a row for every step of every example.
    """
    return to_predictions(predict_outputs(model, select_inputs(model, part).x), input_spec)


def to_predictions(answers: np.ndarray, input_spec: InputSpec) -> np.ndarray:
    """Turn what a model answers (see `predict_outputs`) into what metrics read (see `predict_examples`)."""
    return answers if input_spec.task == "classification" else input_spec.in_unit_of_target(answers.reshape(-1))


def target_values(part: Examples, input_spec: InputSpec) -> np.ndarray:
    """Return class indices, or the target in its own unit, (rows,); see `predict_examples`."""
    if input_spec.task == "classification":
        return part.y
    return input_spec.in_unit_of_target(part.y.astype(float).reshape(-1))


def mean_target(y: np.ndarray) -> np.ndarray:
    """Return targets as one number each, (rows,): of a forecast its mean over the steps."""
    return y if y.ndim == 1 else y.mean(axis=1)
