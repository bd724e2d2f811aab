"""Networks that draw inputs for targets: what every conditional generator shares.

A generator learns p(x | y), the distribution of inputs given the target. Together with p(y), the
targets of train as they are spread, it is a joint model p(y) p(x | y): samples are drawn for train's own
targets. The target enters every network in one way, `encode`: a class as a one-hot vector, a number as
itself beside a one; zeros stand for no target at all.

Networks work on images in [-1, 1], no larger than `LARGEST_SIDE`, and on everything else flattened. This
module imports Keras: only modules of own layers import it.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from sakon.models.predict import flatten
from sakon.models.predictions import mean_target
from sakon.problem import Examples, InputSpec
from sakon.training.methods import TrainingMethods

LARGEST_SIDE = 32
SMALLEST_SIDE = 4
ROWS_AT_ONCE = 1024
MOMENTS = 6
GRID_COLUMNS, SCATTER_ROWS = 10, 256
FIXED_SEED = 20


def working_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the shape that networks work on: images of at most `LARGEST_SIDE`, all else flat.

    Args:
        shape: Shape of one example, without the batch axis.
    """
    if len(shape) != 3:
        return (math.prod(shape),)
    shrink = min(1.0, LARGEST_SIDE / max(shape[:2]))
    return (max(1, round(shape[0] * shrink)), max(1, round(shape[1] * shrink)), shape[2])


def condition_width(classes: int, horizon: int = 0) -> int:
    """Return how many numbers a target is told by: one for each class, or the number or numbers beside a one."""
    return classes or (horizon or 1) + 1


def convolves(shape: tuple[int, ...], from_side: int) -> bool:
    """Say whether examples are images whose shorter side is at least `from_side`."""
    return len(shape) == 3 and min(shape[:2]) >= from_side


def halvings(shape: tuple[int, ...]) -> int:
    """Return how often an image is halved before a side falls below `SMALLEST_SIDE`."""
    return max(0, int(math.log2(max(1, min(shape[:2]) / SMALLEST_SIDE))))


