"""The autoencoder as a Keras model. This module imports Keras; import it inside functions."""

from __future__ import annotations

from typing import Any

import keras
from keras import KerasTensor, ops

from sakon.training.methods import TrainingMethods


@keras.saving.register_keras_serializable(package=__package__)
class Autoencoder(TrainingMethods, keras.Model):  # type: ignore[misc]
    """Reconstructs its inputs; the loss is the mean squared error of the input values.

    Args:
        encoder: Model from (batch, *shape) to (batch, latent).
        decoder: Model from (batch, latent) to (batch, *shape).
        noise: Standard deviation of the Gaussian noise added to the inputs during training.
        seed: Seed of the noise.
        **kwargs: Arguments of `keras.Model`.
    """

    def __init__(self, encoder: keras.Model, decoder: keras.Model, noise: float, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.encoder, self.decoder = encoder, decoder
        self.noise, self.seed = noise, seed
        self.noise_seed = keras.random.SeedGenerator(seed)
        self.built = True  # encoder and decoder are built already

    def call(self, x: KerasTensor, training: bool = False) -> KerasTensor:
        """Return the reconstruction, (batch, *shape)."""
        if training and self.noise:
            x = x + self.noise * keras.random.normal(ops.shape(x), seed=self.noise_seed)
        return self.decoder(self.encoder(x, training=training), training=training)

    def compute_loss(
        self,
        x: KerasTensor,
        y: KerasTensor | None,
        y_pred: KerasTensor,
        sample_weight: KerasTensor | None = None,
        training: bool = True,
    ) -> KerasTensor:
        """Return the mean squared error of the reconstruction; the target is not used."""
        return ops.mean(ops.square(y_pred - x))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that `from_config` builds the model from."""
        submodels = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in ("encoder", "decoder")}
        return {**submodels, "noise": self.noise, "seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Autoencoder:
        """Build the model from the result of `get_config`."""
        submodels = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("encoder", "decoder")}
        return cls(**config | submodels)
