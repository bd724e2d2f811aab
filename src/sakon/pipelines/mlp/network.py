"""The mlp as a Keras model with a training of its own. This module imports Keras; import it inside functions."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from sakon.backends import Tensor
from sakon.models.predict import flatten
from sakon.problem import Examples
from sakon.training.methods import TrainingMethods
from sakon.training.steps import build_metrics, train_on_batch

from .layers import OutputRange, PeriodicEmbedding, RobustScaling, ScaledDense, ScheduledDropout
from .schedules import rate_factor, regularization_factor

MAX_INITIAL_ROWS = 4096
"""Train examples from which initial weights are computed."""


@keras.saving.register_keras_serializable(package=__package__)
class RealMLP(TrainingMethods, keras.Model):  # type: ignore[misc]
    """A functional model trained by the recipe of RealMLP-TD (Holzmüller et al. 2024, arXiv 2407.04491, table A.1).

    Learning rate, dropout and weight decay follow schedules of the share of all steps that is done; initial weights
    follow from the data.

    Args:
        *args: Inputs and outputs, as of `keras.Model`.
        epochs: Epochs of the schedules.
        learning_rate: Maximum step size of Adam.
        weight_decay: Decoupled decay of the kernels of dense layers, in the first half.
        dropout: Rate of dropout in the first half.
        label_smoothing: Share of the target that all classes have alike, in training.
        **kwargs: Keyword arguments of `keras.Model`.
    """

    starts_from_data = True
    weighs_examples = True

    def __init__(
        self,
        *args: Any,
        epochs: int = 1,
        learning_rate: float = 0.04,
        weight_decay: float = 0.0,
        dropout: float = 0.0,
        label_smoothing: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.epochs, self.learning_rate, self.weight_decay = epochs, learning_rate, weight_decay
        self.dropout, self.label_smoothing = dropout, label_smoothing
        self.steps_done = self.add_weight(shape=(), initializer="zeros", trainable=False, name="steps_done")
        self.total_steps = self.add_weight(shape=(), initializer="ones", trainable=False, name="total_steps")

    def prepare(self, train: Examples, steps: int) -> None:
        """Set the length of the schedules, the scaling of the inputs and the initial weights.

        Args:
            train: Train examples.
            steps: Steps per epoch.
        """
        self.total_steps.assign(float(self.epochs * steps))
        rows = np.random.default_rng(0).permutation(len(train))[:MAX_INITIAL_ROWS]
        for layer in self.layers:
            if isinstance(layer, RobustScaling):
                layer.adapt(flatten(train.x))
            elif isinstance(layer, OutputRange):
                layer.adapt(train.y)
        for layer in self.layers:
            if isinstance(layer, ScaledDense):
                inputs = keras.Model(self.input, layer.input)(train.x[rows])
                layer.adapt(ops.convert_to_numpy(inputs))

    def build_metrics(self, y: np.ndarray) -> None:
        """Create the variables of the compiled metrics, which Keras otherwise creates in the first step."""
        build_metrics(self, y)

    def patience(self, patience: int, best_epoch: int) -> int:
        """Return a patience that grows with the best epoch: the rate rises and falls in cycles of growing length."""
        return patience + 2 * best_epoch

    def training_step(self, data: tuple[Tensor, ...]) -> None:
        """Train for one step of the schedules."""
        progress = ops.minimum(self.steps_done / self.total_steps, 1.0)
        self.steps_done.assign_add(1.0)
        factor = regularization_factor(progress)
        self.optimizer.learning_rate.assign(self.learning_rate * rate_factor(progress))
        for layer in self.layers:
            if isinstance(layer, ScheduledDropout):
                layer.rate.assign(self.dropout * factor)
        train_on_batch(self, data)
        decay = 1 - self.optimizer.learning_rate * self.weight_decay * factor
        for layer in self.layers:
            if isinstance(layer, ScaledDense | PeriodicEmbedding):
                layer.kernel.assign(layer.kernel * decay)

    def compute_loss(
        self,
        x: KerasTensor | None = None,
        y: KerasTensor | None = None,
        y_pred: KerasTensor | None = None,
        sample_weight: KerasTensor | None = None,
        training: bool = True,
    ) -> KerasTensor:
        """Return the compiled loss, in training with smoothed labels (Szegedy et al. 2016, arXiv 1512.00567)."""
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        if not training or not self.label_smoothing:
            return loss
        uniform = -ops.mean(ops.log(ops.maximum(y_pred, keras.config.epsilon())), axis=-1)
        uniform = ops.mean(uniform if sample_weight is None else uniform * ops.reshape(sample_weight, (-1,)))
        return (1 - self.label_smoothing) * loss + self.label_smoothing * uniform

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that `from_config` builds the model from."""
        names = ("epochs", "learning_rate", "weight_decay", "dropout", "label_smoothing")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
