"""The self-organizing map as a Keras model that the shared `fit` trains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import keras
import numpy as np
from keras import KerasTensor, ops

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

    Every step adds the examples to the sums of their best-matching units. The end of an epoch sets each unit to the
    weighted average of the examples, W = (H S) / (H N), with sums S, counts N and neighbourhood H (Kohonen 2013,
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
        self.is_deferred = False
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
            steps: Steps per epoch; not used.
        """
        x = flatten(train.x).astype(np.float32)
        if self.config.height is None:
            size = choose_lattice(x, self.config)
            self.config = self.config.model_copy(update={"height": size.height, "width": size.width})
            self._make_variables()
        self.codebook.codebook.assign(initial_weights(x, self.lattice, self.config.start, self.seed))
        self.jit = len(x) * self.lattice.units * self.config.epochs > MIN_DISTANCES_TO_COMPILE

    def sum_variables(self) -> list[Any]:
        """Return the sums, counts and numbers of missing values by unit."""
        return [self.sums, self.counts, self.missing]

    def defer_update(self) -> None:
        """From now on only add to the sums; `update_from_sums` updates the units."""
        self.is_deferred = True

    def update_from_sums(self, sums: Sequence[np.ndarray]) -> None:
        """Update the units from sums of a whole epoch, in the order of `sum_variables`."""
        total, counts, missing = sums
        radius = self.radius(int(self.epoch))
        values = self.sum_over_neighbourhood(total, radius)
        weights = self.sum_over_neighbourhood(counts[:, None] - missing if missing.any() else counts[:, None], radius)
        averages = values / np.maximum(weights, MIN_WEIGHT)
        self.codebook.codebook.assign(np.where(weights > MIN_WEIGHT, averages, np.asarray(self.codebook.codebook)))
        for variable in self.sum_variables():
            variable.assign(np.zeros(variable.shape, np.float32))
        self.epoch.assign(self.epoch + 1)

    def finish_train_steps(self) -> None:
        """Update the units from the sums, unless that is deferred."""
        if not self.is_deferred:
            self.update_from_sums([np.asarray(variable) for variable in self.sum_variables()])

    def call(self, x: Any, training: bool | None = None) -> Any:
        """Return the best-matching unit of each example, (batch,), int32."""
        return self.codebook(self._vectors(x))

    def training_step(self, data: tuple[KerasTensor, ...]) -> None:
        """Add a batch to the sums of the best-matching units of its examples."""
        x = self._vectors(data[0])
        best = self._measure(x)
        missing = ops.isnan(x)
        complete = is_complete(x)
        observed = ops.cond(complete, lambda: x, lambda: ops.where(missing, 0.0, x))
        self.sums.assign(self.sums + self._sum_per_unit(observed, best))
        self.counts.assign(self.counts + self._sum_per_unit(ops.ones_like(x[:, 0]), best))
        self.missing.assign(
            ops.cond(
                complete,
                lambda: ops.convert_to_tensor(self.missing),
                lambda: self.missing + self._sum_per_unit(ops.cast(missing, "float32"), best),
            )
        )

    def validation_step(self, data: tuple[KerasTensor, ...]) -> None:
        """Measure both errors on a batch."""
        self._measure(self._vectors(data[0]))

    def train_results(self) -> Mapping[str, KerasTensor]:
        """Return the loss and both errors."""
        return {name: tracker.result() for name, tracker in self.trackers.items()}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as plain values."""
        return {"name": self.name, "features": self.features, "config": self.config.model_dump(), "seed": self.seed}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: object = None) -> Self:
        """Return a map with the arguments that `get_config` returned."""
        return cls(**config | {"config": Config(**config["config"])})

    def radius(self, epoch: int) -> float:
        """Return the radius of the neighbourhood in an epoch (from 0), in distances between neighbours."""
        end = self.config.radius_end
        start = self.config.radius_start or max(max(self.lattice.extent) / 4, end)
        progress = epoch / max(self.config.epochs - 1, 1)
        if self.config.radius_schedule == "linear":
            return start + (end - start) * progress
        return float(start * (end / start) ** progress)

    def sum_over_neighbourhood(self, values: np.ndarray, radius: float) -> np.ndarray:
        """Return H·values: the weighted sum of the values in the neighbourhood of each unit, (units, values).

        A Gaussian of squared distances is the product of one Gaussian per axis. On a rectangular lattice the columns
        and the rows are therefore summed in turn: units·(height + width) products per value instead of units².

        Args:
            values: Values by unit, (units, values).
            radius: Radius of the neighbourhood.
        """
        lattice = self.lattice
        if lattice.hexagonal or self.config.neighbourhood == "bubble":
            return np.asarray(self._neighbourhood(lattice.distances(), radius) @ values)
        rows, columns = (self._axis_neighbourhood(length, radius) for length in (lattice.height, lattice.width))
        grid = rows @ values.reshape(lattice.height, -1)
        return np.asarray(columns @ grid.reshape(lattice.height, lattice.width, -1)).reshape(values.shape)

    def _make_variables(self) -> None:
        lattice = self.lattice
        self.codebook = Codebook(lattice, name="codebook")
        self.codebook.build((None, self.features))
        shape = (lattice.units, self.features)
        self.sums = self.add_weight(shape, name="sums", initializer="zeros", trainable=False)
        self.counts = self.add_weight(shape[:1], name="counts", initializer="zeros", trainable=False)
        self.missing = self.add_weight(shape, name="missing", initializer="zeros", trainable=False)
        self.epoch = self.add_weight((), name="epoch", initializer="zeros", dtype="int32", trainable=False)
        self.built = True

    def _vectors(self, x: KerasTensor) -> KerasTensor:
        return ops.cast(ops.reshape(x, (-1, self.features)), "float32")

    def _measure(self, x: KerasTensor) -> KerasTensor:
        """Return the best-matching units, and add both errors to the metrics."""
        best, second = self.codebook.best_two_units(x)
        distance = ops.norm(self.codebook.difference(x, best), axis=1)
        self.trackers["quantization_error"].update_state(distance)
        topographic_error = ops.cast(self._lattice_distance(best, second) > self.lattice.neighbour_radius, "float32")
        self.trackers["topographic_error"].update_state(topographic_error)
        by_quantization = self.config.criterion == "quantization_error"
        self.trackers["loss"].update_state(distance if by_quantization else topographic_error)
        return best

    def _sum_per_unit(self, values: KerasTensor, best: KerasTensor) -> KerasTensor:
        return ops.segment_sum(values, best, num_segments=self.lattice.units)

    def _lattice_distance(self, unit: KerasTensor, other: KerasTensor) -> KerasTensor:
        """Return the distance between two units on the lattice, (batch,)."""
        positions = ops.convert_to_tensor(self.lattice.positions(), "float32")
        offsets = ops.abs(ops.take(positions, unit, axis=0) - ops.take(positions, other, axis=0))
        if self.lattice.toroidal:
            extent = ops.convert_to_tensor(self.lattice.extent, "float32")
            offsets = ops.minimum(offsets, ops.abs(offsets - extent))
        return ops.norm(offsets, axis=1)

    def _neighbourhood(self, distances: np.ndarray, radius: float) -> np.ndarray:
        if self.config.neighbourhood == "bubble":
            return (distances <= radius + 1e-4).astype(np.float32)
        return np.exp(-0.5 * np.square(distances / radius)).astype(np.float32)

    def _axis_neighbourhood(self, length: int, radius: float) -> np.ndarray:
        """Return the neighbourhood along one axis of a rectangular lattice, (length, length)."""
        distances = np.abs(np.subtract.outer(np.arange(length), np.arange(length)))
        if self.config.toroidal:
            distances = np.minimum(distances, length - distances)
        return self._neighbourhood(distances, radius)
