"""A conditional diffusion model as one Keras model. This module imports Keras; import it inside functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from sakon.backends import backend
from sakon.families.conditional import FIXED_SEED, ConditionalGenerator, normal_noise

SCHEDULE_OFFSET = 0.008
MAX_BETA = 0.999
TIME_WIDTH = 32
VALIDATION_DRAWS = 4
"""Noise levels per validation example: their mean makes `val_loss` less noisy."""
GOLDEN_RATIO = 0.6180339887
"""Fractional part of the golden ratio: its multiples modulo 1 are spread evenly over [0, 1)."""


@keras.saving.register_keras_serializable(package=__package__)
class ConditionalDiffusion(ConditionalGenerator):
    """A denoiser, and the sampler that uses it.

    The denoiser predicts the velocity v = √ᾱ ε - √(1-ᾱ) x of Salimans & Ho 2022 (arXiv 2202.00512, section 4.2).
    Noise and clean example follow from it without a division by a vanishing rate.

    Args:
        denoiser: Model from [noisy examples in working space, time features (rows, `TIME_WIDTH`), encoded targets]
            to velocities.
        noise_levels: Number of noise levels.
        sampling_steps: Steps from pure noise to a sample.
        guidance: Weight of the guidance; 0 for none.
        unconditional: Fraction of train examples whose target is hidden.
        **kwargs: Arguments of `ConditionalGenerator`.
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
        self.ema_denoiser = keras.models.clone_model(denoiser)
        self.ema_denoiser.set_weights(denoiser.get_weights())
        self.ema_denoiser.trainable = False
        self.alpha_bar = cosine_schedule(self.noise_levels)
        self.sampling_times = np.linspace(self.noise_levels, 0, self.sampling_steps + 1).round().astype(np.int32)
        self.trackers = {name: keras.metrics.Mean(name) for name in ("loss", "noise_error")}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that `from_config` builds the network from."""
        return super().get_config() | {
            "denoiser": keras.saving.serialize_keras_object(self.denoiser),
            "noise_levels": self.noise_levels,
            "sampling_steps": self.sampling_steps,
            "guidance": self.guidance,
            "unconditional": self.unconditional,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> ConditionalDiffusion:
        """Build the network from the result of `get_config`."""
        return cls(**config | {"denoiser": keras.saving.deserialize_keras_object(config["denoiser"])})

    @property
    def metrics(self) -> list[keras.metrics.Metric]:
        """Mean metrics of an epoch."""
        return list(self.trackers.values())

    def call(self, inputs: list[KerasTensor], training: bool = False) -> KerasTensor:
        """Return velocities for [noisy examples, time features, encoded targets], by the averaged weights."""
        return self.ema_denoiser(inputs, training=training)

    def training_step(self, data: tuple[KerasTensor, ...]) -> None:
        """Train the denoiser for one step, each example at a random noise level; Ho et al. 2020, algorithm 1.

        `loss` is the mean squared error of the velocity, `noise_error` that of the noise, their eq. 14.
        """
        x, y = data
        clean, condition = self.to_working_space(x), self.encode_targets(y)
        rows = ops.shape(clean)[0]
        time = keras.random.randint((rows,), 1, self.noise_levels + 1, seed=self.noise_seed)
        noise = keras.random.normal(ops.shape(clean), seed=self.noise_seed)
        is_conditional = keras.random.uniform((rows, 1), seed=self.noise_seed) >= self.unconditional
        condition = condition * ops.cast(is_conditional, condition.dtype)

        def loss() -> tuple[KerasTensor, KerasTensor]:
            return self.denoising_errors(self.denoiser, clean, time, noise, condition, training=True)

        value, noise_error = backend().minimize(loss, self.optimizer, self.denoiser.trainable_variables)
        self.update_average(self.ema_denoiser, self.denoiser, self.optimizer.iterations)
        self.trackers["loss"].update_state(value)
        self.trackers["noise_error"].update_state(noise_error)

    def validation_step(self, data: tuple[KerasTensor, ...]) -> None:
        """Measure the errors of the averaged denoiser, at noise levels and with noise that are always the same."""
        x, y = data
        clean, condition = self.to_working_space(x), self.encode_targets(y)
        rows = ops.shape(clean)[0]
        for draw in range(VALIDATION_DRAWS):
            fraction = (ops.arange(rows, dtype="float32") + draw / VALIDATION_DRAWS) * GOLDEN_RATIO % 1.0
            time = ops.minimum(1 + ops.cast(fraction * self.noise_levels, "int32"), self.noise_levels)
            noise = keras.random.normal(ops.shape(clean), seed=FIXED_SEED + draw)
            errors = self.denoising_errors(self.ema_denoiser, clean, time, noise, condition)
            for tracker, error in zip(self.metrics, errors, strict=True):
                tracker.update_state(error, sample_weight=rows)

    def denoising_errors(
        self,
        denoiser: keras.Model,
        clean: KerasTensor,
        time: KerasTensor,
        noise: KerasTensor,
        condition: KerasTensor,
        training: bool = False,
    ) -> tuple[KerasTensor, KerasTensor]:
        """Return the mean squared errors of velocity and noise.

        Args:
            denoiser: Model from [noisy examples, time features, condition] to velocities.
            clean: Examples in working space.
            time: Noise level of each example, 1 to `noise_levels`, (rows,).
            noise: Standard normal, of the shape of `clean`.
            condition: Encoded targets, zeros where hidden.
            training: Whether the denoiser is called in training mode.
        """
        signal_rate, noise_rate = self.diffusion_rates(time)
        noisy, velocity = signal_rate * clean + noise_rate * noise, signal_rate * noise - noise_rate * clean
        square = (
            denoiser([noisy, time_features(time, self.noise_levels), condition], training=training) - velocity
        ) ** 2
        return ops.mean(square), ops.mean(signal_rate**2 * square)

    def diffusion_rates(self, time: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Return signal rate √ᾱ and noise rate √(1-ᾱ) at noise levels (rows,), broadcastable to examples."""
        alpha_bar = ops.take(ops.convert_to_tensor(self.alpha_bar, dtype="float32"), time)
        alpha_bar = ops.reshape(alpha_bar, (-1, *[1] * len(self.working_shape)))
        return ops.sqrt(alpha_bar), ops.sqrt(1 - alpha_bar)

    def denoise(self, noisy: KerasTensor, time: KerasTensor, condition: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Return the predictions of the clean example and of the noise.

        With guidance w the prediction is (1 + w) · conditional prediction - w · unconditional prediction (Ho &
        Salimans 2022, arXiv 2207.12598, eq. 6). Clean images are clipped to [-1, 1].

        Args:
            noisy: Noisy examples in working space, (rows, *working_shape).
            time: Noise level of each example, (rows,).
            condition: Encoded targets, (rows, width).
        """
        features, (signal_rate, noise_rate) = time_features(time, self.noise_levels), self.diffusion_rates(time)
        velocity = self.ema_denoiser([noisy, features, condition], training=False)
        if self.guidance:
            unconditional = self.ema_denoiser([noisy, features, ops.zeros_like(condition)], training=False)
            velocity = (1 + self.guidance) * velocity - self.guidance * unconditional
        clean = signal_rate * noisy - noise_rate * velocity
        if self.is_image:
            clean = ops.clip(clean, -1, 1)
            return clean, (noisy - signal_rate * clean) / noise_rate
        return clean, noise_rate * noisy + signal_rate * velocity

    @property
    def noise_shape(self) -> tuple[int, ...]:
        """Shape of the noise that a sample is generated from: that of an example in working space."""
        return self.working_shape

    def generate(self, y: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return samples, (rows, *shape), after all sampling steps."""
        *_, samples = self._sampled_steps(y, noise)
        return np.asarray(ops.convert_to_numpy(self.to_data_space(samples)))

    def denoising_steps(self, y: np.ndarray, seed: int, steps: int) -> tuple[list[float], np.ndarray]:
        """Return samples at several steps from pure noise to the result.

        Args:
            y: Targets, (rows,) or (rows, horizon).
            seed: Seed of the noise.
            steps: Number of steps returned at most, evenly spaced, first and last included.

        Returns:
            Fraction of the variance that is signal at each step, ᾱ; the samples, (steps, rows, *shape).
        """
        noise = normal_noise((len(y), *self.working_shape), seed)
        all_steps = [noise, *self._sampled_steps(np.asarray(y, np.float32), noise)]
        chosen = np.unique(np.linspace(0, self.sampling_steps, steps).round().astype(int))
        signal = [float(self.alpha_bar[self.sampling_times[i]]) for i in chosen]
        return signal, np.stack([ops.convert_to_numpy(self.to_data_space(all_steps[i])) for i in chosen])

    def _sampled_steps(self, y: np.ndarray, x: np.ndarray) -> Iterator[np.ndarray]:
        """Yield the samples in working space after every step, each from a higher noise level to the next lower."""
        for time, next_time in zip(self.sampling_times[:-1], self.sampling_times[1:], strict=True):
            levels = (np.full(len(x), level, np.int32) for level in (time, next_time))
            x = self._compiled_step(x, *levels, y)
            yield x

    @cached_property
    def _compiled_step(self) -> Callable[..., np.ndarray]:
        def step(x: KerasTensor, time: KerasTensor, next_time: KerasTensor, y: KerasTensor) -> KerasTensor:
            clean, noise = self.denoise(x, time, self.encode_targets(y))
            return ddim_step(clean, noise, *self.diffusion_rates(next_time))

        return backend().compile_call(step, lambda: self.ema_denoiser.variables)


def ddim_step(clean: KerasTensor, noise: KerasTensor, signal_rate: KerasTensor, noise_rate: KerasTensor) -> KerasTensor:
    """Return the example at the next lower noise level.

    Song et al. 2021 (arXiv 2010.02502), eq. 12 with σ = 0: no new noise is added.

    Args:
        clean: Predicted clean example.
        noise: Predicted noise.
        signal_rate: √ᾱ of the next level.
        noise_rate: √(1-ᾱ) of the next level.
    """
    return signal_rate * clean + noise_rate * noise


def cosine_schedule(levels: int) -> np.ndarray:
    """Return ᾱ, the fraction of the variance that is signal at each noise level.

    Nichol & Dhariwal 2021 (arXiv 2102.09672), eq. 17, with β clipped to 0.999 as there.

    Args:
        levels: Number of noise levels.

    Returns:
        (levels + 1,), float64, falling from 1 at level 0 to about 0.
    """
    angle = (np.arange(levels + 1) / levels + SCHEDULE_OFFSET) / (1 + SCHEDULE_OFFSET) * np.pi / 2
    alpha_bar = np.cos(angle) ** 2
    beta = np.minimum(1 - alpha_bar[1:] / alpha_bar[:-1], MAX_BETA)
    return np.concatenate([[1.0], np.cumprod(1 - beta)])


def time_features(time: KerasTensor, levels: int) -> KerasTensor:
    """Return sines and cosines of the noise level, (rows, `TIME_WIDTH`), in order of rising frequency."""
    frequencies = np.pi * np.geomspace(0.5, levels / 8 if levels > 8 else 1.0, TIME_WIDTH // 2)
    angles = (ops.cast(time, "float32") / levels)[:, None] * ops.convert_to_tensor(frequencies[None], dtype="float32")
    return ops.concatenate([ops.sin(angles), ops.cos(angles)], axis=-1)
