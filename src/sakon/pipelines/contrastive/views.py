"""Views of examples: the same thing, randomly changed."""

from __future__ import annotations

from abc import abstractmethod
from itertools import count, repeat
from typing import Any

import keras
import numpy as np
from keras import ops


class Views(keras.layers.Layer):  # type: ignore[misc]
    """Two random views of each example: anew at every step of training, fixed otherwise.

    Args:
        seed: Seed of all views.
        **options: Of Keras' layers.
    """

    def __init__(self, seed: int = 0, **options: Any) -> None:
        super().__init__(**options)
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, x: Any, training: bool = False) -> tuple[Any, Any]:
        """Return two views, each as `x`, (batch, *shape)."""
        seeds = repeat(self.seed_generator) if training else count(self.seed)
        return self.first(x, seeds), self.second(x, seeds)

    @abstractmethod
    def first(self, x: Any, seeds: Any) -> Any:
        """Return the first view; every random choice takes the next of `seeds`."""

    @abstractmethod
    def second(self, x: Any, seeds: Any) -> Any:
        """Return the second view; every random choice takes the next of `seeds`."""

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made of."""
        config: dict[str, Any] = super().get_config()
        config["seed"] = self.seed
        return config


@keras.saving.register_keras_serializable(package=__package__)
class ImageViews(Views):
    """Both views changed: moved, turned, resized, brightened, blurred by noise, a square blanked.

    What SimCLR does to photographs (Chen et al. 2020, arXiv 2002.05709, section 2.1), as far as it leaves
    a small image what it is. Never mirrored: a mirrored digit or letter is another one.

    Args:
        shift: Largest shift, as a fraction of the size.
        rotation: Largest turn, in degrees.
        zoom: Largest change of size, as a fraction.
        brightness: Largest change of brightness.
        contrast: Largest change of contrast, as a fraction.
        noise: Standard deviation of noise.
        cutout: Side of the blanked square, as a fraction of the image's; 0 for none.
        **options: `seed`, and options of Keras' layers.
    """

    STRENGTHS = ("shift", "rotation", "zoom", "brightness", "contrast", "noise", "cutout")

    def __init__(
        self,
        shift: float = 0.0,
        rotation: float = 0.0,
        zoom: float = 0.0,
        brightness: float = 0.0,
        contrast: float = 0.0,
        noise: float = 0.0,
        cutout: float = 0.0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.shift, self.rotation, self.zoom = shift, rotation, zoom
        self.brightness, self.contrast, self.noise, self.cutout = brightness, contrast, noise, cutout

    def first(self, x: Any, seeds: Any) -> Any:
        """Return a changed copy, in [0, 1]."""
        x = self._blanked(self._shaded(self._moved(x, seeds), seeds), seeds)
        return ops.clip(x + self.noise * keras.random.normal(ops.shape(x), seed=next(seeds)), 0.0, 1.0)

    second = first

    def _moved(self, x: Any, seeds: Any) -> Any:
        """Return x shifted, turned and resized at once: one interpolation blurs less than three."""
        _, height, width, _ = x.shape
        angle = np.deg2rad(self.rotation) * _between(x, 1, seeds)
        scale_x, scale_y = 1 + self.zoom * _between(x, 1, seeds), 1 + self.zoom * _between(x, 1, seeds)
        cosine, sine = ops.cos(angle), ops.sin(angle)
        rows = [[cosine * scale_x, -sine * scale_y], [sine * scale_x, cosine * scale_y]]
        centre = [(width - 1) / 2, (height - 1) / 2]
        moved = [self.shift * side * _between(x, 1, seeds) for side in (width, height)]
        columns: list[Any] = []
        for row, middle, shift in zip(rows, centre, moved, strict=True):
            columns += [*row, middle + shift - row[0] * centre[0] - row[1] * centre[1]]
        transform = ops.concatenate([*columns, ops.zeros_like(angle), ops.zeros_like(angle)], axis=1)
        return ops.image.affine_transform(x, transform, interpolation="bilinear", data_format="channels_last")

    def _shaded(self, x: Any, seeds: Any) -> Any:
        """Return x with other contrast around its mean, and brighter or darker."""
        mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
        contrast = ops.reshape(1 + self.contrast * _between(x, 1, seeds), (-1, 1, 1, 1))
        brightness = ops.reshape(self.brightness * _between(x, 1, seeds), (-1, 1, 1, 1))
        return (x - mean) * contrast + mean + brightness

    def _blanked(self, x: Any, seeds: Any) -> Any:
        """Return x with a square of zeros (cutout; DeVries & Taylor 2017, arXiv 1708.04552)."""
        if not self.cutout:
            return x
        outside = None
        for axis in (1, 2):
            side = x.shape[axis]
            middle = ops.reshape((_between(x, 1, seeds) + 1) / 2 * (side - 1), (-1, 1, 1, 1))
            place = ops.reshape(ops.arange(side, dtype=x.dtype), [-1 if a == axis else 1 for a in range(4)])
            away = ops.abs(place - middle) > self.cutout * side / 2
            outside = away if outside is None else ops.logical_or(outside, away)
        return ops.where(outside, x, ops.zeros_like(x))

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made of."""
        return super().get_config() | {name: getattr(self, name) for name in self.STRENGTHS}


