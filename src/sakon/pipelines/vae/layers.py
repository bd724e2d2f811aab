"""The variational autoencoder as a Keras model."""

from __future__ import annotations

from math import log, pi
from typing import Any

import keras
from keras import ops

from sakon.problem import Examples
from sakon.training.methods import TrainingMethods

SPLITS = ("statistics", "decoder")
SMALLEST_VARIANCE = 1e-6


@keras.saving.register_keras_serializable(package=__package__)
class Halves(keras.layers.Layer):  # type: ignore[misc]
    """Parts statistics of a code into its mean and its log-variance, kept where exp neither vanishes nor explodes."""

    def call(self, statistics: Any) -> Any:
        """Return (batch, latent) twice."""
        mean, log_variance = ops.split(statistics, 2, axis=-1)
        return mean, ops.clip(log_variance, -12.0, 12.0)


@keras.saving.register_keras_serializable(package=__package__)
class VariationalAutoencoder(TrainingMethods, keras.Model):  # type: ignore[misc]
    """Maximises the evidence lower bound (Kingma & Welling 2014, arXiv 1312.6114, eq. 3).

    Args:
        statistics: Model from (batch, *shape) to mean and log-variance of the code, side by side.
        decoder: Model from (batch, latent) to logits or means, (batch, *shape).
        likelihood: `bernoulli` or `gaussian`.
        beta: Weight of the divergence.
        warm_up: Epochs over which the weight rises.
        seed: Seed of the noise.
        **arguments: Those of a Keras model.
    """

    starts_from_data = True

    def __init__(
        self,
        statistics: keras.Model,
        decoder: keras.Model,
        likelihood: str,
        beta: float,
        warm_up: int,
        seed: int,
        **arguments: Any,
    ) -> None:
        super().__init__(**arguments)
        self.statistics, self.decoder = statistics, decoder
        self.settings: dict[str, Any] = {"likelihood": likelihood, "beta": beta, "warm_up": warm_up, "seed": seed}
        self.halves = Halves(name="halves")
        self.noise_seed = keras.random.SeedGenerator(seed)
        self.steps_done = self.add_weight(name="steps_done", initializer="zeros", trainable=False)
        self.warm_up_steps = self.add_weight(name="warm_up_steps", initializer="ones", trainable=False)
        if likelihood == "gaussian":
            self.log_noise = self.add_weight(name="log_noise", initializer="zeros")
        self.means = {name: keras.metrics.Mean(name=name) for name in ("elbo", "log_likelihood", "divergence")}
        self.built = True

    @property
    def encoder(self) -> keras.Model:
        """Model from inputs to the mean of the code: what the family represents."""
        mean, _ = self.halves(self.statistics.output)
        return keras.Model(self.statistics.input, mean, name="encoder")

    def prepare(self, train: Examples, steps: int) -> None:
        """Note how many steps the warm-up takes; start the noise level as if the code told nothing."""
        self.warm_up_steps.assign(max(1, self.settings["warm_up"] * steps))
        if self.settings["likelihood"] == "gaussian":
            unexplained = float(train.x.var(axis=0).mean())
            self.log_noise.assign(log(max(unexplained, SMALLEST_VARIANCE)))

    def call(self, x: Any, training: bool = False) -> Any:
        """Return mean and log-variance of the code, and logits or means of the input for a code drawn from them."""
        mean, log_variance = self.halves(self.statistics(x, training=training))
        seed = self.noise_seed if training else self.settings["seed"]  # validation: the same noise in every epoch
        code = mean + ops.exp(log_variance / 2) * keras.random.normal(ops.shape(mean), seed=seed)
        return mean, log_variance, self.decoder(code, training=training)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """Return minus the bound per example, in nats; the divergence weighs less while warming up."""
        mean, log_variance, decoded = y_pred
        log_likelihood = self.log_likelihood(x, decoded)
        divergence = 0.5 * ops.sum(ops.exp(log_variance) + mean**2 - 1 - log_variance, axis=-1)  # appendix B
        found = {"elbo": log_likelihood - divergence, "log_likelihood": log_likelihood, "divergence": divergence}
        for name, values in found.items():
            self.means[name].update_state(values)
        weight = self.settings["beta"] * (self._warmth() if training else 1.0)
        return ops.mean(weight * divergence - log_likelihood)

    def log_likelihood(self, x: Any, decoded: Any) -> Any:
        """Return log p(x | code) per example, summed over its values.

        Args:
            x: Inputs, (batch, *shape).
            decoded: Logits or means from the decoder, (batch, *shape).
        """
        if self.settings["likelihood"] == "bernoulli":
            values = x * decoded - ops.softplus(decoded)
        else:
            values = -0.5 * (log(2 * pi) + self.log_noise + (x - decoded) ** 2 * ops.exp(-self.log_noise))
        return ops.sum(ops.reshape(values, (ops.shape(x)[0], -1)), axis=-1)

    def log_weights(self, x: Any, noise: Any) -> Any:
        """Return log p(x, code) − log q(code | x) for codes drawn from q.

        Their mean is the evidence lower bound, the logarithm of their weights' mean the importance-weighted
        one (Burda et al. 2016, arXiv 1509.00519, eq. 8).

        Args:
            x: Inputs, (batch, *shape).
            noise: Standard normal numbers that the codes are made from, (batch, samples, latent).

        Returns:
            (batch, samples), in nats.
        """
        samples = noise.shape[1]
        noise = ops.reshape(noise, (-1, noise.shape[2]))
        mean, log_variance = (ops.repeat(half, samples, axis=0) for half in self.halves(self.statistics(x)))
        code = mean + ops.exp(log_variance / 2) * noise
        likelihood = self.log_likelihood(ops.repeat(x, samples, axis=0), self.decoder(code))
        ratio = 0.5 * ops.sum(noise**2 + log_variance - code**2, axis=-1)  # log prior − log q
        return ops.reshape(likelihood + ratio, (-1, samples))

    def decoded(self, code: Any) -> Any:
        """Return the mean of the input for codes (batch, latent), (batch, *shape)."""
        decoded = self.decoder(code)
        return ops.sigmoid(decoded) if self.settings["likelihood"] == "bernoulli" else decoded

    def get_config(self) -> dict[str, Any]:
        """Return what the model is made from."""
        parts = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in SPLITS}
        return {**parts, **self.settings, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> VariationalAutoencoder:
        """Make the model anew."""
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in SPLITS}
        return cls(**config | parts)

    def _warmth(self) -> Any:
        """Return the share of the divergence's weight that is in force, and count the step."""
        if not self.settings["warm_up"]:
            return 1.0
        self.steps_done.assign_add(1.0)
        return ops.minimum(1.0, self.steps_done / self.warm_up_steps)
