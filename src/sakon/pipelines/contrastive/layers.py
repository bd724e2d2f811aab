"""The contrastive network as a Keras model. This module imports Keras; import it inside functions."""

from __future__ import annotations

from typing import Any

import keras
from keras import KerasTensor, ops

from sakon.problem import Examples
from sakon.training.methods import TrainingMethods

from .views import CorruptedViews, Views

SUBMODELS = ("encoder", "projection_head", "views")
MASK = 1e9
"""Subtracted from a view's similarity to itself, so that it is no negative."""


@keras.saving.register_keras_serializable(package=__package__)
class LogMean(keras.metrics.Mean):  # type: ignore[misc]
    """Logarithm of a weighted mean; 0 if there are no values."""

    def result(self) -> KerasTensor:
        """Return the logarithm of the weighted mean."""
        mean = ops.convert_to_tensor(super().result())
        return ops.where(mean > 0, ops.log(ops.maximum(mean, 1e-30)), ops.zeros_like(mean))


@keras.saving.register_keras_serializable(package=__package__)
class ContrastiveNetwork(TrainingMethods, keras.Model):  # type: ignore[misc]
    """Learns to identify the second view of an example among views of other examples.

    Its outputs are the projections of both views, of length 1, (batch, 2, projection).

    Args:
        encoder: Model from inputs to the representation, (batch, width).
        projection_head: Model from the representation to the projection, (batch, projection).
        views: Layer from inputs to two views of them.
        temperature: Divisor of the cosine similarities.
        **kwargs: Arguments of `keras.Model`.
    """

    starts_from_data = True

    def __init__(
        self, encoder: keras.Model, projection_head: keras.Model, views: Views, temperature: float, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.encoder, self.projection_head, self.views = encoder, projection_head, views
        self.temperature = temperature
        self.alignment_tracker = keras.metrics.Mean(name="alignment")
        self.uniformity_tracker = LogMean(name="uniformity")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the variables of the views; encoder and projection head are built already."""
        if not self.views.built:
            self.views.build(input_shape)
        self.built = True

    def prepare(self, train: Examples, steps: int) -> None:
        """Find in the train examples which inputs encode one category."""
        if isinstance(self.views, CorruptedViews):
            self.views.adapt(train.x)

    def call(self, x: KerasTensor, training: bool = False) -> KerasTensor:
        """Return the projections of two views of each example, (batch, 2, projection)."""
        views = ops.concatenate(self.views(x, training=training), axis=0)
        projections = self.projection_head(self.encoder(views, training=training), training=training)
        return ops.stack(ops.split(ops.normalize(projections, axis=-1), 2, axis=0), axis=1)

    def compute_loss(
        self,
        x: KerasTensor,
        y: KerasTensor | None,
        y_pred: KerasTensor,
        sample_weight: KerasTensor | None = None,
        training: bool = True,
    ) -> KerasTensor:
        """Return the loss of a batch, `nt_xent`; the target is not used."""
        first, second = y_pred[:, 0], y_pred[:, 1]
        self.alignment_tracker.update_state(ops.sum(ops.square(first - second), axis=-1))
        rows = ops.cast(ops.shape(first)[0], first.dtype)
        pairs = rows * (rows - 1)
        potentials = ops.exp(-2 * ops.maximum(2 - 2 * first @ ops.transpose(first), 0.0)) * (
            1 - ops.eye(ops.shape(first)[0])
        )
        self.uniformity_tracker.update_state(ops.sum(potentials) / ops.maximum(pairs, 1.0), sample_weight=pairs)
        return nt_xent(first, second, self.temperature)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that `from_config` builds the network from."""
        config: dict[str, Any] = super().get_config()
        config.update({name: keras.saving.serialize_keras_object(getattr(self, name)) for name in SUBMODELS})
        config["temperature"] = self.temperature
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> ContrastiveNetwork:
        """Build the network from the result of `get_config`."""
        submodels = {name: keras.saving.deserialize_keras_object(config[name]) for name in SUBMODELS}
        return cls(**config | submodels)


def nt_xent(first: KerasTensor, second: KerasTensor, temperature: float) -> KerasTensor:
    """Return the normalised temperature-scaled cross-entropy (NT-Xent) of a batch of pairs.

    Chen et al. 2020 (arXiv 2002.05709), eq. 1, averaged over both views of all pairs: the cross-entropy of
    identifying the other view of a pair among all other views of the batch. It is log(2 · batch − 1) if all
    similarities are equal.

    Args:
        first: Projections of the first views, of length 1, (batch, projection).
        second: Projections of the second views, of length 1, (batch, projection).
        temperature: Divisor of the cosine similarities.
    """
    views = ops.concatenate([first, second], axis=0)
    rows = ops.shape(first)[0]
    similarity = views @ ops.transpose(views) / temperature - MASK * ops.eye(2 * rows)
    positive = ops.sum(first * second, axis=-1) / temperature
    return ops.mean(ops.logsumexp(similarity, axis=-1) - ops.concatenate([positive, positive], axis=0))
