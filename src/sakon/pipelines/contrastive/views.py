"""Keras layers that return two random views of each example. This module imports Keras; import it inside functions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from itertools import count, repeat
from math import prod
from typing import Any

import keras
import numpy as np
from keras import KerasTensor, ops

from sakon.layers.fixed_seed import FixedSeed

RANDOM_BITS = 24
"""Binary digits of a random number, float32."""
Seeds = Iterator[keras.random.SeedGenerator]


class Views(keras.layers.Layer):  # type: ignore[misc]
    """Returns two views of each example: new ones at every step of training, else always the same.

    Args:
        seed: Seed of all views.
        **kwargs: Arguments of `keras.layers.Layer`.
    """

    def __init__(self, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, x: KerasTensor, training: bool = False) -> tuple[KerasTensor, KerasTensor]:
        """Return two views, each of the shape of x, (batch, *shape)."""
        generator = self.seed_generator
        seeds = repeat(generator) if training else (FixedSeed(generator, number) for number in count())
        return self.first_view(x, seeds), self.second_view(x, seeds)

    @abstractmethod
    def first_view(self, x: KerasTensor, seeds: Seeds) -> KerasTensor:
        """Return the first view; every random draw takes the next of `seeds`."""

    @abstractmethod
    def second_view(self, x: KerasTensor, seeds: Seeds) -> KerasTensor:
        """Return the second view; every random draw takes the next of `seeds`."""

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        config: dict[str, Any] = super().get_config()
        config["seed"] = self.seed
        return config


@keras.saving.register_keras_serializable(package=__package__)
class ImageViews(Views):
    """Augments images, both views alike: affine transform, contrast, brightness, cutout and noise.

    The augmentations of SimCLR (Chen et al. 2020, arXiv 2002.05709, section 2.1) that suit small images. Images are
    never flipped: a flipped digit or letter is another one.

    Args:
        shift: Maximum shift, as a fraction of the size.
        rotation: Maximum rotation, in degrees.
        zoom: Maximum change of size, as a fraction.
        brightness: Maximum change of brightness.
        contrast: Maximum change of contrast, as a fraction.
        noise: Standard deviation of the Gaussian noise.
        cutout: Side of a square set to 0, as a fraction of the size; 0 for none.
        **kwargs: Arguments of `Views`.
    """

    AUGMENTATIONS = ("shift", "rotation", "zoom", "brightness", "contrast", "noise", "cutout")

    def __init__(
        self,
        shift: float = 0.0,
        rotation: float = 0.0,
        zoom: float = 0.0,
        brightness: float = 0.0,
        contrast: float = 0.0,
        noise: float = 0.0,
        cutout: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shift, self.rotation, self.zoom = shift, rotation, zoom
        self.brightness, self.contrast, self.noise, self.cutout = brightness, contrast, noise, cutout

    def first_view(self, x: KerasTensor, seeds: Seeds) -> KerasTensor:
        """Return an augmented copy, in [0, 1]."""
        x = self._cut_out(self._adjust_colour(self._transform(x, seeds), seeds), seeds)
        return ops.clip(x + self.noise * keras.random.normal(ops.shape(x), seed=next(seeds)), 0.0, 1.0)

    second_view = first_view

    def _transform(self, x: KerasTensor, seeds: Seeds) -> KerasTensor:
        """Return x shifted, rotated and zoomed by one affine transform: one interpolation blurs less than three."""
        _, height, width, _ = x.shape
        angle = np.deg2rad(self.rotation) * _uniform(x, 1, seeds)
        scale_x, scale_y = 1 + self.zoom * _uniform(x, 1, seeds), 1 + self.zoom * _uniform(x, 1, seeds)
        cosine, sine = ops.cos(angle), ops.sin(angle)
        matrix = [[cosine * scale_x, -sine * scale_y], [sine * scale_x, cosine * scale_y]]
        centre = [(width - 1) / 2, (height - 1) / 2]
        shifts = [self.shift * side * _uniform(x, 1, seeds) for side in (width, height)]
        columns: list[KerasTensor] = []
        for row, middle, shift in zip(matrix, centre, shifts, strict=True):
            columns += [*row, middle + shift - row[0] * centre[0] - row[1] * centre[1]]
        transform = ops.concatenate([*columns, ops.zeros_like(angle), ops.zeros_like(angle)], axis=1)
        return ops.image.affine_transform(x, transform, interpolation="bilinear", data_format="channels_last")

    def _adjust_colour(self, x: KerasTensor, seeds: Seeds) -> KerasTensor:
        """Return x with random contrast around its mean, and random brightness."""
        mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
        contrast = ops.reshape(1 + self.contrast * _uniform(x, 1, seeds), (-1, 1, 1, 1))
        brightness = ops.reshape(self.brightness * _uniform(x, 1, seeds), (-1, 1, 1, 1))
        return (x - mean) * contrast + mean + brightness

    def _cut_out(self, x: KerasTensor, seeds: Seeds) -> KerasTensor:
        """Return x with a random square of zeros (cutout; DeVries & Taylor 2017, arXiv 1708.04552)."""
        if not self.cutout:
            return x
        outside = None
        for axis in (1, 2):
            side = x.shape[axis]
            centre = ops.reshape((_uniform(x, 1, seeds) + 1) / 2 * (side - 1), (-1, 1, 1, 1))
            positions = ops.reshape(ops.arange(side, dtype=x.dtype), [-1 if a == axis else 1 for a in range(4)])
            outside_on_axis = ops.abs(positions - centre) > self.cutout * side / 2
            outside = outside_on_axis if outside is None else ops.logical_or(outside, outside_on_axis)
        return ops.where(outside, x, ops.zeros_like(x))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return super().get_config() | {name: getattr(self, name) for name in self.AUGMENTATIONS}


@keras.saving.register_keras_serializable(package=__package__)
class CorruptedViews(Views):
    """Returns the example itself, and a copy with a fraction of its features replaced.

    SCARF (Bahri et al. 2022, arXiv 2106.15147, algorithm 1): of M features ⌊rate · M⌋ are drawn for each
    example, and each is replaced by its value in another row of the same batch. Batches are random samples of
    train, so the replacement is a draw from the feature's empirical marginal distribution. The one-hot inputs of a
    category are one feature.

    Args:
        rate: Fraction of the features replaced, in [0, 1].
        **kwargs: Arguments of `Views`.
    """

    def __init__(self, rate: float = 0.6, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rate = rate

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the variable that holds, for each input, the first input of its feature."""
        inputs = prod(size for size in input_shape[1:] if size)
        self.first_input = self.add_weight(
            shape=(inputs,), dtype="int32", initializer=lambda shape, dtype: ops.arange(inputs), trainable=False,
            name="first_input",
        )  # fmt: skip

    def adapt(self, x: np.ndarray) -> None:
        """Find, in train's inputs (rows, *shape), those that encode one category."""
        self.first_input.assign(first_input_of_feature(x.reshape(len(x), -1)))

    def first_view(self, x: KerasTensor, seeds: Seeds) -> KerasTensor:
        """Return the example."""
        return x

    def second_view(self, x: KerasTensor, seeds: Seeds) -> KerasTensor:
        """Return the corrupted copy."""
        vectors = ops.reshape(x, (-1, self.first_input.shape[0]))
        rows, inputs = ops.shape(vectors)[0], self.first_input.shape[0]
        offset = keras.random.uniform((rows, inputs), seed=next(seeds)) * ops.cast(ops.maximum(rows - 1, 0), "float32")
        source_row = (ops.arange(rows)[:, None] + 1 + ops.cast(ops.floor(offset), "int32")) % rows
        source_row = ops.take(source_row, self.first_input, axis=1)
        is_corrupted = self._corruption_mask(rows, inputs, next(seeds))
        corrupted = ops.where(is_corrupted, ops.take_along_axis(vectors, source_row, axis=0), vectors)
        return ops.reshape(corrupted, ops.shape(x))

    def _corruption_mask(self, rows: KerasTensor, inputs: int, seed: keras.random.SeedGenerator) -> KerasTensor:
        """Return which inputs are replaced, (rows, inputs): the same number of features in every row."""
        is_first = ops.equal(self.first_input, ops.arange(inputs))
        features = ops.cast(ops.sum(ops.cast(is_first, "int32")), "float32")
        corrupted_features = ops.cast(ops.floor(self.rate * features + 1e-4), "int32")
        order = ops.where(is_first, keras.random.uniform((rows, inputs), seed=seed), 2.0)
        return ops.take(_are_smallest(order, corrupted_features), self.first_input, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the layer."""
        return super().get_config() | {"rate": self.rate}


def _are_smallest(x: KerasTensor, count: KerasTensor) -> KerasTensor:
    """Return which of each row's random numbers in [0, 1) are its `count` smallest, (rows, columns).

    The limit is searched by halving an interval until it is narrower than two different random numbers: unlike a
    sort, that takes a time proportional to the columns. Numbers outside [0, 1) are never among the smallest.
    """
    low = ops.zeros_like(x[:, 0])
    limit = ops.ones_like(low)
    for _ in range(RANDOM_BITS):
        middle = (low + limit) / 2
        is_enough = ops.sum(ops.cast(x < middle[:, None], "int32"), axis=1) >= count
        low, limit = ops.where(is_enough, low, middle), ops.where(is_enough, middle, limit)
    return x < limit[:, None]


def first_input_of_feature(x: np.ndarray) -> np.ndarray:
    """Return, for each input, the index of the first input of its feature, (inputs,), int32.

    Adjacent inputs are the one-hot encoding of one category if they are 0 or 1 and sum to 1 in every row.

    Args:
        x: Inputs of train, (rows, inputs).
    """
    first_input = np.arange(x.shape[1], dtype=np.int32)
    is_binary: np.ndarray = np.all((x == 0) | (x == 1), axis=0)
    start = 0
    while start < len(first_input):
        end = _end_of_category(x, is_binary, start)
        first_input[start:end] = start
        start = end
    return first_input


def _end_of_category(x: np.ndarray, is_binary: np.ndarray, start: int) -> int:
    """Return the index after the last input of the feature that begins at `start`."""
    total = np.zeros(len(x))
    for end in range(start, x.shape[1]):
        total += x[:, end]
        if not is_binary[end] or total.max() > 1:
            break
        if total.min() == 1:
            return end + 1
    return start + 1


def _uniform(x: KerasTensor, columns: int, seeds: Seeds) -> KerasTensor:
    """Return random numbers in [−1, 1], (batch, columns)."""
    return keras.random.uniform((ops.shape(x)[0], columns), -1.0, 1.0, seed=next(seeds))
