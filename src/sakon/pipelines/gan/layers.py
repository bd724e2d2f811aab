"""A conditional Wasserstein GAN as one Keras model. This module imports Keras; import it inside functions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from sakon.backends import backend
from sakon.families.conditional import FIXED_SEED, ConditionalGenerator
from sakon.training.methods import OptimizedVariables

MIN_CRITIC_ROWS = 2
VALIDATION_DRAWS = 4
"""Samples per validation example: their mean makes `val_loss` less noisy."""


@keras.saving.register_keras_serializable(package=__package__)
class ConditionalGAN(ConditionalGenerator):
    """A generator and its critic.

    Args:
        generator: Model from noise (rows, latent) and encoded targets to samples in working space.
        critic: Model from examples in working space and encoded targets to scores (rows, 1).
        latent: Width of the noise vector.
        critic_steps: Critic steps per generator step.
        penalty: Weight of the gradient penalty.
        **kwargs: Arguments of `ConditionalGenerator`.
    """

    def __init__(
        self,
        generator: keras.Model,
        critic: keras.Model,
        latent: int,
        critic_steps: int,
        penalty: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.generator, self.critic = generator, critic
        self.latent, self.critic_steps, self.penalty = int(latent), int(critic_steps), float(penalty)
        self.ema_generator = keras.models.clone_model(generator)
        self.ema_generator.set_weights(generator.get_weights())
        self.ema_generator.trainable = False
        self.trackers = {
            name: keras.metrics.Mean(name) for name in ("loss", "generator_loss", "critic_loss", "wasserstein_distance")
        }

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that `from_config` builds the network from."""
        return super().get_config() | {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "critic": keras.saving.serialize_keras_object(self.critic),
            "latent": self.latent,
            "critic_steps": self.critic_steps,
            "penalty": self.penalty,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ConditionalGAN:
        """Build the network from the result of `get_config`."""
        players = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("generator", "critic")}
        return cls(**config | players)

    def compile(
        self, optimizer: keras.optimizers.Optimizer, critic_optimizer: keras.optimizers.Optimizer | None = None
    ) -> None:
        """Set the optimizers of generator and critic."""
        super().compile(optimizer=optimizer)
        self.critic_optimizer: keras.optimizers.Optimizer = critic_optimizer

    def optimized_variables(self) -> list[OptimizedVariables]:
        """Return each optimizer with the variables that it updates."""
        return [
            OptimizedVariables(self.optimizer, self.generator.trainable_variables),
            OptimizedVariables(self.critic_optimizer, self.critic.trainable_variables),
        ]

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Mean metrics of an epoch."""
        return list(self.trackers.values())

    def call(self, inputs: list[KerasTensor], training: bool = False) -> KerasTensor:
        """Return samples for [noise, encoded targets], generated with the averaged weights."""
        return self.ema_generator(inputs, training=training)

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """Shape of the noise that a sample is generated from, (latent,)."""
        return (self.latent,)

    def generate(self, y: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return samples of the averaged generator, (rows, *shape)."""
        return self._compiled_generator(y, noise)

    @cached_property
    def _compiled_generator(self) -> Callable[..., np.ndarray]:
        def samples(y: KerasTensor, noise: KerasTensor) -> KerasTensor:
            return self.to_data_space(self.ema_generator([noise, self.encode_targets(y)], training=False))

        return backend().compile_call(samples, lambda: self.ema_generator.variables)

    def training_step(self, data: tuple[KerasTensor, ...]) -> None:
        """Train the critic for several steps on shares of the batch, then the generator for one step on the batch.

        Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1. `loss` is the energy distance between the
        batch and samples of the averaged generator, because the losses of generator and critic do not fall as samples
        improve.
        """
        x, y = data
        real, condition = self.to_working_space(x), self.encode_targets(y)
        for share in critic_shares(real.shape[0], self.critic_steps):
            loss, distance = self.train_critic(real[share], condition[share])
            self.trackers["critic_loss"].update_state(loss)
            self.trackers["wasserstein_distance"].update_state(distance)
        self.trackers["generator_loss"].update_state(self.train_generator(condition))
        samples = self.ema_generator([self._random_noise(condition), condition], training=False)
        self.trackers["loss"].update_state(self.energy_distance(real, samples, condition))

    def validation_step(self, data: tuple[KerasTensor, ...]) -> None:
        """Measure the energy distance between examples and samples for the same targets, from fixed noise."""
        x, y = data
        real, condition = self.to_working_space(x), self.encode_targets(y)
        for number in range(VALIDATION_DRAWS):
            noise = keras.random.normal((ops.shape(x)[0], self.latent), seed=FIXED_SEED + number)
            samples = self.ema_generator([noise, condition], training=False)
            distance = self.energy_distance(real, samples, condition)
            self.trackers["loss"].update_state(distance, sample_weight=ops.shape(x)[0])

    def validation_results(self) -> Mapping[str, KerasTensor]:
        """Return the energy distance: validation has no losses of generator and critic."""
        return {"loss": self.trackers["loss"].result()}

    def train_critic(self, real: KerasTensor, condition: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Train the critic for one step to score examples above samples (eq. 3).

        Args:
            real: Examples in working space.
            condition: Their encoded targets.

        Returns:
            The critic's loss; its estimate of the Wasserstein distance between examples and samples.
        """
        samples = self.generator([self._random_noise(condition), condition], training=True)
        ratio = keras.random.uniform((ops.shape(real)[0], *[1] * len(self.working_shape)), seed=self.noise_seed)
        interpolated = ratio * real + (1 - ratio) * samples

        def loss() -> tuple[KerasTensor, KerasTensor]:
            distance = ops.mean(self.critic([real, condition], training=True)) - ops.mean(
                self.critic([samples, condition], training=True)
            )
            return self.penalty * gradient_penalty(self.critic, interpolated, condition) - distance, distance

        value, distance = backend().minimize(loss, self.critic_optimizer, self.critic.trainable_variables)
        return value, distance

    def train_generator(self, condition: KerasTensor) -> KerasTensor:
        """Train the generator for one step to raise the critic's scores, and update its moving average.

        Args:
            condition: Encoded targets of the samples.

        Returns:
            The generator's loss.
        """
        noise = self._random_noise(condition)

        def loss() -> tuple[KerasTensor, None]:
            samples = self.generator([noise, condition], training=True)
            return -ops.mean(self.critic([samples, condition], training=True)), None

        value, _ = backend().minimize(loss, self.optimizer, self.generator.trainable_variables)
        self.update_average(self.ema_generator, self.generator, self.optimizer.iterations)
        return value

    def _random_noise(self, condition: KerasTensor) -> KerasTensor:
        return keras.random.normal((ops.shape(condition)[0], self.latent), seed=self.noise_seed)


def gradient_penalty(critic: keras.Model, x: KerasTensor, condition: KerasTensor | None) -> KerasTensor:
    """Return the mean squared deviation of the norm of the critic's gradient from 1: mean of (‖∇f(x)‖ - 1)².

    Gulrajani et al. 2017 (arXiv 1704.00028), eq. 3, without its weight.

    Args:
        critic: Model from [x, condition] to scores (rows, 1).
        x: Points at which the gradient is taken, (rows, *shape).
        condition: Encoded targets, (rows, width).
    """
    gradient = backend().input_gradient(lambda points: critic([points, condition], training=True), x)
    gradient = ops.reshape(gradient, (-1, math.prod(x.shape[1:])))
    norm = ops.sqrt(ops.sum(gradient**2, axis=1) + 1e-12)  # the gradient of the root is infinite at 0
    return ops.mean((norm - 1) ** 2)


def critic_shares(rows: int, steps: int) -> list[slice]:
    """Return the rows of the batch that each critic step uses: equal shares, or all rows if shares are too small."""
    size = rows // steps
    if size < MIN_CRITIC_ROWS:
        return [slice(0, rows)] * steps
    return [slice(i * size, (i + 1) * size) for i in range(steps)]
