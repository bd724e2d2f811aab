"""Predictions and targets in the form that metrics read."""

from __future__ import annotations

import numpy as np

from sakon.lazy import TrainedModel, pd
from sakon.models.predict import predict_outputs, select_inputs
from sakon.problem import Examples, InputSpec


def predict_examples(model: TrainedModel, examples: Examples, input_spec: InputSpec) -> np.ndarray:
    """Return probabilities (rows, classes), or predictions in the target's unit (rows,).

    A forecast has one row per example and step.
    """
    return to_predictions(predict_outputs(model, select_inputs(model, examples).x), input_spec)


def to_predictions(outputs: np.ndarray, input_spec: InputSpec) -> np.ndarray:
    """Convert outputs of a model (see `predict_outputs`) to predictions (see `predict_examples`)."""
    return outputs if input_spec.task == "classification" else input_spec.in_unit_of_target(outputs.reshape(-1))


def target_values(examples: Examples, input_spec: InputSpec) -> np.ndarray:
    """Return class indices, or the target in its unit, one value per row of `predict_examples`, (rows,)."""
    if input_spec.task == "classification":
        return examples.y
    return input_spec.in_unit_of_target(examples.y.astype(float).reshape(-1))


def mean_target(y: np.ndarray) -> np.ndarray:
    """Return one target per example, (rows,): for a forecast the mean over its steps."""
    return y if y.ndim == 1 else y.mean(axis=1)


def no_predictions() -> pd.DataFrame:
    """Return the table of predictions of a family that has none."""
    return pd.DataFrame({"split": [], "row": [], "actual": []})
