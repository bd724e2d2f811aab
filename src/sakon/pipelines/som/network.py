"""The map as a Keras model that the shared `fit` trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from sakon.metrics.som import Lattice
from sakon.models.predict import flatten
from sakon.problem import Examples
from sakon.training.methods import OptimizedVariables, TrainingMethods

from .layers import Codebook, is_complete
from .starting import lattice_for, weights_for

LEAST_SHARE = 1e-12
"""A unit that no example comes near to keeps its weights."""
WORTH_COMPILING = 2e9
"""Distances of a whole training from which on XLA saves more seconds than it takes to compile."""


@keras.saving.register_keras_serializable(package=__package__)
class SelfOrganizingMap(TrainingMethods, keras.Model):  # type: ignore[misc]
    """A self-organizing map, trained by the batch algorithm.

    Every step adds the examples to the sums of their best-matching units; the last step of an epoch
    sets each unit to the average of the examples around it, W = (H S) / (H N), with sums S, counts N
    and neighbourhood H (Kohonen 2013, equation 8, doi 10.1016/j.neunet.2012.09.018). So an epoch is
    the same whatever its steps, and the metrics of train are those before, of validation after it.

    Args:
        features: Values of one example, all axes together.
        settings: The family's settings as plain values; height and width may be left out until
            `prepare`.
        seed: Seed of a start from examples.
        **options: Of every model.
    """

    order_free = True
    starts_from_data = True
    sums_over_examples = True

    def __init__(self, features: int, settings: dict[str, Any], seed: int, **options: Any) -> None:
        super().__init__(**options)
        self.features, self.settings, self.seed = features, dict(settings), seed
        names = ("loss", "quantization_error", "topographic_error")
        self.compiles = False
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        if settings["height"]:
            self._make_variables()

    @property
    def lattice(self) -> Lattice:
        """Where the units stand; known once the height is."""
        hexagonal = self.settings["lattice"] == "hexagonal"
        return Lattice(self.settings["height"], self.settings["width"], hexagonal, self.settings["toroidal"])

    @property
    def metrics(self) -> list[Any]:
        """The loss and both errors, averaged over an epoch."""
        return list(self.trackers.values())

    def optimized_variables(self) -> list[OptimizedVariables]:
        """Return no optimizer: an epoch has a closed solution."""
        return []

    def prepare(self, train: Examples, steps: int) -> None:
        """Choose size and start from the data.

        Args:
            train: Examples to learn from.
            steps: Steps of an epoch.
        """
        x = flatten(train.x).astype(np.float32)
        if not self.settings["height"]:
            size = lattice_for(x, self.settings)
            self.settings |= {"height": size.height, "width": size.width}
            self._make_variables()
        self.codebook.codebook.assign(weights_for(x, self.lattice, self.settings["start"], self.seed))
        self.steps.assign(steps)
        self.compiles = len(x) * self.lattice.units * self.settings["epochs"] > WORTH_COMPILING

    def sum_variables(self) -> list[Any]:
        """Return sums, counts and missing values by unit."""
        return [self.sums, self.counts, self.missing]

    def defer_update(self) -> None:
        """From now on only add up sums; the units move when `update_from_sums` is called."""
        self.steps.assign(0)

    def update_from_sums(self, sums: Sequence[np.ndarray]) -> None:
        """End an epoch whose sums, in the order of `sum_variables`, were computed elsewhere."""
        for variable, value in zip(self.sum_variables(), sums, strict=True):
            variable.assign(value)
        self._move()

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Return the best-matching unit of each example, (batch,), int32."""
        return self.codebook(self._vectors(x))

    def train_step(self, data: Any) -> dict[str, Any]:
        """Add a batch to the sums of the epoch; move the units at its end."""
        return self._run(self._learn, data, compiled=self.compiles)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Measure both errors on a batch."""
        return self._run(self._measure, data, compiled=False)

    def get_config(self) -> dict[str, Any]:
        """Return what the model is made from."""
        given = {"features": self.features, "settings": self.settings, "seed": self.seed}
        return {"name": self.name, **given}

    def radius(self, epoch: Any) -> Any:
        """Return the radius of the neighbourhood in an epoch (from 0), in distances between neighbours."""
        lattice = self.lattice
        start = self.settings["radius_start"] or max(max(lattice.extent) / 4, self.settings["radius_end"])
        end = self.settings["radius_end"]
        passed = tf.cast(epoch, tf.float32) / max(self.settings["epochs"] - 1, 1)
        if self.settings["radius_schedule"] == "linear":
            return start + (end - start) * passed
        return start * (end / start) ** passed

    def smoothed(self, values: Any, radius: Any) -> Any:
        """Return H·values: each unit's values summed over its neighbourhood.

        A Gaussian of squared distances is a product of one along each axis, so that on a rectangular
        lattice rows and columns are summed one after the other: units·(height + width) products
        for each value instead of units².

        Args:
            values: (units, values).
            radius: Of the neighbourhood.
        """
        lattice = self.lattice
        if lattice.hexagonal or self.settings["neighbourhood"] == "bubble":
            return tf.matmul(self._influence(tf.constant(lattice.distances(), tf.float32), radius), values)
        grid = tf.reshape(values, (lattice.height, lattice.width, -1))
        rows, columns = (self._along(length, radius) for length in (lattice.height, lattice.width))
        grid = tf.einsum("ab,bcd->acd", rows, grid)
        return tf.reshape(tf.einsum("ab,cbd->cad", columns, grid), tf.shape(values))

    def _make_variables(self) -> None:
        lattice = self.lattice
        self.codebook = Codebook(lattice, name="codebook")
        self.codebook.build((None, self.features))
        shape = (lattice.units, self.features)
        self.sums = self.add_weight(shape, name="sums", initializer="zeros", trainable=False)
        self.counts = self.add_weight(shape[:1], name="counts", initializer="zeros", trainable=False)
        self.missing = self.add_weight(shape, name="missing", initializer="zeros", trainable=False)
        for name in ("step", "steps", "epoch"):
            counter = self.add_weight((), name=name, initializer="zeros", dtype="int32", trainable=False)
            setattr(self, name, counter)
        self.built = True

    def _vectors(self, x: Any) -> Any:
        return tf.cast(tf.reshape(x, (-1, self.features)), tf.float32)

    def _run(self, step: Callable[..., Any], data: Any, *, compiled: bool) -> dict[str, Any]:
        """Run a step, by the short way where no value is missing."""
        x = self._vectors(data[0])
        short = tf.function(partial(step, complete=True), jit_compile=compiled, autograph=False)
        tf.cond(is_complete(x), lambda: short(x), lambda: step(x, complete=False))
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def _measure(self, x: Any, *, complete: bool) -> Any:
        """Return the best-matching units; keep both errors."""
        best, second = self.codebook.two_best(x, complete=complete)
        distance = tf.norm(self.codebook.difference(x, best, complete=complete), axis=1)
        self.trackers["quantization_error"].update_state(distance)
        torn = tf.cast(self._apart(best, second) > self.lattice.neighbour_radius, tf.float32)
        self.trackers["topographic_error"].update_state(torn)
        by_quantization = self.settings["criterion"] == "quantization_error"
        self.trackers["loss"].update_state(distance if by_quantization else torn)
        return best

    def _learn(self, x: Any, *, complete: bool) -> Any:
        """Add a batch to the sums of its best-matching units."""
        best = self._measure(x, complete=complete)
        self.counts.assign_add(self._per_unit(tf.ones_like(x[:, 0]), best))
        if complete:
            self.sums.assign_add(self._per_unit(x, best))
        else:
            unknown = tf.math.is_nan(x)
            self.sums.assign_add(self._per_unit(tf.where(unknown, 0.0, x), best))
            self.missing.assign_add(self._per_unit(tf.cast(unknown, tf.float32), best))
        self.step.assign_add(1)
        tf.cond(tf.equal(self.step, self.steps), self._move, lambda: None)
        return best

    def _per_unit(self, values: Any, best: Any) -> Any:
        return tf.math.unsorted_segment_sum(values, best, self.lattice.units)

    def _apart(self, unit: Any, other: Any) -> Any:
        """Return the distance of two units on the lattice, (batch,)."""
        positions = tf.constant(self.lattice.positions(), tf.float32)
        steps = tf.abs(tf.gather(positions, unit) - tf.gather(positions, other))
        if self.lattice.toroidal:
            steps = tf.minimum(steps, tf.abs(steps - tf.constant(self.lattice.extent, tf.float32)))
        return tf.norm(steps, axis=1)

    def _move(self) -> None:
        """Set the units to the averages around them and begin the next epoch."""
        radius = self.radius(self.epoch)
        sums = self.smoothed(self.sums.value, radius)
        all_there = tf.reduce_all(self.missing.value == 0)
        counts = tf.cond(
            all_there,
            lambda: tf.broadcast_to(self.smoothed(self.counts.value[:, None], radius), sums.shape),
            lambda: self.smoothed(self.counts.value[:, None] - self.missing.value, radius),
        )
        averages = sums / tf.maximum(counts, LEAST_SHARE)
        self.codebook.codebook.assign(tf.where(counts > LEAST_SHARE, averages, self.codebook.codebook.value))
        for variable in (self.sums, self.counts, self.missing, self.step):
            variable.assign(tf.zeros_like(variable.value))
        self.epoch.assign_add(1)

    def _influence(self, distances: Any, radius: Any) -> Any:
        if self.settings["neighbourhood"] == "bubble":
            return tf.cast(distances <= radius + 1e-4, tf.float32)
        return tf.exp(-0.5 * tf.square(distances / radius))

    def _along(self, length: int, radius: Any) -> Any:
        """Return the Gaussian along one axis of a rectangular lattice, (length, length)."""
        apart = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
        if self.settings["toroidal"]:
            apart = np.minimum(apart, length - apart)
        return self._influence(tf.constant(apart, tf.float32), radius)
