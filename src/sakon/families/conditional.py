"""Base class of conditional generators: networks that generate inputs for given targets.

A generator learns p(x | y), the distribution of inputs given the target. Samples are generated for the targets of the
train examples, whose distribution is p(y); together they follow the joint distribution p(y) p(x | y). All networks
read the target as `encode_targets` encodes it; a vector of zeros is no target at all.

Networks work in their own space: images in [-1, 1], not larger than `generator_shapes.MAX_SIDE`; other examples
flattened. This module imports Keras; import it inside functions.
"""

from __future__ import annotations

import math
from abc import abstractmethod
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import KerasTensor, ops

from sakon.families.generator_shapes import condition_width, working_shape
from sakon.models.predict import flatten
from sakon.models.predictions import mean_target
from sakon.problem import Examples
from sakon.training.methods import TrainingMethods

ROWS_PER_BATCH = 1024
"""Samples per call of the network. The noise of a batch depends on where it starts: another size, other samples."""
MAX_GRID_COLUMNS, SCATTER_ROWS = 10, 256
MAX_SCALE_ROWS = 4096
FIXED_SEED = 20
"""Seed of the noise of snapshots and of validation, the same in every epoch."""


class Snapshots(NamedTuple):
    """Samples for the same targets and noise after several epochs of the training.

    Attributes:
        epochs: Epochs, from 1.
        targets: Class indices or standardised targets, (rows,) or (rows, horizon).
        samples: Images in [0, 1], (epochs, rows, height, width, channels), or the first one or two features,
            (epochs, rows, 1 or 2).
    """

    epochs: list[int]
    targets: np.ndarray
    samples: np.ndarray


