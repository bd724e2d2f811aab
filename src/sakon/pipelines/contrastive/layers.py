"""The network that learns by comparing views."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from sakon.problem import Examples
from sakon.training.methods import TrainingMethods

from .views import CorruptedViews

FAR = 1e9


@keras.saving.register_keras_serializable(package=__package__)
class LogMean(keras.metrics.Mean):  # type: ignore[misc]
    """Logarithm of a mean; 0 of nothing."""

    def result(self) -> Any:
        """Return log of the weighted mean of what was given."""
        mean = ops.convert_to_tensor(super().result())
        return ops.where(mean > 0, ops.log(ops.maximum(mean, 1e-30)), ops.zeros_like(mean))


@keras.saving.register_keras_serializable(package=__package__)
class ContrastiveNetwork(TrainingMethods, keras.Model):  # type: ignore[misc]
    """Learns to tell two views of one example from views of others.

    Its answer is the projections of both views, of length 1, (batch, 2, projection). `encoder` is what is
    kept of it.

    Args:
        encoder: A model from inputs to the representation, (batch, width).
        head: A model from the representation to the projection, (batch, projection).
        views: A layer from inputs to two views of them.
        temperature: Divides cosine similarities.
        **options: Of Keras' models.
    """

    starts_from_data = True

    def __init__(
        self, encoder: keras.Model, head: keras.Model, views: keras.Layer, temperature: float, **options: Any
    ) -> None:
        super().__init__(**options)
        self.encoder, self.head, self.views = encoder, head, views
        self.temperature = temperature
        self.alignment_tracker = keras.metrics.Mean(name="alignment")
        self.uniformity_tracker = LogMean(name="uniformity")

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the variables of the views; encoder and head have theirs."""
        if not self.views.built:
            self.views.build(input_shape)
        self.built = True

    def prepare(self, train: Examples, steps: int) -> None:
        """Learn from train which inputs belong to one category."""
        if isinstance(self.views, CorruptedViews):
            self.views.group(train.x)

    def call(self, x: Any, training: bool = False) -> Any:
        """Return the projections of two views of each example, (batch, 2, projection)."""
        views = ops.concatenate(self.views(x, training=training), axis=0)
        projected = self.head(self.encoder(views, training=training), training=training)
        return ops.stack(ops.split(ops.normalize(projected, axis=-1), 2, axis=0), axis=1)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return NT-Xent of a batch; see `nt_xent`."""
        first, second = y_pred[:, 0], y_pred[:, 1]
        self.alignment_tracker.update_state(ops.sum(ops.square(first - second), axis=-1))
        rows = ops.cast(ops.shape(first)[0], first.dtype)
        pairs = rows * (rows - 1)
        closeness = ops.exp(-2 * ops.maximum(2 - 2 * first @ ops.transpose(first), 0.0)) * (
            1 - ops.eye(ops.shape(first)[0])
        )
        self.uniformity_tracker.update_state(ops.sum(closeness) / ops.maximum(pairs, 1.0), sample_weight=pairs)
        return nt_xent(first, second, self.temperature)

    def get_config(self) -> dict[str, Any]:
        """Return what the network is made of."""
        parts = {"encoder": self.encoder, "head": self.head, "views": self.views}
        config: dict[str, Any] = super().get_config()
        config.update({name: keras.saving.serialize_keras_object(part) for name, part in parts.items()})
        config["temperature"] = self.temperature
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> ContrastiveNetwork:
        """Make the network from what `get_config` returned."""
        parts = {name: keras.saving.deserialize_keras_object(config.pop(name)) for name in ("encoder", "head", "views")}
        return cls(**parts, **config)


def nt_xent(first: Any, second: Any, temperature: float) -> Any:
    """Return the normalised temperature-scaled cross-entropy of a batch of pairs.

    Chen et al. 2020 (arXiv 2002.05709), eq. 1, averaged over both views of all pairs: how surely each view
    finds its other among all other views of the batch. It is log(2 · batch − 1) where nothing is told apart.

    Args:
        first: Projections of the first views, of length 1, (batch, projection).
        second: Projections of the second views, of length 1, (batch, projection).
        temperature: Divides cosine similarities.
    """
    views = ops.concatenate([first, second], axis=0)
    rows = ops.shape(first)[0]
    similarity = views @ ops.transpose(views) / temperature - FAR * ops.eye(2 * rows)
    positive = ops.sum(first * second, axis=-1) / temperature
    return ops.mean(ops.logsumexp(similarity, axis=-1) - ops.concatenate([positive, positive], axis=0))
