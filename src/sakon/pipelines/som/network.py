"""The self-organizing map as a Keras model that the shared `fit` trains."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Self

import keras
import numpy as np
import tensorflow as tf

from sakon.metrics.som import Lattice
from sakon.models.predict import flatten
from sakon.problem import Examples
from sakon.training.methods import OptimizedVariables, TrainingMethods

from .config import Config
from .initialization import choose_lattice, initial_weights
from .layers import Codebook, is_complete

MIN_WEIGHT = 1e-12
"""A unit whose examples have a smaller total weight keeps its weights."""
MIN_DISTANCES_TO_COMPILE = 2e9
"""Number of distances computed in a training from which XLA saves more time than compilation takes."""


@keras.saving.register_keras_serializable(package=__package__)
class SelfOrganizingMap(TrainingMethods, keras.Model):  # type: ignore[misc]
    """A self-organizing map, trained by the batch algorithm.

    Every step adds the examples to the sums of their best-matching units. The last step of an epoch sets each unit to
    the weighted average of the examples, W = (H S) / (H N), with sums S, counts N and neighbourhood H (Kohonen 2013,
    equation 8, doi 10.1016/j.neunet.2012.09.018). The size of the steps does not affect an epoch. The metrics on train
    are computed before the update, those on validation after it.

    Args:
        features: Number of values of one example.
        config: Configuration of the map; height and width may be left out until `prepare`.
        seed: Seed of initial weights that are random examples.
        **options: Keyword arguments of `keras.Model`.
    """

    order_free = True
    starts_from_data = True
    sums_over_examples = True

    def __init__(self, features: int, config: Config, seed: int, **options: Any) -> None:
        super().__init__(**options)
        self.features, self.config, self.seed = features, config, seed
        names = ("loss", "quantization_error", "topographic_error")
        self.compiles = False
        self.trackers = {name: keras.metrics.Mean(name=name) for name in names}
        if config.height:
            self._make_variables()

    @property
    def lattice(self) -> Lattice:
        """Positions of the units.

        Raises:
            ValueError: If the size of the map is not chosen yet, see `prepare`.
        """
        config = self.config
        if config.height is None or config.width is None:
            raise ValueError("expected a map with height and width, found none; call prepare first")
        return Lattice(config.height, config.width, config.lattice == "hexagonal", config.toroidal)

    @property
    def metrics(self) -> list[Any]:
        """The loss and both errors, averaged over an epoch."""
        return list(self.trackers.values())

    def optimized_variables(self) -> list[OptimizedVariables]:
        """Return no optimizer: an epoch has a closed-form solution."""
        return []

    def prepare(self, train: Examples, steps: int) -> None:
        """Choose the size of the map, if the configuration has none, and its initial weights from the data.

        Args:
            train: Train examples.
            steps: Steps per epoch.
        """
        x = flatten(train.x).astype(np.float32)
        if self.config.height is None:
            size = choose_lattice(x, self.config)
            self.config = self.config.model_copy(update={"height": size.height, "width": size.width})
            self._make_variables()
        self.codebook.codebook.assign(initial_weights(x, self.lattice, self.config.start, self.seed))
        self.steps.assign(steps)
        self.compiles = len(x) * self.lattice.units * self.config.epochs > MIN_DISTANCES_TO_COMPILE

    def sum_variables(self) -> list[Any]:
        """Return the sums, counts and numbers of missing values by unit."""
        return [self.sums, self.counts, self.missing]

    def defer_update(self) -> None:
        """From now on only add to the sums; `update_from_sums` updates the units."""
        self.steps.assign(0)

    def update_from_sums(self, sums: Sequence[np.ndarray]) -> None:
        """Update the units from sums of a whole epoch, in the order of `sum_variables`."""
        for variable, value in zip(self.sum_variables(), sums, strict=True):
            variable.assign(value)
        self._update_units()

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Return the best-matching unit of each example, (batch,), int32."""
        return self.codebook(self._vectors(x))

    def train_step(self, data: Any) -> dict[str, Any]:
        """Add a batch to the sums of the epoch; update the units at its end."""
        return self._run(self._add_batch, data, compiled=self.compiles)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Measure both errors on a batch."""
        return self._run(self._measure, data, compiled=False)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as plain values."""
        return {"name": self.name, "features": self.features, "config": self.config.model_dump(), "seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: object = None) -> Self:
        """Return a map with the arguments that `get_config` returned."""
        return cls(**config | {"config": Config(**config["config"])})

    def radius(self, epoch: Any) -> Any:
        """Return the radius of the neighbourhood in an epoch (from 0), in distances between neighbours."""
        end = self.config.radius_end
        start = self.config.radius_start or max(max(self.lattice.extent) / 4, end)
        progress = tf.cast(epoch, tf.float32) / max(self.config.epochs - 1, 1)
        if self.config.radius_schedule == "linear":
            return start + (end - start) * progress
        return start * (end / start) ** progress

    def sum_over_neighbourhood(self, values: Any, radius: Any) -> Any:
        """Return H·values: the weighted sum of the values in the neighbourhood of each unit, (units, values).

        A Gaussian of squared distances is the product of one Gaussian per axis. On a rectangular lattice the columns
        and the rows are therefore summed in turn: units·(height + width) products per value instead of units².

        Args:
            values: Values by unit, (units, values).
            radius: Radius of the neighbourhood.
        """
        lattice = self.lattice
        if lattice.hexagonal or self.config.neighbourhood == "bubble":
            return tf.matmul(self._neighbourhood(tf.constant(lattice.distances(), tf.float32), radius), values)
        grid = tf.reshape(values, (lattice.height, lattice.width, -1))
        rows, columns = (self._axis_neighbourhood(length, radius) for length in (lattice.height, lattice.width))
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
        """Run a step; a batch without missing values needs fewer operations."""
        x = self._vectors(data[0])
        complete_step = tf.function(partial(step, complete=True), jit_compile=compiled, autograph=False)
        tf.cond(is_complete(x), lambda: complete_step(x), lambda: step(x, complete=False))
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def _measure(self, x: Any, *, complete: bool) -> Any:
        """Return the best-matching units, and add both errors to the metrics."""
        best, second = self.codebook.best_two_units(x, complete=complete)
        distance = tf.norm(self.codebook.difference(x, best, complete=complete), axis=1)
        self.trackers["quantization_error"].update_state(distance)
        topographic_error = tf.cast(self._lattice_distance(best, second) > self.lattice.neighbour_radius, tf.float32)
        self.trackers["topographic_error"].update_state(topographic_error)
        by_quantization = self.config.criterion == "quantization_error"
        self.trackers["loss"].update_state(distance if by_quantization else topographic_error)
        return best

    def _add_batch(self, x: Any, *, complete: bool) -> Any:
        """Add a batch to the sums of its best-matching units."""
        best = self._measure(x, complete=complete)
        self.counts.assign_add(self._sum_per_unit(tf.ones_like(x[:, 0]), best))
        if complete:
            self.sums.assign_add(self._sum_per_unit(x, best))
        else:
            missing = tf.math.is_nan(x)
            self.sums.assign_add(self._sum_per_unit(tf.where(missing, 0.0, x), best))
            self.missing.assign_add(self._sum_per_unit(tf.cast(missing, tf.float32), best))
        self.step.assign_add(1)
        tf.cond(tf.equal(self.step, self.steps), self._update_units, lambda: None)
        return best

    def _sum_per_unit(self, values: Any, best: Any) -> Any:
        return tf.math.unsorted_segment_sum(values, best, self.lattice.units)

    def _lattice_distance(self, unit: Any, other: Any) -> Any:
        """Return the distance between two units on the lattice, (batch,)."""
        positions = tf.constant(self.lattice.positions(), tf.float32)
        offsets = tf.abs(tf.gather(positions, unit) - tf.gather(positions, other))
        if self.lattice.toroidal:
            offsets = tf.minimum(offsets, tf.abs(offsets - tf.constant(self.lattice.extent, tf.float32)))
        return tf.norm(offsets, axis=1)

    def _update_units(self) -> None:
        """Set each unit to the weighted average of the examples, and begin the next epoch."""
        radius = self.radius(self.epoch)
        sums = self.sum_over_neighbourhood(self.sums.value, radius)
        complete = tf.reduce_all(self.missing.value == 0)
        counts = tf.cond(
            complete,
            lambda: tf.broadcast_to(self.sum_over_neighbourhood(self.counts.value[:, None], radius), sums.shape),
            lambda: self.sum_over_neighbourhood(self.counts.value[:, None] - self.missing.value, radius),
        )
        averages = sums / tf.maximum(counts, MIN_WEIGHT)
        self.codebook.codebook.assign(tf.where(counts > MIN_WEIGHT, averages, self.codebook.codebook.value))
        for variable in (self.sums, self.counts, self.missing, self.step):
            variable.assign(tf.zeros_like(variable.value))
        self.epoch.assign_add(1)

    def _neighbourhood(self, distances: Any, radius: Any) -> Any:
        if self.config.neighbourhood == "bubble":
            return tf.cast(distances <= radius + 1e-4, tf.float32)
        return tf.exp(-0.5 * tf.square(distances / radius))

    def _axis_neighbourhood(self, length: int, radius: Any) -> Any:
        """Return the neighbourhood along one axis of a rectangular lattice, (length, length)."""
        distances = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
        if self.config.toroidal:
            distances = np.minimum(distances, length - distances)
        return self._neighbourhood(tf.constant(distances, tf.float32), radius)
