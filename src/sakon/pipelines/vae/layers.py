"""The variational autoencoder as a Keras model. This module imports Keras; import it inside functions."""

from __future__ import annotations

from math import log, pi
from typing import Any

import keras
from keras import KerasTensor, ops

from sakon.layers.fixed_seed import FixedSeed
from sakon.problem import Examples
from sakon.training.methods import TrainingMethods

SUBMODELS = ("statistics", "decoder")
MIN_VARIANCE = 1e-6
MAX_LOG_VARIANCE = 12.0


@keras.saving.register_keras_serializable(package=__package__)
class SplitStatistics(keras.layers.Layer):  # type: ignore[misc]
    """Splits the statistics of a code into mean and log-variance, and clips the latter so that exp stays finite."""

    def call(self, statistics: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Return mean and log-variance, (batch, latent) each, of statistics (batch, 2 · latent)."""
        mean, log_variance = ops.split(statistics, 2, axis=-1)
        return mean, ops.clip(log_variance, -MAX_LOG_VARIANCE, MAX_LOG_VARIANCE)


@keras.saving.register_keras_serializable(package=__package__)
class VariationalAutoencoder(TrainingMethods, keras.Model):  # type: ignore[misc]
    """Maximizes the evidence lower bound, ELBO (Kingma & Welling 2014, arXiv 1312.6114, eq. 3).

    Args:
        statistics: Model from (batch, *shape) to mean and log-variance of the code, (batch, 2 · latent).
        decoder: Model from (batch, latent) to logits (`bernoulli`) or means (`gaussian`), (batch, *shape).
        likelihood: `bernoulli` or `gaussian`.
        beta: Weight of the divergence.
        warm_up: Epochs over which the weight rises from 0.
        seed: Seed of the noise.
        **kwargs: Arguments of `keras.Model`.
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
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.statistics, self.decoder = statistics, decoder
        self.likelihood, self.beta, self.warm_up, self.seed = likelihood, beta, warm_up, seed
        self.split_statistics = SplitStatistics(name="split_statistics")
        self.noise_seed = keras.random.SeedGenerator(seed)
        self.steps_done = self.add_weight(name="steps_done", initializer="zeros", trainable=False)
        self.warm_up_steps = self.add_weight(name="warm_up_steps", initializer="ones", trainable=False)
        if likelihood == "gaussian":
            self.noise_log_variance = self.add_weight(name="noise_log_variance", initializer="zeros")
        self.trackers = {name: keras.metrics.Mean(name=name) for name in ("elbo", "log_likelihood", "divergence")}
        self.built = True  # statistics and decoder are built already

    @property
    def encoder(self) -> keras.Model:
        """Model from inputs to the mean of the code, (batch, latent): the representation."""
        mean, _ = self.split_statistics(self.statistics.output)
        return keras.Model(self.statistics.input, mean, name="encoder")

    def prepare(self, train: Examples, steps: int) -> None:
        """Set the steps of the warm-up, and the noise variance to the variance of the inputs."""
        self.warm_up_steps.assign(max(1, self.warm_up * steps))
        if self.likelihood == "gaussian":
            variance = float(train.x.var(axis=0).mean())
            self.noise_log_variance.assign(log(max(variance, MIN_VARIANCE)))

    def call(self, x: KerasTensor, training: bool = False) -> tuple[KerasTensor, KerasTensor, KerasTensor]:
        """Return mean and log-variance of the code, and the decoder's output for a code drawn from them."""
        mean, log_variance = self.split_statistics(self.statistics(x, training=training))
        seed = self.noise_seed if training else FixedSeed(self.noise_seed)  # validation: the same in every epoch
        code = mean + ops.exp(log_variance / 2) * keras.random.normal(ops.shape(mean), seed=seed)
        return mean, log_variance, self.decoder(code, training=training)

    def compute_loss(
        self,
        x: KerasTensor,
        y: KerasTensor | None,
        y_pred: tuple[KerasTensor, KerasTensor, KerasTensor],
        sample_weight: KerasTensor | None = None,
        training: bool = True,
    ) -> KerasTensor:
        """Return the negative ELBO per example, in nats; in training the divergence is weighted by the warm-up."""
        mean, log_variance, decoder_output = y_pred
        log_likelihood = self.log_likelihood(x, decoder_output)
        divergence = 0.5 * ops.sum(ops.exp(log_variance) + mean**2 - 1 - log_variance, axis=-1)  # appendix B
        terms = {"elbo": log_likelihood - divergence, "log_likelihood": log_likelihood, "divergence": divergence}
        for name, values in terms.items():
            self.trackers[name].update_state(values)
        weight = self.beta * (self._next_warm_up_factor() if training else 1.0)
        return ops.mean(weight * divergence - log_likelihood)

    def log_likelihood(self, x: KerasTensor, decoder_output: KerasTensor) -> KerasTensor:
        """Return log p(x | code) per example, (batch,): the sum over its values, in nats.

        Args:
            x: Inputs, (batch, *shape).
            decoder_output: Logits or means, (batch, *shape).
        """
        if self.likelihood == "bernoulli":
            values = x * decoder_output - ops.softplus(decoder_output)
        else:
            squares = (x - decoder_output) ** 2
            values = -0.5 * (log(2 * pi) + self.noise_log_variance + squares * ops.exp(-self.noise_log_variance))
        return ops.sum(ops.reshape(values, (ops.shape(x)[0], -1)), axis=-1)

    def log_importance_weights(self, x: KerasTensor, noise: KerasTensor) -> KerasTensor:
        """Return log p(x, code) − log q(code | x) for codes drawn from q.

        Their mean is the ELBO; the logarithm of the mean of their exponentials is the importance-weighted bound
        (Burda et al. 2016, arXiv 1509.00519, eq. 8).

        Args:
            x: Inputs, (batch, *shape).
            noise: Standard normal noise, from which the codes are computed, (batch, samples, latent).

        Returns:
            (batch, samples), in nats.
        """
        samples = noise.shape[1]
        noise = ops.reshape(noise, (-1, noise.shape[2]))
        mean, log_variance = (
            ops.repeat(statistic, samples, axis=0) for statistic in self.split_statistics(self.statistics(x))
        )
        code = mean + ops.exp(log_variance / 2) * noise
        log_likelihood = self.log_likelihood(ops.repeat(x, samples, axis=0), self.decoder(code))
        log_ratio = 0.5 * ops.sum(noise**2 + log_variance - code**2, axis=-1)  # log prior − log q
        return ops.reshape(log_likelihood + log_ratio, (-1, samples))

    def decode(self, code: KerasTensor) -> KerasTensor:
        """Return the mean of the inputs, (batch, *shape), given codes (batch, latent)."""
        decoder_output = self.decoder(code)
        return ops.sigmoid(decoder_output) if self.likelihood == "bernoulli" else decoder_output

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that `from_config` builds the model from."""
        submodels = {name: keras.saving.serialize_keras_object(getattr(self, name)) for name in SUBMODELS}
        numbers = {"beta": self.beta, "warm_up": self.warm_up, "seed": self.seed}
        return {**submodels, "likelihood": self.likelihood, **numbers, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> VariationalAutoencoder:
        """Build the model from the result of `get_config`."""
        submodels = {name: keras.saving.deserialize_keras_object(config[name]) for name in SUBMODELS}
        return cls(**config | submodels)

    def _next_warm_up_factor(self) -> KerasTensor | float:
        """Count a training step, and return the factor of the divergence's weight in it, in (0, 1]."""
        if not self.warm_up:
            return 1.0
        self.steps_done.assign_add(1.0)
        return ops.minimum(1.0, self.steps_done / self.warm_up_steps)