def padding(shape: tuple[int, ...], times: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return rows and columns to add around an image so that it can be halved `times` times."""
    height, width = (-side % 2**times for side in shape[:2])
    return (height // 2, height - height // 2), (width // 2, width - width // 2)


def moments_of(epochs: int) -> tuple[int, ...]:
    """Return the epochs at which progress is looked at: dense at first, where most changes."""
    return tuple(sorted({round(epoch) for epoch in np.geomspace(1, epochs, MOMENTS)}))


class ConditionalGenerator(TrainingMethods, keras.Model):  # type: ignore[misc]
    """A network that draws inputs for targets; base of the families' own.

    Its weights hold, beside the parts that learn, what samples looked like at a few epochs
    (`snapshots`), so that a resumed training has them too.

    Args:
        shape: Shape of one example, without the batch axis.
        classes: Number of classes; 0 for regression.
        moments: Epochs after which a snapshot is taken.
        seed: Seed of the noise that training draws.
        decay: Of the exponential moving average of the weights that samples are drawn with (Yazıcı et
            al. 2019, arXiv 1806.04498, eq. 1), in [0, 1).
        **kwargs: Name and the like, for Keras.
    """

    starts_from_data = True

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        horizon: int,
        moments: tuple[int, ...],
        seed: int,
        decay: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.horizon = int(horizon)
        self.example_shape, self.classes, self.moments = tuple(shape), int(classes), tuple(moments)
        self.initial_seed, self.decay = int(seed), float(decay)
        self.working = working_shape(self.example_shape)
        self.is_image = len(self.working) == 3
        self.condition_width = condition_width(self.classes, self.horizon)
        self.noise = keras.random.SeedGenerator(seed)
        rows = (min(GRID_COLUMNS, self.classes) or GRID_COLUMNS) if self.is_image else SCATTER_ROWS
        shown = self.working if self.is_image else (min(2, self.working[0]),)
        self.snapshot_targets = self._kept((rows, self.horizon) if self.horizon else (rows,), "snapshot_targets")
        self.snapshot_images = self._kept((len(self.moments), rows, *shown), "snapshot_images")
        self.snapshots_taken = self._kept((len(self.moments),), "snapshots_taken")
        self.spread = self._kept((2,), "spread", "ones")
        self.built = True

    def _kept(self, shape: tuple[int, ...], name: str, initial: str = "zeros") -> Any:
        return self.add_weight(shape=shape, initializer=initial, trainable=False, name=name)

    def get_config(self) -> dict[str, Any]:
        """Return what the network is made from, for `from_config`."""
        return {
            "name": self.name,
            "shape": self.example_shape,
            "classes": self.classes,
            "horizon": self.horizon,
            "moments": self.moments,
            "seed": self.initial_seed,
            "decay": self.decay,
        }

    @abstractmethod
    def draw(self, condition: Any, seed: Any) -> Any:
        """Draw working-space samples for encoded targets (rows, width); pure in `seed`, two integers."""

    def count_params(self) -> int:
        """Return the number of weights that learn, not of their average and of the snapshots."""
        return sum(math.prod(variable.shape) for variable in self.trainable_variables)

    def encode(self, y: Any) -> Any:
        """Return targets as networks read them.

        Args:
            y: Class indices (rows,), or the standardised target, (rows,) or (rows, horizon).

        Returns:
            (rows, classes), one-hot; or (rows, 2 or horizon + 1), the target and a one.
        """
        if self.classes:
            return ops.one_hot(ops.cast(y, "int32"), self.classes, dtype="float32")
        y = ops.reshape(ops.cast(y, "float32"), (-1, self.condition_width - 1))
        return ops.concatenate([y, ops.ones_like(y[:, :1])], axis=-1)

    def to_working(self, x: Any) -> Any:
        """Return examples (rows, *shape) as networks read them: images in [-1, 1], all else flat."""
        if not self.is_image:
            return ops.reshape(x, (-1, *self.working))
        return 2 * _resized(x, self.working) - 1

    def to_data(self, x: Any) -> Any:
        """Undo `to_working`; images are clipped to [0, 1]."""
        if not self.is_image:
            return ops.reshape(x, (-1, *self.example_shape))
        return ops.clip(_resized((x + 1) / 2, self.example_shape), 0, 1)

    def sample(self, y: np.ndarray, seed: int) -> np.ndarray:
        """Draw one example for each target.

        Args:
            y: Class indices, int32, or the standardised target, float32, (rows,).
            seed: The same seed draws the same samples for the same targets.

        Returns:
            Inputs, (rows, *shape), float32; images in [0, 1].
        """
        call = self._sampler()
        batches = range(0, len(y), ROWS_AT_ONCE)
        drawn = [
            np.asarray(call(np.asarray(y[start : start + ROWS_AT_ONCE], np.float32), np.array([seed, start], np.int32)))
            for start in batches
        ]
        return np.concatenate(drawn) if drawn else np.zeros((0, *self.example_shape), np.float32)

    def _sampler(self) -> Any:
        """Return sampling as one graph function, kept: tracing costs more than a call."""
        if not hasattr(self, "_sample_function"):
            target = (None, self.horizon) if self.horizon else (None,)
            signature = [tf.TensorSpec(target, tf.float32), tf.TensorSpec((2,), tf.int32)]
            draw = lambda y, seed: self.to_data(self.draw(self.encode(y), seed))  # noqa: E731
            self._sample_function = tf.function(draw, input_signature=signature)
        return self._sample_function

    def prepare(self, train: Examples, steps: int) -> None:
        """Choose the targets of snapshots, and the scale of distances, from train.

        Args:
            train: Examples to learn from.
            steps: Steps in an epoch; not needed here.
        """
        rows = self.snapshot_targets.shape[0]
        if self.is_image and self.classes:
            targets = np.arange(rows)
        else:
            order = np.argsort(mean_target(train.y), kind="stable")
            targets = train.y[order[np.linspace(0, len(train) - 1, rows).round().astype(int)]]
        self.snapshot_targets.assign(targets.astype(np.float32))
        some = slice(0, 4096)
        parts = (self.to_working(train.x[some]), self.encode(train.y[some]))
        spreads = [flatten(np.asarray(part)).var(axis=0).sum() for part in parts]
        self.spread.assign(np.sqrt([spread if spread > 0 else 1.0 for spread in spreads]))

    def finish_epoch(self, epoch: int) -> None:
        """Take a snapshot if the epoch is one of the moments: the same targets and noise each time."""
        if epoch not in self.moments:
            return
        drawn = self.sample(np.asarray(self.snapshot_targets), FIXED_SEED)
        working = np.asarray(self.to_working(drawn))
        if not self.is_image:
            working = working[:, : self.snapshot_images.shape[-1]]
        at = self.moments.index(epoch)
        images, taken = np.array(self.snapshot_images), np.array(self.snapshots_taken)
        images[at], taken[at] = working, 1
        self.snapshot_images.assign(images)
        self.snapshots_taken.assign(taken)

    def progress(self) -> tuple[list[int], np.ndarray, np.ndarray]:
        """Return what samples looked like while training, up to the epoch whose weights these are.

        Returns:
            Epochs; the targets (rows,); samples (epochs, rows, height, width, channels) in [0, 1], or
            their first two features (epochs, rows, 2).
        """
        taken = np.asarray(self.snapshots_taken) > 0
        epochs = [epoch for epoch, is_taken in zip(self.moments, taken, strict=True) if is_taken]
        images = np.asarray(self.snapshot_images)[taken]
        return epochs, np.asarray(self.snapshot_targets), (images + 1) / 2 if self.is_image else images

    def follow(self, average: keras.Model, learning: keras.Model, step: Any) -> None:
        """Move an average of weights towards the learning ones; quicker while few steps are done."""
        step = ops.cast(step, "float32")
        decay = ops.minimum(self.decay, (1 + step) / (10 + step))
        for mean, weight in zip(average.weights, learning.weights, strict=True):
            mean.assign(mean + (1 - decay) * (ops.cast(weight, mean.dtype) - mean))

    def energy_distance(self, real: Any, drawn: Any, condition: Any) -> Any:
        """Return how far samples are from examples, jointly with the targets they share.

        Székely & Rizzo 2013 (doi 10.1016/j.jspi.2013.03.018), eq. 2.1, on (x, y) with each half
        scaled to unit spread; pairs of the same row are left out, so that it is unbiased: 0 on
        average for samples from the distribution of the examples.

        Args:
            real: Examples in working space, (rows, *working).
            drawn: Samples for the same targets.
            condition: The encoded targets, (rows, width).
        """
        x, z, c = _flat(real) / self.spread[0], _flat(drawn) / self.spread[0], condition / self.spread[1]
        real, drawn = ops.concatenate([x, c], axis=1), ops.concatenate([z, c], axis=1)
        return 2 * _mean_distance(real, drawn) - _mean_distance(real, real) - _mean_distance(drawn, drawn)


def settings_of(input_spec: InputSpec, epochs: int, seed: int, decay: float, name: str) -> dict[str, Any]:
    """Return the arguments of a `ConditionalGenerator` that follow from the problem."""
    return {
        "shape": input_spec.shape,
        "classes": len(input_spec.classes),
        "horizon": input_spec.horizon,
        "moments": moments_of(epochs),
        "seed": seed,
        "decay": decay,
        "name": name,
    }


def _flat(x: Any) -> Any:
    return ops.reshape(x, (ops.shape(x)[0], math.prod(x.shape[1:])))


def _mean_distance(a: Any, b: Any) -> Any:
    """Return the mean Euclidean distance over pairs of different rows."""
    squares = ops.sum(a**2, axis=1)[:, None] + ops.sum(b**2, axis=1)[None] - 2 * ops.matmul(a, ops.transpose(b))
    rows = ops.cast(ops.shape(a)[0], a.dtype)
    apart = ops.sqrt(ops.maximum(squares, 0.0)) * (1 - ops.eye(ops.shape(a)[0], dtype=a.dtype))
    return ops.sum(apart) / ops.maximum(rows * (rows - 1), 1.0)


def _resized(x: Any, shape: tuple[int, ...]) -> Any:
    if tuple(x.shape[1:3]) == tuple(shape[:2]):
        return x
    return ops.image.resize(x, shape[:2], interpolation="bilinear", antialias=True)