class ConditionalGenerator(TrainingMethods, keras.Model):  # type: ignore[misc]
    """A network that generates inputs for targets.

    The snapshots are weights of the network, so that a resumed training has them too.

    Args:
        shape: Shape of one example, without the batch axis.
        classes: Number of classes; 0 for numbers.
        horizon: Number of steps of a forecast; 0 for other tasks.
        snapshot_epochs: Epochs after which a snapshot of samples is taken.
        seed: Seed of the training noise.
        decay: Decay of the exponential moving average of the weights, with which samples are generated (Yazıcı et
            al. 2019, arXiv 1806.04498, eq. 1), in [0, 1).
        **kwargs: Arguments of `keras.Model`.
    """

    starts_from_data = True

    def __init__(
        self,
        shape: tuple[int, ...],
        classes: int,
        horizon: int,
        snapshot_epochs: tuple[int, ...],
        seed: int,
        decay: float,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.horizon = int(horizon)
        self.example_shape, self.classes = tuple(shape), int(classes)
        self.snapshot_epochs = tuple(snapshot_epochs)
        self.seed, self.decay = int(seed), float(decay)
        self.working_shape = working_shape(self.example_shape)
        self.is_image = len(self.working_shape) == 3
        self.condition_width = condition_width(self.classes, self.horizon)
        self.noise_seed = keras.random.SeedGenerator(seed)
        rows = (min(MAX_GRID_COLUMNS, self.classes) or MAX_GRID_COLUMNS) if self.is_image else SCATTER_ROWS
        values = self.working_shape if self.is_image else (min(2, self.working_shape[0]),)
        snapshots = len(self.snapshot_epochs)
        self.snapshot_targets = self._add_state((rows, self.horizon) if self.horizon else (rows,), "snapshot_targets")
        self.snapshot_samples = self._add_state((snapshots, rows, *values), "snapshot_samples")
        self.snapshots_taken = self._add_state((snapshots,), "snapshots_taken")
        self.distance_scales = self._add_state((2,), "distance_scales", "ones")
        self.built = True

    def _add_state(self, shape: tuple[int, ...], name: str, initializer: str = "zeros") -> keras.Variable:
        return self.add_weight(shape=shape, initializer=initializer, trainable=False, name=name)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that `from_config` builds the network from."""
        return {
            "name": self.name,
            "shape": self.example_shape,
            "classes": self.classes,
            "horizon": self.horizon,
            "snapshot_epochs": self.snapshot_epochs,
            "seed": self.seed,
            "decay": self.decay,
        }

    @property
    @abstractmethod
    def noise_shape(self) -> tuple[int, ...]:
        """Shape of the noise that a sample is generated from."""

    @abstractmethod
    def generate(self, y: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """Return samples.

        Args:
            y: Class indices (rows,), or standardised targets, (rows,) or (rows, horizon); float32.
            noise: Standard normal, (rows, *noise_shape), float32.

        Returns:
            Inputs, (rows, *shape), float32; images in [0, 1].
        """

    def count_params(self) -> int:
        """Return the number of trainable weights, without their moving average and the snapshots."""
        return sum(math.prod(variable.shape) for variable in self.trainable_variables)

    def encode_targets(self, y: KerasTensor) -> KerasTensor:
        """Return targets as networks read them.

        Args:
            y: Class indices (rows,), or standardised targets, (rows,) or (rows, horizon).

        Returns:
            One-hot vectors, (rows, classes); or the targets and a 1, (rows, 2 or horizon + 1).
        """
        if self.classes:
            return ops.one_hot(ops.cast(y, "int32"), self.classes, dtype="float32")
        y = ops.reshape(ops.cast(y, "float32"), (-1, self.condition_width - 1))
        return ops.concatenate([y, ops.ones_like(y[:, :1])], axis=-1)

    def to_working_space(self, x: KerasTensor) -> KerasTensor:
        """Return examples (rows, *shape) as networks read them: images in [-1, 1]; other examples flattened."""
        if not self.is_image:
            return ops.reshape(x, (-1, *self.working_shape))
        return 2 * _resize(x, self.working_shape) - 1

    def to_data_space(self, x: KerasTensor) -> KerasTensor:
        """Undo `to_working_space`; images are clipped to [0, 1]."""
        if not self.is_image:
            return ops.reshape(x, (-1, *self.example_shape))
        return ops.clip(_resize((x + 1) / 2, self.example_shape), 0, 1)

    def sample(self, y: np.ndarray, seed: int) -> np.ndarray:
        """Return one sample per target.

        Args:
            y: Class indices, int32, (rows,), or standardised targets, float32, (rows,) or (rows, horizon).
            seed: Seed of the noise: the same seed and targets give the same samples.

        Returns:
            Inputs, (rows, *shape), float32; images in [0, 1].
        """
        batches = [
            self.generate(
                np.asarray(y[start : start + ROWS_PER_BATCH], np.float32),
                normal_noise((min(ROWS_PER_BATCH, len(y) - start), *self.noise_shape), seed, start),
            )
            for start in range(0, len(y), ROWS_PER_BATCH)
        ]
        return np.concatenate(batches) if batches else np.zeros((0, *self.example_shape), np.float32)

    def prepare(self, train: Examples, steps: int) -> None:
        """Set the targets of the snapshots, and the scales of the energy distance.

        Args:
            train: Train examples.
            steps: Steps per epoch; not used.
        """
        rows = self.snapshot_targets.shape[0]
        if self.is_image and self.classes:
            targets = np.arange(rows)
        else:
            order = np.argsort(mean_target(train.y), kind="stable")
            targets = train.y[order[np.linspace(0, len(train) - 1, rows).round().astype(int)]]
        self.snapshot_targets.assign(targets.astype(np.float32))
        x, y = train.x[:MAX_SCALE_ROWS], train.y[:MAX_SCALE_ROWS]
        arrays = (self.to_working_space(x), self.encode_targets(y))
        variances = [flatten(ops.convert_to_numpy(array)).var(axis=0).sum() for array in arrays]
        self.distance_scales.assign(np.sqrt([variance if variance > 0 else 1.0 for variance in variances]))

    def finish_epoch(self, epoch: int) -> None:
        """Take a snapshot if the epoch is one of `snapshot_epochs`; targets and noise are always the same."""
        if epoch not in self.snapshot_epochs:
            return
        data = self.sample(np.asarray(self.snapshot_targets), FIXED_SEED)
        working = ops.convert_to_numpy(self.to_working_space(data))
        if not self.is_image:
            working = working[:, : self.snapshot_samples.shape[-1]]
        index = self.snapshot_epochs.index(epoch)
        samples, taken = np.array(self.snapshot_samples), np.array(self.snapshots_taken)
        samples[index], taken[index] = working, 1
        self.snapshot_samples.assign(samples)
        self.snapshots_taken.assign(taken)

    def snapshots(self) -> Snapshots:
        """Return the snapshots up to the epoch whose weights the network has."""
        taken = np.asarray(self.snapshots_taken) > 0
        epochs = [epoch for epoch, is_taken in zip(self.snapshot_epochs, taken, strict=True) if is_taken]
        samples = np.asarray(self.snapshot_samples)[taken]
        return Snapshots(epochs, np.asarray(self.snapshot_targets), (samples + 1) / 2 if self.is_image else samples)

    def update_average(self, average: keras.Model, network: keras.Model, step: KerasTensor) -> None:
        """Update the moving average of a network's weights; it follows faster in the first steps.

        Args:
            average: Network whose weights are the average.
            network: Network in training, of the same architecture.
            step: Number of the training step.
        """
        step = ops.cast(step, "float32")
        decay = ops.minimum(self.decay, (1 + step) / (10 + step))
        for mean, weight in zip(average.weights, network.weights, strict=True):
            mean.assign(mean + (1 - decay) * (ops.cast(weight, mean.dtype) - mean))

    def energy_distance(self, real: KerasTensor, samples: KerasTensor, condition: KerasTensor) -> KerasTensor:
        """Return the energy distance between the joint distributions of (examples, targets) and (samples, targets).

        Székely & Rizzo 2013 (doi 10.1016/j.jspi.2013.03.018), eq. 2.1, on (x, y), inputs and encoded targets
        scaled to unit variance. Pairs of a row with itself are excluded, so that it is unbiased: 0 on average if
        samples have the distribution of the examples.

        Args:
            real: Examples in working space, (rows, *working_shape).
            samples: Samples for the same targets, (rows, *working_shape).
            condition: Encoded targets, (rows, width).
        """
        inputs_scale, condition_scale = self.distance_scales[0], self.distance_scales[1]
        x, z, c = _flatten(real) / inputs_scale, _flatten(samples) / inputs_scale, condition / condition_scale
        real, samples = ops.concatenate([x, c], axis=1), ops.concatenate([z, c], axis=1)
        return 2 * _mean_distance(real, samples) - _mean_distance(real, real) - _mean_distance(samples, samples)


def normal_noise(shape: tuple[int, ...], seed: int, start: int = 0) -> np.ndarray:
    """Return standard normal noise, float32, the same on every backend.

    Args:
        shape: Shape of the noise.
        seed: Seed.
        start: Row that the noise begins at; another row, other noise.
    """
    generator = np.random.Generator(np.random.Philox(key=[seed % 2**64, start]))
    return generator.standard_normal(shape, np.float32)


def _flatten(x: KerasTensor) -> KerasTensor:
    return ops.reshape(x, (ops.shape(x)[0], math.prod(x.shape[1:])))


def _mean_distance(a: KerasTensor, b: KerasTensor) -> KerasTensor:
    """Return the mean Euclidean distance over pairs of different rows."""
    squares = ops.sum(a**2, axis=1)[:, None] + ops.sum(b**2, axis=1)[None] - 2 * ops.matmul(a, ops.transpose(b))
    rows = ops.cast(ops.shape(a)[0], a.dtype)
    distances = ops.sqrt(ops.maximum(squares, 0.0)) * (1 - ops.eye(ops.shape(a)[0], dtype=a.dtype))
    return ops.sum(distances) / ops.maximum(rows * (rows - 1), 1.0)


def _resize(x: KerasTensor, shape: tuple[int, ...]) -> KerasTensor:
    if tuple(x.shape[1:3]) == tuple(shape[:2]):
        return x
    return ops.image.resize(x, shape[:2], interpolation="bilinear", antialias=True)
