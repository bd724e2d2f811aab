"""A conditional diffusion model as one Keras model."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from sakon.families.conditional import FIXED_SEED, ConditionalGenerator

OFFSET = 0.008
LARGEST_STEP = 0.999
TIME_WIDTH = 32
FIXED_DRAWS = 4
GOLDEN = 0.6180339887


@keras.saving.register_keras_serializable(package=__package__)
class ConditionalDiffusion(ConditionalGenerator):
    """A denoiser, and how samples are drawn with it.

    The denoiser answers with the velocity v = √ᾱ ε - √(1-ᾱ) x of Salimans & Ho 2022 (arXiv 2202.00512, section
    4.2), from which both noise and clean example follow without dividing by what vanishes.

    Args:
        denoiser: From noisy examples in working space, features of the time (rows, `TIME_WIDTH`) and
            encoded targets to velocities.
        noise_levels: Levels of noise.
        sampling_steps: Steps from pure noise to a sample.
        guidance: Weight of guidance; 0 is none.
        unconditional: Share of training examples whose target is hidden.
        **kwargs: See `ConditionalGenerator`.
    """

    def __init__(
        self,
        denoiser: keras.Model,
        noise_levels: int,
        sampling_steps: int,
        guidance: float,
        unconditional: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.denoiser = denoiser
        self.noise_levels, self.sampling_steps = int(noise_levels), min(int(sampling_steps), int(noise_levels))
        self.guidance, self.unconditional = float(guidance), float(unconditional)
        self.average = keras.models.clone_model(denoiser)
        self.average.set_weights(denoiser.get_weights())
        self.average.trainable = False
        self.kept_signal = cosine_schedule(self.noise_levels)
        self.times = np.linspace(self.noise_levels, 0, self.sampling_steps + 1).round().astype(np.int32)
        self.means = {name: keras.metrics.Mean(name) for name in ("loss", "noise_error")}

    def get_config(self) -> dict[str, Any]:
        """Return what the network is made from, for `from_config`."""
        return super().get_config() | {
            "denoiser": keras.saving.serialize_keras_object(self.denoiser),
            "noise_levels": self.noise_levels,
            "sampling_steps": self.sampling_steps,
            "guidance": self.guidance,
            "unconditional": self.unconditional,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ConditionalDiffusion:
        """Make the network anew from `get_config`."""
        return cls(**config | {"denoiser": keras.saving.deserialize_keras_object(config["denoiser"])})

    @property
    def metrics(self) -> list[Any]:
        """Means over an epoch."""
        return list(self.means.values())

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return velocities for (noisy examples, features of the time, encoded targets)."""
        return self.average(inputs, training=training)

    def train_step(self, data: Any) -> dict[str, Any]:
        """Denoise a batch, each example from a random level; Ho et al. 2020, algorithm 1.

        `loss` is the squared error of the velocity; `noise_error` that of the noise, their eq. 14.
        """
        x, y = data
        clean, condition = self.to_working(x), self.encode(y)
        rows = ops.shape(clean)[0]
        time = keras.random.randint((rows,), 1, self.noise_levels + 1, seed=self.noise)
        noise = keras.random.normal(ops.shape(clean), seed=self.noise)
        told = keras.random.uniform((rows, 1), seed=self.noise) >= self.unconditional
        condition = condition * ops.cast(told, condition.dtype)
        with tf.GradientTape() as tape:
            loss, noise_error = self.errors(self.denoiser, clean, time, noise, condition, training=True)
        variables = self.denoiser.trainable_variables
        self.optimizer.apply(tape.gradient(loss, variables), variables)
        self.follow(self.average, self.denoiser, self.optimizer.iterations)
        self.means["loss"].update_state(loss)
        self.means["noise_error"].update_state(noise_error)
        return {name: mean.result() for name, mean in self.means.items()}

    def test_step(self, data: Any) -> dict[str, Any]:
        """Denoise examples with the averaged weights, from levels and noise that are always the same."""
        x, y = data
        clean, condition = self.to_working(x), self.encode(y)
        rows = ops.shape(clean)[0]
        for draw in range(FIXED_DRAWS):
            place = (ops.arange(rows, dtype="float32") + draw / FIXED_DRAWS) * GOLDEN % 1.0  # evenly over the levels
            time = 1 + ops.cast(place * self.noise_levels, "int32")
            noise = tf.random.stateless_normal(ops.shape(clean), [FIXED_SEED, draw])
            errors = self.errors(self.average, clean, ops.minimum(time, self.noise_levels), noise, condition)
            for mean, error in zip(self.metrics, errors, strict=True):
                mean.update_state(error, sample_weight=rows)
        return {name: mean.result() for name, mean in self.means.items()}

    def errors(
        self, denoiser: Any, clean: Any, time: Any, noise: Any, condition: Any, training: bool = False
    ) -> tuple[Any, Any]:
        """Return the mean squared errors of velocity and noise.

        Args:
            denoiser: From [noisy, time features, condition] to velocities.
            clean: Examples in working space.
            time: Level of noise of each, 1 to `noise_levels`.
            noise: Standard normal, of the shape of `clean`.
            condition: Encoded targets, zeros where hidden.
            training: Whether the denoiser learns from it.
        """
        signal, spoilt = self.shares(time)
        noisy, velocity = signal * clean + spoilt * noise, signal * noise - spoilt * clean
        square = (
            denoiser([noisy, time_features(time, self.noise_levels), condition], training=training) - velocity
        ) ** 2
        return ops.mean(square), ops.mean(signal**2 * square)

    def shares(self, time: Any) -> tuple[Any, Any]:
        """Return √ᾱ and √(1-ᾱ) at times (rows,), with axes to multiply examples by."""
        kept = ops.take(ops.convert_to_tensor(self.kept_signal, dtype="float32"), time)
        kept = ops.reshape(kept, (-1, *[1] * len(self.working)))
        return ops.sqrt(kept), ops.sqrt(1 - kept)

    def predicted(self, noisy: Any, time: Any, condition: Any) -> tuple[Any, Any]:
        """Return the clean example and the noise that the network sees in a noisy one.

        With guidance w, what it sees is (1 + w) what it sees given the target - w what it sees without
        (Ho & Salimans 2022, arXiv 2207.12598, eq. 6). Images are kept within their range.

        Args:
            noisy: In working space, (rows, *working).
            time: Level of noise, (rows,).
            condition: Encoded targets.
        """
        features, (signal, spoilt) = time_features(time, self.noise_levels), self.shares(time)
        velocity = self.average([noisy, features, condition], training=False)
        if self.guidance:
            without = self.average([noisy, features, ops.zeros_like(condition)], training=False)
            velocity = (1 + self.guidance) * velocity - self.guidance * without
        clean = signal * noisy - spoilt * velocity
        if self.is_image:
            clean = ops.clip(clean, -1, 1)
            return clean, (noisy - signal * clean) / spoilt
        return clean, spoilt * noisy + signal * velocity

    def draw(self, condition: Any, seed: Any) -> Any:
        """Draw samples in working space for encoded targets."""
        start = tf.random.stateless_normal((ops.shape(condition)[0], *self.working), seed)
        return ops.fori_loop(0, self.sampling_steps, lambda i, x: self._step(x, i, condition), start)

    def strip(self, y: np.ndarray, seed: int, stops: int) -> tuple[list[float], np.ndarray]:
        """Return samples on their way from noise.

        Args:
            y: Targets, (rows,).
            seed: Of the noise.
            stops: How many looks are taken.

        Returns:
            Share of the signal's variance at each look, ᾱ; what samples look like there (looks, rows, *shape).
        """
        condition = self.encode(y)
        x = tf.random.stateless_normal((len(y), *self.working), [seed, 0])
        step = tf.function(self._step, reduce_retracing=True)
        seen = [x] + [x := step(x, tf.constant(i), condition) for i in range(self.sampling_steps)]
        looks = np.unique(np.linspace(0, self.sampling_steps, stops).round().astype(int))
        kept = [float(self.kept_signal[self.times[i]]) for i in looks]
        return kept, np.stack([np.asarray(self.to_data(seen[i])) for i in looks])

    def _step(self, x: Any, index: Any, condition: Any) -> Any:
        times = ops.convert_to_tensor(self.times)
        rows = ops.ones((ops.shape(x)[0],), dtype="int32")
        now, later = rows * times[index], rows * times[index + 1]
        clean, noise = self.predicted(x, now, condition)
        return ddim_step(clean, noise, *self.shares(later))


