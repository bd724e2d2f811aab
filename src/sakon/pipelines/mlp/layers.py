"""Layers of RealMLP (Holzmüller et al. 2024, arXiv 2407.04491). This module imports Keras; import it inside functions.

A weight θ whose learning rate has a factor f is stored as φ = θ/f: Adam's steps do not depend on the scale of the
gradient, so that a step on φ moves θ by f times the learning rate.
"""

from __future__ import annotations

from math import pi, sqrt
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

SLOW_RATE, FAST_RATE = 0.1, 6.0
"""Factors of the learning rate: of biases, activations and embeddings; of the scale of features."""
CLIP = 3.0
MIN_SPREAD = 1e-20
"""Range of values from which a feature is not constant."""
MAX_SCALED = 1e6
"""Size of scaled values up to which they differ after the smooth clip; the squares of larger ones may overflow."""
MAX_TARGET = 1e30
"""Bound of predictions before `OutputRange` knows the targets."""
POINTS = 5
"""Examples whose mixture puts the zero of a neuron."""


@keras.saving.register_keras_serializable(package=__package__)
class RobustScaling(keras.layers.Layer):  # type: ignore[misc]
    """Centres features by the median, scales them by the interquartile range, and clips them smoothly.

    A feature whose range is 0 is scaled by 2 / (max − min), a constant one is 0. The clip x / √(1 + (x/3)²) keeps
    values in (−3, 3).
    """

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the statistics, which `adapt` sets."""
        width = (input_shape[-1],)
        self.centre = self.add_weight(shape=width, initializer="zeros", trainable=False, name="centre")
        self.factor = self.add_weight(shape=width, initializer="ones", trainable=False, name="factor")

    def adapt(self, x: np.ndarray) -> None:
        """Set the statistics from train, (rows, features)."""
        low, centre, high = np.quantile(x, (0.25, 0.5, 0.75), axis=0)
        spread, span = high - low, np.ptp(x, axis=0)
        with np.errstate(divide="ignore"):
            factor = np.where(spread > MIN_SPREAD, 1 / spread, np.where(span > MIN_SPREAD, 2 / span, 0.0))
        self.centre.assign(centre.astype(np.float32))
        self.factor.assign(factor.astype(np.float32))

    def call(self, x: KerasTensor) -> KerasTensor:
        """Return scaled features, of the shape of x, (batch, features)."""
        scaled = ops.clip((x - self.centre) * self.factor, -MAX_SCALED, MAX_SCALED)
        return scaled / ops.sqrt(1 + (scaled / CLIP) ** 2)


@keras.saving.register_keras_serializable(package=__package__)
class PeriodicEmbedding(keras.layers.Layer):  # type: ignore[misc]
    """Embeds every feature x as [x, W₂·cos(2π·w₁x + b₁) + b₂] ("PBLD"; section 3, and Gorishniy et al. 2022).

    Args:
        width: Values per feature, x itself included; at least 2.
        frequencies: Cosines per feature.
        deviation: Standard deviation of the initial frequencies w₁.
        seed: Seed of the initial weights.
        **options: Arguments of `keras.layers.Layer`.
    """

    def __init__(
        self, width: int = 4, frequencies: int = 16, deviation: float = 0.1, seed: int = 0, **options: Any
    ) -> None:
        super().__init__(**options)
        self.width, self.frequencies, self.deviation, self.seed = width, frequencies, deviation, seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights of every feature."""
        rng, features, bound = np.random.default_rng(self.seed), int(input_shape[-1] or 0), 1 / sqrt(self.frequencies)
        cosines, linear = (features, self.frequencies), (features, self.frequencies, self.width - 1)
        self.frequency = self._add("frequency", rng.normal(0, self.deviation, cosines))
        self.phase = self._add("phase", rng.uniform(-pi, pi, cosines))
        self.kernel = self._add("kernel", rng.uniform(-bound, bound, linear))
        self.bias = self._add("bias", rng.uniform(-bound, bound, (features, self.width - 1)))

    def call(self, x: KerasTensor) -> KerasTensor:
        """Return embeddings, (batch, features · width), of features (batch, features)."""
        x = ops.expand_dims(x, -1)
        cosines = ops.cos(2 * pi * SLOW_RATE * self.frequency * x + SLOW_RATE * self.phase)
        values = ops.einsum("bfc,fcw->bfw", cosines, SLOW_RATE * self.kernel) + SLOW_RATE * self.bias
        return ops.reshape(ops.concatenate([x, values], axis=-1), (-1, x.shape[1] * self.width))

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, features · width)."""
        return (input_shape[0], int(input_shape[-1] or 0) * self.width)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        arguments = ("width", "frequencies", "deviation", "seed")
        return {**super().get_config(), **{name: getattr(self, name) for name in arguments}}

    def _add(self, name: str, values: np.ndarray) -> Any:
        stored = (values / SLOW_RATE).astype(np.float32)
        return self.add_weight(
            shape=stored.shape, initializer=lambda shape, dtype: ops.convert_to_tensor(stored, dtype), name=name
        )


@keras.saving.register_keras_serializable(package=__package__)
class FeatureScale(keras.layers.Layer):  # type: ignore[misc]
    """Multiplies every feature by a weight, 1 at first, that learns fast: features without use are turned down."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        initial = keras.initializers.Constant(1 / FAST_RATE)
        self.scale = self.add_weight(shape=(input_shape[-1],), initializer=initial, name="scale")

    def call(self, x: KerasTensor) -> KerasTensor:
        """Return scaled features, (batch, features)."""
        return x * (FAST_RATE * self.scale)


