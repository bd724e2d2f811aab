"""Answers of a trained model, whichever library made it."""

from __future__ import annotations

from typing import Any

import numpy as np

from sakon.lazy import keras
from sakon.problem import Examples

LARGEST_BATCH = 4096
TOKENS = "tokens"
"""Name of the input of models that read token numbers."""


def predict_outputs(model: Any, x: np.ndarray) -> np.ndarray:
    """Return what a model answers.

    Args:
        model: A Keras model, or a scikit-learn classifier or regressor fitted on class indices or
            on the standardised target.
        x: Inputs, (rows, *shape).

    Returns:
        Class probabilities (rows, classes), or the standardised target (rows, 1 or horizon), float64; of a network
        that does something else, whatever it returns.
    """
    if not isinstance(model, keras.Model):
        return _sklearn_outputs(model, x)
    call = _compiled_call(model, x)
    starts = range(0, len(x), LARGEST_BATCH)
    batches = [np.asarray(call(x[start : start + LARGEST_BATCH])) for start in starts]
    return np.concatenate(batches).astype(np.float64)


def reads_tokens(model: Any) -> bool:
    """Say whether a model reads examples token by token."""
    inputs = getattr(model, "inputs", None) if isinstance(model, keras.Model) else None
    return [tensor.name for tensor in inputs or ()] == [TOKENS]


def select_inputs(model: Any, part: Examples) -> Examples:
    """Return examples in the form that a model reads: `x`, or where it reads tokens, those as `x`."""
    if part.tokens is None or not reads_tokens(model):
        return part
    return Examples(part.tokens, part.y, part.row)


def flatten(x: np.ndarray) -> np.ndarray:
    """Return examples (rows, *shape) as vectors (rows, width)."""
    return x.reshape(len(x), -1)


def _sklearn_outputs(model: Any, x: np.ndarray) -> np.ndarray:
    if hasattr(model, "predict_proba"):
        return np.asarray(model.predict_proba(flatten(x)), dtype=np.float64)
    return np.asarray(model.predict(flatten(x)), dtype=np.float64).reshape(len(x), -1)


def _compiled_call(model: keras.Model, x: np.ndarray) -> Any:
    """Return the model as one graph function, kept on the model: tracing it costs more than a call."""
    import tensorflow as tf

    if not hasattr(model, "_sakon_call"):
        signature = [tf.TensorSpec((None, *x.shape[1:]), x.dtype)]
        model._sakon_call = tf.function(lambda x: model(x, training=False), input_signature=signature)
    return model._sakon_call
