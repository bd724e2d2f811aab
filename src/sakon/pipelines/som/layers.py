"""The codebook of a self-organizing map as a Keras layer, and the search for best-matching units."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Self

import keras
import numpy as np
from keras import KerasTensor, ops

from sakon.metrics.som import Lattice


@keras.saving.register_keras_serializable(package=__package__)
class Codebook(keras.layers.Layer):  # type: ignore[misc]
    """Weights of the units of a map; called on examples, it returns their best-matching units.

    The search is exact; of units at equal distance the first is taken. The nearest unit has the largest x·w − ½‖w‖²,
    which is its squared distance without the terms that all units share (Kohonen 2013, section 4.1,
    doi 10.1016/j.neunet.2012.09.018). Missing values (NaN) are excluded.

    Args:
        lattice: Positions of the units.
        **options: Keyword arguments of `keras.layers.Layer`.
    """

    def __init__(self, lattice: Lattice, **options: Any) -> None:
        super().__init__(**options)
        self.lattice = lattice

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Create the weights, (units, features), all zero."""
        self.codebook = self.add_weight(
            (self.lattice.units, input_shape[-1]), name="codebook", initializer="zeros", trainable=False
        )

    def call(self, x: KerasTensor) -> KerasTensor:
        """Return the best-matching unit of each example, (batch,), int32."""
        return self.best_two_units(x)[0]

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """Return (batch,)."""
        return input_shape[:1]

    def compute_output_spec(self, x: Any) -> Any:
        """Return the symbolic output: unit numbers, (batch,), int32."""
        return keras.KerasTensor(x.shape[:1], dtype="int32")

    def best_two_units(self, x: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
        """Return the nearest and the second nearest unit of each example.

        The maximum of each row of the lattice is computed first, in one pass over all similarities; then only two rows
        per example are searched. Two searches over all units would take three passes.

        Args:
            x: Examples, (batch, features), float32.

        Returns:
            Two vectors (batch,), int32.
        """
        height, width = self.lattice.height, self.lattice.width
        similarities = ops.reshape(self._similarities(x), (-1, height, width))
        best_of_rows = ops.max(similarities, axis=2)
        row, other_rows = _pop_max(best_of_rows)
        other_row = ops.cast(ops.argmax(other_rows, axis=1), "int32")
        column, other_columns = _pop_max(_rows_of(similarities, row))
        second_column = ops.cast(ops.argmax(other_columns, axis=1), "int32")
        other_column = ops.cast(ops.argmax(_rows_of(similarities, other_row), axis=1), "int32")
        in_row, elsewhere = ops.max(other_columns, axis=1), ops.max(other_rows, axis=1)
        same_row = (in_row > elsewhere) | ((in_row == elsewhere) & (row < other_row))
        second = ops.where(same_row, row * width + second_column, other_row * width + other_column)
        return row * width + column, second

    def difference(self, x: KerasTensor, unit: KerasTensor) -> KerasTensor:
        """Return x − w of the observed features, scaled so that its norm is the distance, (batch, features)."""
        difference = x - ops.take(self.codebook, unit, axis=0)
        return ops.cond(is_complete(x), lambda: difference, lambda: _scaled_to_all_features(difference))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as plain values."""
        return {**super().get_config(), "lattice": asdict(self.lattice)}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self:
        """Return a layer with the arguments that `get_config` returned."""
        return cls(**config | {"lattice": Lattice(**config["lattice"])})

    def _similarities(self, x: KerasTensor) -> KerasTensor:
        """Return x·w − ½‖w‖² over the observed features, (batch, units)."""
        transposed = ops.transpose(self.codebook)
        half_squares = 0.5 * ops.square(transposed)

        def of_observed() -> KerasTensor:
            observed = ~ops.isnan(x)
            products = ops.matmul(ops.where(observed, x, 0.0), transposed)
            return products - ops.matmul(ops.cast(observed, x.dtype), half_squares)

        return ops.cond(is_complete(x), lambda: ops.matmul(x, transposed) - ops.sum(half_squares, axis=0), of_observed)


def is_complete(x: KerasTensor) -> KerasTensor:
    """Return whether no value of a batch is missing, a scalar: the sum of values with a NaN is NaN."""
    return ~ops.isnan(ops.sum(x))


def _scaled_to_all_features(difference: KerasTensor) -> KerasTensor:
    observed = ~ops.isnan(difference)
    share = ops.mean(ops.cast(observed, difference.dtype), axis=1, keepdims=True)
    return ops.where(observed, difference, 0.0) * ops.rsqrt(ops.maximum(share, 1 / difference.shape[-1]))


def _rows_of(similarities: KerasTensor, row: KerasTensor) -> KerasTensor:
    """Return one row of the lattice for each example, (batch, width)."""
    return ops.squeeze(ops.take_along_axis(similarities, row[:, None, None], axis=1), axis=1)


def _pop_max(values: KerasTensor) -> tuple[KerasTensor, KerasTensor]:
    """Return the index of the maximum of each row, (batch,), and the values with the maximum replaced by −∞."""
    index = ops.cast(ops.argmax(values, axis=1), "int32")
    is_max = ops.arange(values.shape[1], dtype="int32")[None] == index[:, None]
    return index, ops.where(is_max, -np.inf, values)