@keras.saving.register_keras_serializable(package=__package__)
class ScaledDense(keras.layers.Layer):  # type: ignore[misc]
    """A dense layer x W / √d + b of inputs of width d ("neural tangent parametrisation"); `adapt` sets W and b.

    Args:
        units: Width of the output.
        seed: Seed of the initial weights.
        **options: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, units: int, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.units, self.seed = units, seed

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights."""
        self.gain = 1 / sqrt(input_shape[-1] or 1)
        initial = keras.initializers.RandomNormal(stddev=1.0, seed=self.seed)
        self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer=initial, name="kernel")
        self.bias = self.add_weight(shape=(self.units,), initializer="zeros", name="bias")

    def adapt(self, x: np.ndarray) -> None:
        """Scale W so that outputs have variance 1 on x, (rows, width), and put the zeros of units among the rows.

        The bias of a unit is minus a random mixture of its outputs for `POINTS` rows ("he+5", appendix A.2).
        """
        rng, kernel = np.random.default_rng(self.seed), np.asarray(self.kernel)
        outputs = x @ kernel * self.gain
        deviation = outputs.std(axis=0)
        deviation = np.where(deviation > 0, deviation, 1.0)
        outputs /= deviation
        rows, weights = rng.integers(len(x), size=(POINTS, self.units)), rng.exponential(size=(POINTS, self.units))
        mixture = (np.take_along_axis(outputs, rows, axis=0) * weights / weights.sum(axis=0)).sum(axis=0)
        self.kernel.assign((kernel / deviation).astype(np.float32))
        self.bias.assign((-mixture / SLOW_RATE).astype(np.float32))

    def call(self, x: KerasTensor) -> KerasTensor:
        """Return (batch, units)."""
        return ops.matmul(x, self.kernel) * self.gain + SLOW_RATE * self.bias

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch, units)."""
        return (*input_shape[:-1], self.units)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "units": self.units, "seed": self.seed}


@keras.saving.register_keras_serializable(package=__package__)
class ParametricActivation(keras.layers.Layer):  # type: ignore[misc]
    """Returns x + α(σ(x) − x): each unit learns how far it follows the activation σ; α is 1 at first.

    Args:
        activation: Name of σ, such as `selu`.
        **options: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, activation: str, **options: Any) -> None:
        super().__init__(**options)
        self.activation = activation
        self._function = keras.activations.get(activation)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create α."""
        initial = keras.initializers.Constant(1 / SLOW_RATE)
        self.alpha = self.add_weight(shape=(input_shape[-1],), initializer=initial, name="alpha")

    def call(self, x: KerasTensor) -> KerasTensor:
        """Return activations, of the shape of x, (batch, units)."""
        return x + SLOW_RATE * self.alpha * (self._function(x) - x)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "activation": self.activation}


@keras.saving.register_keras_serializable(package=__package__)
class ScheduledDropout(keras.layers.Layer):  # type: ignore[misc]
    """Dropout (Srivastava et al. 2014) whose rate is a variable that the training sets; in Keras' own it is a number.

    Args:
        seed: Seed of the masks.
        **options: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the rate."""
        self.rate = self.add_weight(shape=(), initializer="zeros", trainable=False, name="rate")

    def call(self, x: KerasTensor, training: bool = False) -> KerasTensor:
        """Return x with a share `rate` of its values 0 and the others scaled by 1 / (1 − rate), in training."""
        if not training:
            return x
        mask = keras.random.uniform(ops.shape(x), seed=self.seed_generator) >= self.rate
        return x * ops.cast(mask, x.dtype) / (1 - self.rate)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return {**super().get_config(), "seed": self.seed}


@keras.saving.register_keras_serializable(package=__package__)
class OutputRange(keras.layers.Layer):  # type: ignore[misc]
    """Clips predictions to the range of the target in train; in training it changes nothing."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the range, which `adapt` sets."""
        self.low = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(-1e30), trainable=False, name="low"
        )
        self.high = self.add_weight(
            shape=(), initializer=keras.initializers.Constant(1e30), trainable=False, name="high"
        )

    def adapt(self, y: np.ndarray) -> None:
        """Set the range from the targets of train."""
        self.low.assign(np.float32(y.min()))
        self.high.assign(np.float32(y.max()))

    def call(self, x: KerasTensor, training: bool = False) -> KerasTensor:
        """Return predictions, of the shape of x."""
        return x if training else ops.minimum(ops.maximum(x, self.low), self.high)
