"""A conditional Wasserstein GAN as one Keras model."""

from __future__ import annotations

import math
from typing import Any

import keras
import tensorflow as tf
from keras import ops

from sakon.families.conditional import FIXED_SEED, ConditionalGenerator
from sakon.training.methods import OptimizedVariables

FEWEST_ROWS = 2
FIXED_DRAWS = 4


@keras.saving.register_keras_serializable(package=__package__)
class ConditionalGAN(ConditionalGenerator):
    """A generator and its critic.

    Args:
        generator: From noise (rows, latent) and encoded targets to samples in working space.
        critic: From examples in working space and encoded targets to scores (rows, 1).
        latent: Numbers of noise.
        critic_steps: Steps of the critic per step of the generator.
        penalty: Weight of the gradient penalty.
        **kwargs: See `ConditionalGenerator`.
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
        self.average = keras.models.clone_model(generator)
        self.average.set_weights(generator.get_weights())
        self.average.trainable = False
        self.means = {
            name: keras.metrics.Mean(name) for name in ("loss", "generator_loss", "critic_loss", "wasserstein_distance")
        }

    def get_config(self) -> dict[str, Any]:
        """Return what the network is made from, for `from_config`."""
        return super().get_config() | {
            "generator": keras.saving.serialize_keras_object(self.generator),
            "critic": keras.saving.serialize_keras_object(self.critic),
            "latent": self.latent,
            "critic_steps": self.critic_steps,
            "penalty": self.penalty,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ConditionalGAN:
        """Make the network anew from `get_config`."""
        parts = {name: keras.saving.deserialize_keras_object(config[name]) for name in ("generator", "critic")}
        return cls(**config | parts)

    def compile(self, optimizer: Any, critic_optimizer: Any = None) -> None:
        """Set the optimizers of the generator and of the critic."""
        super().compile(optimizer=optimizer)
        self.critic_optimizer = critic_optimizer

    def optimized_variables(self) -> list[OptimizedVariables]:
        """Return each optimizer with the variables that it updates."""
        return [
            OptimizedVariables(self.optimizer, self.generator.trainable_variables),
            OptimizedVariables(self.critic_optimizer, self.critic.trainable_variables),
        ]

    @property
    def metrics(self) -> list[Any]:
        """Means over an epoch."""
        return list(self.means.values())

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return samples for (noise, encoded targets), drawn with the averaged weights."""
        return self.average(inputs, training=training)

    def draw(self, condition: Any, seed: Any) -> Any:
        """Draw samples in working space for encoded targets."""
        noise = tf.random.stateless_normal((ops.shape(condition)[0], self.latent), seed)
        return self.average([noise, condition], training=False)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Improve the critic some steps on parts of a batch, then the generator one on the whole.

        Gulrajani et al. 2017 (arXiv 1704.00028), algorithm 1. `loss` is the energy distance between the
        batch and samples of the averaged generator: neither player's own loss falls as samples improve.
        """
        x, y = data
        real, condition = self.to_working(x), self.encode(y)
        for part in _parts(real.shape[0], self.critic_steps):
            loss, distance = self.improve_critic(real[part], condition[part])
            self.means["critic_loss"].update_state(loss)
            self.means["wasserstein_distance"].update_state(distance)
        self.means["generator_loss"].update_state(self.improve_generator(condition))
        drawn = self.average([self._noise_for(condition), condition], training=False)
        self.means["loss"].update_state(self.energy_distance(real, drawn, condition))
        return {name: mean.result() for name, mean in self.means.items()}

    def test_step(self, data: Any) -> dict[str, Any]:
        """Compare examples with samples for the same targets from fixed noise."""
        x, y = data
        real, condition = self.to_working(x), self.encode(y)
        for number in range(FIXED_DRAWS):
            distance = self.energy_distance(real, self.draw(condition, [FIXED_SEED, number]), condition)
            self.means["loss"].update_state(distance, sample_weight=ops.shape(x)[0])
        return {"loss": self.means["loss"].result()}

    def improve_critic(self, real: Any, condition: Any) -> tuple[Any, Any]:
        """Let the critic score examples above samples; eq. 3.

        Args:
            real: Examples in working space.
            condition: Their encoded targets.

        Returns:
            The critic's loss; how far it sees samples from examples, its estimate of the Wasserstein distance.
        """
        drawn = self.generator([self._noise_for(condition), condition], training=True)
        between = keras.random.uniform((ops.shape(real)[0], *[1] * len(self.working)), seed=self.noise)
        with tf.GradientTape() as tape:
            distance = ops.mean(self.critic([real, condition], training=True)) - ops.mean(
                self.critic([drawn, condition], training=True)
            )
            mixed = between * real + (1 - between) * drawn
            loss = self.penalty * gradient_penalty(self.critic, mixed, condition) - distance
        variables = self.critic.trainable_variables
        self.critic_optimizer.apply(tape.gradient(loss, variables), variables)
        return loss, distance

    def improve_generator(self, condition: Any) -> Any:
        """Let the generator raise the critic's scores; its average follows.

        Args:
            condition: Encoded targets to draw for.

        Returns:
            The generator's loss.
        """
        noise = self._noise_for(condition)
        with tf.GradientTape() as tape:
            drawn = self.generator([noise, condition], training=True)
            loss = -ops.mean(self.critic([drawn, condition], training=True))
        variables = self.generator.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self.follow(self.average, self.generator, self.optimizer.iterations)
        return loss

    def _noise_for(self, condition: Any) -> Any:
        return keras.random.normal((ops.shape(condition)[0], self.latent), seed=self.noise)


def gradient_penalty(critic: Any, x: Any, condition: Any) -> Any:
    """Return how far the critic's gradients are from norm 1: mean of (‖∇f(x)‖ - 1)².

    Gulrajani et al. 2017 (arXiv 1704.00028), eq. 3, without its weight.

    Args:
        critic: From [x, condition] to scores (rows, 1).
        x: Where to look at the gradient, (rows, *shape).
        condition: Encoded targets, (rows, width).
    """
    with tf.GradientTape() as tape:
        tape.watch(x)
        scores = critic([x, condition], training=True)
    gradient = ops.reshape(tape.gradient(scores, x), (-1, math.prod(x.shape[1:])))
    norm = ops.sqrt(ops.sum(gradient**2, axis=1) + 1e-12)  # whose gradient at 0 would be infinite
    return ops.mean((norm - 1) ** 2)


def _parts(rows: int, steps: int) -> list[slice]:
    """Share a batch out among steps; each gets all of it where there is too little."""
    size = rows // steps
    if size < FEWEST_ROWS:
        return [slice(0, rows)] * steps
    return [slice(i * size, (i + 1) * size) for i in range(steps)]
