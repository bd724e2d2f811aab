"""Outputs of a trained model for arrays of inputs, whichever library it comes from."""

from __future__ import annotations

import numpy as np

from sakon.layers.adapters import TOKENS
from sakon.lazy import TrainedModel
from sakon.models.formats import format_for
from sakon.problem import Examples


def predict_outputs(model: TrainedModel, x: np.ndarray) -> np.ndarray:
    """Return the outputs of a model.

    Args:
        model: A Keras model, or a scikit-learn classifier or regressor fitted on class indices or on the standardised
            target.
        x: Inputs, (rows, *shape).

    Returns:
        Class probabilities (rows, classes), or the standardised target (rows, 1 or horizon), float64; for a network
        trained for another purpose, its outputs.
    """
    return format_for(model).outputs(model, x)


def reads_tokens(model: TrainedModel) -> bool:
    """Return whether the inputs of a model are token numbers."""
    try:
        inputs = model.inputs
    except AttributeError:  # a scikit-learn model, or a network that is a subclass of `keras.Model`
        return False
    return [tensor.name for tensor in inputs] == [TOKENS]


def select_inputs(model: TrainedModel, examples: Examples) -> Examples:
    """Return examples with the inputs that a model reads as `x`: their tokens if it reads tokens."""
    if examples.tokens is None or not reads_tokens(model):
        return examples
    return Examples(examples.tokens, examples.y, examples.row)


def flatten(x: np.ndarray) -> np.ndarray:
    """Return examples (rows, *shape) as vectors (rows, width)."""
    return x.reshape(len(x), -1)
