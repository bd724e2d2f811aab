"""Loss, metrics and optimizer by task."""

from __future__ import annotations

from sakon.lazy import keras
from sakon.problem import InputSpec


def compile_for_task(model: keras.Model, input_spec: InputSpec, optimizer: keras.optimizers.Optimizer) -> keras.Model:
    """Return the model compiled for the task.

    Cross-entropy and accuracy for classification; squared error and mean absolute error of the
    standardised target for regression; absolute error for a forecast, which single outlying days affect less.
    """
    if input_spec.task == "classification":
        model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    elif input_spec.task == "forecast":
        model.compile(optimizer, loss="mae", metrics=["mse"])
    else:
        model.compile(optimizer, loss="mse", metrics=["mae"])
    return model


def adamw(learning_rate: float, weight_decay: float) -> keras.optimizers.Optimizer:
    """Return AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101), gradients clipped to norm 1.

    Args:
        learning_rate: Step size.
        weight_decay: Decoupled weight decay.
    """
    return keras.optimizers.AdamW(learning_rate, weight_decay=weight_decay, clipnorm=1.0)