@keras.saving.register_keras_serializable(package=__package__)
class CorruptedViews(Views):
    """The example as it is, and a copy of which a share of features is replaced.

    SCARF (Bahri et al. 2022, arXiv 2106.15147, algorithm 1): of M features ⌊rate · M⌋ are drawn for each
    example, and each is replaced by its value in another row of the same batch. Batches are drawn from
    train at random, so that this is a draw from the feature's empirical marginal in train. All inputs
    that one category became are one feature.

    Args:
        rate: Share of features replaced, in [0, 1].
        **options: `seed`, and options of Keras' layers.
    """

    def __init__(self, rate: float = 0.6, **options: Any) -> None:
        super().__init__(**options)
        self.rate = rate

    def build(self, input_shape: Any) -> None:
        """Make the variable that says which inputs belong together: the first of each one's feature."""
        inputs = int(np.prod(input_shape[1:]))
        self.feature = self.add_weight(
            shape=(inputs,), dtype="int32", initializer=lambda shape, dtype: ops.arange(inputs), trainable=False,
            name="feature",
        )  # fmt: skip

    def group(self, x: np.ndarray) -> None:
        """Find, in train's inputs (rows, *shape), those that belong to one category."""
        self.feature.assign(first_of_feature(x.reshape(len(x), -1)))

    def first(self, x: Any, seeds: Any) -> Any:
        """Return the example."""
        return x

    def second(self, x: Any, seeds: Any) -> Any:
        """Return the corrupted copy."""
        flat = ops.reshape(x, (-1, self.feature.shape[0]))
        rows, inputs = ops.shape(flat)[0], self.feature.shape[0]
        away = keras.random.uniform((rows, inputs), seed=next(seeds)) * ops.cast(ops.maximum(rows - 1, 0), "float32")
        donor = (ops.arange(rows)[:, None] + 1 + ops.cast(ops.floor(away), "int32")) % rows
        donor = ops.take(donor, self.feature, axis=1)
        replaced = ops.where(self._drawn(rows, inputs, next(seeds)), ops.take_along_axis(flat, donor, axis=0), flat)
        return ops.reshape(replaced, ops.shape(x))

    def _drawn(self, rows: Any, inputs: int, seed: Any) -> Any:
        """Return which inputs are replaced, (rows, inputs): the same number of features in every row."""
        is_first = ops.equal(self.feature, ops.arange(inputs))
        features = ops.cast(ops.sum(ops.cast(is_first, "int32")), "float32")
        wanted = ops.cast(ops.floor(self.rate * features + 1e-4), "int32")
        lots = ops.where(is_first, keras.random.uniform((rows, inputs), seed=seed), 2.0)
        rank = ops.argsort(ops.argsort(lots, axis=1), axis=1)
        return ops.take(rank < wanted, self.feature, axis=1)

    def get_config(self) -> dict[str, Any]:
        """Return what the layer is made of."""
        return super().get_config() | {"rate": self.rate}


def first_of_feature(x: np.ndarray) -> np.ndarray:
    """Return, for each input, the first input of the feature it belongs to, (inputs,), int32.

    Neighbouring inputs of zeros and ones that sum to one in every row are one category.

    Args:
        x: Inputs of train, (rows, inputs).
    """
    feature = np.arange(x.shape[1], dtype=np.int32)
    is_mark: np.ndarray = np.all((x == 0) | (x == 1), axis=0)
    start = 0
    while start < len(feature):
        end = _end_of_category(x, is_mark, start)
        feature[start:end] = start
        start = end
    return feature


def _end_of_category(x: np.ndarray, is_mark: np.ndarray, start: int) -> int:
    total = np.zeros(len(x))
    for end in range(start, x.shape[1]):
        total += x[:, end]
        if not is_mark[end] or total.max() > 1:
            break
        if total.min() == 1:
            return end + 1
    return start + 1


def _between(x: Any, columns: int, seeds: Any) -> Any:
    """Return random numbers in [−1, 1], (batch, columns)."""
    return keras.random.uniform((ops.shape(x)[0], columns), -1.0, 1.0, seed=next(seeds))