def ddim_step(clean: Any, noise: Any, signal: Any, spoilt: Any) -> Any:
    """Return the example at the next lower level of noise.

    Song et al. 2021 (arXiv 2010.02502), eq. 12 with σ = 0: no new noise is added.

    Args:
        clean: Predicted clean example.
        noise: Predicted noise.
        signal: √ᾱ of the next level.
        spoilt: √(1-ᾱ) of the next level.
    """
    return signal * clean + spoilt * noise


def cosine_schedule(levels: int) -> np.ndarray:
    """Return ᾱ, the share of the signal's variance that is left at each level of noise.

    Nichol & Dhariwal 2021 (arXiv 2102.09672), eq. 17, β clipped to 0.999 as there.

    Args:
        levels: Number of levels.

    Returns:
        (levels + 1,), float64, falling from 1 at level 0 to about 0.
    """
    angle = (np.arange(levels + 1) / levels + OFFSET) / (1 + OFFSET) * np.pi / 2
    kept = np.cos(angle) ** 2
    steps = np.minimum(1 - kept[1:] / kept[:-1], LARGEST_STEP)
    return np.concatenate([[1.0], np.cumprod(1 - steps)])


def time_features(time: Any, levels: int) -> Any:
    """Return sines and cosines of the level of noise (rows, `TIME_WIDTH`), from slow to quick."""
    speeds = np.pi * np.geomspace(0.5, levels / 8 if levels > 8 else 1.0, TIME_WIDTH // 2)
    angles = (ops.cast(time, "float32") / levels)[:, None] * ops.convert_to_tensor(speeds[None], dtype="float32")
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
