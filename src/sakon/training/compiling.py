"""Loss, metrics and optimizer by task."""

from __future__ import annotations

from typing import Protocol

from sakon.lazy import keras
from sakon.problem import InputSpec


class OptimizerConfig(Protocol):
    """The fields of a family's configuration that the optimizer uses."""

    @property
    def learning_rate(self) -> float:
        """Step size of AdamW."""

    @property
    def weight_decay(self) -> float:
        """Decoupled weight decay."""


def compile_for_task(model: keras.Model, input_spec: InputSpec, config: OptimizerConfig) -> keras.Model:
    """Return the model compiled for the task.

    Cross-entropy and accuracy for classification; squared error and mean absolute error of the
    standardised target for regression; absolute error for a forecast, which single outlying days affect less.
    """
    if input_spec.task == "classification":
        model.compile(adamw(config), loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    elif input_spec.task == "forecast":
        model.compile(adamw(config), loss="mae", metrics=["mse"])
    else:
        model.compile(adamw(config), loss="mse", metrics=["mae"])
    return model


def adamw(config: OptimizerConfig) -> keras.optimizers.Optimizer:
    """Return AdamW (Loshchilov & Hutter 2019, arXiv 1711.05101), gradients clipped to norm 1."""
    return keras.optimizers.AdamW(config.learning_rate, weight_decay=config.weight_decay, clipnorm=1.0)
