"""The autoencoder as a Keras model."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from sakon.training.methods import TrainingMethods


@keras.saving.register_keras_serializable(package=__package__)
class Autoencoder(TrainingMethods, keras.Model):  # type: ignore[misc]
    """Rebuilds its input; the loss is the squared error of an input's values, averaged.

    Args:
        encoder: Model from (batch, *shape) to (batch, latent).
        decoder: Model from (batch, latent) to (batch, *shape).
        noise: Standard deviation of the noise on the input while training.
        seed: Seed of the noise.
        **arguments: Those of a Keras model.
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, noise: float, seed: int, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.encoder, self.decoder = encoder, decoder
        self.noise, self.seed = noise, seed
        self.noise_seed = keras.random.SeedGenerator(seed)
        self.built = True  # both parts have their weights already

    def call(self, x: Any, training: bool = False) -> Any:
        """Return the reconstruction, (batch, *shape)."""
        if training and self.noise:
            x = x + self.noise * keras.random.normal(ops.shape(x), seed=self.noise_seed)
        return self.decoder(self.encoder(x, training=training), training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return the mean squared error of the reconstruction; the target plays no part."""
        return ops.mean(ops.square(y_pred - x))

    def get_config(self) -> dict[str, Any]:
        """Return what the model is made from."""
        parts = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("encoder", "decoder")}
        return {**parts, "noise": self.noise, "seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Autoencoder:
        """Make the model anew."""
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("encoder", "decoder")}
        return cls(**config | parts)
